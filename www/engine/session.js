/**
 * One opened index with its encoder and, if the index or whoever opened it names one, a reranker, where the engine runs (a
 * page's worker, or Node): loads them in the order in which they become useful, and answers with what is there.
 *
 *   words -> (lexical) -> cards, vectors, encoder -> (retrieved) -> reranker, bodies of a small index -> (reranked)
 */

import { abortable, isAbort, SkillRouterError, toPlain } from '../shared/error.js';
import { nextTask } from '../shared/promises.js';
import { Arrival } from './arrival.js';
import { Devices } from './device.js';
import { EncoderReranker } from './encoder-reranker.js';
import { IndexFiles } from './index-files.js';
import { Model } from './model.js';
import { ProgressSum } from './progress.js';
import { described, Report } from './report.js';
import { scoreTexts } from './reranking.js';
import { announce } from './silence.js';

/**
 * @typedef {import('../client.js').Answer} Answer
 * @typedef {'encoder' | 'reranker'} Role
 *
 * @typedef {object} SessionOptions
 * @property {string} index_url folder of the index, absolute
 * @property {string} models_url folder of the model folders, absolute
 * @property {string | null} [reranker] name of its folder, or null for none; undefined for the one that the index names
 * @property {'auto' | 'cpu' | 'gpu'} device
 * @property {'all' | 'none'} prefetch whether cards are fetched ahead, so that no request depends on what is asked, or when they are needed
 * @property {number} prefetch_bytes bodies are fetched ahead too when an index is not larger than this
 * @property {Record<Role, string | null>} skip why a model is not to be loaded, or null to load it
 * @property {import('../storage/assets.js').FetchFile} [fetchFile] how files come, where they are not downloaded
 *
 * @typedef {object} SessionEvents
 * @property {(progress: import('./progress.js').Progress) => void} onProgress
 * @property {(model: import('../client.js').ModelAbout) => void} onModel a model was loaded, or runs elsewhere now
 * @property {(role: Role) => void} onReady
 * @property {(role: Role, error: import('../shared/error.js').PlainError) => void} onUnready
 * @property {import('./silence.js').OnSilence} [onSilence]
 *
 * @typedef {object} RouteOptions
 * @property {number} [top]
 * @property {string} [mode]
 * @property {string} [search]
 * @property {boolean} [typing]
 * @property {boolean} [wait]
 * @property {number} [rerank]
 * @property {'exact' | 'fast'} [documents]
 *
 * A route by meaning, with everything decided.
 * @typedef {object} Retrieval
 * @property {number} top
 * @property {string} mode
 * @property {string} search
 * @property {boolean} typing
 * @property {boolean} wait
 * @property {number} rerank
 * @property {'exact' | 'fast'} documents
 * @property {() => boolean} isSuperseded
 *
 * The reranker of a session, and how it is used by a call that says nothing about that. `name`: null when there is none.
 * `longest_query`: characters of the longest query whose answers it improves.
 * @typedef {{ name: string | null, rerank: number, documents: 'exact' | 'fast', longest_query?: number }} Reranking
 */

/** As many candidates as the paper re-ranks that the pipeline is from (arXiv 2603.22455). */
const RERANK = 20;
const CLASS_NAMES = /** @type {const} */ ({ encoder: 'Encoder', reranker: 'Reranker' });

/** An index that can be asked. */
export class Session {
  /** @type {SessionOptions} */
  #options;
  /** @type {SessionEvents} */
  #events;
  /** @type {import('./engine.js').SearchEngine} */
  #search;
  /** @type {Devices} */
  #devices;
  /** @type {ProgressSum} */
  #progress;
  /** @type {IndexFiles} */
  #index;
  /** @type {Reranking} */
  #reranking;
  /** @type {Arrival<Model>} */
  #encoder;
  /** @type {Arrival<import('./model.js').Usable> | null} */
  #reranker = null;
  /** Ends the loading of the models, and with it of everything that nobody waits for. */
  #loading = new AbortController();
  /** Routes of somebody who types; a list that is being re-ranked when another comes is of no use any more. */
  #n_typed = 0;

  /**
   * Resolves when questions can be answered by words; vectors and models go on loading.
   * @param {SessionOptions} options
   * @param {import('./engine.js').Builds} builds
   * @param {SessionEvents} events
   * @param {AbortSignal} signal cancels the opening
   */
  static async open(options, builds, events, signal) {
    const session = new Session();
    session.#options = options;
    session.#events = events;
    const search = builds.openSearch();
    session.#devices = new Devices(options.device, builds.openCpu);
    session.#progress = new ProgressSum(events.onProgress);
    session.#index = await IndexFiles.open(options.index_url, search, session.#progress, options.prefetch, signal, options.fetchFile);
    session.#search = await search;
    session.#reranking = rerankingOf(options.reranker, session.#index.about.reranker);
    session.#load();
    return session;
  }

