/**
 * The page that measures an index on queries with known answers: wires files, runs and results to a router.
 *
 *     evaluate.html?index=FOLDER/&reranker=NAME&device=gpu     (as in the demo's address)
 */

import { SkillRouter } from '../../client.js';
import { SkillMap } from '../../elements/map/map.js';
import { element, part as $ } from '../../elements/markup.js';
import { SkillRouterError } from '../../shared/error.js';
import { Author } from './author.js';
import { download } from './export.js';
import { Failures } from './failures.js';
import { readDropped, readPicked } from './files.js';
import { forSkill, readQueries } from './queries.js';
import { MODES, Run } from './run.js';
import { findSkill, suggestSkills } from './skills.js';
import * as status from './status.js';
import { runLabel, showResults } from './table.js';
import { showTimes } from './times.js';

/** @typedef {import('./queries.js').QuerySet} QuerySet */

const parameters = new URLSearchParams(location.search);
const INDEX = (parameters.get('index') ?? 'index/').replace(/\/?$/, '/');
/** Where the address names none, the one that the index names. */
const RERANKER = parameters.get('reranker') === 'none' ? null : (parameters.get('reranker') ?? undefined);
const DEVICE = /** @type {import('../../client.js').OpenOptions['device']} */ (parameters.get('device') ?? 'auto'); // A wrong one is an error of the router's.
/** Queries that a site publishes with its index. */
const OWN_QUERIES = `${INDEX}queries.json`;
/** How often tables are drawn again while a run goes on. */
const REDRAW_MS = 250;

/** @type {SkillRouter | null} */
let router = null;
/** @type {QuerySet | null} what the next run asks */
let set = null;
/** @type {Run[]} */
let runs = [];
/** @type {Run | null} whose failures are shown */
let shown = null;
let n_runs = 0;
/** @type {AbortController | null} of the run that goes on */
let running = null;
let drawn_ms = 0;

const readBody = async (/** @type {number} */ skill_idx) => opened().body(skill_idx);
const failures = new Failures({ readBody, showOnMap });
const author = new Author(readBody);

/** @returns {SkillRouter} what can be pressed before there is one does not get here */
function opened() {
  if (!router) throw new SkillRouterError('unavailable', 'no index is open; open one first');
  return router;
}

// The index

async function open() {
  status.hideBanner();
  status.showState('loading', 'Opening the index');
  try {
    const options = { index: INDEX, models: 'models/', reranker: RERANKER, device: DEVICE };
    router = await SkillRouter.open({ ...options, onProgress: status.showLoading });
    $('map', SkillMap).router = router;
    showModes(router.reranker_ready !== null);
    showAbout();
    status.showState('words', 'By words, model loading');
    showControls();
    await router.ready;
    status.showState('ready', router.reranker_ready ? 'Ready, reranker loading' : 'Ready');
    await router.reranker_ready?.catch(() => showModes(false));
    status.showState('ready', 'Ready');
    showAbout();
  } catch (error) {
    status.showState('failed', router ? 'By words only' : 'Not ready');
    const title = router ? 'The model could not be loaded' : 'The index could not be opened';
    status.showBanner(error, { title, label: 'Try again', onClick: reopen });
  }
}

function reopen() {
  router?.close();
  router = null;
  void open();
}

/** @param {boolean} with_reranker runs that ask for one which is not there would only be copies of those without */
function showModes(with_reranker) {
  const chosen = $('mode', HTMLSelectElement).value;
  const modes = Object.entries(MODES).filter(([mode]) => with_reranker || mode !== 'reranked');
  $('mode').replaceChildren(...modes.map(([mode, { label }]) => element('option', { value: mode, selected: mode === chosen }, label)));
}

function showAbout() {
  const { n_skills, models } = opened().about();
  const names = models.map(({ role, name }) => `${role} ${name}`).join(', ');
  $('about').textContent = `${n_skills.toLocaleString('en')} skills in ${INDEX} · ${names}`;
}

// Queries

