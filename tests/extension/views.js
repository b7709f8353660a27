/**
 * The views of the extension that are drawn for somebody to look at: its own pages, and the helper on a page that imitates a chat.
 */

import { rmSync } from 'node:fs';
import { ask, expect as expectSoon, expectSuggestions, Extension } from './extension.js';
import { copyGranted, launch, serveChat } from './launch.js';

/**
 * What is acted on: the only page of a browser with the extension, and a chat.
 * @typedef {object} Stage
 * @property {import('@playwright/test').Page} page
 * @property {Extension} extension
 * @property {Awaited<ReturnType<typeof serveChat>>} chat
 * @property {() => Promise<void>} close
 *
 * `page`: of the extension, what is opened; `act`: what is done until the view is there; `sizes`: of windows in which it is drawn.
 * @typedef {object} View
 * @property {string} name
 * @property {'popup' | 'panel' | 'options'} page
 * @property {(stage: Stage) => Promise<void>} act
 * @property {{ width: number, height: number }[]} [sizes]
 */

/** The machine may have much else to do, and nothing is measured here. */
const expect = expectSoon.configure({ timeout: 180_000 });
const TASK = 'turn these receipts into a spreadsheet';
/** The popup has the size of its content, and a side panel is as wide as somebody draws it. */
const POPUP = [{ width: 400, height: 576 }];
const SIDE_PANEL = [{ width: 390, height: 844 }];
/** All of the options, without a scroll bar. */
const OPTIONS = [{ width: 1280, height: 1400 }, { width: 390, height: 1700 }];

/** @param {View} view @param {import('@playwright/test').BrowserContextOptions} options @returns {Promise<Stage>} */
export async function openExtension(view, options) {
  const folder = copyGranted();
  const { context, close: closeBrowser } = await launch(folder, options);
  const chat = await serveChat();
  const close = async () => {
    await closeBrowser();
    await chat.close();
    rmSync(folder, { recursive: true });
  };
  try {
    const extension = await Extension.in(context);
    return { page: await extension.open(view.page), extension, chat, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function answer({ page }) {
  await ask(page, TASK);
  await expect(page.locator('#answer-stage')).toHaveText(/^re-ranked (\d+) of \1$/);
}

/** Types into a box of the chat until the helper has something to say. @param {string} label */
async function typeInChat({ page, extension, chat }, label) {
  await extension.helpOn(chat.origin);
  await page.goto(chat.origin);
  await page.addStyleTag({ content: 'textarea, .editor, input { width: 100% !important; max-width: 600px; }' });
  await page.getByLabel(label).pressSequentially(`Please ${TASK}`);
  await expectSuggestions(page, /^receipts-to-spreadsheet/);
}

/** @type {View[]} */
export const EXTENSION_VIEWS = [
  { name: 'extension-popup', page: 'popup', sizes: POPUP, act: ({ page }) => expect(page.locator('#state')).toHaveAttribute('data-state', 'ready') },
  { name: 'extension-popup-answer', page: 'popup', sizes: POPUP, act: answer },
  { name: 'extension-side-panel', page: 'panel', sizes: SIDE_PANEL, act: answer },
  {
    name: 'extension-side-panel-opened',
    page: 'panel',
    sizes: SIDE_PANEL,
    async act(stage) {
      await answer(stage);
      await stage.page.getByRole('option').first().click();
      await expect(stage.page.locator('#panel-body > :not(.note)').first()).toBeVisible();
    },
  },
  { name: 'extension-options', page: 'options', sizes: OPTIONS, act: ({ page }) => expect(page.locator('#index-now')).not.toBeEmpty() },
  {
    name: 'extension-options-in-use',
    page: 'options',
    sizes: OPTIONS,
    async act({ page, extension, chat }) {
      await extension.helpOn(chat.origin);
      await expect(page.locator('#site-list')).toContainText(chat.origin);
      await page.getByLabel('Text, with {name}').fill('no place for it');
      await page.getByLabel('Text, with {name}').blur();
      await page.getByLabel('Address of your own index').fill(`${chat.origin}/index/`);
      await page.getByRole('button', { name: 'Use it' }).click();
      await expect(page.locator('#index-problem')).not.toBeEmpty();
    },
  },
  { name: 'extension-helper', page: 'options', act: (stage) => typeInChat(stage, 'Prompt') },
  {
    name: 'extension-helper-by-keyboard',
    page: 'options',
    async act(stage) {
      await typeInChat(stage, 'Editor');
      await stage.page.keyboard.press('Tab');
    },
  },
];
