/**
 * One run: every query of a set asked in one mode, one after the other, and judged.
 */

import { abortError, isAbort } from '../../shared/error.js';
import { summarize } from './metrics.js';
import { findSkill, isSkill } from './skills.js';

/**
 * @typedef {import('../../client.js').Route} Route
 * @typedef {import('./queries.js').QuerySet} QuerySet
 * @typedef {'lexical' | 'dense' | 'hybrid' | 'reranked'} Mode
 *
 * A skill that a query is about. `route`: the skill in the index, without scores; null where the index does not seem to have it.
 * @typedef {{ named: string, route: Omit<Route, 'score'> | null }} Target
 *
 * What became of a query. `ranks`: of each target, from 1; null for one that is not among the routes.
 * @typedef {object} Judged
 * @property {string} query
 * @property {boolean} should_trigger
 * @property {Target[]} targets
 * @property {(number | null)[]} ranks
 * @property {boolean} failed a skill that should come first does not, or one that should not does
 * @property {string} [fit] word for the fit
 * @property {import('../../client.js').Answer} answer
 */

/** Looked at of each answer; the largest cut-off of the metrics. */
export const DEPTH = 20;

/** Ways to ask. @type {Record<Mode, { label: string, options: import('../../client.js').RouteOptions }>} */
export const MODES = {
  hybrid: { label: 'Words and meaning', options: { mode: 'hybrid', rerank: 0 } },
  reranked: { label: 'Words and meaning, re-ranked', options: { mode: 'hybrid' } },
  dense: { label: 'Meaning only', options: { mode: 'dense', rerank: 0 } },
  lexical: { label: 'Words only', options: { mode: 'lexical' } },
};

/** A run, while it goes and after. */
export class Run {
  /** @type {Judged[]} */
  judged = [];
  /** @type {'running' | 'complete' | 'cancelled' | 'failed'} */
  state = 'running';
  /** @type {string[]} names that the index does not seem to have */
  unknown = [];
  /** @type {number | undefined} since the first answer, which may have waited for the model */
  ms_per_query;
  /** @type {import('./metrics.js').Summary | null} of a run that has ended */
  #summary = null;

  /** @param {number} number for people @param {Mode} mode @param {QuerySet} set in which every query has its skills */
  constructor(number, mode, set) {
    this.number = number;
    this.mode = mode;
    this.set = set;
  }

  /** Queries that came out wrong. */
  get failures() {
    return this.judged.filter(({ failed }) => failed);
  }

  /** Answers that are less than what was asked for. */
  get lesser() {
    return this.judged.filter(({ answer }) => answer.reason);
  }

  /** The metrics so far; intervals come when the run has ended. */
  get summary() {
    const outcomes = this.judged;
    if (this.state === 'running') return summarize(outcomes, { with_intervals: false });
    this.#summary ??= summarize(outcomes);
    return this.#summary;
  }

  /**
   * Asks all queries. A cancelled run resolves, and keeps what it has; so does one that rejects.
   * @param {import('../../client.js').SkillRouter} router
   * @param {{ signal: AbortSignal, onJudged: () => void }} options
   */
  async start(router, { signal, onJudged }) {
    try {
      const targets = await this.#findTargets(router, signal);
      /** @type {number | undefined} */
      let first_ms;
      for (const query of this.set.queries) {
        const answer = await router.route(query.query, { ...MODES[this.mode].options, top: DEPTH, wait: true, signal });
        const named = (query.skills ?? []).flatMap((name) => targets.get(name) ?? []);
        this.judged.push(judge(query, named, answer));
        first_ms ??= performance.now();
        if (this.judged.length > 1) this.ms_per_query = (performance.now() - first_ms) / (this.judged.length - 1);
        onJudged();
      }
      this.state = 'complete';
    } catch (error) {
      this.state = isAbort(error) ? 'cancelled' : 'failed';
      if (this.state === 'failed') throw error;
    }
  }

  /**
   * @param {import('../../client.js').SkillRouter} router @param {AbortSignal} signal
   * @returns {Promise<Map<string, Target>>} by the name in the set
   */
  async #findTargets(router, signal) {
    const targets = new Map();
    for (const named of new Set(this.set.queries.flatMap(({ skills }) => skills ?? []))) {
      if (signal.aborted) throw abortError();
      const route = await findSkill(router, named);
      if (!route) this.unknown.push(named);
      targets.set(named, { named, route });
    }
    return targets;
  }
}

/** @param {import('./queries.js').Query} query @param {Target[]} named @param {import('../../client.js').Answer} answer @returns {Judged} */
function judge({ query, should_trigger }, named, answer) {
  const targets = named.filter(({ route }, i) => !route || named.findIndex((other) => other.route?.skill_idx === route.skill_idx) === i);
  const ranks = targets.map((target) => {
    const place = answer.routes.findIndex((route) => route.skill_idx === target.route?.skill_idx || isSkill(route, target.named));
    return place < 0 ? null : place + 1;
  });
  const failed = should_trigger !== ranks.includes(1);
  return { query, should_trigger, targets, ranks, failed, fit: answer.fit?.word, answer };
}
