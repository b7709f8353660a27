/**
 * What engine/own/archive.js uses of the zip library: what reads, without what writes and the inflate that browsers have themselves.
 * `make pkg` bundles it as pkg/vendor/zip-reader.js.
 */

export { BlobReader, configure, Uint8ArrayWriter, ZipReader } from '@zip.js/zip.js/lib/zip-core-custom.js';
