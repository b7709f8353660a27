export type { FileEntry } from '@zip.js/zip.js';
export { BlobReader, configure, Uint8ArrayWriter, ZipReader } from '@zip.js/zip.js';
