/**
 * The public API in the page: stages, what fits, cancelling, errors, and the right skill for tasks of the catalogue.
 * Mostly without the reranker, which `rerank.spec.js` is about.
 */

import { ENCODER, expect, openRouter, OWN_RERANKER, skillIds, tasksOf, test } from './page.js';
import { changeRouting } from './tampering.js';

const EXPECTED = [
  'receipts-to-spreadsheet', 'bank-reconciliation', 'kubernetes-troubleshooting', 'wedding-seating-plan', 'recipe-scaling', 'lease-review',
];

const WITHOUT = { reranker: null };

test.beforeEach(async ({ page }) => {
  await page.goto('bench.html?scan=none&tokens=none'); // A page of the site without a router of its own.
});

test('finds the skills of the catalogue for tasks in users\' words', async ({ page }) => {
  const router = await openRouter(page, WITHOUT);
  for (const skill_id of EXPECTED) {
    const task = tasksOf(skill_id)[0];
    const answer = await router.evaluate((router, task) => router.route(task, { top: 3 }), task);
    expect(answer.stage).toBe('retrieved');
    expect(answer.routes.map(({ name }) => name)[0], task).toBe(skill_id);
    expect(answer.routes).toHaveLength(3);
  }
});

test('gives the lexical stage first, then the retrieved one, both with cards', async ({ page }) => {
  const router = await openRouter(page, WITHOUT);
  const { stages, answer, about } = await router.evaluate(async (router) => {
    const stages = [];
    const answer = await router.route('turn these receipts into a spreadsheet', { top: 5, onStage: (stage) => stages.push(stage) });
    return { stages, answer, about: router.about() };
  });
  expect(stages.map(({ stage }) => stage).filter((stage, i, all) => stage !== all[i - 1])).toEqual(['lexical', 'retrieved']);
  expect(stages.at(-1)).toEqual(answer);
  expect(answer).toMatchObject({ stage: 'retrieved', device: { kind: 'cpu', name: expect.any(String) } });
  expect(answer.reason).toBeUndefined();
  expect(answer.routes[0]).toMatchObject({ id: expect.stringContaining('receipts-to-spreadsheet'), name: 'receipts-to-spreadsheet', license: 'Apache-2.0', lexical_rank: 1, dense_rank: 1 });
  expect(answer.routes[0].description).toContain('receipts');
  expect(answer.routes.map(({ score }) => score)).toEqual(answer.routes.map(({ score }) => score).sort((a, b) => b - a));
  for (const { lexical_score, dense_score } of answer.routes) {
    for (const score of [lexical_score, dense_score]) expect(Math.abs(score - 0.5)).toBeLessThanOrEqual(0.5 + 1e-6);
  }
  expect(answer.routes[0].lexical_score).toBeCloseTo(1, 6);
  expect(stages[0].routes[0].lexical_score).toBeCloseTo(1, 6);
  expect(stages[0].routes[0].dense_score).toBeUndefined();
  for (const key of ['lexical', 'encode', 'search', 'cards', 'total']) expect(answer.timings_ms[key], key).toBeGreaterThanOrEqual(0);
  expect(about).toMatchObject({ n_skills: skillIds().length, model: ENCODER, width: 384 });
  expect(about.models).toEqual([{ role: 'encoder', name: ENCODER, bytes: expect.any(Number), device: answer.device }]);
});

