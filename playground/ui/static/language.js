// The language of the page and the words of its scripts. The choice was made by first.js, before all others;
// the words are those of playground/translations. Knows nothing of what is said.

const { code } = window.__language || { code: 'en' };
const words = code === 'en' ? {} : (await import(`./words-${code}.js`)).default;

/** "en", "zh-TW" or "zh-CN". */
export function language() {
  return code;
}

/** English text in the page's language, with its {names} filled in; unknown text stays as it is. */
export function t(text, values = {}) {
  const said = words[text] ?? text;
  return said.replace(/\{(\w+)\}/g, (found, name) => (name in values ? values[name] : found));
}
