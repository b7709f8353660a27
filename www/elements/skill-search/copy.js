/**
 * Buttons that copy a text and say for a moment whether that was allowed.
 */

import { element } from '../markup.js';

const COPIED_MS = 1500;

/** @returns {boolean} whether this page can copy at all: it needs https or localhost */
export function canCopy() {
  return Boolean(navigator.clipboard);
}

/** @param {HTMLButtonElement} button @param {string} text */
export async function copy(button, text) {
  const label = (button.dataset.label ??= button.textContent);
  try {
    await (button.ownerDocument.defaultView ?? window).navigator.clipboard.writeText(text); // Only a window that has the focus may.
    button.textContent = 'Copied';
  } catch {
    button.textContent = 'Not allowed';
  }
  setTimeout(() => (button.textContent = label), COPIED_MS);
}

/** @param {string} label @param {() => void} act @returns {HTMLButtonElement} */
export function quietButton(label, act) {
  const button = element('button', { type: 'button', className: 'quiet', textContent: label });
  button.addEventListener('click', act);
  return button;
}

/** @param {string} label @param {string} text @returns {HTMLButtonElement} which copies that text */
export function copyButton(label, text) {
  const button = quietButton(label, () => void copy(button, text));
  button.hidden = !canCopy();
  return button;
}
