/**
 * What the extension's tests share: Debian's Chromium with the unpacked extension, a page that imitates a chat, and the
 * helper's suggestions as a screen reader meets them.
 */

import { rmSync } from 'node:fs';
import { test as base, expect } from '@playwright/test';
import { copyGranted, launch, serveChat } from './launch.js';

export { expect };
export { EXTENSION } from './launch.js';

const MODELS_MS = 30_000;

export const test = base.extend({
  /** A copy of the extension that may do what a user has allowed. */
  folder: [async ({}, use) => {
    const folder = copyGranted();
    await use(folder);
    rmSync(folder, { recursive: true });
  }, { scope: 'worker' }],

  context: async ({ folder, colorScheme }, use) => {
    const { context, close } = await launch(folder, { colorScheme, viewport: { width: 1100, height: 760 } });
    const problems = [];
    context.on('weberror', (error) => problems.push(error.error().message));
    context.on('console', (message) => /Content Security Policy|Uncaught/.test(message.text()) && problems.push(message.text()));
    await use(context);
    await close();
    expect(problems).toEqual([]);
  },

  extension: async ({ context }, use) => use(await Extension.in(context)),

  /** A static host that can end: a chat at `/`, and below `files` what a test puts there. */
  server: async ({}, use) => {
    const server = await serveChat();
    await use(server);
    await server.close();
  },
});

export class Extension {
  /** @param {import('@playwright/test').BrowserContext} context of a browser that has it */
  static async in(context) {
    return new Extension(context, context.serviceWorkers()[0] ?? (await context.waitForEvent('serviceworker')));
  }

  /** @param {import('@playwright/test').BrowserContext} context @param {import('@playwright/test').Worker} worker */
  constructor(context, worker) {
    this.context = context;
    this.worker = worker;
    this.origin = `chrome-extension://${new URL(worker.url()).host}`;
  }

  /** @param {'popup' | 'panel' | 'options'} name @returns {Promise<import('@playwright/test').Page>} */
  async open(name) {
    const page = await this.context.newPage();
    await page.goto(`${this.origin}/extension/${name}.html`);
    return page;
  }

  /** Ends the service worker, as the browser does when it has nothing to do. @param {import('@playwright/test').Page} page one of the extension's */
  async stopWorker(page) {
    const session = await this.context.newCDPSession(page);
    await session.send('ServiceWorker.enable');
    await session.send('ServiceWorker.stopAllWorkers');
    await this.expectWorker(page, false);
  }

  /** @param {import('@playwright/test').Page} page one of the extension's @param {boolean} runs */
  async expectWorker(page, runs) {
    await expect.poll(async () => (await this.contexts(page)).some(({ contextType }) => contextType === 'BACKGROUND')).toBe(runs);
  }

  /** Turns the helper on for a site that is granted. @param {string} site */
  async helpOn(site) {
    await this.worker.evaluate((pattern) => chrome.storage.local.set({ helper_sites: [pattern] }), `${site}/*`);
    await expect.poll(() => this.worker.evaluate(() => chrome.scripting.getRegisteredContentScripts())).toHaveLength(1);
  }

  /** Kinds and addresses of all that runs of it. @param {import('@playwright/test').Page} page one of the extension's */
  contexts(page) {
    return page.evaluate(async () => {
      const contexts = await chrome.runtime.getContexts({});
      return contexts.map(({ contextType, documentUrl, documentId }) => ({ contextType, documentUrl, documentId }));
    });
  }
}

/** Types a task into the page's element and waits for the list. */
export async function ask(page, task) {
  await page.getByRole('combobox', { name: 'Describe the task' }).fill(task);
  await expectAnswer(page);
}

/** By meaning, so the model is there. */
export async function expectAnswer(page) {
  await expect(page.locator('#answer-stage')).toHaveAttribute('data-stage', /retrieved|reranked/, { timeout: MODELS_MS });
  await expect(page.getByRole('option').first()).toBeVisible();
}

export const names = (page) => page.locator('#results .name');

/**
 * The helper's suggestions: a closed shadow tree, which no script sees, but assistive technology does.
 * @param {import('@playwright/test').Page} page
 * @returns {Promise<{ name: string, focused: boolean, click: () => Promise<void> }[]>}
 */