test('the index\'s own models: a skill that is named fits strongly, and nothing fits nonsense', async ({ page }) => {
  const router = await openRouter(page);
  const { about, named, nonsense } = await router.evaluate(async (router) => {
    const stagesOf = async (task) => {
      const stages = {};
      const answer = await router.route(task, { onStage: (stage) => (stages[stage.stage] = stage) });
      return { ...stages, [answer.stage]: answer };
    };
    return { named: await stagesOf('wedding seating plan'), nonsense: await stagesOf('asdf qwer zxcv'), about: router.about() };
  });
  expect(about.models.map(({ role, name }) => [role, name])).toEqual([['encoder', ENCODER], ['reranker', OWN_RERANKER]]);
  expect(named.reranked.routes[0].name).toBe('wedding-seating-plan');
  expect(named.retrieved.fit).toEqual({ p: expect.any(Number), word: 'strong' });
  expect(named.retrieved.fit.p).toBeGreaterThanOrEqual(0.8);
  expect(nonsense.retrieved.fit.word).toBe('none');
  expect(nonsense.retrieved.fit.p).toBeLessThan(0.5);
  expect(nonsense.retrieved.routes).not.toEqual([]);
  // By words alone nothing is judged, nor by a reranker that was not calibrated.
  for (const { fit } of [named.lexical, nonsense.lexical, named.reranked, nonsense.reranked]) expect(fit).toBeUndefined();
  for (const { coverage } of Object.values(named)) {
    expect(coverage).toBeGreaterThan(0);
    expect(coverage).toBeLessThanOrEqual(1);
  }
  for (const { coverage } of Object.values(nonsense)) expect(coverage).toBe(0);
});

test('an index that was not calibrated says nothing of what fits', async ({ page, site }) => {
  changeRouting(site, (routing) => delete routing.calibration);
  const router = await openRouter(page, WITHOUT);
  const answer = await router.evaluate((router) => router.route('wedding seating plan'));
  expect(answer.stage).toBe('retrieved');
  expect(answer.fit).toBeUndefined();
});

test('answers by words alone when it is asked to, or told not to wait', async ({ page, site }) => {
  let release;
  const held = new Promise((resolve) => (release = resolve));
  site.route('**/weights-*', async (route) => {
    await held;
    route.continue();
  });
  const router = await openRouter(page, WITHOUT);
  const lexical = await router.evaluate((router) => router.route('plan a wedding', { mode: 'lexical' }));
  expect(lexical.stage).toBe('lexical');
  expect(lexical.reason).toBeUndefined();
  const impatient = await router.evaluate((router) => router.route('plan a wedding', { wait: false }));
  expect(impatient).toMatchObject({ stage: 'lexical', reason: expect.stringContaining('still loading') });
  const patient = router.evaluate((router) => router.route('plan a wedding'));
  release();
  expect((await patient).stage).toBe('retrieved');
});

test('cancels: by signal at once, and what is typed by what is typed next', async ({ page }) => {
  const router = await openRouter(page, WITHOUT);
  const names = await router.evaluate(async (router) => {
    await router.ready;
    const nameOf = (promise) => promise.then(() => 'answered', (error) => error.name);
    const controller = new AbortController();
    const cancelled = nameOf(router.route('a task that is cancelled', { signal: controller.signal }));
    controller.abort();
    const typed = ['turn', 'turn these', 'turn these receipts'].map((text) => nameOf(router.route(text, { typing: true })));
    const beforehand = nameOf(router.route('never asked', { signal: AbortSignal.abort() }));
    return Promise.all([cancelled, beforehand, ...typed]);
  });
  expect(names).toEqual(['AbortError', 'AbortError', 'AbortError', 'AbortError', 'answered']);
});

test('refuses an empty task, and stands a huge one', async ({ page }) => {
  const router = await openRouter(page, WITHOUT);
  const { empty, huge } = await router.evaluate(async (router) => {
    const empty = await router.route(' \n ').catch(({ name, code, message }) => ({ name, code, message }));
    return { empty, huge: await router.route('receipts into a spreadsheet '.repeat(20_000), { top: 1 }) };
  });
  expect(empty).toMatchObject({ name: 'SkillRouterError', code: 'empty-query', message: expect.stringContaining('describe') });
  expect(huge.routes[0].name).toBe('receipts-to-spreadsheet');
});

