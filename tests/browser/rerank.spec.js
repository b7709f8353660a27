/**
 * The stage `reranked`: it comes in batches, improves the list, can be stopped between batches, and its absence is a reason.
 * Which reranker that is, and how it is used, the index says or the caller that opens it.
 */

import { ENCODER, expect, NO_RERANKER, openRouter, OWN_RERANKER, test, GPU_BUILD } from './page.js';
import {
  alwaysFits, batchesOf, changeManifest, changeRouting, FITS, flipByte, heldBatches, letBatchesGo, PANIC_ON_REQUEST, patchEngine, patchWorker, tamper,
} from './tampering.js';

const RERANKER = 'tiny-bert-pair';
const OTHER_RERANKER = 'tiny-qwen3-reranker';
const TASK = 'turn these receipts into a spreadsheet';

function scoresOf(answer) {
  return answer.routes.map(({ score }) => score);
}

const descending = (numbers) => [...numbers].sort((a, b) => b - a);

test.beforeEach(async ({ page }) => {
  await page.goto('bench.html?scan=none&tokens=none'); // A page of the site without a router of its own.
});

test('streams in: retrieved at once, then more of the list after each batch', async ({ page }) => {
  const router = await openRouter(page, { reranker: RERANKER });
  const { stages, answer, retrieved, about } = await router.evaluate(async (router, task) => {
    await router.reranker_ready;
    const retrieved = await router.route(task, { top: 20, rerank: 0 });
    const stages = [];
    const answer = await router.route(task, { top: 20, onStage: (stage) => stages.push(stage) });
    return { stages, answer, retrieved, about: router.about() };
  }, TASK);
  expect(stages.map(({ stage }) => stage).filter((stage, i, all) => stage !== all[i - 1])).toEqual(['lexical', 'retrieved', 'reranked']);
  const done = stages.filter(({ reranked }) => reranked).map(({ reranked }) => reranked.done);
  expect(done.length).toBeGreaterThan(1);
  expect(done).toEqual([...new Set(done)].sort((a, b) => a - b));
  expect(answer.reranked).toEqual({ done: 20, of: 20 });
  expect(stages.at(-1)).toEqual(answer);
  expect(answer.reason).toBeUndefined();
  expect(answer.device).toEqual({ kind: 'cpu', name: expect.any(String) });
  expect(answer.encoder_device).toBeUndefined();
  expect(answer.timings_ms.rerank).toBeGreaterThan(0);
  expect(about.models.map(({ role, name }) => [role, name])).toEqual([['encoder', ENCODER], ['reranker', RERANKER]]);
  expect(about.models[1]).toMatchObject({ bytes: expect.any(Number), device: answer.device });

  expect(scoresOf(answer)).toEqual(descending(scoresOf(answer)));
  expect(new Set(answer.routes.map(({ rerank_score }) => rerank_score)).size).toBeGreaterThan(10);
  const before = new Map(retrieved.routes.map((route, i) => [route.skill_idx, { route, rank: i + 1 }]));
  for (const { skill_idx, retrieval_rank, retrieval_score, description } of answer.routes) {
    expect(retrieval_rank).toBe(before.get(skill_idx).rank);
    expect(retrieval_score).toBeCloseTo(before.get(skill_idx).route.score, 6);
    expect(description).not.toBe('');
  }
  expect(answer.routes.map(({ name }) => name)).not.toEqual(retrieved.routes.map(({ name }) => name));

  for (const { routes } of stages.filter(({ reranked }) => reranked)) {
    const n_read = routes.findLastIndex(({ rerank_score }) => rerank_score !== undefined) + 1;
    expect(routes.slice(0, n_read).every(({ rerank_score }) => rerank_score !== undefined)).toBe(true);
    const others = routes.slice(n_read).map(({ retrieval_rank }) => retrieval_rank);
    expect(others).toEqual([...others].sort((a, b) => a - b));
  }
});

