/**
 * The demo page as people use it: typing, keys alone, the panel, what fits, what is kept, narrow screens.
 */

import { ENCODER, expect, NO_RERANKER, OWN_RERANKER, tasksOf, test } from './page.js';
import { alwaysFits, changeRouting, FITS } from './tampering.js';

const NOTHING_FITS = 'Nothing here seems to fit this task. The nearest:';

test('answers while one types, by words and then by meaning', async ({ demo, page, site }) => {
  let release;
  const held = new Promise((resolve) => (release = resolve));
  site.route('**/weights-*', async (route) => {
    await held;
    route.continue();
  });
  await demo.open('words', NO_RERANKER);
  await expect(demo.query).toBeFocused();
  await page.keyboard.type('receipts into a spreadsheet');
  await expect(page.locator('#answer-stage')).toHaveAttribute('data-stage', 'lexical');
  await expect(demo.names.first()).toHaveText('receipts-to-spreadsheet');
  await expect(page.locator('#loading')).toContainText(/\d KB of \d+\.\d MB/);
  release();
  await expect(page.locator('#answer-stage')).toHaveAttribute('data-stage', 'retrieved');
  await expect(demo.names.first()).toHaveText('receipts-to-spreadsheet');
  await expect(page.locator('#loading')).toBeHidden();
  await expect(page.getByRole('status').filter({ hasText: 'skills, best: receipts-to-spreadsheet' })).toBeAttached();
  await expect(page.locator('#timings')).toContainText(/ms on the CPU.*meaning/);
});

test('an answer found by meaning alone', async ({ demo }) => {
  await demo.open('ready', NO_RERANKER);
  await demo.ask(tasksOf('phishing-triage')[0]);
  await expect(demo.options.filter({ hasText: 'phishing-triage' })).toContainText(/Meaning #\d/);
});

test('works with the keyboard alone', async ({ demo, page }) => {
  await demo.open('ready', NO_RERANKER);
  await page.keyboard.press('Tab');
  await page.keyboard.press('/');
  await expect(demo.query).toBeFocused();
  await page.keyboard.type('scale a recipe to twelve guests');
  await expect(page.locator('#answer')).toHaveAttribute('aria-busy', 'false'); // The answer to the last key, not to one before.
  await expect(page.locator('#answer-stage')).toHaveAttribute('data-stage', 'retrieved');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowUp');
  await expect(demo.options.first()).toHaveAttribute('aria-selected', 'true');
  await expect(demo.query).toHaveAttribute('aria-activedescendant', await demo.options.first().getAttribute('id'));
  await page.keyboard.press('Enter');
  await expect(demo.panel.getByRole('heading', { name: 'recipe-scaling', exact: true })).toBeFocused();
  await expect(demo.panel.locator('#panel-body')).toContainText(/yeast/i);
  await page.keyboard.press('Escape');
  await expect(demo.panel).toBeHidden();
  await expect(demo.query).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(demo.query).toHaveValue('');
  await expect(page.getByRole('heading', { name: 'Try one of these' })).toBeVisible();
});

test('an example fills the box, a click opens its skill, another click another', async ({ demo, page }) => {
  await demo.open();
  await page.getByRole('button', { name: 'turn these receipts into a spreadsheet' }).click();
  await demo.expectReranked();
  const best = await demo.names.first().innerText();
  await demo.options.first().click();
  await expect(demo.panel.getByRole('heading', { level: 2 })).toHaveText(best);
  await expect(demo.panel).toContainText('Apache-2.0');
  await demo.options.nth(1).click();
  await expect(demo.panel.getByRole('heading', { level: 2 })).toHaveText(await demo.names.nth(1).innerText());
  await demo.panel.getByRole('button', { name: 'Close instructions' }).click();
  await expect(demo.panel).toBeHidden();
});

test('a task pasted over several lines keeps its words apart', async ({ demo, page }) => {
  await demo.open('ready', NO_RERANKER);
  await demo.query.evaluate((input) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData('text', 'turn these\nreceipts into\r\na spreadsheet\n');
    input.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
  });
  await expect(demo.query).toHaveValue('turn these receipts into a spreadsheet');
  await expect(demo.names.first()).toHaveText('receipts-to-spreadsheet');
  await expect(page.locator('#answer-stage')).toHaveText('by words and meaning');
});

