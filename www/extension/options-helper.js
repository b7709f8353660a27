/**
 * Options: the sites of the helper, and what choosing one of its suggestions does.
 */

import { element, part as $ } from '../elements/markup.js';
import { activeSites, removeSite } from './helper-sites.js';
import { announce, showProblem } from './options-page.js';
import { readSettings, writeSettings } from './settings.js';
import { addressOf, patternOf, siteOf } from './sites.js';

export async function startHelperSection() {
  $('site-form').addEventListener('submit', (event) => {
    event.preventDefault();
    void addSite();
  });
  const field = $('invocation', HTMLInputElement);
  field.addEventListener('change', () => void saveInvocation(field.value.trim()));
  for (const radio of actions()) radio.addEventListener('change', () => void writeSettings({ helper_action: /** @type {'insert' | 'copy'} */ (radio.value) }));
  chrome.storage.local.onChanged.addListener(({ helper_sites }) => helper_sites && void showSites());
  chrome.permissions.onAdded.addListener(() => void showSites());
  chrome.permissions.onRemoved.addListener(() => void showSites());
  const { helper_action, invocation } = await readSettings();
  for (const radio of actions()) radio.checked = radio.value === helper_action;
  field.value = invocation;
  await showSites();
}

async function addSite() {
  showProblem('site', '');
  try {
    const pattern = patternOf(addressOf($('site-url', HTMLInputElement).value));
    const is_granted = await chrome.permissions.request({ origins: [pattern] });
    if (!is_granted) throw new Error('The browser did not allow it, so nothing has changed.');
    const { helper_sites } = await readSettings();
    await writeSettings({ helper_sites: [...new Set([...helper_sites, pattern])] });
    $('site-url', HTMLInputElement).value = '';
    announce(`The helper is on for ${siteOf(pattern)}.`);
  } catch (error) {
    showProblem('site', error.message);
  }
}

/** @param {string} invocation */
async function saveInvocation(invocation) {
  const is_usable = invocation.includes('{name}');
  showProblem('invocation', is_usable ? '' : 'The text needs {name} somewhere: that is where the skill’s name goes. Not saved.');
  if (is_usable) await writeSettings({ invocation });
}

async function showSites() {
  const sites = await activeSites();
  $('site-list').replaceChildren(...sites.map(siteItem));
  $('site-none').hidden = sites.length > 0;
}

/** @param {string} pattern */
function siteItem(pattern) {
  const site = siteOf(pattern);
  const name = element('bdi', { textContent: site });
  const remove = element('button', { type: 'button', textContent: 'Remove' });
  remove.setAttribute('aria-label', `Remove ${site}`);
  remove.addEventListener('click', async () => {
    await removeSite(pattern);
    announce(`The helper is off for ${site}.`);
    $('site-url').focus();
  });
  const item = element('li');
  item.append(name, remove);
  return item;
}

/** @returns {HTMLInputElement[]} */
function actions() {
  return [.../** @type {NodeListOf<HTMLInputElement>} */ (document.querySelectorAll('input[name="action"]'))];
}