/** What is wrong with a file is said, and everything else stays as it is. @param {Promise<import('./queries.js').QueryFile[]>} files */
async function choose(files) {
  try {
    show(readQueries(await files));
  } catch (error) {
    status.showBanner(error, { title: 'These queries cannot be used' });
  }
}

/** @param {QuerySet} next */
function show(next) {
  status.hideBanner();
  set = next;
  const n_right = set.queries.filter(({ should_trigger }) => should_trigger).length;
  const skills = new Set(set.queries.flatMap(({ skills }) => skills ?? []));
  const about = status.count(Math.max(1, skills.size), 'skill');
  const n = set.queries.length;
  const text = `${status.count(n, 'query', 'queries')} for ${about}: ${n_right} should trigger, ${n - n_right} should not.`;
  $('chosen').replaceChildren(element('strong', { dir: 'auto' }, set.label), ` ${text}`);
  $('chosen').hidden = false;
  skillProblem('');
  showControls();
  status.announce(`${set.label} loaded. ${text}`);
}

async function fetchOwn() {
  const response = await fetch(OWN_QUERIES).catch(() => null);
  if (!response?.ok) throw new SkillRouterError('network', `${OWN_QUERIES} did not arrive; try again, or choose a file`);
  return [{ path: 'the catalogue’s own', text: await response.text() }];
}

async function offerOwn() {
  const response = await fetch(OWN_QUERIES, { method: 'HEAD' }).catch(() => null);
  $('pick-own').hidden = !response?.ok;
}

// Runs

/** What can be done now: a run needs queries and an index, and there is one at a time. */
function showControls() {
  $('run-section').hidden = !set;
  $('skill-field').hidden = !set?.asks_skill;
  $('run', HTMLButtonElement).disabled = !router;
  $('run').textContent = set ? `Run ${status.count(set.queries.length, 'query', 'queries')}` : 'Run';
  const has_focus = document.activeElement === $('run') || document.activeElement === $('cancel');
  $('run').hidden = running !== null;
  $('cancel').hidden = $('progress').hidden = running === null;
  if (has_focus) $(running ? 'cancel' : 'run').focus();
}

/** Queries with a skill for each; null, and a word beside the field, when nobody has said for which. @returns {Promise<QuerySet | null>} */
async function completeSet() {
  if (!set?.asks_skill) return set;
  const named = $('skill', HTMLInputElement).value.trim();
  const found = named && (await findSkill(opened(), named));
  if (found) return forSkill(set, found.name);
  const near = named ? await suggestSkills(opened(), named) : [];
  const hint = near.length > 0 ? `; near it are ${near.slice(0, 3).join(', ')}` : '';
  skillProblem(named ? `No skill of this index has the name or id “${named}”${hint}.` : 'Write the name or id of the skill.');
  $('skill').focus();
  return null;
}

async function start() {
  if (running || !router) return;
  running = new AbortController();
  const { signal } = running;
  /** @type {Run | null} */
  let run = null;
  skillProblem('');
  showControls();
  try {
    const complete = await completeSet();
    if (!complete) return;
    status.hideBanner();
    const begun = new Run(++n_runs, /** @type {import('./run.js').Mode} */ ($('mode', HTMLSelectElement).value), complete);
    run = begun;
    runs.push(begun);
    select(begun);
    status.showProgress(begun);
    await begun.start(router, { signal, onJudged: () => judgedOne(begun) });
  } catch (error) {
    status.showBanner(error, { title: 'The run stopped; the results so far are below' });
  } finally {
    running = null;
    showControls();
    if (run) ended(run);
  }
}

