/**
 * Two texts side by side: their lines in pairs, with the words that differ. Pure functions; the library that aligns them
 * (jsdiff) is loaded when first used. The time is bounded, whatever the texts are.
 */

/**
 * @typedef {{ text: string, isOnlyHere: boolean }} Piece
 *
 * A line of both texts, or of one. `isSame`: they are equal, and the left one stands for both.
 * @typedef {{ isSame: boolean, left: Piece[] | null, right: Piece[] | null }} Row
 *
 * @typedef {typeof import('../../pkg/vendor/diff/array.js').diffArrays} DiffArrays
 *
 * `isCut`: there was more text than is compared; `isAligned`: equal lines were brought together.
 * @typedef {{ rows: Row[], n_same: number, n_left: number, n_right: number, isCut: boolean, isAligned: boolean }} Differences
 */

/** The time to align grows with the square of the edits: these are some tens of milliseconds. */
const MAX_LINES = 1500;
const MAX_LINE_EDITS = 1000;
const MAX_CHARS = 120_000;
const MAX_WORD_EDITS = 80;
/** Words are marked in lines that have at least this part of their words in common; in others they would be confetti. */
const MIN_COMMON = 0.4;
/** A word, or a mark, with the space before it. */
const WORD = /\s*[\p{L}\p{N}_]+(?:[.,'’-][\p{L}\p{N}_]+)*|\s*[^\p{L}\p{N}_\s]|\s+/gu;

/** @param {string} left @param {string} right @returns {Promise<Differences>} */
export async function differencesOf(left, right) {
  const { diffArrays } = await import('../../pkg/vendor/diff/array.js');
  const [a, b] = [linesOf(left), linesOf(right)];
  const changes = diffArrays(a.lines, b.lines, { maxEditLength: MAX_LINE_EDITS });
  const isAligned = changes !== undefined;
  /** @type {Row[]} */
  const rows = [];
  /** Lines of the left text that wait for those of the right one in their place. @type {string[]} */
  let removed = [];
  const flush = (/** @type {string[]} */ added) => {
    for (let i = 0; i < Math.max(removed.length, added.length); i++) rows.push(pair(removed[i], added[i], diffArrays, isAligned));
    removed = [];
  };
  for (const change of changes ?? [{ removed: true, value: a.lines }, { added: true, value: b.lines }]) {
    if (change.removed) {
      removed = change.value;
    } else if (change.added) {
      flush(change.value);
    } else {
      flush([]);
      for (const line of change.value) rows.push({ isSame: true, left: whole(line, false), right: null });
    }
  }
  flush([]);
  const count = (/** @type {'left' | 'right'} */ side) => rows.filter((row) => !row.isSame && row[side]).length;
  const n_same = rows.filter(({ isSame }) => isSame).length;
  return { rows, n_same, n_left: count('left'), n_right: count('right'), isCut: a.isCut || b.isCut, isAligned };
}

/** The words of two short texts, as one row. @param {string} left @param {string} right @returns {Promise<Row>} */
export async function wordDifferences(left, right) {
  const { diffArrays } = await import('../../pkg/vendor/diff/array.js');
  return left === right ? { isSame: true, left: whole(left, false), right: null } : pair(left, right, diffArrays, true);
}

/** @param {string} text */
function linesOf(text) {
  const cut = text.slice(0, MAX_CHARS);
  const lines = cut.trimEnd().split(/\r\n|\n|\r/);
  return { lines: lines.slice(0, MAX_LINES), isCut: cut.length < text.length || lines.length > MAX_LINES };
}

/** @param {string | undefined} left @param {string | undefined} right @param {DiffArrays} diffArrays @param {boolean} inWords @returns {Row} */
function pair(left, right, diffArrays, inWords) {
  const row = { isSame: false, left: left === undefined ? null : whole(left, true), right: right === undefined ? null : whole(right, true) };
  if (!inWords || !row.left || !row.right) return row;
  const [a, b] = [left, right].map((text = '') => text.match(WORD) ?? []);
  const changes = diffArrays(a, b, { maxEditLength: MAX_WORD_EDITS });
  if (!changes) return row;
  const n_common = changes.reduce((sum, { added, removed, value }) => sum + (added || removed ? 0 : value.length), 0);
  if (n_common < MIN_COMMON * Math.max(a.length, b.length)) return row;
  const side = (/** @type {'added' | 'removed'} */ other) => changes.filter((change) => !change[other]).map(({ value, added, removed }) => ({ text: value.join(''), isOnlyHere: added || removed }));
  return { isSame: false, left: side('added'), right: side('removed') };
}

/** @param {string} text @param {boolean} isOnlyHere @returns {Piece[]} */
function whole(text, isOnlyHere) {
  return [{ text, isOnlyHere }];
}
