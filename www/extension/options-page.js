/**
 * What the sections of the options page share: problems beside their field, and what a screen reader hears.
 */

import { part as $ } from '../elements/markup.js';

/** @param {'index' | 'site' | 'invocation'} field @param {string} text empty when there is none */
export function showProblem(field, text) {
  const input = $(field === 'invocation' ? field : `${field}-url`);
  $(`${field}-problem`).textContent = text;
  if (text) input.setAttribute('aria-invalid', 'true');
  else input.removeAttribute('aria-invalid');
}

/** @param {string} text */
export function announce(text) {
  $('announcement').textContent = text;
}
