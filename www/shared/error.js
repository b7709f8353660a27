/**
 * The one error class of the web package, what a cancelled call rejects with, and how both cross from the worker to the page.
 *
 * The engine throws `Error`s with a stable `code`; fetching adds `network` and `not-found`; a WebAssembly
 * panic, or anything else that nobody expected, is `engine` and means that the worker has to be replaced.
 */

/**
 * An error as it crosses the worker's boundary.
 * @typedef {{ code: string, message: string, fatal: boolean }} PlainError
 *
 * What is caught: errors of ours have a code.
 * @typedef {(Error & { code?: string }) | DOMException} Fault
 */

/** What went wrong, with a stable `code` for programs and a sentence with the remedy for people. */
export class SkillRouterError extends Error {
  /**
   * @param {import('../client.js').ErrorCode} code
   * @param {string} message lower case: what happened, then what to do
   * @param {ErrorOptions} [options]
   */
  constructor(code, message, options) {
    super(message, options);
    this.name = 'SkillRouterError';
    this.code = code;
  }
}

/** @param {string} [message] @returns {DOMException} what a cancelled call rejects with */
export function abortError(message = 'the call was cancelled') {
  return new DOMException(message, 'AbortError');
}

/** What calls of a router reject with after `close`. */
export function closedError() {
  return new SkillRouterError('unavailable', 'this router is closed; open another');
}

/** @param {unknown} error @returns {boolean} */
export function isAbort(error) {
  return error instanceof DOMException && error.name === 'AbortError';
}

/** @param {...(AbortSignal | null | undefined)} signals @returns {AbortSignal} that aborts with the first of those that there are */
export function firstOf(...signals) {
  return AbortSignal.any(signals.filter((signal) => !!signal));
}

/**
 * Waits for `promise`, but no longer than until the signal.
 * @template T
 * @param {Promise<T>} promise
 * @param {AbortSignal | undefined} signal
 * @returns {Promise<T>}
 */
export function abortable(promise, signal) {
  if (!signal) return promise;
  if (signal.aborted) return Promise.reject(abortError());
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(abortError()), { once: true });
    promise.then(resolve, reject);
  });
}

/**
 * Any thrown thing as a plain object. Errors without a code of ours are bugs or panics: `fatal`.
 * @param {any} error
 * @returns {PlainError}
 */
export function toPlain(error) {
  const message = String(error?.message ?? error);
  if (isAbort(error)) return { code: 'abort', message, fatal: false };
  if (typeof error?.code === 'string' && !(error instanceof WebAssembly.RuntimeError)) {
    return { code: error.code, message, fatal: false };
  }
  return { code: 'engine', message: `the engine stopped (${message}); try again, the next call starts a new one`, fatal: true };
}

/**
 * The error that a caller sees.
 * @param {PlainError} plain
 * @returns {Error}
 */
export function fromPlain({ code, message }) {
  return code === 'abort' ? abortError(message) : new SkillRouterError(/** @type {import('../client.js').ErrorCode} */ (code), message);
}
