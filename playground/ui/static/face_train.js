// The tab "Train" of the Faces page: frames in, faces, numbers and curves drawn, each painted frame acknowledged.
//
// mount(element, page) builds the view in gr.HTML's element and returns {deliver}; window.__faceTrain is the handle
// for tests. The latest frame wins; a frame of another session or of an older run is dropped. The layout of a frame
// is that of figures/face_frames.py. Knows nothing of training.

import { t } from './language.js';
import { coloured, number } from './numbers.js';
import { watchTheme } from './theme.js';

const KEYS = { ' ': 'face-play', s: 'face-step', d: 'face-update-d', g: 'face-update-g', z: 'face-undo' };
const CURVES_EVERY = 700; // ms between two redraws of the curves while playing
const WORDS_EVERY = 2; // painted frames, while playing
const GAP = 8; // pixels between faces
const FOOT = 16; // pixels under a face, for its bar and number
const MOST_SIDE = 128;
const CHARTS = {
  gan: [
    { range: [0, 1], rule: 0.5,
      lines: [['mean_real', t('D(real)'), 'real'], ['mean_generated', t('D(generated)'), 'generated']] },
    { lines: [['discriminator_loss', t('loss of D'), 'ink'], ['generator_loss', t('loss of G'), 'accent']] },
  ],
  vae: [
    { zero: true, lines: [['reconstruction', t('error of reconstruction'), 'ink']] },
    { zero: true, lines: [['kl', t('KL of the code, nats'), 'accent']] },
  ],
  ae: [{ zero: true, lines: [['reconstruction', t('error of reconstruction'), 'ink']] }],
};
const HELP = {
  'D(real)': t('Mean of D over the real faces shown.'),
  'D(generated)': t('Mean of D over the generated faces shown.'),
  'loss of D': t('The loss that D lowers, on the last batch, without its gradient penalty.'),
  'loss of G': t('The loss that G lowers, on the last batch.'),
  error: t('Root mean square difference from the real face, of pixels from 0 to 1; mean over the faces shown.'),
  'faces seen': t('Real faces shown to the networks so far.'),
};

const make = (kind, className = '', text = '') =>
  Object.assign(document.createElement(kind), { className, textContent: text });
const find = (id) => document.querySelector(`button#${id}, #${id} button`);
const put = (node, text) => { if (node.textContent !== text) node.textContent = text; };

/** Faces of one kind in a canvas, under each a bar and its number. */
class Strip {
  constructor(parent, described) {
    this.figure = make('figure', `face-strip ${described.kind}`);
    this.title = make('figcaption');
    this.look = make('p', 'look');
    this.canvas = make('canvas');
    this.canvas.setAttribute('role', 'img');
    this.figure.append(this.title, this.canvas, this.look);
    parent.append(this.figure);
  }

  paint(strip, image, first, frame, { columns, cell, colours, ratio }) {
    const [, name, whence = ''] = /^(.*?)( \(.*\))?$/.exec(strip.title);
    coloured(this.title, t(name) + whence);
    put(this.look, t(strip.caption));
    this.look.hidden = !strip.caption;
    const { values } = strip;
    const foot = values.some((value) => value !== null) ? FOOT : 0;
    const rows = Math.ceil(values.length / columns);
    const width = columns * (cell + GAP) - GAP;
    const height = rows * (cell + foot + GAP) - GAP;
    const size = [Math.round(width * ratio), Math.round(height * ratio)];
    if (this.canvas.width !== size[0]) this.canvas.width = size[0];
    if (this.canvas.height !== size[1]) this.canvas.height = size[1];
    Object.assign(this.canvas.style, { width: `${width}px`, height: `${height}px` });
    const context = this.canvas.getContext('2d');
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    context.imageSmoothingQuality = 'high';
    context.font = '11px system-ui, sans-serif';
    context.textBaseline = 'middle';
    context.textAlign = 'right';
    values.forEach((value, i) => {
      const x = (i % columns) * (cell + GAP);
      const y = Math.floor(i / columns) * (cell + foot + GAP);
      const at = first + i;
      const { side } = frame;
      context.drawImage(image, (at % frame.columns) * side, Math.floor(at / frame.columns) * side, side, side, x, y, cell, cell);
      if (foot) this.#foot(context, value, x, y + cell, cell, colours, frame.model === 'gan');
    });
    if (!frame.playing) this.#say(strip, frame);
  }

