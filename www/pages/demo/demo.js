/**
 * The demo page around `<skill-search>`: examples, what the address says, the visitor's own skills, and the meters and the panel at its foot.
 *
 *     index.html?reranker=NAME&device=gpu&prefetch=none     (a folder in models/, or none; auto, cpu or gpu; all or none)
 */

import { element, part as $ } from '../../elements/markup.js';
import { SkillSearch } from '../../skill-search.js';
import { DevicePanel } from './device.js';
import * as meters from './status.js';

/** @typedef {import('../../client.js').SkillRouter} SkillRouter */

const EXAMPLES = [
  'turn these receipts into a spreadsheet',
  'the bank says one number and my ledger another',
  'a customer is furious, what do I write back',
  'my pods keep restarting after the deploy',
  'who sits next to whom at our wedding',
  'is this email from the bank real',
  'explain my blood test in plain words',
  'make our slow SQL report faster',
];

const search = $('search', SkillSearch);
const own = /** @type {import('../../own-skills.js').OwnSkills} */ ($('own')); // Its class comes later.

const parameters = new URLSearchParams(location.search);
for (const name of ['reranker', 'device', 'prefetch']) {
  const value = parameters.get(name);
  if (value !== null) search.setAttribute(name, value);
}

/** The page's own attributes open it. @returns {SkillRouter | null} */
const routerOf = () => /** @type {SkillRouter | null} */ (search.router);
const device = new DevicePanel(routerOf, refreshStored);

/** The count of what is kept that is under way, and whether another has to follow. @type {Promise<void> | null} */
let counting = null;
let is_stale = false;

/** Counts what is kept, after all that has happened until now. */
function refreshStored() {
  is_stale = true;
  counting ??= countStored().finally(() => (counting = null));
}

async function countStored() {
  for (let router = routerOf(); is_stale && router; router = routerOf()) {
    is_stale = false;
    try {
      meters.showAbout(router.about());
      meters.showStored(await router.cached());
      await device.refresh();
    } catch {
      // The engine is being replaced; the next refresh tells.
    }
  }
}

search.addEventListener('skill-search-progress', ({ detail }) => {
  meters.noteProgress(detail);
  if (detail.loaded_bytes === detail.total_bytes) refreshStored();
});
search.addEventListener('skill-search-state', () => {
  own.router = search.router;
  refreshStored();
});
search.ready.then(keepPage, keepPage);
search.addEventListener('skill-search-answer', ({ detail }) => {
  meters.showTimings(detail.answer);
  if (detail.settled) refreshStored();
});

own.addEventListener('own-skills-change', refreshStored);

for (const example of EXAMPLES) {
  const button = element('button', { type: 'button', textContent: example });
  button.addEventListener('click', () => {
    search.ask(example);
    search.focus();
  });
  const item = element('li');
  item.append(button);
  $('example-list').append(item);
}
search.focus();
for (const type of /** @type {const} */ (['dragover', 'drop'])) addEventListener(type, keepFiles);
void import('../../own-skills.js'); // Below the fold, and nothing that the first answer waits for.

/** A browser would leave the page for a file that is dropped before the element for it is there. @param {DragEvent} event */
function keepFiles(event) {
  if (event.dataTransfer?.types.includes('Files')) event.preventDefault();
}

/** It fetches the whole page once more, so it waits until nothing else is on its way. */
function keepPage() {
  if (!('serviceWorker' in navigator) || !location.protocol.startsWith('http')) return;
  navigator.serviceWorker.register('sw.js').catch(() => {}); // Without it the page works, but not offline.
}
