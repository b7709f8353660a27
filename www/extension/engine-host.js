/**
 * One router that answers many ports: one table of handlers, and the same messages as between client.js and worker.js.
 *
 *   in   { id, method, params } | { cancel: id }
 *   out  { id, result } | { id, error } | { id, stage } | { event, value }
 */

import { SkillRouter } from '../client.js';
import { SkillRouterError, toPlain } from '../error.js';

export class EngineHost {
  #folders;
  /** Null when the next call has to open it. @type {Promise<SkillRouter> | null} */
  #router = null;
  /** @type {Set<chrome.runtime.Port>} */
  #ports = new Set();
  /**
   * The newest question of somebody who types: a router drops it when another one comes.
   * @type {{ port: object, answer: Promise<unknown> } | null}
   */
  #typing = null;

  /** @type {Record<string, (params: any, call: { port: chrome.runtime.Port, signal: AbortSignal, onStage: (answer: any) => void }) => any>} */
  #handlers = {
    open: async () => (await this.#opened()).about(),
    ready: async () => (await this.#opened()).ready,
    reranker_ready: async () => (await this.#opened()).reranker_ready,
    route: ({ query, options }, call) => this.#route(query, options, call),
    body: async ({ skill_idx }) => (await this.#opened()).body(skill_idx),
  };

  /** @param {{ index: string, models: string }} folders absolute addresses */
  constructor(folders) {
    this.#folders = folders;
  }

  /** @param {chrome.runtime.Port} port @param {{ only?: string[] }} [options] `only`: the methods that it may call; default all */
  serve(port, { only = Object.keys(this.#handlers) } = {}) {
    /** @type {Map<number, AbortController>} */
    const running = new Map();
    const post = (message) => this.#ports.has(port) && port.postMessage(message);
    this.#ports.add(port);
    port.onDisconnect.addListener(() => {
      this.#ports.delete(port);
      for (const controller of running.values()) controller.abort();
    });
    port.onMessage.addListener(async ({ id, method, params, cancel }) => {
      if (cancel !== undefined) return running.get(cancel)?.abort();
      const controller = new AbortController();
      running.set(id, controller);
      try {
        if (!only.includes(method)) throw new SkillRouterError('unavailable', `${method} cannot be called from here`);
        const call = { port, signal: controller.signal, onStage: (stage) => post({ id, stage }) };
        post({ id, result: await this.#handlers[method](params, call) });
      } catch (error) {
        post({ id, error: { ...toPlain(error), fatal: false } }); // The router replaces an engine that stopped by itself.
      } finally {
        running.delete(id);
      }
    });
  }

  /** Those who type take turns. */
  async #route(query, options, { port, signal, onStage }) {
    const router = await this.#opened();
    if (!options.typing) return router.route(query, { ...options, signal, onStage });
    while (this.#typing && this.#typing.port !== port) await this.#typing.answer;
    signal.throwIfAborted();
    const route = router.route(query, { ...options, signal, onStage });
    const typing = { port, answer: route.catch(() => {}) };
    this.#typing = typing;
    try {
      return await route;
    } finally {
      if (this.#typing === typing) this.#typing = null;
    }
  }

  /** A failure is forgotten: the next call tries again. */
  #opened() {
    this.#router ??= this.#open().catch((error) => {
      this.#router = null;
      throw error;
    });
    return this.#router;
  }

  #open() {
    const onProgress = (value) => this.#ports.forEach((port) => port.postMessage({ event: 'progress', value }));
    return openRouter({ ...this.#folders, onProgress });
  }
}

/**
 * A router on the CPU: the build for the GPU is no part of the extension, whose model answers in some twenty milliseconds.
 * @param {import('../client.js').OpenOptions & { models: string }} options
 */
export async function openRouter({ models, ...options }) {
  const router = await SkillRouter.open({ ...options, models, device: 'cpu' });
  const { model, models: about } = router.about();
  const reranker = about.find(({ role }) => role === 'reranker');
  if (!(await isHere(model, models))) {
    router.close();
    throw new SkillRouterError('encoder-mismatch',
      `the index was built for the encoder ${model}, which does not come with this extension; build it again with the one that does`);
  }
  if (!reranker || (await isHere(reranker.name, models))) return router;
  router.close();
  return SkillRouter.open({ ...options, models, device: 'cpu', reranker: null });
}

/** @param {string} model @param {string} models */
async function isHere(model, models) {
  const response = await fetch(`${models}${encodeURIComponent(model)}/model.json`).catch(() => null);
  return response?.ok === true;
}