  /** D: green as far as it says real, blue for the rest, a tick at 1/2. An error: a grey bar, full at 1/2. */
  #foot(context, value, x, y, cell, colours, judged) {
    const text = value === null ? '—' : value.toFixed(2);
    const width = cell - 30;
    const middle = y + FOOT / 2 + 1;
    const share = Math.min(1, Math.max(0, judged ? value : 2 * value));
    context.fillStyle = judged ? colours.generated : colours.hairline;
    context.fillRect(x, middle - 2, width, 4);
    context.fillStyle = judged ? colours.real : colours.muted;
    context.fillRect(x, middle - 2, width * share, 4);
    if (judged) {
      context.fillStyle = colours.ink;
      context.fillRect(x + width / 2 - 0.5, middle - 4, 1, 8);
    }
    context.fillStyle = colours.ink;
    context.fillText(text, x + cell, middle);
  }

  #say(strip, frame) {
    const known = strip.values.filter((value) => value !== null);
    const mean = known.length ? known.reduce((a, b) => a + b, 0) / known.length : null;
    const what = frame.model === 'gan' ? t('mean D') : t('mean error');
    const said = mean === null ? '' : `, ${what} ${mean.toFixed(2)}`;
    const values = { title: this.title.textContent, count: strip.values.length, iteration: frame.iteration, said };
    this.canvas.setAttribute('aria-label', t('{title}: {count} faces at iteration {iteration}{said}.', values));
  }
}

/** A few small charts of the run so far, as SVG. */
class Curves {
  constructor(parent) {
    this.host = make('div', 'face-curves');
    parent.append(this.host);
  }

  show(model, curves) {
    this.shown = [model, curves];
    const width = Math.max(this.host.clientWidth, 160);
    this.host.innerHTML = CHARTS[model].map((chart) => this.#chart(chart, curves, width)).join('');
  }

  redraw() {
    if (this.shown) this.show(...this.shown);
  }

  #chart({ range, rule, zero, lines }, curves, width) {
    const [left, right, top, bottom, height] = [38, 6, 20, 18, 118];
    const x = curves.iteration || [];
    const drawn = lines.filter(([name]) => curves[name]);
    const values = drawn.flatMap(([name]) => curves[name].filter((v) => v !== null));
    let [low, high] = range || [Math.min(...values), Math.max(...values)];
    if (!values.length && !range) [low, high] = [0, 1];
    if (zero) low = 0;
    if (high - low < 1e-9) high = low + 1;
    const last = Math.max(x.length ? x[x.length - 1] : 0, 1);
    const px = (value) => left + (value / last) * (width - left - right);
    const py = (value) => height - bottom - ((value - low) / (high - low)) * (height - top - bottom);
    const path = (name) => x.map((at, i) => [at, curves[name][i]]).filter(([, v]) => v !== null)
      .map(([at, v], i) => `${i ? 'L' : 'M'}${px(at).toFixed(1)} ${py(Math.min(high, Math.max(low, v))).toFixed(1)}`).join('');
    const rules = [low, ...(rule === undefined ? [] : [rule]), high].map((v) =>
      `<line x1="${left}" x2="${width - right}" y1="${py(v)}" y2="${py(v)}"/><text x="${left - 5}" y="${py(v) + 3.5}" class="y">${number(v, high - low > 20 ? 0 : 2)}</text>`).join('');
    const key = lines.map(([, label, colour]) => `<tspan class="${colour}" dx="${label === lines[0][1] ? 0 : 10}">${label}</tspan>`).join('');
    return `<svg width="${width}" height="${height}" role="img" aria-label="${t('{names} over {last} iterations', { names: lines.map(([, label]) => label).join(', '), last })}">
      <text x="${left}" y="12">${key}</text>${rules}
      <text x="${left}" y="${height - 4}">0</text><text x="${width - right}" y="${height - 4}" class="y">${t('iteration {shown}', { shown: last.toLocaleString('en') })}</text>
      ${drawn.map(([name, , colour]) => `<path class="${colour}" d="${path(name)}"/>`).join('')}</svg>`;
  }
}

