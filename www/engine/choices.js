/**
 * What was measured on this machine: for an adapter and a model, the device that was faster. Kept in a cache of its own,
 * so that the next visit goes straight to that device.
 */

import { canStore } from '../storage/cache.js';

/**
 * @typedef {{ kind: 'cpu' | 'gpu', reason: string }} Choice
 * @typedef {{ name: string, hash: string }} ModelId
 */

const CACHE_NAME = 'skillrouter-devices-v1';
/** The Cache API wants addresses; nothing is ever fetched from this one, and `.invalid` is reserved for that. */
const PLACE = 'https://skillrouter.invalid/devices/';

/** @param {string} adapter_name @param {ModelId} model @returns {Promise<Choice | null>} */
export async function rememberedChoice(adapter_name, model) {
  try {
    const cache = await caches.open(CACHE_NAME);
    return (await (await cache.match(address(adapter_name, model)))?.json()) ?? null;
  } catch {
    return null; // Without memory, or with a spoilt one, the devices are measured again.
  }
}

/** @param {string} adapter_name @param {ModelId} model @param {Choice} choice */
export async function rememberChoice(adapter_name, model, choice) {
  try {
    const cache = await caches.open(CACHE_NAME);
    await cache.put(address(adapter_name, model), Response.json(choice));
  } catch {
    // No space: measured again at the next visit.
  }
}

export async function forgetChoices() {
  if (canStore()) await caches.delete(CACHE_NAME);
}

/** @param {string} adapter_name @param {ModelId} model */
function address(adapter_name, { name, hash }) {
  return PLACE + [adapter_name, name, hash].map(encodeURIComponent).join('/');
}
