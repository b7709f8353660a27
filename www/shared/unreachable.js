/**
 * Why an address cannot be fetched, with the remedy. A browser tells a script only that it failed, so the rest is found out: whether the
 * device is offline, whether the policy of the page forbids it, and whether a server of another origin answers at all.
 */

import { SkillRouterError } from './error.js';
import { nextTask } from './promises.js';

/** What the policy of the page has forbidden: its directive, by address. @type {Map<string, string>} */
const forbidden = new Map();
globalThis.addEventListener?.('securitypolicyviolation', (event) => {
  const { blockedURI, effectiveDirective } = /** @type {SecurityPolicyViolationEvent} */ (event);
  forbidden.set(blockedURI, effectiveDirective);
});

/** @param {string} url @param {Error} cause what fetching it has thrown @returns {Promise<SkillRouterError>} */
export async function unreachable(url, cause) {
  const error = (/** @type {import('../client.js').ErrorCode} */ code, /** @type {string} */ why, /** @type {string} */ remedy) =>
    new SkillRouterError(code, `${url} could not be fetched (${why}); ${remedy}`, { cause });
  if (globalThis.navigator?.onLine === false) return error('network', 'this device is offline', 'connect it and try again');
  const is_foreign = isForeign(url);
  const answers = is_foreign && (await answersAnybody(url));
  const directive = await forbiddenBy(url);
  if (directive) return error('unavailable', `the policy of this page forbids it`, `add ${is_foreign ? new URL(url).origin : "'self'"} to ${directive} in its Content-Security-Policy`);
  if (answers) return error('unavailable', `its server lets no page of ${globalThis.origin} read it`, 'let it send the header access-control-allow-origin, or serve the files from the origin of the page');
  return error('network', cause.message, 'check the connection and try again');
}

/**
 * Why a script or a build did not load.
 * @param {string} url
 * @param {string} message what is wrong with it; empty if it, or a script that it imports, did not come whole
 * @param {string} what for people
 * @returns {Promise<SkillRouterError>}
 */
export async function unloadable(url, message, what) {
  const error = (/** @type {import('../client.js').ErrorCode} */ code, /** @type {string} */ why, /** @type {string} */ remedy) =>
    new SkillRouterError(code, `${what} could not be loaded from ${url} (${why}); ${remedy}`);
  const directive = await forbiddenBy(url);
  if (directive && directive !== 'connect-src') {
    return error('unavailable', 'the policy of this page forbids it', `allow it in ${directive} of its Content-Security-Policy`);
  }
  try {
    const { ok, status } = await fetch(url, { method: 'HEAD', cache: 'no-store' });
    if (!ok) return error('engine', `the server answered ${status}`, 'publish the file, and reload the page');
    if (message === '') return error('network', 'it, or what it imports, did not come whole', 'check the connection, and that the whole folder is published');
    return error('engine', message, 'reload the page, and if it stays, publish the file again');
  } catch (cause) {
    return unreachable(url, cause);
  }
}

/** The directive by which the policy of the page forbids an address, if it does. @param {string} url or `blob` */
export async function forbiddenBy(url) {
  await nextTask(); // That is told in a task of its own.
  return forbidden.get(url);
}

/** Whether it is of another origin than this page; one without an origin has nothing of its own. @param {string} url */
export function isForeign(url) {
  return new URL(url).origin !== globalThis.origin;
}

/** Whether a server is there, for somebody who may not read what it says. @param {string} url */
async function answersAnybody(url) {
  try {
    await fetch(url, { method: 'HEAD', mode: 'no-cors', cache: 'no-store', credentials: 'omit', referrerPolicy: 'no-referrer' });
    return true;
  } catch {
    return false;
  }
}
