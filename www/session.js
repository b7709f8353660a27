/**
 * One opened index and its model, inside the worker: loads the files in the order in which they become useful, and answers.
 *
 *   index.json -> lexical chunk -> (answers by words) -> vectors, model -> (answers by meaning) -> cards and bodies
 *
 * The engine is one Rust object that must not be entered twice, so everything that touches it takes its turn.
 */

import { abortError, isAbort, SkillRouterError, toPlain } from './error.js';
import { fetchAsset, fetchManifest } from './assets.js';
import { ProgressSum } from './progress.js';
import { canStore } from './cache.js';
import { Router } from './pkg/skillrouter.js';

/**
 * @typedef {import('./client.js').Answer} Answer
 *
 * @typedef {object} SessionOptions
 * @property {string} index_url folder of the index, absolute
 * @property {string} models_url folder of the model folders, absolute
 * @property {number} prefetch_bytes cards and bodies are fetched ahead when they are not larger than this
 * @property {string | null} skip_model why the model is not to be loaded, or null to load it
 *
 * @typedef {object} SessionEvents
 * @property {(progress: import('./progress.js').Progress) => void} onProgress
 * @property {() => void} onReady
 * @property {(error: import('./error.js').PlainError) => void} onUnready
 */

/** An index that can be asked. */
export class Session {
  #options;
  #events;
  #router;
  #about;
  #progress;
  #index_url;
  /** Ends the loading of the model, and with it of everything that nobody waits for. */
  #loading = new AbortController();
  /** @type {Promise<Error | null>} settles, never rejects, when the model is ready (null) or will not be (why) */
  #settled;
  /** @type {Error | null | undefined} what `#settled` gave; undefined before */
  #outcome;
  /** @type {Map<string, Promise<void>>} shards that are on their way or were added to the engine, by file */
  #shards = new Map();
  #turn = Promise.resolve();

