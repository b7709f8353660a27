/**
 * The answering side of a conversation as connection.js begins it: one table of handlers, whatever carries the messages.
 *
 *   in   { id, method, params } | { cancel: id } | { ping }
 *   out  { id, result } | { id, error } | { id, stage } | { pong }
 */

import { SkillRouterError, toPlain } from '../shared/error.js';

/**
 * @typedef {{ signal: AbortSignal, onStage: (stage: any) => void }} Call
 * @typedef {Record<string, (params: any, call: Call) => any>} Handlers
 */

export class Answering {
  #handlers;
  #post;
  /** @type {Map<number, AbortController>} */
  #running = new Map();

  /** @param {Handlers} handlers by method @param {(message: object) => void} post */
  constructor(handlers, post) {
    this.#handlers = handlers;
    this.#post = post;
  }

  /** @param {{ id: number, method: string, params?: any } | { cancel: number } | { ping: true }} message */
  async take(message) {
    if ('ping' in message) return this.#post({ pong: true });
    if ('cancel' in message) return this.#running.get(message.cancel)?.abort();
    const { id, method, params } = message;
    const controller = new AbortController();
    this.#running.set(id, controller);
    try {
      if (!Object.hasOwn(this.#handlers, method)) throw new SkillRouterError('unavailable', `${method} cannot be called from here`);
      const call = { signal: controller.signal, onStage: (/** @type {unknown} */ stage) => this.#post({ id, stage }) };
      this.#post({ id, result: await this.#handlers[method](params, call) });
    } catch (error) {
      if (toPlain(error).fatal) console.error(error);
      this.#post({ id, error: toPlain(error) });
    } finally {
      this.#running.delete(id);
    }
  }

  /** The answers are no longer wanted. */
  end() {
    for (const controller of this.#running.values()) controller.abort();
  }
}