export async function suggestions(page) {
  const session = await page.context().newCDPSession(page);
  try {
    const { nodes } = await session.send('Accessibility.getFullAXTree');
    const byId = new Map(nodes.map((node) => [node.nodeId, node]));
    const bar = nodes.find(({ role, name }) => role?.value === 'toolbar' && name?.value === 'Skills for this text');
    const buttons = bar ? within(bar, byId).filter(({ role }) => role?.value === 'button') : [];
    const boxes = await Promise.all(buttons.map(({ backendDOMNodeId }) => boxOf(session, backendDOMNodeId)));
    return buttons.flatMap(({ name, properties }, i) => {
      if (!boxes[i]) return [];
      const [left, top, right, , , bottom] = boxes[i];
      const focused = properties.some((property) => property.name === 'focused' && property.value.value);
      return [{ name: name.value, focused, click: () => page.mouse.click((left + right) / 2, (top + bottom) / 2) }];
    });
  } finally {
    await session.detach();
  }
}

/** The corners of an element; null if it went since the tree was read, for the page goes on meanwhile. */
async function boxOf(session, backendNodeId) {
  try {
    return (await session.send('DOM.getBoxModel', { backendNodeId })).model.border;
  } catch (error) {
    if (/Could not compute box model|No node/.test(error.message)) return null;
    throw error;
  }
}

/** In the helper's own world: keeps what it waits for, timers and answers. */
const KEEP_WAITING = `
  const waiting = (globalThis.waiting = new Set());
  const { setTimeout, clearTimeout } = globalThis;
  globalThis.setTimeout = (run, ms) => {
    const timer = setTimeout(() => (waiting.delete(timer), run()), ms);
    waiting.add(timer);
    return timer;
  };
  globalThis.clearTimeout = (timer) => (waiting.delete(timer), clearTimeout(timer));
  const { sendMessage, connect } = chrome.runtime;
  chrome.runtime.sendMessage = (message) => {
    const answer = sendMessage.call(chrome.runtime, message);
    const end = () => waiting.delete(answer);
    waiting.add(answer);
    answer.then(end, end);
    return answer;
  };
  chrome.runtime.connect = (options) => {
    const port = connect.call(chrome.runtime, options);
    const end = () => waiting.delete(port);
    const { postMessage, disconnect } = port;
    port.postMessage = (message) => (waiting.add(port), postMessage.call(port, message));
    port.disconnect = () => (end(), disconnect.call(port));
    port.onMessage.addListener(({ result, error }) => (result || error) && end());
    port.onDisconnect.addListener(end);
    return port;
  };`;

/** The helpers of pages that are watched. @type {WeakMap<import('@playwright/test').Page, (expression: string) => Promise<any>>} */
const helpers = new WeakMap();

/** Keeps what the helper of a page waits for from now on. @param {import('@playwright/test').Page} page that has one */
export async function watchHelper(page) {
  const session = await page.context().newCDPSession(page);
  const worlds = new Set();
  session.on('Runtime.executionContextCreated', ({ context }) => context.origin.startsWith('chrome-extension://') && worlds.add(context.id));
  await session.send('Runtime.enable');
  await expect.poll(() => worlds.size).toBe(1);
  const [contextId] = worlds;
  const run = async (expression) => {
    const { result, exceptionDetails } = await session.send('Runtime.evaluate', { contextId, expression, returnByValue: true });
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  };
  await run(`{${KEEP_WAITING}}`);
  helpers.set(page, run);
}

/** Whether something may still come of what was typed. @param {import('@playwright/test').Page} page */
export async function helperIsBusy(page) {
  const run = helpers.get(page);
  return run ? run('globalThis.waiting.size > 0') : false;
}

/** Waits until there are some. */
export async function expectSuggestions(page, pattern) {
  await expect.poll(async () => (await suggestions(page)).map(({ name }) => name).join(', '), { timeout: MODELS_MS }).toMatch(pattern);
  return suggestions(page);
}

function within(node, byId) {
  return (node.childIds ?? []).flatMap((id) => {
    const child = byId.get(id);
    return child ? [child, ...within(child, byId)] : [];
  });
}
