/**
 * Calls into one worker as promises. Knows messages and nothing of skills.
 */

import { abortError, fromPlain, SkillRouterError } from '../shared/error.js';
import { Watchdog } from './watchdog.js';

/**
 * @typedef {{ signal?: AbortSignal, onStage?: (value: any) => void }} CallOptions
 * @typedef {{ resolve: (value: any) => void, reject: (error: Error) => void, onStage?: (value: any) => void }} Pending
 */

/**
 * What a connection uses of a worker, so that other things can stand for one.
 * @typedef {Pick<Worker, 'postMessage' | 'terminate'> & EventTarget} WorkerLike
 */

/** Nothing was heard of a worker that had work to do, so it was ended. */
export class SilenceError extends SkillRouterError {
  /** @param {number} patience_ms */
  constructor(patience_ms) {
    super('engine', `nothing was heard of the engine for ${patience_ms / 1000} s, so it was ended; try again, the next call starts a new one`);
  }
}

/** One worker and the calls that are waiting for it. */
export class Connection {
  /** @type {WorkerLike | null} null when it has ended */
  #worker;
  /** @type {Map<number, Pending>} */
  #pending = new Map();
  #n_calls = 0;
  #onLost;
  /** Null where whoever runs the worker sees to that. @type {Watchdog | null} */
  #watchdog = null;

  /**
   * @param {WorkerLike} worker that has just been started
   * @param {object} options
   * @param {(event: string, value: any) => void} options.onEvent
   * @param {(error: Error) => void} options.onLost the worker is gone, every waiting call was rejected, and there has to be another one
   * @param {number} [options.patience_ms] how long nothing may be heard while work is out, before the worker is ended; default: for ever
   * @param {() => boolean} [options.isBusy] whether the worker has something to do apart from calls
   * @param {(message: string) => Promise<Error>} [options.whyNotStarted] of a worker that never said a word; `message`: of its script, if
   *   that ran
   */
  constructor(worker, { onEvent, onLost, patience_ms, isBusy = () => false, whyNotStarted }) {
    this.#onLost = onLost;
    this.#worker = worker;
    if (patience_ms) {
      this.#watchdog = new Watchdog(patience_ms, {
        isBusy: () => this.#pending.size > 0 || isBusy(),
        ask: () => worker.postMessage({ ping: true }),
        onSilent: () => this.end(new SilenceError(patience_ms)),
      });
    }
    let has_started = false;
    worker.addEventListener('message', (event) => {
      has_started = true;
      const { data } = /** @type {MessageEvent} */ (event);
      this.#watchdog?.heard();
      if (data.silence) this.#watchdog?.allow(data.silence);
      else if (data.event) onEvent(data.event, data.value);
      else if (data.id) this.#settle(data);
    });
    worker.addEventListener('error', (event) => {
      const { message = '' } = /** @type {Partial<ErrorEvent>} */ (event);
      if (!has_started && whyNotStarted) return void whyNotStarted(message).then((why) => this.end(why));
      this.end(new SkillRouterError('engine', `the engine's worker stopped${message && ` (${message})`}; try again`));
    });
  }

  /**
   * @param {string} method
   * @param {unknown} [params]
   * @param {CallOptions} [options]
   * @returns {Promise<any>}
   */
  call(method, params, { signal, onStage } = {}) {
    if (signal?.aborted) return Promise.reject(abortError());
    const worker = this.#worker;
    if (!worker) return Promise.reject(new SkillRouterError('engine', 'the engine has just stopped; try again'));
    const id = ++this.#n_calls;
    return new Promise((resolve, reject) => {
      const cancel = () => {
        if (!this.#pending.delete(id)) return;
        worker.postMessage({ cancel: id });
        reject(abortError());
      };
      const settled = (/** @type {(value: any) => void} */ settle) => (/** @type {any} */ value) => {
        signal?.removeEventListener('abort', cancel);
        settle(value);
      };
      signal?.addEventListener('abort', cancel);
      this.#pending.set(id, { resolve: settled(resolve), reject: settled(reject), onStage });
      this.#watchdog?.watch();
      worker.postMessage({ id, method, params });
    });
  }

  /** Ends the worker and rejects what waits for it. @param {Error} error */
  end(error) {
    if (!this.#worker) return;
    this.#worker.terminate();
    this.#worker = null;
    this.#watchdog?.end();
    const waiting = [...this.#pending.values()];
    this.#pending.clear();
    for (const { reject } of waiting) reject(error);
    this.#onLost(error);
  }

  /** @param {{ id: number, result?: any, error?: import('../shared/error.js').PlainError, stage?: any }} message */
  #settle({ id, result, error, stage }) {
    const call = this.#pending.get(id);
    if (error?.fatal) this.end(fromPlain(error)); // Also when the call was cancelled: the engine is not to be trusted.
    if (!call || error?.fatal) return;
    if (stage !== undefined) return call.onStage?.(stage);
    this.#pending.delete(id);
    if (error) call.reject(fromPlain(error));
    else call.resolve(result);
  }
}
