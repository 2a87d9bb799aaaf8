// The live view: frames in, everything drawn, each painted frame acknowledged.
//
// mount(element, page) builds the view in gr.HTML's element and returns {deliver}; window.__lab is the handle
// for the page around it. The latest frame wins; a frame of another session or of an older run is dropped.
// Knows nothing of training: it draws what figures/frames.py packed.

import data from './data.js';
import { Charts } from './charts.js';
import { Diagram } from './diagram.js';
import { Drawing } from './drawing.js';
import { picture } from './export.js';
import { Memory, decode } from './frame.js';
import { t } from './language.js';
import { Layers } from './layers.js';
import { newest } from './newest.js';
import { Numbers, coloured } from './numbers.js';
import { Pane, element } from './pane.js';
import { isDark, style, themes, watchTheme } from './theme.js';

const TRAIL = 30; // frames
const CHARTS_EVERY = 800; // ms between two redraws of the charts while playing
const AGAIN = 3000; // ms until a script that did not come is asked for again
const WORDS_EVERY = 3; // painted frames, while playing: quicker numbers cannot be read, and cost more than the canvas

class Lab {
  constructor(root, page) {
    this.page = page;
    this.themes = themes(data);
    this.memory = new Memory(TRAIL);
    this.pending = null;
    this.frame = null;
    this.busy = false;
    this.newest = new Map(); // place -> newest run stamp; session -> newest frame
    this.wish = newest((detail) => page.trigger('layers', detail), () => true);
    this.handle = {
      received: 0, painted: 0, dropped: 0, frameId: -1, iteration: -1, run: -1, paintMs: 0, paintedAt: 0,
      playing: false, stage: 0, session: null, layers: null, diverged: '', onLayers: null, onDrawn: null,
    };
    this.#build(root);
    this.#expose();
    watchTheme(() => this.redraw());
  }

  #build(root) {
    this.root = element('div', 'lab');
    root.replaceChildren(this.root);
    this.stageColumn = element('div', 'lab-stage');
    this.side = element('div', 'lab-side');
    this.root.append(this.stageColumn, this.side);
    this.banner = element('p', 'lab-banner');
    this.banner.setAttribute('role', 'alert');
    this.banner.hidden = true;
    this.panes = element('div', 'lab-panes');
    this.caption = element('p', 'lab-caption');
    this.stageColumn.append(this.panes);
    this.layers = new Layers(this.stageColumn, () => this.#layersChanged());
    this.handle.layers = this.layers.on;
    this.stageColumn.append(this.caption);
    this.sentence = element('p', 'lab-sentence', t('Waiting for the first picture …'));
    this.sentence.setAttribute('aria-live', 'polite');
    this.slow = element('p', 'lab-slow');
    this.slow.hidden = true;
    this.slow.setAttribute('aria-live', 'polite');
    this.words = element('div', 'lab-words');
    this.words.append(this.banner, this.sentence, this.slow);
    this.diagrams = element('div', 'lab-diagrams');
    this.figures = element('div', 'lab-figures');
    this.curves = element('div', 'lab-curves');
    this.columns = element('div', 'lab-columns');
    this.columns.append(this.figures, this.curves);
    this.side.append(this.words, this.diagrams, this.columns);
    this.numbers = new Numbers(this.figures);
    this.charts = new Charts(this.curves, data);
    this.paneList = [];
    this.diagramList = [];
    this.#pane(0);
    const more = () => this.side.classList.toggle('more', this.side.scrollHeight - this.side.scrollTop - this.side.clientHeight > 6);
    this.side.addEventListener('scroll', more, { passive: true });
    const size = new ResizeObserver(more);
    for (const node of [this.side, this.figures, this.words]) size.observe(node);
    this.drawing = new Drawing(this.paneList[0], (points) => this.#drawn(points));
  }

  #pane(place) {
    if (!this.paneList[place]) {
      const pane = new Pane(this.panes, data, (scale, of) => this.#save(scale, of));
      pane.onground = (words) => this.#ground(words);
      this.paneList[place] = pane;
    }
    return this.paneList[place];
  }

  #expose() {
    const h = this.handle;
    Object.assign(h, {
      neededLayers: () => this.layers.needed(),
      setLayer: (name, on) => this.layers.set(name, on),
      setSession: (session) => { h.session = session; },
      exportPNG: async (scale = 2) => {
        await this.handle.ready;
        return picture(this.paneList.filter((p) => !p.figure.hidden), this.#theme(), scale, this.#titles());
      },
      startDrawing: () => this.#startDrawing(),
      stopDrawing: () => this.#stopDrawing(),
      points: () => this.drawing.points(),
      clearPoints: () => this.drawing.clear(),
      forget: () => this.memory.forget(),
      deliver: (text) => this.deliver(text),
    });
    window.__lab = h;
  }

  #theme() {
    return this.themes[isDark() ? 'dark' : 'light'];
  }

