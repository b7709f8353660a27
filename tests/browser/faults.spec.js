/**
 * What goes wrong on the way to a page: every fault is named with its remedy, loses nothing, and can be tried again.
 */

import { Demo, ENCODER, expect, NO_RERANKER, openRouter, OWN_RERANKER, test } from './page.js';
import { flipByte, HANG_ON_LOADING, HANG_ON_REQUEST, PANIC_ON_REQUEST, PANICS, patchEngine, seal, tamper } from './tampering.js';

test('missing weights: words go on answering, the banner says what to do, a retry heals it', async ({ demo, site }) => {
  site.route('**/weights-*', (route) => route.fulfill({ status: 404, body: 'no' }));
  await demo.open('failed');
  await expect(demo.banner).toContainText('A file is missing on the server');
  await expect(demo.banner).toContainText(/weights-\S+ is not on the server \(404\); reload the page, .*publish/);
  await expect(demo.banner).toContainText('answers are by words only');
  await demo.ask('turn these receipts into a spreadsheet', 'lexical');
  await expect(demo.names.first()).toHaveText('receipts-to-spreadsheet');
  site.unroute('**/weights-*');
  await demo.retry();
  await demo.expectState('ready');
  await expect(demo.banner).toBeHidden();
  await demo.expectStage();
});

test('a flipped byte is a checksum error, is not kept, and a retry heals it', async ({ demo, page, site }) => {
  tamper(site, '**/lexical-*', flipByte);
  await demo.open('failed');
  await expect(demo.banner).toHaveAttribute('data-code', 'checksum');
  await expect(demo.banner).toContainText(/lexical-\S+ is damaged.*try again/);
  expect(await page.evaluate(async () => (await (await caches.open('skillrouter-v1')).keys()).length)).toBe(0);
  site.unroute('**/lexical-*');
  await demo.retry();
  await demo.expectState('ready');
  await demo.ask('plan a wedding');
});

test('a download that is cut off, or too long, is named as that', async ({ demo, site }) => {
  tamper(site, '**/vectors-*', (body) => body.subarray(0, 1000));
  await demo.open('failed');
  await expect(demo.banner).toHaveAttribute('data-code', 'truncated');
  await expect(demo.banner).toContainText(/vectors-\S+ has 1000 bytes where \d+ are needed/);
  site.unroute('**/vectors-*');
  tamper(site, '**/vectors-*', (body) => Buffer.concat([body, body]));
  await demo.retry();
  await expect(demo.banner).toContainText(/vectors-\S+ has more than \d+ bytes/);
});

test('an index.json that is a web page, or says nonsense', async ({ demo, site }) => {
  site.route('**/index.json', (route) => route.fulfill({ contentType: 'text/html', body: '<!doctype html><title>Welcome</title>' }));
  await demo.open('failed');
  await expect(demo.banner).toContainText(`${site.url}index/index.json`);
  await expect(demo.banner).toHaveAttribute('data-code', /^(magic|malformed)$/);
  site.unroute('**/index.json');
  tamper(site, '**/index.json', (body) => body.toString().replace('"n_skills": ', '"n_skills": 9'));
  await demo.retry();
  await expect(demo.banner).toHaveAttribute('data-code', /^(checksum|malformed)$/);
  site.unroute('**/index.json');
  await demo.retry();
  await demo.expectState('ready');
});

test('a server that fails twice is asked three times; one that says 404 is asked once', async ({ page, site }) => {
  const asked = { vectors: 0, lexical: 0 };
  site.route('**/vectors-*', (route) => (++asked.vectors <= 2 ? route.fulfill({ status: 503 }) : route.continue()));
  await page.goto('bench.html?scan=none&tokens=none');
  const router = await openRouter(page, { reranker: null });
  await router.evaluate((router) => router.ready);
  expect(asked.vectors).toBe(3);
  await page.evaluate(() => caches.delete('skillrouter-v1'));
  site.route('**/lexical-*', (route) => (asked.lexical++, route.fulfill({ status: 404 })));
  const code = await page.evaluate(async () => {
    const { SkillRouter } = await import(new URL('client.js', document.baseURI).href);
    return SkillRouter.open().catch(({ code }) => code);
  });
  expect(code).toBe('not-found');
  expect(asked.lexical).toBe(1);
});

