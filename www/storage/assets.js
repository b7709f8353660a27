/**
 * Fetches the files of an index or a model: streamed with progress, checked before use, kept for the next visit.
 *
 * Two kinds of file, two policies. A *manifest* (`index.json`, `model.json`) has a fixed name: the network comes first, the
 * kept copy is for when the network fails, and a new one replaces the old only once its files have arrived (`commit`).
 * A *listed* file is named by its content: the kept copy comes first, and size and sha256 are checked every time.
 */

import { sha256_hex } from '../pkg/search/skillrouter.js';
import { abortError, firstOf, isAbort, SkillRouterError } from '../shared/error.js';
import { hexOf } from '../shared/hex.js';
import { isForeign, unreachable } from '../shared/unreachable.js';
import { canStore, evictUnlisted, readStored, removeStored, store } from './cache.js';

/**
 * A file as a manifest lists it.
 * @typedef {{ file: string, bytes: number, sha256: string }} FileEntry
 *
 * One step of a download. `cached`: the bytes come from the Cache API. `cache_full`: the file could not be kept.
 * @typedef {{ loaded_bytes: number, cached: boolean, cache_full?: boolean }} FileProgress
 *
 * How the bytes of a file are got, with a `SkillRouterError` when they cannot be. `expected_bytes`: their number, where a
 * manifest tells it; `owner`: see `FetchOptions`. A page downloads them; other surroundings bring their own way.
 * @typedef {(url: string, options: { signal?: AbortSignal, expected_bytes?: number, owner?: string, report?: (loaded_bytes: number) => void,
 *   cache: RequestCache, retries?: number }) => Promise<Uint8Array<ArrayBuffer>>} FetchFile
 *
 * @typedef {{ signal?: AbortSignal, onProgress?: (progress: FileProgress) => void, owner?: string, fetchFile?: FetchFile, fresh?: boolean }} FetchOptions
 */

const MAX_PARALLEL = 3;
const RETRY_DELAYS_MS = [400, 1600];
/** How long a manifest may take when a kept copy could be used instead. */
const MANIFEST_PATIENCE_MS = 5000;
/** A download of which nothing more has come for so long is broken off, and goes on in a new one. */
const STALL_MS = 30_000;
/** What has come of a file when its download fails is kept if it is at least so much. */
const MIN_PART_BYTES = 256 * 1024;
/** Codes of what a file is not as it should be. */
const UNSOUND = ['magic', 'version', 'truncated', 'checksum', 'malformed'];

/**
 * A listed file, from the shelf or the network, checked against its entry.
 * @param {string} url
 * @param {FileEntry} entry
 * @param {FetchOptions} [options] `owner`: URL of the manifest that lists the file; `fresh`: from the network, kept or not
 * @returns {Promise<Uint8Array<ArrayBuffer>>}
 */
export async function fetchAsset(url, entry, { signal, onProgress, owner = url, fetchFile = download, fresh = false } = {}) {
  const kept = fresh ? null : await keptAsset(url, entry);
  if (signal?.aborted) throw abortError();
  if (kept) {
    onProgress?.({ loaded_bytes: kept.length, cached: true });
    return kept;
  }
  const report = (/** @type {number} */ loaded_bytes) => onProgress?.({ loaded_bytes, cached: false });
  const bytes = await inSlot(signal, () => fetchFile(url, { signal, expected_bytes: entry.bytes, owner, report, cache: 'no-store' }));
  const problem = await mismatch(url, bytes, entry);
  if (problem) throw problem;
  const stored = await store(url, bytes, owner);
  onProgress?.({ loaded_bytes: bytes.length, cached: false, cache_full: !stored && canStore() });
  return bytes;
}

/** A listed file, if it is on the shelf; a copy that is damaged goes. @param {string} url @param {FileEntry} entry */
export async function keptAsset(url, entry) {
  const kept = await readStored(url);
  if (!kept || !(await mismatch(url, kept, entry))) return kept;
  await removeStored(url);
  return null;
}

/**
 * The files that a manifest lists: fetched side by side, a few ahead, and given to `add` one after another in their order.
 * None is kept once it was added, since a second copy of a large model would be felt.
 * @param {FileEntry[]} entries
 * @param {object} options
 * @param {string} options.owner URL of the manifest
 * @param {(file: string, bytes: Uint8Array<ArrayBuffer>) => void | Promise<void>} options.add
 * @param {AbortSignal} [options.signal]
 * @param {(file: string) => ((progress: FileProgress) => void) | undefined} [options.progressOf]
 * @param {FetchFile} [options.fetchFile]
 */
export async function fetchInOrder(entries, { owner, add, signal, progressOf, fetchFile }) {
  const others = new AbortController();
  const either = firstOf(signal, others.signal);
  /** @type {Promise<Uint8Array<ArrayBuffer>>[]} */
  const coming = [];
  const start = (/** @type {FileEntry} */ entry) => {
    const options = { signal: either, owner, onProgress: progressOf?.(entry.file), fetchFile };
    const download = fetchAsset(new URL(entry.file, owner).href, entry, options);
    download.catch(() => {}); // Each is awaited below, but one may fail before its turn.
    coming.push(download);
  };
  entries.slice(0, MAX_PARALLEL).forEach(start);
  try {
    for (const [i, { file }] of entries.entries()) {
      await add(file, await /** @type {Promise<Uint8Array<ArrayBuffer>>} */ (coming.shift())); // One for each entry.
      if (either.aborted) throw abortError();
      if (i + MAX_PARALLEL < entries.length) start(entries[i + MAX_PARALLEL]);
    }
  } catch (error) {
    others.abort();
    await Promise.allSettled(coming);
    throw error;
  }
}

