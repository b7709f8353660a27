/**
 * The view that puts two skills side by side, with their differences marked: first what the catalogue says of them, then their
 * instructions, line by line. A dialog over the page, made when it is first opened.
 */

import { withoutOverrides } from '../../shared/texts.js';
import { element, fragmentOf, part } from '../markup.js';
import { addStyle } from '../style.js';
import { COMPARE_CSS } from './compare-style.js';
import { quietButton } from './copy.js';
import { differencesOf, wordDifferences } from './differences.js';
import { marksOf } from './marks.js';

/**
 * @typedef {import('../../client.js').Route} Route
 * @typedef {import('./differences.js').Row} Row
 * @typedef {import('./differences.js').Piece} Piece
 */

const MARKUP = `
  <dialog id="compare" class="compare" closedby="any" aria-labelledby="compare-title">
    <div class="panel-head">
      <h2 id="compare-title" tabindex="-1">Two skills compared</h2>
      <button id="compare-close" class="quiet" type="button" aria-label="Close comparison">Close</button>
    </div>
    <p class="legend">Marked: <del><span class="sign" aria-hidden="true">−</span>only in the first</del>
      <ins><span class="sign" aria-hidden="true">+</span>only in the second</ins></p>
    <table class="sides" aria-label="What the catalogue says">
      <thead><tr><td></td><th id="compare-left" scope="col" dir="auto"></th><th id="compare-right" scope="col" dir="auto"></th></tr></thead>
      <tbody id="compare-facts"></tbody>
    </table>
    <h3>Instructions</h3>
    <p id="compare-summary" class="note" role="status"></p>
    <table id="compare-lines" class="sides lines" aria-label="Instructions, line by line"></table>
  </dialog>`;

/** Of longer stretches that are the same, so many lines stay beside what differs; the others are shown when asked for. */
const CONTEXT_LINES = 3;
const MIN_FOLDED = 5;
const MAX_OFFERED = 12;
const WORD = /[\p{L}\p{N}]{3,}/gu;

/**
 * The skills of an answer, those that are most like one of them first: its copies, then by the words of name and description.
 * @param {import('./list.js').Entry} entry @param {Route[]} routes of the whole list
 * @returns {Route[]}
 */
export function nearest({ route, copies }, routes) {
  const words = wordsOf(route);
  const others = routes.filter((other) => other.skill_idx !== route.skill_idx).map((other) => ({ other, likeness: overlap(words, wordsOf(other)) }));
  others.sort((a, b) => b.likeness - a.likeness);
  return [...copies, ...others.map(({ other }) => other)].slice(0, MAX_OFFERED);
}

export class Comparison {
  #readBody;
  #dialog;
  #root;
  /** The one that is shown; a newer one takes its place. */
  #turn = {};

  /** @param {ShadowRoot} root @param {{ readBody: (skill_idx: number) => Promise<string | null>, onClose: () => void }} listener */
  constructor(root, { readBody, onClose }) {
    this.#readBody = readBody;
    this.#root = root;
    addStyle(root, COMPARE_CSS);
    root.append(fragmentOf(MARKUP));
    this.#dialog = /** @type {HTMLDialogElement} */ (this.#part('compare'));
    this.#part('compare-close').addEventListener('click', () => this.close());
    this.#dialog.addEventListener('close', onClose);
  }

  get isOpen() {
    return this.#dialog.open;
  }

  close() {
    this.#turn = {};
    this.#dialog.close(); // The focus goes back to where it was.
  }

