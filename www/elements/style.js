/**
 * How elements get their style: constructed stylesheets, one for all elements of a document, which leave no shadow root and need no
 * exception of a content security policy. A sheet belongs to the document that it was made in, so an element that moves to another
 * one, such as that of a frame or of a picture-in-picture window, gets its sheets anew.
 */

/** By what they say. @type {WeakMap<Document, Map<string, CSSStyleSheet>>} */
const sheets = new WeakMap();
/** What each root was given. @type {WeakMap<ShadowRoot, string[]>} */
const styles = new WeakMap();

/** @param {ShadowRoot} root @param {string} css comes after what the root has already */
export function addStyle(root, css) {
  styles.set(root, [...(styles.get(root) ?? []), css]);
  restyle(root);
}

/** For an element that has come into another document. @param {ShadowRoot} root */
export function restyle(root) {
  root.adoptedStyleSheets = (styles.get(root) ?? []).flatMap((css) => sheetOf(css, root.ownerDocument) ?? []);
}

/** @param {string} css @param {Document} document @returns {CSSStyleSheet | null} null where nothing is shown, as in the content of a template */
function sheetOf(css, document) {
  const window = document.defaultView;
  if (!window) return null;
  const made = sheets.get(document) ?? new Map();
  sheets.set(document, made);
  if (!made.has(css)) {
    const sheet = new window.CSSStyleSheet();
    sheet.replaceSync(css);
    made.set(css, sheet);
  }
  return made.get(css);
}
