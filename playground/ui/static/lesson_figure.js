// The figure of an exhibit: HTML from the server, its surfaces coloured, its handles dragged, its parts pressed.
// Positions are in the units of the chart (figures/plots.py writes its plane into data-plane). Knows no lesson.

import data from './data.js';
import { isDark, themes, watchTheme } from './theme.js';

const NUDGE = 1 / 40; // of the handle's range, for an arrow key

export class Figure {
  constructor(parent, page) {
    Object.assign(this, { parent, page, themes: themes(data), html: '' });
    parent.addEventListener('pointerdown', (event) => this.#down(event));
    parent.addEventListener('pointermove', (event) => this.#move(event));
    for (const end of ['pointerup', 'pointercancel', 'lostpointercapture']) parent.addEventListener(end, () => this.#up());
    parent.addEventListener('keydown', (event) => this.#key(event));
    watchTheme(() => this.#colour());
  }

  show(html) {
    if (html === this.html) return;
    this.html = html;
    const now = this.parent.contains(document.activeElement) ? document.activeElement.dataset : {};
    const focused = ['handle', 'press'].filter((kind) => now[kind]).map((kind) => `[data-${kind}="${now[kind]}"]`)[0];
    this.parent.innerHTML = html;
    this.#colour();
    for (const part of this.parent.querySelectorAll('[data-press]')) {
      part.setAttribute('tabindex', '0');
      part.setAttribute('role', 'button');
    }
    if (focused) this.parent.querySelector(focused)?.focus({ preventScroll: true });
  }

  #colour() {
    const theme = this.themes[isDark() ? 'dark' : 'light'];
    for (const image of this.parent.querySelectorAll('image[data-heat]')) {
      const { heat, rows, columns, kind } = image.dataset;
      const raw = atob(heat);
      const canvas = Object.assign(document.createElement('canvas'), { width: columns, height: rows });
      const context = canvas.getContext('2d');
      const pixels = context.createImageData(canvas.width, canvas.height);
      const words = new Uint32Array(pixels.data.buffer);
      const table = theme.tables[kind];
      for (let i = 0; i < words.length; i++) words[i] = table[raw.charCodeAt(i)];
      context.putImageData(pixels, 0, 0);
      image.setAttribute('href', canvas.toDataURL());
    }
  }

  // -- handles and parts

  #down(event) {
    const handle = event.target.closest('[data-handle]');
    const part = event.target.closest('[data-press]');
    if (handle) {
      const svg = handle.ownerSVGElement;
      this.dragged = { name: handle.dataset.handle, plane: this.#plane(svg), x: Number(handle.dataset.x), y: Number(handle.dataset.y) };
      handle.focus({ preventScroll: true });
    } else if (part && this.page.drawn().includes(part.dataset.press.split(':')[0])) {
      this.pressed = new Set();
      this.#press(part);
    } else return;
    event.preventDefault();
    this.parent.setPointerCapture(event.pointerId);
  }

  #move(event) {
    if (this.dragged) {
      const { name, plane } = this.dragged;
      const [x, y] = plane.at(event.clientX, event.clientY);
      this.#set(name, x, y);
    } else if (this.pressed) {
      const part = document.elementFromPoint(event.clientX, event.clientY)?.closest?.('[data-press]');
      if (part && this.parent.contains(part)) this.#press(part);
    }
  }

  #up() { this.dragged = this.pressed = null; }

  #press(part) {
    const what = part.dataset.press;
    if (this.pressed.has(what)) return; // once in a stroke
    this.pressed.add(what);
    const [name, ...rest] = what.split(':');
    this.page.press(name, rest.join(':'));
  }

  #key(event) {
    const part = event.target.closest?.('[data-press]');
    if (part && [' ', 'Enter'].includes(event.key)) {
      event.preventDefault();
      this.pressed = new Set();
      this.#press(part);
      this.pressed = null;
      return;
    }
    const handle = event.target.closest?.('[data-handle]');
    const by = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
    const control = handle && by && this.page.control(handle.dataset.handle);
    if (!control) return;
    event.preventDefault();
    const [x, y] = [0, 1].map((i) => Number(handle.dataset[i ? 'y' : 'x']) + by[i] * NUDGE * (control.high[i] - control.low[i]));
    this.#set(handle.dataset.handle, x, y);
  }

  #set(name, x, y) {
    const control = this.page.control(name);
    if (!control) return;
    const at = [x, y].map((v, i) => Number(Math.min(control.high[i], Math.max(control.low[i], v)).toFixed(4)));
    this.page.set(name, at);
  }

  /** Where a point of the window lies in the chart's own units; it must outlive the picture it was taken from. */
  #plane(svg) {
    const [left, top, right, bottom, x0, x1, y0, y1] = svg.dataset.plane.split(',').map(Number);
    const inverse = svg.getScreenCTM().inverse();
    const scroll = [window.scrollX, window.scrollY];
    return {
      at: (clientX, clientY) => {
        const point = new DOMPoint(clientX + window.scrollX - scroll[0], clientY + window.scrollY - scroll[1]).matrixTransform(inverse);
        return [
          x0 + ((point.x - left) / (right - left)) * (x1 - x0),
          y0 + ((bottom - point.y) / (bottom - top)) * (y1 - y0),
        ];
      },
    };
  }
}