test('an encoder that was made for it reranks too, with the weights that are loaded already', async ({ page, site }) => {
  const fetched = site.watch();
  const router = await openRouter(page, { reranker: ENCODER });
  const { answer, about } = await router.evaluate(async (router, task) => {
    const answer = await router.route(task, { rerank: 10 });
    return { answer, about: router.about() };
  }, TASK);
  expect(answer).toMatchObject({ stage: 'reranked', reranked: { done: 10, of: 10 }, fit: { p: expect.any(Number) } });
  expect(scoresOf(answer)).toEqual(descending(scoresOf(answer)));
  expect(about.models.map(({ role, name }) => [role, name])).toEqual([['encoder', ENCODER], ['reranker', ENCODER]]);
  expect(about.models[1]).toMatchObject({ bytes: about.models[0].bytes, device: answer.device });
  const weights = fetched.filter((path) => /\/models\/.*\.bin$/.test(path));
  expect(weights.length).toBeGreaterThan(0);
  expect(new Set(weights).size).toBe(weights.length);
});

test('reads as many skills as it is asked to, and shows as many as it is asked to', async ({ page }) => {
  const router = await openRouter(page, { reranker: RERANKER });
  const { few, many, typed, words } = await router.evaluate(async (router, task) => ({
    few: await router.route(task, { top: 8, rerank: 5 }),
    many: await router.route(task, { top: 3, rerank: 12 }),
    typed: await router.route(task, { typing: true, wait: true }),
    words: await router.route(task, { mode: 'lexical' }),
  }), TASK);
  expect(few.reranked).toEqual({ done: 5, of: 5 });
  expect(few.routes.map(({ rerank_score }) => rerank_score !== undefined)).toEqual([true, true, true, true, true, false, false, false]);
  expect(few.routes.slice(5).map(({ retrieval_rank }) => retrieval_rank)).toEqual([6, 7, 8]);
  expect(many.reranked).toEqual({ done: 12, of: 12 });
  expect(many.routes).toHaveLength(3);
  expect([typed.stage, typed.reason]).toEqual(['retrieved', undefined]);
  expect([words.stage, words.reason]).toEqual(['lexical', undefined]);
});

test('documents can be read fast', async ({ page }) => {
  const router = await openRouter(page, { reranker: RERANKER });
  const answer = await router.evaluate((router, task) => router.route(task, { documents: 'fast' }), TASK);
  expect(answer).toMatchObject({ stage: 'reranked', reranked: { done: 20, of: 20 } });
  expect(answer.reason).toBeUndefined();
});

test('a cancelled re-ranking stops within one batch', async ({ page, site }) => {
  patchEngine(site, heldBatches(1));
  const router = await openRouter(page, { reranker: RERANKER });
  const name = await router.evaluate(async (router, task) => {
    await router.reranker_ready;
    const controller = new AbortController();
    const onStage = ({ stage }) => stage === 'reranked' && controller.abort();
    return router.route(task, { signal: controller.signal, onStage }).then(() => 'answered', ({ name }) => name);
  }, TASK);
  expect(name).toBe('AbortError');
  const { stage } = await router.evaluate((router, task) => router.route(task), TASK);
  expect(stage).toBe('reranked'); // It had to wait until the cancelled one left the model.
  const [cancelled] = await batchesOf(page);
  expect(cancelled).toBeLessThanOrEqual(2);
});

test('a newer question of somebody who types stops it, and other answers pass between batches', async ({ page, site }) => {
  patchEngine(site, heldBatches(1));
  const router = await openRouter(page, { reranker: RERANKER });
  const { order, slow, typed } = await router.evaluate(async (router, task) => {
    await router.reranker_ready;
    const order = [];
    let reportFirst;
    const first_batch = new Promise((resolve) => (reportFirst = resolve));
    const slow = router.route(task, { onStage: ({ stage }) => stage === 'reranked' && reportFirst() });
    slow.then(() => order.push('reranked'));
    await first_batch;
    await router.route('plan a wedding', { rerank: 0 });
    order.push('retrieved');
    const typed = await router.route('scale a recipe', { typing: true });
    order.push('typed');
    return { order, slow: await slow, typed };
  }, TASK);
  expect(order[0]).toBe('retrieved');
  expect(typed.stage).toBe('retrieved');
  expect(slow).toMatchObject({ stage: 'reranked', reason: expect.stringContaining('newer question') });
  expect(slow.reranked.done).toBeLessThan(20);
});

test('two lists are re-ranked one after the other', async ({ page }) => {
  const router = await openRouter(page, { reranker: RERANKER });
  const { alone, together } = await router.evaluate(async (router, task) => {
    const names = ({ routes }) => routes.map(({ name }) => name);
    const tasks = [task, 'plan a wedding'];
    const alone = [];
    for (const task of tasks) alone.push(names(await router.route(task)));
    return { alone, together: (await Promise.all(tasks.map((task) => router.route(task)))).map(names) };
  }, TASK);
  expect(together).toEqual(alone);
});

