/**
 * What somebody picks or drops in a page, as sources: each folder, each zip file, and all single files together. Folders are
 * only listed, and of their files only those that are skills; what is in them is read by the worker.
 */

import { isLeftOut, isSkillFile, isZip, withoutEnding } from '../../shared/skill-paths.js';

/**
 * @typedef {import('../../client.js').OwnFile} OwnFile
 *
 * @typedef {object} Given
 * @property {string} name
 * @property {OwnFile[]} files
 * @property {{ path: string, reason: string }[]} unreadable what the browser would not show
 * @property {FileSystemDirectoryHandle} [handle] by which the folder can be read again
 * @property {boolean} [is_loose] single files, whose name says nothing
 */

const LOOSE_NAME = 'files';

/** @param {FileList} files of an input for folders @returns {Given[]} */
export function givenFolder(files) {
  const found = Array.from(files, (file) => ({ path: file.webkitRelativePath || file.name, file }));
  const name = found[0]?.path.split('/')[0];
  const skills = found.filter(({ path }) => isSkillFile(path) && !path.split('/').some(isLeftOut));
  return name === undefined ? [] : [{ name, files: skills, unreadable: [] }];
}

/** @param {Iterable<File>} files of an input, or dropped one by one @returns {Given[]} */
export function givenFiles(files) {
  const found = Array.from(files, (file) => ({ path: file.name, file }));
  const zips = found.filter(({ path }) => isZip(path)).map((zip) => ({ name: withoutEnding(zip.path), files: [zip], unreadable: [] }));
  const loose = found.filter(({ path }) => !isZip(path));
  return loose.length === 0 ? zips : [...zips, { name: LOOSE_NAME, files: loose, unreadable: [], is_loose: true }];
}

/**
 * To be called while the drop event is handled: what was dropped is out of reach after it.
 * @param {DataTransfer} transfer
 * @returns {(signal: AbortSignal) => Promise<Given[]>} lists it
 */
export function givenDrop(transfer) {
  const items = Array.from(transfer.items).filter(({ kind }) => kind === 'file'); // Dragging a file may carry its name as text, too.
  const dropped = items.map((item) => ({
    entry: item.webkitGetAsEntry?.(),
    file: item.getAsFile(),
    handle: item.getAsFileSystemHandle?.().catch(() => null),
  }));
  return async (signal) => {
    const folders = dropped.flatMap(({ entry, handle }) => (isFolder(entry) ? [givenEntry(entry, handle, signal)] : []));
    const files = dropped.filter(({ entry }) => !entry?.isDirectory).map(({ file }) => file).filter((file) => file !== null);
    return [...(await Promise.all(folders)), ...givenFiles(files)];
  };
}

/** @param {FileSystemEntry | null} entry @returns {entry is FileSystemDirectoryEntry} */
function isFolder(entry) {
  return entry?.isDirectory === true;
}

/**
 * @param {FileSystemDirectoryEntry} entry @param {Promise<FileSystemHandle | null> | undefined} handle @param {AbortSignal} signal
 * @returns {Promise<Given>}
 */
async function givenEntry(entry, handle, signal) {
  /** @type {Given} */
  const given = { name: entry.name, files: [], unreadable: [], handle: /** @type {FileSystemDirectoryHandle | null | undefined} */ (await handle) ?? undefined };
  await listEntry(entry, entry.name, given, signal);
  return given;
}

/** @param {FileSystemDirectoryHandle} handle @param {AbortSignal} signal @returns {Promise<Given>} */
export async function givenHandle(handle, signal) {
  const given = { name: handle.name, files: [], unreadable: [], handle };
  await listHandle(handle, handle.name, given, signal);
  return given;
}

/** @param {FileSystemDirectoryHandle} folder @param {string} path @param {Given} given @param {AbortSignal} signal */
async function listHandle(folder, path, given, signal) {
  for await (const [name, child] of folder.entries()) {
    signal.throwIfAborted();
    await listChild(name, `${path}/${name}`, given, child.kind === 'directory', {
      list: (child_path) => listHandle(/** @type {FileSystemDirectoryHandle} */ (child), child_path, given, signal),
      file: () => /** @type {FileSystemFileHandle} */ (child).getFile(),
    });
  }
}

/** @param {FileSystemDirectoryEntry} folder @param {string} path @param {Given} given @param {AbortSignal} signal */
async function listEntry(folder, path, given, signal) {
  const reader = folder.createReader();
  for (;;) { // It gives its entries in portions, and an empty one at the end.
    signal.throwIfAborted();
    /** @type {FileSystemEntry[]} */
    const portion = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (portion.length === 0) return;
    for (const child of portion) {
      await listChild(child.name, `${path}/${child.name}`, given, child.isDirectory, {
        list: (child_path) => listEntry(/** @type {FileSystemDirectoryEntry} */ (child), child_path, given, signal),
        file: () => new Promise((resolve, reject) => /** @type {FileSystemFileEntry} */ (child).file(resolve, reject)),
      });
    }
  }
}

/**
 * What cannot be opened is noted, and the rest goes on.
 * @param {string} name @param {string} path @param {Given} given @param {boolean} is_folder
 * @param {{ list: (path: string) => Promise<void>, file: () => Promise<File> }} ways
 */
async function listChild(name, path, given, is_folder, { list, file }) {
  if (is_folder ? isLeftOut(name) : !isSkillFile(name)) return;
  try {
    if (is_folder) await list(path);
    else given.files.push({ path, file: await file() });
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    given.unreadable.push({ path, reason: `the browser could not open it (${error.message}); check its permissions` });
  }
}