test('says so when nothing matches, and takes it back', async ({ demo, page, site }) => {
  site.route('**/weights-*', (route) => route.fulfill({ status: 404 })); // By meaning something is always nearest.
  await demo.open('failed');
  await demo.query.fill('zzzqqq xxyyzz');
  await expect(page.getByRole('heading', { name: 'Nothing matches' })).toBeVisible();
  await expect(demo.query).toHaveAttribute('aria-expanded', 'false');
  await demo.ask('wedding seating', 'lexical');
  await expect(page.getByRole('heading', { name: 'Nothing matches' })).toBeHidden();
});

for (const [word, p] of Object.entries(FITS).filter(([word]) => word !== 'none')) {
  test(`a ${word} fit is said on the first skill, and announced`, async ({ demo, page, site }) => {
    changeRouting(site, (routing) => (routing.calibration = alwaysFits(p)));
    await demo.open('ready', NO_RERANKER);
    await demo.ask('plan a wedding');
    await expect(demo.options.first()).toContainText(`${word} fit`);
    await expect(demo.fits).toHaveCount(1);
    await expect(demo.fits).toHaveAttribute('title', new RegExp(`fits? the task.* ${p}`));
    await expect(demo.title).toHaveText('Skills');
    await expect(page.getByRole('status').filter({ hasText: new RegExp(`^8 skills, best: \\S+, ${word} fit$`) })).toBeAttached();
  });
}

test('where nothing fits it says so, and the nearest skills stay usable', async ({ demo, page, site }) => {
  changeRouting(site, (routing) => (routing.calibration = alwaysFits(FITS.none)));
  await demo.open('ready', NO_RERANKER);
  await demo.ask('plan a wedding');
  await expect(demo.title).toHaveText(NOTHING_FITS);
  await expect(page.locator('#answer')).toHaveAttribute('data-fit', 'none');
  await expect(demo.fits).toHaveCount(0);
  const nearest = await demo.names.first().innerText();
  await expect(page.getByRole('status').filter({ hasText: `${NOTHING_FITS} ${nearest}` })).toBeAttached();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await expect(demo.panel.getByRole('heading', { level: 2 })).toHaveText(nearest);
});

test('words alone never say that nothing fits', async ({ demo, page, site }) => {
  let release;
  const held = new Promise((resolve) => (release = resolve));
  changeRouting(site, (routing) => (routing.calibration = alwaysFits(FITS.none)));
  site.route('**/weights-*', async (route) => {
    await held;
    route.continue();
  });
  await demo.open('words', NO_RERANKER);
  await demo.ask('plan a wedding', 'lexical');
  await expect(demo.title).toHaveText('Skills');
  await expect(page.locator('#answer')).toHaveAttribute('data-fit', '');
  await expect(page.getByRole('status').filter({ hasText: /^\d+ skills, best: \S+$/ })).toBeAttached();
  release();
  await expect(demo.title).toHaveText(NOTHING_FITS);
});

test('with its own models it tells a task that a skill serves from one that none does', async ({ demo }) => {
  await demo.open('ready', NO_RERANKER); // The one of the tests' site is random and not calibrated.
  await demo.ask('wedding seating plan', 'retrieved');
  await expect(demo.names.first()).toHaveText('wedding-seating-plan');
  await expect(demo.fits).toHaveText('strong fit');
  await demo.ask('asdf qwer zxcv', 'retrieved');
  await expect(demo.title).toHaveText(NOTHING_FITS);
  await expect(demo.fits).toHaveCount(0);
});

test('nothing moves in the list, whatever is said of the fit', async ({ demo, page, site }) => {
  let calibration;
  changeRouting(site, (routing) => (routing.calibration = calibration));
  const layouts = [];
  for (calibration of [undefined, alwaysFits(FITS.strong), alwaysFits(FITS.none)]) {
    await demo.open('ready', NO_RERANKER);
    await demo.ask('plan a wedding');
    const layout = {};
    for (const width of [320, 360, 480, 640, 1280]) {
      await page.setViewportSize({ width, height: 800 });
      layout[width] = await demo.options.evaluateAll((options) => options.map(({ offsetTop, offsetHeight }) => [offsetTop, offsetHeight]));
      expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)).toBe(0);
    }
    layouts.push(layout);
  }
  await expect(demo.title).toHaveText(NOTHING_FITS);
  expect(layouts[1]).toEqual(layouts[0]);
  expect(layouts[2]).toEqual(layouts[0]);
});

