/**
 * What goes wrong with a GPU: every fault is survived on a second try or on the CPU, with the reason, and no answer is lost.
 */

import { expect, openRouter, test, GPU_BUILD } from './page.js';
import { changeManifest, flipByte, PANICS, patchEngine, patchWorker, tamper } from './tampering.js';

const RERANKER = 'tiny-bert-pair';
/** Its documents are long enough for several batches. */
const LONG_RERANKER = 'tiny-qwen3-reranker';
const TASK = 'turn these receipts into a spreadsheet';

/** Keeps the devices that the engine asks for. */
const KEEP_DEVICES = `
  if (!globalThis.devices) {
    globalThis.devices = [];
    const { requestDevice } = GPUAdapter.prototype;
    GPUAdapter.prototype.requestDevice = async function (...parameters) {
      const device = await requestDevice.apply(this, parameters);
      globalThis.devices.push(device);
      return device;
    };
  }`;

/** Runs `code` after the batches whose numbers are given, counted over all instances of the GPU build. */
function afterBatches(numbers, code) {
  return `
    const { next } = Reranker.prototype;
    Reranker.prototype.next = async function () {
      const batch = await next.call(this);
      globalThis.n_batches = (globalThis.n_batches ?? 0) + 1;
      if (${JSON.stringify(numbers)}.includes(globalThis.n_batches)) { ${code} }
      return batch;
    };`;
}

const instancesOf = (urls) => new Set(urls.filter((url) => url.includes('skillrouter.js')).map((url) => new URL(url, 'http://localhost').search));

test.beforeEach(async ({ page }) => {
  await page.goto('bench.html?scan=none&tokens=none');
});

async function routeOnce(page, options, route_options = {}) {
  const router = await openRouter(page, { device: 'gpu', reranker: null, ...options });
  return router.evaluate((router, { task, route_options }) => router.route(task, route_options), { task: TASK, route_options });
}

const NO_GPU = {
  'no WebGPU': [`Object.defineProperty(WorkerNavigator.prototype, 'gpu', { get: () => undefined });`, /this browser has no WebGPU/],
  'no adapter': [`GPU.prototype.requestAdapter = async () => null;`, /no WebGPU adapter/],
  'an adapter that is refused': [`GPU.prototype.requestAdapter = async () => { throw new Error('blocked'); };`, /no WebGPU adapter \(blocked\)/],
  'an adapter that never comes': [`GPU.prototype.requestAdapter = () => new Promise(() => {});`, /no answer within 5 s/],
  'an adapter without timestamp-query': [`Object.defineProperty(GPUAdapter.prototype, 'features', { get: () => new Set(['depth-clip-control']) });`, /has no timestamp-query/],
};

for (const [what, [code, reason]] of Object.entries(NO_GPU)) {
  test(`${what}: the CPU answers and says why`, async ({ page, site }) => {
    const fetched = site.watch(GPU_BUILD);
    patchWorker(site, code);
    const answer = await routeOnce(page, { reranker: RERANKER });
    expect(answer).toMatchObject({ stage: 'reranked', device: { kind: 'cpu', reason: expect.stringMatching(reason) } });
    expect(fetched).toEqual([]);
  });
}

test('a device that is refused: tried twice, then the CPU', async ({ page, site }) => {
  const fetched = site.watch(GPU_BUILD);
  patchWorker(site, `GPUAdapter.prototype.requestDevice = async () => { throw new Error('out of devices'); };`);
  test.info().annotations.push({ type: 'note', description: 'The engine panics on that, so the instance is given up.' });
  const answer = await routeOnce(page);
  expect(answer).toMatchObject({ stage: 'retrieved', device: { kind: 'cpu', reason: expect.stringMatching(/the GPU failed/) } });
  expect(instancesOf(fetched).size).toBe(2);
});

test('the GPU build is not on the server: the CPU answers and says why', async ({ page, site }) => {
  site.route('**/pkg/gpu/**', (route) => route.fulfill({ status: 404 }));
  const answer = await routeOnce(page);
  expect(answer).toMatchObject({ stage: 'retrieved', device: { kind: 'cpu', reason: expect.stringMatching(/engine for the GPU could not be loaded/) } });
});

