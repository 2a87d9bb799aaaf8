// The controls of an exhibit as plain inputs: sliders, choices, switches, whole numbers. Values come from the server;
// what is being moved is left alone. Knows no lesson.

const make = (kind, className = '', text = '') => Object.assign(document.createElement(kind), { className, textContent: text });
const STEPS = 400; // of a logarithmic slider

export class Controls {
  constructor(parent, set) {
    Object.assign(this, { parent, set, inputs: {} });
  }

  build(controls) {
    this.inputs = {};
    this.parent.replaceChildren();
    for (const told of controls) {
      if (told.kind === 'handle') continue; // it is in the figure
      const box = make('label', `control ${told.kind}`);
      box.dataset.control = told.name;
      const name = make('span', 'name', told.label);
      box.append(name);
      this.inputs[told.name] = this[`_${told.kind}`](box, told);
      this.parent.append(box);
    }
  }

  show(values) {
    for (const [name, write] of Object.entries(this.inputs)) write(values[name]);
  }

  _slider(box, told) {
    const input = Object.assign(make('input'), { type: 'range' });
    const out = make('output');
    const span = Math.log(told.high / told.low);
    const read = told.log
      ? () => Number((told.low * Math.exp((span * input.value) / STEPS)).toPrecision(3))
      : () => Number(input.value);
    const place = told.log ? (value) => (STEPS * Math.log(value / told.low)) / span : (value) => value;
    const [min, max, step] = told.log ? [0, STEPS, 1] : [told.low, told.high, told.step];
    Object.assign(input, { min, max, step });
    input.setAttribute('aria-label', told.label);
    const clamp = (value) => Math.min(told.high, Math.max(told.low, value));
    const say = (value) => { out.textContent = told.log ? String(Number(value.toPrecision(3))) : this.#text(value, told.step); };
    input.addEventListener('input', () => {
      const value = clamp(read());
      say(value);
      this.moved = { name: told.name, at: performance.now() };
      this.set(told.name, value);
    });
    box.append(input, out);
    return (value) => {
      if (this.#held(told.name)) return;
      input.value = place(value);
      say(value);
    };
  }

  _whole(box, told) {
    const input = Object.assign(make('input'), { type: 'number', min: told.low, max: told.high, step: 1 });
    input.addEventListener('change', () => {
      if (input.value !== '') this.set(told.name, Number(input.value));
    });
    box.append(input);
    return (value) => { if (document.activeElement !== input || input.value === '') input.value = value; };
  }

  _choice(box, told) {
    const input = make('select');
    for (const [key, label] of told.options) input.append(new Option(label, key));
    input.addEventListener('change', () => this.set(told.name, input.value));
    box.append(input);
    return (value) => { input.value = value; };
  }

  _toggle(box, told) {
    const input = Object.assign(make('input'), { type: 'checkbox' });
    input.addEventListener('change', () => this.set(told.name, input.checked));
    box.prepend(input);
    return (value) => { input.checked = value; };
  }

  /** Whether the visitor is moving this one: an answer that is on its way must not pull it back. */
  #held(name) {
    return this.moved && this.moved.name === name && performance.now() - this.moved.at < 400;
  }

  #text(value, step) {
    const digits = Math.max(0, Math.min(4, Math.ceil(-Math.log10(step) - 1e-9)));
    return value.toFixed(digits).replace('-', '−');
  }
}
