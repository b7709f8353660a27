/**
 * An index in the engine: opens it, and fetches its files.
 *
 * Words come first and alone make answers; vectors and cards follow. Bodies are fetched ahead where they are few; else the first
 * skill of a shard that somebody opens brings it, among others (bodies.js). No file is fetched because of what is asked, unless
 * whoever opened the index prefers that (`prefetch: 'none'`): then each shard comes when it is needed.
 */

import { abortable, SkillRouterError } from '../shared/error.js';
import { fetchInOrder, fetchManifest } from '../storage/assets.js';
import { Bodies } from './bodies.js';
import { CardsAhead } from './cards-ahead.js';

/**
 * @typedef {import('../storage/assets.js').FileEntry} FileEntry
 *
 * What an index says of itself.
 * @typedef {object} IndexAbout
 * @property {number} n_skills
 * @property {{ name: string }} encoder
 * @property {number} width
 * @property {import('../client.js').About['bytes']} bytes
 * @property {Record<'lexical' | 'vectors' | 'links' | 'cards' | 'bodies' | 'map', FileEntry[]>} files
 * @property {{ name: string, rerank: number, documents: 'exact' | 'fast', longest_query?: number }} [reranker]
 */

/**
 * `bytes`: bodies are fetched ahead too when cards, bodies and map are together at most this large.
 * @typedef {{ prefetch: 'all' | 'none', bytes: number }} Ahead
 *
 * @typedef {{ name: string, description: string, body: string }} SkillText
 */

/** The files of one index. */
export class IndexFiles {
  /** The engine's part, which answers. @type {import('../pkg/search/skillrouter.js').Router} */
  router;
  /** @type {IndexAbout} */
  about;
  /** @type {typeof import('../pkg/search/skillrouter.js').Router} */
  #Router;
  /** @type {string} */
  #url;
  /** @type {import('./progress.js').ProgressSum} */
  #progress;
  /** @type {import('../storage/assets.js').FetchFile | undefined} */
  #fetchFile;
  /** @type {(entries: FileEntry[]) => Promise<void>} */
  #commit;
  /** @type {Map<string, Promise<void>>} shards that are on their way or were added to the engine, by file */
  #shards = new Map();
  /** Null where cards are fetched when they are needed. @type {CardsAhead | null} */
  #cards = null;
  /** Null where bodies are fetched when they are needed. @type {Bodies | null} */
  #bodies = null;
  /** Resolves when it is clear whether all bodies are here. @type {Promise<boolean>} */
  #has_bodies = Promise.resolve(false);

