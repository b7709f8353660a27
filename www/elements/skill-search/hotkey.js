/**
 * The key that brings one to the text box from anywhere in a document. Of several elements that want it, the first has it. What is typed
 * into an editor stays there, whatever the editor is made of.
 */

/** @typedef {{ key: string, document: Document, focus: () => void, onOwner: (is_owner: boolean) => void }} Taker */

/** What takes keys itself: text of all kinds, and what is drawn. */
const EDITORS = [
  'input', 'textarea', 'select', 'canvas', 'embed', 'object',
  ...['textbox', 'searchbox', 'combobox', 'spinbutton', 'gridcell', 'application'].map((role) => `[role~="${role}" i]`),
].join(', ');

/** @type {Set<Taker>} in the order in which they came */
const takers = new Set();

/** @param {Taker} taker @returns {() => void} gives the key up */
export function takeHotkey(taker) {
  takers.add(taker);
  tellOwners();
  taker.document.addEventListener('keydown', onKey);
  return () => {
    takers.delete(taker);
    taker.onOwner(false);
    tellOwners();
    if (![...takers].some(({ document }) => document === taker.document)) taker.document.removeEventListener('keydown', onKey);
  };
}

/** @param {string} key @param {EventTarget | null} document */
function ownerOf(key, document) {
  return [...takers].find((taker) => taker.key === key && taker.document === document);
}

function tellOwners() {
  for (const taker of takers) taker.onOwner(taker === ownerOf(taker.key, taker.document));
}

/** @param {KeyboardEvent} event */
function onKey(event) {
  if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey || event.altKey || isWriting(event)) return;
  const owner = ownerOf(event.key, event.currentTarget);
  if (!owner) return;
  event.preventDefault();
  owner.focus();
}

/** Whether the key is for an editor. @param {KeyboardEvent} event */
function isWriting(event) {
  const path = /** @type {HTMLElement[]} */ (event.composedPath().filter((target) => 'matches' in target));
  return path.length > 0 && (path[0].ownerDocument.designMode === 'on' || path.some(isEditor) || isClosed(path[0]));
}

/** @param {HTMLElement & { editContext?: unknown }} element https://w3c.github.io/edit-context/ */
function isEditor(element) {
  return element.isContentEditable || Boolean(element.editContext) || element.matches(EDITORS);
}

/** Whether what has the focus is hidden in the shadow tree of this element: it cannot be seen, so it may be an editor. @param {HTMLElement} element */
function isClosed(element) {
  const { body, documentElement } = element.ownerDocument;
  if (element === body || element === documentElement || element.shadowRoot) return false; // Nothing has the focus, or the element itself has it.
  return element.localName.includes('-') || (element.tabIndex < 0 && !element.hasAttribute('tabindex'));
}
