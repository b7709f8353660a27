/**
 * The way of one element's questions: an answer while somebody types, a better one when the model has come, and the list read
 * again by the reranker once nobody types any more. A newer question ends all that is under way for the older one.
 */

import { isAbort } from '../../shared/error.js';

/**
 * @typedef {import('../../client.js').Answer} Answer
 * @typedef {import('../../skill-search.d.ts').RouterLike} RouterLike
 */

/** How long nobody must have typed before an answer is re-ranked. */
const RERANK_PAUSE_MS = 350;

export class Asking {
  #listener;
  /** Ends with the next question. */
  #turn = new AbortController();
  /** The `ready` that was waited for; not again. @type {Promise<unknown> | null} */
  #awaited = null;

  /**
   * @param {Record<'onBusy' | 'onAnswer' | 'onNothing' | 'onFailure', Function>} listener `onAnswer`: a stage, its question, and
   *   whether no better one follows; `onNothing`: no question, or nobody yet who answers
   */
  constructor(listener) {
    this.#listener = listener;
  }

  /** Ends what is under way. */
  stop() {
    this.#turn.abort();
  }

  /** @param {string} question @param {import('./source.js').Source | null} source @param {number} top */
  async ask(question, source, top) {
    this.stop();
    this.#turn = new AbortController();
    const { signal } = this.#turn;
    if (question === '' || !source?.router) {
      this.#listener.onBusy(false);
      return this.#listener.onNothing();
    }
    this.#listener.onBusy(true);
    try {
      const onStage = (/** @type {Answer} */ answer) => {
        // Only the last stage may say that nothing matches.
        if (!signal.aborted && answer.routes.length > 0) this.#listener.onAnswer(answer, question, false);
      };
      const answer = await source.ask(this, question, { top, signal, onStage });
      if (signal.aborted) return;
      const { ready, reranker_ready } = source.router;
      const awaited = answer.stage === 'lexical' && ready !== this.#awaited ? ready : undefined;
      const is_to_be_reranked = answer.stage !== 'lexical' && Boolean(reranker_ready);
      this.#listener.onBusy(false);
      this.#listener.onAnswer(answer, question, !awaited && !is_to_be_reranked);
      if (awaited) this.#askAgain(awaited, () => this.ask(question, source, top), () => this.#listener.onAnswer(answer, question, true));
      else if (is_to_be_reranked) this.#rerankSoon(question, source.router, top);
    } catch (error) {
      this.#failed(error, signal);
    }
  }

  /**
   * The model was not there yet: it is loading, or an engine that stopped is being replaced.
   * @param {Promise<unknown>} ready @param {() => void} again @param {() => void} settle
   */
  #askAgain(ready, again, settle) {
    const { signal } = this.#turn;
    const unlessEnded = (/** @type {() => void} */ act) => () => {
      if (signal.aborted) return;
      this.#awaited = ready;
      void act();
    };
    ready.then(unlessEnded(again), unlessEnded(settle));
  }

  /** Improves the answer once nobody types any more; the next key ends it. @param {string} question @param {RouterLike} router @param {number} top */
  #rerankSoon(question, router, top) {
    const { signal } = this.#turn;
    setTimeout(async () => {
      if (signal.aborted) return;
      try {
        const onStage = (/** @type {Answer} */ answer) => {
          if (!signal.aborted && answer.stage === 'reranked') this.#listener.onAnswer(answer, question, false);
        };
        const answer = await router.route(question, { top, signal, onStage });
        if (!signal.aborted) this.#listener.onAnswer(answer, question, true);
      } catch (error) {
        this.#failed(error, signal);
      }
    }, RERANK_PAUSE_MS);
  }

  /** @param {Error} error @param {AbortSignal} signal */
  #failed(error, signal) {
    if (signal.aborted) return; // A newer question came.
    this.#listener.onBusy(false);
    if (!isAbort(error)) this.#listener.onFailure(error);
  }
}
