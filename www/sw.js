/**
 * Keeps the page itself for visits without a network: html, styles, scripts, WebAssembly. The network comes first, so a new
 * version is seen at once. Index and model files are not its business: assets.js keeps those, with their checksums.
 */

const CACHE_NAME = 'skillrouter-shell-v1';
const SHELL = [
  './', 'index.html', 'site.css', 'demo.css', 'icon.svg',
  'demo.js', 'demo-status.js',
  'skill-search.js', 'skill-search-asking.js', 'skill-search-hotkey.js', 'skill-search-list.js',
  'skill-search-markup.js', 'skill-search-panel.js', 'skill-search-passage.js', 'skill-search-source.js',
  'skill-search-status.js', 'skill-search-style.js', 'markdown.js',
  'client.js', 'connection.js', 'deferred.js', 'error.js',
  'worker.js', 'session.js', 'index-files.js', 'arrival.js', 'model.js', 'reranking.js', 'report.js',
  'engine.js', 'device.js', 'webgpu.js', 'choices.js', 'assets.js', 'cache.js', 'progress.js',
  'pkg/cpu/skillrouter.js', 'pkg/cpu/skillrouter_bg.wasm', 'pkg/vendor/marked.esm.js', 'pkg/vendor/purify.es.mjs',
];
/** Kept once they were used: most visitors never need these. */
const LATER = [
  'pkg/gpu/skillrouter.js', 'pkg/gpu/skillrouter_bg.wasm',
  'evaluate-comparison.js', 'evaluate-elements.js', 'evaluate-export.js', 'evaluate-failures.js', 'evaluate-files.js', 'evaluate-metrics.js',
  'evaluate-queries.js', 'evaluate-run.js', 'evaluate-skills.js', 'evaluate-status.js', 'evaluate-table.js', 'evaluate-times.js',
  'evaluate-words.js', 'evaluate.css', 'evaluate.html', 'evaluate.js',
];
const urls = (paths) => paths.map((path) => new URL(path, self.registration.scope).href);
const KEPT_URLS = new Set(urls([...SHELL, ...LATER]));

self.addEventListener('install', (event) => {
  event.waitUntil(caches.open(CACHE_NAME).then((cache) => cache.addAll(urls(SHELL))).then(() => self.skipWaiting()));
});

self.addEventListener('activate', (event) => {
  event.waitUntil(self.clients.claim());
});

self.addEventListener('fetch', (event) => {
  const url = new URL(event.request.url);
  url.search = url.hash = '';
  if (event.request.method !== 'GET' || !KEPT_URLS.has(url.href)) return;
  event.respondWith(networkFirst(event, url.href));
});

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
