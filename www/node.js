/**
 * skillrouter in Node: the answers of a page from files of this machine, without any network.
 *
 *     import { SkillRouter } from 'skillrouter/node';
 *     const router = await SkillRouter.open({ index: 'index' });
 *     const { routes } = await router.route('turn these receipts into a spreadsheet', { top: 5 });
 *
 * The work is done in a thread of the router's own, so the event loop of whoever calls goes on. A thread with nothing to do does not
 * keep the process alive. Types and their meaning: node.d.ts.
 */

import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';

import { Connection } from './messages/connection.js';
import { A, checkArgument, checkOptions, NODE_OPEN_OPTIONS, ROUTE_OPTIONS, SKILL_IDX, wrong } from './shared/arguments.js';
import { abortError, closedError, firstOf, fromPlain, SkillRouterError } from './shared/error.js';
import { deferred } from './shared/promises.js';

export { SkillRouterError };

/** @typedef {'encoder' | 'reranker'} Role */

const THREAD = new URL('./node-thread.js', import.meta.url);
const MODELS_URL = new URL('./models/', import.meta.url);

/** A router over one index. Made by `SkillRouter.open`. */
export class SkillRouter {
  /** @type {{ index_url: string, models_url: string, reranker?: string | null }} */
  #options;
  /** @type {import('./client.d.ts').About} */
  #about;
  /** @type {Record<Role, ReturnType<typeof deferred>>} */
  #ready;
  /** @type {Promise<{ connection: Connection, thread: Thread }> | null} null when the next call has to start a thread */
  #connected = null;
  /** @type {AbortController | null} the newest route of somebody who types */
  #typing = null;
  /** @type {Record<Role, string | null>} why a new thread is not to load a model again */
  #skip = { encoder: null, reranker: null };
  #closed = false;

  /** @param {import('./node.d.ts').OpenOptions} options */
  static async open(options) {
    checkOptions('SkillRouter.open', options, NODE_OPEN_OPTIONS);
    const { index, models = MODELS_URL, reranker } = options;
    checkArgument('index', index, A.place);
    const router = new SkillRouter();
    router.#options = { index_url: folder('index', index), models_url: folder('models', models), reranker };
    await router.#connect();
    return router;
  }

  /** Resolves when answers are by meaning too; rejects when the model cannot be loaded. */
  get ready() {
    return this.#ready.encoder.promise;
  }

  /** Resolves when answers are re-ranked too; rejects when the reranker cannot be loaded; null when there is none. */
  get reranker_ready() {
    return this.#about.models.some(({ role }) => role === 'reranker') ? this.#ready.reranker.promise : null;
  }

  about() {
    return this.#about;
  }

  /** @param {string} query @param {import('./client.d.ts').RouteOptions} [given] */
  async route(query, given = {}) {
    checkArgument('query', query, A.text);
    checkOptions('route', given, ROUTE_OPTIONS);
    let { signal, onStage, ...options } = given;
    if (options.typing) {
      this.#typing?.abort();
      this.#typing = new AbortController();
      signal = firstOf(this.#typing.signal, signal);
    }
    return this.#call('route', { query, options }, { signal, onStage });
  }

  /** @param {number} skill_idx */
  async body(skill_idx) {
    checkArgument('skill_idx', skill_idx, SKILL_IDX);
    return this.#call('body', { skill_idx });
  }

  close() {
    this.#closed = true;
    this.#connected?.then(({ connection }) => connection.end(closedError()), () => {});
  }

  /** @param {string} method @param {object} params @param {import('./messages/connection.js').CallOptions} [options] @returns {Promise<any>} */
  async #call(method, params, { signal, onStage } = {}) {
    if (signal?.aborted) throw abortError();
    const { connection, thread } = await this.#connect();
    if (this.#closed) throw closedError();
    return thread.during(connection.call(method, params, { signal: signal ?? undefined, onStage }));
  }

  /** The thread that there is, or a new one that has opened the index again. */
  async #connect() {
    if (this.#closed) throw closedError();
    this.#connected ??= this.#start();
    return this.#connected;
  }

  async #start() {
    const ready = { encoder: deferred(), reranker: deferred() };
    this.#ready = ready;
    const thread = new Thread();
    /** @type {Record<string, (value: any) => void>} */
    const events = {
      model: (/** @type {import('./client.d.ts').ModelAbout} */ model) => this.#noteModel(model),
      ready: (/** @type {{ role: Role }} */ { role }) => ready[role].resolve(),
      unready: (/** @type {{ role: Role, error: import('./shared/error.js').PlainError }} */ { role, error }) => {
        ready[role].reject(fromPlain(error));
        if (!error.fatal) return;
        this.#skip[role] = error.message; // A model that stopped the engine would stop the next one too.
        connection.end(fromPlain(error));
      },
    };
    const connection = new Connection(thread, {
      onEvent: (event, value) => events[event]?.(value),
      onLost: (error) => {
        this.#connected = null;
        for (const { reject } of Object.values(ready)) reject(error);
      },
    });
    try {
      this.#about = await thread.during(connection.call('open', { ...this.#options, skip: this.#skip }));
    } catch (error) {
      connection.end(error);
      throw error;
    }
    const loading = this.reranker_ready ? [ready.encoder.promise, ready.reranker.promise] : [ready.encoder.promise];
    thread.during(Promise.allSettled(loading));
    return { connection, thread };
  }

  /** @param {import('./client.d.ts').ModelAbout} model that was loaded */
  #noteModel(model) {
    const models = this.#about.models.map((other) => (other.role === model.role ? model : other));
    this.#about = { ...this.#about, models };
  }
}

/** A thread of Node as a page knows its workers. It keeps the process alive only while it is waited for. */
class Thread extends EventTarget {
  #worker = new Worker(THREAD);
  #n_waiting = 0;

  constructor() {
    super();
    this.#worker.unref();
    this.#worker.on('message', (data) => this.dispatchEvent(new MessageEvent('message', { data })));
    this.#worker.on('error', ({ message }) => this.dispatchEvent(Object.assign(new Event('error'), { message })));
    this.#worker.on('exit', () => this.dispatchEvent(new Event('error'))); // Of no interest to a connection that has ended it.
  }

  /** @param {unknown} message */
  postMessage(message) {
    this.#worker.postMessage(message);
  }

  terminate() {
    void this.#worker.terminate();
  }

  /** Keeps the process alive until then. @template T @param {Promise<T>} work @returns {Promise<T>} */
  async during(work) {
    if (this.#n_waiting++ === 0) this.#worker.ref();
    try {
      return await work;
    } finally {
      if (--this.#n_waiting === 0) this.#worker.unref();
    }
  }
}

/** @param {string} option @param {string | URL} path of this machine, or a file URL @returns {string} the URL of a folder, with the slash at its end */
function folder(option, path) {
  const is_url = path instanceof URL || /^[a-z]+:\/\//i.test(path);
  if (is_url && !URL.canParse(path)) throw wrong(`${option} is ${path}; it has to be the path of a folder, or a file URL`);
  const url = is_url ? new URL(path) : pathToFileURL(resolve(path));
  if (url.protocol !== 'file:') throw wrong(`${url.href} is not on this machine, and nothing is downloaded here; give the path of a folder`);
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  return url.href;
}

/**
 * The class is what node.d.ts says, and nothing else.
 * @typedef {import('./types/declared.js').Holds<typeof SkillRouter, typeof import('./node.d.ts').SkillRouter>} Holds
 * @typedef {import('./types/declared.js').NothingElse<Exclude<keyof SkillRouter, keyof import('./node.d.ts').SkillRouter>>} NothingElse
 */
