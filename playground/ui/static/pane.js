// One canvas under transparent Plotly axes: Plotly keeps ticks, zoom, pan and the mode bar, the canvas paints.
// Knows nothing of frames' transport; `show(snapshot, look)` is all it is told.

import * as paint from './paint.js';
import { Hover } from './hover.js';
import { t } from './language.js';

const FADED = 0.2; // opacity of a layer that slow motion does not speak of

export function element(tag, className = '', text = '') {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text) node.textContent = text;
  return node;
}

export class Pane {
  constructor(parent, data, exportPNG) {
    this.data = data;
    this.exportPNG = exportPNG;
    this.figure = element('figure', 'lab-pane');
    this.title = element('figcaption', 'lab-title');
    this.square = element('div', 'lab-square');
    this.canvas = element('canvas', 'lab-canvas');
    this.canvas.setAttribute('role', 'img');
    this.axes = element('div', 'lab-axes');
    this.square.append(this.canvas, this.axes);
    this.figure.append(this.title, this.square);
    parent.append(this.figure);
    this.context = this.canvas.getContext('2d');
    this.snapshot = null;
    this.look = null;
    this.axesKey = '';
    this.hover = new Hover(this);
    new ResizeObserver(() => this.refresh()).observe(this.square);
  }

  /** look = {layers, theme, stage, drawing}; see lab.js. */
  show(snapshot, look) {
    this.snapshot = snapshot;
    this.look = look;
    this.refresh();
  }

  refresh() {
    if (!this.snapshot || !this.square.clientWidth) return;
    this.#updateAxes();
    this.paint();
  }

  /** What the surface shows: the layer switches can put |D - D*| or D* in the place of D. */
  get kind() {
    const { parts, surface_kind: own } = this.snapshot;
    const { layers } = this.look;
    if (layers.difference && parts.surface && parts.d_star) return 'difference';
    if (layers.surface && parts.surface) return own;
    if (layers.d_star && parts.d_star) return 'd_star';
    return 'none';
  }

  get margin() {
    return this.look.small ? this.data.smallMargin : this.data.margin;
  }

  levels() {
    const { parts } = this.snapshot;
    const kind = this.kind;
    if (kind === 'difference') return difference(parts.surface, parts.d_star);
    if (kind === 'd_star') return parts.d_star;
    return kind === 'none' ? null : parts.surface;
  }

  #updateAxes() {
    const { theme } = this.look;
    const scale = this.kind === 'd_star' ? 'discriminator' : this.kind;
    const m = this.margin;
    const side = Math.floor(Math.min(this.square.clientWidth - m.l - m.r, this.square.clientHeight - m.t - m.b));
    const [width, height] = [side + m.l + m.r, side + m.t + m.b]; // exactly square, or the ends of an axis lose their ticks
    const { extent } = this.snapshot;
    const key = [theme.name, scale, extent, width, height, this.look.touch].join();
    if (!window.Plotly || key === this.axesKey) return;
    this.axesKey = key;
    const { layout, traces } = this.data.axes[theme.name];
    const now = this.axes._fullLayout;
    const kept = now && this.extent === extent; // what the visitor zoomed to stays until the target changes
    this.extent = extent;
    const range = (axis) => (kept ? [...now[axis].range] : [-extent, extent]);
    const full = {
      ...layout, width, height, margin: m, uirevision: key, dragmode: kept ? now.dragmode : this.look.touch ? false : 'zoom',
      xaxis: { ...layout.xaxis, range: range('xaxis') }, yaxis: { ...layout.yaxis, range: range('yaxis') },
    };
    const trace = structuredClone(traces[scale]);
    if (side < 300) trace.marker.colorbar.len = side < 240 ? 0.34 : 0.42; // leaves room for the mode bar
    window.Plotly.react(this.axes, [trace], structuredClone(full), this.#config());
    if (now) return;
    this.axes.on('plotly_doubleclick', () => this.home());
    for (const event of ['plotly_relayouting', 'plotly_relayout']) this.axes.on(event, () => this.paint());
  }

  home() {
    const range = [-this.extent, this.extent];
    return window.Plotly.relayout(this.axes, { 'xaxis.range': [...range], 'yaxis.range': [...range] });
  }

