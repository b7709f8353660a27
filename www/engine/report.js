/**
 * The account of one call to `route`: how long each part took, and each stage of the answer with its cards to whoever asked.
 */

import { abortable, abortError, isAbort } from '../shared/error.js';

/** @typedef {import('../client.js').Answer} Answer */

const STAGES = ['lexical', 'retrieved', 'reranked'];

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
   * Completes an answer with its cards. Where some have to be fetched, it is emitted with the names first.
   * @param {Omit<Answer, 'timings_ms'>} answer
   * @returns {Promise<Answer>}
   */
  async stage(answer) {
    this.throwIfAborted();
    const started_ms = performance.now();
    const missing = answer.routes.map(({ skill_idx }) => skill_idx).filter((skill_idx) => !this.#index.hasCard(skill_idx));
    let reason;
    if (missing.length > 0) {
      this.emit(answer);
      try {
        await abortable(this.#index.addCards(missing), this.signal);
      } catch (error) {
        if (isAbort(error)) throw error;
        reason = `descriptions are missing: ${error.message}`;
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
    const routes = answer.routes.map((route) => ({ ...this.#index.router.card(route.skill_idx), ...route }));
    const complete = { ...answer, routes, timings_ms: { ...this.timings_ms, total: performance.now() - this.#started_ms } };
    const place = STAGES.indexOf(answer.stage);
    if (place >= this.#furthest) this.#onStage(complete);
    this.#furthest = Math.max(this.#furthest, place);
    return complete;
  }
}
