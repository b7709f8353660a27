/**
 * Elements that move to another document, and pages that were opened as files.
 */

import { pathToFileURL } from 'node:url';

import { giveRouter, openPage } from './component.js';
import { expect, test } from './page.js';
import { TEST_SITE } from './static-server.js';

const TASK = 'turn these receipts into a spreadsheet';
const ACCENT = 'rgb(15, 107, 92)';

/** Somebody's page with the element, a router, and an empty frame of this width. */
async function openWithFrame(page, width = 600) {
  await openPage(page, '<skill-search></skill-search><iframe id="frame" title="Frame"></iframe>');
  await giveRouter(page);
  await page.locator('#frame').evaluate((frame, width) => Object.assign(frame.style, { width: `${width}px`, height: '600px' }), width);
  return page.frameLocator('#frame');
}

const moveIntoFrame = (page) => page.evaluate(() => {
  window.search = document.querySelector('skill-search');
  document.getElementById('frame').contentDocument.body.append(window.search);
  return new Promise((resolve) => setTimeout(resolve)); // The element looks in a task of its own whether it is still there, which comes before this one.
});

const accentOf = (search) => search.evaluate(({ shadowRoot }) => getComputedStyle(shadowRoot.getElementById('clear')).color);

test('an element that moves into a frame and back keeps its style, its router and its keys', async ({ page }) => {
  const frame = await openWithFrame(page);
  await moveIntoFrame(page);
  const search = frame.locator('skill-search');
  expect(await accentOf(search)).toBe(ACCENT);
  await frame.locator('body').evaluate((body) => body.ownerDocument.defaultView.focus());
  await page.keyboard.press('/');
  await expect(frame.getByRole('combobox')).toBeFocused();
  await page.keyboard.type(TASK);
  await expect(frame.getByRole('option')).toHaveCount(5);
  await page.evaluate(() => document.querySelector('main').append(window.search));
  expect(await accentOf(page.locator('skill-search'))).toBe(ACCENT);
  await expect(page.getByRole('option')).toHaveCount(5);
  await page.locator('h1').click();
  await page.keyboard.press('/');
  await expect(page.getByRole('combobox')).toBeFocused();
});

test('its panel follows the width that it has there, and the comparison keeps its style too', async ({ page }) => {
  const frame = await openWithFrame(page, 500);
  await page.getByRole('combobox').fill(TASK);
  await page.getByRole('option').first().click();
  await page.locator('#panel-compare summary').click();
  await page.locator('#panel-compare-content button').first().click();
  await expect(page.locator('#compare-summary')).toHaveText(/the same/);
  await page.keyboard.press('Escape');
  await moveIntoFrame(page);
  const isModal = () => frame.locator('#panel').evaluate((panel) => panel.matches(':modal'));
  expect(await frame.locator('#compare').evaluate((view) => getComputedStyle(view).paddingTop)).toBe('20px');
  await frame.locator('#panel').evaluate((panel) => panel.getRootNode().host.shadowRoot.getElementById('panel-close').click());
  await frame.getByRole('option').first().click();
  await expect.poll(isModal).toBe(true);
  await page.locator('#frame').evaluate((frame) => (frame.style.width = '1200px'));
  await expect.poll(isModal).toBe(false);
});

test('so it is with a window of its own, and with a document that nobody sees', async ({ page, context }) => {
  await openPage(page, '<skill-search></skill-search>');
  await giveRouter(page);
  const [popup] = await Promise.all([context.waitForEvent('page'), page.evaluate(() => {
    window.popup = window.open('about:blank', '_blank', 'width=500,height=500');
  })]);
  await page.evaluate(() => {
    const search = document.querySelector('skill-search');
    document.implementation.createHTMLDocument().body.append(search);
    window.popup.document.body.append(search);
  });
  const search = popup.locator('skill-search');
  expect(await accentOf(search)).toBe(ACCENT);
  await popup.getByRole('combobox').fill(TASK);
  await expect(popup.getByRole('option')).toHaveCount(5);
});

test('so it is with one\'s own skills', async ({ page }) => {
  const frame = await openWithFrame(page);
  await page.evaluate(async () => {
    await import(new URL('own-skills.js', document.baseURI).href);
    document.getElementById('frame').contentDocument.body.append(document.createElement('own-skills'));
  });
  const border = () => frame.locator('own-skills').evaluate(({ shadowRoot }) => getComputedStyle(shadowRoot.getElementById('drop')).borderTopStyle);
  expect(await border()).toBe('dashed');
});

for (const name of ['index.html', 'evaluate.html', 'bench.html']) {
  test(`${name} that was opened as a file says what to do`, async ({ page }) => {
    await page.goto(new URL(name, pathToFileURL(TEST_SITE)).href);
    await expect(page.getByRole('main')).toContainText('opened as a file');
    await expect(page.getByRole('link', { name: `http://localhost:8000/${name}` })).toBeVisible();
    await expect(page.locator('skill-search, table')).toHaveCount(0);
  });
}

test('a page from a server says nothing of that', async ({ demo, page }) => {
  await demo.open('words');
  await expect(page.getByText('opened as a file')).toHaveCount(0);
});
