/**
 * Markup and addresses of scripts where a page demands Trusted Types: only a policy, here `skillrouter`, makes them of text. It is for
 * texts of this package and for what DOMPurify has cleaned. Elsewhere, and where a page allows no such policy, text stays text.
 */

import { SkillRouterError } from './error.js';

/** @typedef {import('trusted-types/lib').TrustedTypePolicy} TrustedTypePolicy */

const NAME = 'skillrouter';
/** Undefined in browsers without. */
export const { trustedTypes } = /** @type {{ trustedTypes?: import('trusted-types/lib').TrustedTypePolicyFactory }} */ (globalThis);

/** @type {TrustedTypePolicy | null} */
let policy = null;

/** @returns {TrustedTypePolicy | null} */
export function trustedPolicy() {
  return (policy ??= created());
}

/** @returns {any} */
function created() {
  try {
    return trustedTypes?.createPolicy(NAME, { createHTML: (html) => html, createScriptURL: (url) => url }) ?? null;
  } catch {
    return null; // The page lists the policies that there may be, and this one is not among them.
  }
}

/** @param {string} html @returns {string} as the browser takes it: types know markup as text */
export function trustedHtml(html) {
  return /** @type {any} */ (trustedPolicy()?.createHTML(html) ?? html);
}

/** @param {string | URL} url of a script @returns {string | URL} */
export function trustedScriptUrl(url) {
  if (trustedTypes?.isScriptURL(url)) return /** @type {any} */ (url); // A bundler's own.
  return /** @type {any} */ (trustedPolicy()?.createScriptURL(String(url)) ?? url);
}

/** What a page has to allow when the browser refused text. @param {unknown} cause */
export function untrusted(cause) {
  return new SkillRouterError('unavailable', `the policy of this page demands Trusted Types; add ${NAME} to trusted-types in its Content-Security-Policy`, { cause });
}
