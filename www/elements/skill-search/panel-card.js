/**
 * The upper part of the panel: what the catalogue says of a skill, and how the answer ranks it. An answer gets better while somebody reads,
 * so rows that stay as they are stay the same elements, and keep what was opened in them.
 */

import { withoutOverrides } from '../../shared/texts.js';
import { element, part } from '../markup.js';
import { addressButton } from './markdown.js';
import { marksOf } from './marks.js';
import { isGrave } from './risks.js';

/**
 * @typedef {import('../../client.js').Route} Route
 * @typedef {import('./list.js').Entry} Entry
 */

/** A source that is an address, whatever its scheme. */
const ADDRESS = /^[a-z][a-z0-9+.-]*:/i;

/** @param {ShadowRoot} root @param {Entry} entry @param {boolean} is_listed whether it is in the list that stands beside it */
export function showCard(root, { route, copies }, is_listed) {
  const place = (/** @type {string} */ id) => part(id, null, root);
  const { risks = [] } = route;
  place('panel-title').textContent = withoutOverrides(route.name);
  place('panel-description').textContent = withoutOverrides(route.description ?? '');
  place('panel-gone').textContent = is_listed ? '' : 'This skill is no longer in the list.';
  place('panel-match').hidden = !is_listed;
  place('panel-legs').textContent = legs(route);
  place('panel-risks').hidden = risks.length === 0;
  place('panel-copies').hidden = copies.length === 0;
  fillRows(place('panel-facts'), facts(route, is_listed), ([term, value]) => factRow(term, value, route));
  fillRows(place('panel-risk-list'), risks, (risk) => element('li', { className: isGrave(risk) ? 'grave' : '' }, withoutOverrides(riskNote(risk))));
  fillRows(place('panel-copy-list'), copies.map(({ source, license, id, skill_idx, own }) => ({ source, license, id, skill_idx, own })), copyItem);
}

/**
 * @template Item
 * @param {HTMLElement} list
 * @param {Item[]} items all that a row shows
 * @param {(item: Item) => HTMLElement} make
 */
function fillRows(list, items, make) {
  const rows = new Map(items.map((item) => [JSON.stringify(item), item]));
  for (const row of /** @type {HTMLElement[]} */ ([...list.children])) if (!rows.has(row.dataset.shows ?? '')) row.remove();
  let next = /** @type {HTMLElement | null} */ (list.firstElementChild);
  for (const [shows, item] of rows) {
    if (next?.dataset.shows === shows) {
      next = /** @type {HTMLElement | null} */ (next.nextElementSibling);
      continue;
    }
    const row = make(item);
    row.dataset.shows = shows;
    list.insertBefore(row, next);
  }
  while (next) { // They stood in another order.
    const row = next;
    next = /** @type {HTMLElement | null} */ (row.nextElementSibling);
    row.remove();
  }
}

/** What found the skill, as a sentence. @param {Route} route */
function legs({ lexical_rank, dense_rank, rerank_score }) {
  const found = [lexical_rank && 'its words', dense_rank && 'its meaning'].filter(Boolean).join(' and ');
  const read = rerank_score === undefined ? '' : ' The reranker has compared it with the task again.';
  return `${found ? `Found by ${found}.` : 'Among the nearest skills.'}${read}`;
}

/** A fact and where it stands: rules read lines and judge nobody. @param {import('../../client.js').Risk} risk */
function riskNote({ title, file, line, count }) {
  const where = line === 0 ? 'front matter' : `${file ? `${file}, ` : ''}line ${line}${count > 1 ? ` and ${count - 1} more` : ''}`;
  return `${title[0].toUpperCase()}${title.slice(1)} (${where})`;
}

/** @param {Route} route @param {boolean} is_listed what an earlier answer said of its rank is not told @returns {[string, string][]} term and value */
function facts(route, is_listed) {
  const rank = (/** @type {number | undefined} */ value) => (value ? `#${value}` : 'not found');
  /** @type {[string, string | undefined][]} */
  const ranks = [
    ['Score', route.score.toFixed(3).replace('-', '−')],
    ['By words', rank(route.lexical_rank)],
    ['By meaning', rank(route.dense_rank)],
    ['Before re-ranking', route.rerank_score === undefined ? '' : rank(route.retrieval_rank)],
  ];
  /** @type {[string, string | undefined][]} */
  const card = [
    ['Use', marksOf(route).map(({ meaning }) => `${meaning[0].toUpperCase()}${meaning.slice(1)}`).join('. ')],
    [route.own ? 'Yours, from' : 'Source', route.source],
    ['Licence', route.license],
  ];
  return [...(is_listed ? ranks : []), ...card].flatMap(([term, value]) => (value ? [[term, value]] : []));
}

/** @param {string} term @param {string} value @param {Route} route */
function factRow(term, value, { source, own }) {
  const fact = element('dd', { dir: 'auto' }, value === source ? sourceNode(value, own) : withoutOverrides(value));
  return element('div', {}, element('dt', {}, term), fact);
}

/** A source is a name, or an address that one may ask about. @param {string} source @param {boolean} [own] it is the reader's own @returns {Node} */
function sourceNode(source, own) {
  return !own && ADDRESS.test(source) ? addressButton(source, onAddress) : new Text(withoutOverrides(source));
}

/** @param {Pick<Route, 'source' | 'license' | 'id' | 'skill_idx' | 'own'>} copy */
function copyItem({ source, license, id, skill_idx, own }) {
  const where = source ? sourceNode(source, own) : withoutOverrides(id ?? `skill ${skill_idx}`);
  return element('li', { dir: 'auto' }, where, license ? `, ${withoutOverrides(license)}` : '');
}

/** Somebody asks where an address leads. @type {import('./markdown.js').OnAddress} */
export async function onAddress(button, address) {
  const { toggleAddress } = await import('./address.js');
  toggleAddress(button, address);
}
