/**
 * What a visitor downloads before the models: wasm and JavaScript, as a static host compresses them. The engine for the GPU
 * comes on top only where it is used.
 */

import { readdir, readFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';

import { expect, test } from '@playwright/test';

const SITE = new URL('../../target/site/', import.meta.url);
const LIMIT_BYTES = 1_200_000;
const GPU_LIMIT_BYTES = 4_500_000;

async function gzipBytes(filter) {
  const names = await readdir(SITE, { recursive: true });
  const code = names.filter((name) => /\.(m?js|wasm)$/.test(name) && filter(name));
  const sizes = await Promise.all(code.map(async (name) => gzipSync(await readFile(new URL(name, SITE)), { level: 9 }).length));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  console.log(`${total} bytes gzip in ${code.length} files`);
  return { code, total };
}

const isForGpu = (name) => name.startsWith('pkg/gpu/');

test('the web package stays within 1.2 MB gzip', async () => {
  const { code, total } = await gzipBytes((name) => !isForGpu(name));
  expect(code).toContain('pkg/cpu/skillrouter_bg.wasm');
  expect(total).toBeLessThanOrEqual(LIMIT_BYTES);
});

test('the engine for the GPU stays within 4.5 MB gzip', async () => {
  const { code, total } = await gzipBytes(isForGpu);
  expect(code).toContain('pkg/gpu/skillrouter_bg.wasm');
  expect(total).toBeLessThanOrEqual(GPU_LIMIT_BYTES);
});
