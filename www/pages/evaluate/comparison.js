/**
 * Why one query came out wrong: ranks and scores of the skills side by side, and the words of the query that each has.
 */

import { element } from '../../elements/markup.js';
import { foreign, tableOf } from './elements.js';
import { DEPTH } from './run.js';
import { compareWords } from './words.js';

/**
 * @typedef {import('../../client.js').Route} Route
 * @typedef {import('./run.js').Judged} Judged
 * @typedef {import('./words.js').WordPlaces} WordPlaces
 *
 * A skill of the answer, or what a file of queries calls one that is not in it.
 * @typedef {Partial<Route> & { name: string }} Named
 *
 * A skill of the index and its place in the answer; null where it is not in it.
 * @typedef {{ route: Omit<Route, 'score'>, rank: number | null }} Ranked
 *
 * @typedef {(skill_idx: number) => Promise<string | null>} ReadBody
 * @typedef {{ readBody: ReadBody, showOnMap: (judged: Judged) => void }} Wishes
 */

/** Skills above the right one, or after a false trigger, that are shown. */
const N_ABOVE = 5;
const N_AFTER = 2;

/** @param {HTMLElement} place @param {Judged} judged @param {Wishes} wishes */
export async function showComparison(place, judged, { readBody, showOnMap }) {
  const { routes, fit } = judged.answer;
  if (routes.length === 0) {
    place.replaceChildren(element('p', {}, 'No skill has any of these words.'));
    return;
  }
  const right = rightOf(judged);
  const words = element('div', { className: 'words', 'aria-busy': 'true' }, element('p', { className: 'note' }, 'Reading the instructions…'));
  const fits = fit ? [element('p', { className: 'note' }, `Fit of the first: ${fit.word}, probability ${fit.p.toFixed(2)}`)] : [];
  const to_map = element('button', { type: 'button', className: 'quiet' }, 'Show on the map');
  to_map.addEventListener('click', () => showOnMap(judged));
  place.replaceChildren(ranksTable(judged, right), ...fits, to_map, words);
  const [first, second] = [routes[0], judged.should_trigger ? right?.route : routes[1]];
  const alone = judged.should_trigger ? 'The right skill was not found in the index' : 'Nothing else was found';
  const note = element('p', { className: 'note' }, `${alone}, so there are no words to compare.`);
  words.replaceChildren(...(second ? await wordLists(judged.query, first, second, readBody) : [note]));
  words.setAttribute('aria-busy', 'false');
}

/** The best placed of the right skills, with its scores where the answer holds it. @param {Judged} judged @returns {Ranked | null} */
function rightOf({ targets, ranks, answer }) {
  const found = ranks.filter((rank) => rank !== null);
  if (found.length > 0) return { route: answer.routes[Math.min(...found) - 1], rank: Math.min(...found) };
  const known = targets.map(({ route }) => route).find((route) => route !== null);
  return known ? { route: known, rank: null } : null;
}

/** @param {Judged} judged @param {Ranked | null} right */
function ranksTable({ answer, should_trigger, targets }, right) {
  const { routes } = answer;
  const n_above = should_trigger ? Math.min(N_ABOVE, (right?.rank ?? Infinity) - 1) : 1 + N_AFTER;
  /** @type {{ route: Named, rank: number | null }[]} */
  const shown = routes.slice(0, n_above).map((route, i) => ({ route, rank: i + 1 }));
  if (should_trigger) shown.push(right ?? { route: { name: targets[0].named }, rank: null });
  const legs = LEGS.filter(({ score }) => routes.some((route) => route[score] !== undefined));
  const rows = shown.map(({ route, rank }, i) => {
    const is_right = should_trigger && i === shown.length - 1;
    return [nameCell(route, rank, is_right), ...legs.map((leg) => legCell(route, leg)), route.score?.toFixed(3) ?? '–'];
  });
  const caption = should_trigger ? 'What outranks the right skill' : 'What comes first';
  const table = element('table', {}, ...tableOf(caption, ['Skill', ...legs.map(({ label }) => label), 'Score'], rows));
  return element('div', { className: 'scroll', role: 'group', 'aria-label': caption, tabIndex: 0 }, table);
}

