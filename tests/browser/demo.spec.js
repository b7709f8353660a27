/**
 * The demo page as people use it: typing, keys alone, the panel, what is kept, narrow screens.
 */

import { expect, tasksOf, test } from './page.js';

test('answers while one types, by words and then by meaning', async ({ demo, page, context }) => {
  let release;
  const held = new Promise((resolve) => (release = resolve));
  await context.route('**/weights-*', async (route) => {
    await held;
    await route.continue();
  });
  await demo.open('words');
  await expect(demo.query).toBeFocused();
  await page.keyboard.type('receipts into a spreadsheet');
  await expect(page.locator('#answer-stage')).toHaveAttribute('data-stage', 'lexical');
  await expect(demo.names.first()).toHaveText('receipts-to-spreadsheet');
  await expect(page.locator('#loading')).toContainText(/\d KB of 2\d\.\d MB/);
  release();
  await expect(page.locator('#answer-stage')).toHaveAttribute('data-stage', 'retrieved');
  await expect(demo.names.first()).toHaveText('receipts-to-spreadsheet');
  await expect(page.locator('#loading')).toBeHidden();
  await expect(page.getByRole('status').filter({ hasText: 'skills, best: receipts-to-spreadsheet' })).toBeAttached();
  await expect(page.locator('#timings')).toContainText(/ms on the CPU.*meaning/);
});

test('an answer found by meaning alone', async ({ demo }) => {
  await demo.open();
  await demo.ask(tasksOf('phishing-triage')[0]);
  await expect(demo.options.filter({ hasText: 'phishing-triage' })).toContainText(/Meaning #\d/);
});

test('works with the keyboard alone', async ({ demo, page }) => {
  await demo.open();
  await page.keyboard.press('Tab');
  await page.keyboard.press('/');
  await expect(demo.query).toBeFocused();
  await page.keyboard.type('scale a recipe to twelve guests');
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
  await expect(page.locator('#answer-stage')).toHaveAttribute('data-stage', 'retrieved');
  await demo.options.first().click();
  await expect(demo.panel.getByRole('heading', { level: 2 })).toHaveText('receipts-to-spreadsheet');
  await expect(demo.panel).toContainText('Apache-2.0');
  await demo.options.nth(1).click();
  await expect(demo.panel.getByRole('heading', { level: 2 })).toHaveText(await demo.names.nth(1).innerText());
  await demo.panel.getByRole('button', { name: 'Close instructions' }).click();
  await expect(demo.panel).toBeHidden();
});

test('a task pasted over several lines keeps its words apart', async ({ demo, page }) => {
  await demo.open();
  await demo.query.evaluate((input) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData('text', 'turn these\nreceipts into\r\na spreadsheet\n');
    input.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
  });
  await expect(demo.query).toHaveValue('turn these receipts into a spreadsheet');
  await expect(demo.names.first()).toHaveText('receipts-to-spreadsheet');
  await expect(page.locator('#answer-stage')).toHaveText('by words and meaning');
});

test('says so when nothing matches, and takes it back', async ({ demo, page, context }) => {
  await context.route('**/weights-*', (route) => route.fulfill({ status: 404 })); // By meaning something is always nearest.
  await demo.open('failed');
  await demo.query.fill('zzzqqq xxyyzz');
  await expect(page.getByRole('heading', { name: 'Nothing matches' })).toBeVisible();
  await expect(demo.query).toHaveAttribute('aria-expanded', 'false');
  await demo.ask('wedding seating', 'lexical');
  await expect(page.getByRole('heading', { name: 'Nothing matches' })).toBeHidden();
});

test('says what it keeps, and deletes it', async ({ demo, page }) => {
  await demo.open();
  await expect(page.locator('#stored')).toHaveText(/2\d\.\d MB/);
  await demo.expectAllKept();
  await page.getByRole('button', { name: 'Delete' }).click();
  await expect(page.locator('#stored')).toHaveText('nothing');
  expect(await page.evaluate(async () => (await (await caches.open('skillrouter-v1')).keys()).length)).toBe(0);
  await demo.ask('plan a wedding'); // What is loaded stays usable.
});

test('downloads nothing twice', async ({ demo, page, context }) => {
  await demo.open();
  await demo.expectAllKept();
  const fetched = [];
  context.on('request', (request) => fetched.push(new URL(request.url()).pathname));
  await page.reload();
  await demo.expectState('ready');
  expect(fetched.filter((path) => /\/(index|models)\//.test(path))).toEqual(['/index/index.json', '/models/all-MiniLM-L6-v2/model.json']);
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
    await expect(page.locator('#main')).toHaveJSProperty('inert', true);
  });
}