class Train {
  constructor(host, page) {
    this.page = page;
    this.pending = null;
    this.frame = null;
    this.busy = false;
    this.newestFrame = -1;
    this.newestRun = -1;
    this.curves = {};
    this.strips = [];
    this.handle = { painted: 0, dropped: 0, frameId: -1, iteration: -1, run: -1, playing: false, model: '', paintMs: 0, session: null };
    this.handle.deliver = (text) => this.deliver(text);
    window.__faceTrain = this.handle;
    this.#build(host);
    watchTheme(() => this.#paint());
    new ResizeObserver(() => this.#paint()).observe(this.stage);
    addEventListener('resize', () => this.#paint());
    new IntersectionObserver((seen) => {
      if (!this.asked && seen.some((entry) => entry.isIntersecting)) {
        this.asked = true;
        page.ready();
      }
    }).observe(this.root);
    document.addEventListener('keydown', (event) => this.#key(event));
    document.addEventListener('pointerdown', () => { this.tabbed = false; }, true);
  }

  #build(host) {
    this.root = make('div', 'face-train');
    host.replaceChildren(this.root);
    this.stage = make('div', 'face-stage');
    this.side = make('div', 'face-side');
    this.sentence = make('p', 'sentence');
    this.sentence.setAttribute('aria-live', 'polite');
    this.waiting = make('p', 'waiting', t('The faces to learn from are being fetched …'));
    this.waiting.setAttribute('aria-live', 'polite');
    this.bar = make('progress', 'face-progress');
    this.bar.hidden = true;
    this.stage.append(this.waiting, this.bar); // until the first picture
    this.table = make('table', 'face-numbers');
    this.side.append(this.sentence, this.table);
    this.charts = new Curves(this.side);
    this.root.append(this.stage, this.side);
  }

  // -- frames

  async deliver(text) {
    if (!text) return;
    const frame = JSON.parse(text);
    if (frame.progress) {
      this.#progress(frame);
      return;
    }
    const h = this.handle;
    const own = h.session ??= this.page.session() || frame.session;
    if (frame.session !== own) {
      h.dropped++;
      return;
    }
    if (frame.frame < this.newestFrame || frame.run < this.newestRun) {
      h.dropped++;
      this.#acknowledge(frame);
      return;
    }
    if (frame.run !== this.newestRun) this.curves = {};
    [this.newestFrame, this.newestRun] = [frame.frame, frame.run];
    if (frame.curves) {
      this.curves = frame.curves;
      this.fresh = true;
    }
    this.pending = frame;
    if (this.busy) return;
    this.busy = true;
    try {
      while (this.pending) await this.#next();
    } finally {
      this.busy = false;
    }
  }

  async #next() {
    const frame = this.pending;
    this.pending = null;
    const image = Object.assign(new Image(), { src: frame.picture });
    await image.decode();
    await new Promise((done) => { requestAnimationFrame(done); });
    const start = performance.now();
    [this.frame, this.image] = [frame, image];
    this.#paint();
    this.#words(frame);
    const h = this.handle;
    h.painted++;
    h.paintMs = 0.9 * h.paintMs + 0.1 * (performance.now() - start);
    Object.assign(h, { frameId: frame.frame, iteration: frame.iteration, run: frame.run, playing: frame.playing, model: frame.model, sentence: frame.sentence });
    this.#acknowledge(frame);
  }

  #acknowledge(frame) {
    Promise.resolve(this.page.ack({ session: frame.session, frame: frame.frame })).catch(() => {});
  }

  #progress({ progress, share }) {
    put(this.waiting, progress);
    this.bar.hidden = share === undefined;
    this.bar.value = share ?? 0;
  }

  // -- drawing

