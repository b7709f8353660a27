/**
 * Each keystroke's answer by words on a large index, in the demo page:
 *
 *     make site && node tests/bench/keystroke.mjs INDEX
 *
 * INDEX is a folder that `skillrouter index` made with the model of the site, such as one of 43,795 skills; it takes the place of the
 * site's own. Prints milliseconds from a key to the answer for what stands in the text box then, with all cards still on the server.
 */

import { mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from '@playwright/test';

const BUILT_SITE = fileURLToPath(new URL('../../target/site/', import.meta.url));
const KEY_PAUSE_MS = 120;
const LOADING_MS = 120_000;
const TASKS = [
  'turn these receipts into a spreadsheet', 'my pods keep restarting after the deploy', 'explain my blood test in plain words',
  'the bank says one number and my ledger another', 'make our slow SQL report faster',
];

const [, , index] = process.argv;
if (!index) throw new Error('which index? node tests/bench/keystroke.mjs INDEX');

const site = await mkdtemp(join(tmpdir(), 'skillrouter-site-'));
for (const name of await readdir(BUILT_SITE)) {
  if (name !== 'index') await symlink(join(BUILT_SITE, name), join(site, name));
}
await symlink(resolve(index), join(site, 'index'));
process.env.SKILLROUTER_SITE = site; // Read by static-server.js, once.
const { serveSite } = await import('../browser/static-server.js');
const { percentile, readStopwatch, startStopwatch } = await import('../browser/stopwatch.js');

const server = await serveSite();
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });
try {
  const page = await browser.newPage();
  await startStopwatch(page);
  await page.goto(server.url);
  await page.locator('#state-text', { hasText: 'Ready, all on this device' }).waitFor({ timeout: LOADING_MS });
  for (const task of TASKS) {
    await page.locator('#query').fill('');
    await page.locator('#query').pressSequentially(task, { delay: KEY_PAUSE_MS });
  }
  const { keystrokes_ms, long_tasks } = await readStopwatch(page);
  const ms = (value) => Math.round(value * 10) / 10;
  console.log(JSON.stringify({
    browser: browser.version(),
    index: await page.locator('#about strong').innerText(),
    n_keystrokes: keystrokes_ms.length,
    median_ms: ms(percentile(keystrokes_ms, 0.5)),
    p95_ms: ms(percentile(keystrokes_ms, 0.95)),
    slowest_ms: ms(Math.max(...keystrokes_ms)),
    long_tasks_ms: long_tasks.map(({ span_ms }) => span_ms),
  }, null, 2));
} finally {
  await browser.close();
  await server.close();
  await rm(site, { recursive: true });
}
