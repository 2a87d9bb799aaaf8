(settings) => {
  // Runs before Gradio's own scripts, in the head of every page (ui/language.py puts it there): chooses the
  // language, tells Gradio and the server, and translates what Gradio's i18n leaves: choices and pieces of HTML.
  const { languages, name, piece, whole, attributes } = settings;
  const stored = () => { try { return localStorage.getItem(name); } catch { return null; } };
  const store = (code) => { try { localStorage.setItem(name, code); } catch { /* only this page then */ } };
  const closest = (tags) => {
    for (const tag of tags.map((each) => each.toLowerCase())) {
      if (tag.startsWith('zh')) return /-(tw|hk|mo|hant)\b/.test(tag) ? 'zh-TW' : 'zh-CN';
      if (tag.startsWith('en')) return 'en';
    }
    return 'en';
  };
  const asked = new URLSearchParams(location.search).get(name);
  if (languages.includes(asked)) store(asked);
  const code = [asked, stored()].find((each) => languages.includes(each))
    || closest([...(navigator.languages || [navigator.language || ''])]);
  const choose = (wanted) => {
    store(wanted);
    const address = new URL(location.href);
    address.searchParams.delete(name);
    history.replaceState(null, '', address);
    location.reload();
  };
  window.__language = { code, choose };
  Object.defineProperty(navigator, 'language', { configurable: true, get: () => code });
  const safe = location.protocol === 'https:' ? '; SameSite=None; Secure; Partitioned' : '; SameSite=Lax';
  document.cookie = `${name}=${code}; path=/${safe}`; // for language_of(request) on the server

  const words = ((window.gradio_config || {}).i18n_translations || {})[code];
  if (!words) return;
  const say = (text) => words[piece + text.trim().replace(/\s+/g, ' ')];
  const element = (node) => {
    for (const each of attributes) {
      const said = node.hasAttribute(each) && say(node.getAttribute(each));
      if (said) node.setAttribute(each, said);
    }
    if (node.hasAttribute(whole) && say(node.innerHTML)) {
      node.innerHTML = say(node.innerHTML);
      return;
    }
    if (node.localName === 'option' && !node.hasAttribute('value')) node.setAttribute('value', node.text);
    for (const child of node.childNodes) {
      if (child.nodeType === 1) element(child);
      else if (child.nodeType === 3 && say(child.data)) child.data = child.data.replace(child.data.trim(), () => say(child.data));
    }
  };
  const html = (markup) => {
    const box = document.createElement('template');
    box.innerHTML = markup;
    [...box.content.children].forEach(element);
    return box.innerHTML;
  };
  for (const page of window.gradio_config.pages || []) page[1] = say(String(page[1])) ?? page[1];
  for (const { type, props } of window.gradio_config.components || []) {
    if (props.main_page_name) props.main_page_name = say(props.main_page_name) ?? props.main_page_name;
    for (const choice of props.choices || []) choice[0] = say(String(choice[0])) ?? choice[0];
    if (type !== 'html') continue;
    for (const part of ['value', 'html_template']) if (typeof props[part] === 'string') props[part] = html(props[part]);
  }
}
