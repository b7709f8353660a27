/**
 * How long people wait, with the models that a visitor gets: for the first answer of a cold visit over a slow connection, for each
 * keystroke, and for the page to react meanwhile. What was measured goes to `target/speed.json`.
 *
 * Each figure has what is promised for a machine that does nothing else, and a limit that a busy machine with two cores keeps too. Bytes
 * do not depend on the machine.
 */

import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { Demo, expect, test } from './page.js';
import { SLOW, slowDown } from './slow-network.js';
import { serveSite } from './static-server.js';
import { percentile, readStopwatch, startStopwatch } from './stopwatch.js';

test.use({ serviceWorkers: 'allow' });
test.describe.configure({ mode: 'default', timeout: 180_000 }); // One after another.

const REPORT = fileURLToPath(new URL('../../target/speed.json', import.meta.url));
const N_COLD_VISITS = 3;
const VISIT_MS = 45_000;
/** What a person types who types fast, and makes pauses. */
const KEY_PAUSE_MS = 120;
const TASKS = ['turn these receipts into a spreadsheet', 'my pods keep restarting after the deploy', 'explain my blood test in plain words'];

const LIMITS = {
  first_answer_ms: { promised: 1000, limit: 5_000 },
  first_answer_bytes: { promised: 400_000, limit: 600_000 }, // The connection carries 1,250,000 in a second.
  keystroke_median_ms: { promised: 50, limit: 250 },
  keystroke_95_percent_ms: { promised: 50, limit: 1000 },
  longest_task_ms: { promised: 50, limit: 500 },
};
/** @type {Record<string, { measured: number, promised: number, limit: number }>} */
const measured = {};

/** Writes a figure down, and holds it to its limit. */
function note(name, value) {
  measured[name] = { measured: Math.round(value * 10) / 10, ...LIMITS[name] };
  console.log(`${name}: ${measured[name].measured}, promised ${LIMITS[name].promised}`);
  writeFileSync(REPORT, `${JSON.stringify({ connection: SLOW, ...measured }, null, 2)}\n`);
  expect(value).toBeLessThanOrEqual(LIMITS[name].limit);
}

let server;
test.beforeAll(async () => {
  server = await serveSite({ compress: true });
  // Compressed once, before anybody waits for it.
  for (const build of ['search', 'cpu']) await fetch(`${server.url}pkg/${build}/skillrouter_bg.wasm`);
});
test.afterAll(() => server.close());

test(`a cold visit at ${SLOW.mbit_per_s} Mbit/s and ${SLOW.latency_ms} ms: the first answer by words`, async ({ browser }) => {
  const times_ms = [];
  let n_bytes;
  for (let visit = 0; visit < N_COLD_VISITS; visit++) {
    const page = await browser.newPage();
    const arrived = [];
    page.context().on('requestfinished', (request) => request.serviceWorker() || request.url().includes('/models/') || arrived.push(request));
    await slowDown(page);
    await startStopwatch(page, 'plan a wedding');
    await page.goto(server.url, { waitUntil: 'commit' });
    await expect.poll(async () => (await readStopwatch(page)).first.lexical, { timeout: VISIT_MS }).toBeDefined();
    const { first } = await readStopwatch(page);
    console.log(JSON.stringify(first, (_, value) => (typeof value === 'number' ? Math.round(value) : value)));
    times_ms.push(first.lexical);
    const sizes = await Promise.all(arrived.map((request) => request.sizes()));
    n_bytes = sizes.reduce((sum, { responseBodySize }) => sum + responseBodySize, 0);
    await page.close();
  }
  note('first_answer_bytes', n_bytes);
  note('first_answer_ms', percentile(times_ms, 0.5));
});

test('each keystroke is answered by words, while the model computes for the one before; and the main thread stays free', async ({ page }) => {
  const demo = new Demo(page);
  await startStopwatch(page);
  await page.goto(server.url);
  await demo.expectComplete();
  for (const task of TASKS) {
    await demo.query.fill('');
    await page.keyboard.type(task, { delay: KEY_PAUSE_MS });
    await demo.expectReranked();
    await demo.options.first().click();
    await expect(demo.panel.locator('#panel-body > *').first()).toBeVisible();
    await page.keyboard.press('Escape');
  }
  const { keystrokes_ms, long_tasks } = await readStopwatch(page);
  expect(keystrokes_ms.length).toBeGreaterThan(TASKS.join('').length / 2); // A key may be overtaken by the next one's answer.
  console.log(`${keystrokes_ms.length} keystrokes, slowest ${Math.round(Math.max(...keystrokes_ms))} ms; long tasks: ${JSON.stringify(long_tasks)}`);
  note('keystroke_median_ms', percentile(keystrokes_ms, 0.5));
  note('keystroke_95_percent_ms', percentile(keystrokes_ms, 0.95));
  note('longest_task_ms', Math.max(0, ...long_tasks.map(({ span_ms }) => span_ms)));
});