/** @param {Run} run */
function ended(run) {
  if (run.judged.length === 0) runs = runs.filter((other) => other !== run);
  if (!shown || !runs.includes(shown)) shown = runs.at(-1) ?? null;
  const { judged, set, state, unknown, failures } = run;
  const some = unknown.slice(0, 5).join(', ') + (unknown.length > 5 ? ` and ${unknown.length - 5} more` : '');
  $('run-note').textContent = `Not found in this index by name or id, and counted as missed where no answer holds it: ${some}.`;
  $('run-note').hidden = unknown.length === 0;
  drawRuns();
  const end = { running: 'goes on', complete: 'finished', cancelled: 'cancelled', failed: 'stopped' }[state];
  status.announce(`Run ${run.number} ${end}: ${judged.length} of ${set.queries.length} queries, ${failures.length} failing.`);
}

/** @param {Run} run that goes on */
function judgedOne(run) {
  status.showProgress(run);
  if (performance.now() - drawn_ms >= REDRAW_MS) draw();
}

/** @param {Run} run */
function select(run) {
  shown = run;
  drawRuns();
}

/** @param {Run} run */
function remove(run) {
  runs = runs.filter((other) => other !== run);
  if (shown === run) shown = runs.at(-1) ?? null;
  drawRuns();
  status.announce(`Run ${run.number} removed`);
  $(runs.length > 0 ? 'export' : 'run').focus(); // The button that was pressed is gone.
}

/** After a run came or went. */
function drawRuns() {
  $('failures-run').replaceChildren(...runs.map((run) => element('option', { value: String(run.number), selected: run === shown }, runLabel(run))));
  $('failures-choice').hidden = runs.length < 2;
  draw();
}

function draw() {
  drawn_ms = performance.now();
  const asked = runs.filter(({ judged }) => judged.length > 0);
  $('results').hidden = $('failures').hidden = $('times').hidden = asked.length === 0;
  $('export').hidden = running !== null;
  failures.show(shown);
  author.show(shown);
  if (asked.length === 0) return;
  showResults($('results-table'), asked, running ? null : remove);
  showTimes(asked);
}

/** @param {import('./run.js').Judged} judged */
function showOnMap({ query, answer }) {
  $('map', SkillMap).light(query, answer);
  $('map-title').scrollIntoView();
  $('map-title').focus({ preventScroll: true });
}

/** @param {string} text */
function skillProblem(text) {
  $('skill-problem').textContent = text;
  $('skill').setAttribute('aria-invalid', String(text !== ''));
}

// What people do

for (const id of ['files', 'folder']) {
  const input = $(id, HTMLInputElement);
  $(`pick-${id}`).addEventListener('click', () => input.click());
  input.addEventListener('change', () => {
    void choose(readPicked([...(input.files ?? [])]));
    input.value = ''; // The same file may be chosen again after it was mended.
  });
}
$('pick-own').addEventListener('click', () => void choose(fetchOwn()));
$('run-form').addEventListener('submit', (event) => {
  event.preventDefault();
  void start();
});
$('cancel').addEventListener('click', () => running?.abort());
$('export').addEventListener('click', () => download(runs, opened().about()));
const failures_run = $('failures-run', HTMLSelectElement);
failures_run.addEventListener('change', () => {
  const chosen = runs.find(({ number }) => String(number) === failures_run.value);
  if (chosen) select(chosen);
});
const skill = $('skill', HTMLInputElement);
skill.addEventListener('input', async () => {
  skillProblem('');
  const typed = skill.value.trim();
  if (typed === '' || !router || running) return; // Typing would stop the re-ranking that a run waits for.
  const names = await suggestSkills(router, typed).catch(() => null); // A newer letter cancels an older one.
  if (names) $('skill-names').replaceChildren(...names.map((name) => element('option', { value: name })));
});
document.addEventListener('dragover', (event) => {
  if (!event.dataTransfer?.types.includes('Files')) return;
  event.preventDefault();
  $('drop').classList.add('over');
});
document.addEventListener('dragleave', ({ relatedTarget }) => {
  if (!relatedTarget) $('drop').classList.remove('over');
});
document.addEventListener('drop', (event) => {
  if (!event.dataTransfer?.types.includes('Files')) return;
  event.preventDefault();
  $('drop').classList.remove('over');
  void choose(readDropped(event.dataTransfer));
});

void offerOwn();
void open();
