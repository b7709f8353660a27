/**
 * Files that were chosen or dropped, folders included, as texts with their paths.
 */

import { SkillRouterError } from '../../shared/error.js';
import { isQueryFile } from './queries.js';

/** @typedef {import('./queries.js').QueryFile} QueryFile */

/** Thousands of queries fit into a tenth of it; something else was chosen by mistake. */
const MAX_FILE_BYTES = 8 * 1024 * 1024;

/** @param {FileList | File[]} files from a file picker @returns {Promise<QueryFile[]>} */
export function readPicked(files) {
  const found = [...files].map((file) => ({ path: file.webkitRelativePath || file.name, file }));
  return readAll(found.filter(({ path, file }) => !file.webkitRelativePath || isQueryFile(path)));
}

/** @param {DataTransfer} dropped to be called while the drop event is handled @returns {Promise<QueryFile[]>} */
export async function readDropped(dropped) {
  const items = [...dropped.items].filter(({ kind }) => kind === 'file'); // Dragging a file may carry its name as text, too.
  const entries = items.map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  return readAll((await Promise.all(entries.map((entry) => filesOf(entry, '')))).flat());
}

/**
 * Every file that was dropped by itself, and those of queries in folders.
 * @param {FileSystemEntry} entry @param {string} parent @returns {Promise<{ path: string, file: File }[]>}
 */
async function filesOf(entry, parent) {
  const path = parent + entry.name;
  if (entry.isFile) {
    if (parent !== '' && !isQueryFile(path)) return [];
    return [{ path, file: await new Promise((resolve, reject) => /** @type {FileSystemFileEntry} */ (entry).file(resolve, reject)) }];
  }
  return (await Promise.all((await entriesOf(/** @type {FileSystemDirectoryEntry} */ (entry))).map((child) => filesOf(child, `${path}/`)))).flat();
}

/** A folder gives its entries in portions, and an empty one at the end. @param {FileSystemDirectoryEntry} folder */
async function entriesOf(folder) {
  const reader = folder.createReader();
  /** @type {FileSystemEntry[]} */
  const entries = [];
  for (;;) {
    /** @type {FileSystemEntry[]} */
    const portion = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (portion.length === 0) return entries;
    entries.push(...portion);
  }
}

/** @param {{ path: string, file: File }[]} found */
async function readAll(found) {
  if (found.length === 0) {
    const expected = 'expected evals/eval_queries.json in a skill’s folder, or a file of queries';
    throw new SkillRouterError('not-found', `there are no queries in it; ${expected}`);
  }
  const too_large = found.find(({ file }) => file.size > MAX_FILE_BYTES);
  if (too_large) {
    const megabytes = Math.round(too_large.file.size / 1e6);
    throw new SkillRouterError('malformed', `${too_large.path} has ${megabytes} MB, which is more than queries need; choose a file of at most 8 MB`);
  }
  found.sort((a, b) => (a.path < b.path ? -1 : 1));
  return Promise.all(found.map(async ({ path, file }) => ({ path, text: await file.text() })));
}
