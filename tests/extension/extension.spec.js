/**
 * The extension as its user meets it: popup, side panel, context menu, address bar, options, and the engine behind them.
 */

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { changeManifest } from '../browser/tampering.js';
import { ask, expect, expectAnswer, EXTENSION, names, test } from './extension.js';

const RECEIPTS = 'turn these receipts into a spreadsheet';
const PODS = 'my pods keep restarting after the deploy';

/** Descriptions of suggestions are XML; the browser throws away what is not well-formed. */
function areWellFormed(page, suggestions) {
  return page.evaluate((suggestions) => suggestions.every(({ description }) => {
    const parsed = new DOMParser().parseFromString(`<x>${description}</x>`, 'text/xml');
    return parsed.documentElement.tagName === 'x' && !parsed.querySelector('parsererror');
  }), suggestions);
}

/** What happens when somebody chooses "Find a skill" in the menu of selected text. */
function chooseInMenu({ worker }, text) {
  return worker.evaluate(async (selectionText) => {
    const [tab] = await chrome.tabs.query({ active: true });
    chrome.contextMenus.onClicked.dispatch({ menuItemId: 'find-a-skill', selectionText }, tab);
  }, text);
}

test('the popup answers and shows instructions', async ({ extension }) => {
  const popup = await extension.open('popup');
  await ask(popup, RECEIPTS);
  await expect(names(popup).first()).toHaveText('receipts-to-spreadsheet');
  await popup.getByRole('option').first().click();
  await expect(popup.getByRole('dialog').locator('#panel-body')).toContainText('ISO 4217');
});

test('the popup goes on in the side panel', async ({ extension }) => {
  const options = await extension.open('options');
  const popup = await extension.open('popup');
  await popup.getByRole('combobox').fill(PODS);
  const closed = popup.waitForEvent('close');
  await popup.getByRole('button', { name: 'Open in side panel' }).click();
  await closed;
  await expect.poll(async () => (await extension.contexts(options)).map(({ contextType }) => contextType)).toContain('SIDE_PANEL');
  const inPanel = () => options.evaluate(() => {
    const panel = chrome.extension.getViews().find(({ location }) => location.pathname === '/extension/panel.html');
    const { value, answer } = panel.document.querySelector('skill-search');
    return [value, answer?.stage, answer?.routes[0]?.name];
  });
  await expect.poll(inPanel, { timeout: 30_000 }).toEqual([PODS, 'reranked', expect.stringMatching(/pod|kubernetes/)]);
});

test('text that is selected on a page is asked', async ({ extension, context }) => {
  // It is made after the installation, and an update throws until then.
  const update = () => extension.worker.evaluate(() => chrome.contextMenus.update('find-a-skill', {}));
  await expect(async () => expect(await update()).toBeUndefined()).toPass();
  const opened = context.waitForEvent('page');
  await chooseInMenu(extension, ` ${RECEIPTS}\n`); // Without a real click the browser opens no side panel, and a tab has to do.
  const page = await opened;
  await expectAnswer(page);
  await expect(page.getByRole('combobox')).toHaveValue(RECEIPTS);
  await expect(names(page).first()).toHaveText('receipts-to-spreadsheet');
  expect(page.url()).not.toContain('receipts'); // The browser remembers addresses.
});

test('the address bar suggests skills, and shows them all in a tab', async ({ extension, context }) => {
  const page = await extension.open('options');
  expect(await extension.worker.evaluate(() => chrome.omnibox.onInputChanged.hasListeners())).toBe(true);
  const suggest = (text) => page.evaluate(async (text) => {
    const { suggestFor } = await import('/extension/omnibox.js'); // What the listener calls; its answers go nowhere that a test could see.
    const { setDefaultSuggestion } = chrome.omnibox;
    let first;
    chrome.omnibox.setDefaultSuggestion = (suggestion) => setDefaultSuggestion.call(chrome.omnibox, (first = suggestion));
    const others = await new Promise((resolve) => suggestFor(text, resolve));
    chrome.omnibox.setDefaultSuggestion = setDefaultSuggestion;
    return [first, ...others];
  }, text);
  const [typed, best, ...others] = await suggest(RECEIPTS);
  expect(typed.description).toContain(RECEIPTS); // It carries what is typed, so that is what can break it.
  expect(best.content).toBe('receipts-to-spreadsheet');
  expect(others.length).toBeGreaterThan(0);
  const hostile = await suggest('<match>receipts & "bills" \u202e\u0000 ]]> into a spreadsheet');
  expect(hostile.length).toBeGreaterThan(1);
  expect(await areWellFormed(page, hostile)).toBe(true);

  const opened = context.waitForEvent('page');
  await extension.worker.evaluate((text) => chrome.omnibox.onInputEntered.dispatch(text, 'newForegroundTab'), PODS);
  const tab = await opened;
  await expectAnswer(tab);
  await expect(tab.getByRole('combobox')).toHaveValue(PODS);
});

