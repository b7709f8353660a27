/**
 * The helper for prompt boxes, on a page that imitates a chat.
 */

import { expect, expectSuggestions, helperIsBusy, suggestions, test, watchHelper } from './extension.js';

const RECEIPTS = 'turn these receipts into a spreadsheet';
const INVOCATION = 'Use the "receipts-to-spreadsheet" skill.';

/** The chat page, with the helper on. */
async function openChat({ extension, server, context }) {
  await extension.helpOn(server.origin);
  const page = await context.newPage();
  await page.goto(`${server.origin}/`);
  await watchHelper(page);
  return page;
}

const stateOf = async (page) => JSON.parse((await page.locator('#state').textContent()) || '{}');

/** Once the helper, where there is one, waits for nothing any more: neither for its pause nor for an answer. */
async function expectNoSuggestions(page) {
  await expect.poll(() => helperIsBusy(page)).toBe(false);
  expect(await suggestions(page)).toEqual([]);
}

test('is off until a site is added', async ({ extension, server, context }) => {
  const page = await context.newPage();
  await page.goto(`${server.origin}/`);
  await page.getByLabel('Prompt').pressSequentially(RECEIPTS);
  await expectNoSuggestions(page);
  expect(await extension.worker.evaluate(() => chrome.scripting.getRegisteredContentScripts())).toEqual([]);

  const options = await extension.open('options');
  await options.getByLabel('Site', { exact: true }).fill(`${server.origin}/some/chat?with=me`);
  await options.getByRole('button', { name: 'Add' }).click();
  await expect(options.getByRole('list', { name: 'Sites with the helper' })).toContainText(server.origin);
  await page.bringToFront(); // The helper has started in this tab, which was open before.
  await page.getByLabel('Prompt').press('Space');
  await expectSuggestions(page, /^receipts-to-spreadsheet (strong|likely) fit, /);

  await options.bringToFront();
  await options.getByRole('button', { name: `Remove ${server.origin}` }).click();
  await expect(options.getByText('On no site yet')).toBeVisible();
  await expect.poll(() => extension.worker.evaluate(() => chrome.scripting.getRegisteredContentScripts())).toEqual([]);
});

test('inserts by keyboard, as if it were typed', async ({ extension, server, context }) => {
  const page = await openChat({ extension, server, context });
  const prompt = page.getByLabel('Prompt');
  await prompt.pressSequentially(`Please ${RECEIPTS}.`);
  const offered = await expectSuggestions(page, /^receipts-to-spreadsheet/);
  expect(offered.length).toBeLessThanOrEqual(3 + 2); // With "Not on this site" and "Dismiss".
  await page.keyboard.press('Tab');
  await expect.poll(async () => (await suggestions(page)).findIndex(({ focused }) => focused)).toBe(0);
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('Enter');
  await expect(prompt).toHaveValue(`Please ${RECEIPTS}. ${INVOCATION} `);
  await expect(prompt).toBeFocused();
  expect((await stateOf(page)).prompt).toBe(`Please ${RECEIPTS}. ${INVOCATION} `);
  expect(await suggestions(page)).toEqual([]);
  await page.keyboard.press('Control+z'); // It can be taken back.
  await expect(prompt).toHaveValue(`Please ${RECEIPTS}.`);
});

test('inserts into an editor that draws itself anew, by mouse', async ({ extension, server, context }) => {
  const page = await openChat({ extension, server, context });
  await page.getByLabel('Editor').pressSequentially(RECEIPTS);
  const [first] = await expectSuggestions(page, /^receipts-to-spreadsheet/);
  await first.click();
  await expect.poll(async () => (await stateOf(page)).editor?.trim()).toBe(`${RECEIPTS} ${INVOCATION}`);
  await expect(page.getByLabel('Editor')).toBeFocused();
});

