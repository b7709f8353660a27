/**
 * How elements and pages make and find elements: from markup of this package, or from what is known only when the page runs. Names,
 * texts and numbers of others become text and never markup.
 */

import { trustedHtml, untrusted } from '../shared/trusted.js';

/** @param {string} html of this package, never of a skill @returns {DocumentFragment} */
export function fragmentOf(html) {
  const template = document.createElement('template');
  try {
    template.innerHTML = trustedHtml(html.trim());
  } catch (error) {
    throw untrusted(error);
  }
  return template.content;
}

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, unknown>} [properties] of the element; those with a dash, and `role`, are set as attributes
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.includes('-') || name === 'role') made.setAttribute(name, String(value));
    else Object.assign(made, { [name]: value });
  }
  made.append(...children);
  return made;
}

/**
 * What our own markup has under an id. That it is not there, or is something else, is our mistake.
 * @template {HTMLElement} [Kind=HTMLElement]
 * @param {string} id
 * @param {{ new (): Kind } | null} [kind] of element, where it has to be a certain one
 * @param {DocumentOrShadowRoot & NonElementParentNode} [root] the page by default
 * @returns {Kind}
 */
export function part(id, kind = null, root = document) {
  return checked(root.getElementById(id), kind, id);
}

/**
 * The same by a selector: the first below an element.
 * @template {HTMLElement} [Kind=HTMLElement]
 * @param {ParentNode} parent
 * @param {string} selector
 * @param {{ new (): Kind } | null} [kind]
 * @returns {Kind}
 */
export function inside(parent, selector, kind = null) {
  return checked(parent.querySelector(selector), kind, selector);
}

/** @template {HTMLElement} Kind @param {Element | null} found @param {{ new (): Kind } | null} kind @param {string} name @returns {Kind} */
function checked(found, kind, name) {
  if (!(found instanceof (kind ?? HTMLElement))) throw new TypeError(`the markup has no ${kind?.name ?? 'element'} ${name}`);
  return /** @type {Kind} */ (found);
}