  // -- frames

  deliver(text) {
    if (!text) return;
    const frame = decode(text);
    if (!frame) return;
    const h = this.handle;
    const own = h.session ??= this.page.session() || frame.session || null;
    if (frame.session && own && frame.session !== own) {
      h.dropped++;
      return;
    }
    if (this.#late(frame)) {
      h.dropped++;
      this.#acknowledge(frame);
      return;
    }
    h.received++;
    frame.snapshots.forEach((snapshot, place) => this.memory.complete(snapshot, place));
    const fresh = this.pending && this.pending.fresh;
    frame.fresh = fresh || frame.snapshots.some((snapshot) => snapshot.freshCurves);
    this.pending = frame;
    if (!this.busy) {
      this.busy = true;
      requestAnimationFrame(() => this.#tick());
    }
  }

  #late(frame) {
    if (frame.frame < (this.newest.get(frame.session) ?? -Infinity)) return true; // overtaken on its way
    this.newest.set(frame.session, frame.frame);
    return frame.snapshots.some((snapshot, place) => {
      const key = `${frame.session} ${place}`;
      if (snapshot.run < (this.newest.get(key) ?? -Infinity)) return true;
      this.newest.set(key, snapshot.run);
      return false;
    });
  }

  #tick() {
    const frame = this.pending;
    this.pending = null;
    const start = performance.now();
    try {
      this.frame = frame;
      this.redraw();
    } finally {
      const h = this.handle;
      const took = performance.now() - start;
      h.painted++;
      h.paintMs = h.painted === 1 ? took : 0.9 * h.paintMs + 0.1 * took;
      h.paintedAt = performance.now();
      h.frameId = frame.frame;
      h.iteration = frame.snapshots[0].iteration;
      h.run = frame.snapshots[0].run;
      h.playing = frame.playing;
      h.stage = frame.stage;
      this.#acknowledge(frame);
      this.root.dispatchEvent(new CustomEvent('lab:painted', { bubbles: true, detail: h }));
      if (this.pending) requestAnimationFrame(() => this.#tick());
      else this.busy = false;
    }
  }

