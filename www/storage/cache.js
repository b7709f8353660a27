/**
 * The shelf: checked files kept in the Cache API, so that a second visit downloads nothing and works offline.
 *
 * A file lies under its absolute URL, with its size and its owner (the URL of the manifest that lists it) as headers; the
 * owner decides what may be evicted when a newer manifest no longer lists a file. Where there is no Cache API (pages that
 * are not served over https or localhost) the shelf is always empty and takes nothing.
 */

const CACHE_NAME = 'skillrouter-v1';
const OWNER_HEADER = 'x-skillrouter-owner';
const BYTES_HEADER = 'x-skillrouter-bytes';

/** @returns {boolean} whether this page can keep files at all: a sandboxed one may not even look at the shelf */
export function canStore() {
  try {
    return 'caches' in globalThis && globalThis.caches !== undefined;
  } catch {
    return false;
  }
}

/**
 * @param {string} url absolute
 * @returns {Promise<Uint8Array<ArrayBuffer> | null>} the kept bytes, not yet checked
 */
export async function readStored(url) {
  const bytes = await withCache(async (cache) => (await cache.match(url))?.arrayBuffer());
  return bytes ? new Uint8Array(bytes) : null;
}

/**
 * Keeps a file that has been checked.
 * @param {string} url absolute
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @param {string} owner URL of the manifest that lists the file (or of the file itself, for a manifest)
 * @returns {Promise<boolean>} false when the browser would not take it, as a rule because there is no space left; the file
 *   is good all the same, so this is no error
 */
export async function store(url, bytes, owner) {
  const headers = { 'content-type': 'application/octet-stream', [OWNER_HEADER]: owner, [BYTES_HEADER]: String(bytes.length) };
  const put = await withCache(async (cache) => {
    await cache.put(url, new Response(bytes, { headers }));
    return true;
  });
  return put === true;
}

/** @param {string} url absolute */
export async function removeStored(url) {
  await withCache((cache) => cache.delete(url));
}

/**
 * Removes what `owner` listed once and lists no more.
 * @param {string} owner URL of a manifest
 * @param {Set<string>} listed absolute URLs to keep
 */
export async function evictUnlisted(owner, listed) {
  await withCache(async (cache) => {
    for (const request of await cache.keys()) {
      if (request.url === owner || listed.has(request.url)) continue;
      const response = await cache.match(request);
      if (response?.headers.get(OWNER_HEADER) === owner) await cache.delete(request);
    }
  });
}

/** Removes a manifest and all that it listed. @param {string} owner URL of the manifest */
export async function removeOwned(owner) {
  await evictUnlisted(owner, new Set());
  await removeStored(owner);
}

/** @returns {Promise<{ url: string, bytes: number }[]>} everything on the shelf */
export async function listStored() {
  const files = await withCache(async (cache) => {
    const responses = await cache.matchAll();
    const requests = await cache.keys();
    return requests.map(({ url }, i) => ({ url, bytes: Number(responses[i]?.headers.get(BYTES_HEADER) ?? 0) }));
  });
  return files ?? [];
}

/** Empties the shelf. */
export async function forgetStored() {
  if (canStore()) await caches.delete(CACHE_NAME);
}

/**
 * Keeping files is a courtesy: whatever the browser says against it (no space, a private window), they are used all the same.
 * @template T
 * @param {(cache: Cache) => Promise<T>} use
 * @returns {Promise<T | undefined>} undefined where there is no Cache API, or where it refused
 */
async function withCache(use) {
  if (!canStore()) return undefined;
  try {
    return await use(await caches.open(CACHE_NAME));
  } catch {
    return undefined;
  }
}
