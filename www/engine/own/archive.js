/**
 * Zip files that somebody gave, as the list of what is in them. An entry is read when it is asked for, and no more of it than
 * is allowed; everything else in the archive is never unpacked, however large it says or turns out to be.
 *
 * The list is the central directory at the end of the archive, so only that part and the wanted entries are read from the disk.
 * zip.js reads them, and comes with the first archive; the browser unpacks them.
 */

import { SkillRouterError } from '../../shared/error.js';

/**
 * @typedef {object} Entry
 * @property {string} name with its folders, as the archive has it
 * @property {(max_bytes: number) => Promise<Uint8Array>} read rejects when it is damaged, encrypted, or larger than that
 */

const MAX_ENTRIES = 65_534;
/** A list of that many entries with names of a thousand bytes each. */
const MAX_LIST_BYTES = 64 << 20;
/** A browser unpacks all of a chunk before it hands out any of it: a thousand times as much at worst. */
const CHUNK_BYTES = 16 << 10;
const STORED = 0;
const DEFLATED = 8;

/**
 * @param {Blob} archive
 * @param {string} path of the archive, for errors
 * @returns {Promise<Entry[]>} rejects when it is no zip file, or one that was cut off
 */
export async function listZip(archive, path) {
  const zip = await load(path);
  // Names are only ever names here, so those that lead somewhere else do no harm.
  const reader = new zip.ZipReader(readerOf(archive, path, zip), { checkCrc32: true, filenameValidation: 'tolerant' });
  const entries = [];
  try {
    for await (const entry of reader.getEntriesGenerator()) {
      if (entries.length === MAX_ENTRIES) throw tooLong(path);
      entries.push({ name: entry.filename, read: (/** @type {number} */ max_bytes) => readEntry(/** @type {import('../../pkg/vendor/zip-reader.js').FileEntry} */ (entry), max_bytes, zip) }); // Folders are left out by their names.
    }
  } catch (error) {
    if (error instanceof SkillRouterError || error instanceof DOMException) throw error; // The latter from the disk.
    throw malformed(path, 'it is not a zip file, or it is damaged or incomplete; pack or download it again', error);
  }
  return entries;
}

/** @param {string} path */
async function load(path) {
  try {
    const zip = await import('../../pkg/vendor/zip-reader.js');
    zip.configure({ useWebWorkers: false, useCompressionStream: true, chunkSize: CHUNK_BYTES });
    return zip;
  } catch (cause) {
    throw new SkillRouterError('network', `${path}: the code that reads zip files could not be fetched; check the connection and add the file again`, { cause });
  }
}

/**
 * The list is read at once, and its size is whatever the archive says.
 * @param {Blob} archive @param {string} path @param {typeof import('../../pkg/vendor/zip-reader.js')} zip
 */
function readerOf(archive, path, { BlobReader }) {
  const Bounded = class extends BlobReader {
    /** @param {number} offset @param {number} n_bytes */
    async readUint8Array(offset, n_bytes) {
      if (n_bytes > MAX_LIST_BYTES) throw tooLong(path);
      return super.readUint8Array(offset, n_bytes);
    }
  };
  return new Bounded(archive);
}

/**
 * @param {import('../../pkg/vendor/zip-reader.js').FileEntry} entry @param {number} max_bytes
 * @param {typeof import('../../pkg/vendor/zip-reader.js')} zip
 */
async function readEntry(entry, max_bytes, { Uint8ArrayWriter }) {
  const { encrypted, compressionMethod, uncompressedSize } = entry;
  if (encrypted) throw new Error('it is encrypted; unpack the zip file and add the folder');
  if (compressionMethod !== STORED && compressionMethod !== DEFLATED) {
    throw new Error(`it is packed by an unsupported method (${compressionMethod}); pack it again as an ordinary zip file`);
  }
  if (uncompressedSize > max_bytes) throw new Error(`it is larger than the ${max_bytes >> 20} MB that a SKILL.md may have`);
  try {
    return await entry.getData(new Uint8ArrayWriter()); // Stops where more comes out than the list says.
  } catch (cause) {
    throw new Error('it is damaged; pack or download the zip file again', { cause });
  }
}

/** @param {string} path */
function tooLong(path) {
  return malformed(path, `it is a zip file with more than ${MAX_ENTRIES.toLocaleString('en')} entries; unpack it and add the folder`);
}

/** @param {string} path @param {string} why @param {unknown} [cause] */
function malformed(path, why, cause) {
  return new SkillRouterError('malformed', `${path}: ${why}`, { cause });
}
