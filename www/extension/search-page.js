/**
 * What popup and side panel have in common: the element, answered by the offscreen document, and the way to the options.
 */

import { part as $ } from '../elements/markup.js';
import '../skill-search.js';
import { RemoteRouter } from './remote-router.js';

/** @returns {import('../skill-search.js').SkillSearch} the element of the page */
export function startSearch() {
  const search = /** @type {any} */ ($('search'));
  search.router = new RemoteRouter({ onProgress: showDownload });
  chrome.storage.local.onChanged.addListener(({ index_url }) => {
    if (!index_url) return;
    const former = search.router;
    search.router = new RemoteRouter({ onProgress: showDownload });
    former.close();
  });
  $('open-options').addEventListener('click', () => chrome.runtime.openOptionsPage());
  search.focus();
  return search;
}

/** @param {import('../client.js').Progress} progress */
function showDownload({ loaded_bytes, total_bytes }) {
  $('download').hidden = loaded_bytes === total_bytes;
  Object.assign($('download'), { max: total_bytes, value: loaded_bytes });
}