test('without a reranker, or with one that is not there, answers stay retrieved and say why', async ({ page }) => {
  const without = await openRouter(page, { reranker: null });
  expect(await without.evaluate((router) => router.reranker_ready)).toBeNull();
  const none = await without.evaluate((router, task) => router.route(task, { rerank: 20 }), TASK);
  expect(none).toMatchObject({ stage: 'retrieved', reason: expect.stringContaining('no reranker is open') });
  const missing = await openRouter(page, { reranker: 'not-there' });
  const { code, answer } = await missing.evaluate(async (router, task) => ({
    answer: await router.route(task),
    code: await router.reranker_ready.catch(({ code }) => code),
  }), TASK);
  expect(code).toBe('not-found');
  expect(answer).toMatchObject({ stage: 'retrieved', reason: expect.stringMatching(/not-there\/model\.json is not on the server.*not re-ranked/) });
  expect(answer.routes).toHaveLength(10);
});

const DAMAGES = {
  missing: { code: 'not-found', break: (site, glob) => site.route(glob, (route) => route.fulfill({ status: 404 })) },
  truncated: { code: 'truncated', break: (site, glob) => tamper(site, glob, (body) => body.subarray(0, body.length >> 1)) },
  altered: { code: 'checksum', break: (site, glob) => tamper(site, glob, flipByte) },
};

for (const [damage, { code, break: breakFile }] of Object.entries(DAMAGES)) {
  test(`a reranker whose weights are ${damage}: answers are retrieved, and what had arrived is not fetched again`, async ({ page, site }) => {
    const weights = `**/${RERANKER}/weights-*`;
    breakFile(site, weights);
    const broken = await openRouter(page, { reranker: RERANKER });
    const result = await broken.evaluate(async (router, task) => {
      const code = await router.reranker_ready.catch(({ code }) => code);
      await router.ready;
      const answer = await router.route(task);
      router.close();
      return { code, answer };
    }, TASK);
    expect(result.code).toBe(code);
    expect(result.answer).toMatchObject({ stage: 'retrieved', reason: expect.stringMatching(/weights-\S+ .*not re-ranked/) });
    site.unroute(weights);
    site.unrouteAll();
    const fetched = site.watch();
    const healed = await openRouter(page, { reranker: RERANKER });
    expect(await healed.evaluate(async (router, task) => (await router.route(task)).stage, TASK)).toBe('reranked');
    const of_reranker = fetched.filter((path) => path.includes(RERANKER)).map((path) => path.replace(/-[0-9a-f]+\./, '.'));
    expect(of_reranker).toEqual([`/models/${RERANKER}/model.json`, `/models/${RERANKER}/weights-1.bin`]);
  });
}

test('cancelling while the reranker loads keeps the answers by meaning', async ({ page, site }) => {
  site.route(`**/${RERANKER}/weights-*`, () => {}); // Never answered.
  const { answer, ready } = await page.evaluate(async ({ task, reranker }) => {
    const { SkillRouter } = await import(new URL('client.js', document.baseURI).href);
    const controller = new AbortController();
    const router = await SkillRouter.open({ reranker, signal: controller.signal });
    await router.ready;
    const impatient = await router.route(task, { wait: false });
    if (!impatient.reason.includes('the reranker is still loading')) throw new Error(impatient.reason);
    const patient = router.route(task, { onStage: ({ stage }) => stage === 'retrieved' && controller.abort() }); // Then it waits for the reranker.
    return { answer: await patient, ready: await router.reranker_ready.catch(({ name }) => name) };
  }, { task: TASK, reranker: RERANKER });
  expect(ready).toBe('AbortError');
  expect(answer).toMatchObject({ stage: 'retrieved', reason: expect.stringContaining('loading the reranker was stopped') });
});

test('texts that cannot be fetched leave the retrieved answer', async ({ page, site }) => {
  site.route('**/bodies-*', (route) => route.fulfill({ status: 404 }));
  const router = await openRouter(page, { reranker: RERANKER, prefetch: 'none' });
  const answer = await router.evaluate((router, task) => router.route(task), TASK);
  expect(answer).toMatchObject({ stage: 'retrieved', reason: expect.stringMatching(/re-ranking stopped: \S+bodies-\S+ is not on the server/) });
});

