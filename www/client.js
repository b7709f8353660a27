/**
 * skillrouter in a page: finds the skill for a task without sending the task anywhere.
 *
 *     import { SkillRouter } from './client.js';
 *     const router = await SkillRouter.open({ index: 'index/', models: 'models/' });
 *     const { routes } = await router.route('turn these receipts into a spreadsheet', { top: 5 });
 *
 * The work is done in a worker; this is its public face. Types and their meaning: client.d.ts.
 */

import { Connection, SilenceError } from './messages/connection.js';
import { tellDescriptions } from './messages/late-descriptions.js';
import { startWorker } from './messages/worker-start.js';
import { A, ADD_OWN_OPTIONS, checkArgument, checkOptions, OPEN_OPTIONS, REMOVE_OWN_OPTIONS, ROUTE_OPTIONS, SKILL_IDX, wrong } from './shared/arguments.js';
import { abortError, closedError, firstOf, fromPlain, SkillRouterError } from './shared/error.js';
import { deferred } from './shared/promises.js';

export { SkillRouterError };

/** @typedef {'encoder' | 'reranker'} Role */

/** Bodies of an index up to this size are fetched ahead too: about a thousand skills. */
const PREFETCH_BYTES = 4 * 1024 * 1024;
/** How long nothing may be heard of an engine that has work to do. */
const PATIENCE_MS = 10_000;
/** What a new engine is asked again when one fell silent: calls that change nothing. */
const REPEATABLE = ['route', 'described', 'body', 'cached', 'map', 'own'];

/** A router over one index. Made by `SkillRouter.open`. */
export class SkillRouter extends EventTarget {
  /**
   * @type {{ index_url: string, models_url: string } & Pick<import('./client.d.ts').OpenOptions,
   *   'reranker' | 'device' | 'prefetch' | 'prefetch_bytes' | 'patience_ms' | 'onProgress'>}
   */
  #options;
  /** @type {import('./client.d.ts').About} */
  #about;
  /** @type {Record<Role, ReturnType<typeof deferred>>} */
  #ready;
  /** @type {Promise<Connection> | null} null when the next call has to start a worker */
  #connection = null;
  /** @type {AbortController | null} the newest route of somebody who types */
  #typing = null;
  /** @type {Record<Role, string | null>} why a new worker is not to load a model again */
  #skip = { encoder: null, reranker: null };
  #n_started = 0;
  /** Engines that fell silent while their models were loading. */
  #n_silent_loads = 0;
  #closed = false;

