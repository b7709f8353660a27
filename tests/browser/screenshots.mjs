/**
 * Draws each view, light and dark, wide and narrow: `make screenshots` after `make site` and `make extension`. The pictures lie in
 * `target/screenshots/`, for somebody to look at; one of them is that of the README.
 *
 *     node tests/browser/screenshots.mjs [PART-OF-A-NAME...]     (only the views whose names have one of these in them)
 *
 * A view is an entry of VIEWS. Ends with 1 when one of them could not be drawn, or none has such a name.
 */

import { copyFile, mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { chromium } from '@playwright/test';
import { EXTENSION_VIEWS, openExtension } from '../extension/views.js';
import { openSite, SITE_VIEWS } from './views.js';

const FOLDER = fileURLToPath(new URL('../../target/screenshots/', import.meta.url));
const README_PICTURE = { of: 'reranked-with-panel-light-1280', path: fileURLToPath(new URL('../../www/screenshot.png', import.meta.url)) };
const SCHEMES = ['light', 'dark'];
const SIZES = [{ width: 1280, height: 800 }, { width: 390, height: 844 }];

/** Each with what opens its stage: a page on which it acts, and all that has to be closed after it. */
const VIEWS = [
  ...SITE_VIEWS.map((view) => ({ ...view, open: (options) => openSite(browser, view, options) })),
  ...EXTENSION_VIEWS.map((view) => ({ ...view, open: (options) => openExtension(view, options) })),
];

/** @param {typeof VIEWS[number]} view @returns {Promise<string>} the picture's name */
async function draw(view, colorScheme, viewport) {
  const stage = await view.open({ colorScheme, viewport, reducedMotion: 'reduce' });
  try {
    await view.act(stage);
    const name = `${view.name}-${colorScheme}-${viewport.width}`;
    await stage.page.screenshot({ path: `${FOLDER}${name}.png`, fullPage: view.full ?? false });
    return name;
  } finally {
    await stage.close();
  }
}

const wanted = process.argv.slice(2);
const views = VIEWS.filter(({ name }) => wanted.length === 0 || wanted.some((part) => name.includes(part)));
if (views.length === 0) {
  console.error(`No view has this in its name: ${wanted.join(', ')}`);
  process.exitCode = 1;
}
await mkdir(FOLDER, { recursive: true });
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });
try {
  for (const view of views) {
    for (const colorScheme of SCHEMES) {
      for (const viewport of view.sizes ?? SIZES) {
        try {
          const name = await draw(view, colorScheme, viewport);
          if (name === README_PICTURE.of) await copyFile(`${FOLDER}${name}.png`, README_PICTURE.path);
          console.log(`${FOLDER}${name}.png`);
        } catch (error) {
          console.error(`${view.name}, ${colorScheme}, ${viewport.width}: ${error.message}`);
          process.exitCode = 1;
        }
      }
    }
  }
} finally {
  await browser.close();
}
