/**
 * Adds up the progress of many files into the one report that a page shows.
 */

/**
 * @typedef {object} Progress
 * @property {number} loaded_bytes of all files so far
 * @property {number} total_bytes of all files known so far
 * @property {number} cached_bytes the part of `loaded_bytes` that was not downloaded, but kept from an earlier visit
 * @property {string} file the file that moved last
 * @property {boolean} cache_full the browser had no space to keep some file; it is used all the same
 */

const MIN_INTERVAL_MS = 80;

/** Sums files and reports at most about twelve times a second, and always at the end. */
export class ProgressSum {
  #files = new Map();
  #last_ms = -Infinity;
  #cache_full = false;
  #report;

  /** @param {(progress: Progress) => void} report */
  constructor(report) {
    this.#report = report;
  }

  /** @param {import('../storage/assets.js').FileEntry[]} entries files that will be fetched */
  expect(entries) {
    for (const { file, bytes } of entries) this.#files.set(file, { bytes, loaded_bytes: 0, cached: false });
  }

  /**
   * @param {string} file one that was expected; others are not counted
   * @returns {(progress: import('../storage/assets.js').FileProgress) => void}
   */
  of(file) {
    return ({ loaded_bytes, cached, cache_full }) => {
      const state = this.#files.get(file);
      if (!state) return;
      Object.assign(state, { loaded_bytes, cached });
      this.#cache_full ||= cache_full === true;
      this.#send(file, cache_full || loaded_bytes === state.bytes);
    };
  }

  /** @param {string} file @param {boolean} now */
  #send(file, now) {
    const time_ms = performance.now();
    if (!now && time_ms - this.#last_ms < MIN_INTERVAL_MS) return;
    this.#last_ms = time_ms;
    const sum = { loaded_bytes: 0, total_bytes: 0, cached_bytes: 0, file, cache_full: this.#cache_full };
    for (const { bytes, loaded_bytes, cached } of this.#files.values()) {
      sum.total_bytes += bytes;
      sum.loaded_bytes += loaded_bytes;
      if (cached) sum.cached_bytes += loaded_bytes;
    }
    this.#report(sum);
  }
}
