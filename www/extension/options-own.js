/**
 * Options: skills of the user's own. This page has a router that reads them, over the catalogue that comes with the extension, since they
 * lie beside any index; workers tell each other, so the engine of all other pages searches them from then on.
 */

import { part as $ } from '../elements/markup.js';
import '../own-skills.js';
import { sentence } from '../shared/texts.js';
import { openRouter } from './engine-host.js';

export async function startOwnSection() {
  const own = /** @type {import('../own-skills.js').OwnSkills} */ ($('own'));
  const [index, models] = ['index/', 'models/'].map((folder) => chrome.runtime.getURL(folder));
  try {
    own.router = await openRouter({ index, models, reranker: null });
  } catch (error) {
    $('own-problem').textContent = sentence(error.message);
  }
}
