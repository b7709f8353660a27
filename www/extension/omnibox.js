/**
 * The keyword in the address bar: `skill`, Space, a task. The best skills appear below; Enter shows all of them in a tab.
 */

import { openEngineDocument } from './engine-document.js';
import { showInTab } from './questions.js';
import { RemoteRouter } from './remote-router.js';

const TOP = 5;
const MIN_CHARS = 3;

/** Of the words that are being typed. @type {RemoteRouter | null} */
let router = null;

/** @returns {RemoteRouter} */
export function begin() {
  router ??= new RemoteRouter({ openEngine: openEngineDocument });
  void router.ready.catch(() => {}); // Loads while the task is being typed.
  return router;
}

/** @param {string} text @param {(suggestions: chrome.omnibox.SuggestResult[]) => void} suggest */
export async function suggestFor(text, suggest) {
  const asked = begin();
  const task = text.trim();
  chrome.omnibox.setDefaultSuggestion({ description: task ? `Find a skill for <match>${escaped(task)}</match>` : 'Describe a task' });
  if (task.length < MIN_CHARS) return suggest([]);
  try {
    const { routes } = await asked.route(task, { top: TOP, typing: true });
    suggest(routes.map(suggestion));
  } catch {
    // A newer text came, or there is no index; Enter shows a page that says what is wrong.
  }
}

export function end() {
  router?.close();
  router = null;
}

/** @param {string} text @param {`${chrome.omnibox.OnInputEnteredDisposition}`} disposition */
export async function enter(text, disposition) {
  end();
  await showInTab(text, disposition);
}

/** @param {import('../client.js').Route} route @returns {chrome.omnibox.SuggestResult} */
function suggestion({ name, description = '' }) {
  return { content: name, description: `<match>${escaped(name)}</match>${description && ` <dim>${escaped(description)}</dim>`}` };
}

/** Suggestions are XML, and what it cannot hold or would turn around makes the browser drop them all. @param {string} text */
function escaped(text) {
  /** @type {Record<string, string>} */
  const entities = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' };
  return text.replace(/[\p{Cc}\p{Cs}\p{Bidi_Control}\uFFFE\uFFFF]/gu, ' ').replace(/[&<>"']/g, (char) => entities[char]);
}
