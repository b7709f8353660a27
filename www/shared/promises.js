/**
 * Promises as this package uses them.
 */

/**
 * A promise with its handles. Nobody has to listen: a rejection that is not awaited is not reported.
 * @returns {{ promise: Promise<void>, resolve: () => void, reject: (error: Error) => void }}
 */
export function deferred() {
  /** @type {{ resolve: (value: void) => void, reject: (error: Error) => void }} */
  let settle;
  /** @type {Promise<void>} */
  const promise = new Promise((resolve, reject) => (settle = { resolve, reject })); // `Promise.withResolvers` is not in Node 20.
  promise.catch(() => {});
  return { promise, resolve: () => settle.resolve(), reject: (error) => settle.reject(error) };
}

/** A microtask would let no message in, and so no cancel: only a task does. @returns {Promise<void>} */
export function nextTask() {
  return new Promise((resolve) => setTimeout(resolve));
}

/** Resolves after a while, or when the network is back. @param {number} ms @returns {Promise<void>} */
export function pauseOrOnline(ms) {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      globalThis.removeEventListener?.('online', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    globalThis.addEventListener?.('online', end);
  });
}
