/**
 * Why a skill matched: the passage of its instructions that has most of the question's words. Pure functions over text.
 */

/**
 * @typedef {{ text: string, isMatch: boolean }} Piece of a passage; those that match are marked
 * @typedef {{ start: number, end: number, word: string }} Match of a word of the question
 */

const PASSAGE_CHARS = 240;
const MAX_WORDS = 48;
const PREFIX_CHARS = 3;
/** Lines without text of a passage: blank ones, headings, rules and those below a table's head. */
const OTHER = /^(?:#{1,6}\s|[-=*_|:\s]*$)/;
/** Where a passage begins: an item, a quotation, a row of a table. */
const BEGINNING = /^(?:[-*+>|]|\d{1,9}[.)])\s+/;
const WORD = /[\p{L}\p{N}]{3,}/gu;
/** Words that are in every text. */
const COMMON = new Set('all and any are but can for from has have how into make need not our that the their this what when which with you your'.split(' '));
/** How two forms of a word may go on after their last common letter, which some endings double: plan, planning. */
const ENDING = /^(.)\1?(?:e?s|e?d|e?rs?|ings?|i?ations?|ly|ies|ied|[ye])?$/;

/** @param {string} markdown @param {string} question @returns {Piece[] | null} null when no word of the question is in the instructions */
export function bestPassage(markdown, question) {
  const isAsked = wordsOf(question);
  let best = null;
  for (const text of passagesOf(markdown)) {
    const matches = matchesIn(text, isAsked);
    const window = bestWindow(matches);
    if (window.n_words > (best?.window.n_words ?? 0)) best = { text, matches, window };
  }
  return best && piecesOf(best.text, best.matches, best.window);
}

/** Paragraphs and list items as plain text; headings and code are left out. @param {string} markdown */
function passagesOf(markdown) {
  /** @type {string[]} */
  const passages = [];
  /** @type {string[]} */
  let lines = [];
  let fence = null;
  const finish = (/** @type {string[]} */ ...next) => {
    const text = plain(lines.join(' '));
    if (text) passages.push(text);
    lines = next;
  };
  for (const line of markdown.split('\n').map((line) => line.trim())) {
    const mark = /^(?:`{3,}|~{3,})/.exec(line)?.[0];
    if (mark && (!fence || mark.startsWith(fence))) fence = fence ? null : mark;
    else if (fence || OTHER.test(line)) finish();
    else if (BEGINNING.test(line)) finish(line.replace(BEGINNING, ''));
    else lines.push(line);
  }
  finish();
  return passages;
}

/** Text without its marks: emphasis, code, and the addresses of links. @param {string} text */
function plain(text) {
  return text.replace(/\]\([^()\s]*\)/g, ']').replace(/[*`[\]|]+|(?<![\p{L}\p{N}])_+|_+(?![\p{L}\p{N}])/gu, ' ')
    .replace(/\s+/g, ' ').replace(/ (?=[.,;:!?])/g, '').trim();
}

/** The words of a question that say something, by how they begin. @param {string} question */
function wordsOf(question) {
  const words = new Set(question.toLowerCase().match(WORD) ?? []);
  const by_prefix = new Map();
  for (const word of [...words].filter((word) => !COMMON.has(word)).slice(0, MAX_WORDS)) {
    const prefix = word.slice(0, PREFIX_CHARS);
    by_prefix.set(prefix, [...(by_prefix.get(prefix) ?? []), word]);
  }
  return by_prefix;
}

/** Whether two words in lower case are forms of one. @param {string} a @param {string} b */
function isSameWord(a, b) {
  if (a === b) return true;
  let n = 0;
  while (n < a.length && a[n] === b[n]) n++;
  if (n <= PREFIX_CHARS) return `${a}s` === b || `${b}s` === a;
  return [a, b].every((word) => ENDING.test(word.slice(n - 1)));
}

/** @param {string} text @param {Map<string, string[]>} isAsked */
function matchesIn(text, isAsked) {
  const matches = [];
  for (const { 0: found, index } of text.matchAll(WORD)) {
    const lower = found.toLowerCase();
    const word = isAsked.get(lower.slice(0, PREFIX_CHARS))?.find((asked) => isSameWord(asked, lower));
    if (word) matches.push({ start: index, end: index + found.length, word });
  }
  return matches;
}

/** The stretch of matches, from its first to its last, that has the most different words and fits a passage. @param {Match[]} matches */
function bestWindow(matches) {
  let best = { n_words: 0, from: 0, to: 0 };
  const counts = new Map();
  let from = 0;
  for (const [to, { word, end }] of matches.entries()) {
    counts.set(word, (counts.get(word) ?? 0) + 1);
    for (; from < to && end - matches[from].start > PASSAGE_CHARS; from++) {
      const gone = matches[from].word;
      counts.set(gone, counts.get(gone) - 1);
      if (counts.get(gone) === 0) counts.delete(gone);
    }
    if (counts.size > best.n_words) best = { n_words: counts.size, from, to };
  }
  return best;
}

/**
 * Cuts a passage of about the right length around what matched, from a sentence's beginning if there is one near.
 * @param {string} text @param {Match[]} matches @param {{ from: number, to: number }} window
 */
function piecesOf(text, matches, { from, to }) {
  const start = startOf(text, matches[from].start, matches[to].end - PASSAGE_CHARS);
  const end = Math.max(matches[to].end, endOf(text, start + PASSAGE_CHARS));
  const pieces = [{ text: start > 0 ? '… ' : '', isMatch: false }];
  let at = start;
  const push = (/** @type {number} */ to, /** @type {boolean} */ isMatch) => {
    pieces.push({ text: text.slice(at, to), isMatch });
    at = to;
  };
  for (const match of matches.filter((match) => match.start >= start && match.end <= end)) {
    push(match.start, false);
    push(match.end, true);
  }
  push(end, false);
  pieces.push({ text: end < text.length ? '…' : '', isMatch: false });
  return pieces.filter(({ text }) => text !== '');
}

/**
 * Where a sentence begins, or else a word, from `earliest` on and not after `latest`.
 * @param {string} text @param {number} latest @param {number} earliest
 */
function startOf(text, latest, earliest) {
  if (text.length <= PASSAGE_CHARS || latest <= PASSAGE_CHARS / 4) return 0;
  const from = Math.max(0, earliest, latest - PASSAGE_CHARS / 2);
  const before = text.slice(from, latest);
  const sentence = /[.!?] /.exec(before);
  if (sentence) return from + sentence.index + 2;
  return from === 0 ? 0 : from + before.indexOf(' ') + 1;
}

/** The end of the last word before `latest`. @param {string} text @param {number} latest */
function endOf(text, latest) {
  if (text.length <= latest) return text.length;
  const space = text.lastIndexOf(' ', latest);
  return space > latest - PASSAGE_CHARS / 2 ? space : latest;
}
