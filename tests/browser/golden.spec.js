/**
 * The engine against the reference implementation, with values made by `tests/golden/generate.py`: the default model in
 * the page, and tiny models in the page and in the program. `golden.gpu.spec.js` has the page's GPU.
 */

import { readFile } from 'node:fs/promises';

import { testGolden } from './golden.js';
import { expect, test } from './page.js';

testGolden(['page', 'program'], 'cpu');
testGolden(['program'], 'gpu');

const GOLDEN = new URL('../golden/skillrouter-mini-encoder.json', import.meta.url);

test('token ids are equal and cosines at least 0.999 for every text', async ({ page }) => {
  const { texts } = JSON.parse(await readFile(GOLDEN, 'utf8'));
  // Queries have no prefix, but lose the white space around them; the empty one is refused.
  const queries = texts.filter(({ text }) => text !== '' && text === text.trim());
  expect(queries.length).toBeGreaterThan(30);
  await page.goto('bench.html');
  const results = await page.evaluate(async (queries) => {
    const [search, engine] = await Promise.all([import('/pkg/search/skillrouter.js'), import('/pkg/cpu/skillrouter.js')]);
    await Promise.all([search.default(), engine.default()]);
    const bytes = async (path) => new Uint8Array(await (await fetch(path)).arrayBuffer());
    const router = new search.Router(await bytes('/index/index.json'));
    const folder = `/models/${router.about().encoder.name}`;
    const encoder = new engine.Encoder(await bytes(`${folder}/model.json`), await engine.Device.open());
    router.check_encoder(encoder.about());
    for (const { file } of encoder.missing()) encoder.add_file(file, await bytes(`${folder}/${file}`));
    await encoder.finish();
    const results = [];
    for (const { text } of queries) {
      results.push({ ids: [...encoder.query_token_ids(text)], vector: [...await encoder.embed_query(text)] });
    }
    return results;
  }, queries.map(({ text }) => ({ text })));
  for (const [i, { text, ids, vector }] of queries.entries()) {
    expect(results[i].ids, text).toEqual(ids);
    const dot = (a, b) => a.reduce((sum, x, k) => sum + x * b[k], 0);
    const cosine = dot(results[i].vector, vector) / Math.sqrt(dot(vector, vector) * dot(results[i].vector, results[i].vector));
    expect(cosine, text).toBeGreaterThanOrEqual(0.999);
  }
});
