// Drawing a target of one's own: press and move, points are sprayed along the way, in data units.
// Knows nothing of what becomes of them.

import { t } from './language.js';
import * as paint from './paint.js';
import { element } from './pane.js';

const SPACING = 5; // pixels between sprayed points
const SPREAD = 7; // pixels of spray around the pointer
const MOST = 1000;

export class Drawing {
  constructor(pane, done) {
    this.pane = pane;
    this.strokes = [];
    this.active = false;
    this.layer = element('canvas', 'lab-drawing');
    this.layer.hidden = true;
    this.bar = element('div', 'lab-drawbar');
    this.bar.hidden = true;
    this.count = element('span', 'count');
    const button = (text, act, className = '') => {
      const node = element('button', `lab-chip ${className}`, text);
      node.type = 'button';
      node.addEventListener('click', act);
      return node;
    };
    this.use = button(t('Use these points'), () => done(this.points()), 'primary');
    this.bar.append(this.count, button(t('Undo stroke'), () => this.undo()), button(t('Clear'), () => this.clear()),
      button(t('Cancel'), () => done(null)), this.use);
    pane.square.append(this.layer);
    pane.figure.append(this.bar);
    this.layer.addEventListener('pointerdown', (event) => this.#down(event));
    this.layer.addEventListener('pointermove', (event) => this.#move(event));
    for (const end of ['pointerup', 'pointercancel']) this.layer.addEventListener(end, () => { this.last = null; });
    new ResizeObserver(() => this.paint()).observe(pane.square);
  }

  start() {
    this.active = true;
    this.layer.hidden = this.bar.hidden = false;
    this.paint();
  }

  stop() {
    this.active = false;
    this.layer.hidden = this.bar.hidden = true;
  }

  points() {
    return this.strokes.flat();
  }

  clear() {
    this.strokes = [];
    this.paint();
  }

  undo() {
    this.strokes.pop();
    this.paint();
  }

  #place(event) {
    const box = this.layer.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  #down(event) {
    this.layer.setPointerCapture(event.pointerId);
    this.strokes.push([]);
    this.last = this.#place(event);
    this.#spray(...this.last);
    this.paint();
  }

  #move(event) {
    if (!this.last) return;
    const [x, y] = this.#place(event);
    const [fromX, fromY] = this.last;
    const steps = Math.floor(Math.hypot(x - fromX, y - fromY) / SPACING);
    for (let i = 1; i <= steps; i++) this.#spray(fromX + ((x - fromX) * i) / steps, fromY + ((y - fromY) * i) / steps);
    if (!steps) return;
    this.last = [x, y];
    this.paint();
  }

  #spray(x, y) {
    if (this.points().length >= MOST) return;
    const g = this.pane.geometry();
    const angle = 2 * Math.PI * Math.random();
    const away = SPREAD * Math.sqrt(Math.random());
    const px = x + away * Math.cos(angle);
    const py = y + away * Math.sin(angle);
    if (px < g.left || px > g.left + g.width || py < g.top || py > g.top + g.height) return;
    const data = [g.x0 + ((px - g.left) / g.width) * (g.x1 - g.x0), g.y1 - ((py - g.top) / g.height) * (g.y1 - g.y0)];
    this.strokes[this.strokes.length - 1].push(data.map((v) => Math.round(v * 1e4) / 1e4));
  }

  paint() {
    if (!this.active) return;
    const points = this.points();
    this.count.textContent = points.length
      ? t('{count} of at most {most} points', { count: points.length, most: MOST })
      : t('Press and move on the canvas to draw your target.');
    this.use.disabled = points.length < 2;
    const scale = Math.min(window.devicePixelRatio || 1, 2);
    const { clientWidth: width, clientHeight: height } = this.pane.square;
    this.layer.width = width * scale;
    this.layer.height = height * scale;
    const context = this.layer.getContext('2d');
    context.setTransform(scale, 0, 0, scale, 0, 0);
    const g = this.pane.geometry();
    context.fillStyle = this.pane.look.theme.colours.real;
    for (const [x, y] of points) {
      const [px, py] = paint.at(g, x, y);
      context.beginPath();
      context.arc(px, py, 2.4, 0, 7);
      context.fill();
    }
  }
}
