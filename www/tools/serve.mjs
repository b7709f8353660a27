/**
 * Serves a folder to this machine alone, for a look at it: `node www/tools/serve.mjs target/site 8017`. Like `skillrouter serve` it answers
 * to no other name, follows no link out of the folder and shows no dot files.
 */

import { realpathSync } from 'node:fs';
import { createServer } from 'node:http';
import { join, relative, sep } from 'node:path';
import process from 'node:process';

import sirv from 'sirv';

const NAMES = ['localhost', '127.0.0.1', '[::1]'];
const TEXTS = { '.css': 'text/css', '.js': 'text/javascript', '.mjs': 'text/javascript' };

const [, , folder, port] = process.argv;
const root = realpathSync(folder);
/** Files are looked up anew for each request, so a rebuilt site is seen. */
const serveFile = sirv(root, { dev: true, etag: true, setHeaders });

const server = createServer((request, response) => {
  response.setHeader('x-content-type-options', 'nosniff');
  // A page of another site can have its name lead here, and would read what is served (DNS rebinding).
  if (!NAMES.includes((request.headers.host ?? '').toLowerCase().replace(/:\d+$/, ''))) {
    return response.writeHead(421).end(`this server answers to ${NAMES.join(', ')} only\n`);
  }
  if (!isServed(request.url ?? '/')) return response.writeHead(404).end();
  serveFile(request, response);
});

/** @param {string} address of a request */
function isServed(address) {
  let path = address.split('?', 1)[0];
  try {
    path = decodeURIComponent(path);
    const target = relative(root, realpathSync(join(root, path)));
    if (target === '..' || target.startsWith(`..${sep}`)) return false;
  } catch {
    return true; // There is nothing, which is said by whoever looks for it.
  }
  return !path.split(/[/\\]/).some((part) => part.startsWith('.') && part !== '.well-known');
}

/** @param {import('node:http').ServerResponse} response @param {string} path */
function setHeaders(response, path) {
  const kind = Object.entries(TEXTS).find(([ending]) => path.endsWith(ending));
  if (kind) response.setHeader('content-type', `${kind[1]};charset=utf-8`);
}

server.on('error', (error) => {
  const isTaken = 'code' in error && error.code === 'EADDRINUSE';
  console.error(isTaken ? `port ${port} is in use; choose another one: make demo PORT=${Number(port) + 1}` : error.message);
  process.exit(1);
});
server.listen(Number(port), '127.0.0.1', () => {
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  console.log(`\n    http://127.0.0.1:${port}/    Ctrl-C stops it\n`);
});