  /**
   * Resolves when questions can be answered by words; vectors and model go on loading.
   * @param {SessionOptions} options
   * @param {SessionEvents} events
   * @param {AbortSignal} signal cancels the opening
   */
  static async open(options, events, signal) {
    const session = new Session();
    session.#options = options;
    session.#events = events;
    session.#progress = new ProgressSum(events.onProgress);
    session.#index_url = new URL('index.json', options.index_url).href;
    const index = await fetchManifest(session.#index_url, (bytes) => new Router(bytes), { signal });
    session.#router = index.value;
    session.#about = session.#router.about();
    const { lexical, vectors } = session.#about.files;
    session.#progress.expect([...lexical, ...vectors]);
    await session.#addAll(lexical, session.#index_url, (file, bytes) => session.#router.add_index_file(file, bytes), signal);
    session.#settled = session.#load(index);
    return session;
  }

  /** @returns {import('./client.js').About} */
  about() {
    const { n_skills, encoder, width, bytes } = this.#about;
    return { n_skills, model: encoder.name, width, bytes };
  }

  /** Ends the loading of the model; answers by words go on. */
  stop() {
    this.#loading.abort();
  }

  /**
   * @param {string} query
   * @param {{ top: number, mode: string, search: string, typing: boolean, wait: boolean }} options
   * @param {AbortSignal} signal
   * @param {(answer: Answer) => void} onStage every stage as it is ready; a stage comes twice when its cards had to be fetched
   * @returns {Promise<Answer>} the best stage that was reached
   */
  async route(query, { top, mode, search, typing, wait }, signal, onStage) {
    const started_ms = performance.now();
    const timings_ms = {};
    const lexical = await this.#timed(timings_ms, 'lexical', () => this.#router.route_lexical(query, { top, typing }));
    if (mode === 'lexical') return this.#finish(lexical, timings_ms, started_ms, signal, onStage);

    let final_stage = false;
    const described = this.#finish(lexical, { ...timings_ms }, started_ms, signal, (answer) => final_stage || onStage(answer));
    described.catch(() => {}); // Awaited below only where it is the answer.
    if (this.#outcome === undefined && wait) await abortable(this.#settled, signal);
    if (this.#outcome !== null) return { ...(await described), reason: this.#whyLexical() };

    await nextTask(); // Lets a cancel message in before the long part.
    if (signal.aborted) throw abortError();
    if (search === 'hnsw') await this.#needShards(this.#about.files.links.map(({ file }) => file), 'links');
    const retrieved = await this.#timed(timings_ms, 'encode', () => this.#router.route(query, { top, mode, search, typing }));
    if (retrieved.timings_ms) Object.assign(timings_ms, retrieved.timings_ms);
    if (signal.aborted) throw abortError();
    final_stage = true;
    return this.#finish(retrieved, timings_ms, started_ms, signal, onStage);
  }

  /**
   * @param {number} skill_idx
   * @returns {Promise<string | null>} the instructions, or null when this index holds none for the skill
   */
  async body(skill_idx) {
    const file = await this.#inTurn(() => this.#router.body_file(skill_idx));
    if (file === undefined) return null;
    await this.#needShards([file], 'bodies');
    return this.#inTurn(() => this.#router.body(skill_idx) ?? null);
  }

  /** Vectors and model; then cards and bodies, if they are few. Never rejects. */
  async #load(index) {
    try {
      if (this.#options.skip_model !== null) throw new SkillRouterError('unavailable', this.#options.skip_model);
      const signal = this.#loading.signal;
      await Promise.all([this.#loadVectors(index, signal), this.#loadModel(signal)]);
      this.#outcome = null;
      this.#events.onReady();
      void this.#prefetch(signal);
    } catch (error) {
      this.#loading.abort();
      this.#outcome = error;
      this.#events.onUnready(toPlain(error));
    }
    return this.#outcome;
  }

  async #loadVectors(index, signal) {
    const { vectors } = this.#about.files;
    await this.#addAll(vectors, this.#index_url, (file, bytes) => this.#router.add_index_file(file, bytes), signal);
    await index.commit(Object.values(this.#about.files).flat());
  }

  async #loadModel(signal) {
    const model_url = new URL(`${encodeURIComponent(this.#about.encoder.name)}/model.json`, this.#options.models_url).href;
    const model = await fetchManifest(model_url, (bytes) => bytes, { signal });
    const entries = await this.#inTurn(() => this.#router.open_model(model.value));
    this.#progress.expect(entries);
    await this.#addAll(entries, model_url, (file, bytes) => this.#router.add_model_file(file, bytes), signal);
    await this.#inTurn(() => this.#router.finish_model());
    await model.commit(entries);
  }

  /** Fetches files side by side and gives them to the engine in their order. */
  async #addAll(entries, owner, add, signal) {
    const others = new AbortController();
    const either = AbortSignal.any([signal, others.signal]);
    const downloads = entries.map((entry) =>
      fetchAsset(new URL(entry.file, owner).href, entry, { signal: either, owner, onProgress: this.#progress.of(entry.file) }));
    for (const download of downloads) download.catch(() => {}); // Each is awaited below, but one may fail before its turn.
    try {
      for (const [i, { file }] of entries.entries()) {
        const bytes = await downloads[i];
        delete downloads[i]; // The engine has its own copy; a second one of a large model would be felt.
        await this.#inTurn(() => add(file, bytes));
      }
    } catch (error) {
      others.abort();
      await Promise.allSettled(downloads);
      throw error;
    }
  }

  /** Makes sure that the engine holds these shards. A failure is forgotten: the next call tries again. */
  async #needShards(files, kind) {
    await Promise.all(files.map((file) => {
      if (!this.#shards.has(file)) {
        const entry = this.#about.files[kind].find((listed) => listed.file === file);
        const added = this.#addAll([entry], this.#index_url, (name, bytes) => this.#router.add_index_file(name, bytes), new AbortController().signal);
        this.#shards.set(file, added);
        added.catch(() => this.#shards.delete(file));
      }
      return this.#shards.get(file);
    }));
  }

  /** A small index is fetched whole, so that no later request depends on what is asked, and so that it works offline. */
  async #prefetch(signal) {
    const { cards, bodies } = this.#about.files;
    const total_bytes = [...cards, ...bodies].reduce((sum, { bytes }) => sum + bytes, 0);
    if (!canStore() || total_bytes > this.#options.prefetch_bytes) return;
    this.#progress.expect([...cards, ...bodies].filter(({ file }) => !this.#shards.has(file)));
    try {
      await this.#needShards(cards.map(({ file }) => file), 'cards');
      for (const entry of bodies) {
        const url = new URL(entry.file, this.#index_url).href;
        await fetchAsset(url, entry, { signal, owner: this.#index_url, onProgress: this.#progress.of(entry.file) });
      }
    } catch {
      // Nothing was asked for yet: whoever needs a shard fetches it again and gets the error.
    }
  }

  /** Completes an answer with its cards. Emits it at once with names only where cards have to be fetched first. */
  async #finish(answer, timings_ms, started_ms, signal, onStage) {
    const describe = () => answer.routes.map((route) => ({ ...this.#router.card(route.skill_idx), ...route }));
    const emit = (routes, extra) => {
      const complete = { ...answer, ...extra, routes, timings_ms: { ...timings_ms, total: performance.now() - started_ms } };
      onStage(complete);
      return complete;
    };
    const cards_started_ms = performance.now();
    const missing = await this.#inTurn(() => [...new Set(
      answer.routes.filter(({ skill_idx }) => !this.#router.card(skill_idx)).map(({ skill_idx }) => this.#router.card_file(skill_idx)),
    )]);
    if (signal.aborted) throw abortError();
    let extra = {};
    if (missing.length > 0) {
      emit(answer.routes, {});
      try {
        await abortable(this.#needShards(missing, 'cards'), signal);
      } catch (error) {
        if (isAbort(error)) throw error;
        extra = { reason: answer.reason ?? `descriptions are missing: ${error.message}` };
      }
    }
    const routes = await this.#inTurn(describe);
    timings_ms.cards = performance.now() - cards_started_ms;
    return emit(routes, extra);
  }

  #whyLexical() {
    if (this.#outcome === undefined) return 'the model is still loading; this answer is by words only';
    if (isAbort(this.#outcome)) return 'loading the model was stopped; this answer is by words only';
    return `${this.#outcome.message}; until then answers are by words only`;
  }

  async #timed(timings_ms, name, work) {
    return this.#inTurn(async () => {
      const started_ms = performance.now();
      const value = await work();
      timings_ms[name] = performance.now() - started_ms;
      return value;
    });
  }

  /**
   * @template T
   * @param {() => T | Promise<T>} work
   * @returns {Promise<T>}
   */
  #inTurn(work) {
    const result = this.#turn.then(work);
    this.#turn = result.then(() => {}, () => {});
    return result;
  }
}

/** Waits for `promise`, but no longer than until the signal. */
function abortable(promise, signal) {
  if (signal.aborted) return Promise.reject(abortError());
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(abortError()), { once: true });
    promise.then(resolve, reject);
  });
}

/** A microtask would let no message in: only a task does. */
function nextTask() {
  return new Promise((resolve) => setTimeout(resolve));
}
