/**
 * skillrouter in Node: the answers of a page from files of this machine, computed in this process, without any network.
 *
 *     import { SkillRouter } from 'skillrouter/node';
 *     const router = await SkillRouter.open({ index: 'index' });
 *     const { routes } = await router.route('turn these receipts into a spreadsheet', { top: 5 });
 *
 * There is no worker: while a query is encoded, for some 20 ms, or a batch of skills re-ranked, the event loop stands still.
 * A server that answers many at once opens its router in a worker thread. Types and their meaning: node.d.ts.
 */

import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { CpuEngine, SearchEngine } from './engine/engine.js';
import { Session } from './engine/session.js';
import { abortError, firstOf, fromPlain, isAbort, SkillRouterError, toPlain } from './shared/error.js';
import { deferred } from './shared/promises.js';

export { SkillRouterError };

/** @typedef {'encoder' | 'reranker'} Role */

const SEARCH_WASM = new URL('./pkg/search/skillrouter_bg.wasm', import.meta.url);
const CPU_WASM = new URL('./pkg/cpu/skillrouter_bg.wasm', import.meta.url);
const MODELS_URL = new URL('./models/', import.meta.url);

/**
 * A panic leaves the memory of the engine in doubt, and a process has one engine.
 * @type {SkillRouterError | null} why no router of this process is to be used any more
 */
let stopped = null;

/** A router over one index. Made by `SkillRouter.open`. */
export class SkillRouter {
  /** @type {Session} */
  #session;
  /** @type {Map<Role, import('./client.d.ts').ModelAbout>} models that are loaded */
  #loaded = new Map();
  /** @type {Record<Role, ReturnType<typeof deferred>>} */
  #ready = { encoder: deferred(), reranker: deferred() };
  /** @type {AbortController | null} the newest route of somebody who types */
  #typing = null;
  #closed = false;

  /** @param {import('./node.d.ts').OpenOptions} options */
  static async open({ index, models = MODELS_URL, reranker }) {
    const router = new SkillRouter();
    const options = {
      index_url: folder(index), models_url: folder(models), reranker, device: /** @type {const} */ ('cpu'),
      prefetch: /** @type {const} */ ('none'), prefetch_bytes: 0, skip: { encoder: null, reranker: null }, fetchFile: readLocalFile,
    };
    /** @type {import('./engine/session.js').SessionEvents} */
    const events = {
      onProgress() {},
      onModel: (model) => router.#loaded.set(model.role, model),
      onReady: (role) => router.#ready[role].resolve(),
      onUnready: (role, error) => router.#ready[role].reject(error.fatal ? stop(`while it loaded the ${role}`) : fromPlain(error)),
    };
    const builds = {
      openSearch: async () => SearchEngine.open(await readLocalFile(SEARCH_WASM.href)),
      openCpu: async () => CpuEngine.open(await readLocalFile(CPU_WASM.href)),
    };
    router.#session = await guarded(() => Session.open(options, builds, events, new AbortController().signal));
    return router;
  }

  /** Resolves when answers are by meaning too; rejects when the model cannot be loaded. */
  get ready() {
    return this.#ready.encoder.promise;
  }

  /** Resolves when answers are re-ranked too; rejects when the reranker cannot be loaded; null when there is none. */
  get reranker_ready() {
    return this.about().models.some(({ role }) => role === 'reranker') ? this.#ready.reranker.promise : null;
  }

  about() {
    const about = this.#session.about();
    return { ...about, models: about.models.map((model) => this.#loaded.get(model.role) ?? model) };
  }

  /** @param {string} query @param {import('./client.d.ts').RouteOptions} [options] */
  route(query, { signal, onStage, ...options } = {}) {
    if (options.typing) {
      this.#typing?.abort();
      this.#typing = new AbortController();
      signal = firstOf(this.#typing.signal, signal);
    }
    signal ??= new AbortController().signal;
    // What a listener throws is its own affair, and no failure of the route.
    const tell = (/** @type {import('./client.d.ts').Answer} */ answer) => queueMicrotask(() => onStage?.(answer));
    return this.#call(() => {
      if (signal.aborted) throw abortError();
      return this.#session.route(String(query), options, signal, tell);
    });
  }

  /** @param {number} skill_idx */
  body(skill_idx) {
    return this.#call(() => this.#session.body(skill_idx));
  }

  close() {
    this.#closed = true;
    this.#session.stop();
  }

  /**
   * Does the work unless this router is closed, before it or meanwhile.
   * @template T
   * @param {() => Promise<T>} work
   * @returns {Promise<T>}
   */
  async #call(work) {
    this.#throwIfClosed();
    try {
      return await guarded(work);
    } finally {
      this.#throwIfClosed();
    }
  }

  #throwIfClosed() {
    if (this.#closed) throw new SkillRouterError('unavailable', 'this router is closed; open another');
  }
}

/**
 * Enters the engine, unless it has stopped. Its errors become ours.
 * @template T
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
async function guarded(work) {
  if (stopped) throw stopped;
  try {
    return await work();
  } catch (error) {
    if (isAbort(error) || error instanceof SkillRouterError) throw error;
    if (error instanceof WebAssembly.RuntimeError) throw stop(error.message, error);
    const { code, message, fatal } = toPlain(error);
    throw fatal ? error : new SkillRouterError(/** @type {import('./client.d.ts').ErrorCode} */ (code), message, { cause: error });
  }
}

/** @param {string} why @param {Error} [cause] @returns {SkillRouterError} the first reason is the one that is told */
function stop(why, cause) {
  stopped ??= new SkillRouterError('engine', `the engine stopped (${why}); start the program again`, { cause });
  return stopped;
}

/**
 * The bytes of a file of this machine, and of nothing else: an address that an index or a model makes up is not followed.
 * @param {string} url
 * @param {Pick<Parameters<import('./storage/assets.js').FetchFile>[1], 'signal' | 'report'>} [options]
 * @returns {Promise<Uint8Array<ArrayBuffer>>}
 */
async function readLocalFile(url, { signal, report } = {}) {
  try {
    const bytes = await readFile(fileURLToPath(url), { signal });
    report?.(bytes.length);
    return bytes;
  } catch (error) {
    if (signal?.aborted) throw abortError();
    const why = error.code === 'ENOENT' ? 'there is no such file' : error.message;
    throw new SkillRouterError('not-found', `${url} could not be read (${why}); check the path`, { cause: error });
  }
}

/** @param {string | URL} path of this machine, or a file URL @returns {string} the URL of a folder, with the slash at its end */
function folder(path) {
  const url = path instanceof URL || /^[a-z]+:\/\//i.test(path) ? new URL(path) : pathToFileURL(resolve(path));
  if (url.protocol !== 'file:') {
    throw new SkillRouterError('unavailable', `${url.href} is not on this machine, and nothing is downloaded here; give the path of a folder`);
  }
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  return url.href;
}

/**
 * The class is what node.d.ts says, and nothing else.
 * @typedef {import('./types/declared.js').Holds<typeof SkillRouter, typeof import('./node.d.ts').SkillRouter>} Holds
 * @typedef {import('./types/declared.js').NothingElse<Exclude<keyof SkillRouter, keyof import('./node.d.ts').SkillRouter>>} NothingElse
 */
