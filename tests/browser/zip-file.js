/**
 * Writes zip files, good ones and such as nobody should: every field of an entry can be set to what is not true.
 */

import { crc32, deflateRawSync } from 'node:zlib';

const STORED = 0;
const DEFLATED = 8;

/**
 * @typedef {object} ZipEntry
 * @property {string} name
 * @property {Buffer | string} [content]
 * @property {number} [method]
 * @property {number} [flags]
 * @property {number} [bytes] what the list says of its size
 * @property {number} [checksum]
 * @property {Buffer} [packed] what lies in the archive
 */

/** @param {ZipEntry[]} entries @param {{ before?: Buffer, comment?: string }} [options] @returns {Buffer} */
export function zipFile(entries, { before = Buffer.alloc(0), comment = '' } = {}) {
  const parts = [];
  const list = [];
  let offset = 0;
  for (const { name, content = '', method = DEFLATED, flags = 1 << 11, ...told } of entries) {
    const raw = Buffer.from(content);
    const packed = told.packed ?? (method === STORED ? raw : deflateRawSync(raw));
    const common = fields([2, 20], [2, flags], [2, method], [4, 0], [4, told.checksum ?? crc32(raw)], [4, packed.length], [4, told.bytes ?? raw.length], [2, Buffer.byteLength(name)], [2, 0]);
    const local = Buffer.concat([fields([4, 0x04034b50]), common, Buffer.from(name), packed]);
    list.push(Buffer.concat([fields([4, 0x02014b50], [2, 20]), common, fields([2, 0], [2, 0], [2, 0], [4, 0], [4, offset]), Buffer.from(name)]));
    parts.push(local);
    offset += local.length;
  }
  const directory = Buffer.concat(list);
  const end = fields([4, 0x06054b50], [2, 0], [2, 0], [2, entries.length], [2, entries.length], [4, directory.length], [4, offset], [2, comment.length]);
  return Buffer.concat([before, ...parts, directory, end, Buffer.from(comment)]);
}

/** Little-endian numbers. @param {...[number, number]} numbers size and value */
function fields(...numbers) {
  return Buffer.concat(numbers.map(([size, value]) => {
    const bytes = Buffer.alloc(size);
    bytes.writeUIntLE(value, 0, size);
    return bytes;
  }));
}
