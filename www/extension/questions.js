/**
 * Questions on their way from the context menu or the address bar to the page that shows the answer. They are kept in memory
 * (`chrome.storage.session`) until that page takes them, and never become part of an address, which the browser would remember.
 */

const PAGE = 'extension/panel.html';

const forTab = (/** @type {number | undefined} */ tab_id) => `question:tab:${tab_id}`;
const forWindow = (/** @type {number | undefined} */ window_id) => `question:window:${window_id}`;

/**
 * Asks in the side panel of a window. The browser opens it only right after a click, so that comes before anything else; where
 * it does not, the page opens in a tab.
 * @param {string} text
 * @param {number} [window_id]
 */
export async function showInSidePanel(text, window_id) {
  const opening = window_id === undefined ? Promise.reject() : chrome.sidePanel.open({ windowId: window_id });
  try {
    await opening;
    await chrome.storage.session.set({ [forWindow(window_id)]: text });
  } catch {
    await showInTab(text, 'newForegroundTab');
  }
}

/** @param {string} text @param {`${chrome.omnibox.OnInputEnteredDisposition}`} disposition */
export async function showInTab(text, disposition) {
  const url = chrome.runtime.getURL(PAGE);
  const tab = disposition === 'currentTab'
    ? await chrome.tabs.update({ url })
    : await chrome.tabs.create({ url, active: disposition === 'newForegroundTab' });
  await chrome.storage.session.set({ [forTab(tab?.id)]: text });
}

/** Hands over questions to the page that this is called in, those before and those to come. @param {(text: string) => void} ask */
export async function takeQuestions(ask) {
  const tab = await chrome.tabs.getCurrent(); // None in the side panel.
  const key = tab ? forTab(tab.id) : forWindow((await chrome.windows.getCurrent()).id);
  const take = (/** @type {unknown} */ text) => {
    if (typeof text !== 'string') return;
    void chrome.storage.session.remove(key);
    ask(text);
  };
  chrome.storage.session.onChanged.addListener((changes) => take(changes[key]?.newValue));
  take((await chrome.storage.session.get(key))[key]);
}
