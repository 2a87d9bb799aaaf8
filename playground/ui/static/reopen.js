// A run that the server no longer has (it was started anew, or forgot it) is in the page's address: open it again
// from there, though not over and over. The server marks its sentence with data-gone.

const PAUSE = 1500; // ms to read the sentence
const AGAIN = 15000; // ms in which a page is not opened twice
const KEY = 'playground-reopened';

let done = false;
const look = () => {
  if (done || !document.querySelector('[data-gone]')) return;
  done = true;
  try {
    if (Math.abs(Date.now() - Number(sessionStorage.getItem(KEY) || 0)) < AGAIN) return;
    sessionStorage.setItem(KEY, Date.now());
  } catch { /* without storage it may be opened twice */ }
  setTimeout(() => location.reload(), PAUSE);
};
new MutationObserver(look).observe(document.documentElement, { childList: true, subtree: true });
