/**
 * Which shards of bodies are fetched together, so that a host cannot tell which of them was wanted.
 *
 * All shards are put into an order by SHA-256(secret, position), and the order is cut into groups. The secret keeps whoever makes an
 * index from choosing what stands beside what. It stays the same in a browser: if groups changed, a shard that was fetched
 * twice would be the one that both groups have.
 */

import { sha256_hex } from '../pkg/search/skillrouter.js';
import { alone } from '../shared/turns.js';
import { secretUrl } from '../storage/assets.js';
import { readStored, store } from '../storage/cache.js';

/** A host that guesses the wanted shard is right once in eight times. */
export const GROUP_SIZE = 8;

const SECRET_BYTES = 16;
const LOCK_NAME = 'skillrouter-groups';

/**
 * The secret of this browser for an index, made at the first call and kept beside the files of the index. Without storage it is
 * another one for each caller, who keeps it.
 * @param {string} manifest_url
 * @returns {Promise<Uint8Array>}
 */
export function groupSecret(manifest_url) {
  return alone(LOCK_NAME, async () => {
    const url = secretUrl(manifest_url);
    const kept = await readStored(url);
    if (kept?.length === SECRET_BYTES) return kept;
    const fresh = crypto.getRandomValues(new Uint8Array(SECRET_BYTES));
    await store(url, fresh, manifest_url);
    return fresh;
  });
}

/**
 * @param {number} n_shards
 * @param {Uint8Array} secret
 * @returns {number[][]} all positions, each in one group; a rest that is smaller than a group joins the last one
 */
export function divide(n_shards, secret) {
  const keyOf = (/** @type {number} */ position) => sha256_hex(new TextEncoder().encode(`${secret.join(' ')}:${position}`));
  const ordered = byKey(Array.from({ length: n_shards }, (_, position) => position), keyOf);
  const n_groups = Math.max(1, Math.floor(n_shards / GROUP_SIZE));
  return Array.from({ length: n_groups }, (_, i) => ordered.slice(i * GROUP_SIZE, i === n_groups - 1 ? undefined : (i + 1) * GROUP_SIZE));
}

/** @template T @param {T[]} list @returns {T[]} in an order that nobody can foresee */
export function shuffled(list) {
  const random = crypto.getRandomValues(new Uint32Array(list.length));
  return byKey(list, (_, i) => random[i]);
}

/** @template T @param {T[]} list @param {(item: T, i: number) => string | number} keyOf */
function byKey(list, keyOf) {
  return list.map((item, i) => ({ item, key: keyOf(item, i) })).sort((a, b) => (a.key < b.key ? -1 : 1)).map(({ item }) => item);
}
