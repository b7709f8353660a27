/**
 * A static host that a test can end, slow down or give other files, for what interception cannot reach (service workers).
 */

import { createReadStream, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const TYPES = {
  '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.mjs': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml',
  '.json': 'application/json', '.wasm': 'application/wasm', '.png': 'image/png', '.webmanifest': 'application/manifest+json',
};

/** Where `make site` puts the site. */
export const SITE = process.env.SKILLROUTER_SITE ?? fileURLToPath(new URL('../../target/site/', import.meta.url));

/**
 * @param {{ replace?: Record<string, Buffer | string | null>, compress?: boolean }} [options] `replace`: other contents, by path without the
 *   slash, or null for none; `compress`: as static hosts do it, files of the types above, by gzip
 * @returns {Promise<{ url: string, replace: Record<string, Buffer | string | null>, close: () => Promise<void> }>}
 */
export async function serveSite({ replace = {}, compress = false } = {}) {
  /** @type {Map<string, Buffer>} what was compressed before */
  const compressed = new Map();
  const server = createServer((request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url, 'http://localhost').pathname)).slice(1) || 'index.html';
    const headers = { 'content-type': TYPES[extname(path)] ?? 'application/octet-stream', 'cache-control': 'no-cache' };
    if (replace[path] === null) return response.writeHead(404).end();
    if (replace[path] !== undefined) return response.writeHead(200, headers).end(replace[path]);
    const file = join(SITE, path);
    const stat = statSync(file, { throwIfNoEntry: false });
    if (!stat?.isFile()) return response.writeHead(404).end();
    if (compress && TYPES[extname(path)]) {
      if (!compressed.has(path)) compressed.set(path, gzipSync(readFileSync(file)));
      return response.writeHead(200, { ...headers, 'content-encoding': 'gzip' }).end(compressed.get(path));
    }
    response.writeHead(200, { ...headers, 'content-length': stat.size });
    createReadStream(file).pipe(response);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () => new Promise((resolve) => {
    server.close(resolve);
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${server.address().port}/`, replace, close };
}
