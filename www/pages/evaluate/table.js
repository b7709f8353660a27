/**
 * The table of results: a column for each run, so that they can be compared.
 */

import { element } from '../../elements/markup.js';
import { foreign } from './elements.js';
import { quantile } from './metrics.js';
import { MODES } from './run.js';
import { count } from './status.js';

/**
 * @typedef {import('./run.js').Run} Run
 * @typedef {import('./metrics.js').Estimate} Estimate
 * @typedef {import('./metrics.js').Count} Count
 */

const METRICS = {
  'hit@1': ['Hit@1', 'the right skill comes first'],
  'mrr@10': ['MRR@10', 'one over the rank of the right skill'],
  'ndcg@10': ['nDCG@10', 'right skills near the top'],
  'recall@10': ['Recall@10', 'right skills among the first 10'],
  'recall@20': ['Recall@20', 'right skills among the first 20'],
};
/** @type {Record<'false_triggers' | 'none_of_right' | 'none_of_others', [string, string]>} */
const COUNTS = {
  false_triggers: ['False triggers', 'the skill comes first where it should not'],
  none_of_right: ['“Nothing fits”, skill is right', 'said of queries that the skill serves'],
  none_of_others: ['“Nothing fits”, skill is not', 'said of queries that should not trigger it'],
};
const STATES = { running: ', running', complete: '', cancelled: ', cancelled', failed: ', stopped' };
const NONE = '–';

/** @param {HTMLTableElement} table @param {Run[]} runs @param {((run: Run) => void) | null} onRemove null while a run goes on */
export function showResults(table, runs, onRemove) {
  const summaries = runs.map(({ summary }) => summary);
  const row = (/** @type {string} */ name, /** @type {string} */ meaning, /** @type {Node[]} */ cells) => element('tr', {}, rowHead(name, meaning), ...cells);
  table.replaceChildren(
    element('caption', { className: 'visually-hidden' }, 'Results of each run'),
    element('thead', {}, element('tr', {}, element('th', { scope: 'col' }, 'Metric'), ...runs.map((run) => runHead(run, onRemove)))),
    element(
      'tbody',
      {},
      ...Object.entries(METRICS).map(([key, [name, meaning]]) => row(name, meaning, summaries.map(({ metrics }) => metricCell(metrics?.[key])))),
      ...Object.entries(COUNTS).map(([key, [name, meaning]]) => row(name, meaning, summaries.map((summary) => countCell(summary[/** @type {keyof typeof COUNTS} */ (key)])))),
      row('Time of a route', 'median', runs.map(timeCell)),
    ),
  );
}

/** @param {Run} run @returns {string} for lists and tables */
export function runLabel({ number, mode }) {
  return `${number} · ${MODES[mode].label}`;
}

/** @param {number} ms @returns {string} */
export function formatMs(ms) {
  if (ms < 0.1) return '<0.1 ms';
  return ms < 10 ? `${ms.toFixed(1)} ms` : `${Math.round(ms)} ms`;
}

/** @param {string} name @param {string} meaning */
function rowHead(name, meaning) {
  return element('th', { scope: 'row' }, name, element('span', { className: 'note' }, meaning));
}

/** @param {Run} run @param {((run: Run) => void) | null} onRemove */
function runHead(run, onRemove) {
  const { judged, set, state, lesser } = run;
  const n = state === 'complete' ? `${judged.length}` : `${judged.length} of ${set.queries.length}`;
  const notes = [foreign(set.label), `${n} queries${STATES[state]}`];
  if (lesser.length > 0) notes.push(`${count(lesser.length, 'answer')} less than asked for: ${lesser[0].answer.reason}`);
  const head = element('th', { scope: 'col' }, runLabel(run), ...notes.map((text) => element('span', { className: 'note' }, text)));
  if (!onRemove) return head;
  const remove = element('button', { className: 'quiet', type: 'button', 'aria-label': `Remove run ${runLabel(run)}` }, 'Remove');
  remove.addEventListener('click', () => onRemove(run));
  head.append(remove);
  return head;
}

/** @param {Estimate | undefined} estimate */
function metricCell(estimate) {
  if (!estimate) return element('td', {}, NONE);
  return element('td', {}, element('strong', {}, estimate.mean.toFixed(3)), intervalNote(estimate.interval));
}

/** @param {Count} count */
function countCell(count) {
  if (!count) return element('td', {}, NONE);
  const { n, of, interval } = count;
  return element('td', {}, element('strong', {}, (n / of).toFixed(3)), ` ${n} of ${of}`, intervalNote(interval));
}

/** @param {Run} run */
function timeCell({ judged }) {
  if (judged.length === 0) return element('td', {}, NONE);
  return element('td', {}, element('strong', {}, formatMs(quantile(judged.map(({ answer }) => answer.timings_ms.total), 0.5))));
}

/** @param {[number, number] | null} interval */
function intervalNote(interval) {
  const text = interval ? `${interval[0].toFixed(3)} to ${interval[1].toFixed(3)}` : '';
  return element('span', { className: 'note' }, text);
}