test('says what it keeps, and deletes one model, or all', async ({ demo, page }) => {
  await demo.open();
  await expect(page.locator('#stored')).toHaveText(/\d\.\d MB/);
  await demo.expectAllKept();
  const panel = page.locator('#device');
  await panel.locator('summary').press('Enter');
  await expect(panel.getByRole('rowheader')).toHaveText([/^Index/, new RegExp(`^${ENCODER}`), new RegExp(`^${OWN_RERANKER}`), 'All']);
  await expect(panel).toContainText('Queries stay on this page.');
  const [index_size, encoder_size] = await panel.locator('#device-rows td:nth-of-type(1)').allInnerTexts();
  expect(index_size).toMatch(/^\d+ KB$/);
  expect(encoder_size).toMatch(/^2\d\.\d MB$/);
  await panel.getByRole('button', { name: `Delete ${OWN_RERANKER}` }).click();
  await expect(panel.getByRole('status')).toHaveText(`Deleted: ${OWN_RERANKER}.`);
  await expect(panel.getByRole('rowheader')).toHaveText([/^Index/, new RegExp(`^${ENCODER}`), 'All']);
  await expect(panel.locator('summary')).toBeFocused();
  const kept = () => page.evaluate(async () => (await (await caches.open('skillrouter-v1')).keys()).map(({ url }) => new URL(url).pathname));
  expect((await kept()).filter((path) => path.includes(OWN_RERANKER))).toEqual([]);
  await panel.getByRole('button', { name: 'Delete all' }).click();
  await expect(page.locator('#stored')).toHaveText('nothing');
  await expect(panel.getByRole('rowheader')).toHaveText(['All']);
  await expect(page.locator('#device-total')).toHaveText('0 B');
  await expect(panel.getByRole('button', { name: 'Delete all' })).toBeDisabled();
  expect(await kept()).toEqual([]);
  await demo.ask('plan a wedding'); // What is loaded stays usable.
});

test('says what the host can learn from what is fetched', async ({ demo, page }) => {
  const panel = page.locator('#device');
  const ahead = 'nothing that it fetches from there depends on what you ask';
  const on_demand = 'its host can learn what you look for';
  for (const [parameters, said, unsaid] of [['', ahead, on_demand], ['&prefetch=none', on_demand, ahead]]) {
    await demo.open('ready', NO_RERANKER + parameters);
    await panel.locator('summary').press('Enter');
    await expect(panel.getByText(said)).toBeVisible();
    await expect(panel.getByText(unsaid)).toBeHidden();
  }
});

test('says nothing of a device that cannot tell, and goes on', async ({ demo, page }) => {
  await demo.open('ready', NO_RERANKER);
  await page.evaluate(() => (document.getElementById('search').router.cached = () => Promise.reject(new Error('gone'))));
  await page.locator('#device summary').click();
  await demo.ask('plan a wedding');
  await expect(page.locator('#device-total')).toHaveText('…');
});

test('can be installed: the manifest names icons that are there, and the button comes with the offer', async ({ demo, page }) => {
  await demo.open('words', NO_RERANKER);
  const manifest_url = await page.locator('link[rel=manifest]').evaluate(({ href }) => href);
  const { icons, start_url, display } = await (await page.request.get(manifest_url)).json();
  expect([start_url, display]).toEqual(['./', 'standalone']);
  for (const { src, sizes, type } of icons) {
    const response = await page.request.get(new URL(src, manifest_url).href);
    expect(response.headers()['content-type'], src).toBe(type);
    if (sizes === 'any') continue;
    const bytes = await response.body();
    expect(`${bytes.readUInt32BE(16)}x${bytes.readUInt32BE(20)}`, src).toBe(sizes); // The header of a PNG.
  }
  await page.locator('#device summary').click();
  const install = page.getByRole('button', { name: 'Install this page' });
  await expect(install).toBeHidden();
  const is_prevented = await page.evaluate(() => {
    const offer = Object.assign(new Event('beforeinstallprompt', { cancelable: true }), { prompt: async () => (window.n_prompts = (window.n_prompts ?? 0) + 1) });
    dispatchEvent(offer);
    return offer.defaultPrevented;
  });
  expect(is_prevented).toBe(true);
  await install.click();
  await expect(install).toBeHidden();
  expect(await page.evaluate(() => window.n_prompts)).toBe(1);
});

