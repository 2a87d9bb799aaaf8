// The run so far as one Plotly figure of stacked charts. Layout and lines are those of figures/charts.py.
// Knows nothing of how a curve was computed.

import { t } from './language.js';

const LOWEST = 1e-4;
const MARKS = { solid: '', dash: '- - ', dot: '··· ' };

export class Charts {
  constructor(parent, data) {
    this.data = data;
    this.host = document.createElement('div');
    this.host.className = 'lab-charts';
    this.plot = document.createElement('div');
    this.host.append(this.plot);
    this.key = document.createElement('p');
    this.key.className = 'lab-key';
    parent.append(this.key, this.host);
    this.shown = null;
    this.busy = false;
    new ResizeObserver(() => this.redraw()).observe(this.host);
  }

  show(snapshots, theme) {
    this.shown = [snapshots, theme];
    this.key.hidden = snapshots.length < 2;
    const words = snapshots.map((s, i) => (i ? t('pale: {title}', s) : t('thin: {title}', s))).join('; ');
    if (this.key.textContent !== words) this.key.textContent = words;
    this.redraw();
  }

  async redraw() {
    if (!window.Plotly || !this.shown || this.busy || !this.host.clientWidth) return;
    const [snapshots, theme] = this.shown;
    this.busy = true;
    try {
      await window.Plotly.react(this.plot, this.#traces(snapshots, theme), this.#layout(snapshots, theme), {
        displayModeBar: false, responsive: false, doubleClick: 'reset',
      });
    } finally {
      this.busy = false;
    }
  }

  #model(snapshots) {
    return snapshots.some((s) => s.model === 'gan') ? 'gan' : snapshots[0].model;
  }

  #layout(snapshots, theme) {
    const layout = structuredClone(this.data.charts[theme.name][this.#model(snapshots)]);
    const { clientWidth: width, clientHeight: height } = this.host;
    const { t: above, b: below } = layout.margin;
    const panels = this.data.panels[this.#model(snapshots)];
    const gap = this.data.chartGap / Math.max(height - above - below, 120);
    const share = Math.max((1 - gap * (panels.length - 1)) / panels.length, 0.05);
    panels.forEach((_, i) => {
      const top = 1 - i * (share + gap);
      layout[`yaxis${i + 1}`].domain = [Math.max(0, top - share), top];
      Object.assign(layout.annotations[i], { y: top, text: key(panels[i], theme) });
      if (panels[i].range && this.#leaves(snapshots, panels[i])) {
        Object.assign(layout[`yaxis${i + 1}`], { range: undefined, tickvals: undefined, autorange: true });
      }
    });
    layout.xaxis.title.text = t(layout.xaxis.title.text);
    return Object.assign(layout, { width, height });
  }

  /** Whether a curve goes beyond the panel's usual range: a critic's scores do. */
  #leaves(snapshots, { range: [low, high], series }) {
    return snapshots.some((snapshot) => series.some(({ field }) =>
      this.#values(snapshot, field).some((v) => v < low - 1e-3 || v > high + 1e-3)));
  }

  #traces(snapshots, theme) {
    const traces = [];
    const panels = this.data.panels[this.#model(snapshots)];
    snapshots.forEach((snapshot, place) => {
      const x = snapshot.parts['curves.iteration'] || [];
      panels.forEach((panel, i) => {
        if (!panel.models.includes(snapshot.model)) return;
        for (const { field, label: english, color, dash } of panel.series) {
          const label = t(english);
          if (place && dash === 'dot') continue; // the floors are the first run's
          let y = this.#values(snapshot, field);
          if (panel.log) y = Array.from(y, (v) => (v === null || Number.isNaN(v) ? null : Math.max(v, LOWEST)));
          traces.push({
            type: 'scatter', mode: 'lines', x, y, name: label, yaxis: `y${i + 1}`, connectgaps: true,
            opacity: place ? 0.55 : 1,
            line: { color: theme.colours[color], width: place ? 3 : 1.5, dash },
            hovertemplate: `${label}${snapshots.length > 1 ? `, ${snapshot.title}` : ''}: %{y:.3f}<extra></extra>`,
          });
        }
      });
    });
    return traces;
  }

  #values(snapshot, field) {
    if (field !== 'modes_share') return snapshot.parts[`curves.${field}`] || [];
    const total = snapshot.measures.modes_total;
    return Array.from(snapshot.parts['curves.modes_covered'] || [], (v) => (total ? v / total : null));
  }
}

/** The names of a chart's lines in their own colours, as figures/charts.py writes them. */
function key({ series }, theme) {
  return series.map(({ label, color, dash }) => `<span style="color:${theme.colours[color]}">${MARKS[dash]}${t(label)}</span>`).join('&nbsp; ');
}
