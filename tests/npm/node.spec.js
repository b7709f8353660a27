/**
 * The router in Node: re-ranking, errors, cancelling, closing, and no network. Runs the installed package.
 */

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { expect, SKILL, TASK, test as base } from './test.js';

/** A site whose index names a reranker: `make test` makes it. */
const TEST_SITE = fileURLToPath(new URL('../../target/test-site/', import.meta.url));
const RERANKED = { index: join(TEST_SITE, 'index'), models: join(TEST_SITE, 'models') };

const test = base.extend({
  /** A project with the package and the catalogue's index. @returns {Promise<import('./project.js').Project>} */
  installed: async ({ project }, use) => {
    const installed = await project();
    await installed.addIndex('index');
    await installed.install();
    await use(installed);
  },
  /** What `skillrouter/node` exports. */
  node: async ({ installed }, use) => use(await import(pathToFileURL(join(installed.folder, 'node_modules/skillrouter/node.js')).href)),
  index: async ({ installed }, use) => use(join(installed.folder, 'index')),
});

test.describe.configure({ mode: 'default', timeout: 120_000 });

test('tells what is open, and reads the instructions', async ({ node: { SkillRouter }, index }) => {
  const router = await SkillRouter.open({ index: pathToFileURL(index) });
  await router.ready;
  await router.reranker_ready; // The encoder reranks, too.
  const { n_skills, model, models } = router.about();
  expect(n_skills).toBeGreaterThan(100);
  const loaded = { name: model, bytes: expect.any(Number), device: { kind: 'cpu', name: 'CPU' } };
  expect(models).toEqual([{ role: 'encoder', ...loaded }, { role: 'reranker', ...loaded }]);
  const { routes } = await router.route(TASK, { top: 1 });
  expect(routes.map(({ name }) => name)).toEqual([SKILL]);
  expect(await router.body(routes[0].skill_idx)).toContain('# ');
  expect(await router.body(n_skills)).toBeNull();
});

test('re-ranks with the reranker that the index names, and not when told so', async ({ node: { SkillRouter } }) => {
  const router = await SkillRouter.open(RERANKED);
  const stages = [];
  const answer = await router.route(TASK, { onStage: ({ stage }) => stages.push(stage) });
  expect(answer.reason).toBeUndefined();
  expect(answer).toMatchObject({ stage: 'reranked', reranked: { done: 10, of: 10 } });
  expect([...new Set(stages)]).toEqual(['lexical', 'retrieved', 'reranked']);
  await router.reranker_ready;

  const without = await SkillRouter.open({ ...RERANKED, reranker: null });
  expect(await without.route(TASK)).toMatchObject({ stage: 'retrieved' });
});

test('says what is wrong with files', async ({ node: { SkillRouter, SkillRouterError }, index }) => {
  const opening = (options) => SkillRouter.open(options).then(() => null, (error) => error);
  expect(await opening({ index: join(index, 'nowhere') })).toMatchObject({ code: 'not-found', message: expect.stringContaining('nowhere/index.json') });
  expect(await opening({ index: 'https://skillrouter.invalid/index/' })).toMatchObject({ code: 'unavailable' });
  expect(await opening({ index })).toBeNull();

  const { files } = JSON.parse(await readFile(join(index, 'index.json'), 'utf8'));
  const path = join(index, files.lexical[0].file);
  const bytes = await readFile(path);
  bytes[bytes.length >> 1] ^= 1;
  await writeFile(path, bytes);
  expect(await opening({ index })).toBeInstanceOf(SkillRouterError);
  expect(await opening({ index })).toMatchObject({ code: 'checksum' });
});

test('answers by words where the model is missing, and says why', async ({ node: { SkillRouter }, index }) => {
  const router = await SkillRouter.open({ index, models: index });
  const answer = await router.route(TASK);
  expect(answer).toMatchObject({ stage: 'lexical', reason: expect.stringContaining('model.json') });
  expect(answer.routes[0].name).toBe(SKILL);
  await expect(router.ready).rejects.toMatchObject({ code: 'not-found' });
});

test('cancels, refuses what it cannot answer, and refuses to work once closed', async ({ node: { SkillRouter }, index }) => {
  const router = await SkillRouter.open({ index });
  await expect(router.route(' ')).rejects.toMatchObject({ code: 'empty-query' });
  await expect(router.route(TASK, { mode: 'none' })).rejects.toMatchObject({ code: 'unavailable' });
  await expect(router.route(TASK, { signal: AbortSignal.abort() })).rejects.toMatchObject({ name: 'AbortError' });
  const controller = new AbortController();
  const cancelled = router.route(TASK, { signal: controller.signal });
  controller.abort();
  await expect(cancelled).rejects.toMatchObject({ name: 'AbortError' });
  const superseded = router.route('turn these', { typing: true, wait: true });
  superseded.catch(() => {});
  expect((await router.route(TASK, { typing: true, wait: true })).routes[0].name).toBe(SKILL);
  await expect(superseded).rejects.toMatchObject({ name: 'AbortError' });

  const waiting = router.route(TASK);
  router.close();
  await expect(waiting).rejects.toMatchObject({ code: 'unavailable' });
  await expect(router.route(TASK)).rejects.toMatchObject({ code: 'unavailable' });
  await expect(router.body(0)).rejects.toMatchObject({ code: 'unavailable' });
});