  /** @param {import('./client.d.ts').OpenOptions} [options] */
  static async open(options = {}) {
    checkOptions('SkillRouter.open', options, OPEN_OPTIONS);
    const {
      index = 'index/', models = 'models/', reranker, device = 'auto', prefetch = 'all', prefetch_bytes = PREFETCH_BYTES,
      patience_ms = PATIENCE_MS, onProgress, signal,
    } = options;
    const router = new SkillRouter();
    router.#options = { index_url: folder('index', index), models_url: folder('models', models), reranker, device, prefetch, prefetch_bytes, patience_ms, onProgress };
    await router.#unlessSilent(() => router.#connected(signal));
    signal?.addEventListener('abort', () => void router.#stop(), { once: true });
    if (signal?.aborted) void router.#stop();
    return router;
  }

  /** Resolves when answers are by meaning too; rejects when the model cannot be loaded. */
  get ready() {
    return this.#ready.encoder.promise;
  }

  /** Resolves when answers are re-ranked too; rejects when the reranker cannot be loaded; null when there is none. */
  get reranker_ready() {
    return this.#hasReranker() ? this.#ready.reranker.promise : null;
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
    const answer = await this.#call('route', { query, options }, { signal, onStage });
    if (onStage) void tellDescriptions(answer, (told) => this.described(told, { signal }), onStage).catch(() => {}); // Whoever calls next is told what is wrong.
    return answer;
  }

  /** @param {import('./client.d.ts').Answer} answer @param {{ signal?: AbortSignal }} [options] @returns {Promise<import('./client.d.ts').Answer>} */
  async described(answer, { signal } = {}) {
    if (!Array.isArray(answer?.routes)) throw wrong('answer is none; give what route answered');
    return this.#call('described', { answer }, { signal });
  }

  /** @param {number} skill_idx */
  async body(skill_idx) {
    checkArgument('skill_idx', skill_idx, SKILL_IDX);
    return this.#call('body', { skill_idx });
  }

  cached() {
    return this.#call('cached');
  }

  /** @param {string} [model] */
  async forget(model) {
    if (model !== undefined) checkArgument('model', model, A.name);
    const manifest_url = model === undefined ? undefined : `${this.#options.models_url}${encodeURIComponent(model)}/model.json`;
    return this.#call('forget', { manifest_url });
  }

  map() {
    return this.#call('map');
  }

  own() {
    return this.#call('own');
  }

  /** @param {Iterable<import('./client.d.ts').OwnFile>} files @param {import('./client.d.ts').AddOwnOptions} options */
  async addOwn(files, options) {
    checkOptions('addOwn', options, ADD_OWN_OPTIONS);
    const { source, onProgress, signal } = options;
    checkArgument('source', source, A.name);
    const given = listed(files);
    // Otherwise a browser that runs out of space may delete what was added. Whatever it answers, they are kept as well as may be.
    void navigator.storage?.persist?.().catch(() => {});
    return this.#call('addOwn', { files: given, source }, { signal, onStage: onProgress });
  }

  /** @param {string} [source] @param {Pick<import('./client.d.ts').AddOwnOptions, 'onProgress'>} [options] */
  async removeOwn(source, options = {}) {
    if (source !== undefined) checkArgument('source', source, A.text);
    checkOptions('removeOwn', options, REMOVE_OWN_OPTIONS);
    return this.#call('removeOwn', { source }, { onStage: options.onProgress });
  }

  close() {
    this.#closed = true;
    this.#connection?.then((connection) => connection.end(closedError()), () => {});
  }

  /** Ends the loading of the models, also for a worker that has to be started later. */
  async #stop() {
    this.#skip = { encoder: 'loading the model was stopped', reranker: 'loading the reranker was stopped' };
    await this.#connection?.then((connection) => connection.call('stop')).catch(() => {});
  }

  /** @param {string} method @param {object} [params] @param {import('./messages/connection.js').CallOptions} [options] @returns {Promise<any>} */
  async #call(method, params, { signal, onStage } = {}) {
    if (signal?.aborted) throw abortError();
    const call = async () => (await this.#connected()).call(method, params, { signal, onStage });
    return REPEATABLE.includes(method) ? this.#unlessSilent(call) : call();
  }