  #config() {
    const camera = {
      name: 'picture', title: t('Save as PNG'), icon: window.Plotly.Icons.camera, click: () => this.exportPNG(2, this),
    };
    const home = { name: 'home', title: t('Show everything'), icon: window.Plotly.Icons.home, click: () => this.home() };
    return {
      displaylogo: false, displayModeBar: true, scrollZoom: false, doubleClick: false, showTips: false,
      modeBarButtons: [[camera, ...(this.look.touch ? [] : ['zoom2d', 'pan2d']), 'zoomIn2d', 'zoomOut2d', home]],
      locale: 'page', locales: { page: { dictionary: { Zoom: t('Zoom'), Pan: t('Pan'), 'Zoom in': t('Zoom in'), 'Zoom out': t('Zoom out') } } },
    };
  }

  /** Where the axes lie now, in CSS pixels and data units; before Plotly is loaded, where they will lie. */
  geometry() {
    const { extent } = this.snapshot;
    const unit = (this.data.reach * extent) / this.data.steps;
    const { xaxis: x, yaxis: y } = this.axes._fullLayout || {};
    if (x && x._length) {
      return { left: x._offset, top: y._offset, width: x._length, height: y._length,
        x0: x.range[0], x1: x.range[1], y0: y.range[0], y1: y.range[1], extent, unit };
    }
    const m = this.margin;
    const { clientWidth: w, clientHeight: h } = this.square;
    return { left: m.l, top: m.t, width: w - m.l - m.r, height: h - m.t - m.b,
      x0: -extent, x1: extent, y0: -extent, y1: extent, extent, unit };
  }

  paint() {
    if (!this.snapshot || !this.look) return;
    const scale = Math.min(window.devicePixelRatio || 1, 2);
    const { clientWidth: width, clientHeight: height } = this.square;
    if (!width) return;
    const [w, h] = [Math.round(width * scale), Math.round(height * scale)];
    if (this.canvas.width !== w || this.canvas.height !== h) Object.assign(this.canvas, { width: w, height: h });
    this.context.setTransform(scale, 0, 0, scale, 0, 0);
    this.context.clearRect(0, 0, width, height);
    this.paintOn(this.context, this.geometry(), scale);
    this.hover.follow();
  }

  /** All layers on any context: the page's canvas, or a larger one for a picture file. */
  paintOn(context, g, scale) {
    const { parts, trail } = this.snapshot;
    const { layers, theme, stage, drawing } = this.look;
    const c = theme.colours;
    const strength = (layer) => (drawing ? 0.25 : !stage || stage.layers.includes(layer) ? 1 : FADED);
    const layer = (name, draw) => {
      context.globalAlpha = strength(name);
      draw();
      context.globalAlpha = 1;
    };
    const radius = Math.max(1.8, Math.min(3.4, g.width / 160));
    context.save();
    context.beginPath();
    context.rect(g.left, g.top, g.width, g.height);
    context.clip();
    const levels = this.levels();
    const scaleName = this.kind === 'd_star' ? 'discriminator' : this.kind;
    if (levels) layer('surface', () => paint.surface(context, g, levels, theme.tables[scaleName]));
    if (layers.trails) paint.trails(context, g, trail, c.generated);
    if (layers.grid && parts.grid) {
      context.globalAlpha = 0.55;
      paint.lines(context, g, parts.grid, c.generated, 1);
      context.globalAlpha = 1;
    }
    const rim = c.background;
    if (layers.real && parts.real) layer('real', () => paint.points(context, g, parts.real, c.real, rim, radius, scale));
    if (layers.generated && parts.generated) {
      layer('generated', () => paint.points(context, g, parts.generated, c.generated, rim, radius, scale));
    }
    if ((layers.arrows || (stage && stage.layers.includes('arrows'))) && parts.arrows && !drawing) {
      paint.arrows(context, g, parts.arrows, c.ink);
    }
    if (layers.d_star && parts.d_star && !drawing) paint.contour(context, g, parts.d_star, 127, c.ink, c.background);
    if (!drawing) this.hover.paint(context, g);
    context.restore();
  }
}

const differences = new WeakMap();

function difference(surface, dStar) {
  let out = differences.get(surface);
  if (!out || out.of !== dStar) {
    out = new Uint8Array(surface.length);
    for (let i = 0; i < out.length; i++) {
      out[i] = surface[i] === 255 || dStar[i] === 255 ? 255 : Math.abs(surface[i] - dStar[i]);
    }
    out.shape = surface.shape;
    out.of = dStar;
    differences.set(surface, out);
  }
  return out;
}
