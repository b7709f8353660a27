/**
 * The bench page in headless Chromium: exact search, encoding and memory in wasm.
 *
 *     make site && target/release/skillrouter serve target/site --port 8017 &
 *     node tests/bench/page.mjs http://127.0.0.1:8017/bench.html
 *
 * `?scan=none` leaves out the search over random vectors, whose memory would count: use it for the memory figures.
 */

import { chromium } from '@playwright/test';

const url = process.argv[2] ?? 'http://127.0.0.1:8017/bench.html';
const args = ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'];
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args });
const page = await browser.newPage();
await page.goto(url);
await page.waitForFunction(() => window.benchResult, null, { timeout: 300_000 });
console.log(JSON.stringify({ browser: browser.version(), ...await page.evaluate(() => window.benchResult) }, null, 2));
await browser.close();
