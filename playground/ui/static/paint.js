// Painting on a 2-D canvas: surface, points, arrows, latent grid, contour, trails.
// Pure functions of a context, a geometry and arrays; knows nothing of Plotly, frames or the page.
// geometry = {left, top, width, height, x0, x1, y0, y1, extent, unit}; positions are steps of `unit`.

const scratch = new Map();

function offscreen(side) {
  let entry = scratch.get(side);
  if (!entry) {
    const canvas = document.createElement('canvas');
    canvas.width = canvas.height = side;
    const context = canvas.getContext('2d');
    const image = context.createImageData(side, side);
    entry = { canvas, context, image, pixels: new Uint32Array(image.data.buffer) };
    scratch.set(side, entry);
  }
  return entry;
}

/** Rows of `levels` go from low to high y; its samples lie at the centres of side x side cells. */
export function surface(context, g, levels, colours) {
  const side = levels.shape[0];
  const { canvas, context: own, image, pixels } = offscreen(side);
  for (let row = 0; row < side; row++) {
    const from = (side - 1 - row) * side;
    const to = row * side;
    for (let column = 0; column < side; column++) pixels[to + column] = colours[levels[from + column]];
  }
  own.putImageData(image, 0, 0);
  const [left, top] = at(g, -g.extent, g.extent);
  const [right, bottom] = at(g, g.extent, -g.extent);
  context.imageSmoothingEnabled = true;
  context.imageSmoothingQuality = 'high';
  context.drawImage(canvas, left, top, right - left, bottom - top);
}

export function at(g, x, y) {
  return [
    g.left + ((x - g.x0) / (g.x1 - g.x0)) * g.width,
    g.top + ((g.y1 - y) / (g.y1 - g.y0)) * g.height,
  ];
}

/** Coefficients that turn steps into pixels: x = ax + bx * step, y = ay + by * step. */
export function affine(g) {
  const bx = (g.width / (g.x1 - g.x0)) * g.unit;
  const by = (-g.height / (g.y1 - g.y0)) * g.unit;
  return [g.left - (g.x0 / (g.x1 - g.x0)) * g.width, bx, g.top + (g.y1 / (g.y1 - g.y0)) * g.height, by];
}

const sprites = new Map();

function sprite(colour, rim, radius, scale) {
  const key = [colour, rim, radius, scale].join();
  let canvas = sprites.get(key);
  if (!canvas) {
    if (sprites.size > 60) sprites.clear();
    canvas = document.createElement('canvas');
    const half = Math.ceil((radius + 1.5) * scale);
    canvas.width = canvas.height = 2 * half;
    const context = canvas.getContext('2d');
    context.beginPath();
    context.arc(half, half, radius * scale, 0, 2 * Math.PI);
    context.fillStyle = colour;
    context.fill();
    context.lineWidth = 0.8 * scale;
    context.strokeStyle = rim;
    context.stroke();
    sprites.set(key, canvas);
  }
  return canvas;
}

export function points(context, g, steps, colour, rim, radius, scale) {
  const dot = sprite(colour, rim, radius, scale);
  const size = dot.width / scale;
  const half = size / 2;
  const [ax, bx, ay, by] = affine(g);
  for (let i = 0; i < steps.length; i += 2) {
    if (steps[i] === -32768) continue;
    context.drawImage(dot, ax + bx * steps[i] - half, ay + by * steps[i + 1] - half, size, size);
  }
}

export function lines(context, g, steps, colour, width) {
  const [count, length] = steps.shape;
  const [ax, bx, ay, by] = affine(g);
  context.beginPath();
  for (let line = 0; line < count; line++) {
    for (let i = 0; i < length; i++) {
      const k = 2 * (line * length + i);
      const x = ax + bx * steps[k];
      const y = ay + by * steps[k + 1];
      if (i) context.lineTo(x, y);
      else context.moveTo(x, y);
    }
  }
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.stroke();
}

