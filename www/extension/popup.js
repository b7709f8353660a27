/**
 * The popup of the toolbar button: the search, a way to go on in the side panel, and the helper's switch for the site in the tab.
 */

import { part as $ } from '../elements/markup.js';
import { activeSites, removeSite } from './helper-sites.js';
import { showInSidePanel } from './questions.js';
import { startSearch } from './search-page.js';
import { readSettings, writeSettings } from './settings.js';
import { addressOf, patternOf, siteOf } from './sites.js';

const search = startSearch();
const [tab] = await chrome.tabs.query({ active: true, currentWindow: true });

$('open-panel').addEventListener('click', async () => {
  await showInSidePanel(search.value, tab.windowId);
  close();
});

const pattern = patternOfTab(tab);
if (pattern) {
  const site_switch = $('site-switch', HTMLInputElement);
  $('site-name').textContent = siteOf(pattern);
  site_switch.checked = (await activeSites()).includes(pattern);
  site_switch.addEventListener('change', () => void setHelper(site_switch, pattern));
  $('site').hidden = false;
}

/**
 * The browser's question may close the popup, so what is wanted is written down before the answer.
 * @param {HTMLInputElement} site_switch @param {string} pattern
 */
async function setHelper(site_switch, pattern) {
  $('site-problem').textContent = '';
  if (!site_switch.checked) return removeSite(pattern);
  const asking = chrome.permissions.request({ origins: [pattern] });
  const { helper_sites } = await readSettings();
  await writeSettings({ helper_sites: [...new Set([...helper_sites, pattern])] });
  const is_granted = await asking.catch(() => false);
  if (is_granted) return;
  await removeSite(pattern);
  site_switch.checked = false;
  $('site-problem').textContent = 'The browser did not allow it, so nothing has changed.';
}

/** @param {chrome.tabs.Tab} tab @returns {string | null} null where no helper can be: pages of the browser, and of other extensions */
function patternOfTab({ url }) {
  try {
    return patternOf(addressOf(url ?? ''));
  } catch {
    return null;
  }
}
