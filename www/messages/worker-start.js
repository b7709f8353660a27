/**
 * Starts a worker, also from another origin, which browsers allow through a script of this one that imports it, and where a page
 * demands Trusted Types.
 */

import { SkillRouterError } from '../shared/error.js';
import { trustedScriptUrl, trustedTypes, untrusted } from '../shared/trusted.js';
import { forbiddenBy, unloadable } from '../shared/unreachable.js';

/** @typedef {{ worker: Worker, whyNotStarted: (message: string) => Promise<SkillRouterError> }} Started `message`: see Connection */

/** A blob has the storage of this origin. In a page without an origin, such as a sandboxed frame, Chromium loads no module from one. */
const SCHEME = globalThis.origin === 'null' ? 'data' : 'blob';

/** @param {() => Worker} construct one expression that bundlers know: `new Worker(new URL('…', import.meta.url), …)` @returns {Started} */
export function startWorker(construct) {
  const { address, options } = callOf(construct);
  const { href: url, protocol, origin } = new URL(address, globalThis.location?.href);
  const is_foreign = protocol.startsWith('http') && origin !== globalThis.origin;
  const whyNotStarted = async (/** @type {string} */ message) => {
    const directive = is_foreign && (await forbiddenBy(SCHEME));
    if (!directive) return unloadable(url, message, "the engine's worker");
    const remedy = `add ${SCHEME}: to ${directive} in its Content-Security-Policy, or serve the files from the origin of the page`;
    return new SkillRouterError('unavailable', `the engine's worker is of another origin (${url}), and the policy of this page forbids to start it; ${remedy}`);
  };
  try {
    return { worker: new Worker(trustedScriptUrl(is_foreign ? importing(url) : address), options), whyNotStarted };
  } catch (error) {
    if (trustedTypes && error instanceof TypeError) throw untrusted(error);
    throw new SkillRouterError('unavailable', `the engine's worker could not be started from ${url} (${error.message}); serve the files from the origin of the page`, { cause: error });
  }
}

/**
 * What `construct` gives to the constructor: a bundler may have put another address there, so a stand-in takes it from the call.
 * @param {() => Worker} construct
 * @returns {{ address: string | URL, options: WorkerOptions | undefined }}
 */
function callOf(construct) {
  const { Worker } = globalThis;
  /** @type {any} */
  let call;
  globalThis.Worker = /** @type {any} */ (class {
    /** @param {string | URL} address @param {WorkerOptions} [options] */
    constructor(address, options) {
      call = { address, options };
    }
  });
  try {
    construct();
  } finally {
    globalThis.Worker = Worker;
  }
  return call;
}

/** The address of a script that imports a module. @param {string} url */
function importing(url) {
  const script = `import ${JSON.stringify(url)};`;
  if (SCHEME === 'data') return `data:text/javascript,${encodeURIComponent(script)}`;
  return URL.createObjectURL(new Blob([script], { type: 'text/javascript' }));
}
