// What the pointer rests on: a generated point (its z, its D, its way here, its place in latent space), a real
// point, or the ground. Follows its point from frame to frame. Knows nothing of frames' transport.

import { t } from './language.js';
import * as paint from './paint.js';
import { number } from './numbers.js';

const NEAR = 9; // pixels
const INSET = 76;

export class Hover {
  constructor(pane) {
    this.pane = pane;
    this.found = null; // {kind: 'generated' | 'real', index}
    this.pointer = null;
    this.tip = document.createElement('div');
    this.tip.className = 'lab-tip';
    this.tip.hidden = true;
    this.text = document.createElement('div');
    this.inset = document.createElement('canvas');
    this.inset.className = 'lab-inset';
    this.inset.title = t('Its place in latent space');
    this.tip.append(this.text, this.inset);
    pane.square.append(this.tip);
    const move = (event) => this.#moved(event);
    pane.square.addEventListener('pointermove', move);
    pane.square.addEventListener('pointerdown', move);
    pane.square.addEventListener('pointerleave', () => this.clear());
  }

  clear() {
    this.pointer = null;
    this.found = null;
    this.tip.hidden = true;
    this.pane.onground?.(null);
    this.pane.paint();
  }

  #moved(event) {
    if (!this.pane.snapshot || this.pane.look.drawing || event.target.closest('.modebar')) return;
    if (event.buttons && event.pointerType === 'mouse') return; // a zoom is being drawn
    const box = this.pane.square.getBoundingClientRect();
    this.pointer = [event.clientX - box.left, event.clientY - box.top];
    const before = this.found;
    this.found = this.#nearest();
    this.#ground();
    if (this.found || before) this.pane.paint();
  }

  #nearest() {
    const { parts } = this.pane.snapshot;
    const { layers } = this.pane.look;
    const [ax, bx, ay, by] = paint.affine(this.pane.geometry());
    const [px, py] = this.pointer;
    let best = NEAR * NEAR;
    let found = null;
    for (const kind of ['generated', 'real']) {
      const steps = layers[kind] && parts[kind];
      if (!steps) continue;
      for (let i = 0; i < steps.length; i += 2) {
        const d = (ax + bx * steps[i] - px) ** 2 + (ay + by * steps[i + 1] - py) ** 2;
        if (d < best) {
          best = d;
          found = { kind, index: i / 2 };
        }
      }
    }
    return found;
  }

  #inData([px, py]) {
    const g = this.pane.geometry();
    return [g.x0 + ((px - g.left) / g.width) * (g.x1 - g.x0), g.y1 - ((py - g.top) / g.height) * (g.y1 - g.y0)];
  }

  /** Says the values under the pointer, for the line below the canvas. */
  #ground() {
    const [x, y] = this.#inData(this.pointer);
    const g = this.pane.geometry();
    const outside = x < g.x0 || x > g.x1 || y < g.y0 || y > g.y1;
    const { parts, surface_kind: kind } = this.pane.snapshot;
    const said = [`x₁ = ${number(x, 2)}, x₂ = ${number(y, 2)}`];
    const name = { discriminator: 'D', critic: t('score'), density: t('density') }[kind];
    if (name && parts.surface) said.push(`${name} = ${number(sample(parts.surface, x, y, g.extent), 2)}`);
    if (parts.d_star) said.push(`D* = ${number(sample(parts.d_star, x, y, g.extent), 2)}`);
    this.pane.onground?.(outside ? null : said.join(', '));
  }

  paint(context, g) {
    const at = this.#where(g);
    if (!at) return;
    const { colours } = this.pane.look.theme;
    if (this.found.kind === 'generated') {
      paint.path(context, g, this.pane.snapshot.trail, this.found.index, colours.generated);
    }
    paint.ring(context, at[0], at[1], colours[this.found.kind], colours.background);
  }

  #where(g) {
    const steps = this.found && this.pane.snapshot.parts[this.found.kind];
    if (!steps || 2 * this.found.index >= steps.length) return null;
    const [ax, bx, ay, by] = paint.affine(g);
    const k = 2 * this.found.index;
    return [ax + bx * steps[k], ay + by * steps[k + 1]];
  }

  /** Puts the card beside its point, wherever that has moved. */
  follow() {
    const g = this.pane.geometry();
    const at = this.#where(g);
    this.tip.hidden = !at;
    if (!at) return;
    const { parts, surface_kind: kind, trail } = this.pane.snapshot;
    const k = this.found.index;
    const steps = parts[this.found.kind];
    const [x, y] = [steps[2 * k] * g.unit, steps[2 * k + 1] * g.unit];
    const lines = [`${t(this.found.kind)} (${number(x, 2)}, ${number(y, 2)})`];
    const name = kind === 'critic' ? t('score') : 'D';
    if (this.found.kind === 'generated') {
      if (parts.scores) lines.push(`${name} = ${number(parts.scores[k] / this.pane.data.scoreSteps, 3)}`);
      const z = this.#latent(k);
      if (z) lines.push(`z = (${z.map((v) => number(v, 2)).join(', ')}${z.more ? ', …' : ''})`);
      if (trail.length > 1) lines.push(t('its way since iteration {iteration}', { iteration: trail[0].iteration.toLocaleString('en') }));
    } else if (parts.surface && kind !== 'density') {
      lines.push(`${name} = ${number(sample(parts.surface, x, y, g.extent), 3)}`);
    }
    this.text.replaceChildren(...lines.map((line) => Object.assign(document.createElement('div'), { textContent: line })));
    this.text.firstChild.className = this.found.kind;
    this.#drawInset(k);
    const { offsetWidth: w, offsetHeight: h } = this.tip;
    const left = at[0] + 14 + w > this.pane.square.clientWidth ? at[0] - 14 - w : at[0] + 14;
    const top = Math.min(Math.max(4, at[1] - h / 2), this.pane.square.clientHeight - h - 4);
    this.tip.style.transform = `translate(${Math.round(Math.max(0, left))}px, ${Math.round(top)}px)`;
  }

  #latent(k) {
    const { latents } = this.pane.snapshot.parts;
    if (!latents) return null;
    const shown = latents.shape[1];
    const z = Array.from({ length: Math.min(3, shown) }, (_, i) => latents[k * shown + i] * this.pane.data.latentStep);
    z.more = shown > 3;
    return z;
  }

  /** All latents as a small map (first two coordinates), with the place of the hovered point. */
  #drawInset(k) {
    const { latents } = this.pane.snapshot.parts;
    this.inset.hidden = this.found.kind !== 'generated' || !latents;
    if (this.inset.hidden) return;
    const scale = Math.min(window.devicePixelRatio || 1, 2);
    const { colours } = this.pane.look.theme;
    if (this.inset.width !== INSET * scale) this.inset.width = this.inset.height = INSET * scale;
    const context = this.inset.getContext('2d');
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.clearRect(0, 0, INSET, INSET);
    const dims = latents.shape[1];
    const reach = 3.2 / this.pane.data.latentStep;
    const spot = (i) => [INSET / 2 + (latents[i * dims] / reach) * (INSET / 2),
      INSET / 2 - (dims > 1 ? (latents[i * dims + 1] / reach) * (INSET / 2) : 0)];
    context.fillStyle = colours.muted;
    context.globalAlpha = 0.5;
    for (let i = 0; i < latents.shape[0]; i++) context.fillRect(spot(i)[0] - 0.75, spot(i)[1] - 0.75, 1.5, 1.5);
    context.globalAlpha = 1;
    const [x, y] = spot(k);
    context.fillStyle = colours.generated;
    context.beginPath();
    context.arc(x, y, 4, 0, 7);
    context.fill();
  }
}

/** Bilinear value in [0, 1] of a surface, whose samples lie at the centres of its cells, at a point. */
export function sample(levels, x, y, extent) {
  const side = levels.shape[0];
  const place = (v) => Math.min(side - 1.0001, Math.max(0, ((v + extent) / (2 * extent)) * side - 0.5));
  const [c, r] = [place(x), place(y)];
  const [c0, r0] = [Math.floor(c), Math.floor(r)];
  const [u, v] = [c - c0, r - r0];
  const value = (row, column) => (levels[row * side + column] === 255 ? NaN : levels[row * side + column] / 254);
  return (1 - v) * ((1 - u) * value(r0, c0) + u * value(r0, c0 + 1)) +
    v * ((1 - u) * value(r0 + 1, c0) + u * value(r0 + 1, c0 + 1));
}
