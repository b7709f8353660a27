/**
 * On which sites the helper runs: those that the user wants it on and the browser grants. Whatever changes either, the content
 * script's registration follows.
 */

import { alone } from '../shared/turns.js';
import { openEngineDocument } from './engine-document.js';
import { readSettings, writeSettings } from './settings.js';
import { isGranted, patternOf } from './sites.js';

const SCRIPT_ID = 'helper';
const SCRIPT = 'extension/helper.js';
const LOCK = 'skillrouter-helper-sites';

/** Registers the helper on the sites that it belongs on now, and starts it in their tabs that are open already. */
export function updateHelper() {
  return alone(LOCK, async () => {
    const matches = await activeSites();
    const [registered] = await chrome.scripting.getRegisteredContentScripts({ ids: [SCRIPT_ID] });
    if (registered && matches.length === 0) return chrome.scripting.unregisterContentScripts({ ids: [SCRIPT_ID] });
    if (matches.length === 0) return undefined;
    const script = { id: SCRIPT_ID, js: [SCRIPT], matches };
    await (registered ? chrome.scripting.updateContentScripts([script]) : chrome.scripting.registerContentScripts([script]));
    return startInOpenTabs(matches.filter((pattern) => !registered?.matches?.includes(pattern)));
  });
}

/** What a helper has to know, each time before it asks anything: its site may have been removed. @param {chrome.runtime.MessageSender} sender */
export async function settingsFor(sender) {
  const { helper_action, invocation } = await readSettings();
  const is_wanted = (await activeSites()).includes(siteOfSender(sender));
  if (is_wanted) await openEngineDocument();
  return { is_wanted, helper_action, invocation };
}

/** "Not on this site", said in the page. @param {chrome.runtime.MessageSender} sender */
export function leaveSite(sender) {
  return removeSite(siteOfSender(sender));
}

/** Of a page with a helper. @param {chrome.runtime.MessageSender} sender @returns {string} its match pattern */
function siteOfSender({ origin = '' }) {
  return patternOf(new URL(origin));
}

/** @param {string} pattern */
export async function removeSite(pattern) {
  const { helper_sites, index_url } = await readSettings();
  await writeSettings({ helper_sites: helper_sites.filter((site) => site !== pattern) });
  const is_needed = index_url !== null && patternOf(new URL(index_url)) === pattern;
  if (!is_needed) await chrome.permissions.remove({ origins: [pattern] }).catch(() => {}); // One of the manifest stays.
}

/** @returns {Promise<string[]>} match patterns of the sites on which the helper runs */
export async function activeSites() {
  const { helper_sites } = await readSettings();
  const granted = await Promise.all(helper_sites.map(isGranted));
  return helper_sites.filter((_, i) => granted[i]);
}

/** @param {string[]} matches */
async function startInOpenTabs(matches) {
  if (matches.length === 0) return;
  const tabs = await chrome.tabs.query({ url: matches });
  const start = (/** @type {chrome.tabs.Tab} */ { id }) => chrome.scripting.executeScript({ target: { tabId: /** @type {number} */ (id) }, files: [SCRIPT] });
  await Promise.allSettled(tabs.map(start)); // A tab that shows an error page takes no script.
}
