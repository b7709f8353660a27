/**
 * Vectors of the texts that a change has embedded until now: kept while it lasts, so that a page that is closed or reloaded in the middle
 * loses none of them. The next change that has the same texts takes them from here instead of asking the model.
 *
 * The file lies beside the index (store.js), for one model: records of the sha256 of a skill's text (32 bytes) and its vector (f32, little endian).
 * The last one may be cut off, and then means nothing.
 */

import { hexOf } from '../../shared/hex.js';
import { openRecords, RECORDS, removeRecords } from './store.js';

/** @typedef {{ name: string, description: string, body: string }} SkillText */

const HASH_BYTES = 32;

export class Journal {
  #name;
  #handle;
  #record_bytes;
  #n_bytes_before;
  /** Vectors by the hash of their text. @type {Map<string, Float32Array>} */
  #vectors = new Map();
  /** Hashes of those that were here before and were not asked for. */
  #unused;

  /**
   * @param {string} model_hash
   * @param {number} width of its vectors
   * @returns {Promise<Journal | null>} null where nothing can be kept
   */
  static async open(model_hash, width) {
    const name = `${RECORDS}${model_hash.slice(0, 16)}.bin`;
    const handle = await openRecords(name);
    return handle && new Journal(name, handle, width);
  }

  /** @param {string} name @param {FileSystemSyncAccessHandle} handle @param {number} width */
  constructor(name, handle, width) {
    this.#name = name;
    this.#handle = handle;
    this.#record_bytes = HASH_BYTES + 4 * width;
    const size = handle.getSize();
    this.#n_bytes_before = size - (size % this.#record_bytes);
    const bytes = new Uint8Array(this.#n_bytes_before);
    handle.read(bytes, { at: 0 });
    for (let at = 0; at < bytes.length; at += this.#record_bytes) {
      const vector = new Float32Array(bytes.slice(at + HASH_BYTES, at + this.#record_bytes).buffer);
      this.#vectors.set(hexOf(bytes.subarray(at, at + HASH_BYTES)), vector);
    }
    this.#unused = new Set(this.#vectors.keys());
    handle.truncate(this.#n_bytes_before);
  }

  /**
   * The vectors of texts, one behind the other, from here or from the model.
   * @param {SkillText[]} texts
   * @param {(missing: SkillText[]) => Promise<Float32Array>} embed
   * @returns {Promise<{ vectors: Float32Array, n_embedded: number }>}
   */
  async vectorsOf(texts, embed) {
    const hashes = await Promise.all(texts.map(hashOf));
    const keys = hashes.map(hexOf);
    const places = [...texts.keys()].filter((i) => !this.#vectors.has(keys[i]));
    if (places.length > 0) {
      const made = await embed(places.map((i) => texts[i]));
      const width = made.length / places.length;
      for (const [n, i] of places.entries()) this.#add(hashes[i], keys[i], made.slice(n * width, (n + 1) * width));
    }
    for (const key of keys) this.#unused.delete(key);
    const vectors = keys.map((key) => /** @type {Float32Array} */ (this.#vectors.get(key)));
    return { vectors: joined(vectors), n_embedded: places.length };
  }

  /**
   * Ends the change. A file of which nothing is wanted any more goes.
   * @param {'done' | 'cancelled' | 'failed'} how done, its vectors are in the index; cancelled, all is as it was before; failed, they stay
   */
  async end(how) {
    if (how === 'cancelled') this.#handle.truncate(this.#n_bytes_before);
    const is_wanted = how === 'done' ? this.#unused.size > 0 : this.#handle.getSize() > 0;
    this.#handle.close();
    if (!is_wanted) await removeRecords(this.#name);
  }

  /** No space is no reason to fail: then the text is embedded again. @param {Uint8Array} hash @param {string} key @param {Float32Array} vector */
  #add(hash, key, vector) {
    this.#vectors.set(key, vector);
    const record = new Uint8Array(this.#record_bytes);
    record.set(hash);
    record.set(new Uint8Array(vector.buffer), HASH_BYTES);
    const at = this.#handle.getSize();
    try {
      if (this.#handle.write(record, { at }) < record.length) this.#handle.truncate(at);
    } catch {
      this.#handle.truncate(at);
    }
  }
}

/** @param {SkillText} text @returns {Promise<Uint8Array>} */
async function hashOf({ name, description, body }) {
  const bytes = new TextEncoder().encode(JSON.stringify([name, description, body]));
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
}

/** @param {Float32Array[]} vectors */
function joined(vectors) {
  const all = new Float32Array(vectors.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const vector of vectors) {
    all.set(vector, at);
    at += vector.length;
  }
  return all;
}
