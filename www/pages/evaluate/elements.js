/**
 * Elements from what is known only when the page runs: names, queries and numbers become text and never markup.
 */

import { element } from '../../elements/markup.js';

/** Text from a skill or a file, which may be written from right to left. @param {string} text @param {'bdi' | 'span' | 'strong'} [tag] */
export function foreign(text, tag = 'bdi') {
  return element(tag, { dir: 'auto' }, text);
}

/**
 * @param {string} caption
 * @param {(Node | string)[]} heads of the columns, the first one being that of the rows
 * @param {(Node | string)[][]} rows whose first cell is their head
 * @returns {Node[]} contents of a table
 */
export function tableOf(caption, heads, rows) {
  const head = element('tr', {}, ...heads.map((content) => element('th', { scope: 'col' }, content)));
  const body = rows.map(([first, ...cells]) =>
    element('tr', {}, element('th', { scope: 'row' }, first), ...cells.map((content) => element('td', {}, content))),
  );
  return [element('caption', {}, caption), element('thead', {}, head), element('tbody', {}, ...body)];
}
