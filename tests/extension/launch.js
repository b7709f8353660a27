/**
 * The unpacked extension in Debian's Chromium, allowed what a user would have allowed, and a static host with a page that imitates a chat.
 */

import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from '@playwright/test';

/** Where `make extension` puts it. */
export const EXTENSION = process.env.SKILLROUTER_EXTENSION ?? fileURLToPath(new URL('../../target/extension/', import.meta.url));

const CHAT = readFileSync(new URL('chat.html', import.meta.url), 'utf8');
/** What `chrome.permissions.request` would grant. Nothing can answer the browser's question here, so the copy has it from the start. */
const GRANTED = ['http://127.0.0.1/*'];

/** @returns {string} a folder with a copy of the extension that may do what a user has allowed; its taker deletes it */
export function copyGranted() {
  const folder = mkdtempSync(join(tmpdir(), 'skillrouter-extension-'));
  cpSync(EXTENSION, folder, { recursive: true });
  const manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'));
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify({ ...manifest, host_permissions: GRANTED }));
  return folder;
}

/**
 * A browser of its own, with a new profile that goes with it.
 * @param {string} folder of the extension
 * @param {import('@playwright/test').BrowserContextOptions} options
 * @returns {Promise<{ context: import('@playwright/test').BrowserContext, close: () => Promise<void> }>}
 */
export async function launch(folder, options) {
  const profile = mkdtempSync(join(tmpdir(), 'skillrouter-profile-'));
  const context = await chromium.launchPersistentContext(profile, {
    ...options,
    executablePath: '/usr/bin/chromium',
    headless: false, // Playwright's own way of being headless knows no extensions.
    args: [
      '--headless=new', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-component-update',
      `--disable-extensions-except=${folder}`, `--load-extension=${folder}`,
    ],
  });
  const close = async () => {
    await context.close();
    rmSync(profile, { recursive: true, force: true });
  };
  return { context, close };
}

/** A static host that can end: a chat at `/`, and below `files` what somebody puts there. */
export async function serveChat() {
  const files = {};
  const requests = [];
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url, 'http://localhost').pathname).slice(1);
    requests.push(path);
    if (path === '') return response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(CHAT);
    if (files[path] === undefined) return response.writeHead(404).end();
    response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(files[path]);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () => new Promise((resolve) => {
    server.close(resolve);
    server.closeAllConnections();
  });
  return { origin: `http://127.0.0.1:${server.address().port}`, files, requests, close };
}
