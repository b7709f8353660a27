/**
 * The queries of a run that came out wrong, each with what outranked the right skill, and which skills do so most often.
 */

import { element, inside, part as $ } from '../../elements/markup.js';
import { showComparison } from './comparison.js';
import { foreign, tableOf } from './elements.js';
import { DEPTH } from './run.js';
import { count } from './status.js';

/**
 * @typedef {import('./run.js').Run} Run
 * @typedef {import('./run.js').Judged} Judged
 */

const PAGE = 50;
/** Rivals that are listed: those that stand in the way at least twice, the worst ones. */
const N_RIVALS = 10;
const LEAST_TIMES = 2;

/** The list, which grows while its run goes on: what is open stays open. */
export class Failures {
  #wishes;
  /** @type {Run | null} */
  #run = null;
  #n_shown = PAGE;

  /** @param {import('./comparison.js').Wishes} wishes */
  constructor(wishes) {
    this.#wishes = wishes;
    $('failures-more').addEventListener('click', () => this.#showMore());
  }

  /** @param {Run | null} run */
  show(run) {
    if (run !== this.#run) {
      this.#n_shown = PAGE;
      $('failure-list').replaceChildren();
    }
    this.#run = run;
    this.#update();
  }

  /** The button may be gone afterwards, so focus goes where reading goes on. */
  #showMore() {
    const first_new = this.#n_shown;
    this.#n_shown += PAGE;
    this.#update();
    const item = $('failure-list').children[first_new];
    if (item) inside(item, 'summary').focus();
  }

  #update() {
    if (!this.#run) return;
    const { failures, judged, set } = this.#run;
    const list = $('failure-list');
    const missing = failures.slice(list.children.length, this.#n_shown);
    list.append(...missing.map((failure) => this.#item(failure)));
    const rest = failures.length - list.children.length;
    $('failures-more').hidden = rest <= 0;
    $('failures-more').textContent = `Show ${Math.min(rest, PAGE)} more`;
    $('failures-count').textContent = countText(failures, judged.length, set.queries.length);
    showRivals(rivalsOf(failures));
  }

  /** @param {Judged} failure */
  #item(failure) {
    const verdict = failure.should_trigger ? missVerdict(failure) : element('span', { className: 'verdict' }, 'False trigger: ', firstName(failure));
    const summary = element('summary', {}, foreign(failure.query, 'span'), verdict);
    const content = element('div', { className: 'comparison' });
    const details = element('details', {}, summary, content);
    details.addEventListener('toggle', () => details.open && void showComparison(content, failure, this.#wishes), { once: true });
    return element('li', {}, details);
  }
}

/** @param {Judged} failure @returns {HTMLElement} */
function missVerdict(failure) {
  const { ranks, targets, answer } = failure;
  const best = Math.min(...ranks.map((rank) => rank ?? Infinity));
  const right = targets[Math.max(0, ranks.indexOf(best))];
  const where = Number.isFinite(best) ? ` is at rank ${best}` : ` is not among ${DEPTH}`;
  const outranked = answer.routes.length > 0 ? [', outranked by ', firstName(failure)] : [', and nothing else was found'];
  return element('span', { className: 'verdict missed' }, foreign(right.route?.name ?? right.named), where, ...outranked);
}

/** @param {Judged} failure */
function firstName({ answer }) {
  return foreign(answer.routes[0].name);
}

/** @param {Judged[]} failures @param {number} n_judged @param {number} n_all */
function countText(failures, n_judged, n_all) {
  const n_misses = failures.filter(({ should_trigger }) => should_trigger).length;
  const false_triggers = count(failures.length - n_misses, 'false trigger');
  const so_far = n_judged < n_all ? `of ${n_judged} asked so far` : `of ${n_all}`;
  if (failures.length === 0) return `None ${so_far}.`;
  return `${failures.length} ${so_far}: ${n_misses} whose right skill is not first, ${false_triggers}. Open one to see why.`;
}

/** Who stands first instead of whom, most often first. @param {Judged[]} failures */
function rivalsOf(failures) {
  const rivals = new Map();
  for (const { should_trigger, targets, answer } of failures) {
    if (!should_trigger || answer.routes.length === 0) continue;
    const right = targets[0].route?.name ?? targets[0].named;
    const key = JSON.stringify([right, answer.routes[0].skill_idx]);
    const rival = rivals.get(key) ?? { right, first: answer.routes[0].name, n: 0 };
    rival.n++;
    rivals.set(key, rival);
  }
  return [...rivals.values()].filter(({ n }) => n >= LEAST_TIMES).sort((a, b) => b.n - a.n).slice(0, N_RIVALS);
}

/** @param {{ right: string, first: string, n: number }[]} rivals */
function showRivals(rivals) {
  $('rivals').hidden = rivals.length === 0;
  const rows = rivals.map(({ right, first, n }) => [foreign(first), foreign(right), String(n)]);
  $('rivals-table').replaceChildren(...tableOf('Which skill comes first instead', ['First', 'Instead of', 'Queries'], rows));
}
