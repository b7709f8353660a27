/**
 * Cards of an index on their way: all of them, in the order of the index, whatever is asked. What failed is tried again after a
 * while, or when the network is back, and never because somebody asks.
 */

import { abortable, toPlain } from '../shared/error.js';
import { deferred, pauseOrOnline } from '../shared/promises.js';

/** @typedef {import('../storage/assets.js').FileEntry} FileEntry */

const FIRST_PAUSE_MS = 2000;
const LONGEST_PAUSE_MS = 300_000;

export class CardsAhead {
  /** Why cards are missing that should be here; null while nothing went wrong. @type {Error | null} */
  error = null;
  /** Shards that are not here yet, in order. @type {FileEntry[]} */
  #rest;
  #fetch;
  /** Resolves with the next shard or failure. */
  #change = deferred();

  /**
   * @param {FileEntry[]} entries
   * @param {(entries: FileEntry[], onAdded: (file: string) => void) => Promise<void>} fetch one shard after another; `onAdded`: its cards are here
   */
  constructor(entries, fetch) {
    this.#rest = [...entries];
    this.#fetch = fetch;
  }

  /** Resolves when all are here. */
  async run() {
    for (let pause_ms = FIRST_PAUSE_MS; this.#rest.length > 0; pause_ms = Math.min(2 * pause_ms, LONGEST_PAUSE_MS)) {
      try {
        await this.#fetch([...this.#rest], (file) => {
          this.#rest = this.#rest.filter((entry) => entry.file !== file);
          this.#tell(null);
        });
      } catch (error) {
        this.#tell(error);
        if (toPlain(error).fatal) return; // The engine stopped: whoever calls next finds that out.
        await pauseOrOnline(pause_ms);
      }
    }
  }

  /** @param {string | undefined} file of a skill's card; the user's own have none here @returns {boolean} */
  isMissing(file) {
    return this.#rest.some((entry) => entry.file === file);
  }

  /** Waits until `isEnough`, which is asked after each change. @param {() => boolean} isEnough @param {AbortSignal} signal */
  async until(isEnough, signal) {
    while (!isEnough()) await abortable(this.#change.promise, signal);
  }

  /** @param {Error | null} error */
  #tell(error) {
    const { resolve } = this.#change;
    this.error = error;
    this.#change = deferred();
    resolve();
  }
}
