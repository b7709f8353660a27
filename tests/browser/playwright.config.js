/**
 * The page in Debian's Chromium, served as a static host would, with tiny models beside the page's own: `make test`.
 *
 * Four projects: without WebGPU, `*.gpu.spec.js` with it, the npm package, and the browser extension. `*.slow.spec.js`, which take minutes and
 * guard little, run instead of them where SLOW is set: `make test-slow`.
 */

import { defineConfig } from '@playwright/test';

const ARGS = [
  '--no-sandbox', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync',
  '--host-resolver-rules=MAP plain.test 127.0.0.1', // A host without https, so without Cache API and crypto.subtle.
];
/** WebGPU in software: right numbers, slowly. */
const SWIFTSHADER = ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader', '--enable-features=Vulkan'];
const GPU_SPECS = /\.gpu\.spec\.js$/;
const SLOW_SPECS = /\.slow\.spec\.js$/;

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
  retries: 0,
  forbidOnly: true,
  reporter: [['list']],
  use: {
    viewport: { width: 1280, height: 800 },
    serviceWorkers: 'block', // A page kept by one hides what a test does to the site; offline.spec.js allows them.
  },
  projects: process.env.SLOW ? [
    { name: 'slow', testDir: '..', testMatch: SLOW_SPECS, use: chromium(['--disable-gpu']) },
  ] : [
    { name: 'cpu', testIgnore: GPU_SPECS, use: chromium(['--disable-gpu']) },
    { name: 'npm', testDir: '../npm', testIgnore: SLOW_SPECS, use: chromium(['--disable-gpu']) },
    { name: 'extension', testDir: '../extension', timeout: 120_000 },
    { name: 'gpu', testMatch: GPU_SPECS, use: chromium(SWIFTSHADER), timeout: 180_000 },
  ],
});
