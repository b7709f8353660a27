/**
 * How tests break things on the way to a page: other bytes for a file, other code for the engine or the worker.
 */

import { createHash } from 'node:crypto';

/** Lets `change` at the body of every response to `glob`, until it is taken back with `unroute`. */
export function tamper(site, glob, change) {
  site.route(glob, (exchange) => exchange.fulfill({ body: change(exchange.body()) }));
}

/** Lets a build of the engine run `code` after its own, once for each instance. */
export function patchEngine(site, code, build = 'cpu') {
  tamper(site, new RegExp(`/pkg/${build}/skillrouter\\.js`), (body) => `${body}\n${code}`);
}

/** Lets the worker run `code` before it gets its first message; in a block, so that its names are not the worker's own. */
export function patchWorker(site, code) {
  tamper(site, '**/worker.js', (body) => `${body}\n{${code}}`);
}

/** Gives a changed manifest a checksum of its own: the sha256 of the text with zeros in its place. */
export function seal(text) {
  const zeros = '0'.repeat(64);
  const blank = text.replace(/(?<="checksum": ")[0-9a-f]{64}/, zeros);
  return blank.replace(zeros, createHash('sha256').update(blank).digest('hex'));
}

/** A manifest after `change` has been at what it says. @param {Buffer | string} text @param {(manifest: any) => void} change */
export function changeManifest(text, change) {
  const manifest = JSON.parse(text.toString());
  change(manifest);
  return seal(`${JSON.stringify(manifest, null, 2)}\n`);
}

/** Changes how an index mixes, judges and re-ranks, from the next time on that a page opens it. @param {(routing: any) => void} change */
export function changeRouting(site, change) {
  tamper(site, '**/index/index.json', (body) => changeManifest(body, ({ routing }) => change(routing)));
}

/** A calibration by which every first skill fits with the same probability. */
export function alwaysFits(p) {
  const weights = { dense: 0, coverage: 0, lexical: 0, margin: 0, rerank: 0 };
  return { bias: Math.log(p / (1 - p)), weights, words: { weak: 0.2, likely: 0.5, strong: 0.8 } };
}

/** For each word a probability that has it, by `alwaysFits`. */
export const FITS = { strong: 0.9, likely: 0.6, weak: 0.3, none: 0.05 };

export function flipByte(body) {
  const flipped = Buffer.from(body);
  flipped[flipped.length >> 1] ^= 1;
  return flipped;
}

/**
 * For `patchEngine`: batches of the reranker wait, after the first `n_free`, until somebody lets them go: the page by a question
 * that is typed or by a cancel, a test by `letBatchesGo`. `n_batches` has their number, for each list.
 */
export function heldBatches(n_free) {
  return `
    globalThis.n_batches = [];
    const held = new Promise((resolve) => (globalThis.letBatchesGo = resolve));
    addEventListener('message', ({ data }) => (data.cancel !== undefined || data.params?.options?.typing) && globalThis.letBatchesGo());
    const { begin, next } = Reranker.prototype;
    Reranker.prototype.begin = function (...parameters) {
      globalThis.n_batches.push(0);
      return begin.apply(this, parameters);
    };
    Reranker.prototype.next = async function () {
      if (++globalThis.n_batches[globalThis.n_batches.length - 1] > ${n_free}) await held;
      return next.call(this);
    };`;
}

/** The page's worker goes on. */
export function letBatchesGo(page) {
  return page.workers()[0].evaluate(() => globalThis.letBatchesGo());
}

/** Batches that were begun, for each list. @returns {Promise<number[]>} */
export function batchesOf(page) {
  return page.workers()[0].evaluate(() => globalThis.n_batches);
}

/** How a panic looks from JavaScript: thrown by the call, or by a task of an async function, whose promise then never settles. */
export const PANICS = {
  'in a call': `throw new WebAssembly.RuntimeError('unreachable');`,
  'in an async function': `queueMicrotask(() => { throw new WebAssembly.RuntimeError('unreachable'); }); return new Promise(() => {});`,
};

/** For `patchEngine`: the engine never comes back when it is asked "xyzzy", which no skill has, or from a model that it loads. */
export const HANG_ON_REQUEST = `
  const { embed_query } = Encoder.prototype;
  Encoder.prototype.embed_query = function (query) {
    if (query === 'xyzzy') for (;;);
    return embed_query.call(this, query);
  };`;
export const HANG_ON_LOADING = `Encoder.prototype.finish = () => { for (;;); };`;

/** For `patchEngine`: the engine stops when it is asked "panic". */
export const PANIC_ON_REQUEST = `
  const { embed_query } = Encoder.prototype;
  Encoder.prototype.embed_query = function (query) {
    if (query === 'panic') throw new WebAssembly.RuntimeError('unreachable');
    return embed_query.call(this, query);
  };`;
