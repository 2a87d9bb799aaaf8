// The Lessons page: one JSON text in, the path, an exhibit, its controls, three things to try and a check drawn.
//
// mount(element, page) builds the view in gr.HTML's element and returns {deliver}; window.__lesson is the handle for
// tests. Wishes go to the server one at a time where only the newest counts (sliders, handles); the address follows
// what is shown. Which parts are hidden (a teacher's link) and the projector mode live in the address alone. Knows no
// lesson: their words, controls and figures all come from the server.

import { Controls } from './lesson_controls.js';
import { Figure } from './lesson_figure.js';
import { language } from './language.js';
import { newest } from './newest.js';
import { share } from './lesson_share.js';

const FRAME_ONLY = ['lang', '__theme', 'hide', 'projector']; // of the address: the page's, not the lesson's
const LEFT_ALONE = 1500; // ms
const SMALLEST = 0.7; // of a formula's usual size
const make = (kind, className = '', text = '') => Object.assign(document.createElement(kind), { className, textContent: text });
const put = (node, text) => { if (node.textContent !== text) node.textContent = text; };
const typing = (node) => Boolean(node) && (/^(INPUT|SELECT|TEXTAREA)$/.test(node.tagName) || node.isContentEditable);

/** A number as it is read: fixed digits, a real minus sign. */
function shown({ value, digits, unit }) {
  if (value === null) return '–';
  const text = Math.abs(value) >= 1e6 ? value.toPrecision(4) : value.toFixed(digits);
  return (Number(text) === 0 ? text.replace('-', '') : text.replace('-', '−')) + (unit ? `\u202f${unit}` : '');
}

/** Formulas that are wider than their column are set smaller, as far as they stay readable. */
function fit(words) {
  for (const formula of words.querySelectorAll('.katex-display')) {
    formula.style.fontSize = '';
    const share = formula.clientWidth / formula.scrollWidth;
    if (share < 1) formula.style.fontSize = `${Math.max(SMALLEST, share * 0.98)}em`;
  }
}

class Lessons {
  constructor(element, page) {
    this.page = page;
    this.frame = null;
    this.last = 0;
    this.described = '';
    this.query = new URLSearchParams(location.search);
    this.root = element.querySelector('.lesson-root') || element;
    this.root.replaceChildren();
    this.#build();
    this.later = newest((detail) => this.page.wish(detail));
    this.controls = new Controls(this.parts.controls, (name, value) => this.later({ act: 'set', name, value }));
    this.figure = new Figure(this.parts.figure, {
      set: (name, value) => this.later({ act: 'set', name, value }),
      press: (name, argument) => this.press(name, argument),
      drawn: () => this.frame?.lesson.drawn || [],
      control: (name) => this.frame?.lesson.controls.find((control) => control.name === name),
    });
    document.addEventListener('keydown', (event) => this.#key(event));
    window.addEventListener('popstate', () => {
      this.query = new URLSearchParams(location.search);
      this.open(this.query);
    });
    this.#mode();
    const begin = () => (this.page.session() ? this.open(this.query) : setTimeout(begin, 30));
    begin();
  }

  // -- wishes

  wish(detail) { this.page.wish({ language: language(), ...detail }); }

  open(query) {
    const told = Object.fromEntries([...query].filter(([key]) => !FRAME_ONLY.includes(key)));
    this.wish({ act: 'open', query: told });
  }

  go(slug) {
    if (!slug) return;
    history.pushState(null, '', this.address(`lesson=${slug}`));
    this.wish({ act: 'open', query: { lesson: slug } });
  }

  press(name, argument = '') { this.wish({ act: 'press', name, argument }); }

  /** The address of a lesson's query, with what the page itself keeps there. */
  address(query, changes = {}) {
    const kept = FRAME_ONLY.filter((key) => key !== 'hide' || !('hide' in changes)).flatMap((key) => {
      const value = key in changes ? changes[key] : this.query.get(key);
      return value ? [`${key}=${encodeURIComponent(value)}`] : [];
    });
    if (changes.hide) kept.push(`hide=${changes.hide}`);
    return `${location.pathname}?${[query, ...kept].join('&')}`;
  }

  // -- what stands where

  #build() {
    const p = {};
    this.parts = p;
    p.nav = make('nav', 'path');
    p.head = make('header', 'lesson-head');
    p.place = make('span', 'place');
    p.question = make('h1');
    p.menu = make('select', 'lesson-menu');
    p.menu.addEventListener('change', () => this.go(p.menu.value));
    p.tools = make('div', 'lesson-tools');
    p.head.append(p.place, p.question, p.tools);
    p.body = make('div', 'lesson-body');
    p.main = make('section', 'lesson-main');
    p.figure = make('div', 'lesson-figure');
    p.progress = make('progress', 'lesson-progress');
    p.sentence = make('p', 'lesson-sentence');
    p.sentence.setAttribute('aria-live', 'polite');
    p.readings = make('dl', 'lesson-readings');
    p.controls = make('div', 'lesson-controls');
    p.buttons = make('div', 'lesson-buttons');
    p.main.append(p.figure, p.progress, p.sentence, p.readings, p.controls, p.buttons);
    p.side = make('aside', 'lesson-side');
    p.words = make('div', 'lesson-words-place');
    p.things = make('section', 'lesson-things');
    p.check = make('section', 'lesson-check');
    p.source = make('p', 'lesson-source');
    p.side.append(p.words, p.things, p.check, p.source);
    p.body.append(p.main, p.side);
    this.root.append(p.nav, p.head, p.body);
    // the typeset words are a component of the server's; they stand at the head of the side
    const words = document.getElementById('lesson-words');
    if (!words) return;
    p.words.append(words);
    new MutationObserver(() => fit(words)).observe(words, { childList: true, subtree: true });
    new ResizeObserver(() => fit(words)).observe(words);
  }

