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
 * @param {{ signal?: AbortSignal, onWait?: () => void }} [options] `signal` ends the waiting; `onWait`: another page or worker has the turn
 * @returns {Promise<T>}
 */
export async function alone(name, work, { signal, onWait } = {}) {
  if (!globalThis.navigator?.locks || globalThis.origin === 'null') return work();
  if (onWait && (await navigator.locks.query()).held?.some((lock) => lock.name === name)) onWait();
  return navigator.locks.request(name, { signal }, work);
}
