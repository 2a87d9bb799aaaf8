// The tab "From seeds": the visitor's choices live here, pictures come from the server, one question at a time.
//
// `server` holds the questions: row (all faces), face (the opened one), directions (names of its sliders), and
// waiting (how many wishes the server has).
// Knows nothing of networks; what a choice may be is checked by the server, which answers a refusal in words.

import { t } from './language.js';

const LINK_AFTER = 250; // ms of rest before the address is written; browsers refuse to write it often
const PATIENCE = 1200; // ms without an answer until the page says why
const LOST = t('The server does not answer; what is shown stays as it is. Try again in a moment.');
const DEFAULTS = { seed: 0, faces: 8, truncation: 1, hair: 'any', eyes: 'any', model: '', face: null, sliders: '' };
const NUMBERS = ['seed', 'faces', 'truncation', 'face'];
const OF_ROWS = ['seed', 'faces', 'truncation', 'hair', 'eyes']; // what a wish for the rows proves to be possible
const REACH = { d: 4, z: 5 };

/** At most one question under way, and of those that come meanwhile only the newest. */
export function latest(ask, show, { refuse, say, waiting }) {
  let busy = false;
  let next = null;
  const go = async (wish) => {
    busy = true;
    let told = ''; // 'waiting' once the line was spoken of, 'over' when the answer came
    const patience = setInterval(async () => {
      const count = await waiting().catch(() => 0);
      if (count < 2 || told === 'over') return;
      told = 'waiting';
      say(t('Others are served first: {count} wishes for faces are under way or in line. Yours comes by itself.', { count }));
    }, PATIENCE);
    const quiet = () => {
      clearInterval(patience);
      if (told) say('');
      told = 'over';
    };
    try {
      const answer = await ask(wish).finally(quiet);
      if (answer.error) refuse(answer.error);
      else await show(answer, wish);
    } catch {
      say(LOST);
    }
    busy = false;
    if (next) {
      const wanted = next;
      next = null;
      go(wanted);
    }
  };
  return (wish) => {
    if (!busy) go(wish);
    else next = { ...wish, panel: Boolean(wish.panel || (next && next.panel)) }; // a whole panel is owed
  };
}

const readNumber = (text) => (text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text);

/** What the address says; words that are no numbers are sent as they are, and the server says what is wrong. */
export function fromAddress(search) {
  const state = { ...DEFAULTS };
  for (const [name, value] of new URLSearchParams(search)) {
    if (name in DEFAULTS) state[name] = NUMBERS.includes(name) ? readNumber(value) : value;
  }
  return state;
}

/** Only what differs from the defaults, and whatever else stood there. */
export function toAddress(state, search) {
  const query = new URLSearchParams(search);
  for (const [name, usual] of Object.entries(DEFAULTS)) {
    const value = state[name];
    if (value === usual || (state.face === null && ['model', 'sliders'].includes(name))) query.delete(name);
    else query.set(name, value);
  }
  return query.toString().replaceAll('%3A', ':').replaceAll('%2C', ',');
}

class Seeds {
  constructor(host, server) {
    this.host = host;
    this.find = (selector) => host.querySelector(selector);
    this.form = this.find('.faces-bar');
    this.panel = this.find('.faces-open');
    this.named = this.find('.faces-sliders.named');
    this.raw = this.find('.faces-sliders.raw');
    this.kinds = [...host.querySelectorAll('.faces-row')].map((row) => row.dataset.kind);
    this.good = { ...DEFAULTS, model: this.kinds.at(-1) }; // what the server has agreed to
    this.state = fromAddress(location.search);
    this.state.model ||= this.good.model;
    this.code = [];
    this.known = {}; // model -> its directions
    this.painted = { rows: 0, face: 0 };
    const line = { refuse: (words) => this.refuse(words), say: (words) => this.say(words), waiting: server.waiting };
    this.askRows = latest(server.row, (answer, wish) => this.showRows(answer, wish), line);
    this.askFace = latest(server.face, (answer, wish) => this.showFace(answer, wish), line);
    this.askDirections = latest(server.directions, (answer) => this.showDirections(answer), line);
    this.listen();
    this.showControls();
    this.askRows(this.wish());
    if (this.state.face !== null) this.open(this.state.face, this.state.model, this.state.sliders);
  }

  wish(more = {}) {
    const { face, ...rest } = this.state;
    return { ...rest, ...(face === null ? {} : { face }), ...more };
  }

  say(words) {
    const line = this.find('.faces-error');
    line.hidden = !words;
    line.textContent = words;
  }

