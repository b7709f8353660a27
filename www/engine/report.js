/**
 * The account of one call to `route`: how long each part took, and each stage of the answer with its cards to whoever asked.
 */

import { abortable, abortError, isAbort } from '../shared/error.js';

/** @typedef {import('../client.js').Answer} Answer */

const STAGES = ['lexical', 'retrieved', 'reranked'];
const DESCRIPTIONS_MISSING = 'descriptions are missing: ';

/** One call. */
export class Report {
  /** @type {Record<string, number>} */
  timings_ms = {};
  signal;
  #index;
  #onStage;
  #started_ms = performance.now();
  #furthest = 0;

  /**
   * @param {import('./index-files.js').IndexFiles} index where the cards are
   * @param {AbortSignal} signal
   * @param {(answer: Answer) => void} onStage
   */
  constructor(index, signal, onStage) {
    this.#index = index;
    this.signal = signal;
    this.#onStage = onStage;
  }

  throwIfAborted() {
    if (this.signal.aborted) throw abortError();
  }

  /** @template T @param {string} name @param {() => T | Promise<T>} work @returns {Promise<T>} */
  async timed(name, work) {
    const started_ms = performance.now();
    const value = await work();
    this.timings_ms[name] = performance.now() - started_ms;
    return value;
  }

  /**
   * Completes an answer with the cards that are here. Where cards come when they are needed, it is emitted with the names first.
   * @param {Omit<Answer, 'timings_ms'>} answer
   * @returns {Promise<Answer>}
   */
  async stage(answer) {
    this.throwIfAborted();
    const started_ms = performance.now();
    const missing = this.#index.is_on_demand ? this.#index.withoutCards(skillsOf(answer)) : [];
    let reason;
    if (missing.length > 0) {
      this.emit(answer);
      try {
        await abortable(this.#index.addCards(missing), this.signal);
      } catch (error) {
        if (isAbort(error)) throw error;
        reason = `${DESCRIPTIONS_MISSING}${error.message}`;
      }
    }
    this.timings_ms.cards = performance.now() - started_ms;
    return this.emit({ ...(reason && { reason }), ...answer });
  }

  /**
   * Hands a stage over with the cards that are here, unless a later one was there first.
   * @param {Omit<Answer, 'timings_ms'>} answer
   * @returns {Answer}
   */
  emit(answer) {
    const timed = { ...answer, timings_ms: { ...this.timings_ms, total: performance.now() - this.#started_ms } };
    const complete = withCards(timed, this.#index);
    const place = STAGES.indexOf(answer.stage);
    if (place >= this.#furthest) this.#onStage(complete);
    this.#furthest = Math.max(this.#furthest, place);
    return complete;
  }
}

/**
 * An answer again, when its cards have come, or when it is clear that they do not come soon; at once, if nothing is missing.
 * @param {Answer} answer
 * @param {import('./index-files.js').IndexFiles} index
 * @param {AbortSignal} signal
 * @returns {Promise<Answer>}
 */
export async function described(answer, index, signal) {
  if (!answer.descriptions) return answer;
  const isNews = () => answer.descriptions === 'coming' && index.cards_error !== null;
  await index.awaitCards(skillsOf(answer), signal, isNews);
  const { descriptions, reason, ...rest } = answer;
  return withCards({ ...rest, ...(reason && !reason.startsWith(DESCRIPTIONS_MISSING) && { reason }) }, index);
}

/**
 * With what is known of each skill now, and with what is not: it is on its way, or could not be fetched until now.
 * @param {Answer} answer
 * @param {import('./index-files.js').IndexFiles} index
 * @returns {Answer}
 */
function withCards(answer, index) {
  const described = { ...answer, routes: answer.routes.map((route) => index.withCard(route)) };
  if (index.is_on_demand || index.withoutCards(skillsOf(answer)).length === 0) return described;
  const error = index.cards_error;
  if (!error) return { ...described, descriptions: 'coming' };
  return { reason: `${DESCRIPTIONS_MISSING}${error.message}`, ...described, descriptions: 'missing' };
}

/** @param {Pick<Answer, 'routes'>} answer */
function skillsOf({ routes }) {
  return routes.map(({ skill_idx }) => skill_idx);
}