test('a device that computes wrong numbers is found out before it answers', async ({ page, site }) => {
  const fetched = site.watch(GPU_BUILD);
  tamper(site, `**/${RERANKER}/model.json`, (body) => changeManifest(body, ({ self_test }) => {
    self_test.expected = self_test.expected.map((value) => value + 7);
  }));
  const answer = await routeOnce(page, { reranker: RERANKER });
  expect(answer).toMatchObject({ stage: 'reranked', reranked: { done: 20, of: 20 }, device: { kind: 'cpu', reason: expect.stringMatching(/wrong numbers/) } });
  expect(answer.encoder_device.kind).toBe('gpu');
  expect(instancesOf(fetched).size).toBeGreaterThanOrEqual(2);
});

test('a device lost between batches: another goes on where it stopped', async ({ page, site }) => {
  patchEngine(site, KEEP_DEVICES + afterBatches([1], 'globalThis.devices.at(-1).destroy();'), 'gpu');
  const answer = await routeOnce(page, { reranker: LONG_RERANKER }, { rerank: 40, top: 40 });
  expect(answer).toMatchObject({ stage: 'reranked', reranked: { done: 40, of: 40 }, device: { kind: 'gpu' } });
  expect(answer.reason).toBeUndefined();
  expect(answer.routes.every(({ rerank_score }) => rerank_score !== undefined)).toBe(true);
  expect(await page.workers()[0].evaluate(() => globalThis.devices.length)).toBe(2);
});

test('a device lost in the middle of a batch, twice: the CPU finishes the list', async ({ page, site }) => {
  patchEngine(site, `${KEEP_DEVICES}
    const { next } = Reranker.prototype;
    Reranker.prototype.next = function () {
      const batch = next.call(this);
      globalThis.devices.at(-1).destroy();
      return batch;
    };`, 'gpu');
  const answer = await routeOnce(page, { reranker: LONG_RERANKER });
  expect(answer).toMatchObject({ stage: 'reranked', reranked: { done: 20, of: 20 }, device: { kind: 'cpu', reason: expect.stringMatching(/device was lost/) } });
});

test('a device lost while the task is encoded: the answer comes all the same', async ({ page, site }) => {
  patchEngine(site, `${KEEP_DEVICES}
    const { embed_query } = Encoder.prototype;
    Encoder.prototype.embed_query = function (query) {
      const vector = embed_query.call(this, query);
      if (globalThis.devices.length === 1) globalThis.devices[0].destroy();
      return vector;
    };`, 'gpu');
  const answer = await routeOnce(page, {});
  expect(answer).toMatchObject({ stage: 'retrieved', device: { kind: 'gpu' } });
  expect(answer.routes[0].name).toBe('receipts-to-spreadsheet');
});

test('an error of the device that nobody caught is a failure', async ({ page, site }) => {
  // Chromium tells of errors when it has to ask the device anyway: hence the last line.
  const invalid = `devices.at(-1).createShaderModule({ code: 'this is no shader' });
    devices.at(-1).createBuffer({ size: 64, usage: 0xffff });
    await devices.at(-1).queue.onSubmittedWorkDone();`;
  patchEngine(site, KEEP_DEVICES + afterBatches([1], invalid), 'gpu');
  const answer = await routeOnce(page, { reranker: LONG_RERANKER }, { rerank: 40 });
  expect(answer).toMatchObject({ stage: 'reranked', reranked: { done: 40, of: 40 } });
  expect(await page.workers()[0].evaluate(() => globalThis.devices.length)).toBe(2);
});

test('no memory for the weights: the CPU', async ({ page, site }) => {
  patchEngine(site, `Encoder.prototype.finish = () => { throw Object.assign(new Error('device: out of memory; try again, or use the CPU'), { code: 'device' }); };`, 'gpu');
  const answer = await routeOnce(page, {});
  expect(answer.device).toMatchObject({ kind: 'cpu', reason: 'the GPU failed (out of memory); the CPU is used instead' });
});

