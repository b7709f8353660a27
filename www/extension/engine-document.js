/**
 * The offscreen document with the engine: made when somebody needs it, and made again when the user sets another index. Its
 * address tells which index it opens, so nobody has to remember that.
 */

import { alone } from '../shared/turns.js';
import { readSettings } from './settings.js';

const PAGE = 'extension/offscreen.html';
/** Service worker and pages may want it at the same time, and the browser allows one. */
const LOCK = 'skillrouter-engine-document';

/** Resolves when the document is there and listens. */
export function openEngineDocument() {
  return alone(LOCK, async () => {
    const url = await wantedUrl();
    const open_url = await openUrl();
    if (open_url === url) return;
    if (open_url) await chrome.offscreen.closeDocument();
    await chrome.offscreen.createDocument({
      url,
      reasons: ['WORKERS'],
      justification: 'The search runs as WebAssembly in a worker, on this device, and has to outlive popup and service worker.',
    });
  });
}

/** Another index was set: clients of the old document connect again. */
export async function replaceEngineDocument() {
  if (await openUrl()) await openEngineDocument();
}

async function wantedUrl() {
  const { index_url } = await readSettings();
  const url = new URL(chrome.runtime.getURL(PAGE));
  if (index_url) url.searchParams.set('index', index_url);
  return url.href;
}

async function openUrl() {
  const [context] = await chrome.runtime.getContexts({ contextTypes: ['OFFSCREEN_DOCUMENT'] });
  return context?.documentUrl;
}