test('copies, where that is set', async ({ extension, server, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const options = await extension.open('options');
  await options.getByLabel('Text, with {name}').fill('no place for it');
  await options.getByLabel('copies this').check();
  await expect(options.locator('#invocation-problem')).toContainText('needs {name}');
  await options.getByLabel('Text, with {name}').fill('/{name} ');
  await options.getByLabel('Text, with {name}').blur();
  await expect(options.locator('#invocation-problem')).toBeEmpty();
  const page = await openChat({ extension, server, context });
  await page.getByLabel('Prompt').pressSequentially(RECEIPTS);
  const [first] = await expectSuggestions(page, /^receipts-to-spreadsheet/);
  await first.click();
  await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe('/receipts-to-spreadsheet');
  await expect(page.getByLabel('Prompt')).toHaveValue(RECEIPTS);
});

test('Escape dismisses it for as long as the box has the focus', async ({ extension, server, context }) => {
  const page = await openChat({ extension, server, context });
  const prompt = page.getByLabel('Prompt');
  await prompt.pressSequentially(RECEIPTS);
  await expectSuggestions(page, /^receipts-to-spreadsheet/);
  await page.keyboard.press('Escape');
  expect(await suggestions(page)).toEqual([]);
  await prompt.pressSequentially(' please');
  await expectNoSuggestions(page);
  await prompt.blur();
  await prompt.pressSequentially(' now');
  await expectSuggestions(page, /^receipts-to-spreadsheet/);
});

test('“Not on this site” ends it, in this tab too', async ({ extension, server, context }) => {
  const page = await openChat({ extension, server, context });
  const prompt = page.getByLabel('Prompt');
  await prompt.pressSequentially(RECEIPTS);
  const leave = (await expectSuggestions(page, /Not on this site/)).find(({ name }) => name === 'Not on this site');
  await leave.click();
  await expect.poll(() => extension.worker.evaluate(() => chrome.scripting.getRegisteredContentScripts())).toEqual([]);
  expect(await extension.worker.evaluate(() => chrome.storage.local.get('helper_sites'))).toEqual({ helper_sites: [] });
  await prompt.blur();
  await prompt.pressSequentially(' please');
  await expectNoSuggestions(page);
});

test('says nothing when nothing fits', async ({ extension, server, context }) => {
  const page = await openChat({ extension, server, context });
  const prompt = page.getByLabel('Prompt');
  await prompt.pressSequentially(RECEIPTS);
  await expectSuggestions(page, /^receipts-to-spreadsheet/);
  await prompt.fill('qwertz asdfgh yxcvbn zuiopp');
  await expect.poll(() => suggestions(page)).toEqual([]);
  await expectNoSuggestions(page);
});

test('reads prompt boxes only, and tells nobody', async ({ extension, server, context }) => {
  const page = await openChat({ extension, server, context });
  const requests = [];
  context.on('request', (request) => requests.push(request.url()));
  for (const label of ['Password', 'Name', 'Concealed']) {
    await page.getByLabel(label).fill(RECEIPTS);
    await expectNoSuggestions(page);
  }
  expect(await extension.worker.evaluate(async () => (await chrome.runtime.getContexts({ contextTypes: ['OFFSCREEN_DOCUMENT'] })).length)).toBe(0);
  await page.getByLabel('Prompt').pressSequentially(RECEIPTS);
  await expectSuggestions(page, /^receipts-to-spreadsheet/);
  expect(requests.filter((url) => url.startsWith('http'))).toEqual([]);
  expect(server.requests.filter((path) => path !== '' && path !== 'favicon.ico')).toEqual([]);
  expect(await page.evaluate(() => document.querySelector('skillrouter-helper')?.shadowRoot)).toBeNull(); // Skills may be private.
});

test('works without a network', async ({ extension, server, context }) => {
  const page = await openChat({ extension, server, context });
  await server.close();
  await context.setOffline(true);
  await page.getByLabel('Prompt').pressSequentially(RECEIPTS);
  await expectSuggestions(page, /^receipts-to-spreadsheet/);
});
