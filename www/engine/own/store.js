/**
 * Where own skills are kept between visits: a folder in the origin's private file system (OPFS) with the files of one ordinary
 * index, which no other site and no server can read.
 *
 * Files are named by their content and `index.json` is written last, so a visit that ends in the middle leaves the old index
 * whole, and a reader meanwhile finds either the old one or the new one.
 */

import { abortError, isAbort, SkillRouterError } from '../../shared/error.js';

/** @typedef {{ file: string, bytes: Uint8Array<ArrayBuffer> }} IndexFile the files of an index, `index.json` last */

const FOLDER = 'skillrouter-own';
const MANIFEST = 'index.json';
/** How the files of journal.js begin, which are no part of the index. */
export const RECORDS = 'embedded-';
/** Another tab may replace the index while this one reads it; twice in a row is unlikely, three times is damage. */
const MAX_READS = 3;
const NO_PLACE = 'this browser keeps no files for this page, which needs https and no private window';

/** @returns {Promise<IndexFile[] | null>} null when nothing is kept; rejects when it is damaged */
export async function readOwn() {
  const folder = await openFolder();
  if (!folder) return null;
  for (let read = 1; ; read++) {
    try {
      const manifest = await readFile(folder, MANIFEST).catch(ignoreMissing);
      if (!manifest) return null;
      const names = listedIn(manifest);
      const files = await Promise.all(names.map(async (file) => ({ file, bytes: await readFile(folder, file) })));
      return [...files, { file: MANIFEST, bytes: manifest }];
    } catch (error) {
      if (read < MAX_READS && error.name === 'NotFoundError') continue;
      throw unreadable(error);
    }
  }
}

/** @param {Error} cause @returns {SkillRouterError} what is said when that which is kept is of no use */
export function unreadable(cause) {
  const message = `your own skills, as this browser kept them, cannot be read (${cause.message}); delete them and add them again`;
  return new SkillRouterError('malformed', message, { cause });
}

/**
 * Replaces what is kept.
 * @param {IndexFile[]} files
 * @param {{ signal?: AbortSignal, onFile?: (done: number) => void }} [options]
 * @returns {Promise<string | null>} null, or why they could not be kept; then the old ones still are
 */
export async function saveOwn(files, { signal, onFile } = {}) {
  let folder;
  try {
    folder = await openFolder({ create: true });
    if (!folder) return `${NO_PLACE}; they are gone when the page is closed`;
    for (const [i, { file, bytes }] of files.entries()) {
      if (signal?.aborted) throw abortError();
      await writeFile(folder, file, bytes);
      onFile?.(i + 1);
    }
    await removeUnlisted(folder).catch(() => {}); // The next time will do it.
    return null;
  } catch (error) {
    if (folder) await removeUnlisted(folder).catch(() => {});
    if (isAbort(error)) throw error;
    if (error.name === 'QuotaExceededError') {
      return 'this browser has no space to keep them, so they are lost when you close the page; free some space on this device, or delete other data of this site, and add them again';
    }
    return `the browser would not keep them (${error.message}), so they are gone when the page is closed; reload the page and add them again`;
  }
}

/** Deletes everything that is kept. */
export async function clearOwn() {
  const folder = await openFolder();
  if (!folder) return;
  await folder.removeEntry(MANIFEST).catch(ignoreMissing); // First: without it the rest means nothing.
  await removeUnlisted(folder);
}

/** A file to which records are appended, for this worker alone. @param {string} name @returns {Promise<FileSystemSyncAccessHandle | null>} null where there is none */
export async function openRecords(name) {
  try {
    const folder = await openFolder({ create: true });
    return (await (await folder?.getFileHandle(name, { create: true }))?.createSyncAccessHandle?.()) ?? null;
  } catch {
    return null;
  }
}

/** @param {string} [name] all of them without it */
export async function removeRecords(name) {
  const folder = await openFolder();
  if (!folder) return;
  const names = name === undefined ? (await namesIn(folder)).filter((other) => other.startsWith(RECORDS)) : [name];
  for (const one of names) await folder.removeEntry(one).catch(ignoreMissing);
}

/** @returns {Promise<FileSystemDirectoryHandle | null>} null when there is none */
async function openFolder({ create = false } = {}) {
  if (!globalThis.navigator?.storage?.getDirectory) return null;
  try {
    const root = await navigator.storage.getDirectory();
    return await root.getDirectoryHandle(FOLDER, { create });
  } catch (error) {
    if (error.name === 'NotFoundError' || error.name === 'SecurityError') return null; // The latter in private windows.
    throw error;
  }
}

/** @param {FileSystemDirectoryHandle} folder @param {string} name */
async function readFile(folder, name) {
  const file = await (await folder.getFileHandle(name)).getFile();
  return new Uint8Array(await file.arrayBuffer());
}

/** @param {FileSystemDirectoryHandle} folder @param {string} name @param {Uint8Array<ArrayBuffer>} bytes */
async function writeFile(folder, name, bytes) {
  const handle = await folder.getFileHandle(name, { create: true });
  if (!handle.createWritable) return writeInPlace(handle, bytes);
  const writable = await handle.createWritable();
  try {
    await writable.write(bytes);
  } catch (error) {
    await writable.abort().catch(() => {});
    throw error;
  }
  await writable.close();
}

/** Safari before 26 writes here in no other way. @param {FileSystemFileHandle} handle @param {Uint8Array<ArrayBuffer>} bytes */
async function writeInPlace(handle, bytes) {
  const access = await handle.createSyncAccessHandle();
  try {
    access.truncate(0);
    if (access.write(bytes) < bytes.length) throw new DOMException('it was written in part', 'QuotaExceededError');
    access.flush();
  } finally {
    access.close();
  }
}

/**
 * What an index that is kept does not list was left by an older one, or by a visit that ended while it wrote.
 * @param {FileSystemDirectoryHandle} folder
 */
async function removeUnlisted(folder) {
  const manifest = await readFile(folder, MANIFEST).catch(ignoreMissing);
  const listed = new Set(manifest ? [MANIFEST, ...listedIn(manifest)] : []);
  const names = (await namesIn(folder)).filter((name) => !listed.has(name) && !name.startsWith(RECORDS));
  for (const name of names) await folder.removeEntry(name);
}

/** @param {FileSystemDirectoryHandle} folder @returns {Promise<string[]>} */
async function namesIn(folder) {
  const names = [];
  for await (const name of folder.keys()) names.push(name);
  return names;
}

/** @param {Uint8Array} manifest @returns {string[]} in the order in which the engine wants them */
function listedIn(manifest) {
  return Object.values(JSON.parse(new TextDecoder().decode(manifest)).files).flat().map(({ file }) => file);
}

/** @param {Error} error */
function ignoreMissing(error) {
  if (error.name !== 'NotFoundError') throw error;
  return null;
}
