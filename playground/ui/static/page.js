// The page around the view: keyboard, the label of Play, scrubber, address bar and downloads.
//
// Knows nothing of drawing: the view tells it through window.__lab and the event lab:painted.

import { t } from './language.js';
import { newest } from './newest.js';

const LINK_EVERY = 1000; // ms between two writes of the address while playing
const KEYS = { ' ': 'play', s: 'step', d: 'update-d', g: 'update-g', z: 'undo' };

const find = (id) => {
  const host = document.getElementById(id);
  return host && (host.matches('button') ? host : host.querySelector('button'));
};

let state = null; // what the server said last: {query, clicks, iteration, last, where, gan}
let written = 0;

function typing(target) {
  return target instanceof Element
    && Boolean(target.closest('input:not([type=range]), textarea, select, [contenteditable=true], [role=listbox]'));
}

let tabbed = false; // whether the focus was moved by keyboard
document.addEventListener('pointerdown', () => { tabbed = false; }, true);

document.addEventListener('keydown', (event) => {
  if (event.key === 'Tab') tabbed = true;
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  const id = KEYS[event.key.toLowerCase()];
  if (!id) return;
  // the space bar presses the button that was reached by keyboard, as everywhere; after a click it means Play
  const focused = event.target instanceof Element && event.target.closest('button, summary, a');
  if (event.key === ' ' && tabbed && focused && focused.closest('#play') === null) return;
  event.preventDefault();
  const button = find(id);
  if (button && !button.disabled && !(event.repeat && id === 'play')) button.click();
});

/** "s20" and 5 more iterations make "s25". */
export function moreIterations(clicks, count) {
  if (count <= 0) return clicks;
  const last = /s(\d+)$/.exec(clicks);
  return last ? `${clicks.slice(0, last.index)}s${Number(last[1]) + count}` : `${clicks}s${count}`;
}

function writeAddress(clicks) {
  const kept = new URLSearchParams(location.search);
  const parts = [];
  if (kept.has('__theme')) parts.push(`__theme=${encodeURIComponent(kept.get('__theme'))}`);
  if (state.query) parts.push(state.query);
  if (clicks) parts.push(`clicks=${clicks}`);
  history.replaceState(null, '', `${location.pathname}${parts.length ? `?${parts.join('&')}` : ''}`);
  written = performance.now();
}

function showIteration(iteration, last) {
  const bar = document.querySelector('.bar');
  if (!bar) return;
  const range = bar.querySelector('input');
  range.max = Math.max(last, 1);
  range.disabled = last === 0;
  if (document.activeElement !== range || !range.dataset.held) range.value = iteration;
  const shown = iteration.toLocaleString('en');
  bar.querySelector('output').textContent = last > iteration
    ? t('iteration {shown} of {last}', { shown, last: last.toLocaleString('en') }) : t('iteration {shown}', { shown });
}

document.addEventListener('lab:painted', ({ detail }) => {
  const play = find('play');
  const label = detail.playing ? t('Pause') : t('Play');
  if (play && play.textContent.trim() !== label) play.textContent = label;
  if (!state || !detail.playing) return;
  showIteration(detail.iteration, detail.iteration);
  if (state.whole && performance.now() - written > LINK_EVERY) {
    writeAddress(moreIterations(state.clicks, detail.iteration - state.iteration));
  }
});

/** The bar's component: its value is the server's word on where the run stands. */
export function mountBar(element, trigger) {
  const range = element.querySelector('.bar input');
  range.addEventListener('pointerdown', () => { range.dataset.held = '1'; });
  const wish = newest((detail) => trigger('seek', detail));
  const seek = () => {
    delete range.dataset.held;
    wish({ iteration: Number(range.value) });
  };
  range.addEventListener('change', seek);
  return (text) => {
    if (!text) return;
    state = JSON.parse(text);
    element.querySelector('.where').textContent = state.where;
    showIteration(state.iteration, state.last);
    for (const id of ['update-d', 'update-g']) {
      const button = find(id);
      if (button) button.disabled = !state.gan;
    }
    writeAddress(state.clicks);
  };
}

/** The target chooser: a button for each. */
export function mountTargets(element, trigger) {
  const wish = newest((detail) => trigger('choose', detail));
  element.addEventListener('click', (event) => {
    const button = event.target.closest('[data-target]');
    if (button) wish({ name: button.dataset.target });
  });
}

/** A file made by the server: {name, type, base64}. */
export function download(text) {
  if (!text) return;
  const file = JSON.parse(text);
  const bytes = Uint8Array.from(atob(file.base64), (c) => c.charCodeAt(0));
  save(URL.createObjectURL(new Blob([bytes], { type: file.type })), file.name);
}

export function save(href, name) {
  Object.assign(document.createElement('a'), { href, download: name }).click();
}

export async function savePNG() {
  save(await window.__lab.exportPNG(2), `gan-playground-${window.__lab.iteration}.png`);
}

window.__page = { savePNG, get state() { return state; } };