  /** @returns {import('../client.js').About} */
  about() {
    const { n_skills, encoder, width, bytes } = this.#index.about;
    const { name } = this.#reranking;
    /** @type {import('../client.js').ModelAbout[]} */
    const models = [{ role: 'encoder', name: encoder.name }];
    if (name !== null) models.push({ role: 'reranker', name });
    return { n_skills, model: encoder.name, width, bytes, prefetch: this.#options.prefetch, models };
  }

  /** Ends the loading of the models; answers go on with what is there. */
  stop() {
    this.#loading.abort();
  }

  /** @param {number} skill_idx @returns {Promise<string | null>} */
  body(skill_idx) {
    return this.#index.body(skill_idx);
  }

  /** An answer again, once descriptions that were missing have come. @param {Answer} answer @param {AbortSignal} signal */
  described(answer, signal) {
    return described(answer, this.#index, signal);
  }

  /** Where the skills lie on a map, where the index has one. */
  map() {
    return this.#index.map();
  }

  /** The index, which takes the skills of a user in. */
  get index() {
    return this.#index;
  }

  /** Says beforehand that nothing may be heard for some time. @param {number} n_skills of an index that is made now */
  announceIndex(n_skills) {
    announce(this.#events.onSilence, { n_skills });
  }

  /** The encoder as soon as it is loaded. @param {AbortSignal} [signal] @returns {Promise<Model>} */
  async encoder(signal) {
    await abortable(this.#encoder.settled, signal);
    if (!this.#encoder.value) throw new SkillRouterError('unavailable', this.#encoder.why('the model'));
    return this.#encoder.value;
  }

  /**
   * @param {string} query
   * @param {RouteOptions} options
   * @param {AbortSignal} signal
   * @param {(answer: Answer) => void} onStage every stage as it is ready; one comes again when its cards are fetched for it
   * @returns {Promise<Answer>} the best stage that was reached
   */
  async route(query, options, signal, onStage) {
    const { top = 10, mode = 'hybrid', search = 'exact', typing = false, wait = !typing } = options;
    const n_typed = typing ? ++this.#n_typed : this.#n_typed;
    const isSuperseded = () => this.#n_typed !== n_typed;
    const report = new Report(this.#index, signal, onStage);
    const lexical = await report.timed('lexical', () => this.#index.router.route_lexical(query, { top, typing }));
    const described = report.stage({ ...lexical, device: this.#search.device });
    if (mode === 'lexical') return described;

    described.catch(() => {}); // Awaited below only where it is the answer.
    if (wait) await abortable(this.#encoder.settled, signal);
    if (!this.#encoder.value) {
      return { ...(await described), reason: `${this.#encoder.why('the model')}; this answer is by words only` };
    }
    await nextTask(); // Lets a cancel message in before the long part.
    report.throwIfAborted();
    const { rerank = rerankOf(this.#reranking, query), documents = this.#reranking.documents } = options;
    return this.#retrieve(query, { top, mode, search, typing, wait, rerank, documents, isSuperseded }, report);
  }

  /** @param {string} query @param {Retrieval} options @param {Report} report @returns {Promise<Answer>} */
  async #retrieve(query, { top, mode, search, typing, wait, rerank, ...others }, report) {
    const n_candidates = typing ? 0 : rerank;
    const encoder = /** @type {Model} */ (this.#encoder.value);
    if (search === 'hnsw') await this.#index.addLinks();
    const embed = (/** @type {any} */ model, /** @type {import('./model.js').Call} */ call) => call(() => model.embed_query(query));
    const vector = await report.timed('encode', () => encoder.use(embed, embed));
    const options = { top: Math.max(top, n_candidates), mode, search, typing };
    const retrieved = await report.timed('search', () => this.#index.router.search(query, vector, options));
    const best = { ...retrieved, routes: retrieved.routes.slice(0, top), device: encoder.device };
    if (n_candidates === 0 || retrieved.routes.length === 0) return report.stage(best);

    const unranked = (/** @type {string} */ why) => report.stage({ ...best, reason: `${why}; this answer is not re-ranked` });
    const coming = this.#reranker;
    if (!coming) return unranked('no reranker is open; name one when the router is opened');
    const is_enough = coming.value || (wait && !coming.error);
    if (!is_enough) return unranked(coming.why('the reranker'));
    const answer = await report.stage(best);
    await abortable(coming.settled, report.signal);
    if (!coming.value) return unranked(coming.why('the reranker'));
    return this.#rerank(query, { reranker: coming.value, top, n_candidates, ...others }, report, retrieved, answer);
  }

  /**
   * Improves a retrieved answer batch by batch. What goes wrong on the way is a reason, and the best answer so far stands.
   * @param {string} query
   * @param {Pick<Retrieval, 'top' | 'documents' | 'isSuperseded'> & { reranker: import('./model.js').Usable, n_candidates: number }} options
   * @param {Report} report
   * @param {Answer} retrieved
   * @param {Answer} answer with its cards
   */
  async #rerank(query, { reranker, top, n_candidates, documents, isSuperseded }, report, retrieved, answer) {
    const skills = retrieved.routes.slice(0, n_candidates).map(({ skill_idx }) => skill_idx);
    const started_ms = performance.now();
    let best = answer;
    let without_bodies = false;
    const onBatch = (/** @type {Float32Array} */ scores) => {
      const reranked = this.#index.router.rerank(retrieved, scores, { ...reranker.about.rerank_options, top });
      report.timings_ms.rerank = performance.now() - started_ms;
      const without = without_bodies ? { reranked: { ...reranked.reranked, without: /** @type {const} */ ('bodies') } } : {};
      best = report.emit({ ...reranked, ...without, ...devicesOf(answer.device, reranker.device) });
    };
    try {
      const read = await abortable(this.#index.texts(skills, report.signal), report.signal);
      without_bodies = read.without_bodies;
      await scoreTexts(reranker, query, read.texts, { documents, signal: report.signal, isSuperseded, onBatch });
    } catch (error) {
      if (isAbort(error) || toPlain(error).fatal) throw error;
      return report.emit({ ...best, reason: `the re-ranking stopped: ${error.message}` });
    }
    const complete = best.reranked?.done === skills.length;
    return complete ? best : { ...best, reason: 'a newer question stopped the re-ranking' };
  }

  /** Vectors, encoder and cards; then the reranker, and bodies, if they are few. */
  #load() {
    const signal = this.#loading.signal;
    this.#encoder = this.#arrival('encoder', async () => {
      const opening = this.#openModel('encoder', this.#index.about.encoder.name, signal);
      const [model] = await Promise.all([opening, this.#index.addVectors(signal)]);
      return model;
    });
    void this.#encoder.settled.then(() => {
      if (this.#encoder.value) this.#index.fetchRest(this.#options.prefetch_bytes);
      else this.#loading.abort();
    });
    if (!this.#index.is_on_demand) void this.#index.fetchCards(); // Also where the models do not come, or are stopped.
    const { name } = this.#reranking;
    if (name === null) return;
    this.#reranker = this.#arrival('reranker', async () => {
      await this.#encoder.settled;
      if (this.#encoder.error) throw this.#encoder.error;
      const encoder = /** @type {Model} */ (this.#encoder.value);
      const reranks_too = this.#options.skip.reranker === null && this.#isReranker(encoder);
      return reranks_too ? new EncoderReranker(encoder) : this.#openModel('reranker', name, signal);
    });
  }

  /** Whether an encoder is the reranker of this session too, so that its weights are loaded once. @param {Model} encoder */
  #isReranker(encoder) {
    return this.#reranking.name === this.#index.about.encoder.name && encoder.about.rerank_options !== undefined;
  }

  /** @template T @param {Role} role @param {() => Promise<T>} load @returns {Arrival<T>} */
  #arrival(role, load) {
    const arrival = new Arrival(load());
    void arrival.settled.then(() => {
      if (arrival.error) this.#events.onUnready(role, toPlain(arrival.error));
      else this.#events.onReady(role);
    });
    return arrival;
  }

  /** @param {Role} role @param {string} name of the folder @param {AbortSignal} signal */
  async #openModel(role, name, signal) {
    const why_not = this.#options.skip[role];
    if (why_not !== null) throw new SkillRouterError('unavailable', why_not);
    const url = new URL(`${encodeURIComponent(name)}/model.json`, this.#options.models_url).href;
    const check = role === 'encoder' ? (/** @type {unknown} */ about) => this.#index.router.check_encoder(about) : undefined;
    const onMove = (/** @type {Model} */ model) => {
      /** @type {Role[]} */
      const roles = role === 'encoder' && this.#isReranker(model) ? ['encoder', 'reranker'] : [role];
      for (const role of roles) this.#events.onModel({ role, name, bytes: model.about.bytes, device: model.device });
    };
    const { fetchFile } = this.#options;
    const { onSilence } = this.#events;
    return Model.open(CLASS_NAMES[role], url, { devices: this.#devices, progress: this.#progress, signal, check, onMove, onSilence, fetchFile });
  }
}

/**
 * @param {string | null | undefined} asked see SessionOptions
 * @param {(Reranking & { name: string }) | undefined} of_index the one that the index names
 * @returns {Reranking} as the index says for its own, else by the defaults
 */
function rerankingOf(asked, of_index) {
  const name = asked === undefined ? (of_index?.name ?? null) : asked;
  if (of_index && name === of_index.name) return of_index;
  return { name, rerank: name === null ? 0 : RERANK, documents: 'exact' };
}

/** How many skills are read again for a query, unless one asks for a number. @param {Reranking} reranking @param {string} query */
function rerankOf({ rerank, longest_query = Infinity }, query) {
  return [...query.trim()].length <= longest_query ? rerank : 0;
}

/**
 * Where an answer was computed: the device of its last stage, and that of the encoder where it is another.
 * @param {import('../client.js').DeviceUsed} encoder_device @param {import('../client.js').DeviceUsed} device
 */
function devicesOf(encoder_device, device) {
  const same = encoder_device.kind === device.kind && encoder_device.name === device.name;
  return same ? { device } : { device, encoder_device };
}
