/**
 * Both models on WebGPU, in software: the same answers as on the CPU, and the choice between the two.
 */

import { expect, openRouter, test, GPU_BUILD } from './page.js';
import { batchesOf, heldBatches, patchEngine, patchWorker } from './tampering.js';

const RERANKER = 'tiny-bert-pair';
const TASK = 'turn these receipts into a spreadsheet';
const SCORE_TOLERANCE = 1e-2; // The encoder has 8 bits; the two round their activations differently.

/** Makes the adapter look like a graphics card, for what `auto` does then. */
const HARDWARE = `
  for (const [key, value] of Object.entries({ vendor: 'acme', architecture: 'card', device: '', description: '', isFallbackAdapter: false })) {
    Object.defineProperty(GPUAdapterInfo.prototype, key, { get: () => value });
  }`;

/** After this time a model is tried on the other device: COMPARISON_DELAY_MS in model.js. */
const COMPARISON_DELAY_MS = 2000;
/** Notes for how long timers are set. */
const NOTE_DELAYS = `
  globalThis.delays_ms = [];
  const { setTimeout } = globalThis;
  globalThis.setTimeout = (run, ms, ...rest) => (globalThis.delays_ms.push(ms), setTimeout(run, ms, ...rest));`;

test.beforeEach(async ({ page }) => {
  await page.goto('bench.html?scan=none&tokens=none');
});

test('the same answers as on the CPU', async ({ page }) => {
  const answers = {};
  for (const device of ['gpu', 'cpu']) {
    const router = await openRouter(page, { reranker: RERANKER, device });
    answers[device] = await router.evaluate(async (router, task) => {
      const stages = [];
      const answer = await router.route(task, { top: 20, onStage: ({ stage }) => stages.push(stage) });
      router.close();
      return { ...answer, stages, models: router.about().models };
    }, TASK);
  }
  const { gpu, cpu } = answers;
  expect(gpu.device).toEqual({ kind: 'gpu', name: expect.stringContaining('swiftshader') });
  expect(cpu.device.kind).toBe('cpu');
  expect(gpu.encoder_device).toBeUndefined();
  expect(gpu.models.map(({ device }) => device.kind)).toEqual(['gpu', 'gpu']);
  expect([...new Set(gpu.stages)]).toEqual(['lexical', 'retrieved', 'reranked']);
  expect(gpu.reranked).toEqual({ done: 20, of: 20 });
  const on_cpu = new Map(cpu.routes.map((route) => [route.skill_idx, route]));
  const both = gpu.routes.filter(({ skill_idx }) => on_cpu.has(skill_idx));
  expect(both.length).toBeGreaterThanOrEqual(18); // The last candidates may be near-ties.
  for (const { skill_idx, rerank_score } of both) {
    expect(Math.abs(rerank_score - on_cpu.get(skill_idx).rerank_score)).toBeLessThan(SCORE_TOLERANCE);
  }
});

test('a cancelled re-ranking stops within one batch', async ({ page, site }) => {
  patchEngine(site, heldBatches(1), 'gpu');
  const router = await openRouter(page, { reranker: 'tiny-qwen3-reranker', device: 'gpu' });
  const name = await router.evaluate(async (router, task) => {
    await router.reranker_ready;
    const controller = new AbortController();
    const onStage = ({ stage }) => stage === 'reranked' && controller.abort();
    return router.route(task, { rerank: 60, signal: controller.signal, onStage }).then(() => 'answered', ({ name }) => name);
  }, TASK);
  expect(name).toBe('AbortError');
  await router.evaluate((router, task) => router.route(task, { rerank: 1 }), TASK); // It has to wait until the cancelled one left the model.
  const [cancelled] = await batchesOf(page);
  expect(cancelled).toBeLessThanOrEqual(2);
});

test('auto leaves a software adapter alone', async ({ page, site }) => {
  const fetched = site.watch(GPU_BUILD);
  const router = await openRouter(page, { reranker: RERANKER });
  const { device } = await router.evaluate((router, task) => router.route(task), TASK);
  expect(device).toEqual({ kind: 'cpu', name: expect.any(String) });
  expect(fetched).toEqual([]);
});

