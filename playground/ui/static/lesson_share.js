// Share: the link of the lesson as it stands, without the parts that a teacher unticks. Knows no lesson.

const make = (kind, className = '', text = '') => Object.assign(document.createElement(kind), { className, textContent: text });
const PARTS = [['words', 'words'], ['things', 'things'], ['check', 'check'], ['readings', 'readings'], ['buttons', 'buttons'], ['path', 'navigation']];

/** Opens (or closes) the small window over the buttons. */
export function share(page, parent) {
  const open = parent.querySelector('.share');
  if (open) {
    open.remove();
    return;
  }
  const { lesson, words, link, whole } = page.frame;
  const box = make('div', 'share');
  box.setAttribute('role', 'dialog');
  box.setAttribute('aria-label', words.share);
  const hidden = new Set((page.query.get('hide') || '').split(',').filter(Boolean));
  const field = Object.assign(make('input'), { readOnly: true, type: 'text' });
  const write = () => { field.value = location.origin + page.address(link, { hide: [...hidden].join(',') }); };
  const list = make('div', 'ticks');
  const named = [
    ...PARTS.map(([key, word]) => [key, words[word]]),
    ...lesson.controls.filter((control) => control.kind !== 'handle').map((control) => [control.name, control.label]),
    ...lesson.buttons.map((button) => [button.name, button.label]),
  ];
  for (const [key, label] of named) {
    const tick = Object.assign(make('input'), { type: 'checkbox', checked: !hidden.has(key) });
    tick.dataset.hides = key;
    tick.addEventListener('change', () => {
      if (tick.checked) hidden.delete(key);
      else hidden.add(key);
      write();
    });
    const row = make('label');
    row.append(tick, label);
    list.append(row);
  }
  const copy = make('button', '', words.copy);
  copy.type = 'button';
  copy.addEventListener('click', async () => {
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
    } catch {
      document.execCommand('copy'); // a page that is not served securely has no clipboard
    }
    copy.textContent = words.copied;
  });
  const row = make('div', 'link');
  row.append(field, copy);
  box.append(make('p', '', words.sharing), list, row);
  if (!whole) box.append(make('p', 'long', words.long));
  box.addEventListener('keydown', (event) => { if (event.key === 'Escape') box.remove(); });
  parent.append(box);
  write();
  copy.focus();
}
