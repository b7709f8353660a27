/**
 * Times the engine in this browser: the exact scan over random vectors, then whole routes for tasks of known length.
 *
 *     bench.html?scan=10000,80000&width=384&runs=50&tokens=16,64,256     (scan=none or tokens=none leaves one out)
 *     bench.html?device=gpu                                              (the model on WebGPU, software adapters too)
 *
 * WebAssembly memory only grows: for that of a page with the model, leave the scan out.
 * The result is in `window.benchResult` when it is not undefined any more.
 */

import { part as $ } from '../../elements/markup.js';
import initModels, { Device, Encoder } from '../../pkg/cpu/skillrouter.js';
import initSearch, { bench_scan, Router } from '../../pkg/search/skillrouter.js';
import { fetchInOrder, fetchManifest } from '../../storage/assets.js';

const parameters = new URLSearchParams(location.search);
const numbers = (/** @type {string} */ name, /** @type {string} */ fallback) => (parameters.get(name) ?? fallback).split(',').map(Number).filter((n) => n > 0);
const WIDTH = numbers('width', '384')[0];
const RUNS = numbers('runs', '50')[0];
const ON_GPU = parameters.get('device') === 'gpu';
/** One token each in every English vocabulary; the two special tokens come on top. */
const WORDS = ['time', 'year', 'people', 'way', 'day', 'man', 'thing', 'woman', 'life', 'child', 'world', 'school', 'state', 'family', 'group', 'country'];
const N_SPECIAL_TOKENS = 2;
const BYTES_PER_MIB = 1024 * 1024;

/** Those of the builds that were loaded. @type {WebAssembly.Memory[]} */
const memories = [];

async function main() {
  memories.push((await initSearch()).memory);
  const rows = [];
  for (const n_skills of numbers('scan', '10000,80000')) {
    await say(`Scanning ${n_skills.toLocaleString('en')} vectors…`);
    rows.push(row(`exact scan, ${n_skills.toLocaleString('en')} x ${WIDTH} int8`, [...bench_scan(n_skills, WIDTH, RUNS)]));
  }
  const wasm_after_scan_bytes = wasmBytes();

  const lengths_tokens = numbers('tokens', '16,64,256');
  let about = null;
  let device = null;
  if (lengths_tokens.length > 0) {
    const router = await openRouter();
    about = router.about();
    const opened = await openEncoder(router);
    device = { kind: opened.device.kind, name: opened.device.name };
    for (const n_tokens of lengths_tokens) rows.push(await timeRoutes(router, opened.encoder, n_tokens));
  }

  const wasm_bytes = wasmBytes();
  const result = {
    user_agent: navigator.userAgent,
    n_cores: navigator.hardwareConcurrency,
    index: about && { n_skills: about.n_skills, model: about.encoder.name },
    device,
    rows,
    memory: { wasm_after_scan_bytes, wasm_bytes, js_heap_bytes: performance.memory?.usedJSHeapSize ?? null },
  };
  Object.assign(window, { benchResult: result });
  $('json').textContent = JSON.stringify(result, null, 2);
  $('json').hidden = false;
  await say(`Done. WebAssembly memory: ${(wasm_bytes / BYTES_PER_MIB).toFixed(1)} MiB.`);
}

/** The page's own index, loaded without the worker. */
async function openRouter() {
  await say('Loading index and model…');
  const index_url = new URL('index/index.json', document.baseURI).href;
  const { value: router } = await fetchManifest(index_url, (bytes) => new Router(bytes));
  const { lexical, vectors } = router.about().files;
  await fetchInOrder([...lexical, ...vectors], { owner: index_url, add: (file, bytes) => router.add_index_file(file, bytes) });
  return router;
}

/** The encoder of an index, on the device that was asked for. @param {Router} router */
async function openEncoder(router) {
  const engine = ON_GPU ? await import('../../pkg/gpu/skillrouter.js') : { Device, Encoder, default: initModels };
  memories.push((await engine.default()).memory);
  const device = await engine.Device.open(undefined);
  const model_url = new URL(`models/${router.about().encoder.name}/model.json`, document.baseURI).href;
  const { value: encoder } = await fetchManifest(model_url, (bytes) => new engine.Encoder(bytes, device));
  await fetchInOrder(encoder.missing(), { owner: model_url, add: (file, bytes) => encoder.add_file(file, bytes) });
  await encoder.finish();
  return { device, encoder };
}

/**
 * Routes by meaning; every run is another text, in case the engine should remember one.
 * @param {Router} router @param {Encoder} encoder @param {number} n_tokens
 */
async function timeRoutes(router, encoder, n_tokens) {
  await say(`Encoding ${n_tokens} tokens…`);
  const times_ms = [];
  const n_runs = Math.max(5, Math.min(RUNS, Math.ceil(2000 / n_tokens)));
  for (let run = -1; run < n_runs; run++) {
    const query = Array.from({ length: n_tokens - N_SPECIAL_TOKENS }, (_, i) => WORDS[(i * 7 + (run + 1) * (i + 3)) % WORDS.length]).join(' ');
    const started_ms = performance.now();
    router.search(query, await encoder.embed_query(query), { top: 10, mode: 'dense', search: 'exact' });
    if (run >= 0) times_ms.push(performance.now() - started_ms); // The first warms up.
  }
  return row(`route by meaning, ${n_tokens} tokens`, times_ms);
}

function wasmBytes() {
  return memories.reduce((sum, { buffer }) => sum + buffer.byteLength, 0);
}

/** @param {string} what @param {number[]} times_ms */
function row(what, times_ms) {
  const sorted = [...times_ms].sort((a, b) => a - b);
  const at = (/** @type {number} */ quantile) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * quantile))];
  const result = { what, n_runs: sorted.length, median_ms: at(0.5), min_ms: sorted[0], p95_ms: at(0.95) };
  const line = $('table', HTMLTableElement).tBodies[0].insertRow();
  const ms = (/** @type {number} */ value) => `${value.toFixed(2)} ms`;
  for (const text of [what, result.n_runs, ms(result.median_ms), ms(result.min_ms), ms(result.p95_ms)]) line.insertCell().textContent = String(text);
  return result;
}

/** Shows a line and lets the browser draw it before the page stands still. @param {string} text */
async function say(text) {
  $('status').textContent = text;
  await new Promise((resolve) => setTimeout(resolve, 30));
}

main().catch((error) => {
  $('status').textContent = `The bench stopped: ${error.message}`;
  Object.assign(window, { benchResult: { error: error.message } });
});
