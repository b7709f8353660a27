/**
 * The bench page gives numbers of the right shape; what they are is for BENCHMARKS.md.
 */

import { expect, test } from './page.js';

test('times scan and routes, and reports memory', async ({ page }) => {
  await page.goto('bench.html?scan=2000&runs=5&tokens=16,64');
  await expect(page.locator('#status')).toContainText('Done', { timeout: 45_000 });
  const result = await page.evaluate(() => window.benchResult);
  expect(result.rows.map(({ what }) => what)).toEqual(['exact scan, 2,000 x 384 int8', 'route by meaning, 16 tokens', 'route by meaning, 64 tokens']);
  for (const { n_runs, min_ms, median_ms, p95_ms } of result.rows) {
    expect(n_runs).toBeGreaterThanOrEqual(5);
    expect(min_ms).toBeGreaterThanOrEqual(0);
    expect(median_ms).toBeGreaterThanOrEqual(min_ms);
    expect(p95_ms).toBeGreaterThanOrEqual(median_ms);
  }
  expect(result.memory.wasm_bytes).toBeGreaterThan(1_000_000);
});