test('a connection that stays broken is a network error', async ({ demo, site }) => {
  site.route('**/lexical-*', (route) => route.abort());
  await demo.open('failed');
  await expect(demo.banner).toHaveAttribute('data-code', 'network');
  await expect(demo.banner).toContainText('check the connection and try again');
});

test.describe('the network goes in the middle of a download', () => {
  const N_BYTES = 9_000_000;

  test('it is called that, and goes on by itself, from where it was', async ({ demo, context, site }) => {
    const asked_from = [];
    const weights = `**/${ENCODER}/weights-*`;
    site.route(weights, (exchange) => {
      asked_from.push(exchange.from);
      if (exchange.from === 0) exchange.cutOff(N_BYTES);
      else exchange.abort();
    });
    await demo.open('words');
    await expect.poll(() => asked_from.length).toBeGreaterThan(0);
    await context.setOffline(true);
    await expect(demo.banner).toContainText('No network');
    await expect(demo.banner).toHaveAttribute('data-code', 'network');
    await expect(demo.banner).toContainText(/weights-\S+ could not be fetched \(.*goes on by itself when the network is back; what has come is kept/);
    await demo.ask('turn these receipts into a spreadsheet', 'lexical');
    site.route(weights, (exchange) => {
      asked_from.push(exchange.from);
      exchange.continue();
    });
    await context.setOffline(false);
    await demo.expectState('ready');
    await demo.expectStage();
    await expect(demo.banner).toBeHidden();
    const last = asked_from.at(-1);
    expect(last).toBeGreaterThan(1_000_000);
    expect(last).toBeLessThanOrEqual(N_BYTES);
  });

  test('a server that was away is found again without a word of the network', async ({ demo, site }) => {
    site.route(/\/(index|models|pkg)\//, (exchange) => exchange.abort());
    await demo.open('failed');
    await expect(demo.banner).toHaveAttribute('data-code', 'network');
    await expect(demo.banner).toContainText('goes on by itself');
    site.unrouteAll();
    await demo.expectState('ready');
    await demo.ask('plan a wedding');
  });

  test('a build of the engine that is cut off is no engine that stopped', async ({ demo, site }) => {
    const build = '**/pkg/cpu/*.wasm';
    site.route(build, (exchange) => exchange.cutOff(500_000));
    await demo.open('failed');
    await expect(demo.banner).toHaveAttribute('data-code', 'network');
    await expect(demo.banner).toContainText(/http:\S+\/pkg\/cpu\/\S+\.wasm/);
    site.unroute(build);
    await demo.expectState('ready');
  });

  test('a worker that does not arrive is no engine that stopped', async ({ demo, site }) => {
    site.route('**/worker.js', (exchange) => exchange.abort());
    await demo.open('failed');
    await expect(demo.banner).toHaveAttribute('data-code', 'network');
    await expect(demo.banner).toContainText(/http:\S+\/engine\/worker\.js could not be fetched/);
    site.unrouteAll();
    await demo.expectState('ready');
  });
});

test('a file that went bad on the shelf is fetched again', async ({ demo, page, site }) => {
  await demo.open();
  await demo.expectAllKept();
  const bad_url = await page.evaluate(async () => {
    const cache = await caches.open('skillrouter-v1');
    const { url } = (await cache.keys()).find(({ url }) => url.includes('/vectors-'));
    await cache.put(url, new Response('rotten'));
    return url;
  });
  const fetched = site.watch();
  await page.reload();
  await demo.expectComplete();
  expect(fetched.filter((path) => /\.bin$/.test(path))).toEqual([new URL(bad_url).pathname]);
});

test('cancelling the download keeps the answers by words, and continuing finishes it', async ({ demo, page, site }) => {
  site.route('**/weights-*', () => {}); // Never answered.
  await demo.open('words');
  await demo.ask('plan a wedding', 'lexical');
  await page.getByRole('button', { name: 'Cancel' }).click();
  await demo.expectState('failed');
  await expect(demo.banner).toContainText('Loading was cancelled');
  await expect(page.locator('#loading')).toBeHidden();
  await demo.ask('turn these receipts into a spreadsheet', 'lexical');
  site.unroute('**/weights-*');
  await demo.banner.getByRole('button', { name: 'Continue' }).click();
  await demo.expectState('ready');
  await demo.expectStage();
});

test('cancelling while the index opens rejects with AbortError', async ({ page, site }) => {
  site.route('**/lexical-*', () => {});
  await page.goto('bench.html?scan=none&tokens=none');
  const asked = site.watch(/\/lexical-/);
  const opening = await page.evaluateHandle(async () => {
    const { SkillRouter } = await import(new URL('client.js', document.baseURI).href);
    const controller = new AbortController();
    return { controller, name: SkillRouter.open({ signal: controller.signal }).catch(({ name }) => name) };
  });
  await expect.poll(() => asked).not.toEqual([]);
  expect(await opening.evaluate(({ controller, name }) => (controller.abort(), name))).toBe('AbortError');
});

test('no space left: everything works, and the page says that it was not kept', async ({ demo, page, context, baseURL }) => {
  const devtools = await context.newCDPSession(page);
  await devtools.send('Storage.overrideQuotaForOrigin', { origin: new URL(baseURL).origin, quotaSize: 2_000_000 });
  await demo.open();
  await demo.ask('plan a wedding');
  await expect(page.locator('#stored-note')).toHaveText('no space left to keep the rest');
  await expect(demo.banner).toBeHidden();
});

test('a model that was changed is damaged; a model of another index is refused with the remedy', async ({ demo, site }) => {
  const manifest = `**/${ENCODER}/model.json`;
  const change = (text) => text.replace(/(?<="template": ")(?=[^"]*\{query\})/, 'find: ');
  tamper(site, manifest, (body) => change(body.toString()));
  await demo.open('failed');
  await expect(demo.banner).toHaveAttribute('data-code', 'checksum');
  site.unroute(manifest);
  tamper(site, manifest, (body) => seal(change(body.toString())));
  await demo.retry();
  await expect(demo.banner).toHaveAttribute('data-code', 'encoder-mismatch');
  await expect(demo.banner).toContainText('rebuild it with `skillrouter index`');
  await demo.ask('plan a wedding', 'lexical');
});

test.describe('panics', () => {
  test.use({ tolerated: /RuntimeError|unreachable/ });

  for (const [where, panic] of Object.entries(PANICS)) {
    test(`after a panic ${where} the next call has a new engine`, async ({ page, site }) => {
      patchEngine(site, `
        const { embed_query } = Encoder.prototype;
        Encoder.prototype.embed_query = function (query) {
          if (query === 'panic') { ${panic} }
          return embed_query.call(this, query);
        };`);
      await page.goto('bench.html?scan=none&tokens=none');
      const router = await openRouter(page, { reranker: null });
      const { first, waiting, second } = await router.evaluate(async (router) => {
        await router.ready;
        const plain = ({ name, code, message }) => ({ name, code, message });
        const panicking = router.route('panic').catch(plain);
        const waiting = router.route('also waiting').catch(plain);
        return { first: await panicking, waiting: await waiting, second: await router.route('plan a wedding') };
      });
      expect(first).toMatchObject({ name: 'SkillRouterError', code: 'engine', message: expect.stringContaining('try again') });
      expect(waiting.code).toBe('engine');
      expect(second.stage).toBe('retrieved');
    });
  }
});

test('the page survives a panic: the banner says so, the next question takes it away', async ({ demo, site }) => {
  patchEngine(site, PANIC_ON_REQUEST);
  await demo.open();
  await demo.query.fill('panic');
  await expect(demo.banner).toHaveAttribute('data-code', 'engine');
  await demo.query.fill('plan a wedding');
  await expect(demo.names.first()).toBeVisible();
  await expect(demo.banner).toBeHidden();
  await demo.expectStage();
});

test('a panic while the reranker is loading: what loads in the place of it is told to its end', async ({ demo, site }) => {
  patchEngine(site, PANIC_ON_REQUEST);
  let release;
  const released = new Promise((resolve) => (release = resolve));
  site.route(`**/${OWN_RERANKER}/weights-*`, async (route) => {
    await released;
    route.continue(); // The engine that asked for it may be gone.
  });
  await demo.open();
  await expect(demo.state).toHaveText('Ready, reranker loading');
  await demo.query.fill('panic');
  await expect(demo.banner).toHaveAttribute('data-code', 'engine');
  release();
  await demo.query.fill('plan a wedding');
  await demo.expectComplete();
  await expect(demo.banner).toBeHidden();
  await demo.expectReranked();
});

test.describe('silence', () => {
  const PATIENCE_MS = 4000;

  /** Gives the page's element a router that waits for no longer. */
  async function giveImpatientRouter(page) {
    const router = await openRouter(page, { reranker: null, patience_ms: PATIENCE_MS });
    await router.evaluate(async (router) => {
      await router.ready;
      document.querySelector('skill-search').router = router;
    });
    return router;
  }

  test('an engine that hangs is replaced, and asked again; the answer before is marked as that meanwhile', async ({ demo, page, site }) => {
    patchEngine(site, HANG_ON_REQUEST);
    await demo.open();
    await giveImpatientRouter(page);
    await demo.ask('turn these receipts into a spreadsheet');
    await demo.query.fill('xyzzy');
    await expect(demo.title).toHaveText('Still the answer to “turn these receipts into a spreadsheet”');
    await expect(page.locator('#answer')).toHaveAttribute('data-late');
    await expect(demo.state).toHaveText('Working on your question');
    site.unrouteAll();
    await demo.expectState('words');
    await demo.expectState('ready');
    await demo.expectStage();
    await expect(page.locator('#answer')).not.toHaveAttribute('data-late');
    await expect(demo.banner).toBeHidden();
  });

  test('a question that no engine bears is an error, and the next one is answered', async ({ demo, page, site }) => {
    patchEngine(site, HANG_ON_REQUEST);
    await demo.open();
    await giveImpatientRouter(page);
    await demo.ask('plan a wedding');
    const hanging = await page.locator('skill-search').evaluate((search) => search.router.route('xyzzy').catch(({ name, code, message }) => ({ name, code, message })));
    expect(hanging).toMatchObject({ name: 'SkillRouterError', code: 'engine', message: expect.stringMatching(/nothing was heard of the engine for 4 s/) });
    await demo.ask('turn these receipts into a spreadsheet');
    await expect(demo.names.first()).toHaveText('receipts-to-spreadsheet');
  });

  test('a worker that was ended from outside is replaced by the next question', async ({ page }) => {
    await page.goto('bench.html?scan=none&tokens=none');
    const router = await openRouter(page, { reranker: null, patience_ms: PATIENCE_MS });
    await router.evaluate((router) => router.ready);
    await page.workers()[0].evaluate(() => close());
    const { stage, routes } = await router.evaluate((router) => router.route('turn these receipts into a spreadsheet'));
    expect(stage).toBe('retrieved');
    expect(routes[0].name).toBe('receipts-to-spreadsheet');
  });

  test('a model that hangs while it is loaded is tried once more, then answers are by words', async ({ page, site }) => {
    patchEngine(site, HANG_ON_LOADING);
    await page.goto('bench.html?scan=none&tokens=none');
    const router = await openRouter(page, { patience_ms: PATIENCE_MS });
    const answer = await router.evaluate((router) => new Promise((resolve) => {
      let n_restarts = 0;
      router.addEventListener('restart', () => ++n_restarts === 2 && resolve(router.route('plan a wedding')));
    }));
    expect(answer).toMatchObject({ stage: 'lexical', reason: expect.stringContaining('nothing was heard of the engine') });
  });

  test('long work that was announced is waited for', async ({ page, site }) => {
    patchEngine(site, `
      const { embed_query } = Encoder.prototype;
      Encoder.prototype.embed_query = function (query) {
        if (query.startsWith('long')) {
          postMessage({ silence: 60_000 });
          for (const end = Date.now() + ${1.5 * PATIENCE_MS}; Date.now() < end;);
        }
        return embed_query.call(this, query);
      };`);
    await page.goto('bench.html?scan=none&tokens=none');
    const router = await openRouter(page, { reranker: null, patience_ms: PATIENCE_MS });
    const { stage, n_restarts } = await router.evaluate(async (router) => {
      let n_restarts = 0;
      router.addEventListener('restart', () => n_restarts++);
      await router.ready;
      const { stage } = await router.route('long work');
      return { stage, n_restarts };
    });
    expect(stage).toBe('retrieved');
    expect(n_restarts).toBe(0);
  });
});

test('cards and bodies that do not come: names stay, and each says what is missing', async ({ demo, page, site }) => {
  site.route(/\/(cards|bodies)-/, (route) => route.fulfill({ status: 404 }));
  await demo.open('ready', NO_RERANKER);
  await demo.query.fill('turn these receipts into a spreadsheet');
  await expect(page.locator('#answer-stage')).toContainText(/descriptions are missing: \S+cards-\S+ is not on the server/);
  await expect(demo.names.first()).toHaveText('receipts-to-spreadsheet');
  await demo.options.first().click();
  await expect(demo.panel.locator('#panel-body')).toContainText(/instructions are not here: \S+bodies-\S+ is not on the server/);
  site.unrouteAll();
  await demo.ask('plan a wedding');
  await expect(demo.options.first().locator('.description')).not.toBeEmpty();
  await demo.options.first().click();
  await expect(demo.panel.locator('#panel-body h3').first()).toBeVisible();
});

test('a model that stops the engine is not loaded again, and words go on answering', async ({ page, site }) => {
  patchEngine(site, `Encoder.prototype.finish = () => { throw new WebAssembly.RuntimeError('unreachable'); };`);
  await page.goto('bench.html?scan=none&tokens=none');
  const router = await openRouter(page);
  const { ready, answers } = await router.evaluate(async (router) => {
    const ready = await router.ready.catch(({ code }) => code);
    return { ready, answers: [await router.route('plan a wedding'), await router.route('scale a recipe')] };
  });
  expect(ready).toBe('engine');
  expect(answers.map(({ stage }) => stage)).toEqual(['lexical', 'lexical']);
  expect(answers[0].reason).toContain('the engine stopped');
});

test('an engine that does not arrive', async ({ demo, site }) => {
  site.route('**/*.wasm', (route) => route.fulfill({ status: 404 }));
  await demo.open('failed');
  await expect(demo.banner).toHaveAttribute('data-code', 'engine');
  site.unroute('**/*.wasm');
  await demo.retry();
  await demo.expectState('ready');
});

test('plain http: no Cache API and no crypto.subtle, and checksums hold all the same', async ({ page, baseURL, site }) => {
  const demo = new Demo(page);
  await page.goto(baseURL.replace('127.0.0.1', 'plain.test') + 'index.html');
  await demo.expectState('ready');
  expect(await page.evaluate(() => [typeof caches, typeof crypto.subtle])).toEqual(['undefined', 'undefined']);
  await demo.ask('plan a wedding');
  tamper(site, '**/lexical-*', flipByte);
  await page.reload();
  await demo.expectState('failed');
  await expect(demo.banner).toHaveAttribute('data-code', 'checksum');
});
