// The small live diagram: z -> G -> generated -> D <- real, or its cousin for the other models.
// Which network moves, which is frozen, this update's numbers. Knows nothing of the canvas.

import { t } from './language.js';
import { number } from './numbers.js';

const cloud = (part, x) => {
  const dots = [[-9, -4], [-3, -10], [4, -6], [9, 2], [1, 1], [-6, 6], [4, 9], [-12, 2], [11, -6]];
  return `<g data-part="${part}"><g class="${part}">${dots
    .map(([dx, dy]) => `<circle cx="${x + dx}" cy="${46 + dy}" r="2.3"/>`).join('')}</g>
    <text x="${x}" y="76" class="${part}">${t(part)}</text></g>`;
};
const latent = (x) => `<g data-part="z"><circle cx="${x}" cy="46" r="13" class="node"/><text x="${x}" y="50" class="name">z</text></g>`;
const box = (part, x, name, width = 66) => `<g data-part="${part}" class="net">
  <rect x="${x}" y="24" width="${width}" height="44" rx="4" class="node"/>
  <text x="${x + width / 2}" y="45" class="name">${name}</text>
  <text x="${x + width / 2}" y="60" class="state" data-text="${part}.state"></text>
  <text x="${x + width / 2}" y="84" class="value" data-text="${part}.loss"></text>
  <text x="${x + width / 2}" y="98" class="value" data-text="${part}.gradient"></text></g>`;
const arrow = (id, from, to, part, text = '') => `<g data-edge="${part}">
  <line x1="${from}" y1="46" x2="${to}" y2="46" marker-end="url(#${id}-tip)"/>
  ${text ? `<text x="${(from + to) / 2}" y="38" class="value" data-text="${text}"></text>` : ''}</g>`;

const DRAWINGS = {
  gan: (id) => latent(16) + arrow(id, 30, 52, 'z') + box('G', 56, 'G') + arrow(id, 124, 142, 'generated') +
    cloud('generated', 162) + arrow(id, 184, 236, 'generated D', 'generated') + box('D', 240, 'D') +
    arrow(id, 364, 310, 'real D', 'real') + cloud('real', 386) +
    `<g data-edge="back"><path d="M273 20 C 250 2, 112 2, 89 20" marker-end="url(#${id}-tip)"/>
     <text x="181" y="2" class="value back">${t('gradient')}</text></g>`,
  coder: (id) => cloud('real', 22) + arrow(id, 44, 66, 'real') + box('D', 70, t('encoder'), 74) +
    arrow(id, 148, 166, 'z') + latent(184) + arrow(id, 200, 218, 'z', 'z') + box('G', 222, t('decoder'), 74) +
    arrow(id, 300, 330, 'generated') + cloud('generated', 354),
  gmm: (id) => cloud('real', 22) + arrow(id, 44, 70, 'real') + box('D', 74, t('E step'), 80) +
    arrow(id, 158, 190, 'z') + box('G', 194, t('M step'), 80) + arrow(id, 278, 320, 'generated') +
    cloud('generated', 346) +
    `<g data-edge="back"><path d="M234 20 C 210 6, 138 6, 114 20" marker-end="url(#${id}-tip)"/></g>`,
};

const SAID = {
  gan: t('z goes through the generator G to the generated points; the discriminator D judges them and the real points.'),
  coder: t('A real point goes through the encoder to its code z, and through the decoder to a rebuilt point.'),
  gmm: t('The E step says which component each real point belongs to; the M step moves the components.'),
};

let made = 0;

export class Diagram {
  constructor(parent) {
    this.host = document.createElement('div');
    this.host.className = 'lab-diagram';
    parent.append(this.host);
    this.id = `lab-diagram-${made++}`;
  }

  show(snapshot, stage) {
    const form = { gan: 'gan', gmm: 'gmm' }[snapshot.model] || 'coder';
    if (form !== this.form) this.#build(form);
    const u = snapshot.update;
    const { updating, frozen } = stage ? { updating: [stage.updating], frozen: [stage.frozen] } : roles(u, form);
    for (const name of ['G', 'D']) {
      const moves = updating.includes(name);
      const still = frozen.includes(name);
      const net = this.host.querySelector(`[data-part="${name}"]`);
      net.classList.toggle('updating', moves);
      net.classList.toggle('frozen', still);
      this.#put(`${name}.state`, moves ? t('updated') : still ? t('frozen') : '');
    }
    const numbers = {
      gan: {
        'G.loss': `${t('loss')} ${number(u.generator_loss, 3)}`, 'G.gradient': `|∇| ${number(u.generator_gradient_norm, 3)}`,
        'D.loss': `${t('loss')} ${number(u.discriminator_loss, 3)}`,
        'D.gradient': `|∇| ${number(u.discriminator_gradient_norm, 3)}`,
        generated: `D = ${number(u.mean_generated, 2)}`, real: `D = ${number(u.mean_real, 2)}`,
      },
      coder: {
        'G.loss': `${t('rebuilding')} ${number(u.reconstruction, 3)}`, 'G.gradient': `|∇| ${number(u.generator_gradient_norm, 3)}`,
        'D.loss': snapshot.model === 'vae' ? `KL ${number(u.kl, 3)}` : '', z: '',
      },
      gmm: { 'D.loss': t('who owns which point'), 'G.loss': `${t('loss')} ${number(u.generator_loss, 3)}` },
    }[form];
    for (const [name, text] of Object.entries(numbers)) this.#put(name, text);
    this.#light(stage, updating);
  }

  #light(stage, updating) {
    this.host.classList.toggle('staged', Boolean(stage));
    const lit = stage ? stage.lit : [];
    for (const node of this.host.querySelectorAll('[data-part], [data-edge]')) {
      const names = (node.dataset.part || node.dataset.edge).split(' ');
      node.classList.toggle('lit', names.every((name) => lit.includes(name)));
    }
    const back = this.host.querySelector('[data-edge="back"]');
    if (back) back.classList.toggle('shown', stage ? lit.includes('back') : updating.includes('G'));
  }

  #put(name, text) {
    const node = this.texts.get(name);
    if (node && node.textContent !== text) node.textContent = text;
  }

  #build(form) {
    this.form = form;
    this.host.innerHTML = `<svg viewBox="0 -8 412 110" role="img" aria-label="${SAID[form]}">
      <defs><marker id="${this.id}-tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">
        <path d="M0 0.8 L8 4 L0 7.2 z"/></marker>
      <pattern id="${this.id}-hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
        <line x1="0" y1="0" x2="0" y2="6"/></pattern></defs>${DRAWINGS[form](this.id)}</svg>`;
    this.host.style.setProperty('--hatch', `url(#${this.id}-hatch)`);
    this.texts = new Map([...this.host.querySelectorAll('[data-text]')].map((node) => [node.dataset.text, node]));
  }
}

function roles(update, form) {
  if (form !== 'gan') return { updating: update.kind === 'start' ? [] : ['G', 'D'], frozen: [] };
  return {
    discriminator: { updating: ['D'], frozen: ['G'] },
    generator: { updating: ['G'], frozen: ['D'] },
    iteration: { updating: ['G', 'D'], frozen: [] },
  }[update.kind] || { updating: [], frozen: [] };
}
