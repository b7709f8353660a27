/**
 * The demo page: wires the text box to a router and shows each stage of the answer in place.
 *
 *     index.html?reranker=NAME&device=gpu     (a folder in models/, or none; auto, cpu or gpu)
 */

import { SkillRouter } from './client.js';
import { Panel } from './demo-panel.js';
import { Results } from './demo-results.js';
import * as status from './demo-status.js';

const parameters = new URLSearchParams(location.search);
/** Where the address names none, the one that the index names. */
const RERANKER = parameters.get('reranker') === 'none' ? null : (parameters.get('reranker') ?? undefined);
const DEVICE = parameters.get('device') ?? 'auto';
const TOP = 8;
/** How long nobody must have typed before an answer is re-ranked. */
const RERANK_PAUSE_MS = 350;
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
/** @type {import('./client.js').Answer | null} */
let last_answer = null;
/** The re-ranking of the last question. */
let reranking = new AbortController();
let settle_timer;

const results = new Results($('results'), input, (route) => void panel.open(route), () => status.showStage(last_answer, true));
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
    const options = { index: 'index/', models: 'models/', reranker: RERANKER, device: DEVICE };
    const next = await SkillRouter.open({ ...options, signal: attempt.signal, onProgress });
    router?.close();
    router = next;
    status.showAbout(next.about());
    status.showState('words', 'By words, model loading');
    ask();
    await next.ready;
    status.showAbout(next.about());
    if (next.reranker_ready) status.showState('ready', 'Ready, reranker loading');
    await next.reranker_ready?.catch(unlessUnpublished);
    complete = true;
    status.showState('ready', 'Ready, all on this device');
  } catch (error) {
    failed(error, attempt.signal);
  } finally {
    status.hideProgress();
    void refreshStored();
  }
}

/** The index names a reranker that this site does not offer: nothing failed, and each answer says why it is not re-ranked. */
function unlessUnpublished(error) {
  const unpublished = RERANKER === undefined && error.code === 'not-found' && error.message.includes('/model.json');
  if (!unpublished) throw error;
}

function failed(error, signal) {
  const by_meaning = router?.about().models[0].bytes !== undefined;
  const meanwhile = by_meaning ? 'not re-ranked' : 'by words only';
  status.showState(by_meaning ? 'ready' : 'failed', router ? `Answers ${meanwhile}` : 'Not ready');
  if (signal.aborted) {
    const message = by_meaning ? 'the reranker was not loaded' : router ? 'the model was not loaded' : 'nothing was loaded';
    status.showBanner({ message }, { title: 'Loading was cancelled', retry_label: 'Continue', meanwhile: router && meanwhile });
  } else {
    status.showBanner(error, { meanwhile: router && meanwhile });
  }
}

/** Answers what is in the text box now; a newer call cancels this one. */
async function ask() {
  const query = input.value.trim();
  reranking.abort();
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
    else if (router.reranker_ready) rerankSoon(query);
    if (question_failed) status.hideBanner();
    question_failed = false;
  } catch (error) {
    questionFailed(error);
  }
}

/** Improves the answer once nobody types any more; the next key ends it. */
function rerankSoon(query) {
  reranking = new AbortController();
  const { signal } = reranking;
  setTimeout(async () => {
    try {
      const onStage = (answer) => answer.stage === 'reranked' && showAnswer(answer, query);
      const answer = await router.route(query, { top: TOP, signal, onStage });
      showAnswer(answer, query);
      settle(answer);
    } catch (error) {
      questionFailed(error);
    }
  }, RERANK_PAUSE_MS);
}

function questionFailed(error) {
  if (error.name === 'AbortError') return;
  question_failed = true;
  status.showBanner(error, { title: 'That question was not answered' });
}

/** The model was not there yet: it is loading, or an engine that stopped is being replaced. */
function askAgainWhenReady(query) {
  router.ready.then(() => input.value.trim() === query && ask(), () => {});
}

/** @param {import('./client.js').Answer} answer @param {string} query the text that it answers */
function showAnswer(answer, query) {
  if (input.value.trim() !== query) return;
  const found = answer.routes.length > 0;
  last_answer = answer;
  status.showStage(answer, results.show(answer, query));
  $('answer').hidden = !found;
  $('nothing').hidden = found;
  $('nothing-text').textContent = `No skill of this index fits “${query.slice(0, 80)}”. Say what you want to have at the end, or what you start from.`;
  status.showTimings(answer);
}

function showNothing(query) {
  results.show({ routes: [] }, '');
  $('answer').hidden = true;
  $('nothing').hidden = true;
  settle(null);
}

/** What follows when nobody has typed for a moment. @param {import('./client.js').Answer | null} answer */
function settle(answer) {
  clearTimeout(settle_timer);
  settle_timer = setTimeout(() => {
    $('announcement').textContent = answer ? announcement(answer) : '';
    void refreshStored();
  }, SETTLE_MS);
}

/** @param {import('./client.js').Answer} answer @returns {string} for a screen reader */
function announcement({ routes, fit, reranked }) {
  if (routes.length === 0) return 'Nothing matches';
  const how = reranked ? `, re-ranked ${reranked.done} of ${reranked.of}` : '';
  if (fit?.word === 'none') return `${status.NOTHING_FITS} ${routes[0].name}${how}`;
  return `${routes.length} skills, best: ${routes[0].name}${fit ? `, ${fit.word} fit` : ''}${how}`;
}

async function refreshStored() {
  if (!router) return;
  try {
    status.showAbout(router.about());
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
