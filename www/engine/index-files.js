/**
 * An index in the engine: opens it, and fetches those of its files that are needed when they are.
 *
 * Words come first and alone make answers; vectors follow; cards and bodies lie in shards, which are fetched one by one
 * or, where they are few, all ahead.
 */

import { SkillRouterError } from '../shared/error.js';
import { fetchAsset, fetchInOrder, fetchManifest } from '../storage/assets.js';
import { canStore } from '../storage/cache.js';

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

  /**
   * Resolves when questions can be answered by words.
   * @param {string} folder_url absolute
   * @param {Promise<import('./engine.js').SearchEngine>} opening of the search, while which the manifest is fetched
   * @param {import('./progress.js').ProgressSum} progress
   * @param {AbortSignal} signal
   * @param {import('../storage/assets.js').FetchFile} [fetchFile]
   */
  static async open(folder_url, opening, progress, signal, fetchFile) {
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
    const { lexical, vectors } = index.about.files;
    progress.expect([...lexical, ...vectors]);
    await index.#add(lexical, signal);
    return index;
  }

  /** With the vectors all is there that answers need, and the manifest is kept. @param {AbortSignal} signal */
  async addVectors(signal) {
    await this.#add(this.about.files.vectors, signal);
    await this.#commit(Object.values(this.about.files).flat());
  }

  /** The links of the HNSW graph, where this index has any. */
  addLinks() {
    return this.#need(this.about.files.links.map(({ file }) => file), 'links');
  }

  /** @param {number} skill_idx @returns {boolean} whether its card is here */
  hasCard(skill_idx) {
    return this.router.card(skill_idx) !== undefined;
  }

  /** @param {number[]} skills */
  async addCards(skills) {
    await this.#need(skills.map((skill_idx) => this.router.card_file(skill_idx)), 'cards');
  }

  /** @param {number} skill_idx @returns {Promise<string | null>} the instructions, or null when this index holds none */
  async body(skill_idx) {
    await this.#need([this.router.body_file(skill_idx)], 'bodies');
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
   * What a reranker reads of some skills.
   * @param {number[]} skills
   * @returns {Promise<{ name: string, description: string, body: string }[]>} in their order
   */
  async texts(skills) {
    const [bodies] = await Promise.all([Promise.all(skills.map((skill_idx) => this.body(skill_idx))), this.addCards(skills)]);
    return skills.map((skill_idx, i) => {
      const card = this.router.card(skill_idx);
      if (!card) throw new SkillRouterError('unavailable', 'your own skills have changed; ask again');
      return { name: card.name, description: card.description, body: bodies[i] ?? '' };
    });
  }

  /**
   * A small index is fetched whole, so that no later request depends on what is asked, and so that it works offline.
   * @param {number} max_bytes
   * @param {AbortSignal} signal
   */
  async fetchAhead(max_bytes, signal) {
    const { cards, bodies, map } = this.about.files;
    const total_bytes = [...cards, ...bodies, ...map].reduce((sum, { bytes }) => sum + bytes, 0);
    if (!canStore() || total_bytes > max_bytes) return;
    this.#progress.expect([...cards, ...bodies, ...map].filter(({ file }) => !this.#shards.has(file)));
    try {
      await this.#need(cards.map(({ file }) => file), 'cards');
      for (const entry of [...bodies, ...map]) {
        const url = new URL(entry.file, this.#url).href;
        await fetchAsset(url, entry, { signal, owner: this.#url, onProgress: this.#progress.of(entry.file), fetchFile: this.#fetchFile });
      }
    } catch {
      // Nothing was asked for yet: whoever needs a shard fetches it again and gets the error.
    }
  }

  /**
   * Makes sure that the engine holds these shards; skills that lie in none have undefined. A failure is forgotten: the next call
   * tries again.
   * @param {(string | undefined)[]} files @param {keyof IndexAbout['files']} kind
   */
  async #need(files, kind) {
    await Promise.all([...new Set(files)].filter((file) => file !== undefined).map((file) => {
      if (!this.#shards.has(file)) {
        const added = this.#add(this.about.files[kind].filter((entry) => entry.file === file));
        this.#shards.set(file, added);
        added.catch(() => this.#shards.delete(file));
      }
      return this.#shards.get(file);
    }));
  }

  /** @param {FileEntry[]} entries @param {AbortSignal} [signal] */
  #add(entries, signal) {
    const add = (/** @type {string} */ file, /** @type {Uint8Array<ArrayBuffer>} */ bytes) => this.router.add_index_file(file, bytes);
    const progressOf = (/** @type {string} */ file) => this.#progress.of(file);
    return fetchInOrder(entries, { owner: this.#url, add, signal, progressOf, fetchFile: this.#fetchFile });
  }
}