/**
 * The parts that a score is made of, as an answer calls them.
 * @type {{ label: string, rank: 'lexical_rank' | 'dense_rank' | 'retrieval_rank', score: 'lexical_score' | 'dense_score' | 'rerank_score' }[]}
 */
const LEGS = [
  { label: 'Words', rank: 'lexical_rank', score: 'lexical_score' },
  { label: 'Meaning', rank: 'dense_rank', score: 'dense_score' },
  { label: 'Re-ranked', rank: 'retrieval_rank', score: 'rerank_score' },
];

/** @param {Named} route @param {number | null} rank @param {boolean} is_right */
function nameCell(route, rank, is_right) {
  const place = rank === null ? `not among ${DEPTH}` : `#${rank}`;
  const tag = is_right ? [element('span', { className: 'tag' }, 'right')] : [];
  return element('span', { className: 'ranked' }, element('span', { className: 'rank' }, place), foreign(route.name), ...tag);
}

/** @param {Named} route @param {typeof LEGS[number]} leg */
function legCell(route, { label, rank, score }) {
  const value = route[score];
  if (value === undefined) return '–';
  const place = route[rank] === undefined ? '' : label === 'Re-ranked' ? ` from #${route[rank]}` : ` #${route[rank]}`;
  return element('span', {}, value.toFixed(3), element('span', { className: 'note' }, place));
}

/** @param {string} query @param {Ranked['route']} first @param {Ranked['route']} second @param {ReadBody} readBody @returns {Promise<Node[]>} */
async function wordLists(query, first, second, readBody) {
  const results = await Promise.allSettled([first, second].map(({ skill_idx }) => readBody(skill_idx)));
  const bodies = results.map((result) => (result.status === 'fulfilled' ? result.value : null));
  const places = compareWords(query, { ...first, body: bodies[0] }, { ...second, body: bodies[1] });
  const has = (/** @type {boolean} */ in_first, /** @type {boolean} */ in_second) => (/** @type {WordPlaces} */ word) => word.first.length > 0 === in_first && word.second.length > 0 === in_second;
  /** @type {[(Node | string)[], WordPlaces[], (word: WordPlaces) => string[]][]} */
  const lists = [
    [['Only ', foreign(first.name), ' has'], places.filter(has(true, false)), (/** @type {WordPlaces} */ word) => word.first],
    [['Only ', foreign(second.name), ' has'], places.filter(has(false, true)), (/** @type {WordPlaces} */ word) => word.second],
    [['Both have'], places.filter(has(true, true)), () => []],
    [['Neither has'], places.filter(has(false, false)), () => []],
  ];
  const list = element('dl', { className: 'word-lists' }, ...lists.map(([head, words, partsOf]) => wordList(head, words, partsOf)));
  return [element('h3', {}, 'Words of the query'), list, ...bodiesNote(results, bodies)];
}

/** @param {(Node | string)[]} head @param {WordPlaces[]} words @param {(word: WordPlaces) => string[]} partsOf */
function wordList(head, words, partsOf) {
  const items = words.map((word) => {
    const where = partsOf(word).join(', ');
    return element('span', { className: 'word' }, foreign(word.word), ...(where ? [element('span', { className: 'note' }, ` ${where}`)] : []));
  });
  return element('div', {}, element('dt', {}, ...head), element('dd', {}, ...(items.length > 0 ? items : ['none'])));
}

/** @param {PromiseSettledResult<string | null>[]} results @param {(string | null)[]} bodies */
function bodiesNote(results, bodies) {
  if (bodies.every((body) => body !== null)) return [];
  const failed = results.find((result) => result.status === 'rejected');
  const why = failed ? `could not be read: ${failed.reason.message}` : 'are not part of this index';
  return [element('p', { className: 'note' }, `Some instructions ${why}. Of those skills only names and descriptions were compared.`)];
}
