/**
 * The service worker: what the browser reports, and who takes care of it. It holds nothing and may end at any time; the engine
 * lives in the offscreen document.
 */

import { openEngineDocument, replaceEngineDocument } from './engine-document.js';
import { leaveSite, settingsFor, updateHelper } from './helper-sites.js';
import * as omnibox from './omnibox.js';
import { showInSidePanel } from './questions.js';

const MENU_ID = 'find-a-skill';

/** What pages and helpers ask, by the message's `ask`. @type {Record<string, (sender: chrome.runtime.MessageSender) => Promise<unknown>>} */
const ANSWERS = {
  engine: () => openEngineDocument(),
  helper: (/** @type {chrome.runtime.MessageSender} */ sender) => settingsFor(sender),
  'leave-site': (/** @type {chrome.runtime.MessageSender} */ sender) => leaveSite(sender),
};

chrome.runtime.onInstalled.addListener(() => {
  chrome.contextMenus.removeAll(() => {
    chrome.contextMenus.create({ id: MENU_ID, title: 'Find a skill for “%s”', contexts: ['selection'] });
  });
  void updateHelper();
});

chrome.contextMenus.onClicked.addListener(({ menuItemId, selectionText = '' }, tab) => {
  if (menuItemId === MENU_ID) void showInSidePanel(selectionText, tab?.windowId);
});

chrome.runtime.onMessage.addListener(({ ask }, sender, reply) => {
  if (!Object.hasOwn(ANSWERS, ask)) return false;
  ANSWERS[ask](sender).then((value) => reply({ value }), (error) => reply({ error: error.message }));
  return true; // The reply comes later.
});

chrome.storage.local.onChanged.addListener(({ index_url, helper_sites }) => {
  if (index_url) void replaceEngineDocument();
  if (helper_sites) void updateHelper();
});
chrome.permissions.onAdded.addListener(() => void updateHelper());
chrome.permissions.onRemoved.addListener(() => void updateHelper());

chrome.omnibox.onInputStarted.addListener(() => omnibox.begin());
chrome.omnibox.onInputChanged.addListener((text, suggest) => void omnibox.suggestFor(text, suggest));
chrome.omnibox.onInputCancelled.addListener(() => omnibox.end());
chrome.omnibox.onInputEntered.addListener((text, disposition) => void omnibox.enter(text, disposition));
