// A frame's text -> plain objects of typed arrays. The layout is that of figures/frames.py.
// Knows nothing of how a frame arrives or is drawn.

const KINDS = { u1: Uint8Array, u2: Uint16Array, i2: Int16Array, i4: Int32Array, f4: Float32Array };

function bytes(text) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
  const binary = atob(text);
  const out = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) out[i] = binary.charCodeAt(i);
  return out;
}

/** Only the header is parsed eagerly; arrays are views into the one buffer. Returns null for other text. */
export function decode(text) {
  const data = bytes(text);
  if (String.fromCharCode(...data.subarray(0, 4)) !== 'GPF1') return null;
  const length = new DataView(data.buffer).getUint32(4, true);
  const frame = JSON.parse(new TextDecoder().decode(data.subarray(8, 8 + length)));
  for (const snapshot of frame.snapshots) {
    for (const [name, [kind, shape, at]] of Object.entries(snapshot.parts)) {
      const count = shape.reduce((a, b) => a * b, 1);
      const array = new KINDS[kind](data.buffer, 8 + length + at, count);
      array.shape = shape;
      snapshot.parts[name] = array;
    }
  }
  return frame;
}

/**
 * Keeps, for each place on the page, what most frames leave out (real points, latents, curves) and the recent
 * positions of the generated points. All of it is forgotten when the run changes.
 */
export class Memory {
  constructor(trailLength) {
    this.trailLength = trailLength;
    this.places = [];
  }

  complete(snapshot, place) {
    let kept = this.places[place];
    if (!kept || kept.run !== snapshot.run || kept.model !== snapshot.model) {
      kept = this.places[place] = { run: snapshot.run, model: snapshot.model, parts: {}, trail: [] };
    }
    const parts = snapshot.parts;
    for (const name of Object.keys(parts)) {
      if (name === 'real' || name === 'latents' || name.startsWith('curves.')) kept.parts[name] = parts[name];
    }
    snapshot.freshCurves = 'curves.iteration' in parts;
    for (const name of Object.keys(kept.parts)) if (!(name in parts)) parts[name] = kept.parts[name];
    this.#remember(kept, snapshot);
    snapshot.trail = kept.trail;
    return snapshot;
  }

  #remember(kept, snapshot) {
    const trail = kept.trail;
    while (trail.length && trail[trail.length - 1].iteration >= snapshot.iteration) {
      if (trail[trail.length - 1].iteration === snapshot.iteration) trail.pop();
      else trail.length = 0; // time went back: what was drawn before is no longer the past
    }
    const generated = snapshot.parts.generated;
    if (!generated) return;
    if (trail.length && trail[trail.length - 1].generated.length !== generated.length) trail.length = 0;
    trail.push({ iteration: snapshot.iteration, generated });
    if (trail.length > this.trailLength) trail.shift();
  }

  forget() {
    this.places.length = 0;
  }
}
