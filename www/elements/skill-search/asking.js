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
/** After so long the answer before is marked as what it is. */
const LATE_MS = 400;

export class Asking {
  #listener;
  /** Ends with the next question. */
  #turn = new AbortController();
  #late_timer = 0;
  /** The `ready` that was waited for; not again. @type {Promise<unknown> | null} */
  #awaited = null;
  /** Calls until now, and the last of them that has told something. */
  #n_calls = 0;
  #n_heard = 0;

  /**
   * @param {Record<'onBusy' | 'onLate' | 'onAnswer' | 'onNothing' | 'onFailure', Function>} listener `onLate`: nothing was heard for
   *   this question until now; `onAnswer`: a stage, its question, and whether no better one follows; `onNothing`: no question, or nobody
   *   yet who answers
   */
  constructor(listener) {
    this.#listener = listener;
  }

  /** Ends what is under way. */
  stop() {
    this.#turn.abort();
    clearTimeout(this.#late_timer);
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
    this.#late_timer = setTimeout(() => this.#listener.onLate(question), LATE_MS);
    try {
      const call = this.#listen(question, ({ routes }) => routes.length > 0); // Only the last stage may say that nothing matches.
      const answer = await source.ask(this, question, { top, signal, onStage: call.onStage });
      if (signal.aborted) return;
      const { ready, reranker_ready } = source.router;
      const awaited = answer.stage === 'lexical' && ready !== this.#awaited ? ready : undefined;
      const is_to_be_reranked = answer.stage !== 'lexical' && Boolean(reranker_ready);
      this.#listener.onBusy(false);
      call.onAnswer(answer, !awaited && !is_to_be_reranked);
      if (awaited) this.#askAgain(awaited, () => this.ask(question, source, top), () => call.settle());
      else if (is_to_be_reranked) this.#rerankSoon(question, source.router, top);
    } catch (error) {
      this.#failed(error, signal);
    }
  }

  /**
   * Tells what one call of this question says, until a later call has said something. After its answer, that one may come again with
   * descriptions that were not here before.
   * @param {string} question @param {(answer: Answer) => boolean} isWanted of the stages before the answer
   */
  #listen(question, isWanted) {
    const { signal } = this.#turn;
    const number = ++this.#n_calls;
    /** @type {Answer | null} */
    let last = null;
    let is_settled = false;
    const tell = (/** @type {Answer} */ answer) => {
      this.#n_heard = number;
      clearTimeout(this.#late_timer);
      this.#listener.onAnswer(answer, question, is_settled);
    };
    return {
      onStage: (/** @type {Answer} */ answer) => {
        if (signal.aborted || this.#n_heard > number || !(last || isWanted(answer))) return;
        if (last) last = answer;
        tell(answer);
      },
      onAnswer: (/** @type {Answer} */ answer, /** @type {boolean} */ settled) => {
        last = answer;
        is_settled = settled;
        tell(answer);
      },
      settle: () => {
        is_settled = true;
        if (last) tell(last);
      },
    };
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
        const call = this.#listen(question, ({ stage }) => stage === 'reranked');
        const answer = await router.route(question, { top, signal, onStage: call.onStage });
        if (!signal.aborted) call.onAnswer(answer, true);
      } catch (error) {
        this.#failed(error, signal);
      }
    }, RERANK_PAUSE_MS);
  }

  /** @param {Error} error @param {AbortSignal} signal */
  #failed(error, signal) {
    if (signal.aborted) return; // A newer question came.
    clearTimeout(this.#late_timer);
    this.#listener.onBusy(false);
    if (!isAbort(error)) this.#listener.onFailure(error);
  }
}