  // -- frames

  deliver(text) {
    if (!text) return;
    const frame = JSON.parse(text);
    if (frame.session !== this.page.session() || frame.frame <= this.last) return;
    this.last = frame.frame;
    if (!frame.lesson) {
      if (!this.frame || frame.run < this.frame.run) return;
      frame.lesson = this.frame.lesson;
      frame.words = this.frame.words;
      frame.path = this.frame.path;
    }
    this.next = frame;
    if (!this.asked) this.asked = requestAnimationFrame(() => { this.asked = 0; this.#paint(this.next); });
  }

  #paint(frame) {
    const before = this.frame;
    this.frame = frame;
    const described = JSON.stringify([frame.language, frame.lesson]);
    if (described !== this.described) {
      this.described = described;
      this.#describe(frame);
    }
    this.figure.show(frame.figure);
    put(this.parts.sentence, frame.sentence);
    this.#readings(frame.readings);
    this.controls.show(frame.values);
    this.#check(frame);
    this.parts.progress.hidden = frame.progress === null;
    if (frame.progress !== null) this.parts.progress.value = frame.progress;
    this.#buttons(frame);
    if (!frame.playing && !frame.pending) history.replaceState(null, '', this.address(frame.link));
    if (before && before.lesson.slug !== frame.lesson.slug) window.scrollTo(0, 0);
    this.page.ack({ session: frame.session, frame: frame.frame });
    clearTimeout(this.waiting); // a page that nobody looked at was sent no more: go on where it is looked at again
    if (frame.pending && !frame.playing) this.waiting = setTimeout(() => this.wish({ act: 'go_on' }), LEFT_ALONE);
    document.dispatchEvent(new CustomEvent('lab:painted', { detail: { playing: frame.playing, frameId: frame.frame } }));
  }

  /** What only changes with the lesson or the language. */
  #describe({ lesson, words, path }) {
    const p = this.parts;
    document.title = `${lesson.title} · GAN playground`;
    put(p.place, `${lesson.place}`);
    put(p.question, lesson.question);
    this.#path(path, lesson.slug, words);
    this.controls.build(lesson.controls);
    p.buttons.replaceChildren();
    p.tools.replaceChildren(p.menu);
    const button = (name, label, act, className = '', parent = p.buttons) => {
      const node = make('button', className, label);
      node.type = 'button';
      node.dataset.button = name;
      node.addEventListener('click', act);
      parent.append(node);
      return node;
    };
    for (const told of lesson.buttons) button(told.name, told.label, () => this.press(told.name), told.primary ? 'primary' : '');
    this.playing = lesson.buttons.some((told) => told.plays) ? button('_play', words.play, () => this.wish({ act: this.plays ? 'pause' : 'play' })) : null;
    button('_reset', words.reset, () => this.wish({ act: 'reset' }));
    if (lesson.table) button('_table', words.table, () => this.wish({ act: 'table' }));
    button('_share', words.share, () => share(this, p.tools), '', p.tools);
    button('_projector', words.projector, () => this.#project(), '', p.tools);
    this.#things(lesson.things, words);
    p.source.textContent = lesson.source ? `${words.source}: ${lesson.source}` : '';
    this.#hide();
  }

  #path(path, slug, words) {
    const { nav } = this.parts;
    const at = path.findIndex(([name]) => name === slug);
    nav.replaceChildren();
    nav.setAttribute('aria-label', words.path);
    const step = (to, sign, label) => {
      const node = make('button', 'step', sign);
      node.type = 'button';
      node.disabled = !path[to];
      node.setAttribute('aria-label', label);
      node.title = path[to] ? `${label}: ${path[to][1]}` : label;
      node.addEventListener('click', () => this.go(path[to][0]));
      return node;
    };
    const list = make('ol');
    path.forEach(([name, title], i) => {
      const item = make('li');
      const link = make('a', '', String(i + 1));
      link.href = this.address(`lesson=${name}`);
      link.title = title;
      link.setAttribute('aria-label', `${i + 1}. ${title}`);
      if (name === slug) link.setAttribute('aria-current', 'page');
      link.addEventListener('click', (event) => {
        if (event.metaKey || event.ctrlKey) return;
        event.preventDefault();
        this.go(name);
      });
      item.append(link);
      list.append(item);
    });
    const { menu } = this.parts;
    menu.setAttribute('aria-label', words.path);
    menu.replaceChildren(...path.map(([name, title], i) => new Option(`${i + 1}. ${title}`, name, false, name === slug)));
    nav.append(step(at - 1, '‹', words.previous), list, step(at + 1, '›', words.next));
  }