  /**
   * Resolves when questions can be answered by words.
   * @param {string} folder_url absolute
   * @param {Promise<import('./engine.js').SearchEngine>} opening of the search, while which the manifest is fetched
   * @param {import('./progress.js').ProgressSum} progress
   * @param {'all' | 'none'} prefetch
   * @param {AbortSignal} signal
   * @param {import('../storage/assets.js').FetchFile} [fetchFile]
   */
  static async open(folder_url, opening, progress, prefetch, signal, fetchFile) {
    const index = new IndexFiles();
    index.#url = new URL('index.json', folder_url).href;
    index.#progress = progress;
    index.#fetchFile = fetchFile;
    opening.catch(() => {}); // Awaited below, but it may fail first.
    const open = async (/** @type {Uint8Array<ArrayBuffer>} */ bytes) => {
      index.#Router = (await opening).Router;
      return new index.#Router(bytes);
    };
    const { value, commit } = await fetchManifest(index.#url, open, { signal, fetchFile });
    index.router = value;
    index.about = value.about();
    index.#commit = commit;
    const { lexical, vectors, cards, bodies } = index.about.files;
    progress.expect([...lexical, ...vectors]);
    if (prefetch === 'all') {
      index.#cards = new CardsAhead(cards, (entries, onAdded) => index.#add(entries, { onAdded }));
      index.#bodies = new Bodies(bodies, index.#url, fetchFile);
    }
    await index.#add(lexical, { signal });
    return index;
  }

  /** With the vectors all is there that answers need, and the manifest is kept. @param {AbortSignal} signal */
  async addVectors(signal) {
    await this.#add(this.about.files.vectors, { signal });
    await this.#commit(Object.values(this.about.files).flat());
  }

  /** The links of the HNSW graph, where this index has any. */
  addLinks() {
    return this.#need(this.about.files.links.map(({ file }) => file), 'links');
  }

  /** Whether files come when they are needed, so that requests show what is asked. */
  get is_on_demand() {
    return this.#cards === null;
  }

  /**
   * A skill as it is known now, with its card if that is here.
   * @template {{ skill_idx: number }} Found
   * @param {Found} found what is said here counts
   * @returns {Found}
   */
  withCard(found) {
    return { ...this.router.card(found.skill_idx), ...found };
  }

  /** @param {number[]} skills @returns {number[]} those whose cards are not here yet */
  withoutCards(skills) {
    const cards = this.#cards;
    if (!cards) return skills.filter((skill_idx) => this.router.card(skill_idx) === undefined);
    return skills.filter((skill_idx) => cards.isMissing(this.router.card_file(skill_idx)));
  }

  /** Why cards that should be here are missing. */
  get cards_error() {
    return this.#cards?.error ?? null;
  }

  /** Fetches cards where they come when they are needed. @param {number[]} skills */
  async addCards(skills) {
    await this.#need(skills.map((skill_idx) => this.router.card_file(skill_idx)), 'cards');
  }

  /** Waits for cards that are fetched ahead, until they are here or `isEnough`. @param {number[]} skills @param {AbortSignal} signal @param {() => boolean} [isEnough] */
  async awaitCards(skills, signal, isEnough = () => false) {
    await this.#cards?.until(() => isEnough() || this.withoutCards(skills).length === 0, signal);
  }

  /** @param {number} skill_idx @returns {Promise<string | null>} the instructions, or null when this index holds none */
  async body(skill_idx) {
    const file = this.router.body_file(skill_idx);
    const entry = this.about.files.bodies.find((entry) => entry.file === file); // The user's own are here.
    const bodies = this.#bodies;
    if (entry) await this.#once(entry.file, async () => (bodies ? this.router.add_index_file(entry.file, await bodies.fetch(entry)) : this.#add([entry])));
    return this.router.body(skill_idx) ?? null;
  }

  /** @returns {Promise<{ points: Uint16Array, names: string[] } | null>} where the skills lie on the map, or null when this index has none */
  async map() {
    const { map = [] } = this.about.files;
    await this.#need(map.map(({ file }) => file), 'map');
    const points = this.router.map();
    return points ? { points, names: this.router.names() } : null;
  }

  /**
   * Searches the skills of a user too, after those of this index, or no more.
   * @param {import('./own/store.js').IndexFile[] | null} files of a whole index; throws `encoder-mismatch` for one of another encoder
   */
  setOwn(files) {
    if (!files) return this.router.clear_own();
    const own = new this.#Router(files[files.length - 1].bytes);
    try {
      for (const { file, bytes } of files.slice(0, -1)) own.add_index_file(file, bytes);
    } catch (error) {
      own.free();
      throw error;
    }
    this.router.set_own(own); // Which takes it over, also when it refuses.
  }

  /**
   * The cards of another index, which may be one of another encoder.
   * @param {import('./own/store.js').IndexFile[]} files
   * @returns {{ id: string, source: string }[]}
   */
  cardsOf(files) {
    const index = new this.#Router(files[files.length - 1].bytes);
    try {
      const { n_skills, files: listed } = /** @type {IndexAbout} */ (index.about());
      const names = new Set(listed.cards.map(({ file }) => file));
      for (const { file, bytes } of files) if (names.has(file)) index.add_index_file(file, bytes);
      return Array.from({ length: n_skills }, (_, skill_idx) => index.card(skill_idx));
    } finally {
      index.free();
    }
  }

  /**
   * What a reranker reads of some skills. A skill whose body is not here is read without; either all bodies of the index are read or
   * none, so that skills compare.
   * @param {number[]} skills
   * @param {AbortSignal} signal
   * @returns {Promise<{ texts: SkillText[], without_bodies: boolean }>} in their order; whether some body was not read
   */
  async texts(skills, signal) {
    const bodies = await this.#bodiesToRead(skills, signal);
    const texts = skills.map((skill_idx, i) => {
      const card = this.router.card(skill_idx);
      if (!card) throw new SkillRouterError('unavailable', 'your own skills have changed; ask again');
      return { name: card.name, description: card.description, body: bodies[i] ?? '' };
    });
    return { texts, without_bodies: bodies.includes(null) };
  }

  /** Waits for the cards too. @param {number[]} skills @param {AbortSignal} signal @returns {Promise<(string | null)[]>} */
  async #bodiesToRead(skills, signal) {
    if (this.is_on_demand) {
      const [bodies] = await Promise.all([Promise.all(skills.map((skill_idx) => this.body(skill_idx))), this.addCards(skills)]);
      return bodies;
    }
    await this.awaitCards(skills, signal, () => this.cards_error !== null);
    if (this.cards_error && this.withoutCards(skills).length > 0) throw this.cards_error;
    const has_bodies = await abortable(this.#has_bodies, signal);
    const { n_skills } = this.about; // The user's own stand after them.
    return skills.map((skill_idx) => (has_bodies || skill_idx >= n_skills ? (this.router.body(skill_idx) ?? null) : null));
  }

  /** Begins to fetch what answers show, whatever is asked. */
  async fetchCards() {
    this.#progress.expect(this.about.files.cards);
    await this.#cards?.run();
  }

  /**
   * A small index is fetched whole, so that the reranker reads whole skills, opening one asks for nothing, and all works offline.
   * @param {number} max_bytes
   */
  fetchRest(max_bytes) {
    const { cards, bodies, map } = this.about.files;
    const total_bytes = [...cards, ...bodies, ...map].reduce((sum, { bytes }) => sum + bytes, 0);
    if (this.is_on_demand || total_bytes > max_bytes) return;
    this.#progress.expect([...bodies, ...map].filter(({ file }) => !this.#shards.has(file)));
    const all = async () => {
      await this.#need(bodies.map(({ file }) => file), 'bodies');
      return bodies.length > 0;
    };
    this.#has_bodies = all().catch(() => false); // Whoever opens a skill tries again, and gets the error.
    void this.#has_bodies.then(() => this.map()).catch(() => {});
  }

  /**
   * Makes sure that the engine holds these shards; skills that lie in none have undefined. A failure is forgotten: the next call
   * tries again.
   * @param {(string | undefined)[]} files @param {keyof IndexAbout['files']} kind
   */
  async #need(files, kind) {
    const entries = this.about.files[kind];
    await Promise.all([...new Set(files)].filter((file) => file !== undefined).map((file) =>
      this.#once(file, () => this.#add(entries.filter((entry) => entry.file === file)))));
  }

  /** @param {string} file @param {() => Promise<void>} add it to the engine */
  #once(file, add) {
    if (!this.#shards.has(file)) {
      const added = add();
      this.#shards.set(file, added);
      added.catch(() => this.#shards.delete(file));
    }
    return this.#shards.get(file);
  }

  /** @param {FileEntry[]} entries @param {{ signal?: AbortSignal, onAdded?: (file: string) => void }} [options] */
  #add(entries, { signal, onAdded } = {}) {
    const add = (/** @type {string} */ file, /** @type {Uint8Array<ArrayBuffer>} */ bytes) => {
      this.router.add_index_file(file, bytes);
      onAdded?.(file);
    };
    const progressOf = (/** @type {string} */ file) => this.#progress.of(file);
    return fetchInOrder(entries, { owner: this.#url, add, signal, progressOf, fetchFile: this.#fetchFile });
  }
}