test('the engine outlives the service worker, and is shared', async ({ extension, context }) => {
  const panel = await extension.open('panel');
  await ask(panel, RECEIPTS);
  const engine = async () => (await extension.contexts(panel)).filter(({ contextType }) => contextType === 'OFFSCREEN_DOCUMENT');
  const before = await engine();
  expect(before).toHaveLength(1);

  await extension.stopWorker(panel);
  await ask(panel, PODS);
  await expect(names(panel).first()).toHaveText(/pod|kubernetes/);
  await extension.expectWorker(panel, false); // Nobody has missed it.

  const popup = await extension.open('popup'); // Asks for the engine, which starts it again.
  await ask(popup, RECEIPTS);
  await extension.expectWorker(popup, true);
  expect(await engine()).toEqual(before);
  const opened = context.waitForEvent('page');
  await chooseInMenu(extension, PODS);
  await expectAnswer(await opened);
});

test('a page goes on when the engine was ended', async ({ extension }) => {
  const panel = await extension.open('panel');
  await ask(panel, RECEIPTS);
  await extension.worker.evaluate(() => chrome.offscreen.closeDocument());
  await ask(panel, PODS);
  await expect(names(panel).first()).toHaveText(/pod|kubernetes/);
});

test('two pages that ask at once both get their answers', async ({ extension }) => {
  const [popup, panel] = [await extension.open('popup'), await extension.open('panel')];
  await Promise.all([ask(popup, RECEIPTS), ask(panel, PODS)]);
  await expect(names(popup).first()).toHaveText('receipts-to-spreadsheet');
  await expect(names(panel).first()).toHaveText(/pod|kubernetes/);
});

test('everything that comes with it works without a network', async ({ extension, context }) => {
  await context.setOffline(true);
  const popup = await extension.open('popup');
  await ask(popup, RECEIPTS);
  await popup.getByRole('option').first().click();
  await expect(popup.getByRole('dialog').locator('#panel-body')).toContainText('ISO 4217');
});

test.describe('an index of one’s own', () => {
  /** The starter catalogue under an address of its own. */
  function publish(server) {
    for (const name of readdirSync(join(EXTENSION, 'index'))) server.files[`skills/index/${name}`] = readFileSync(join(EXTENSION, 'index', name));
  }

  /** @param {(manifest: any) => void} what */
  function change(server, what) {
    server.files['skills/index/index.json'] = changeManifest(server.files['skills/index/index.json'], what);
  }

  async function use(options, address) {
    await options.getByLabel('Address of your own index').fill(address);
    await options.getByRole('button', { name: 'Use it' }).click();
  }

  test('is fetched once, and answers when its server is gone', async ({ extension, server }) => {
    publish(server);
    const panel = await extension.open('panel');
    await ask(panel, PODS);
    const options = await extension.open('options');
    await use(options, `${server.origin}/skills/index`);
    await expect(options.locator('#index-now')).toHaveText(`Your own: ${server.origin}/skills/index/`);
    await expect(options.locator('#kept-own')).toContainText('Downloaded for your own index');
    await expectAnswer(panel); // From the new index, without being asked again.

    await server.close();
    await extension.worker.evaluate(() => chrome.offscreen.closeDocument());
    const popup = await extension.open('popup');
    await ask(popup, RECEIPTS);
    await popup.getByRole('option').first().click();
    await expect(popup.getByRole('dialog').locator('#panel-body')).toContainText('ISO 4217');
    const [{ documentUrl }] = (await extension.contexts(options)).filter(({ contextType }) => contextType === 'OFFSCREEN_DOCUMENT');
    expect(new URL(documentUrl).searchParams.get('index')).toBe(`${server.origin}/skills/index/`);

    await options.bringToFront();
    await options.getByRole('button', { name: 'Back to the catalogue' }).click();
    await expect(options.locator('#index-now')).toHaveText('The catalogue that comes with the extension.');
    await expect(options.locator('#kept-own')).toHaveText('Nothing was downloaded.');
    await ask(popup, PODS);
  });

  test('requests do not depend on what is asked', async ({ extension, server }) => {
    publish(server);
    const options = await extension.open('options');
    await use(options, `${server.origin}/skills/index/index.json`);
    await expect(options.locator('#index-now')).toContainText('Your own');
    const popup = await extension.open('popup');
    await ask(popup, 'hello');
    await expect(popup.locator('#state')).toHaveText('Ready, all on this device');
    const n_before = server.requests.length;
    for (const task of [RECEIPTS, PODS, 'is this email from the bank real']) await ask(popup, task);
    await popup.getByRole('option').first().click();
    await expect(popup.getByRole('dialog').locator('#panel-body h3').first()).toBeVisible();
    expect(server.requests.slice(n_before)).toEqual([]);
  });

  test('may name a reranker that is not here', async ({ extension, server }) => {
    publish(server);
    change(server, ({ routing }) => (routing.reranker = { name: 'another', rerank: 10, documents: 'exact' }));
    const options = await extension.open('options');
    await use(options, `${server.origin}/skills/index/`);
    await expect(options.locator('#index-now')).toContainText('Your own');
    const popup = await extension.open('popup');
    await ask(popup, RECEIPTS);
    await expect(popup.locator('#state')).toHaveText('Ready, all on this device');
    await expect(popup.locator('#banner')).toBeHidden();
  });

  test('an address that does not work changes nothing and says what to do', async ({ extension, server }) => {
    publish(server);
    const options = await extension.open('options');
    const problem = options.locator('#index-problem');
    await use(options, 'http://example.com/index/');
    await expect(problem).toHaveText(/has to begin with https/);
    await use(options, ' ');
    await expect(problem).toHaveText(/not an address/);
    await use(options, `${server.origin}/elsewhere/`);
    await expect(problem).toHaveText(/not on the server/);
    change(server, ({ encoder }) => (encoder.name = 'another'));
    await use(options, `${server.origin}/skills/index/`);
    await expect(problem).toHaveText(/^The index was built for the encoder another, which does not come with this extension; build it again .*\.$/);
    await expect(options.locator('#index-now')).toHaveText('The catalogue that comes with the extension.');
    await expect(options.getByLabel('Address of your own index')).toHaveAttribute('aria-invalid', 'true');
    expect(await extension.worker.evaluate(() => chrome.storage.local.get('index_url'))).toEqual({});
  });
});

