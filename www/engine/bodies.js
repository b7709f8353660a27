/**
 * Bodies of an index that is too large to be fetched ahead. A shard that is wanted is fetched together with the others of its group
 * (shard-groups.js), in an order that says nothing; what was fetched once is kept, and asked for no more.
 */

import { Turns } from '../shared/turns.js';
import { fetchAsset, keptAsset } from '../storage/assets.js';
import { canStore } from '../storage/cache.js';
import { divide, groupSecret, shuffled } from './shard-groups.js';

/** @typedef {import('../storage/assets.js').FileEntry} FileEntry */

export class Bodies {
  #entries;
  #manifest_url;
  #fetchFile;
  /** @type {Promise<FileEntry[][]> | null} */
  #groups = null;
  /** Shards on their way, by file; and those that are here, where nothing can be kept. @type {Map<string, Promise<Uint8Array<ArrayBuffer>>>} */
  #coming = new Map();
  /** One skill after another decides whether its group has to be fetched. */
  #turns = new Turns();

  /** @param {FileEntry[]} entries all shards, in order @param {string} manifest_url @param {import('../storage/assets.js').FetchFile} [fetchFile] */
  constructor(entries, manifest_url, fetchFile) {
    this.#entries = entries;
    this.#manifest_url = manifest_url;
    this.#fetchFile = fetchFile;
  }

  /** @param {FileEntry} entry @returns {Promise<Uint8Array<ArrayBuffer>>} the shard, while others of its group may still be on their way */
  async fetch(entry) {
    const { bytes } = await this.#turns.take(() => this.#begin(entry));
    return bytes;
  }

  /** @param {FileEntry} entry @returns {Promise<{ bytes: Uint8Array<ArrayBuffer> | Promise<Uint8Array<ArrayBuffer>> }>} what the turn does not wait for */
  async #begin(entry) {
    if (!this.#coming.has(entry.file)) {
      const kept = await keptAsset(this.#urlOf(entry), entry);
      if (kept) return { bytes: kept };
      await this.#fetchGroup(entry);
    }
    return { bytes: /** @type {Promise<Uint8Array<ArrayBuffer>>} */ (this.#coming.get(entry.file)) };
  }

  /**
   * All of them, also those that are kept: a shard that comes alone, because it is new or failed before, would be known as the wanted one.
   * @param {FileEntry} wanted
   */
  async #fetchGroup(wanted) {
    this.#groups ??= groupSecret(this.#manifest_url).then((secret) =>
      divide(this.#entries.length, secret).map((group) => group.map((position) => this.#entries[position])));
    const group = (await this.#groups).find((entries) => entries.includes(wanted)) ?? [wanted];
    for (const entry of shuffled(group)) this.#start(entry);
  }

  /** @param {FileEntry} entry */
  #start(entry) {
    const { file } = entry;
    const coming = fetchAsset(this.#urlOf(entry), entry, { owner: this.#manifest_url, fetchFile: this.#fetchFile, fresh: true });
    const forget = () => this.#coming.get(file) === coming && this.#coming.delete(file);
    this.#coming.set(file, coming);
    coming.then(() => canStore() && forget(), forget);
  }

  /** @param {FileEntry} entry */
  #urlOf({ file }) {
    return new URL(file, this.#manifest_url).href;
  }
}