/**
 * A manifest, fresh if the network gives one. `open` reads it and throws if it is not sound; nothing unsound is kept.
 * @template T
 * @param {string} url
 * @param {(bytes: Uint8Array<ArrayBuffer>) => T | Promise<T>} open
 * @param {{ signal?: AbortSignal, fetchFile?: FetchFile }} [options]
 * @returns {Promise<{ value: T, commit: (entries: FileEntry[]) => Promise<void> }>} `commit` keeps this manifest and evicts the
 *   files that it no longer lists; call it when the files have arrived
 */
export async function fetchManifest(url, open, { signal, fetchFile = download } = {}) {
  const kept = await readStored(url);
  const fresh = await freshManifest(url, kept !== null, signal, fetchFile).catch((error) => {
    if (kept && error.code === 'network') return null;
    throw error;
  });
  const bytes = /** @type {Uint8Array<ArrayBuffer>} */ (fresh ?? kept); // Without a kept one, the error was thrown.
  const commit = async (/** @type {FileEntry[]} */ entries) => {
    if (!fresh) return;
    await store(url, fresh, url);
    await evictUnlisted(url, new Set([secretUrl(url), ...entries.map(({ file }) => new URL(file, url).href)]));
  };
  return { value: await opened(url, bytes, open), commit };
}

/** @template T @param {string} url @param {Uint8Array<ArrayBuffer>} bytes @param {(bytes: Uint8Array<ArrayBuffer>) => T | Promise<T>} open knows no addresses */
async function opened(url, bytes, open) {
  try {
    return await open(bytes);
  } catch (error) {
    if (!UNSOUND.includes(error.code)) throw error;
    throw new SkillRouterError(error.code, `${error.message} (${url})`, { cause: error });
  }
}

/**
 * Where a secret lies on the shelf that belongs to a manifest and goes with it, not with its version. Nothing is fetched from there.
 * @param {string} manifest_url
 */
export function secretUrl(manifest_url) {
  return `${manifest_url}?secret`;
}

/** @param {string} url @param {boolean} has_kept @param {AbortSignal | undefined} signal @param {FetchFile} fetchFile */
async function freshManifest(url, has_kept, signal, fetchFile) {
  const patience = has_kept ? AbortSignal.timeout(MANIFEST_PATIENCE_MS) : undefined;
  const either = firstOf(signal, patience);
  try {
    return await fetchFile(url, { signal: either, cache: 'no-cache', retries: has_kept ? 0 : RETRY_DELAYS_MS.length });
  } catch (error) {
    if (patience?.aborted && !signal?.aborted) throw tooSlow(url, error);
    throw error;
  }
}

/**
 * Downloads with retries: a broken connection and a 5xx may pass, a 404 will not. What has come by then is not asked for again.
 * @type {FetchFile}
 */
async function download(url, { signal, expected_bytes, owner, report, cache, retries = RETRY_DELAYS_MS.length }) {
  const part = expected_bytes === undefined ? null : await keptPart(url, expected_bytes);
  for (let attempt = 0; ; attempt++) {
    try {
      const bytes = await downloadOnce(url, part, { signal, report, cache });
      if (part?.is_kept) await removeStored(partUrl(url));
      return bytes;
    } catch (error) {
      if (isAbort(error) || signal?.aborted) throw abortError();
      if (error.code !== 'network' || attempt >= retries) {
        if (part && owner) await keepPart(url, part, owner);
        throw error;
      }
      await pause(RETRY_DELAYS_MS[attempt], signal);
    }
  }
}

/** @param {string} url @param {Part | null} part of a file whose size is known @param {Parameters<FetchFile>[1]} options */
async function downloadOnce(url, part, { signal, report, cache }) {
  const from = part && canContinue(url) ? part.loaded_bytes : 0;
  if (part && from === part.bytes.length) return part.bytes;
  const headers = from > 0 ? { range: `bytes=${from}-` } : undefined;
  let response;
  try {
    response = await fetch(url, { signal, cache, headers, credentials: 'same-origin', referrerPolicy: 'no-referrer' });
  } catch (error) {
    throw isAbort(error) ? error : await unreachable(url, error);
  }
  if (response.status === 404 || response.status === 410) {
    // A file whose size is known is listed by a manifest, and gone when a new one took its place while the page was open.
    const remedy = part ? 'reload the page, and if it stays, publish the file' : 'check the address';
    throw new SkillRouterError('not-found', `${url} is not on the server (${response.status}); ${remedy}`);
  }
  if (part && response.status !== 206) part.loaded_bytes = 0;
  if (!response.ok) throw new SkillRouterError('network', `${url} could not be fetched (the server answered ${response.status}); try again later`);
  try {
    return part ? await readRest(response, url, part, report) : new Uint8Array(await response.arrayBuffer());
  } catch (error) {
    throw isAbort(error) || error instanceof SkillRouterError ? error : await unreachable(url, error);
  }
}

