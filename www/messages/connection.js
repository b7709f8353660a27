/**
 * Calls into one worker as promises. Knows messages and nothing of skills.
 */

import { abortError, fromPlain, SkillRouterError } from '../shared/error.js';

/**
 * @typedef {{ signal?: AbortSignal, onStage?: (value: any) => void }} CallOptions
 * @typedef {{ resolve: (value: any) => void, reject: (error: Error) => void, onStage?: (value: any) => void }} Pending
 */

/**
 * What a connection uses of a worker, so that other things can stand for one.
 * @typedef {Pick<Worker, 'postMessage' | 'terminate'> & EventTarget} WorkerLike
 */

/** One worker and the calls that are waiting for it. */
export class Connection {
  /** @type {WorkerLike | null} null when it has ended */
  #worker;
  /** @type {Map<number, Pending>} */
  #pending = new Map();
  #n_calls = 0;
  #onLost;

  /**
   * @param {WorkerLike} worker that has just been started
   * @param {{ onEvent: (event: string, value: any) => void, onLost: (error: Error) => void }} listeners `onLost`: the worker
   *   is gone, every waiting call was rejected, and there has to be another one
   */
  constructor(worker, { onEvent, onLost }) {
    this.#onLost = onLost;
    this.#worker = worker;
    worker.addEventListener('message', (event) => {
      const { data } = /** @type {MessageEvent} */ (event);
      if (data.event) onEvent(data.event, data.value);
      else this.#settle(data);
    });
    worker.addEventListener('error', (event) => {
      const { message } = /** @type {Partial<ErrorEvent>} */ (event);
      const why = message ? ` (${message})` : '';
      this.end(new SkillRouterError('engine', `the engine's worker stopped${why}; check the connection and try again`));
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
      worker.postMessage({ id, method, params });
    });
  }

  /** Ends the worker and rejects what waits for it. @param {Error} error */
  end(error) {
    if (!this.#worker) return;
    this.#worker.terminate();
    this.#worker = null;
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
