/**
 * Keeps the page itself for visits without a network: html, styles, scripts, WebAssembly. The network comes first, so a new
 * version is seen at once. Index and model files are not its business: storage/assets.js keeps those, with their checksums.
 */

/** `SHELL` is kept at once, `LATER` what was used: tools/shell.mjs makes both from the site. */
const worker = /** @type {ServiceWorkerGlobalScope & { SHELL: string[], LATER: string[] }} */ (/** @type {unknown} */ (self));
importScripts('sw-files.js');

const CACHE_NAME = 'skillrouter-shell-v1';
const urls = (/** @type {string[]} */ paths) => paths.map((path) => new URL(path, worker.registration.scope).href);
const KEPT_URLS = new Set(urls([...worker.SHELL, ...worker.LATER]));

worker.addEventListener('install', (event) => {
  event.waitUntil(caches.open(CACHE_NAME).then((cache) => cache.addAll(urls(worker.SHELL))).then(() => worker.skipWaiting()));
});

worker.addEventListener('activate', (event) => {
  event.waitUntil(worker.clients.claim());
});

worker.addEventListener('fetch', (event) => {
  const url = new URL(event.request.url);
  url.search = url.hash = '';
  if (event.request.method !== 'GET' || !KEPT_URLS.has(url.href)) return;
  event.respondWith(networkFirst(event, url.href));
});

/** @param {FetchEvent} event @param {string} url */
async function networkFirst(event, url) {
  const cache = await caches.open(CACHE_NAME);
  let response;
  try {
    response = await fetch(event.request);
  } catch (error) {
    const kept = await cache.match(url);
    if (kept) return kept;
    throw error;
  }
  if (response.ok) event.waitUntil(cache.put(url, response.clone()).catch(() => {})); // No space is no reason to fail.
  return response;
}
