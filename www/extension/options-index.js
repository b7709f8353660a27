/**
 * Options: the user's own index. It is opened here, with its files, before anything else uses it; an address that does not work
 * changes nothing.
 */

import { element, part as $ } from '../elements/markup.js';
import { isAbort } from '../shared/error.js';
import { sentence } from '../shared/texts.js';
import { fetchAsset } from '../storage/assets.js';
import { readStored, removeOwned } from '../storage/cache.js';
import { openRouter } from './engine-host.js';
import { showKept } from './options-kept.js';
import { announce, showProblem } from './options-page.js';
import { readSettings, writeSettings } from './settings.js';
import { addressOf, patternOf } from './sites.js';

/** The opening that is under way. @type {AbortController | null} */
let opening = null;

export async function startIndexSection() {
  $('index-form').addEventListener('submit', (event) => {
    event.preventDefault();
    void tryIndex();
  });
  $('index-cancel').addEventListener('click', () => opening?.abort());
  $('index-bundled').addEventListener('click', () => void useBundled());
  await show();
}

async function tryIndex() {
  if (opening) return;
  showProblem('index', '');
  opening = new AbortController();
  try {
    const url = addressOf($('index-url', HTMLInputElement).value.replace(/\/index\.json$/, '/'));
    if (!url.pathname.endsWith('/')) url.pathname += '/';
    const is_granted = await chrome.permissions.request({ origins: [patternOf(url)] });
    if (!is_granted) throw new Error('The browser did not allow the extension to read that site, so nothing has changed.');
    showBusy(true);
    const n_skills = await fetchIndex(url.href, opening.signal);
    await replaceIndex(url.href);
    announce(`Your own index is in use: ${n_skills} skills.`);
  } catch (error) {
    showProblem('index', isAbort(error) ? 'Cancelled; nothing has changed.' : sentence(error.message));
  } finally {
    opening = null;
    showBusy(false);
    await show();
  }
}

/**
 * Opens an index, and keeps all its files, so that it answers offline.
 * @param {string} index @param {AbortSignal} signal @returns {Promise<number>} number of its skills
 */
async function fetchIndex(index, signal) {
  const onProgress = (/** @type {import('../client.js').Progress} */ { loaded_bytes, total_bytes }) => Object.assign($('index-progress'), { max: total_bytes, value: loaded_bytes });
  const router = await openRouter({ index, models: chrome.runtime.getURL('models/'), prefetch: 'none', onProgress, signal }); // All of it is fetched below, before anything is asked.
  try {
    await router.ready;
    await fetchRest(new URL('index.json', index).href, signal);
    return router.about().n_skills;
  } finally {
    router.close();
  }
}

/**
 * Descriptions and instructions, which a router would fetch when they are needed.
 * @param {string} owner address of the index's manifest @param {AbortSignal} signal
 */
async function fetchRest(owner, signal) {
  const kept = await readStored(owner);
  if (!kept) throw new Error('The browser has no space to keep the index; make some and try again.');
  const entries = Object.values(JSON.parse(new TextDecoder().decode(kept)).files).flat();
  $('index-progress', HTMLProgressElement).max = entries.reduce((sum, { bytes }) => sum + bytes, 0);
  let before_bytes = 0;
  for (const entry of entries) {
    const onProgress = (/** @type {{ loaded_bytes: number }} */ { loaded_bytes }) => ($('index-progress', HTMLProgressElement).value = before_bytes + loaded_bytes);
    await fetchAsset(new URL(entry.file, owner).href, entry, { owner, signal, onProgress });
    before_bytes += entry.bytes;
  }
}

async function useBundled() {
  await replaceIndex(null);
  announce('The catalogue that comes with the extension is in use.');
  await show();
  $('index-url').focus();
}

/** The former index's files go, and the permission for its site, unless the helper has it. @param {string | null} index_url */
async function replaceIndex(index_url) {
  const { index_url: former, helper_sites } = await readSettings();
  await writeSettings({ index_url });
  if (former === null || former === index_url) return;
  await removeOwned(new URL('index.json', former).href);
  const pattern = patternOf(new URL(former));
  const is_needed = helper_sites.includes(pattern) || (index_url !== null && patternOf(new URL(index_url)) === pattern);
  if (!is_needed) await chrome.permissions.remove({ origins: [pattern] }).catch(() => {}); // One of the manifest stays.
}

async function show() {
  const { index_url } = await readSettings();
  $('index-now').replaceChildren(...(index_url
    ? ['Your own: ', element('bdi', { textContent: index_url })]
    : ['The catalogue that comes with the extension.']));
  $('index-bundled').hidden = index_url === null;
  await showKept();
}

/** @param {boolean} is_busy */
function showBusy(is_busy) {
  $('index-use', HTMLButtonElement).disabled = is_busy;
  $('index-cancel').hidden = $('index-progress').hidden = !is_busy;
  $('index-progress').removeAttribute('value');
}