  /** An impossible wish: the sentence, and everything as it was before. */
  refuse(words) {
    Object.assign(this.state, this.good);
    this.say(words);
    if (!this.painted.rows && !this.fellBack) this.askRows(this.wish());
    this.fellBack = true;
    if (this.state.face === null) this.hide();
    this.showControls();
    this.setSliders();
    this.mark();
    this.link();
  }

  agree(wish, names) {
    for (const name of names) this.good[name] = wish[name] ?? DEFAULTS[name];
  }

  // -- what the visitor does

  listen() {
    this.form.addEventListener('submit', (event) => event.preventDefault());
    this.form.addEventListener('input', ({ target }) => {
      if (target.name !== 'seed') this.choose(target.name, target.value);
    });
    this.form.addEventListener('change', ({ target }) => {
      if (target.name === 'seed') this.choose('seed', target.value);
    });
    this.host.addEventListener('click', ({ target }) => {
      const button = target.closest('button');
      if (!button) return;
      const { do: act, save: factor, seed, kind } = button.dataset;
      if (act) this[act]();
      else if (factor) this.take(Number(factor));
      else if (seed) this.open(Number(seed), kind);
      else if (kind) this.open(this.state.face, kind);
    });
    this.panel.addEventListener('input', ({ target }) => { if (target.dataset.slider) this.move(target); });
    this.panel.addEventListener('keydown', (event) => { if (event.key === 'Escape') this.close(); });
    this.find('details').addEventListener('toggle', () => this.fillRaw());
  }

  choose(name, text) {
    this.say('');
    this.state[name] = NUMBERS.includes(name) ? readNumber(text) : text;
    this.showControls();
    this.askRows(this.wish());
    if (this.state.face !== null && !['seed', 'faces'].includes(name)) this.askFace(this.wish({ panel: true }));
    this.link();
  }

  dice() {
    this.choose('seed', String(Math.floor(Math.random() * 1e6)));
  }

  open(face, model, sliders = '') {
    this.say('');
    const fresh = face !== this.state.face || this.panel.hidden;
    Object.assign(this.state, { face, model, sliders });
    this.askFace(this.wish({ panel: true }));
    this.named.replaceChildren();
    if (this.known[model]) this.showDirections(this.known[model]);
    else {
      this.named.textContent = t('Trying what each direction does to sixteen faces …');
      this.askDirections(this.wish({ sliders: '' }));
    }
    this.find('.faces').dataset.open = '1';
    this.panel.hidden = false;
    if (fresh) this.showOpened();
    this.link();
  }

  showOpened() {
    this.panel.focus({ preventScroll: true });
    const narrow = this.panel.getBoundingClientRect().left < 60;
    if (narrow) this.panel.scrollIntoView({ block: 'start', behavior: 'smooth' });
  }

  close() {
    const { face, model } = this.state;
    Object.assign(this.state, { face: null, sliders: '' });
    Object.assign(this.good, { face: null, sliders: '' });
    this.hide();
    this.mark();
    this.find(`.faces-row[data-kind=${model}] [data-seed='${face}']`)?.focus();
    this.link();
  }

  hide() {
    this.panel.hidden = true;
    delete this.find('.faces').dataset.open;
  }

  centre() {
    this.state.sliders = '';
    this.askFace(this.wish({ panel: true }));
    this.link();
  }

  move(input) {
    this.say('');
    input.nextElementSibling.textContent = shown(input.value);
    const moved = [...this.panel.querySelectorAll('[data-slider]')].filter((i) => Number(i.value) !== Number(i.dataset.rest));
    this.state.sliders = moved.map((i) => `${i.dataset.slider}:${Number(i.value)}`).join(',');
    this.askFace(this.wish());
    this.link();
  }

  take(factor) {
    const image = this.find(`.faces-choice[data-kind=${this.state.model}] img`);
    const canvas = document.createElement('canvas');
    canvas.width = image.naturalWidth * factor;
    canvas.height = image.naturalHeight * factor;
    const context = canvas.getContext('2d');
    context.imageSmoothingEnabled = false;
    context.drawImage(image, 0, 0, canvas.width, canvas.height);
    const download = `face-${this.state.model}-seed${this.state.face}-${factor}x.png`;
    Object.assign(document.createElement('a'), { href: canvas.toDataURL('image/png'), download }).click();
  }

  // -- what the server answers

  async showRows({ rows, seeds }, wish) {
    for (const [kind, { picture, numbers }] of Object.entries(rows)) {
      const row = this.find(`.faces-row[data-kind=${kind}]`);
      const all = await loaded(picture);
      const cells = this.cells(row, kind, seeds);
      const side = all.naturalHeight;
      cells.forEach((canvas, i) => {
        canvas.width = canvas.height = side;
        canvas.getContext('2d').drawImage(all, i * side, 0, side, side, 0, 0, side, side);
      });
      row.querySelector('.numbers').textContent = numbers;
    }
    this.agree(wish, OF_ROWS);
    this.mark();
    this.painted.rows++;
  }

