/**
 * What is written on the map: of many skills the words that many names of a neighbourhood share, of few their names.
 */

import { toMap, toScreen } from './view.js';

/**
 * @typedef {import('./view.js').View} View
 * @typedef {import('./view.js').Size} Size
 *
 * A label with its middle on the map. `is_name`: it is the name of the one skill there.
 * @typedef {{ text: string, x: number, y: number, is_name: boolean }} Label
 */

/** So many skills can have their names beside them. */
const MAX_NAMED = 120;
const MAX_LABELS = 40;
/** A neighbourhood in CSS pixels, wide as a word is. */
const CELL_WIDTH = 150;
const CELL_HEIGHT = 84;
/** A word stands for a neighbourhood that has it in so many names, and in this part of them. */
const LEAST_NAMES = 2;
const LEAST_PART = 0.08;
const SHORTEST_WORD = 3;
const LINE_HEIGHT = 15;
const GAP = 5;
/** A name stands so far under the middle of its point. */
export const NAME_BELOW = 13;
/** Points between two looks at the clock. */
const STRIDE = 512;

/** The words of all names, by number. */
export class NameWords {
  /** @type {string[]} */
  words = [];
  /** In how many names each stands. @type {number[]} */
  n_names = [];
  /** Numbers of the words of each name, and where those of a name start. */
  /** @type {number[]} */
  #numbers = [];
  #starts = [0];

  /** @param {string[]} names @returns {Generator<void, NameWords>} */
  static *read(names) {
    const made = new NameWords();
    const numbers = new Map();
    for (const [i, name] of names.entries()) {
      for (const word of new Set(name.toLowerCase().match(/[\p{L}\p{M}]+/gu))) {
        if ([...word].length < SHORTEST_WORD) continue;
        const number = numbers.get(word) ?? made.words.push(word) - 1;
        numbers.set(word, number);
        made.n_names[number] = (made.n_names[number] ?? 0) + 1;
        made.#numbers.push(number);
      }
      made.#starts.push(made.#numbers.length);
      if (i % STRIDE === STRIDE - 1) yield;
    }
    return made;
  }

  /** @param {number} i @returns {number[]} numbers of the words of that name */
  of(i) {
    return this.#numbers.slice(this.#starts[i], this.#starts[i + 1]);
  }

  get n() {
    return this.#starts.length - 1;
  }
}

/**
 * @param {{ points: import('./points.js').Points, names: string[], words: NameWords }} map
 * @param {{ view: View, size: Size, widthOf: (text: string) => number }} wanted
 * @returns {Generator<void, Label[]>} that do not lie on each other
 */
export function* labelsOf({ points, names, words }, { view, size, widthOf }) {
  const [left, top] = toMap(view, size, 0, 0);
  const [right, bottom] = toMap(view, size, size.width, size.height);
  const seen = [];
  for (const i of points.within(left, top, right, bottom)) {
    seen.push(i);
    if (seen.length % STRIDE === 0) yield;
  }
  const wanted = seen.length <= MAX_NAMED ? namesOf(seen, points, names) : yield* sharedWords(seen, points, words, view, size);
  return apart(wanted, view, size, widthOf);
}

/** @param {number[]} seen @param {import('./points.js').Points} points @param {string[]} names */
function namesOf(seen, points, names) {
  return seen.map((i) => {
    const [x, y] = points.at(i);
    return { text: names[i], x, y, is_name: true };
  });
}

/**
 * @param {number[]} seen @param {import('./points.js').Points} points @param {NameWords} words @param {View} view @param {Size} size
 * @returns {Generator<void, Label[]>} those that tell most first, each word once
 */
function* sharedWords(seen, points, words, view, size) {
  /** @type {Map<number, { n: number, words: Map<number, number[]> }>} */
  const cells = new Map();
  for (const [at, i] of seen.entries()) {
    const [left, top] = toScreen(view, size, ...points.at(i));
    const key = Math.floor(top / CELL_HEIGHT) * 1000 + Math.floor(left / CELL_WIDTH);
    const cell = cells.get(key) ?? { n: 0, words: new Map() };
    cells.set(key, cell);
    cell.n++;
    for (const word of words.of(i)) {
      if (!cell.words.has(word)) cell.words.set(word, []);
      cell.words.get(word).push(i);
    }
    if (at % STRIDE === 0) yield;
  }
  const found = [];
  for (const cell of cells.values()) {
    found.push(...tellingWords(cell, words));
    yield;
  }
  found.sort((a, b) => b.tells - a.tells);
  const written = new Set();
  return found.flatMap(({ word, skills }) => {
    if (written.has(word)) return [];
    written.add(word);
    const places = skills.map((i) => points.at(i));
    const middleOf = (/** @type {0 | 1} */ axis) => places.map((place) => place[axis]).sort((a, b) => a - b)[places.length >> 1];
    return [{ text: words.words[word], x: middleOf(0), y: middleOf(1), is_name: false }];
  });
}

/**
 * A word tells more the more names of the cell have it, and the fewer others do.
 * @param {{ n: number, words: Map<number, number[]> }} cell @param {NameWords} words
 */
function tellingWords(cell, words) {
  const least = Math.max(LEAST_NAMES, LEAST_PART * cell.n);
  return [...cell.words]
    .filter(([, skills]) => skills.length >= least)
    .map(([word, skills]) => ({ word, skills, tells: skills.length * Math.log(words.n / words.n_names[word]) }));
}

/** @param {Label[]} labels the most important first @param {View} view @param {Size} size @param {(text: string) => number} widthOf */
function apart(labels, view, size, widthOf) {
  /** @type {{ label: Label, left: number, right: number, top: number, bottom: number }[]} */
  const placed = [];
  for (const label of labels) {
    if (placed.length >= MAX_LABELS) break;
    const [x, y] = toScreen(view, size, label.x, label.y);
    const half = widthOf(label.text) / 2 + GAP;
    const middle = label.is_name ? y + NAME_BELOW : y;
    const box = { left: x - half, right: x + half, top: middle - LINE_HEIGHT / 2, bottom: middle + LINE_HEIGHT / 2 };
    const is_inside = box.left >= 0 && box.top >= 0 && box.right <= size.width && box.bottom <= size.height;
    const is_free = placed.every(({ left, right, top, bottom }) => box.right < left || box.left > right || box.bottom < top || box.top > bottom);
    if (is_inside && is_free) placed.push({ label, ...box });
  }
  return placed.map(({ label }) => label);
}