  /**
   * Asks a new engine again when one fell silent; once, since the question may be what no engine bears.
   * @template T @param {() => T | Promise<T>} call @returns {Promise<T>}
   */
  async #unlessSilent(call) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof SilenceError) || this.#closed) throw error;
      return call();
    }
  }

  /** The worker that there is, or a new one that has opened the index again. @param {AbortSignal} [signal] */
  #connected(signal) {
    if (this.#closed) throw closedError();
    if (this.#connection) return this.#connection;
    const connecting = this.#connect(signal);
    this.#connection = connecting;
    connecting.catch(() => this.#connection === connecting && (this.#connection = null));
    return connecting;
  }

  /** @param {AbortSignal} [signal] */
  async #connect(signal) {
    const ready = { encoder: deferred(), reranker: deferred() };
    this.#ready = ready;
    if (this.#n_started++ > 0) queueMicrotask(() => this.dispatchEvent(new Event('restart')));
    /** Models that are on their way. @type {Set<Role>} */
    const loading = new Set(['encoder', 'reranker']);
    const { onProgress, patience_ms, ...options } = this.#options;
    /** @type {Record<string, ((value: any) => void) | undefined>} */
    const events = {
      progress: onProgress,
      model: (/** @type {import('./client.d.ts').ModelAbout} */ model) => this.#noteModel(model),
      own: () => this.dispatchEvent(new Event('own')),
      ready: (/** @type {{ role: Role }} */ { role }) => {
        loading.delete(role);
        this.#n_silent_loads = 0;
        ready[role].resolve();
      },
      unready: (/** @type {{ role: Role, error: import('./shared/error.js').PlainError }} */ { role, error }) => {
        loading.delete(role);
        ready[role].reject(fromPlain(error));
        if (!error.fatal) return;
        this.#skip[role] = error.message; // A model that stopped the engine would stop the next one too.
        connection.end(fromPlain(error));
      },
    };
    const { worker, whyNotStarted } = startWorker(newWorker);
    const connection = new Connection(worker, {
      whyNotStarted,
      patience_ms,
      isBusy: () => loading.size > 0,
      onEvent: (event, value) => events[event]?.(value),
      onLost: (error) => {
        this.#connection = null;
        for (const { reject } of Object.values(ready)) reject(error);
        if (error instanceof SilenceError && loading.size > 0) this.#loadAgain(loading, error);
      },
    });
    try {
      this.#about = await connection.call('open', { ...options, skip: this.#skip }, { signal });
      // A worker that replaces another may find a newer index, which names none, while somebody waits for the old one's.
      if (!this.#hasReranker()) events.unready?.({ role: 'reranker', error: { code: 'unavailable', message: 'no reranker is open', fatal: false } });
      return connection;
    } catch (error) {
      connection.end(error);
      throw error;
    }
  }

  /**
   * Loads what was on its way when an engine fell silent; the second time, answers go on without the model that is to blame.
   * @param {Set<Role>} loading @param {SilenceError} error
   */
  #loadAgain([role], error) {
    if (this.#closed) return;
    if (++this.#n_silent_loads > 1) this.#skip[role] = error.message;
    void this.#connected().catch(() => {}); // Whoever calls next is told what is wrong.
  }

  #hasReranker() {
    return this.#about.models.some(({ role }) => role === 'reranker');
  }

  /** @param {import('./client.d.ts').ModelAbout} model that was loaded, or runs elsewhere now */
  #noteModel(model) {
    const models = this.#about.models.map((other) => (other.role === model.role ? model : other));
    this.#about = { ...this.#about, models };
  }
}

/** Bundlers know a worker by exactly this expression. */
function newWorker() {
  return new Worker(new URL('./engine/worker.js', import.meta.url), { type: 'module', name: 'skillrouter' });
}

/** @param {Iterable<import('./client.d.ts').OwnFile>} files @returns {import('./client.d.ts').OwnFile[]} */
function listed(files) {
  if (typeof files?.[Symbol.iterator] !== 'function' || typeof files === 'string') throw wrong('files is no list; give one of { path, file }');
  return Array.from(files, (given, place) => {
    if (typeof given?.path === 'string' && given.file instanceof Blob) return { path: given.path, file: given.file };
    throw wrong(`files[${place}] is not { path, file }; path has to be a string, and file a File or another Blob`);
  });
}

/** @param {string} option @param {string | URL} path @returns {string} the absolute address of a folder, with the slash at its end */
function folder(option, path) {
  const base = globalThis.document?.baseURI ?? location.href;
  if (!URL.canParse(path, base)) throw wrong(`${option} is ${path}; it has to be an address, or a path from the page`);
  const url = new URL(path, base);
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  return url.href;
}

/**
 * The class is what client.d.ts says, and nothing else.
 * @typedef {import('./types/declared.js').Holds<typeof SkillRouter, typeof import('./client.d.ts').SkillRouter>} Holds
 * @typedef {import('./types/declared.js').NothingElse<Exclude<keyof SkillRouter, keyof import('./client.d.ts').SkillRouter>>} NothingElse
 * @typedef {import('./types/declared.js').Holds<SkillRouterError, import('./client.d.ts').SkillRouterError>} HoldsError
 */
