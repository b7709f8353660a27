/**
 * Which words of a query a skill's text has. Words are cut as the index cuts them (src/index/terms.rs); stems are simpler
 * than the index's, so that a page needs no stemmer: enough to show where two texts differ, and no part of any score.
 */

/**
 * @typedef {'name' | 'description' | 'instructions'} Part of a skill
 * @typedef {{ name: string, description?: string, body?: string | null }} SkillText
 * Where each of two skills has a word of the query.
 * @typedef {{ word: string, first: Part[], second: Part[] }} WordPlaces
 */

/** As in the index. */
const STOP_WORDS = new Set(
  (
    'a an and are as at be but by for if in into is it no not of on or such that the their then there these they this to was will with ' +
    'i me my we our you your do does can could would should have has am so from please'
  ).split(' '),
);
/** Characters of scripts without spaces, whose runs are compared by pairs of neighbours. */
const DENSE = '[\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Hangul}]';
const IS_DENSE = new RegExp(`^${DENSE}`, 'u');
/** Runs of those; `c++`, `c#` and `f#` with their signs; runs of other letters and digits. */
const WORD = new RegExp(`${DENSE}+|[\\p{L}\\p{N}][+#]{1,2}(?![\\p{L}\\p{N}])|(?:(?!${DENSE})[\\p{L}\\p{N}\\p{M}])+`, 'gu');
/** Longest first, so that a word loses all of its ending. */
const ENDINGS = ['ations', 'ation', 'ments', 'ment', 'ings', 'ions', 'ing', 'ion', 'ers', 'ies', 'ied', 'er', 'ed', 'es', 'ly', 's', 'e', 'y'];
const SHORTEST_STEM = 3;
/** A stem of this length may go on by that much in another word: "reconcil" and "reconcili". */
const SHORTEST_PREFIX = 5;
const LONGEST_REST = 3;

/** @param {string} text @returns {string[]} its words, lower-cased, each once, without those that say nothing */
export function wordsOf(text) {
  const words = (text.toLowerCase().match(WORD) ?? []).flatMap((word) => (IS_DENSE.test(word) ? pairsOf(word) : [word]));
  return [...new Set(words)].filter((word) => [...word].length > 1 && !STOP_WORDS.has(word));
}

/** Where the text of one skill has words of queries; it is read once, however many queries there are. */
export class SkillWords {
  /** The stems of each part. @type {[Part, string[]][]} */
  #stems;
  /** @type {Map<string, Part[]>} */
  #found = new Map();

  /** @param {SkillText} skill */
  constructor({ name, description, body }) {
    const stems = (/** @type {string | null | undefined} */ text) => [...new Set(wordsOf(text ?? '').map(stemOf))];
    this.#stems = [['name', stems(name)], ['description', stems(description)], ['instructions', stems(body)]];
  }

  /** @param {string} word @returns {Part[]} that have it */
  partsWith(word) {
    const stem = stemOf(word);
    const known = this.#found.get(stem);
    if (known) return known;
    const parts = this.#stems.filter(([, stems]) => stems.some((other) => sameStem(stem, other))).map(([part]) => part);
    this.#found.set(stem, parts);
    return parts;
  }
}

/**
 * @param {string} query
 * @param {SkillText} first
 * @param {SkillText} second
 * @returns {WordPlaces[]} in the order of the query
 */
export function compareWords(query, first, second) {
  const [in_first, in_second] = [new SkillWords(first), new SkillWords(second)];
  return wordsOf(query).map((word) => ({ word, first: in_first.partsWith(word), second: in_second.partsWith(word) }));
}

/** @param {string} a @param {string} b */
function sameStem(a, b) {
  const [short, long] = a.length <= b.length ? [a, b] : [b, a];
  return a === b || (short.length >= SHORTEST_PREFIX && long.length - short.length <= LONGEST_REST && long.startsWith(short));
}

/** @param {string} word */
function stemOf(word) {
  if (!/^[a-z]+$/.test(word)) return word; // Endings are those of English.
  const ending = ENDINGS.find((ending) => word.endsWith(ending) && word.length - ending.length >= SHORTEST_STEM);
  const stem = ending ? word.slice(0, -ending.length) : word;
  return ending && /([bdgkmnprt])\1$/.test(stem) ? stem.slice(0, -1) : stem; // "planning" is of "plan".
}

/** @param {string} run */
function pairsOf(run) {
  const letters = [...run];
  return letters.slice(1).map((letter, i) => letters[i] + letter);
}