  cells(row, kind, seeds) {
    const group = row.querySelector('.faces-cells');
    const title = row.getAttribute('aria-label');
    while (group.children.length > seeds.length) group.lastChild.remove();
    while (group.children.length < seeds.length) {
      const button = Object.assign(document.createElement('button'), { type: 'button' });
      button.append(document.createElement('canvas'), document.createElement('span'));
      group.append(button);
    }
    return [...group.children].map((button, i) => {
      Object.assign(button.dataset, { seed: seeds[i], kind });
      button.setAttribute('aria-label', t('{title}, seed {seed}: open this face', { title, seed: seeds[i] }));
      button.lastChild.textContent = seeds[i];
      return button.firstChild;
    });
  }

  async showFace({ face, pictures, code }, wish) {
    if (face !== this.state.face || wish.model !== this.state.model) return; // another face was opened meanwhile
    for (const [kind, picture] of Object.entries(pictures)) {
      const image = this.find(`.faces-choice[data-kind=${kind}] img`);
      image.src = picture;
      await image.decode();
      image.alt = t('Face of seed {face}, generated by the {model}', { face, model: kind.toUpperCase() });
    }
    if (code) {
      this.code = code;
      this.fillRaw();
      this.setSliders();
    }
    this.agree(wish, Object.keys(DEFAULTS));
    this.mark();
    this.painted.face++;
  }

  showDirections(answer) {
    this.known[answer.model] = answer;
    if (answer.model !== this.state.model) return;
    this.named.replaceChildren(...answer.directions.map(({ number, label, help }) => slider(`d${number}`, label, help)));
    this.setSliders();
  }

  fillRaw() {
    if (!this.find('details').open || this.raw.children.length === this.code.length) return;
    this.raw.replaceChildren(...this.code.map((_, i) => slider(`z${i + 1}`, `z${i + 1}`, t('One number of the latent code'))));
    this.setSliders();
  }

  /** Every slider where the state has it: at its rest where it says nothing. */
  setSliders() {
    const set = Object.fromEntries(String(this.state.sliders).split(',').map((piece) => piece.split(':')));
    for (const input of this.panel.querySelectorAll('[data-slider]')) {
      const name = input.dataset.slider;
      const rest = name[0] === 'z' ? (this.code[Number(name.slice(1)) - 1] ?? 0).toFixed(2) : '0';
      input.value = set[name] ?? rest;
      input.dataset.rest = rest;
      input.nextElementSibling.textContent = shown(input.value);
    }
  }

  showControls() {
    for (const name of ['seed', 'faces', 'truncation', 'hair', 'eyes']) {
      this.form.elements[name].value = this.state[name];
    }
    this.find('.faces-range output').textContent = Number(this.state.truncation).toFixed(2);
  }

  /** Which face, in which model, is the opened one. */
  mark() {
    const { face, model } = this.state;
    for (const button of this.host.querySelectorAll('.faces-cells button')) {
      const opened = face !== null && Number(button.dataset.seed) === face && button.dataset.kind === model;
      button.setAttribute('aria-pressed', String(opened));
    }
    for (const button of this.panel.querySelectorAll('.faces-choice')) {
      button.setAttribute('aria-pressed', String(button.dataset.kind === model));
    }
    if (face !== null) this.panel.querySelector('h3').textContent = t('Seed {face}, {model}', { face, model: String(model).toUpperCase() });
  }

  link() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      const query = toAddress(this.state, location.search);
      history.replaceState(null, '', location.pathname + (query ? `?${query}` : ''));
    }, LINK_AFTER);
  }
}

const shown = (value) => Number(value).toFixed(2).replace('-', '−');

function slider(name, label, help) {
  const reach = REACH[name[0]];
  const line = document.createElement('label');
  line.title = help;
  const text = Object.assign(document.createElement('span'), { textContent: label });
  const input = Object.assign(document.createElement('input'), {
    type: 'range', min: -reach, max: reach, step: name[0] === 'z' ? 0.01 : 0.05, value: 0,
  });
  input.dataset.slider = name;
  line.append(text, input, document.createElement('output'));
  return line;
}

async function loaded(src) {
  const image = new Image();
  image.src = src;
  await image.decode();
  return image;
}

export function mount(element, server) {
  window.__faces = new Seeds(element, server);
}
