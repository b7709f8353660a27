/**
 * The second visit, with the service worker: no network, or a newer index. The server is the test's own and really ends.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from './page.js';
import { serveSite, SITE } from './static-server.js';

test.use({ serviceWorkers: 'allow' });

let server;
test.beforeEach(async () => {
  server = await serveSite();
});
test.afterEach(() => server.close());

async function firstVisit(demo, page) {
  await page.goto(server.url);
  await demo.expectState('ready');
  await page.evaluate(() => navigator.serviceWorker.ready);
  await demo.expectAllKept();
}

test('works without a network, instructions included', async ({ demo, page }) => {
  await firstVisit(demo, page);
  await server.close();
  await page.goto(server.url);
  await demo.expectComplete();
  await demo.ask('turn these receipts into a spreadsheet');
  await demo.expectReranked(); // By the encoder itself: this site has no other model.
  await demo.options.filter({ has: page.getByText('receipts-to-spreadsheet', { exact: true }) }).click();
  await expect(demo.panel.locator('#panel-body')).toContainText('ISO 4217');
  await expect(demo.banner).toBeHidden();
});

test('no space left: the next visit fetches again what was not kept, answers all the same, and says so', async ({ demo, page, context }) => {
  const devtools = await context.newCDPSession(page);
  await devtools.send('Storage.overrideQuotaForOrigin', { origin: new URL(server.url).origin, quotaSize: 1_000_000 });
  for (const visit of ['first', 'second']) {
    await page.goto(server.url);
    await demo.expectComplete();
    await demo.ask('turn these receipts into a spreadsheet');
    await demo.expectReranked();
    await demo.options.first().click();
    await expect(demo.panel.locator('#panel-body > *').first(), visit).toBeVisible();
    await expect(page.locator('#stored-note'), visit).toHaveText('no space left to keep the rest');
    await expect(demo.banner).toBeHidden();
  }
});

test('a newer index replaces the old one and its files', async ({ demo, page }) => {
  await firstVisit(demo, page);
  const stale = '/index/lexical-0000000000000000.bin';
  await page.evaluate(async (stale) => {
    const cache = await caches.open('skillrouter-v1');
    const headers = { 'x-skillrouter-owner': new URL('index/index.json', location.href).href };
    await cache.put(stale, new Response('of an older index', { headers }));
    await cache.put('/elsewhere/model.bin', new Response('of somebody else', { headers: { 'x-skillrouter-owner': 'https://other.example/model.json' } }));
  }, stale);
  await page.reload();
  await demo.expectState('ready');
  const kept = () => page.evaluate(async () => (await (await caches.open('skillrouter-v1')).keys()).map(({ url }) => new URL(url).pathname));
  await expect.poll(kept).not.toContain(stale);
  expect(await kept()).toContain('/elsewhere/model.bin');
});

test('a newer index that is broken loses nothing that was there', async ({ demo, page }) => {
  await firstVisit(demo, page);
  server.replace['index/index.json'] = '<h1>Under construction</h1>';
  await page.reload();
  await demo.expectState('failed');
  await expect(demo.banner).toContainText('index.json');
  await server.close(); // And now the network fails as well: the kept index is still whole.
  await demo.retry();
  await demo.expectState('ready');
});

test('a newer page is seen at once', async ({ demo, page }) => {
  await firstVisit(demo, page);
  server.replace['index.html'] = readFileSync(join(SITE, 'index.html'), 'utf8').replace('What do you need', 'And what do you need');
  await page.goto(`${server.url}index.html`);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(/And what do you need/);
});