test('own skills are added in the options, anywhere on the page, and found in the popup', async ({ extension, context }) => {
  const file = test.info().outputPath('SKILL.md');
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, '---\nname: trombone-polish\ndescription: Polishes the brass of old trombones until it shines.\n---\n\n# Polish\n\nDo it with care.\n');
  const popup = await extension.open('popup');
  await ask(popup, RECEIPTS); // Its engine is there before them.
  const options = await extension.open('options');
  await options.waitForFunction(() => document.getElementById('own').router);
  const devtools = await context.newCDPSession(options);
  const { x, y } = await options.getByRole('heading', { level: 1 }).boundingBox();
  for (const type of ['dragEnter', 'dragOver', 'drop']) {
    await devtools.send('Input.dispatchDragEvent', { type, x: x + 5, y: y + 5, data: { items: [], files: [file], dragOperationsMask: 1 } });
  }
  await expect(options.locator('own-skills').getByRole('list', { name: 'Sources' })).toContainText('1 skill', { timeout: 30_000 });
  await popup.bringToFront();
  await ask(popup, 'polish the brass of an old trombone');
  await expect(names(popup).first()).toHaveText('trombone-polish');
  await popup.getByRole('option').first().click();
  await expect(popup.getByRole('dialog').locator('#panel-body')).toContainText('Do it with care.');
  await options.locator('own-skills').getByRole('button', { name: /^Delete/ }).first().click();
  await expect(names(popup).first()).not.toHaveText('trombone-polish');
});

test('it has no permission that the store’s text does not explain', () => {
  const manifest = JSON.parse(readFileSync(join(EXTENSION, 'manifest.json'), 'utf8'));
  expect(manifest.host_permissions).toBeUndefined();
  expect(manifest.content_scripts).toBeUndefined();
  expect(manifest.web_accessible_resources).toBeUndefined();
  const store = readFileSync(new URL('../../www/extension/store.md', import.meta.url), 'utf8');
  const explained = [...store.matchAll(/^\| `([^`]+)`/gm)].map(([, permission]) => permission);
  expect(explained).toEqual([...manifest.permissions, ...manifest.optional_host_permissions]);
});

for (const colorScheme of ['light', 'dark']) {
  test(`accessible: ${colorScheme}`, async ({ extension }) => {
    for (const name of ['popup', 'panel', 'options']) {
      const page = await extension.open(name);
      await page.emulateMedia({ colorScheme });
      await expectNoViolations(page);
      if (name === 'options') {
        await page.getByLabel('Site', { exact: true }).fill('ftp://x');
        await page.getByRole('button', { name: 'Add' }).click();
        await expect(page.locator('#site-problem')).not.toBeEmpty();
      } else {
        await ask(page, RECEIPTS);
        await page.getByRole('option').first().click();
        await expect(page.getByRole('dialog').locator('#panel-body h3').first()).toBeVisible();
      }
      await expectNoViolations(page);
    }
  });
}

async function expectNoViolations(page) {
  const { violations } = await new AxeBuilder({ page }).setLegacyMode().analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`)).toEqual([]);
}
