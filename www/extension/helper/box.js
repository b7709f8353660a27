/**
 * Prompt boxes: what counts as one, what stands in it, and how text gets into it as if it were typed.
 */

/** @param {unknown} element @returns {element is HTMLElement} */
export function isPromptBox(element) {
  if (!(element instanceof HTMLElement)) return false;
  if (element instanceof HTMLTextAreaElement) return !element.disabled && !element.readOnly && !isConcealed(element);
  // Never an `<input>`: those are for names, numbers and passwords.
  return element.isContentEditable && element.ariaReadOnly !== 'true' && !isConcealed(element);
}

/** Pages imitate password fields with this. @param {HTMLElement} element */
function isConcealed(element) {
  const security = getComputedStyle(element).getPropertyValue('-webkit-text-security');
  return security !== '' && security !== 'none';
}

/** @param {HTMLElement} box */
export function textOf(box) {
  return box instanceof HTMLTextAreaElement ? box.value : box.innerText;
}

/**
 * Inserts at the caret. The editing command fires the events of real typing, which frameworks and editors wait for, and can be undone.
 * @param {HTMLElement} box that has the focus
 * @param {string} text
 * @returns {boolean} whether it stands there now
 */
export function insertText(box, text) {
  const n_before = countOf(box, text);
  const glue = /\S$/u.test(beforeCaret(box)) ? ' ' : '';
  document.execCommand('insertText', false, `${glue}${text} `);
  return countOf(box, text) > n_before || !box.isConnected; // A page may have put another box in its place.
}

/** @param {HTMLElement} box */
function beforeCaret(box) {
  if (box instanceof HTMLTextAreaElement) return box.value.slice(0, box.selectionStart);
  const selection = getSelection();
  if (!selection?.rangeCount || !box.contains(selection.anchorNode)) return '';
  const range = selection.getRangeAt(0).cloneRange();
  range.collapse(true);
  range.setStart(box, 0);
  return range.toString();
}

/** @param {HTMLElement} box @param {string} text */
function countOf(box, text) {
  return textOf(box).split(text).length - 1;
}
