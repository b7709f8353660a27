/**
 * The engine for the GPU is kept by the service worker once it was used, and not before.
 */

import { expect, NO_RERANKER, test } from './page.js';
import { serveSite } from './static-server.js';

test.use({ serviceWorkers: 'allow' });

let server;
test.beforeEach(async () => {
  server = await serveSite();
});
test.afterEach(() => server.close());

test('works on the GPU without a network, from the second visit on', async ({ demo, page }) => {
  const kept = () => page.evaluate(async () => {
    const requests = await (await caches.open('skillrouter-shell-v1')).keys();
    return requests.map(({ url }) => new URL(url).pathname).filter((path) => path.startsWith('/pkg/gpu/')).sort();
  });
  await page.goto(`${server.url}${NO_RERANKER}`); // In software, the reranker would take its time.
  await demo.expectState('ready');
  await page.evaluate(() => navigator.serviceWorker.ready);
  await demo.expectAllKept();
  expect(await kept()).toEqual([]);
  await page.goto(`${server.url}${NO_RERANKER}&device=gpu`);
  await demo.expectState('ready');
  await expect.poll(kept).toEqual(['/pkg/gpu/skillrouter.js', '/pkg/gpu/skillrouter_bg.wasm']);
  await server.close();
  await page.goto(`${server.url}${NO_RERANKER}&device=gpu`);
  await demo.expectState('ready');
  await demo.query.fill('turn these receipts into a spreadsheet');
  await expect(page.locator('#timings')).toContainText('on the GPU', { timeout: 30_000 });
  await expect(demo.names.first()).toHaveText('receipts-to-spreadsheet');
});