  #things(things, words) {
    const list = make('ol');
    things.forEach((thing, i) => {
      const item = make('li');
      const told = make('details');
      told.append(make('summary', '', words.expect), make('p', '', thing.expect));
      const show = make('button', 'show', words.show);
      show.type = 'button';
      show.dataset.show = i;
      show.addEventListener('click', () => {
        told.open = true;
        this.wish({ act: 'show', value: i });
      });
      item.append(make('p', 'do', thing.do), ...(thing.shown ? [show] : []), told);
      list.append(item);
    });
    this.parts.things.replaceChildren(make('h3', '', words.try), list);
  }

  #check({ check, words }) {
    const p = this.parts;
    const now = JSON.stringify(check);
    if (p.check.dataset.now === now) return;
    p.check.dataset.now = now;
    const options = make('div', 'options');
    for (const [key, label] of check.options) {
      const node = make('button', '', label);
      node.type = 'button';
      node.dataset.option = key;
      node.setAttribute('aria-pressed', String(check.guess === key));
      if (check.answer === key) node.classList.add('answer');
      node.addEventListener('click', () => this.wish({ act: 'predict', value: key }));
      options.append(node);
    }
    const verdict = make('p', 'verdict');
    verdict.setAttribute('aria-live', 'polite');
    verdict.dataset.verdict = check.verdict;
    if (check.guess) {
      const answer = (check.options.find(([key]) => key === check.answer) || [])[1] || '';
      verdict.textContent = `${words[check.verdict].replace('{answer}', answer)} ${check.evidence}`;
    }
    p.check.replaceChildren(make('h3', '', words.predict), make('p', 'ask', check.question), options, verdict);
  }

  #readings(readings) {
    const p = this.parts.readings;
    const names = readings.map((reading) => reading.name + reading.label).join();
    if (p.dataset.names !== names) {
      p.dataset.names = names;
      p.replaceChildren(...readings.map((reading) => {
        const box = make('div');
        box.dataset.reading = reading.name;
        box.append(make('dt', '', reading.label), make('dd'));
        return box;
      }));
    }
    readings.forEach((reading, i) => {
      const value = p.children[i].lastElementChild;
      put(value, shown(reading));
      value.dataset.value = reading.value;
    });
  }

  #buttons({ playing, words, pending }) {
    this.plays = playing || pending > 0;
    if (this.playing) {
      put(this.playing, this.plays ? words.pause : words.play);
      this.playing.setAttribute('aria-pressed', String(this.plays));
    }
  }

  // -- hiding, projector, keys

  /** What a teacher's link hides: parts of the page, or controls and buttons by their names. */
  #hide() {
    const hidden = (this.query.get('hide') || '').split(',').filter(Boolean);
    const p = this.parts;
    const named = { words: p.words, things: p.things, check: p.check, buttons: p.buttons, path: [p.nav, p.menu], readings: p.readings };
    for (const [name, nodes] of Object.entries(named)) for (const node of [nodes].flat()) node.hidden = hidden.includes(name);
    for (const node of this.root.querySelectorAll('[data-control], [data-button]')) {
      node.hidden = hidden.includes(node.dataset.control || node.dataset.button);
    }
    p.side.hidden = p.words.hidden && p.things.hidden && p.check.hidden;
  }

  #mode() { document.body.classList.toggle('projector', this.query.get('projector') === '1'); }

  #project() {
    if (this.query.get('projector')) this.query.delete('projector');
    else this.query.set('projector', '1');
    this.#mode();
    history.replaceState(null, '', this.address(this.frame.link));
  }

  #key(event) {
    if (event.defaultPrevented || event.metaKey || event.ctrlKey || event.altKey || typing(event.target)) return;
    const find = (name) => this.parts.buttons.querySelector(name);
    const primary = '.primary';
    const acts = {
      ' ': () => find('[data-button="_play"]'), s: () => find(primary), r: () => find('[data-button="_reset"]'),
      n: () => this.parts.nav.querySelector('.step:last-child'), p: () => this.parts.nav.querySelector('.step'),
    };
    const node = acts[event.key]?.();
    if (!node || node.disabled || node.hidden || (event.key === ' ' && event.target.closest('button, a, summary'))) return;
    event.preventDefault();
    node.click();
  }
}

export function mount(element, page) {
  const lessons = new Lessons(element, page);
  window.__lesson = lessons;
  return { deliver: (text) => lessons.deliver(text) };
}