for (const [where, panic] of Object.entries(PANICS)) {
  test(`a panic of the GPU build ${where}: the CPU build and its answers live on`, async ({ page, site }) => {
    patchEngine(site, `Reranker.prototype.next = function () { ${panic} };`, 'gpu');
    const answer = await routeOnce(page, { reranker: RERANKER });
    expect(answer).toMatchObject({ stage: 'reranked', device: { kind: 'cpu', reason: expect.stringContaining('unreachable') } });
  });
}

test('a call that never ends', async ({ page, site }) => {
  patchWorker(site, `
    const { setTimeout } = globalThis;
    globalThis.setTimeout = (run, ms, ...rest) => setTimeout(run, ms === 60_000 && globalThis.stuck ? 0 : ms, ...rest);`);
  patchEngine(site, `
    const { begin } = Reranker.prototype;
    Reranker.prototype.begin = async function (...parameters) {
      const begun = await begin.apply(this, parameters);
      globalThis.stuck = true;
      return begun;
    };
    Reranker.prototype.next = () => new Promise(() => {});`, 'gpu');
  const answer = await routeOnce(page, { reranker: RERANKER });
  expect(answer).toMatchObject({ stage: 'reranked', device: { kind: 'cpu', reason: expect.stringContaining('nothing came back within 60 s') } });
});

const DAMAGES = {
  missing: { code: 'not-found', break: (site, glob) => site.route(glob, (route) => route.fulfill({ status: 404 })) },
  truncated: { code: 'truncated', break: (site, glob) => tamper(site, glob, (body) => body.subarray(0, body.length >> 1)) },
  altered: { code: 'checksum', break: (site, glob) => tamper(site, glob, flipByte) },
};

for (const [damage, { code, break: breakFile }] of Object.entries(DAMAGES)) {
  test(`weights that are ${damage} are no fault of the device`, async ({ page, site }) => {
    const fetched = site.watch(GPU_BUILD);
    breakFile(site, `**/${RERANKER}/weights-*`);
    const router = await openRouter(page, { reranker: RERANKER, device: 'gpu' });
    const result = await router.evaluate(async (router, task) => ({
      code: await router.reranker_ready.catch(({ code }) => code),
      answer: await router.route(task),
    }), TASK);
    expect(result.code).toBe(code);
    expect(result.answer).toMatchObject({ stage: 'retrieved', device: { kind: 'gpu' }, reason: expect.stringContaining('not re-ranked') });
    expect(instancesOf(fetched).size).toBe(1);
  });
}

test('no space left: the models are used, and fetched again when a device is lost', async ({ page, context, baseURL, site }) => {
  const devtools = await context.newCDPSession(page);
  await devtools.send('Storage.overrideQuotaForOrigin', { origin: new URL(baseURL).origin, quotaSize: 500_000 });
  patchEngine(site, KEEP_DEVICES + afterBatches([1], 'globalThis.devices.at(-1).destroy();'), 'gpu');
  const answer = await routeOnce(page, { reranker: LONG_RERANKER }, { rerank: 40 });
  expect(answer).toMatchObject({ stage: 'reranked', reranked: { done: 40, of: 40 }, device: { kind: 'gpu' } });
});

for (const what of ['weights-*', 'pkg/gpu/**']) {
  test(`cancelling while ${what} does not come`, async ({ page, site }) => {
    site.route(`**/${what}`, () => {});
    const asked = site.watch(what === 'weights-*' ? /\/weights-/ : GPU_BUILD);
    const opening = await page.evaluateHandle(async (task) => {
      const { SkillRouter } = await import(new URL('client.js', document.baseURI).href);
      const controller = new AbortController();
      const router = await SkillRouter.open({ device: 'gpu', reranker: null, signal: controller.signal });
      return { controller, router, answer: router.route(task) };
    }, TASK);
    await expect.poll(() => asked).not.toEqual([]);
    const { answer, ready } = await opening.evaluate(async ({ controller, router, answer }) => {
      controller.abort();
      return { answer: await answer, ready: await router.ready.catch(({ name }) => name) };
    });
    expect(ready).toBe('AbortError');
    expect(answer).toMatchObject({ stage: 'lexical', reason: expect.stringContaining('was stopped') });
  });
}