test('descriptions that cannot be fetched leave the retrieved answer', async ({ page, site }) => {
  site.route('**/cards-*', (route) => route.fulfill({ status: 404 }));
  const router = await openRouter(page, { reranker: RERANKER });
  const answer = await router.evaluate((router, task) => router.route(task), TASK);
  expect(answer).toMatchObject({ stage: 'retrieved', reason: expect.stringMatching(/re-ranking stopped: \S+cards-\S+ is not on the server/), descriptions: 'missing' });
});

test('where instructions are not fetched ahead, names and descriptions alone are read, and the answer says so', async ({ page, site }) => {
  patchEngine(site, `
    const { begin } = Reranker.prototype;
    Reranker.prototype.begin = function (query, texts, options) {
      if (texts.some(({ description, body }) => description === '' || body !== '')) throw new Error('read: ' + JSON.stringify(texts));
      return begin.call(this, query, texts, options);
    };`);
  const requests = site.watch(/\/bodies-/);
  const router = await openRouter(page, { reranker: RERANKER, prefetch_bytes: 0 });
  const answer = await router.evaluate((router, task) => router.route(task), TASK);
  expect(answer).toMatchObject({ stage: 'reranked', reranked: { done: 20, of: 20, without: 'bodies' } });
  expect(answer.reason).toBeUndefined();
  expect(requests).toEqual([]);
});

test('a reranker that stops the engine is not loaded again, and answers go on by meaning', async ({ page, site }) => {
  patchEngine(site, `Reranker.prototype.finish = () => { throw new WebAssembly.RuntimeError('unreachable'); };`);
  const router = await openRouter(page, { reranker: RERANKER });
  const { code, answer } = await router.evaluate(async (router, task) => {
    const code = await router.reranker_ready.catch(({ code }) => code);
    return { code, answer: await router.route(task) };
  }, TASK);
  expect(code).toBe('engine');
  expect(answer).toMatchObject({ stage: 'retrieved', reason: expect.stringContaining('the engine stopped') });
});

