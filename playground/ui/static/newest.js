// One wish at a time, and of those that come meanwhile only the newest: answers cannot overtake each other, and
// the last wish counts. Knows nothing of what is wished; a wish is answered when the next picture is painted.

const PATIENCE = 3000; // ms until a wish without an answer (it was refused) stands in nobody's way

/** send(detail) at most once until a painted frame `answers`; the default waits for a picture at rest. */
export function newest(send, answers = (painted) => !painted.playing) {
  let timer = 0;
  let next = null;
  const go = (detail) => {
    timer = setTimeout(done, PATIENCE);
    send(detail);
  };
  const done = () => {
    clearTimeout(timer);
    timer = 0;
    const wish = next;
    next = null;
    if (wish) go(wish);
  };
  document.addEventListener('lab:painted', ({ detail }) => { if (timer && answers(detail)) done(); });
  return (detail) => {
    if (timer) next = detail;
    else go(detail);
  };
}
