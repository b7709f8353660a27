/**
 * No word of a query leaves the page, and no request shows what was asked for.
 *
 * Whole visits are recorded by the browser's own network log, service worker included; and what is recorded is tested itself.
 * In a large index, a host tries to recognize queries, and which skill is opened, by the files that are asked for.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { makeGeneratedSite, seeded, shardFile, shuffled } from './generated-index.js';
import { Demo, expect, openRouter, skillIds, tasksOf, test } from './page.js';
import { serveSite } from './static-server.js';
import { changeManifest } from './tampering.js';
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

test.describe('an index of 20,000 skills, whose host wants to know what is asked', () => {
  test.describe.configure({ mode: 'default', timeout: 240_000 }); // One index for all.
  const N_SKILLS = 20_000;
  const N_ASKED = 200;
  const N_FRESH_VISITS = 40;
  const N_OPENINGS = 64;
  const N_VISITORS = 4;
  const TOP = 8;
  /** For 43,795 skills, cards may be 8 MB. */
  const CARD_LIMIT_BYTES = 8_000_000 / 43_795;
  const BLANK = 'bench.html?scan=none&tokens=none';

  let generated;
  let server;
  let queries;
  test.beforeAll(async () => {
    generated = await makeGeneratedSite(N_SKILLS);
    queries = shuffled(generated.queries, seeded(2)).slice(0, N_ASKED);
    server = await serveSite({ folder: generated.folder });
  });
  test.afterAll(async () => {
    await server.close();
    await generated.remove();
  });
  test.afterEach(() => server.reset());

  /** The files that are asked for while each query is answered, by query. One visit; the first queries come while cards are on their way. */
  async function visitOnce(page, order) {
    server.route('**/cards-*', (exchange) => void setTimeout(() => exchange.continue(), 30));
    await page.goto(server.url + BLANK);
    const router = await openRouter(page, { reranker: 'tiny-bert-pair' });
    const requests = server.watch(/\/index\//);
    const seen = new Map();
    const stages = new Set();
    for (const [i, query] of order.entries()) {
      const n_before = requests.length;
      if (i === N_ASKED / 10) await router.evaluate((router) => router.reranker_ready);
      const answer = await router.evaluate((router, { query, options }) => router.route(query, options), { query, options: { top: TOP, wait: i >= N_ASKED / 10 } });
      seen.set(query, new Set(requests.slice(n_before)));
      stages.add(`${answer.stage}${answer.descriptions ? ', descriptions ' + answer.descriptions : ''}`);
    }
    await router.evaluate((router) => router.close());
    return { seen, stages };
  }

  /** The same when each query is the first of a visit, with shards as they are needed. */
  async function visitForEach(page, asked) {
    await page.goto(server.url + BLANK);
    const seen = new Map();
    for (const query of asked) {
      const requests = server.watch(/\/(cards|bodies)-/);
      await page.evaluate(async ({ query, top }) => {
        const { SkillRouter } = await import(new URL('client.js', document.baseURI).href);
        const router = await SkillRouter.open({ prefetch: 'none', reranker: null });
        await router.route(query, { top });
        router.close();
        const cache = await caches.open('skillrouter-v1');
        for (const { url } of await cache.keys()) if (/cards-/.test(url)) await cache.delete(url);
      }, { query, top: TOP });
      seen.set(query, new Set(requests));
    }
    return seen;
  }

  /** What a host knows of such visits before there was one: it has the index, and asks it itself. */
  async function foretold(page) {
    await page.goto(server.url + BLANK);
    const router = await openRouter(page, { reranker: null });
    const skillsOf = (query) => router.evaluate(async (router, { query, top }) => {
      const found = [];
      await router.route(query, { top, onStage: ({ routes }) => found.push(...routes.map(({ skill_idx }) => skill_idx)) });
      return found;
    }, { query, top: TOP });
    const fileOf = (skill_idx) => `/index/${shardFile(generated.manifest, 'cards', skill_idx)}`;
    const known = new Map();
    for (const query of queries) known.set(query, new Set((await skillsOf(query)).map(fileOf)));
    return known;
  }

  /** How many queries of a visit a host finds that knows which files each one asked for before: the most similar, and a part of a hit where several are. */
  function identified(known, seen) {
    const similarity = (a, b) => {
      const n_both = [...a].filter((file) => b.has(file)).length;
      return a.size + b.size === 0 ? 1 : n_both / (a.size + b.size - n_both);
    };
    let n_identified = 0;
    for (const [query, files] of seen) {
      const scores = new Map([...known].map(([candidate, others]) => [candidate, similarity(files, others)]));
      const best = Math.max(...scores.values());
      if (scores.get(query) === best) n_identified += 1 / [...scores.values()].filter((score) => score === best).length;
    }
    return n_identified;
  }

  test('before a skill is opened it is as wise as before: requests do not depend on the query', async ({ browser }) => {
    const visits = [];
    for (const seed of [3, 4]) {
      const page = await browser.newPage();
      visits.push(await visitOnce(page, shuffled(queries, seeded(seed))));
      await page.close();
    }
    for (const { stages } of visits) expect([...stages]).toEqual(expect.arrayContaining(['lexical, descriptions coming', 'reranked']));
    const n_identified = identified(visits[0].seen, visits[1].seen);
    console.log(`identified ${n_identified.toFixed(2)} of ${N_ASKED}`);
    expect(n_identified).toBeLessThanOrEqual(3); // By chance 1.
  });

  test('the attack works where shards are fetched when they are needed', async ({ page }) => {
    const n_identified = identified(await foretold(page), await visitForEach(page, queries.slice(0, N_FRESH_VISITS)));
    console.log(`identified ${n_identified.toFixed(2)} of ${N_FRESH_VISITS} among ${N_ASKED}`);
    expect(n_identified).toBeGreaterThanOrEqual(0.95 * N_FRESH_VISITS);
  });

  test('what is fetched ahead: words, vectors and cards, in their order, and no more than they may weigh', async ({ page }) => {
    const requests = server.watch(/\/index\/.*\.bin/);
    await page.goto(server.url + BLANK);
    const router = await openRouter(page);
    await router.evaluate(async (router) => {
      const answer = await router.route('plan a wedding', { mode: 'lexical' });
      await router.described(answer);
      await router.ready;
    });
    const { files } = generated.manifest;
    const n_cards = files.cards.length;
    await expect.poll(() => requests.filter((path) => path.includes('/cards-')).length).toBe(n_cards);
    const pathsOf = (entries) => entries.map(({ file }) => `/index/${file}`);
    expect([...requests].sort()).toEqual(pathsOf([...files.lexical, ...files.vectors, ...files.cards]).sort());
    const places = requests.map((path) => pathsOf(files.cards).indexOf(path)).filter((place) => place >= 0);
    places.forEach((place, i) => expect(Math.abs(place - i)).toBeLessThan(3)); // As many are on their way at once.
    const bytes = files.cards.reduce((sum, entry) => sum + entry.bytes, 0);
    console.log(`${bytes} bytes of cards, ${(bytes / N_SKILLS).toFixed(0)} a skill, in ${n_cards} files`);
    expect(bytes / N_SKILLS).toBeLessThanOrEqual(CARD_LIMIT_BYTES);
  });

  /** Opens skills of shards that are not here yet, and notes the shards that are asked for. */
  async function openSome(page, n_openings, random) {
    const requests = server.watch(/\/bodies-/);
    await page.goto(server.url + BLANK);
    const router = await openRouter(page);
    const openings = [];
    while (openings.length < n_openings) {
      const skill_idx = Math.floor(random() * N_SKILLS);
      const wanted = `/index/${shardFile(generated.manifest, 'bodies', skill_idx)}`;
      if (requests.includes(wanted)) continue;
      const n_before = requests.length;
      expect(await router.evaluate((router, skill_idx) => router.body(skill_idx), skill_idx)).toContain('# Steps');
      await expect.poll(() => requests.length - n_before).toBe(8);
      openings.push({ skill_idx, wanted, asked: requests.slice(n_before) });
    }
    return { router, requests, openings };
  }

  test('an opened skill is hidden: of eight shards that are asked for, none is more likely the wanted one', async ({ browser }) => {
    const openings = [];
    const random = seeded(5);
    for (let visitor = 0; visitor < N_VISITORS; visitor++) {
      const context = await browser.newContext();
      openings.push(...(await openSome(await context.newPage(), N_OPENINGS / N_VISITORS, random)).openings);
      await context.close();
    }
    for (const { wanted, asked } of openings) {
      expect(new Set(asked).size).toBe(8);
      expect(asked).toContain(wanted);
    }
    const guesses = [0, 1, 2, 3, 4, 5, 6, 7].flatMap((place) => [(asked) => asked[place], (asked) => [...asked].sort()[place]]);
    const n_right = guesses.map((guess) => openings.filter(({ wanted, asked }) => guess(asked) === wanted).length);
    console.log(`of ${N_OPENINGS} openings guessed by place among the requests, and by name: ${n_right.join(' ')}`);
    const by_chance = N_OPENINGS / 8;
    const deviation = Math.sqrt(by_chance * (7 / 8));
    expect(Math.max(...n_right)).toBeLessThanOrEqual(by_chance + 5 * deviation);
    const groups = new Set(openings.map(({ asked }) => [...asked].sort().join(' ')));
    expect(groups.size).toBe(N_OPENINGS); // Each visitor has other ones.
  });

  test('the others of a group are not asked for again, also at the next visit; and groups stay when their files have gone, or a newer index comes', async ({ page }) => {
    const { requests, openings: [{ skill_idx, asked }] } = await openSome(page, 1, seeded(6));
    const neighbour = Array.from({ length: N_SKILLS }, (_, i) => i).find((i) => {
      const file = `/index/${shardFile(generated.manifest, 'bodies', i)}`;
      return asked.includes(file) && file !== `/index/${shardFile(generated.manifest, 'bodies', skill_idx)}`;
    });
    const keptBodies = () => page.evaluate(async () => (await (await caches.open('skillrouter-v1')).keys()).filter(({ url }) => url.includes('/bodies-')).length);
    await expect.poll(keptBodies).toBe(8);
    const read = async () => {
      await page.reload();
      const router = await openRouter(page);
      await router.evaluate((router) => router.ready); // The manifest is kept, and what it does not list has gone.
      for (const i of [skill_idx, neighbour]) expect(await router.evaluate((router, i) => router.body(i), i)).toContain('# Steps');
    };
    await read();
    expect(requests).toHaveLength(8);
    const newer = changeManifest(readFileSync(join(generated.folder, 'index/index.json')), ({ routing }) => (routing.reranker = { name: 'tiny-bert-pair', rerank: 5, documents: 'fast' }));
    server.replace['index/index.json'] = newer;
    await page.evaluate(async () => {
      const cache = await caches.open('skillrouter-v1');
      for (const { url } of await cache.keys()) if (/bodies-/.test(url)) await cache.delete(url);
    });
    await read();
    await expect.poll(() => requests.length).toBe(16);
    expect(requests.slice(8).sort()).toEqual([...asked].sort());
    delete server.replace['index/index.json'];
  });

  test('a shard that comes late or not at all is never asked for alone', async ({ page }) => {
    const { skill_idx, wanted, asked } = (await openSome(page, 1, seeded(7))).openings[0];
    await page.evaluate((wanted) => caches.open('skillrouter-v1').then((cache) => cache.delete(wanted)), wanted); // As if an index brought a new one.
    const requests = server.watch(/\/bodies-/);
    server.route(`**${wanted}`, (exchange) => exchange.fulfill({ status: 404 }));
    await page.reload();
    const router = await openRouter(page);
    const read = () => router.evaluate((router, skill_idx) => router.body(skill_idx).catch(({ code }) => code), skill_idx);
    expect(await read()).toBe('not-found');
    await expect.poll(() => requests.length).toBe(8);
    server.unrouteAll();
    expect(await read()).toContain('# Steps');
    await expect.poll(() => requests.length).toBe(16);
    for (const some of [requests.slice(0, 8), requests.slice(8)]) expect(some.sort()).toEqual([...asked].sort());
  });
});