  #paint() {
    const { frame, image } = this;
    if (!frame || !this.stage.clientWidth) return;
    const look = { ...this.#layout(frame), colours: this.#colours(), ratio: Math.min(window.devicePixelRatio || 1, 2) };
    if (this.shownModel !== frame.model) {
      this.stage.replaceChildren();
      this.strips = frame.strips.map((strip) => new Strip(this.stage, strip));
      this.shownModel = frame.model;
    }
    let first = 0;
    frame.strips.forEach((strip, i) => {
      this.strips[i].paint(strip, image, first, frame, look);
      first += strip.values.length;
    });
    if (!frame.playing) this.charts.redraw();
  }

  /** Eight faces in a row, four where it is narrow, as large as the window allows without scrolling. */
  #layout(frame) {
    const width = this.stage.clientWidth;
    const columns = width < 520 ? 4 : 8;
    const rows = frame.strips.reduce((sum, { values }) => sum + Math.ceil(values.length / columns), 0);
    const top = this.root.getBoundingClientRect().top + scrollY;
    const heads = frame.strips.length * 56;
    const tall = columns === 8 ? (innerHeight - Math.min(top, 200) - 76 - heads) / rows - FOOT - GAP : MOST_SIDE;
    const wide = (width + GAP) / columns - GAP;
    return { columns, cell: Math.floor(Math.max(48, Math.min(wide, tall, MOST_SIDE))) };
  }

  #colours() {
    const computed = getComputedStyle(this.root);
    return Object.fromEntries(['real', 'generated', 'ink', 'muted', 'hairline'].map((name) => [name, computed.getPropertyValue(`--lab-${name}`)]));
  }

  #words(frame) {
    const play = find('face-play');
    if (play) put(play, frame.playing ? t('Pause') : t('Play'));
    for (const id of ['face-update-d', 'face-update-g']) {
      const button = find(id);
      if (button) button.disabled = frame.model !== 'gan';
    }
    if (frame.playing && this.handle.painted % WORDS_EVERY) return;
    const live = frame.playing ? 'off' : 'polite';
    if (this.sentence.getAttribute('aria-live') !== live) this.sentence.setAttribute('aria-live', live);
    this.sentence.classList.toggle('diverged', Boolean(frame.diverged));
    coloured(this.sentence, frame.sentence);
    this.#numbers(frame);
    const where = document.querySelector('.face-where');
    if (where) put(where, t('iteration {shown}', { shown: frame.iteration.toLocaleString('en') }));
    if (where) where.title = frame.where;
    const now = performance.now();
    if (!frame.playing || (this.fresh && now - (this.chartedAt ?? -CURVES_EVERY) >= CURVES_EVERY)) {
      [this.chartedAt, this.fresh] = [now, false];
      this.charts.show(frame.model, this.curves);
    }
  }

  #numbers(frame) {
    const names = Object.keys(frame.numbers);
    if (this.named !== names.join()) {
      this.named = names.join();
      this.table.replaceChildren(...names.map((name) => {
        const row = make('tr');
        row.title = HELP[name] || '';
        const head = make('th');
        head.scope = 'row';
        coloured(head, t(name));
        row.append(head, make('td'));
        return row;
      }));
    }
    names.forEach((name, i) => {
      const value = frame.numbers[name];
      put(this.table.rows[i].cells[1], name === 'faces seen' ? value.toLocaleString('en') : number(value, value >= 10 ? 1 : 3));
    });
  }

  // -- keyboard, as in the lab

  #key(event) {
    if (event.key === 'Tab') this.tabbed = true;
    const { target } = event;
    const typing = target instanceof Element
      && target.closest('input:not([type=range], [type=radio]), textarea, select, [contenteditable=true], [role=listbox]');
    if (event.ctrlKey || event.metaKey || event.altKey || typing || !this.root.offsetParent) return;
    const id = KEYS[event.key.toLowerCase()];
    if (!id) return;
    const focused = target instanceof Element && target.closest('button, summary, a, input');
    if (event.key === ' ' && this.tabbed && focused && focused.closest('#face-play') === null) return;
    event.preventDefault();
    const button = find(id);
    if (button && !button.disabled && !(event.repeat && id === 'face-play')) button.click();
  }
}

/** page = {ack, ready, session}: see ui/faces/train.py, which calls this from gr.HTML's js_on_load. */
export function mount(element, page) {
  return new Train(element.querySelector('.face-root') || element, page);
}
