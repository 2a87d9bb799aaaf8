// The layer switches: one chip each, a colour swatch, reachable by keyboard, pressed or not.
// Knows nothing of what a layer draws.

import { t } from './language.js';

// name, words, explanation, what the server must send for it, models that have it (null: all)
const LAYERS = [
  ['surface', t('surface'), t('What the discriminator thinks of every place (or the density of the model)'), ['surface'], null],
  ['real', t('real'), t('Points of the target'), ['real'], null],
  ['generated', t('generated'), t('Points that the model draws'), ['generated'], null],
  ['arrows', t('arrows'), t('Where the gradient of the loss in use pushes each generated point; VAE, autoencoder: from a real point to its copy'), ['arrows'], ['gan', 'vae', 'autoencoder']],
  ['grid', t('latent grid'), t('A square grid of latent space after G'), ['grid'], ['gan', 'vae', 'autoencoder']],
  ['d_star', t('D* = ½'), t('The line where the best discriminator is undecided'), ['d_star'], ['gan']],
  ['difference', t('|D − D*|'), t('How far D is from the best discriminator, in place of the surface'), ['surface', 'd_star'], ['gan']],
  ['trails', t('trails'), t('Where the generated points came from'), ['generated'], null],
];
const START = { surface: true, real: true, generated: true, arrows: true };

export class Layers {
  constructor(parent, changed) {
    this.on = Object.fromEntries(LAYERS.map(([name]) => [name, Boolean(START[name])]));
    this.changed = changed;
    this.chips = new Map();
    const bar = document.createElement('div');
    bar.className = 'lab-layers';
    bar.setAttribute('role', 'group');
    bar.setAttribute('aria-label', t('Layers of the canvas'));
    for (const [name, words, help, , models] of LAYERS) {
      const chip = document.createElement('button');
      chip.type = 'button';
      chip.className = 'lab-chip';
      chip.dataset.layer = name;
      chip.title = help;
      const swatch = document.createElement('i');
      swatch.className = `swatch ${name}`;
      chip.append(swatch, words);
      chip.addEventListener('click', () => this.set(name, !this.on[name]));
      this.chips.set(name, { chip, models });
      bar.append(chip);
      this.#press(name);
    }
    parent.append(bar);
  }

  set(name, on) {
    if (!(name in this.on) || this.on[name] === Boolean(on)) return;
    this.on[name] = Boolean(on);
    this.#press(name);
    this.changed();
  }

  #press(name) {
    this.chips.get(name).chip.setAttribute('aria-pressed', String(this.on[name]));
  }

  /** Chips of layers that none of these models has are put away. */
  offer(models, anySurface) {
    for (const [name, { chip, models: having }] of this.chips) {
      chip.hidden = name === 'surface' ? !anySurface : Boolean(having) && !models.some((model) => having.includes(model));
    }
    const bare = models.every((model) => model === 'autoencoder'); // has no density: its latent grid is the picture
    if (bare !== this.bare && (bare || this.gridLent)) {
      this.gridLent = bare && !this.on.grid;
      queueMicrotask(() => this.set('grid', bare));
    }
    this.bare = bare;
  }

  /** What the server must send for the layers that are on. */
  needed() {
    const names = new Set(LAYERS.filter(([name]) => this.on[name]).flatMap(([, , , needs]) => needs));
    return [...names].sort();
  }
}
