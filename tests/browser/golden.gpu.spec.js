/**
 * The tiny models on the GPU of the page: WebGPU in software, with the kernels that it runs, and with those of a graphics card.
 */

import { readFile } from 'node:fs/promises';
import { testGolden } from './golden.js';
import { openModel } from './models.js';
import { ENCODER, expect, test } from './page.js';

const GRAPHICS_CARD = { software: false, integer_dot: true };

testGolden(['page'], 'gpu');
testGolden(['page'], 'gpu', GRAPHICS_CARD);

test('the default encoder in 8 bits, multiplied as integers, in tiles: close to the reference', async ({ page }) => {
  const model_json = await readFile(new URL(`../../models/${ENCODER}/model.json`, import.meta.url), 'utf8');
  const encoder = await openModel(page, { class_name: 'Encoder', name: ENCODER, build: 'gpu', model_json, traits: GRAPHICS_CARD });
  await encoder.evaluate((encoder) => encoder.self_test());
  const { texts } = JSON.parse(await readFile(new URL(`../golden/${ENCODER}.json`, import.meta.url), 'utf8'));
  const { ids, vector } = texts.find(({ ids }) => ids.length >= 128); // From here on the widest product is tiled.
  const got = await encoder.evaluate(async (encoder, ids) => [...await encoder.embed_ids(Uint32Array.from(ids), Uint32Array.of(ids.length))], ids);
  const cosine = got.reduce((sum, x, i) => sum + x * vector[i], 0);
  expect(cosine).toBeGreaterThan(0.999);
});
