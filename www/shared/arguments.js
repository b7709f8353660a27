/**
 * What a caller may give, checked at the border: a wrong argument is an error that names it and says what is allowed.
 * The limits are those of the command line.
 */

import { SkillRouterError } from './error.js';

/**
 * @typedef {{ allowed: string, holds: (value: any) => boolean, words?: readonly string[] }} Rule
 */

/** @type {Record<string, Rule>} */
export const A = {
  text: { allowed: 'a string', holds: (value) => typeof value === 'string' },
  name: { allowed: 'a string that is not empty', holds: (value) => typeof value === 'string' && value !== '' },
  flag: { allowed: 'true or false', holds: (value) => typeof value === 'boolean' },
  amount: { allowed: 'a number of 0 or more', holds: (value) => typeof value === 'number' && value >= 0 },
  place: { allowed: 'a string or a URL', holds: (value) => typeof value === 'string' || value instanceof URL },
  listener: { allowed: 'a function', holds: (value) => typeof value === 'function' },
  signal: { allowed: 'an AbortSignal', holds: (value) => value === null || (typeof value?.aborted === 'boolean' && typeof value.addEventListener === 'function') },
  object: { allowed: 'an object', holds: (value) => typeof value === 'object' && value !== null && !Array.isArray(value) },
};

/** @param {number} least @param {number} most @returns {Rule} */
function whole(least, most) {
  return { allowed: `a whole number from ${least} to ${most.toLocaleString('en')}`, holds: (value) => Number.isInteger(value) && value >= least && value <= most };
}

/** @param {string[]} words @returns {Rule} */
function word(...words) {
  return { allowed: `one of ${words.join(', ')}`, holds: (value) => words.includes(value), words };
}

/** @param {Rule} rule @returns {Rule} */
function orNull({ allowed, holds }) {
  return { allowed: `${allowed}, or null`, holds: (value) => value === null || holds(value) };
}

/** Most skills of one answer. */
export const MAX_TOP = 1000;
/** Place of a skill in an index. */
export const SKILL_IDX = whole(0, 2 ** 32 - 1);

export const ROUTE_OPTIONS = {
  top: whole(1, MAX_TOP), mode: word('lexical', 'dense', 'hybrid'), search: word('exact', 'hnsw'), typing: A.flag, wait: A.flag, rerank: whole(0, 200),
  documents: word('exact', 'fast'), signal: A.signal, onStage: A.listener,
};

/** Of a router in Node. */
export const NODE_OPEN_OPTIONS = { index: A.place, models: A.place, reranker: orNull(A.name) };

export const OPEN_OPTIONS = {
  ...NODE_OPEN_OPTIONS, device: word('auto', 'cpu', 'gpu'), prefetch: word('all', 'none'), prefetch_bytes: A.amount, patience_ms: A.amount,
  onProgress: A.listener, signal: A.signal,
};

export const ADD_OWN_OPTIONS = { source: A.name, onProgress: A.listener, signal: A.signal };

export const REMOVE_OWN_OPTIONS = { onProgress: A.listener };

/** @param {string} name @param {unknown} value @param {Rule} rule */
export function checkArgument(name, value, rule) {
  if (rule.holds(value)) return;
  if (rule.words) throw wrong(`unknown ${name} ${shown(value)}; choose one of ${rule.words.join(', ')}`);
  throw wrong(`${name} is ${shown(value)}; it has to be ${rule.allowed}`);
}

/**
 * What is undefined counts as left out.
 * @param {string} method @param {unknown} options @param {Record<string, Rule>} rules of every option that there is
 */
export function checkOptions(method, options, rules) {
  checkArgument(`the options of ${method}`, options, A.object);
  for (const [name, value] of Object.entries(/** @type {object} */ (options))) {
    if (!Object.hasOwn(rules, name)) throw wrong(`${method} has no option ${name}; it takes ${Object.keys(rules).join(', ')}`);
    if (value !== undefined) checkArgument(name, value, rules[name]);
  }
}

/** @param {string} message */
export function wrong(message) {
  return new SkillRouterError('unavailable', message);
}

/** A value as a message names it: words as they are, others by what they are. @param {unknown} value @returns {string} */
function shown(value) {
  if (value === '') return 'empty';
  if (typeof value === 'string') return value.length > 40 ? `${value.slice(0, 40)}…` : value;
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'object' && value !== null) return 'an object';
  return String(value);
}
