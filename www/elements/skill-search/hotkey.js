/**
 * The key that brings one to the text box from anywhere on a page. Of several elements that want it, the first has it.
 */

/** @typedef {{ key: string, focus: () => void, onOwner: (is_owner: boolean) => void }} Taker */

/** @type {Set<Taker>} in the order in which they came */
const takers = new Set();

/** @param {Taker} taker @returns {() => void} gives the key up */
export function takeHotkey(taker) {
  takers.add(taker);
  tellOwner();
  document.addEventListener('keydown', onKey);
  return () => {
    takers.delete(taker);
    taker.onOwner(false);
    tellOwner();
    if (takers.size === 0) document.removeEventListener('keydown', onKey);
  };
}

/** @param {string} key */
function ownerOf(key) {
  return [...takers].find((taker) => taker.key === key);
}

function tellOwner() {
  for (const taker of takers) taker.onOwner(taker === ownerOf(taker.key));
}

/** @param {KeyboardEvent} event */
function onKey(event) {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isWriting(event.composedPath()[0])) return;
  const owner = ownerOf(event.key);
  if (!owner) return;
  event.preventDefault();
  owner.focus();
}

/** @param {EventTarget} target */
function isWriting(target) {
  return target instanceof HTMLElement && (target.isContentEditable || target.matches('input, textarea, select'));
}
