/**
 * One thing after another: within one object, or among all pages and workers of an origin.
 */

/** Work that is begun when the work before it has ended, well or not. */
export class Turns {
  /** @type {Promise<unknown>} */
  #last = Promise.resolve();

  /**
   * @template T
   * @param {() => T | Promise<T>} work
   * @returns {Promise<T>}
   */
  take(work) {
    const result = this.#last.then(work);
    this.#last = result.catch(() => {});
    return result;
  }
}

/**
 * Does the work while no other page or worker of the origin does work of that name. Only on https and localhost is there a lock, and
 * none where a page has no origin to share, as in a sandboxed frame.
 * @template T
 * @param {string} name
 * @param {() => Promise<T>} work
 * @param {AbortSignal} [signal] ends the waiting
 * @returns {Promise<T>}
 */
export function alone(name, work, signal) {
  if (!globalThis.navigator?.locks || globalThis.origin === 'null') return work();
  return navigator.locks.request(name, { signal }, work);
}
