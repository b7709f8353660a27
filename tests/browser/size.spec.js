/**
 * What a visitor downloads before the models: wasm and JavaScript, as a static host compresses them. The engine for the GPU
 * comes on top only where it is used.
 */

import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { runInNewContext } from 'node:vm';
import { gzipSync } from 'node:zlib';

import { expect, test } from '@playwright/test';

import { follow } from '../../www/tools/imports.mjs';

const SITE = new URL('../../target/site/', import.meta.url);
const LIMIT_BYTES = 1_250_000;
const FIRST_ANSWER_LIMIT_BYTES = 280_000;
const GPU_LIMIT_BYTES = 4_500_000;
const COMPONENT_LIMIT_BYTES = 33_000;

async function gzipBytes(filter) {
  const names = await readdir(SITE, { recursive: true });
  const code = names.filter((name) => /\.(m?js|wasm)$/.test(name) && filter(name));
  const sizes = await Promise.all(code.map(async (name) => gzipSync(await readFile(new URL(name, SITE)), { level: 9 }).length));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  console.log(`${total} bytes gzip in ${code.length} files`);
  return { code, total };
}

/** A module of the site and all that it imports, but for libraries that come when the first skill is read. @param {string} name */
function importsOf(name) {
  const isWanted = (path, named) => named?.kind !== 'url' && !path.startsWith('pkg/vendor/');
  return follow([name], { folder: fileURLToPath(SITE), isWanted });
}

/** What the page's service worker keeps: all that the page may need, but what few visitors do. */
async function shellOfPage() {
  const context = { self: {} };
  runInNewContext(await readFile(new URL('sw-files.js', SITE), 'utf8'), context);
  return new Set(context.self.SHELL);
}

const isForGpu = (name) => name.startsWith('pkg/gpu/');
test('the web package stays within 1.25 MB gzip', async () => {
  const shell = await shellOfPage();
  const { code, total } = await gzipBytes((name) => shell.has(name));
  expect(code).toContain('pkg/cpu/skillrouter_bg.wasm');
  expect(total).toBeLessThanOrEqual(LIMIT_BYTES);
});

test('what comes before the first answer stays within 280 KB gzip', async () => {
  const needed = new Set([...importsOf('pages/demo/demo.js'), ...importsOf('engine/worker.js')]);
  const { code, total } = await gzipBytes((name) => name.startsWith('pkg/search/') || needed.has(name));
  expect(code).toContain('pkg/search/skillrouter_bg.wasm');
  expect(total).toBeLessThanOrEqual(FIRST_ANSWER_LIMIT_BYTES);
});

test('the engine for the GPU stays within 4.5 MB gzip', async () => {
  const { code, total } = await gzipBytes(isForGpu);
  expect(code).toContain('pkg/gpu/skillrouter_bg.wasm');
  expect(total).toBeLessThanOrEqual(GPU_LIMIT_BYTES);
});

test('the component, without the engine that it opens, stays within 33 KB gzip', async () => {
  const engine = importsOf('client.js');
  const component = importsOf('skill-search.js');
  const { code, total } = await gzipBytes((name) => component.has(name) && !engine.has(name));
  expect(code).toEqual(expect.arrayContaining(['skill-search.js', 'elements/skill-search/style.js', 'elements/skill-search/markdown.js']));
  expect(total).toBeLessThanOrEqual(COMPONENT_LIMIT_BYTES);
});