test.describe('the reranker that the index names', () => {
  /** Notes in the worker how documents are read. */
  const NOTE_BEGIN = `
    const { begin } = Reranker.prototype;
    Reranker.prototype.begin = function (query, texts, options) {
      globalThis.begun = { n_texts: texts.length, ...options };
      return begin.call(this, query, texts, options);
    };`;
  const OF_INDEX = { name: RERANKER, rerank: 7, documents: 'fast' };
  /** What is asked for when the router is opened and for a route, and what comes of it. */
  const CHOICES = [
    [{}, {}, { name: RERANKER, n_texts: 7, documents: 'fast' }],
    [{ reranker: RERANKER }, {}, { name: RERANKER, n_texts: 7, documents: 'fast' }],
    [{}, { rerank: 3, documents: 'exact' }, { name: RERANKER, n_texts: 3, documents: 'exact' }],
    [{ reranker: OTHER_RERANKER }, {}, { name: OTHER_RERANKER, n_texts: 20, documents: 'exact' }],
  ];

  for (const [open_options, route_options, { name, ...begun }] of CHOICES) {
    test(`opened with ${JSON.stringify(open_options)}, asked with ${JSON.stringify(route_options)}`, async ({ page, site }) => {
      changeRouting(site, (routing) => (routing.reranker = OF_INDEX));
      patchEngine(site, NOTE_BEGIN);
      const router = await openRouter(page, open_options);
      const { answer, about } = await router.evaluate(async (router, { task, options }) => ({
        answer: await router.route(task, options),
        about: router.about(),
      }), { task: TASK, options: route_options });
      expect(answer).toMatchObject({ stage: 'reranked', reranked: { done: begun.n_texts, of: begun.n_texts } });
      expect(about.models[1]).toMatchObject({ role: 'reranker', name, bytes: expect.any(Number) });
      expect(await page.workers()[0].evaluate(() => globalThis.begun)).toEqual(begun);
    });
  }

  const NONE = { 'null leaves it out': [OF_INDEX, { reranker: null }], 'an index may name none': [undefined, {}] };

  for (const [what, [of_index, options]] of Object.entries(NONE)) {
    test(what, async ({ page, site }) => {
      const fetched = site.watch();
      changeRouting(site, (routing) => (routing.reranker = of_index));
      const router = await openRouter(page, options);
      const { answer, about, reranker_ready } = await router.evaluate(async (router, task) => ({
        answer: await router.route(task),
        about: router.about(),
        reranker_ready: router.reranker_ready,
      }), TASK);
      expect(reranker_ready).toBeNull();
      expect(about.models.map(({ role }) => role)).toEqual(['encoder']);
      expect([answer.stage, answer.reason]).toEqual(['retrieved', undefined]);
      expect(fetched.filter((path) => path.endsWith('/model.json'))).toEqual([`/models/${ENCODER}/model.json`]);
    });
  }

  test('leaves answers to longer tasks than it is good for as they were, unless one asks', async ({ page, site }) => {
    changeRouting(site, (routing) => (routing.reranker = { ...OF_INDEX, longest_query: TASK.length }));
    const router = await openRouter(page);
    const answers = await router.evaluate(async (router, task) => {
      await router.reranker_ready;
      return { short: await router.route(` ${task} `), long: await router.route(`${task}!`), asked: await router.route(`${task}!`, { rerank: 3 }) };
    }, TASK);
    expect(answers.short).toMatchObject({ stage: 'reranked', reranked: { done: 7, of: 7 } });
    expect([answers.long.stage, answers.long.reason]).toEqual(['retrieved', undefined]);
    expect(answers.asked).toMatchObject({ stage: 'reranked', reranked: { done: 3, of: 3 } });
  });

  test('is loaded again after the engine stopped', async ({ page, site }) => {
    changeRouting(site, (routing) => (routing.reranker = OF_INDEX));
    patchEngine(site, PANIC_ON_REQUEST);
    const router = await openRouter(page);
    const { code, answer } = await router.evaluate(async (router, task) => {
      await router.reranker_ready;
      const code = await router.route('panic').catch(({ code }) => code);
      const answer = await router.route(task);
      await router.reranker_ready;
      return { code, answer };
    }, TASK);
    expect(code).toBe('engine');
    expect(answer).toMatchObject({ stage: 'reranked', reranked: { done: 7, of: 7 } });
  });

  test('is not loaded again when it is what stopped the engine', async ({ page, site }) => {
    changeRouting(site, (routing) => (routing.reranker = OF_INDEX));
    patchEngine(site, `Reranker.prototype.finish = () => { throw new WebAssembly.RuntimeError('unreachable'); };`);
    const router = await openRouter(page);
    const { codes, answer } = await router.evaluate(async (router, task) => {
      const codeOf = (ready) => ready.then(() => 'ready', ({ code }) => code);
      const first = await codeOf(router.reranker_ready);
      const answer = await router.route(task);
      return { codes: [first, await codeOf(router.reranker_ready)], answer };
    }, TASK);
    expect(codes).toEqual(['engine', 'unavailable']);
    expect(answer).toMatchObject({ stage: 'retrieved', reason: expect.stringContaining('the engine stopped') });
  });

  test('may be missing on the server: answers are retrieved, and say why', async ({ page, site }) => {
    changeRouting(site, (routing) => (routing.reranker = { ...OF_INDEX, name: 'not-there' }));
    const router = await openRouter(page);
    const { code, answer } = await router.evaluate(async (router, task) => ({
      answer: await router.route(task),
      code: await router.reranker_ready.catch(({ code }) => code),
    }), TASK);
    expect(code).toBe('not-found');
    expect(answer).toMatchObject({ stage: 'retrieved', reason: expect.stringMatching(/not-there\/model\.json is not on the server.*not re-ranked/) });
  });
});