/** Makes the models look large. */
const LARGE = `
  const { about } = Encoder.prototype;
  Encoder.prototype.about = function () { return { ...about.call(this), bytes: 100_000_000 }; };`;

test('auto leaves a software adapter alone for a large model too, and says why', async ({ page, site }) => {
  patchEngine(site, LARGE);
  const router = await openRouter(page, { reranker: null });
  const { device } = await router.evaluate((router, task) => router.route(task), TASK);
  expect(device).toMatchObject({ kind: 'cpu', reason: expect.stringMatching(/swiftshader.* is a software one/) });
});

test('auto sends a large model straight to a graphics card', async ({ page, site }) => {
  patchWorker(site, HARDWARE);
  patchEngine(site, LARGE);
  const router = await openRouter(page, { reranker: null });
  const { device } = await router.evaluate((router, task) => router.route(task), TASK);
  expect(device).toEqual({ kind: 'gpu', name: expect.any(String) });
});

test('auto tries a graphics card after the first use, keeps the faster device, and remembers it', async ({ page, site }) => {
  patchWorker(site, HARDWARE + NOTE_DELAYS);
  const delays = () => page.workers()[0].evaluate(() => globalThis.delays_ms);
  const encoderOf = (router) => router.evaluate((router) => router.about().models[0].device);
  const router = await openRouter(page, { reranker: null });
  expect((await router.evaluate((router, task) => router.route(task), TASK)).device).toEqual({ kind: 'cpu', name: expect.any(String) });
  await expect.poll(() => encoderOf(router), { timeout: 120_000 }).toMatchObject({ kind: 'cpu', reason: expect.stringMatching(/measured here: .* ms on the GPU, .* ms on the CPU/) });
  expect(await delays()).toContain(COMPARISON_DELAY_MS);
  await router.evaluate((router) => router.close());
  await expect.poll(() => page.workers().length).toBe(0);

  const fetched = site.watch(GPU_BUILD);
  const second = await openRouter(page, { reranker: null });
  const answer = await second.evaluate((router, task) => router.route(task), TASK);
  expect(answer.device).toMatchObject({ kind: 'cpu', reason: expect.stringContaining('measured here') });
  expect(await delays()).not.toContain(COMPARISON_DELAY_MS);
  expect(fetched).toEqual([]);
  await second.evaluate((router) => router.close());

  await page.evaluate(async () => {
    const cache = await caches.open('skillrouter-devices-v1');
    for (const request of await cache.keys()) await cache.put(request, Response.json({ kind: 'gpu', reason: 'measured here: it is faster' }));
  });
  const third = await openRouter(page, { reranker: null });
  expect((await third.evaluate((router, task) => router.route(task), TASK)).device).toMatchObject({ kind: 'gpu', reason: expect.stringContaining('it is faster') });
  await third.evaluate((router) => router.forget());
  expect(await page.evaluate(() => caches.has('skillrouter-devices-v1'))).toBe(false);
});

test('auto moves to a graphics card that is faster, in the middle of things', async ({ page, site }) => {
  patchWorker(site, HARDWARE);
  patchEngine(site, `
    const { embed_query } = Encoder.prototype;
    const known = new Map(); // A software GPU is fast only at what it has done before.
    Encoder.prototype.embed_query = async function (query) {
      if (!known.has(query)) known.set(query, await embed_query.call(this, query));
      return known.get(query);
    };`, 'gpu');
  const router = await openRouter(page, { reranker: null });
  await router.evaluate((router, task) => router.route(task), TASK);
  await expect.poll(() => router.evaluate((router) => router.about().models[0].device.kind), { timeout: 120_000 }).toBe('gpu');
  const answer = await router.evaluate((router, task) => router.route(task), TASK);
  expect(answer.device).toMatchObject({ kind: 'gpu', reason: expect.stringContaining('measured here') });
  expect(answer.routes[0].name).toBe('receipts-to-spreadsheet');
});

test('the demo shows the device', async ({ demo, page }) => {
  await demo.open('ready', `?reranker=${RERANKER}&device=gpu`);
  await demo.query.fill(TASK);
  await expect(page.locator('#answer-stage')).toHaveText('re-ranked 20 of 20', { timeout: 60_000 });
  await expect(page.locator('#timings')).toContainText('on the GPU');
});
