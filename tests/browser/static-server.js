/**
 * A static host that a test can end, slow down, or let answer some requests otherwise. It reaches every request, those of workers
 * and service workers too: a browser driven from outside lets one of a worker pass its interception now and then.
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
/** The same with tiny models beside the page's own: `make test`. */
export const TEST_SITE = fileURLToPath(new URL('../../target/test-site/', import.meta.url));

/**
 * How a test answers a request itself.
 * @typedef {(exchange: Exchange) => void | Promise<void>} Answer
 */

/** One request and what becomes of it; without an answer, the browser waits. The browser may be gone by then, which does no harm. */
export class Exchange {
  #response;
  #file;
  #headers;
  #range;

  constructor(response, file, headers, range) {
    this.#response = response;
    this.#file = file;
    this.#headers = headers;
    this.#range = range;
  }

  /** The first byte that is asked for. @returns {number} */
  get from() {
    return Number(/^bytes=(\d+)-$/.exec(this.#range ?? '')?.[1] ?? 0);
  }

  /** What the site has there. @returns {Buffer} */
  body() {
    return readFileSync(this.#file);
  }

  /** @param {{ status?: number, contentType?: string, json?: unknown, body?: string | Buffer }} [answer] */
  fulfill({ status = 200, contentType = this.#headers['content-type'], json, body = json === undefined ? '' : JSON.stringify(json) } = {}) {
    this.#response.writeHead(status, { ...this.#headers, 'content-type': contentType }).end(body);
  }

  /** Lets the site answer. */
  continue() {
    const stat = statSync(this.#file, { throwIfNoEntry: false });
    if (!stat?.isFile()) return this.fulfill({ status: 404 });
    const { from } = this;
    const part = from > 0 && { 'content-range': `bytes ${from}-${stat.size - 1}/${stat.size}` };
    this.#response.writeHead(part ? 206 : 200, { ...this.#headers, ...part, 'content-length': stat.size - from });
    createReadStream(this.#file, { start: from }).pipe(this.#response);
  }

  /** Breaks the connection after some bytes of what the site has there. @param {number} n_bytes */
  cutOff(n_bytes) {
    const body = this.body();
    this.#response.writeHead(200, { ...this.#headers, 'content-length': body.length });
    this.#response.write(body.subarray(0, n_bytes), () => setTimeout(() => this.abort(), 100)); // Else the browser may drop what it has not read yet.
  }

  /** Breaks the connection. */
  abort() {
    this.#response.destroy();
  }
}

/** A running host. */
class Host {
  /** Other contents, by path without the slash, or null for none. @type {Record<string, Buffer | string | null>} */
  replace;
  /** The address of the root. */
  url = '';
  #folder;
  #headers;
  #compress;
  /** What was compressed before. @type {Map<string, Buffer>} */
  #compressed = new Map();
  /** The newest first. @type {{ pattern: string | RegExp, answer: Answer }[]} */
  #routes = [];
  /** @type {Set<(path: string) => void>} */
  #watchers = new Set();
  #server = createServer((request, response) => void this.#answer(request, response));

  constructor({ folder, headers, replace, compress }) {
    this.#folder = folder;
    this.#headers = headers;
    this.replace = replace;
    this.#compress = compress;
  }

  async listen() {
    await new Promise((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    this.url = `http://127.0.0.1:${this.#server.address().port}/`;
    return this;
  }

  /** Answers requests of these paths, until that is taken back. @param {string | RegExp} pattern where `**` stands for any folders @param {Answer} answer */
  route(pattern, answer) {
    this.#routes.unshift({ pattern, answer });
  }

  /** @param {string | RegExp} pattern as it was given */
  unroute(pattern) {
    this.#routes = this.#routes.filter((route) => String(route.pattern) !== String(pattern));
  }

  unrouteAll() {
    this.#routes = [];
  }

  /** @param {RegExp} [pattern] @returns {string[]} paths with their queries that are asked for from now on; it grows */
  watch(pattern = /^/) {
    const paths = [];
    this.#watchers.add((path) => pattern.test(path) && paths.push(path));
    return paths;
  }

  /** As before the first test. */
  reset() {
    this.unrouteAll();
    this.#watchers.clear();
  }

  close() {
    return new Promise((resolve) => {
      this.#server.close(resolve);
      this.#server.closeAllConnections();
    });
  }

  async #answer(request, response) {
    const { pathname, search } = new URL(request.url, 'http://localhost');
    for (const watch of this.#watchers) watch(pathname + search);
    const path = normalize(decodeURIComponent(pathname)).slice(1) || 'index.html';
    const type = TYPES[extname(path)];
    const headers = { 'content-type': type ?? 'application/octet-stream', 'cache-control': 'no-cache', ...this.#headers };
    const file = join(this.#folder, path);
    const exchange = new Exchange(response, file, headers, request.headers.range);
    const route = this.#routes.find(({ pattern }) => matches(pattern, `/${path}`));
    if (route) return route.answer(exchange);
    if (this.replace[path] === null) return exchange.fulfill({ status: 404 });
    if (this.replace[path] !== undefined) return exchange.fulfill({ body: this.replace[path] });
    if (!this.#compress || !type || !statSync(file, { throwIfNoEntry: false })?.isFile()) return exchange.continue();
    if (!this.#compressed.has(path)) this.#compressed.set(path, gzipSync(readFileSync(file)));
    return response.writeHead(200, { ...headers, 'content-encoding': 'gzip' }).end(this.#compressed.get(path));
  }
}

/**
 * @param {{ folder?: string, headers?: Record<string, string>, replace?: Record<string, Buffer | string | null>, compress?: boolean }} [options]
 *   `headers`: of every answer; `replace`: other contents, by path without the slash, or null for none; `compress`: as static hosts do
 *   it, files of the types above, by gzip
 * @returns {Promise<Host>}
 */
export function serveSite({ folder = SITE, headers = {}, replace = {}, compress = false } = {}) {
  return new Host({ folder, headers, replace, compress }).listen();
}

function matches(pattern, path) {
  if (pattern instanceof RegExp) return pattern.test(path);
  const source = pattern.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replace(/\*\*\/|\*\*|\*/g, (stars) => ({ '**/': '(?:.*/)?', '**': '.*', '*': '[^/]*' })[stars]);
  return new RegExp(`^${source}$`).test(path);
}