test('what fits is judged by retrieval until all is read, and then by the reranker', async ({ page, site }) => {
  changeRouting(site, (routing) => (routing.calibration = alwaysFits(FITS.strong)));
  tamper(site, `**/${RERANKER}/model.json`, (body) => changeManifest(body, (manifest) => {
    manifest.calibration = alwaysFits(FITS.none);
  }));
  const router = await openRouter(page, { reranker: RERANKER });
  const { stages, answer } = await router.evaluate(async (router, task) => {
    const stages = [];
    return { answer: await router.route(task, { onStage: (stage) => stages.push(stage) }), stages };
  }, TASK);
  const partly = stages.filter(({ reranked }) => reranked && reranked.done < reranked.of);
  expect(partly.length).toBeGreaterThan(0);
  for (const { fit } of [...stages.filter(({ stage }) => stage === 'retrieved'), ...partly]) {
    expect(fit).toEqual({ p: expect.closeTo(FITS.strong, 5), word: 'strong' });
  }
  expect(answer.reranked).toEqual({ done: 20, of: 20 });
  expect(answer.fit).toEqual({ p: expect.closeTo(FITS.none, 5), word: 'none' });
  expect(stages[0]).toMatchObject({ stage: 'lexical', coverage: expect.any(Number) });
  expect(stages[0].fit).toBeUndefined();
});

test('the files of one model can be deleted', async ({ page }) => {
  const router = await openRouter(page, { reranker: RERANKER });
  const { before, after } = await router.evaluate(async (router, reranker) => {
    await router.reranker_ready;
    const folders = async () => [...new Set((await router.cached()).map(({ url }) => url.split('/').at(-2)))].sort();
    const before = await folders();
    await router.forget(reranker);
    return { before, after: await folders() };
  }, RERANKER);
  expect(before).toEqual(['index', ENCODER, RERANKER]);
  expect(after).toEqual(['index', ENCODER]);
});

test('no WebGPU: the CPU answers and says why, and the GPU build is never fetched', async ({ page, site }) => {
  const fetched = site.watch(GPU_BUILD);
  const router = await openRouter(page, { reranker: RERANKER, device: 'gpu' });
  const answer = await router.evaluate((router, task) => router.route(task), TASK);
  expect(answer).toMatchObject({ stage: 'reranked', device: { kind: 'cpu', reason: expect.stringMatching(/WebGPU/) } });
  const unasked = await openRouter(page, { reranker: null });
  expect((await unasked.evaluate((router, task) => router.route(task), TASK)).device.reason).toBeUndefined();
  expect(fetched).toEqual([]);
});

test('device cpu does not touch WebGPU, and no other word is a device', async ({ page, site }) => {
  patchWorker(site, `
    Object.defineProperty(WorkerNavigator.prototype, 'gpu', { get() { globalThis.touched = true; return undefined; } });`);
  const touched = () => page.workers()[0].evaluate(() => globalThis.touched === true);
  const router = await openRouter(page, { reranker: null, device: 'cpu' });
  expect((await router.evaluate((router, task) => router.route(task), TASK)).device.kind).toBe('cpu');
  expect(await touched()).toBe(false);
  const code = await page.evaluate(async () => {
    const { SkillRouter } = await import(new URL('client.js', document.baseURI).href);
    return SkillRouter.open({ device: 'tpu' }).catch(({ code }) => code);
  });
  expect(code).toBe('unavailable');
});

