/**
 * A router for extension pages and the service worker whose engine is in the offscreen document. It connects when it is needed,
 * and again when the document went away, as it does when another index was set.
 */

import { Connection } from '../messages/connection.js';
import { tellDescriptions } from '../messages/late-descriptions.js';
import { closedError, SkillRouterError } from '../shared/error.js';
import { ROUTER_PORT } from './ports.js';

/** @implements {Pick<import('../skill-search.js').RouterLike, 'route' | 'body' | 'about' | 'ready' | 'reranker_ready'>} */
export class RemoteRouter extends EventTarget {
  #openEngine;
  #onProgress;
  /** @type {Promise<Connection> | null} null when the next call has to connect */
  #connection = null;
  #is_closed = false;
  /** @type {Promise<void>} */
  #ready;
  /** @type {Promise<void> | null} */
  #reranker_ready = null;
  /** @type {import('../client.js').About} */
  #about;

  /**
   * @param {{ openEngine?: () => Promise<unknown>, onProgress?: (progress: import('../client.js').Progress) => void }} [options]
   *   `openEngine`: how the offscreen document is made
   */
  constructor({ openEngine = askForEngine, onProgress = () => {} } = {}) {
    super();
    this.#openEngine = openEngine;
    this.#onProgress = onProgress;
  }

  /** Resolves when answers are by meaning too; rejects when the index cannot be opened, or the model not be loaded. */
  get ready() {
    void this.#connected().catch(() => {});
    return this.#ready;
  }

  /** Null until `ready`, and where there is no reranker. */
  get reranker_ready() {
    return this.#reranker_ready;
  }

  about() {
    return this.#about;
  }

  /** @param {string} query @param {import('../client.js').RouteOptions} [options] @returns {Promise<import('../client.js').Answer>} */
  async route(query, { signal, onStage, ...options } = {}) {
    const answer = await this.#call('route', { query, options }, { signal, onStage });
    const described = (/** @type {import('../client.js').Answer} */ answer) => this.#call('described', { answer }, { signal });
    if (onStage) void tellDescriptions(answer, described, onStage).catch(() => {}); // Whoever calls next is told what is wrong.
    return answer;
  }

  /** @param {number} skill_idx @returns {Promise<string | null>} */
  body(skill_idx) {
    return this.#call('body', { skill_idx });
  }

  close() {
    this.#is_closed = true;
    this.#connection?.then((connection) => connection.end(closedError()), () => {});
  }

  /** @param {string} method @param {object} params @param {import('../messages/connection.js').CallOptions} [options] */
  async #call(method, params, options = {}) {
    for (let attempt = 1; ; attempt++) {
      const connection = await this.#connected();
      try {
        return await connection.call(method, params, options);
      } catch (error) {
        const is_lost = connection !== (await this.#connection?.catch(() => null));
        if (!is_lost || this.#is_closed || attempt > 1 || options.signal?.aborted) throw error;
      }
    }
  }

  #connected() {
    if (this.#connection) return this.#connection;
    this.#reranker_ready = null;
    this.#connection = this.#connect();
    this.#ready = this.#connection.then((connection) => this.#loaded(connection));
    this.#ready.catch(() => {}); // Nobody has to listen.
    this.#connection.catch(() => (this.#connection = null));
    return this.#connection;
  }

  async #connect() {
    await this.#openEngine();
    return new Connection(new PortWorker(chrome.runtime.connect({ name: ROUTER_PORT })), {
      onEvent: (event, value) => (event === 'progress' ? this.#onProgress(value) : this.dispatchEvent(new Event(event))),
      onLost: () => (this.#connection = null),
    });
  }

  /** @param {Connection} connection */
  async #loaded(connection) {
    this.#about = await connection.call('open');
    await connection.call('ready');
    if (!this.#about.models.some(({ role }) => role === 'reranker')) return;
    this.#reranker_ready = connection.call('reranker_ready');
    this.#reranker_ready.catch(() => {});
  }
}

/** A port as a `Connection` wants its worker. */
class PortWorker extends EventTarget {
  #port;

  /** @param {chrome.runtime.Port} port */
  constructor(port) {
    super();
    this.#port = port;
    port.onMessage.addListener((data) => this.dispatchEvent(new MessageEvent('message', { data })));
    port.onDisconnect.addListener(() => {
      void chrome.runtime.lastError; // Read, or the browser reports it.
      this.dispatchEvent(new Event('error'));
    });
  }

  /** @param {unknown} message */
  postMessage(message) {
    this.#port.postMessage(message);
  }

  terminate() {
    this.#port.disconnect();
  }
}

/** Pages ask the service worker, which the browser starts for that. */
async function askForEngine() {
  const { error } = await chrome.runtime.sendMessage({ ask: 'engine' });
  if (error) throw new SkillRouterError('engine', `the engine could not be started (${error}); try again`);
}
