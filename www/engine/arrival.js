/**
 * Something large on its way, which is done without until it is there: callers may look, or wait.
 */

import { isAbort } from '../shared/error.js';

/** @template T */
export class Arrival {
  /** @type {T | null} */
  value = null;
  /** @type {Error | null} why it will not come */
  error = null;
  /** @type {Promise<void>} resolves, never rejects, when it is clear which of the two it is */
  settled;

  /** @param {Promise<T>} coming */
  constructor(coming) {
    this.settled = coming.then((value) => void (this.value = value), (error) => void (this.error = error));
  }

  /**
   * @param {string} what is coming
   * @returns {string} why it is not here
   */
  why(what) {
    if (!this.error) return `${what} is still loading`;
    return isAbort(this.error) ? `loading ${what} was stopped` : this.error.message;
  }
}