test('downloads nothing twice', async ({ demo, page, site }) => {
  await demo.open();
  await demo.expectAllKept();
  const fetched = site.watch();
  await page.reload();
  await demo.expectComplete();
  const manifests = [ENCODER, OWN_RERANKER].map((name) => `/models/${name}/model.json`);
  expect(fetched.filter((path) => /\/(index|models)\//.test(path))).toEqual(['/index/index.json', ...manifests]);
});

for (const width of [320, 360, 768]) {
  test(`fits a screen of ${width} px, panel included`, async ({ demo, page }) => {
    await page.setViewportSize({ width, height: 720 });
    await demo.open();
    await demo.ask('check my tenancy agreement before I sign');
    const overflow = () => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    expect(await overflow()).toBe(0);
    await demo.options.first().click();
    await expect(demo.panel.locator('#panel-body h3').first()).toBeVisible();
    expect(await overflow()).toBe(0);
    expect(await demo.panel.evaluate((panel) => panel.scrollWidth - panel.clientWidth)).toBe(0);
    expect(await demo.panel.evaluate((panel) => panel.matches(':modal'))).toBe(true); // The page under it is inert.
    await expect(demo.query).not.toBeFocused();
    await page.keyboard.press('/');
    await expect(demo.query).toBeFocused();
    await expect(demo.panel).toBeHidden();
  });
}

test.describe('the address', () => {
  test('has the query in its fragment: nothing of it is sent, and a reload or a shared link brings it back', async ({ demo, page, context, site }) => {
    await demo.open('ready', NO_RERANKER);
    const asked = site.watch();
    await demo.ask('turn these receipts into a spreadsheet');
    await expect(page).toHaveURL(/index\.html\?reranker=none#q=turn\+these\+receipts\+into\+a\+spreadsheet$/);
    await page.reload();
    await expect(demo.query).toHaveValue('turn these receipts into a spreadsheet');
    await expect(demo.names.first()).toHaveText('receipts-to-spreadsheet');
    const shared = await context.newPage();
    await shared.goto(page.url());
    await expect(shared.locator('#results .name').first()).toHaveText('receipts-to-spreadsheet');
    expect(asked.filter((path) => /receipts/.test(path))).toEqual([]);
    await demo.query.fill('');
    await expect(page).toHaveURL(/index\.html\?reranker=none$/);
  });

  test('Back closes the panel, however it was opened, and then goes to the page before the first query', async ({ demo, page }) => {
    await demo.open('ready', NO_RERANKER);
    await demo.ask('turn these receipts into a spreadsheet');
    await demo.options.first().click();
    await expect(demo.panel).toBeVisible();
    await page.goBack();
    await expect(demo.panel).toBeHidden();
    await expect(demo.query).toHaveValue('turn these receipts into a spreadsheet');
    await demo.options.first().click();
    await expect(demo.panel).toBeVisible();
    await page.keyboard.press('Escape');
    await expect(demo.panel).toBeHidden();
    await expect.poll(() => page.evaluate(() => history.state?.['skill-search-panel'] ?? false)).toBe(false);
    await page.goBack();
    await expect(demo.query).toHaveValue('');
    await page.goForward();
    await expect(demo.query).toHaveValue('turn these receipts into a spreadsheet');
    await expect(demo.names.first()).toHaveText('receipts-to-spreadsheet');
  });

  test('a query that changes while the panel is open stays when Back closes the panel', async ({ demo, page }) => {
    await page.setViewportSize({ width: 1600, height: 900 }); // List and panel stand side by side.
    await demo.open('ready', NO_RERANKER);
    await demo.ask('turn these receipts into a spreadsheet');
    await demo.options.first().click();
    await expect(demo.panel).toBeVisible();
    await demo.ask('plan a wedding');
    await page.goBack();
    await expect(demo.panel).toBeHidden();
    await expect(demo.query).toHaveValue('plan a wedding');
    await expect(page).toHaveURL(/#q=plan\+a\+wedding$/);
  });

  test('changed by hand, it asks', async ({ demo, page }) => {
    await demo.open('ready', NO_RERANKER);
    await page.evaluate(() => (location.hash = 'q=plan%20a%20wedding'));
    await expect(demo.query).toHaveValue('plan a wedding');
    await expect(demo.options.first()).toBeVisible();
  });
});