  /** @param {Route} left @param {Route} right */
  async open(left, right) {
    const turn = (this.#turn = {});
    this.#part('compare-left').textContent = withoutOverrides(left.name);
    this.#part('compare-right').textContent = withoutOverrides(right.name);
    this.#part('compare-facts').replaceChildren();
    this.#part('compare-lines').replaceChildren();
    this.#say('Loading the instructions…');
    this.#dialog.showModal();
    this.#part('compare-title').focus();
    try {
      const facts = await Promise.all(factsOf(left, right).map(factRow));
      if (this.#turn !== turn) return;
      this.#part('compare-facts').replaceChildren(...facts);
      const [first, second] = await Promise.all([this.#readBody(left.skill_idx), this.#readBody(right.skill_idx)]);
      if (this.#turn !== turn) return;
      if (first === null || second === null) return this.#say('This index does not hold the instructions of both skills; their sources have them.');
      const differences = await differencesOf(withoutOverrides(first), withoutOverrides(second));
      if (this.#turn !== turn) return;
      this.#say(summary(differences));
      this.#part('compare-lines').replaceChildren(...stretches(differences.rows));
    } catch (error) {
      if (this.#turn === turn) this.#say(`The instructions cannot be compared now: ${error.message}.`);
    }
  }

  /** @param {string} text */
  #say(text) {
    this.#part('compare-summary').textContent = text;
  }

  /** @template {HTMLElement} [Kind=HTMLElement] @param {string} id @param {{ new (): Kind } | null} [kind] @returns {Kind} */
  #part(id, kind) {
    return part(id, kind, this.#root);
  }
}

/**
 * @param {Route} left @param {Route} right
 * @returns {[string, string, string][]} a fact, of the one and of the other; those that neither has are left out
 */
function factsOf(left, right) {
  const marks = (/** @type {Route} */ route) => marksOf(route).map(({ meaning }) => meaning).join('; ');
  const risks = (/** @type {Route} */ { risks = [] }) => risks.map(({ title }) => title).join('; ');
  /** @type {[string, string | undefined, string | undefined][]} */
  const facts = [
    ['Description', left.description, right.description],
    ['Source', left.source, right.source],
    ['Licence', left.license, right.license],
    ['Use', marks(left), marks(right)],
    ['Worth knowing', risks(left), risks(right)],
  ];
  return facts.filter(([, a, b]) => a || b).map(([term, a, b]) => [term, withoutOverrides(a || 'none'), withoutOverrides(b || 'none')]);
}

/** @param {[string, string, string]} fact */
async function factRow([term, left, right]) {
  const row = rowElement(await wordDifferences(left, right));
  row.prepend(element('th', { scope: 'row' }, term));
  return row;
}

/** What was found, in words: what stays the same is worth as much as what does not. @param {import('./differences.js').Differences} differences */
function summary({ n_same, n_left, n_right, isCut, isAligned }) {
  const lines = (/** @type {number} */ n) => `${n.toLocaleString('en')} ${n === 1 ? 'line' : 'lines'}`;
  const found = n_left + n_right === 0 ? 'They are the same, line by line.'
    : `${lines(n_left)} only in the first, ${lines(n_right)} only in the second, ${n_same.toLocaleString('en')} the same.`;
  return [
    found,
    isAligned ? '' : 'They differ so much that lines which are the same were not looked for.',
    isCut ? 'They are long, so only their beginnings were compared.' : '',
  ].filter(Boolean).join(' ');
}

/** Bodies of the table: what differs with some lines around it, and between them what is folded away. @param {Row[]} rows */
function stretches(rows) {
  const near = new Uint8Array(rows.length);
  for (const [i, { isSame }] of rows.entries()) {
    if (!isSame) near.fill(1, Math.max(0, i - CONTEXT_LINES), i + CONTEXT_LINES + 1);
  }
  const bodies = [];
  for (let from = 0, to; from < rows.length; from = to) {
    to = from + 1;
    while (to < rows.length && near[to] === near[from]) to++;
    bodies.push(stretch(rows.slice(from, to), !near[from] && to - from >= MIN_FOLDED));
  }
  return bodies;
}

/** @param {Row[]} rows @param {boolean} isFolded */
function stretch(rows, isFolded) {
  const body = element('tbody');
  if (!isFolded) {
    body.append(...rows.map(rowElement));
    return body;
  }
  const cell = element('td', { className: 'folded', colSpan: 2 });
  cell.append(quietButton(`Show ${rows.length} lines that are the same`, () => {
    body.replaceChildren(...rows.map(rowElement));
    const [first] = body.rows[0].cells;
    first.tabIndex = -1;
    first.focus(); // What had it is gone.
  }));
  body.insertRow().append(cell);
  return body;
}

/** @param {Row} row @returns {HTMLTableRowElement} two cells, which on a narrow screen stand below each other */
function rowElement({ isSame, left, right }) {
  const row = element('tr', { className: isSame ? 'same' : '' });
  row.append(cellElement(left, 'del'), isSame ? twin(left) : cellElement(right, 'ins'));
  return row;
}

/** @param {Piece[] | null} pieces @param {'del' | 'ins'} tag */
function cellElement(pieces, tag) {
  const cell = element('td', { className: pieces ? '' : 'empty', dir: 'auto' });
  for (const { text, isOnlyHere } of pieces ?? []) {
    const n_spaces = isOnlyHere ? text.length - text.trimStart().length : text.length;
    cell.append(text.slice(0, n_spaces)); // The mark begins with the first word.
    if (isOnlyHere) cell.append(marked(text.slice(n_spaces), tag));
  }
  return cell;
}

/** What both have, once more: to look at beside the first. @param {Piece[] | null} pieces */
function twin(pieces) {
  const cell = cellElement(pieces, 'ins');
  cell.classList.add('twin');
  return cell;
}

/**
 * A sign stands before what is marked, for those who do not see colours, and words for those who listen.
 * @param {string} text @param {'del' | 'ins'} tag
 */
function marked(text, tag) {
  const mark = element(tag);
  const sign = element('span', { className: 'sign' }, tag === 'del' ? '−' : '+');
  sign.setAttribute('aria-hidden', 'true');
  mark.append(sign, element('span', { className: 'visually-hidden' }, tag === 'del' ? 'only in the first: ' : 'only in the second: '), text);
  return mark;
}

/** @param {Route} route */
function wordsOf({ name, description = '' }) {
  return new Set(`${name} ${description}`.toLowerCase().match(WORD) ?? []);
}

/** The part of the words of both that both have. @param {Set<string>} a @param {Set<string>} b */
function overlap(a, b) {
  const n_common = [...a].filter((word) => b.has(word)).length;
  return n_common / Math.max(1, a.size + b.size - n_common);
}
