// Words and numbers beside the canvas. Every number has its fixed place; one that does not exist is a dash.
// Knows nothing of how the numbers were computed.

import { language, t } from './language.js';

export function number(value, digits) {
  if (value === null || value === undefined || !Number.isFinite(value)) return '—';
  if (Math.abs(value) >= 1e5) return value.toExponential(1).replace('-', '−');
  const shown = Math.abs(value) >= 1000 ? 0 : digits;
  const text = value.toFixed(shown);
  return (Number(text) === 0 ? text.replace('-', '') : text).replace('-', '−');
}

const percent = (value) => (Number.isFinite(value ?? NaN) ? `${(100 * value).toFixed(1)} %` : '—');
const gap = (m) => (m.value === null || m.value_star === null ? null : m.value_star - m.value);
const GAN = ['gan'];
const CODERS = ['vae', 'autoencoder'];

// label, what it shows, which models have it, its explanation, and an optional bar {of, most, mark, colour}
const ROWS = [
  [t('D(real)'), (s) => number(s.update.mean_real, 3), GAN, t('Mean of D over the batch of real points.')],
  [t('D(generated)'), (s) => number(s.update.mean_generated, 3), GAN, t('Mean of D over the batch of generated points.')],
  [t('loss of D'), (s) => number(s.update.discriminator_loss, 3), GAN, t('The loss that D lowers.')],
  [t('loss of G'), (s) => number(s.update.generator_loss, 3), GAN, t('The loss that G lowers.')],
  [t('loss'), (s) => number(s.update.generator_loss, 3), ['vae', 'autoencoder', 'gmm'], t('Whole loss, nats per point.')],
  [t('reconstruction'), (s) => number(s.update.reconstruction, 3), CODERS, t('Part of the loss: x against its decoded code.')],
  [t('KL of the code'), (s) => number(s.update.kl, 3), ['vae'], t('Part of the loss: the code against its prior.')],
  [t('V(D)'), (s) => number(s.measures.value, 3), GAN, t('Value of the game for this D, in nats; never above V*.'), null, 'rule'],
  [t('V*'), (s) => number(s.measures.value_star, 3), GAN, t('Value for the best D: −log 4 + 2 JSD.')],
  [t('gap V* − V'), (s) => number(gap(s.measures), 3), GAN, t('What D could still gain.')],
  [t('modes covered'), (s) => (s.measures.modes_total ? `${s.measures.modes_covered} / ${s.measures.modes_total}` : '—'), null,
    t('Modes with a generated point within 3 sigma.'), null, 'rule'],
  [t('high quality'), (s) => percent(s.measures.high_quality), null,
    t('Share of generated points within 3 sigma of a mode. The tick is the ceiling of a perfect sampler.'),
    (m) => ({ share: m.high_quality, mark: m.high_quality_ceiling })],
  [t('stray'), (s) => percent(s.measures.stray), null, t('Share of generated points beyond 3 sigma of every mode.'),
    (m) => ({ share: m.stray })],
  [t('KL of modes'), (s) => number(s.measures.reverse_kl_modes, 3), null,
    t('Reverse KL from the histogram over modes to their true weights, in nats: 0 when each gets its share. The tick is its floor, (K − 1) / 2N.'),
    (m) => ({ share: m.reverse_kl_modes === null ? null : m.reverse_kl_modes / 2, mark: m.reverse_kl_floor === null ? null : m.reverse_kl_floor / 2 })],
  [t('JSD'), (s) => number(s.measures.jsd, 4), null, t('Jensen-Shannon divergence, in nats; at most log 2 = 0.693. The tick is its noise floor.'),
    (m) => ({ share: m.jsd === null ? null : m.jsd / Math.LN2, mark: m.jsd_floor === null ? null : m.jsd_floor / Math.LN2 })],
  [t('Wasserstein'), (s) => number(s.measures.wasserstein, 3), null,
    t('How far mass must travel, in units of the canvas. The tick is the same for two samples of real points: its floor.'),
    (m) => ({ share: m.wasserstein, mark: m.wasserstein_floor })],
  [t('KL'), (s) => number(s.measures.kl, 3), null, t('Kullback-Leibler divergence between real and generated density, in nats.')],
];

const FRAME_WORDS = {
  en: /\b(real|generated|green|blue)\b/gi,
  'zh-TW': /真實|生成(?!器|網|式)|綠色?|藍色?/g,
  'zh-CN': /真实|生成(?!器|网|式)|绿色?|蓝色?/g,
};
const OF_REAL = /^(real|green|真|綠|绿)/i;

/** The two words in their two colours, everywhere. */
export function coloured(node, text) {
  if (node.dataset.said === text) return;
  node.dataset.said = text;
  const pieces = [];
  let from = 0;
  for (const match of text.matchAll(FRAME_WORDS[language()])) {
    pieces.push(text.slice(from, match.index));
    const word = document.createElement('span');
    word.className = OF_REAL.test(match[0]) ? 'real' : 'generated';
    word.textContent = match[0];
    pieces.push(word);
    from = match.index + match[0].length;
  }
  node.replaceChildren(...pieces, text.slice(from));
}

export class Numbers {
  constructor(parent) {
    this.table = document.createElement('table');
    this.table.className = 'lab-numbers';
    this.note = document.createElement('p');
    this.note.className = 'lab-note';
    parent.append(this.table, this.note);
    this.key = '';
    this.rows = [];
  }

  show(snapshots) {
    const key = snapshots.map((s) => s.model).join();
    if (key !== this.key) this.#build(snapshots, key);
    for (const { show, cells } of this.rows) snapshots.forEach((snapshot, i) => show(snapshot, cells[i]));
    const note = snapshots[0].measures.density_note;
    if (this.note.textContent !== note) this.note.textContent = note;
  }

  #build(snapshots, key) {
    this.key = key;
    const body = document.createElement('tbody');
    this.rows = [];
    if (snapshots.length > 1) {
      const head = body.insertRow();
      head.className = 'heads';
      head.insertCell();
      this.heads = snapshots.map(() => head.insertCell());
      this.rows.push({ cells: this.heads, show: (s, cell) => put(cell, s.title) });
    }
    for (const [label, value, models, help, bar, className] of ROWS) {
      if (models && !snapshots.every((s) => models.includes(s.model))) continue; // only what can be compared
      const row = body.insertRow();
      row.className = className || '';
      row.title = help;
      const head = document.createElement('th');
      head.scope = 'row';
      coloured(head, label);
      row.append(head);
      const cells = snapshots.map(() => row.insertCell());
      const bars = bar && snapshots.length === 1 ? cells.map(() => addBar(head)) : [];
      this.rows.push({
        cells,
        show: (snapshot, cell) => {
          put(cell, value(snapshot));
          if (bars.length) showBar(bars[0], bar(snapshot.measures));
        },
      });
    }
    this.table.replaceChildren(body);
  }
}

function put(cell, text) {
  if (cell.textContent !== text) cell.textContent = text;
}

function addBar(head) {
  const bar = document.createElement('span');
  bar.className = 'lab-bar';
  bar.append(document.createElement('i'), document.createElement('b'));
  head.append(bar);
  return bar;
}

function showBar(bar, { share, mark }) {
  const [fill, tick] = bar.children;
  fill.style.width = `${(100 * Math.min(1, Math.max(0, share ?? 0))).toFixed(1)}%`;
  tick.hidden = mark === null || mark === undefined;
  if (!tick.hidden) tick.style.left = `${(100 * mark).toFixed(2)}%`;
}
