/**
 * Two tabs with the same page, which share what the browser keeps and nothing else.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { Demo, expect, test } from './page.js';
import { serveSite, SITE } from './static-server.js';
import { alwaysFits, changeManifest, FITS } from './tampering.js';

test.use({ serviceWorkers: 'allow' });

const INDEX = 'index/index.json';

let server;
test.beforeEach(async () => {
  server = await serveSite();
});
test.afterEach(() => server.close());

/** Two tabs, opened at the same time. @returns {Promise<Demo[]>} */
async function openTwo(context) {
  const demos = [new Demo(await context.newPage()), new Demo(await context.newPage())];
  await Promise.all(demos.map((demo) => demo.page.goto(server.url)));
  for (const demo of demos) {
    await demo.page.bringToFront();
    await demo.expectComplete();
    await demo.expectAllKept();
  }
  await demos[0].page.evaluate(() => navigator.serviceWorker.ready);
  return demos;
}

async function askAndRead(demo, task) {
  await demo.page.bringToFront();
  await demo.ask(task);
  await demo.expectReranked();
  const name = await demo.names.first().innerText();
  await demo.options.first().click();
  await expect(demo.panel.getByRole('heading', { name, exact: true })).toBeVisible();
  await expect(demo.panel.locator('#panel-body > :not(.note)').first()).toBeVisible();
  await demo.page.keyboard.press('Escape');
}

/** The paths of the files on the shelf. */
function kept({ page }) {
  return page.evaluate(async () => (await (await caches.open('skillrouter-v1')).keys()).map(({ url }) => new URL(url).pathname));
}

test('two tabs that open at once both answer, and every file is kept once', async ({ context }) => {
  const [one, other] = await openTwo(context);
  await askAndRead(one, 'turn these receipts into a spreadsheet');
  await askAndRead(other, 'explain my blood test in plain words');
  expect(await kept(one)).toEqual(await kept(other));
  expect(new Set(await kept(one)).size).toBe((await kept(one)).length);
});

test('one tab deletes all that is kept; the other goes on, and a reload fetches it again', async ({ context }) => {
  const [one, other] = await openTwo(context);
  await askAndRead(other, 'turn these receipts into a spreadsheet');
  await one.page.locator('skill-search').evaluate((search) => search.router.forget());
  expect(await kept(other)).toEqual([]);
  await askAndRead(other, 'explain my blood test in plain words');
  await expect(other.banner).toBeHidden();
  await askAndRead(one, 'make our slow SQL report faster');
  await other.page.reload();
  await other.expectComplete();
  await other.expectAllKept();
});

test('a newer index is published while two tabs are open: the one that reloads has it, the other still answers from the old one', async ({ context }) => {
  const [one, other] = await openTwo(context);
  const [bodies] = readdirSync(join(SITE, 'index')).filter((name) => name.startsWith('bodies-'));
  const renamed = `bodies-${'0'.repeat(16)}.bin`;
  server.replace[`index/${renamed}`] = readFileSync(join(SITE, 'index', bodies));
  server.replace[`index/${bodies}`] = null;
  server.replace[INDEX] = changeManifest(readFileSync(join(SITE, INDEX)), ({ files, routing }) => {
    files.bodies.find(({ file }) => file === bodies).file = renamed;
    routing.calibration = alwaysFits(FITS.none);
    delete routing.reranker; // It would judge anew.
  });
  await one.page.reload();
  await one.expectComplete();
  await one.ask('plan a wedding');
  await expect(one.title).toHaveText(/^Nothing here seems to fit/);
  await one.expectAllKept();
  expect(await kept(other)).not.toContain(`/index/${bodies}`);

  await other.page.bringToFront();
  await other.ask('turn these receipts into a spreadsheet'); // With the index that it opened.
  await expect(other.title).toHaveText('Skills');
  await expect(other.names.first()).toHaveText('receipts-to-spreadsheet');
  await other.expectReranked(); // It has read the bodies of that index.
  await other.page.reload();
  await other.expectComplete();
  await other.ask('turn these receipts into a spreadsheet');
  await expect(other.title).toHaveText(/^Nothing here seems to fit/);
});
