/**
 * The demo page: wires the text box to a router and shows each stage of the answer in place.
 */

import { SkillRouter } from './client.js';
import { Panel } from './demo-panel.js';
import { Results } from './demo-results.js';
import * as status from './demo-status.js';

const TOP = 8;
/** How long an answer must stand before it is announced to a screen reader and what is kept is counted again. */
const SETTLE_MS = 600;
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

const $ = (id) => document.getElementById(id);
const input = /** @type {HTMLInputElement} */ ($('query'));

/** @type {SkillRouter | null} */
let router = null;
let loading = new AbortController();
/** Whether the banner is about the last question, which the next answer makes obsolete. */
let question_failed = false;
let settle_timer;

const results = new Results($('results'), input, (route) => void panel.open(route));
const panel = new Panel((skill_idx) => router.body(skill_idx), () => {
  results.rest();
  input.focus();
});

/** Opens the index, or opens it again after a failure; the old router answers until the new one can. */
async function open() {
  const attempt = new AbortController();
  loading = attempt;
  let complete = false;
  const onProgress = (progress) => {
    if (!complete) status.showProgress(progress);
    else void refreshStored(); // Cards and bodies are fetched ahead, without a bar.
  };
  status.hideBanner();
  if (!router) status.showState('loading', 'Opening the index');
  try {
    const next = await SkillRouter.open({ index: 'index/', models: 'models/', signal: attempt.signal, onProgress });
    router?.close();
    router = next;
    status.showAbout(router.about());
    status.showState('words', 'By words, model loading');
    ask();
    await router.ready;
    complete = true;
    status.showState('ready', 'Ready, all on this device');
  } catch (error) {
    failed(error, attempt.signal);
  } finally {
    status.hideProgress();
    void refreshStored();
  }
}

function failed(error, signal) {
  const lexical = router !== null;
  status.showState('failed', lexical ? 'Answers by words only' : 'Not ready');
  if (signal.aborted) {
    const message = lexical ? 'the model was not loaded' : 'nothing was loaded';
    status.showBanner({ message }, { title: 'Loading was cancelled', retry_label: 'Continue', lexical });
  } else {
    status.showBanner(error, { lexical });
  }
}

/** Answers what is in the text box now; a newer call cancels this one. */
async function ask() {
  const query = input.value.trim();
  $('clear').hidden = input.value === '';
  $('examples').hidden = query !== '';
  if (query === '' || !router) return showNothing(query);
  $('answer').setAttribute('aria-busy', 'true');
  try {
    const onStage = (answer) => answer.routes.length > 0 && showAnswer(answer, query);
    const answer = await router.route(query, { top: TOP, typing: true, onStage });
    $('answer').setAttribute('aria-busy', 'false');
    showAnswer(answer, query); // Only the last stage may say that nothing matches.
    settle(answer);
    if (answer.stage === 'lexical') askAgainWhenReady(query);
    if (question_failed) status.hideBanner();
    question_failed = false;
  } catch (error) {
    if (error.name === 'AbortError') return;
    question_failed = true;
    status.showBanner(error, { title: 'That question was not answered', lexical: false });
  }
}

/** The model was not there yet: it is loading, or an engine that stopped is being replaced. */
function askAgainWhenReady(query) {
  router.ready.then(() => input.value.trim() === query && ask(), () => {});
}

/** @param {import('./client.js').Answer} answer @param {string} query the text that it answers */
function showAnswer(answer, query) {
  if (input.value.trim() !== query) return;
  const found = answer.routes.length > 0;
  results.show(answer.routes);
  $('answer').hidden = !found;
  $('nothing').hidden = found;
  $('answer-stage').dataset.stage = answer.stage;
  $('answer-stage').textContent = answer.stage === 'lexical' ? 'by words' : answer.reason ?? 'by words and meaning';
  $('answer-stage').title = answer.reason ?? '';
  $('nothing-text').textContent = `No skill of this index fits “${query.slice(0, 80)}”. Say what you want to have at the end, or what you start from.`;
  status.showTimings(answer);
}

function showNothing(query) {
  results.show([]);
  $('answer').hidden = true;
  $('nothing').hidden = true;
  settle(null);
}

/** What follows when nobody has typed for a moment. @param {import('./client.js').Answer | null} answer */
function settle(answer) {
  clearTimeout(settle_timer);
  settle_timer = setTimeout(() => {
    const best = answer?.routes[0];
    $('announcement').textContent = !answer ? '' : best ? `${answer.routes.length} skills, best: ${best.name}` : 'Nothing matches';
    void refreshStored();
  }, SETTLE_MS);
}

async function refreshStored() {
  if (!router) return;
  try {
    status.showStored(await router.cached());
  } catch {
    // The engine is being replaced; the next refresh tells.
  }
}

function clear() {
  input.value = '';
  input.focus();
  void ask();
}

const KEYS = {
  ArrowDown: () => results.move(1),
  ArrowUp: () => results.move(-1),
  Enter: () => results.choose(),
  Escape: () => (panel.isOpen ? panel.close() : clear()),
};

input.addEventListener('input', () => void ask());
input.addEventListener('paste', (event) => {
  const text = event.clipboardData.getData('text');
  if (!text.includes('\n')) return;
  event.preventDefault(); // A text box of one line would glue the last word of each line to the first of the next.
  input.setRangeText(text.replace(/\s+/g, ' ').trim(), input.selectionStart, input.selectionEnd, 'end');
  void ask();
});
input.addEventListener('keydown', (event) => {
  if (event.isComposing || !KEYS[event.key]) return;
  event.preventDefault();
  KEYS[event.key]();
});
document.addEventListener('keydown', (event) => {
  if (event.key !== '/' || event.target === input || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  panel.close();
  input.focus();
  input.select();
});
$('clear').addEventListener('click', clear);
$('loading-cancel').addEventListener('click', () => loading.abort());
$('banner-retry').addEventListener('click', () => void open());
$('forget').addEventListener('click', async () => {
  await router.forget();
  await refreshStored();
});
for (const example of EXAMPLES) {
  const button = Object.assign(document.createElement('button'), { type: 'button', textContent: example });
  button.addEventListener('click', () => {
    input.value = example;
    input.focus();
    void ask();
  });
  const item = document.createElement('li');
  item.append(button);
  $('example-list').append(item);
}

if ('serviceWorker' in navigator && location.protocol.startsWith('http')) {
  navigator.serviceWorker.register('sw.js').catch(() => {}); // Without it the page works, but not offline.
}
void open();
