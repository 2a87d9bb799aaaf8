// Light and dark: colours as data from figures/palette.py, and what tells which of the two is on.
// Knows nothing of what is drawn with them.

function pixels(text) {
  const raw = atob(text);
  const out = new Uint32Array(256);
  for (let i = 0; i < raw.length / 3; i++) {
    const [r, g, b] = [0, 1, 2].map((c) => raw.charCodeAt(3 * i + c));
    out[i] = ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0;
  }
  out[255] = ((255 << 24) | (128 << 16) | (128 << 8) | 128) >>> 0; // not a number
  return out;
}

/** Both themes: colours, and for each kind of surface a table from level to pixel. */
export function themes(data) {
  const out = {};
  for (const name of ['light', 'dark']) {
    const tables = Object.fromEntries(Object.entries(data.tables[name]).map(([kind, text]) => [kind, pixels(text)]));
    out[name] = { name, colours: data.palette[name], tables };
  }
  return out;
}

export const isDark = () => Boolean(document.querySelector('body.dark, html.dark, .gradio-container.dark'));

export function watchTheme(changed) {
  let last = isDark();
  const observer = new MutationObserver(() => {
    if (isDark() === last) return;
    last = isDark();
    changed();
  });
  for (const node of [document.documentElement, document.body]) {
    observer.observe(node, { attributes: true, attributeFilter: ['class'] });
  }
}

/** The page's head names the style sheet; where it does not, or under another root path, it is added here. */
export function style() {
  if ([...document.styleSheets].some((sheet) => sheet.href && sheet.href.includes('/lab.css'))) return;
  const href = new URL('./lab.css', import.meta.url).href;
  document.head.append(Object.assign(document.createElement('link'), { rel: 'stylesheet', href }));
}
