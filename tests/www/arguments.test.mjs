/** Wrong arguments of a router in a page: each is a SkillRouterError that names it, before anything is asked of the engine. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

/** Stands for a worker whose index is open, and that answers nothing else. */
globalThis.Worker = class extends EventTarget {
  static asked = [];

  postMessage({ id, method }) {
    if (method !== 'open') return Worker.asked.push(method);
    const data = { id, result: { models: [] } };
    queueMicrotask(() => this.dispatchEvent(new MessageEvent('message', { data })));
  }

  terminate() {}
};
globalThis.navigator ??= {};
globalThis.location = { href: 'https://site.example/page.html' };

const { SkillRouter, SkillRouterError } = await import('../../www/client.js');

/** @param {() => Promise<unknown>} call @param {RegExp} message */
async function refuses(call, message) {
  await assert.rejects(call, (error) => {
    assert.ok(error instanceof SkillRouterError, `${error}`);
    assert.equal(error.code, 'unavailable');
    assert.match(error.message, message);
    return true;
  });
}

test('open names what is wrong and what is allowed', async () => {
  const cases = [
    [null, /options of SkillRouter.open is null; it has to be an object/],
    ['index/', /options of SkillRouter.open is index\//],
    [{ modles: 'models/' }, /no option modles; it takes index, models, reranker, device/],
    [{ index: 7 }, /index is 7; it has to be a string or a URL/],
    [{ index: 'https://' }, /index is https:\/\/; it has to be an address/],
    [{ models: null }, /models is null/],
    [{ reranker: '' }, /reranker is empty; it has to be a string that is not empty, or null/],
    [{ device: 'tpu' }, /unknown device tpu; choose one of auto, cpu, gpu/],
    [{ prefetch: true }, /unknown prefetch true; choose one of all, none/],
    [{ prefetch_bytes: NaN }, /prefetch_bytes is NaN; it has to be a number of 0 or more/],
    [{ prefetch_bytes: '4' }, /prefetch_bytes is 4/],
    [{ onProgress: {} }, /onProgress is an object; it has to be a function/],
    [{ signal: 'now' }, /signal is now; it has to be an AbortSignal/],
  ];
  for (const [options, message] of cases) await refuses(() => SkillRouter.open(options), message);
});

test('every call of a router does', async () => {
  const router = await SkillRouter.open({ index: undefined, reranker: null, signal: new AbortController().signal });
  const task = 'merge pdf files';
  const file = new Blob(['text']);
  const cases = [
    [() => router.route(), /query is undefined; it has to be a string/],
    [() => router.route(7), /query is 7/],
    [() => router.route([task]), /query is a list/],
    [() => router.route(task, null), /options of route is null/],
    [() => router.route(task, { topp: 5 }), /route has no option topp; it takes top, mode/],
    ...[1e9, 0, -1, 1.5, NaN, '5', null].map((top) => [() => router.route(task, { top }), /top is .*; it has to be a whole number from 1 to 1,000/]),
    ...[201, -1, Infinity].map((rerank) => [() => router.route(task, { rerank }), /rerank is .*; it has to be a whole number from 0 to 200/]),
    [() => router.route(task, { mode: 'none' }), /unknown mode none; choose one of lexical, dense, hybrid/],
    [() => router.route(task, { search: 'ivf' }), /unknown search ivf; choose one of exact, hnsw/],
    [() => router.route(task, { documents: 'all' }), /unknown documents all/],
    [() => router.route(task, { typing: 1 }), /typing is 1; it has to be true or false/],
    [() => router.route(task, { wait: 'no' }), /wait is no/],
    [() => router.route(task, { signal: {} }), /signal is an object/],
    [() => router.route(task, { onStage: 'x' }), /onStage is x/],
    [() => router.described('answer'), /answer/],
    ...[-1, 1.5, '0', undefined, 2 ** 32].map((idx) => [() => router.body(idx), /skill_idx is .*; it has to be a whole number/]),
    [() => router.forget(''), /model is empty/],
    [() => router.removeOwn(5), /source is 5/],
    [() => router.addOwn([]), /options of addOwn is undefined/],
    [() => router.addOwn([], {}), /source is undefined/],
    [() => router.addOwn([], { source: '' }), /source is empty/],
    [() => router.addOwn('files', { source: 's' }), /files is no list/],
    [() => router.addOwn(undefined, { source: 's' }), /files is no list/],
    [() => router.addOwn([{ path: 'a/SKILL.md', file }, { path: 'b/SKILL.md', file: 'text' }], { source: 's' }), /files\[1\] is not { path, file }/],
    [() => router.addOwn([null], { source: 's' }), /files\[0\]/],
    [() => router.addOwn([], { source: 's', sources: 1 }), /addOwn has no option sources/],
  ];
  for (const [call, message] of cases) await refuses(call, message);
  assert.deepEqual(Worker.asked, []);
  for (const top of [1, 1000]) void router.route(task, { top, rerank: 200, signal: null, wait: undefined }).catch(() => {});
  void router.addOwn(new Set([{ path: 'a/SKILL.md', file }]), { source: 's' }).catch(() => {});
  await new Promise(setImmediate);
  assert.deepEqual(Worker.asked, ['route', 'route', 'addOwn']);
  router.close(); // Otherwise it waits for its answers.
});