  #acknowledge(frame) {
    if (frame.session) Promise.resolve(this.page.ack({ session: frame.session, frame: frame.frame })).catch(() => {});
  }

  // -- drawing

  redraw() {
    const { frame } = this;
    if (!frame || !frame.snapshots.length) return;
    const { snapshots } = frame;
    const first = snapshots[0];
    const theme = this.#theme();
    const stage = frame.stage ? { ...data.stages[frame.stage - 1] } : null;
    const look = {
      layers: this.layers.on, theme, stage, drawing: this.drawing.active,
      touch: matchMedia('(pointer: coarse)').matches, small: this.root.clientWidth <= 680,
    };
    this.root.dataset.panes = snapshots.length;
    this.root.classList.toggle('drawing', this.drawing.active);
    const home = snapshots.length > 1 ? this.stageColumn : this.side;
    if (this.diagrams.parentNode !== home) home.insertBefore(this.diagrams, home === this.side ? this.columns : null);
    this.layers.offer(snapshots.map((s) => s.model), snapshots.some((s) => s.model !== 'autoencoder'));
    snapshots.forEach((snapshot, place) => this.#showPane(snapshot, place, look, snapshots.length > 1, frame.playing));
    this.paneList.forEach((pane, place) => { pane.figure.hidden = place >= snapshots.length; });
    if (!frame.playing || this.handle.painted % WORDS_EVERY === 0) {
      this.#showWords(frame, stage);
      this.#showDiagrams(snapshots, stage);
      this.numbers.show(snapshots);
    }
    const now = performance.now();
    if (!frame.playing || (frame.fresh && now - (this.chartedAt ?? -CHARTS_EVERY) >= CHARTS_EVERY)) {
      this.chartedAt = now;
      setTimeout(() => this.charts.show(snapshots, theme)); // after the canvas is on the screen
    }
    if (this.drawing.active) this.drawing.paint();
    if (this.handle.diverged !== first.diverged) this.handle.diverged = first.diverged;
  }

  #showPane(snapshot, place, look, several, playing) {
    const pane = this.#pane(place);
    pane.figure.hidden = false;
    pane.show(snapshot, look);
    const title = t(data.titles[pane.kind]);
    coloured(pane.title, several ? `${snapshot.title}\n${t(data.shortTitles[pane.kind])}` : title);
    if (!playing) {
      const said = t('{title}, iteration {iteration}', { title: snapshot.title, iteration: snapshot.iteration });
      pane.canvas.setAttribute('aria-label', `${said}. ${title}. ${snapshot.sentence}`);
    }
  }

  #showWords(frame, stage) {
    const { snapshots } = frame;
    const diverged = snapshots.map((s) => s.diverged).filter(Boolean).join(' ');
    this.banner.hidden = !diverged;
    if (this.banner.textContent !== diverged) this.banner.textContent = diverged;
    const live = frame.playing ? 'off' : 'polite';
    if (this.sentence.getAttribute('aria-live') !== live) this.sentence.setAttribute('aria-live', live);
    coloured(this.sentence, snapshots.length > 1
      ? snapshots.map((s) => `${s.title}: ${s.sentence}`).join('\n') : snapshots[0].sentence);
    this.slow.hidden = !stage;
    this.sentence.hidden = Boolean(stage || diverged);
    if (stage) coloured(this.slow, t('{stage} of {stages}. {words}', { stage: frame.stage, stages: data.stages.length, words: t(frame.caption || stage.caption) }));
    this.kindCaption = t(data.captions[this.paneList[0].kind]);
    if (!this.groundShown) coloured(this.caption, this.kindCaption);
  }

  #ground(words) {
    this.groundShown = Boolean(words);
    coloured(this.caption, words || this.kindCaption || '');
  }

  #showDiagrams(snapshots, stage) {
    snapshots.forEach((snapshot, place) => {
      this.diagramList[place] ??= new Diagram(this.diagrams);
      this.diagramList[place].host.hidden = false;
      this.diagramList[place].show(snapshot, snapshot.model === 'gan' ? stage : null);
    });
    this.diagramList.forEach((diagram, place) => { diagram.host.hidden = place >= snapshots.length; });
  }

  // -- what the visitor does

  #layersChanged() {
    const detail = { layers: { ...this.layers.on }, needed: this.layers.needed() };
    this.redraw();
    this.root.dispatchEvent(new CustomEvent('lab:layers', { bubbles: true, detail }));
    this.wish(detail);
    this.handle.onLayers?.(detail);
  }

  #startDrawing() {
    if (!this.frame) return;
    this.drawing.start();
    this.redraw();
  }

  #stopDrawing() {
    this.drawing.stop();
    this.redraw();
    return this.drawing.points();
  }

  #drawn(points) {
    this.#stopDrawing();
    const detail = { points, cancelled: points === null };
    this.root.dispatchEvent(new CustomEvent('lab:drawn', { bubbles: true, detail }));
    this.handle.onDrawn?.(detail);
    if (points) this.page.trigger('drawn', { points });
  }

  #titles() {
    return this.frame.snapshots.map((s, place) => {
      const said = t('{title}, iteration {iteration}', { title: s.title, iteration: s.iteration.toLocaleString('en') });
      return `${said}<br><sup>${t(data.titles[this.paneList[place].kind])}</sup>`;
    });
  }

  async #save(scale, pane) {
    const place = this.paneList.indexOf(pane);
    const url = await picture([pane], this.#theme(), scale, [this.#titles()[place]]);
    const link = Object.assign(document.createElement('a'), { href: url, download: `gan-playground-${this.handle.iteration}.png` });
    link.click();
  }
}

/** Resolves when a script has run; one that does not come is asked for again, as the page works without it. */
function load(address) {
  return new Promise((resolve) => {
    const ask = () => {
      const script = Object.assign(document.createElement('script'), { src: address, onload: resolve });
      script.onerror = () => {
        script.remove();
        setTimeout(ask, AGAIN);
      };
      document.head.append(script);
    };
    ask();
  });
}

/** page = {root, ack, trigger, session}: see ui/view.py, which calls this from gr.HTML's js_on_load. */
export function mount(host, page) {
  style();
  const lab = new Lab(host.querySelector('.lab-root') || host, page);
  // not in the page's head: a second of work for the browser, which the first picture need not wait for
  const ready = window.Plotly ? Promise.resolve() : load(page.root + data.plotlyPath);
  lab.handle.ready = ready.then(() => lab.redraw());
  return lab;
}