test('a wrong argument is named, with what is allowed', async ({ node: { SkillRouter, SkillRouterError }, index }) => {
  const router = await SkillRouter.open({ index });
  const calls = [
    [() => SkillRouter.open(), /options of SkillRouter.open/],
    [() => SkillRouter.open({}), /index is undefined/],
    [() => SkillRouter.open({ index: 7 }), /index is 7/],
    [() => SkillRouter.open({ index: 'file://%' }), /index is file:\/\/%/],
    [() => SkillRouter.open({ index, device: 'cpu' }), /no option device; it takes index, models, reranker/],
    [() => router.route(), /query is undefined; it has to be a string/],
    [() => router.route(TASK, { top: 1e9 }), /top is 1000000000; it has to be a whole number from 1 to 1,000/],
    [() => router.route(TASK, { rerank: -1 }), /rerank is -1/],
    [() => router.route(TASK, { mode: 'none' }), /unknown mode none; choose one of lexical, dense, hybrid/],
    [() => router.route(TASK, { topp: 1 }), /no option topp/],
    [() => router.body('0'), /skill_idx is 0; it has to be a whole number/],
  ];
  for (const [call, message] of calls) {
    const error = await call().catch((error) => error);
    expect(error).toBeInstanceOf(SkillRouterError);
    expect(error).toMatchObject({ code: 'unavailable', message: expect.stringMatching(message) });
  }
  expect((await router.route(TASK, { top: 1000 })).routes.length).toBeGreaterThan(100);
  router.close();
});

test('the event loop goes on while a query is answered', async ({ node: { SkillRouter }, index }) => {
  const router = await SkillRouter.open({ index });
  await router.reranker_ready;
  let n_turns = 0;
  let answered = false;
  const count = () => {
    n_turns++;
    if (!answered) setImmediate(count);
  };
  setImmediate(count);
  await router.route(TASK);
  answered = true;
  expect(n_turns).toBeGreaterThan(200); // It does a turn in microseconds, and an answer takes tens of milliseconds.
  router.close();
});

test('a router that nothing is asked of does not keep a process alive', async ({ installed }) => {
  await installed.write({
    'ask.js': `
      import { SkillRouter } from 'skillrouter/node';
      const router = await SkillRouter.open({ index: 'index' });
      await router.reranker_ready;
      const { stage } = await router.route('${TASK}');
      process.on('exit', () => console.log(stage));`,
  });
  expect(await installed.run('node ask.js')).toBe('reranked\n');
});

test('asks nothing of the network', async ({ installed }) => {
  await installed.write({
    // In each thread.
    'watch.js': `
      import dns from 'node:dns';
      import { appendFileSync } from 'node:fs';
      import net from 'node:net';
      import { isMainThread } from 'node:worker_threads';
      for (const [place, name] of [[globalThis, 'fetch'], [net.Socket.prototype, 'connect'], [dns, 'lookup']]) {
        const { [name]: original } = place;
        place[name] = function (...parameters) {
          appendFileSync('attempts.txt', name + '\\n');
          return original.apply(this, parameters);
        };
      }
      if (!isMainThread) appendFileSync('threads.txt', 'watched\\n');`,
    'ask.js': `
      import { existsSync } from 'node:fs';
      import { SkillRouter } from 'skillrouter/node';
      const router = await SkillRouter.open({ index: 'index' });
      const { stage, routes } = await router.route('${TASK}');
      await router.body(routes[0].skill_idx);
      const asked = existsSync('attempts.txt');
      await fetch('http://127.0.0.1:9').catch(() => {}); // This one would be seen.
      console.log(JSON.stringify({ stage, asked, seen: existsSync('attempts.txt'), watched: existsSync('threads.txt') }));`,
  });
  const printed = await installed.run('node --import ./watch.js ask.js');
  expect(JSON.parse(printed)).toEqual({ stage: 'reranked', asked: false, seen: true, watched: true });
});

for (const [method, when] of [['embed_query', 'in a call'], ['add_file', 'while the model is loaded']]) {
  test(`a panic ${when} ends the engine, and the next call starts another`, async ({ installed }) => {
    await installed.write({
      // The first engine is one that stops.
      'break.js': `
        import { existsSync, writeFileSync } from 'node:fs';
        import { isMainThread } from 'node:worker_threads';
        if (!isMainThread && !existsSync('broken.txt')) {
          writeFileSync('broken.txt', '');
          const { Encoder } = await import('./node_modules/skillrouter/pkg/cpu/skillrouter.js');
          Encoder.prototype.${method} = () => { throw new WebAssembly.RuntimeError('unreachable'); };
        }`,
      'ask.js': `
        import { SkillRouter } from 'skillrouter/node';
        const router = await SkillRouter.open({ index: 'index' });
        const first = await router.ready.then(() => router.route('${TASK}')).catch(({ code }) => code);
        const { stage, reason } = await router.route('${TASK}');
        console.log(JSON.stringify({ first, stage, reason }));`,
    });
    const { first, stage, reason } = JSON.parse(await installed.run('node --import ./break.js ask.js'));
    expect(first).toBe('engine');
    // A model that stopped one engine while it was loaded would stop the next one too.
    expect(stage).toBe(method === 'add_file' ? 'lexical' : 'reranked');
    if (method === 'add_file') expect(reason).toContain('the engine stopped');
  });
}
