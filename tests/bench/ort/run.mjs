/**
 * This engine beside onnxruntime-web in headless Chromium; prints a table in Markdown, or with --json everything.
 *
 *     make bench-ort
 *     node tests/bench/ort/run.mjs [--webgpu] [--engines ours,ort] [--encode 16,64,256] [--rerank 10x128,20x256] [--late 10x128]
 *         [--weights q8,f32] [--runs 25] [--json]
 *
 * --webgpu runs both on SwiftShader, a GPU in software, which tells whether they work and agree but not how fast they are.
 * --serve starts no browser but waits for one: open the address that it prints on a machine with a GPU.
 */

import { createReadStream, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { chromium } from '@playwright/test';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
/** The first prefix that fits has the file. */
const FOLDERS = [
  ['/harness/', join(ROOT, 'tests/bench/ort/')],
  ['/ort/', join(ROOT, 'tests/bench/ort/node_modules/onnxruntime-web/dist/')],
  ['/bench/', join(ROOT, 'target/bench/')],
  ['/', join(ROOT, 'target/site/')],
];
const TYPES = {
  '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.mjs': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml',
  '.json': 'application/json', '.wasm': 'application/wasm',
};
const GPU_ARGS = ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader', '--enable-features=Vulkan'];
/** Software WebGPU needs seconds for a text. */
const TIMEOUT_MS = 1_800_000;

const { values: options } = parseArgs({
  options: {
    webgpu: { type: 'boolean' }, serve: { type: 'boolean' }, json: { type: 'boolean' }, port: { type: 'string', default: '0' },
    engines: { type: 'string' }, encode: { type: 'string' }, rerank: { type: 'string' }, late: { type: 'string' }, weights: { type: 'string' }, runs: { type: 'string' },
  },
});

const server = createServer(sendFile);
await new Promise((resolve) => server.listen(Number(options.port), '127.0.0.1', resolve));
const url = new URL(`http://127.0.0.1:${server.address().port}/harness/bench.html`);
url.searchParams.set('device', options.webgpu ? 'gpu' : 'cpu');
for (const name of ['engines', 'encode', 'rerank', 'late', 'weights', 'runs']) if (options[name] !== undefined) url.searchParams.set(name, options[name]);

if (options.serve) {
  console.log(url.href);
} else {
  const result = await measure();
  console.log(options.json || result.error ? JSON.stringify(result, null, 2) : markdown(result));
  process.exitCode = result.error ? 1 : 0;
  server.close();
  server.closeAllConnections();
}

function sendFile(request, response) {
  const path = normalize(decodeURIComponent(new URL(request.url, 'http://localhost').pathname));
  const [prefix, folder] = FOLDERS.find(([prefix]) => path.startsWith(prefix));
  const file = join(folder, path.slice(prefix.length));
  const stat = file.startsWith(folder) && !file.endsWith(sep) && statSync(file, { throwIfNoEntry: false });
  if (!stat || !stat.isFile()) return response.writeHead(404).end();
  response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream', 'content-length': stat.size });
  return createReadStream(file).pipe(response);
}

async function measure() {
  const args = ['--no-sandbox', '--no-first-run', '--disable-background-networking', ...options.webgpu ? GPU_ARGS : ['--disable-gpu']];
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args });
  try {
    const page = await browser.newPage();
    page.on('console', (message) => message.type() === 'error' && console.error(message.text(), message.location().url));
    page.on('pageerror', (error) => console.error(error.message));
    await page.goto(url.href);
    await page.waitForFunction(() => window.benchResult, null, { timeout: TIMEOUT_MS });
    return { browser: browser.version(), ...await page.evaluate(() => window.benchResult) };
  } finally {
    await browser.close();
  }
}

/** `beside`: the median of the engine of the row over that of the first row, so more than 1 means slower than the first. */
function markdown({ browser, n_cores, device, engines, wasm_files, cases }) {
  const lines = cases.flatMap(({ what, rows }) => rows.map(({ engine, n_runs, median_ms, min_ms, cosine_to_f32 }) => {
    const beside = median_ms / rows[0].median_ms;
    return `| ${what} | ${engine} | ${n_runs} | ${median_ms.toFixed(1)} | ${min_ms.toFixed(1)} | ${beside.toFixed(2)} | ${cosine_to_f32?.toFixed(4) ?? ''} |`;
  }));
  return [
    [
      `Chromium ${browser}`, `${n_cores} cores`, device === 'gpu' ? 'WebGPU' : 'one thread each',
      ...Object.entries(engines).map(([name, { version }]) => `${name} ${version ?? 'of this folder'}`),
      ...wasm_files.map(({ file, bytes }) => `${file} ${(bytes / 1e6).toFixed(1)} MB`),
    ].join(', '),
    '',
    '| what | engine | runs | median ms | fastest ms | beside the first | cosine to f32 |',
    '|---|---|---|---|---|---|---|',
    ...lines,
  ].join('\n');
}