/**
 * What has come of a file whose size is known.
 * @typedef {{ bytes: Uint8Array<ArrayBuffer>, loaded_bytes: number, is_kept?: boolean }} Part
 */

/** The body of a response, behind what has come already. @param {Response} response @param {string} url @param {Part} part @param {((loaded_bytes: number) => void) | undefined} report */
async function readRest(response, url, part, report) {
  const { bytes } = part;
  const reader = /** @type {ReadableStream<Uint8Array>} */ (response.body).getReader(); // Only an answer to HEAD, or a 204, has none.
  for (;;) {
    const { done, value } = await unlessStalled(reader, url);
    if (done) break;
    if (part.loaded_bytes + value.length > bytes.length) {
      void reader.cancel().catch(() => {});
      throw truncated(url, bytes.length, `more than ${bytes.length}`);
    }
    bytes.set(value, part.loaded_bytes);
    part.loaded_bytes += value.length;
    report?.(part.loaded_bytes);
  }
  return bytes.subarray(0, part.loaded_bytes);
}

/** The next piece, if it comes in time. @param {ReadableStreamDefaultReader<Uint8Array>} reader @param {string} url */
async function unlessStalled(reader, url) {
  let timer;
  const stalled = new Promise((_, reject) => (timer = setTimeout(() => {
    reject(tooSlow(url));
    void reader.cancel().catch(() => {});
  }, STALL_MS)));
  try {
    return await /** @type {Promise<ReadableStreamReadResult<Uint8Array>>} */ (Promise.race([reader.read(), stalled]));
  } finally {
    clearTimeout(timer);
  }
}

/** @param {string} url @param {number} expected_bytes @returns {Promise<Part>} what an earlier download has left, or nothing */
async function keptPart(url, expected_bytes) {
  const bytes = new Uint8Array(expected_bytes);
  const kept = canContinue(url) ? await readStored(partUrl(url)) : null;
  if (!kept || kept.length > expected_bytes) return { bytes, loaded_bytes: 0 };
  bytes.set(kept);
  return { bytes, loaded_bytes: kept.length, is_kept: true };
}

/** @param {string} url @param {Part} part @param {string} owner */
async function keepPart(url, part, owner) {
  if (part.loaded_bytes >= MIN_PART_BYTES && canContinue(url)) await store(partUrl(url), part.bytes.subarray(0, part.loaded_bytes), owner);
}

/** Other origins may know nothing of parts, and then refuse the request. @param {string} url */
function canContinue(url) {
  return !isForeign(url);
}

/** Where the beginning of a file lies on the shelf. Nothing is fetched from there. @param {string} url */
function partUrl(url) {
  return `${url}?part`;
}

/** @param {string} url @param {Uint8Array<ArrayBuffer>} bytes @param {FileEntry} entry @returns {Promise<SkillRouterError | null>} what is wrong with the bytes */
async function mismatch(url, bytes, entry) {
  if (bytes.length !== entry.bytes) return truncated(url, entry.bytes, bytes.length);
  if ((await sha256(bytes)) === entry.sha256) return null;
  return new SkillRouterError('checksum', `${url} is damaged: its checksum does not match; try again, and if it stays, publish the file again`);
}

/** Browsers offer crypto.subtle on https and localhost only; elsewhere the engine does the work. @param {Uint8Array<ArrayBuffer>} bytes */
async function sha256(bytes) {
  if (!globalThis.crypto?.subtle) return sha256_hex(bytes);
  return hexOf(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)));
}

let n_running = 0;
/** @type {(() => void)[]} */
const waiting = [];

/**
 * Runs `work` when fewer than MAX_PARALLEL others run, in the order of asking.
 * @template T @param {AbortSignal | undefined} signal @param {() => Promise<T>} work
 */
async function inSlot(signal, work) {
  if (n_running >= MAX_PARALLEL) await new Promise((resolve) => waiting.push(() => resolve(undefined)));
  else n_running++;
  try {
    if (signal?.aborted) throw abortError();
    return await work();
  } finally {
    const next = waiting.shift();
    if (next) next(); // The slot passes on, the count stays.
    else n_running--;
  }
}

/** @param {number} ms @param {AbortSignal | undefined} signal */
function pause(ms, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener('abort', () => (clearTimeout(timer), reject(abortError())), { once: true });
  });
}

/** @param {string} url @param {unknown} [cause] */
function tooSlow(url, cause) {
  return new SkillRouterError('network', `${url} could not be fetched (it took too long); check the connection and try again`, { cause });
}

/** @param {string} url @param {number} expected_bytes @param {number | string} got_bytes */
function truncated(url, expected_bytes, got_bytes) {
  return new SkillRouterError('truncated', `${url} has ${got_bytes} bytes where ${expected_bytes} are needed; it was cut off or changed: try again, and if it stays, publish the file again`);
}
