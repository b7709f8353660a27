/**
 * The page in Debian's Chromium, served as a static host would, with tiny models beside the page's own: `make test`.
 *
 * Four projects: without WebGPU, `*.gpu.spec.js` with it, the npm package, and the browser extension.
 */

import { defineConfig } from '@playwright/test';

const PORT = 8018;
const ARGS = [
  '--no-sandbox', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync',
  '--host-resolver-rules=MAP plain.test 127.0.0.1', // A host without https, so without Cache API and crypto.subtle.
];
/** WebGPU in software: right numbers, slowly. */
const SWIFTSHADER = ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader', '--enable-features=Vulkan'];
const GPU_SPECS = /\.gpu\.spec\.js$/;

/** A project in a Chromium with these arguments on top. */
function chromium(args) {
  return { launchOptions: { executablePath: '/usr/bin/chromium', args: [...ARGS, ...args] } };
}

export default defineConfig({
  testDir: '.',
  outputDir: '../../test-results',
  timeout: 60_000,
  expect: { timeout: 15_000 },
  fullyParallel: true,
  workers: 2,
  // Under load, Playwright lets now and then a request of a worker pass its interception (seen once in some 200 tests). A test
  // that passes at the second try is listed as flaky.
  retries: 1,
  forbidOnly: true,
  reporter: [['list']],
  use: {
    baseURL: `http://127.0.0.1:${PORT}/`,
    viewport: { width: 1280, height: 800 },
    serviceWorkers: 'block', // Requests must pass the tests' own interception; offline.spec.js allows them.
    trace: 'on-first-retry',
  },
  projects: [
    { name: 'cpu', testIgnore: GPU_SPECS, use: chromium(['--disable-gpu']) },
    { name: 'npm', testDir: '../npm', use: chromium(['--disable-gpu']) },
    { name: 'extension', testDir: '../extension', timeout: 120_000 },
    { name: 'gpu', testMatch: GPU_SPECS, use: chromium(SWIFTSHADER), timeout: 180_000 },
  ],
  webServer: {
    command: `../../target/release/skillrouter serve ../../target/test-site --port ${PORT}`,
    url: `http://127.0.0.1:${PORT}/index.html`,
    reuseExistingServer: false,
  },
});
