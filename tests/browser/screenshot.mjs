/**
 * Draws the picture of the README: `npm run screenshot` after `make site`.
 */

import { fileURLToPath } from 'node:url';
import { chromium } from '@playwright/test';
import { serveSite } from './static-server.js';

const PICTURE = fileURLToPath(new URL('../../www/screenshot.png', import.meta.url));

const server = await serveSite();
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });
try {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, colorScheme: 'light', reducedMotion: 'reduce' });
  await page.goto(server.url);
  await page.locator('#state-text', { hasText: 'Ready, all on this device' }).waitFor();
  await page.locator('#query').fill('turn these receipts into a spreadsheet');
  await page.locator('#answer-stage[data-stage=reranked]').waitFor();
  await page.locator('#answer-stage', { hasText: 're-ranked 10 of 10' }).waitFor();
  await page.locator('#results [role=option]').first().click();
  await page.locator('#panel-body h3').first().waitFor();
  await page.screenshot({ path: PICTURE });
  console.log(PICTURE);
} finally {
  await browser.close();
  await server.close();
}