test.describe('the demo', () => {
  test('re-ranks once nobody types, says how far it is, and announces the end', async ({ demo, page }) => {
    await demo.open('ready', `?reranker=${RERANKER}`);
    await demo.ask(TASK, 'reranked');
    await expect(page.locator('#answer-stage')).toHaveText('re-ranked 20 of 20');
    await expect(demo.options.first()).toContainText(/Re-ranked from #\d/);
    await expect(page.getByRole('status').filter({ hasText: /, re-ranked 20 of 20$/ })).toBeAttached();
    await expect(page.locator('#about')).toContainText(new RegExp(`reranker ${RERANKER}, \\d+ KB`));
    await expect(page.locator('#timings')).toContainText(/re-ranking \d/);
    await demo.options.first().click();
    await expect(demo.panel).toContainText('Before re-ranking');
  });

  test('re-ranks with the reranker that the index names, and says which models were downloaded', async ({ demo, page }) => {
    await demo.open();
    await demo.expectComplete();
    for (const [role, name] of [['encoder', ENCODER], ['reranker', OWN_RERANKER]]) {
      await expect(page.locator('#about')).toContainText(new RegExp(`${role} ${name}, [\\d.]+ [KM]B`));
    }
    await demo.ask(TASK, 'reranked');
    await demo.expectReranked();
    await expect(demo.options.first()).toContainText(/Re-ranked from #\d/);
  });

  test('does without when the address says so', async ({ demo, page }) => {
    await demo.open('ready', NO_RERANKER);
    await demo.expectComplete();
    const settled = page.evaluate(() => new Promise((resolve) => {
      const note = ({ detail: { settled, answer } }) => settled && answer.stage !== 'lexical' && resolve(answer.stage);
      document.querySelector('skill-search').addEventListener('skill-search-answer', note);
    }));
    await demo.ask(TASK, 'retrieved');
    expect(await settled).toBe('retrieved'); // No better one follows.
    await expect(demo.stage).toHaveText('by words and meaning');
    await expect(page.locator('#about')).not.toContainText('reranker');
  });

  test('a reranker that the index names and the site does not offer is no failure', async ({ demo, page, site }) => {
    changeRouting(site, (routing) => (routing.reranker = { name: 'not-there', rerank: 7, documents: 'exact' }));
    await demo.open();
    await demo.expectComplete();
    await demo.ask(TASK, 'retrieved');
    await expect(demo.stage).toHaveText(/not-there\/model\.json is not on the server.*not re-ranked/);
    await expect(page.locator('#about')).toContainText('reranker not-there, not loaded');
    await expect(demo.banner).toBeHidden();
  });

  test('one that the site offers in part is a failure', async ({ demo, site }) => {
    changeRouting(site, (routing) => (routing.reranker = { name: RERANKER, rerank: 7, documents: 'exact' }));
    site.route(`**/${RERANKER}/weights-*`, (route) => route.fulfill({ status: 404 }));
    await demo.open();
    await expect(demo.banner).toContainText(/weights-\S+ is not on the server.*Until then, answers are not re-ranked/);
  });

  test('the fit that is shown changes with the order, and not before', async ({ demo, page, site }) => {
    changeRouting(site, (routing) => (routing.calibration = alwaysFits(FITS.none)));
    tamper(site, `**/${RERANKER}/model.json`, (body) => changeManifest(body, (manifest) => {
      manifest.calibration = alwaysFits(FITS.strong);
    }));
    patchEngine(site, heldBatches(0));
    await demo.open('ready', `?reranker=${RERANKER}`);
    await demo.expectComplete();
    await demo.ask(TASK, 'retrieved');
    await demo.options.nth(2).hover(); // While somebody points at the list it keeps the old order, and what was said of it.
    await letBatchesGo(page);
    await expect(demo.stage).toHaveText(/^re-ranked 20 of 20; /);
    await expect(demo.title).toHaveText(/^Nothing here seems to fit/);
    await expect(demo.fits).toHaveCount(0);
    await page.mouse.move(5, 5);
    await expect(demo.title).toHaveText('Skills');
    await expect(demo.fits).toHaveText('strong fit');
    await expect(page.getByRole('status').filter({ hasText: /^8 skills, best: \S+, strong fit, re-ranked 20 of 20$/ })).toBeAttached();
  });

  test('says when the reranker is missing, and answers all the same', async ({ demo, page }) => {
    await demo.open('ready', '?reranker=not-there');
    await expect(demo.banner).toContainText(/model\.json is not on the server.*Until then, answers are not re-ranked/);
    await demo.ask(TASK);
    await expect(page.locator('#answer-stage')).toContainText('not re-ranked');
  });

  for (const where of ['with the pointer', 'with the arrow keys']) {
    test(`nothing moves while somebody is in the list ${where}`, async ({ demo, page, site }) => {
      patchEngine(site, heldBatches(0));
      await demo.open('ready', `?reranker=${RERANKER}`);
      await demo.expectComplete();
      await demo.ask(TASK, 'retrieved');
      const before = await demo.names.allInnerTexts();
      if (where === 'with the pointer') await demo.options.nth(2).hover();
      else await page.keyboard.press('ArrowDown');
      await letBatchesGo(page);
      await expect(page.locator('#answer-stage')).toHaveText('re-ranked 20 of 20; the new order comes when you leave the list');
      expect(await demo.names.allInnerTexts()).toEqual(before);
      if (where === 'with the pointer') await page.mouse.move(5, 5);
      else await page.keyboard.press('ArrowDown');
      await expect(page.locator('#answer-stage')).toHaveText('re-ranked 20 of 20');
      expect(await demo.names.allInnerTexts()).not.toEqual(before);
      await demo.query.fill('plan a wedding'); // A new question has a new list, wherever the pointer is.
      await expect(page.locator('#answer-stage')).toHaveText('re-ranked 20 of 20');
    });
  }
});
