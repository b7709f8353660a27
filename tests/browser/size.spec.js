/**
 * What a visitor downloads before the model: wasm and JavaScript, as a static host compresses them.
 */

import { readdir, readFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';

import { expect, test } from '@playwright/test';

const SITE = new URL('../../target/site/', import.meta.url);
const LIMIT_BYTES = 1_200_000;

test('the web package stays within 1.2 MB gzip', async () => {
  const names = await readdir(SITE, { recursive: true });
  const code = names.filter((name) => /\.(m?js|wasm)$/.test(name));
  expect(code).toContain('pkg/skillrouter_bg.wasm');
  const sizes = await Promise.all(code.map(async (name) => gzipSync(await readFile(new URL(name, SITE)), { level: 9 }).length));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  console.log(`${total} bytes gzip in ${code.length} files`);
  expect(total).toBeLessThanOrEqual(LIMIT_BYTES);
});
