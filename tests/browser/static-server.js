/**
 * A static host that a test can end, slow down or give other files, for what interception cannot reach (service workers).
 */

import { createReadStream, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

const TYPES = {
  '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.mjs': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml',
  '.json': 'application/json', '.wasm': 'application/wasm',
};

/** Where `make site` puts the site. */
export const SITE = process.env.SKILLROUTER_SITE ?? fileURLToPath(new URL('../../target/site/', import.meta.url));

/**
 * @param {{ replace?: Record<string, Buffer | string> }} [options] `replace`: other contents, by path without the slash
 * @returns {Promise<{ url: string, replace: Record<string, Buffer | string>, close: () => Promise<void> }>}
 */
export async function serveSite({ replace = {} } = {}) {
  const server = createServer((request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url, 'http://localhost').pathname)).slice(1) || 'index.html';
    const headers = { 'content-type': TYPES[extname(path)] ?? 'application/octet-stream', 'cache-control': 'no-cache' };
    if (replace[path] !== undefined) return response.writeHead(200, headers).end(replace[path]);
    const file = join(SITE, path);
    const stat = statSync(file, { throwIfNoEntry: false });
    if (!stat?.isFile()) return response.writeHead(404).end();
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
