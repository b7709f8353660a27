/**
 * A reranker of 0.6 billion parameters in a page: loading time, peak memory of the browser's processes, first answer.
 *
 *     make site, then the two lines at the top of random_qwen3.py, then:
 *     node tests/bench/large.mjs target/bench/qwen3-reranker-q4 [--device cpu|gpu] [--rerank 2] [--fast]
 *
 * --device gpu runs on SwiftShader, a GPU in software, and without the router, which would give up on a device that needs minutes
 * for a text: it tells memory and loading time, and what the first answer takes beyond the second. Peak memory is VmHWM of /proc, so
 * this runs on Linux.
 */

import { createReadStream, readFileSync, readdirSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { basename, extname, join, normalize, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { chromium } from '@playwright/test';

const SITE = fileURLToPath(new URL('../../target/site/', import.meta.url));
const TYPES = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.mjs': 'text/javascript', '.wasm': 'application/wasm', '.svg': 'image/svg+xml' };
const GPU_ARGS = ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader', '--enable-features=Vulkan'];
const TIMEOUT_MS = 1_800_000;

const { values: options, positionals: [folder] } = parseArgs({
  allowPositionals: true,
  options: { device: { type: 'string', default: 'cpu' }, rerank: { type: 'string', default: '2' }, fast: { type: 'boolean' } },
});
const model = resolve(folder);
const weights_bytes = readdirSync(model).filter((file) => file.startsWith('weights-')).reduce((sum, file) => sum + statSync(join(model, file)).size, 0);

const server = createServer((request, response) => {
  const path = normalize(decodeURIComponent(new URL(request.url, 'http://localhost').pathname));
  const prefix = `/models/${basename(model)}/`;
  const file = path.startsWith(prefix) ? join(model, path.slice(prefix.length)) : join(SITE, path);
  const stat = statSync(file, { throwIfNoEntry: false });
  if (!stat?.isFile()) return response.writeHead(404).end();
  response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream', 'content-length': stat.size });
  createReadStream(file).pipe(response);
});
await new Promise((listening) => server.listen(0, '127.0.0.1', listening));

const args = ['--no-sandbox', '--no-first-run', '--disable-background-networking', ...options.device === 'gpu' ? GPU_ARGS : ['--disable-gpu']];
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args });
const page = await browser.newPage();
page.setDefaultTimeout(TIMEOUT_MS);
// Any file of the site without a script of its own.
await page.goto(`http://127.0.0.1:${server.address().port}/icon.svg`);
/** In the page: the whole router. */
async function throughRouter({ reranker, device, rerank, documents }) {
  const { SkillRouter } = await import(new URL('client.js', document.baseURI).href);
  const start = performance.now();
  const router = await SkillRouter.open({ reranker, device });
  await router.ready;
  const encoder_ready_ms = performance.now() - start;
  await router.reranker_ready;
  const reranker_ready_ms = performance.now() - start;
  const route = async () => {
    const start = performance.now();
    const answer = await router.route('turn these receipts into a spreadsheet', { rerank, documents });
    return { ms: performance.now() - start, stage: answer.stage, device: answer.device, reason: answer.reason, timings_ms: answer.timings_ms };
  };
  return { encoder_ready_ms, reranker_ready_ms, first: await route(), second: await route() };
}

/** In the page: the engine for the GPU alone, with one short pair. */
async function throughEngine({ reranker: name }) {
  const engine = await import(new URL('pkg/gpu/skillrouter.js', document.baseURI).href);
  const start = performance.now();
  await engine.default();
  const device = await engine.Device.open();
  const folder = new URL(`models/${name}/`, document.baseURI);
  const read = async (file) => new Uint8Array(await (await fetch(new URL(file, folder))).arrayBuffer());
  const reranker = new engine.Reranker(await read('model.json'), device);
  for (const { file } of reranker.missing()) reranker.add_file(file, await read(file));
  reranker.finish();
  const ready_ms = performance.now() - start;
  const score = async () => {
    const start = performance.now();
    const { n_tokens } = reranker.begin('merge files', ['merge'], {});
    const scored = await reranker.next();
    return { ms: performance.now() - start, n_tokens, scored };
  };
  return { ready_ms, first: await score(), second: await score() };
}

const result = await page.evaluate(options.device === 'gpu' ? throughEngine : throughRouter, {
  reranker: basename(model), device: options.device, rerank: Number(options.rerank), documents: options.fast ? 'fast' : 'exact',
});

/** Peak memory of the browser's processes by what they are, in bytes. */
const peaks = {};
for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
  try {
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    const kind = /--type=(renderer|gpu-process)/.exec(command)?.[1];
    if (!kind || !command.includes('chromium')) continue;
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const bytes = Number(/VmHWM:\s+(\d+)/.exec(status)[1]) * 1024;
    peaks[kind] = Math.max(peaks[kind] ?? 0, bytes);
  } catch {
    // The process ended meanwhile.
  }
}
console.log(JSON.stringify({ weights_bytes, ...result, peak_bytes: peaks, peak_renderer_by_weights: peaks.renderer / weights_bytes }, null, 2));
await browser.close();
server.close();