test('reads the instructions, and refuses to work once closed', async ({ page }) => {
  const router = await openRouter(page, { ...WITHOUT, prefetch_bytes: 0 });
  const { body, closed } = await router.evaluate(async (router) => {
    const { routes } = await router.route('lease-review', { top: 1, mode: 'lexical' });
    const body = await router.body(routes[0].skill_idx);
    router.close();
    return { body, closed: await router.body(0).catch(({ code }) => code) };
  });
  expect(body).toContain('# ');
  expect(body).toMatch(/rent|deposit/);
  expect(closed).toBe('unavailable');
});

test('an index without HNSW links says so', async ({ page }) => {
  const router = await openRouter(page, WITHOUT);
  const error = await router.evaluate((router) => router.route('plan a wedding', { search: 'hnsw' }).catch(({ code, message }) => ({ code, message })));
  expect(error).toMatchObject({ code: 'unavailable', message: expect.stringContaining('--hnsw') });
});

test('descriptions on their way: the answer goes out without, nothing is asked for because of it, and it comes again with them', async ({ page, site }) => {
  const held = [];
  site.route('**/cards-*', (exchange) => void held.push(exchange));
  const router = await openRouter(page, { ...WITHOUT, prefetch_bytes: 0 });
  await expect.poll(() => held.length).toBe(1);
  const requests = site.watch(/\/index\/(cards|bodies)-/);
  const early = await router.evaluate(async (router, task) => {
    window.stages = [];
    const early = await router.route(task, { top: 3, onStage: (stage) => window.stages.push(stage) });
    window.later = router.described(early);
    return early;
  }, 'turn these receipts into a spreadsheet');
  expect(early).toMatchObject({ stage: 'retrieved', descriptions: 'coming', routes: [{ name: 'receipts-to-spreadsheet' }, {}, {}] });
  expect(early.reason).toBeUndefined();
  expect(early.routes[0].description).toBeUndefined();
  expect(requests).toEqual([]);
  held[0].continue();
  const { later, stages } = await page.evaluate(async () => ({ later: await window.later, stages: window.stages }));
  expect(later.routes[0]).toMatchObject({ id: expect.stringContaining('receipts'), description: expect.stringContaining('receipts'), score: early.routes[0].score });
  expect([later.stage, later.descriptions]).toEqual(['retrieved', undefined]);
  expect(stages.at(-1)).toEqual(later);
  expect(await router.evaluate((router, answer) => router.described(answer), later)).toEqual(later);
});

test('descriptions that do not come are said to be missing, and are tried again by themselves', async ({ page, site }) => {
  site.route('**/cards-*', (exchange) => exchange.fulfill({ status: 404 }));
  const router = await openRouter(page, WITHOUT);
  const answer = await router.evaluate((router, task) => router.route(task, { top: 3 }), 'turn these receipts into a spreadsheet');
  expect(answer).toMatchObject({ descriptions: 'missing', reason: expect.stringMatching(/^descriptions are missing: \S+cards-\S+ is not on the server/) });
  site.unrouteAll();
  const later = await router.evaluate((router, answer) => router.described(answer), answer);
  expect(later.routes[0].description).toContain('receipts');
  expect([later.descriptions, later.reason]).toEqual([undefined, undefined]);
});

test('cards are fetched ahead unless one asks for none, and no other word is known', async ({ page, site }) => {
  const requests = site.watch(/\/index\/(cards|bodies)-/);
  const abouts = await page.evaluate(async () => {
    const { SkillRouter } = await import(new URL('client.js', document.baseURI).href);
    const router = await SkillRouter.open({ prefetch: 'none', reranker: null });
    await router.ready;
    const other = await SkillRouter.open({ prefetch: 'some' }).catch(({ code, message }) => ({ code, message }));
    return [router.about().prefetch, other];
  });
  expect(abouts).toEqual(['none', { code: 'unavailable', message: 'unknown prefetch some; choose one of all, none' }]);
  expect(requests).toEqual([]);
  expect(await (await openRouter(page, WITHOUT)).evaluate((router) => router.about().prefetch)).toBe('all');
  await expect.poll(() => requests.length).toBeGreaterThan(0);
});
