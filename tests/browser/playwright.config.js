/**
 * The page in Debian's Chromium, served as a static host would: `make site` first, then `npm test`.
 */

import { defineConfig } from '@playwright/test';

const PORT = 8018;

export default defineConfig({
  testDir: '.',
  outputDir: '../../test-results',
  timeout: 60_000,
  expect: { timeout: 15_000 },
  fullyParallel: true,
  workers: 2,
  forbidOnly: true,
  reporter: [['list']],
  use: {
    baseURL: `http://127.0.0.1:${PORT}/`,
    viewport: { width: 1280, height: 800 },
    serviceWorkers: 'block', // Requests must pass the tests' own interception; offline.spec.js allows them.
    trace: 'retain-on-failure',
    launchOptions: {
      executablePath: '/usr/bin/chromium',
      args: [
        '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
        '--disable-component-update', '--disable-sync',
        '--host-resolver-rules=MAP plain.test 127.0.0.1', // A host without https, so without Cache API and crypto.subtle.
      ],
    },
  },
  webServer: {
    command: `../../target/release/skillrouter serve ../../target/site --port ${PORT}`,
    url: `http://127.0.0.1:${PORT}/index.html`,
    reuseExistingServer: false,
  },
});