/** Rows (x, y, dx, dy) in data units; an arrow too short to see stays a dot. */
export function arrows(context, g, rows, colour) {
  const unit = g.width / (g.x1 - g.x0);
  const largest = Math.min(6, 2.5 + g.width / 110);
  context.beginPath();
  const heads = [];
  for (let k = 0; k < rows.length; k += 4) {
    const [x, y] = at(g, rows[k], rows[k + 1]);
    const size = Math.hypot(rows[k + 2], rows[k + 3]);
    if (!(size > 0)) continue;
    const length = unit * size;
    const ux = rows[k + 2] / size;
    const uy = -rows[k + 3] / size;
    if (length < 1.5) {
      context.rect(x - 0.5, y - 0.5, 1, 1);
      continue;
    }
    const tipX = x + ux * length;
    const tipY = y + uy * length;
    context.moveTo(x, y);
    context.lineTo(tipX, tipY);
    if (length >= 4) heads.push(tipX, tipY, ux, uy, Math.min(largest, 1.5 + length * 0.35));
  }
  context.strokeStyle = context.fillStyle = colour;
  context.lineWidth = 1.1;
  context.stroke();
  context.beginPath();
  for (let k = 0; k < heads.length; k += 5) {
    const [x, y, ux, uy, size] = heads.slice(k, k + 5);
    context.moveTo(x + ux * size * 0.5, y + uy * size * 0.5);
    context.lineTo(x - ux * size * 0.5 - uy * size * 0.45, y - uy * size * 0.5 + ux * size * 0.45);
    context.lineTo(x - ux * size * 0.5 + uy * size * 0.45, y - uy * size * 0.5 - ux * size * 0.45);
    context.closePath();
  }
  context.fill();
}

const contours = new WeakMap();

/** Marching squares: pieces (x, y, x, y) in cells where `levels` crosses `level`. */
function crossings(levels, level) {
  const known = contours.get(levels);
  if (known) return known;
  const side = levels.shape[0];
  const out = [];
  for (let r = 0; r < side - 1; r++) {
    for (let c = 0; c < side - 1; c++) {
      const corner = [levels[r * side + c], levels[r * side + c + 1],
        levels[(r + 1) * side + c + 1], levels[(r + 1) * side + c]];
      if (corner.includes(255)) continue; // not a number
      const cuts = [];
      for (let e = 0; e < 4; e++) {
        const a = corner[e];
        const b = corner[(e + 1) % 4];
        if (a > level === b > level) continue;
        const t = (level - a) / (b - a);
        cuts.push([[c + t, r], [c + 1, r + t], [c + 1 - t, r + 1], [c, r + 1 - t]][e]);
      }
      for (let k = 0; k + 1 < cuts.length; k += 2) out.push(...cuts[k], ...cuts[k + 1]);
    }
  }
  contours.set(levels, out);
  return out;
}

export function contour(context, g, levels, level, colour, halo) {
  const side = levels.shape[0];
  const cell = (2 * g.extent) / side;
  const first = cell / 2 - g.extent;
  const cuts = crossings(levels, level + 0.25); // a flat stretch at exactly 1/2 must not sparkle
  context.beginPath();
  for (let k = 0; k < cuts.length; k += 4) {
    context.moveTo(...at(g, first + cuts[k] * cell, first + cuts[k + 1] * cell));
    context.lineTo(...at(g, first + cuts[k + 2] * cell, first + cuts[k + 3] * cell));
  }
  context.lineCap = 'round';
  for (const [style, width] of [[halo, 3.5], [colour, 1.5]]) {
    context.strokeStyle = style;
    context.lineWidth = width;
    context.stroke();
  }
}

export function trails(context, g, trail, colour) {
  const [ax, bx, ay, by] = affine(g);
  for (let age = 1; age < trail.length; age++) {
    const a = trail[age - 1].generated;
    const b = trail[age].generated;
    context.globalAlpha = 0.08 + 0.4 * (age / trail.length);
    context.beginPath();
    for (let i = 0; i < b.length; i += 2) {
      context.moveTo(ax + bx * a[i], ay + by * a[i + 1]);
      context.lineTo(ax + bx * b[i], ay + by * b[i + 1]);
    }
    context.strokeStyle = colour;
    context.lineWidth = 1;
    context.stroke();
  }
  context.globalAlpha = 1;
}

/** The way of one point through the kept frames, oldest first. */
export function path(context, g, trail, index, colour) {
  const [ax, bx, ay, by] = affine(g);
  context.beginPath();
  trail.forEach(({ generated }, i) => {
    const x = ax + bx * generated[2 * index];
    const y = ay + by * generated[2 * index + 1];
    if (i) context.lineTo(x, y);
    else context.moveTo(x, y);
  });
  context.strokeStyle = colour;
  context.lineWidth = 1.5;
  context.lineJoin = 'round';
  context.stroke();
}

export function ring(context, x, y, colour, rim) {
  context.beginPath();
  context.arc(x, y, 7, 0, 2 * Math.PI);
  for (const [style, width] of [[rim, 4], [colour, 1.8]]) {
    context.strokeStyle = style;
    context.lineWidth = width;
    context.stroke();
  }
}
