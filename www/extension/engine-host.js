/**
 * One router that answers many ports, with the same messages as between client.js and worker.js.
 */

import { SkillRouter } from '../client.js';
import { Answering } from '../messages/answering.js';
import { TypingTurns } from '../messages/typing-turns.js';
import { SkillRouterError } from '../shared/error.js';

export class EngineHost {
  #folders;
  /** Null when the next call has to open it. @type {Promise<SkillRouter> | null} */
  #router = null;
  /** @type {Set<chrome.runtime.Port>} */
  #ports = new Set();
  #turns = new TypingTurns();

  /** @param {{ index: string, models: string }} folders absolute addresses */
  constructor(folders) {
    this.#folders = folders;
  }

  /** @param {chrome.runtime.Port} port @param {{ only?: string[] }} [options] `only`: the methods that it may call; default all */
  serve(port, { only } = {}) {
    const handlers = this.#handlersOf(port);
    const allowed = only ? Object.fromEntries(only.map((method) => [method, handlers[method]])) : handlers;
    const answering = new Answering(allowed, (message) => this.#ports.has(port) && port.postMessage(withoutPanic(message)));
    this.#ports.add(port);
    port.onDisconnect.addListener(() => {
      this.#ports.delete(port);
      answering.end();
    });
    port.onMessage.addListener((message) => void answering.take(message));
  }

  /** @param {chrome.runtime.Port} port whose questions wait for those of others @returns {import('../messages/answering.js').Handlers} */
  #handlersOf(port) {
    return {
      open: async () => (await this.#opened()).about(),
      ready: async () => (await this.#opened()).ready,
      reranker_ready: async () => (await this.#opened()).reranker_ready,
      route: async ({ query, options }, call) => {
        const router = await this.#opened();
        const ask = () => router.route(query, { ...options, ...call });
        return options.typing ? this.#turns.take(port, call.signal, ask) : ask();
      },
      described: async ({ answer }, { signal }) => (await this.#opened()).described(answer, { signal }),
      body: async ({ skill_idx }) => (await this.#opened()).body(skill_idx),
    };
  }

  /** A failure is forgotten: the next call tries again. */
  #opened() {
    this.#router ??= this.#open().catch((error) => {
      this.#router = null;
      throw error;
    });
    return this.#router;
  }

  async #open() {
    const tell = (/** @type {string} */ event, /** @type {unknown} */ value) => this.#ports.forEach((port) => port.postMessage({ event, value }));
    const router = await openRouter({ ...this.#folders, onProgress: (progress) => tell('progress', progress) });
    router.addEventListener('own', () => tell('own', null));
    return router;
  }
}

/** The router replaces an engine that stopped by itself, so its callers need not. @param {any} message */
function withoutPanic(message) {
  return message.error ? { ...message, error: { ...message.error, fatal: false } } : message;
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
