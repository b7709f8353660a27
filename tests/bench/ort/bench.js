/**
 * Times this engine and onnxruntime-web with the same weights and the same token ids, in turns.
 *
 *     /harness/bench.html?device=cpu&engines=ours,ort&encode=16,64,256&rerank=10x128,20x256&late=10x128&weights=q8&runs=25
 *
 * `weights`: those of onnxruntime-web's encoders. `device=gpu` takes WebGPU for both. `encode=none`, `rerank=none`
 * or `late=none` leaves one out.
 * The result is in `window.benchResult` when it is not undefined any more.
 */

import * as ort from './engines/ort.js';
import * as ours from './engines/ours.js';
import { documentsOf, documentText, pairsOf, textOf, Vocabulary } from './texts.js';

const parameters = new URLSearchParams(location.search);
const list = (name, fallback) => (parameters.get(name) ?? fallback).split(',').filter((part) => part !== '' && part !== 'none');
const DEVICE = parameters.get('device') ?? 'cpu';
const ENGINES = list('engines', 'ours,ort');
const LENGTHS_TOKENS = list('encode', '16,64,256').map(Number);
const sizes = (name, fallback) => list(name, DEVICE === 'gpu' ? 'none' : fallback).map((part) => part.split('x').map(Number));
const BATCHES = sizes('rerank', '10x128,20x256');
const LATE_BATCHES = sizes('late', '10x128');
const MAX_RUNS = Number(parameters.get('runs') ?? 25);
/** Long cases are run less often: about so many tokens in all, but at least `MIN_RUNS` times. */
const BUDGET_TOKENS = 6400;
const MIN_RUNS = Math.min(5, MAX_RUNS);
const WARM_UP_MS = 1000;
/** Our weights are 8-bit everywhere. On the GPU either of the other engine's models may be its faster one. */
const ORT_WEIGHTS = list('weights', DEVICE === 'gpu' ? 'f32,q8' : 'q8');

const TOKENIZER = '/bench/ort/reranker-hf/tokenizer.json';

const $ = (id) => document.getElementById(id);

async function main() {
  const engines = {};
  for (const engine of [ours, ort].filter(({ name }) => ENGINES.includes(name === ours.name ? 'ours' : 'ort'))) {
    await say(`Loading ${engine.name}…`);
    engines[engine.name] = await engine.load(DEVICE);
  }
  const vocabulary = new Vocabulary(await (await fetch(TOKENIZER)).json());
  const cases = [...await timeEncoding(vocabulary), ...await timeReranking(vocabulary), ...await timeLate(vocabulary)];
  window.benchResult = {
    user_agent: navigator.userAgent, n_cores: navigator.hardwareConcurrency, device: DEVICE, engines, wasm_files: wasmFiles(), cases,
  };
  $('json').textContent = JSON.stringify(window.benchResult, null, 2);
  $('json').hidden = false;
  await say('Done.');
}

async function timeEncoding(vocabulary) {
  if (LENGTHS_TOKENS.length === 0) return [];
  const texts = LENGTHS_TOKENS.map((n_tokens) => ({ n_tokens, ids: vocabulary.text(textOf(n_tokens)) }));
  const expected = await referencesOf('encoder', () => ort.openEncoder('f32'), (encoder) => texts.map(({ ids }) => () => encoder.encode(ids)));

  const contestants = [];
  if (ENGINES.includes('ours')) {
    const encoder = await openModel(ours, 'encoder', () => ours.openEncoder());
    for (const { n_tokens, ids } of texts) requireSame(encoder.tokenIds(textOf(n_tokens)), ids);
    contestants.push({ engine: ours.name, encoder });
  }
  for (const weights of ENGINES.includes('ort') ? ORT_WEIGHTS : []) {
    contestants.push({ engine: `${ort.name} ${weights}`, encoder: await openModel(ort, `${weights} encoder`, () => ort.openEncoder(weights)) });
  }

  const cases = [];
  for (const [i, { n_tokens, ids }] of texts.entries()) {
    const runs = contestants.map(({ engine, encoder }) => ({ engine, run: () => encoder.encode(ids) }));
    cases.push(await compare(`encode, ${n_tokens} tokens`, n_tokens, runs, expected && ((vector) => cosine(vector, expected[i]))));
  }
  for (const { encoder } of contestants) await encoder.free();
  return cases;
}

async function timeReranking(vocabulary) {
  if (BATCHES.length === 0) return [];
  const batches = BATCHES.map(([n_pairs, n_tokens]) => {
    const { query, documents } = pairsOf(n_pairs, n_tokens);
    const pairs = documents.map((each) => vocabulary.pair(query, documentText(each)));
    for (const { ids } of pairs) if (ids.length !== n_tokens) throw new Error(`a pair has ${ids.length} tokens, not ${n_tokens}`);
    return { n_pairs, n_tokens, query, documents, pairs };
  });
  const expected = await referencesOf('reranker', () => ort.openReranker('f32'), (reranker) => batches.map(({ pairs }) => () => reranker.score(pairs)));

  const mine = ENGINES.includes('ours') ? await openModel(ours, 'reranker', () => ours.openReranker()) : null;
  const theirs = ENGINES.includes('ort') ? await openModel(ort, 'q8 reranker', () => ort.openReranker('q8')) : null;
  const cases = [];
  for (const [i, { n_pairs, n_tokens, query, documents, pairs }] of batches.entries()) {
    const oneByOne = async () => {
      const scores = [];
      for (const pair of pairs) scores.push(...await theirs.score([pair]));
      return scores;
    };
    const runs = [];
    if (mine) runs.push({ engine: ours.name, run: () => mine.score(query, documents) });
    if (theirs) {
      runs.push({ engine: `${ort.name} q8, one batch`, run: () => theirs.score(pairs) });
      runs.push({ engine: `${ort.name} q8, one by one`, run: oneByOne });
    }
    const what = `rerank, ${n_pairs} pairs of ${n_tokens} tokens`;
    cases.push(await compare(what, n_pairs * n_tokens, runs, expected && ((scores) => centredCosine(scores, expected[i]))));
  }
  await mine?.free();
  await theirs?.free();
  return cases;
}

/** Late interaction, with other documents at every turn: ours keeps the vectors of those that it has read. */
async function timeLate(vocabulary) {
  if (LATE_BATCHES.length === 0) return [];
  const idsOf = ({ query, documents }) => [vocabulary.text(query), documents.map((each) => vocabulary.text(documentText(each)))];
  const taskOf = ([n_documents, n_tokens], turn) => {
    const task = documentsOf(n_documents, n_tokens, turn);
    if (idsOf(task)[1].some((ids) => ids.length !== n_tokens)) throw new Error(`a document does not have ${n_tokens} tokens`);
    return task;
  };
  const expected = await referencesOf('encoder', () => ort.openLate('f32'),
    (late) => LATE_BATCHES.map((size) => () => late.score(...idsOf(taskOf(size, 0)))));

  const mine = ENGINES.includes('ours') ? await openModel(ours, 'encoder', () => ours.openReranker('late')) : null;
  const theirs = ENGINES.includes('ort') ? await openModel(ort, 'q8 encoder', () => ort.openLate('q8')) : null;
  const cases = [];
  for (const [i, size] of LATE_BATCHES.entries()) {
    const inTurns = (score) => {
      let turn = 0;
      return () => score(taskOf(size, turn++));
    };
    const runs = [];
    if (mine) runs.push({ engine: ours.name, run: inTurns(({ query, documents }) => mine.score(query, documents)) });
    if (theirs) runs.push({ engine: `${ort.name} q8, one batch`, run: inTurns((task) => theirs.score(...idsOf(task))) });
    const [n_documents, n_tokens] = size;
    const what = `late interaction, ${n_documents} documents of ${n_tokens} tokens`;
    cases.push(await compare(what, n_documents * n_tokens, runs, expected && ((scores) => centredCosine(scores, expected[i]))));
  }
  await mine?.free();
  await theirs?.free();
  return cases;
}

/** What the f32 model says, which no 8-bit model is; null where onnxruntime-web takes no part. */
async function referencesOf(what, open, runsOf) {
  if (!ENGINES.includes('ort')) return null;
  const model = await openModel(ort, `f32 ${what}`, open);
  const references = [];
  for (const run of runsOf(model)) references.push(await run());
  await model.free();
  return references;
}

/**
 * Runs the contestants in turns; every round starts with another one.
 * @param {{ engine: string, run: () => Promise<ArrayLike<number>> }[]} contestants
 * @param {((result: ArrayLike<number>) => number) | null} agreement with the f32 model
 */
async function compare(what, n_tokens, contestants, agreement) {
  await say(`Warming up: ${what}…`);
  const results = [];
  for (const { run } of contestants) results.push(await warmUp(run));
  const times_ms = contestants.map(() => []);
  const n_runs = Math.max(MIN_RUNS, Math.min(MAX_RUNS, Math.ceil(BUDGET_TOKENS / n_tokens)));
  for (let round = 0; round < n_runs; round++) {
    await say(`Timing: ${what}, round ${round + 1} of ${n_runs}…`);
    for (let turn = 0; turn < contestants.length; turn++) {
      const place = (round + turn) % contestants.length;
      const started_ms = performance.now();
      await contestants[place].run();
      times_ms[place].push(performance.now() - started_ms);
    }
  }
  const rows = contestants.map(({ engine }, place) => {
    const sorted = times_ms[place].toSorted((a, b) => a - b);
    const cosine_to_f32 = agreement && agreement(results[place]);
    return { engine, n_runs, median_ms: sorted[Math.floor(n_runs / 2)], min_ms: sorted[0], cosine_to_f32 };
  });
  for (const row of rows) showRow(what, row);
  return { what, rows };
}

/** The browser compiles what runs often once more and better, which one run does not reach: short texts can take twice as long. Gives what the first run gave. */
async function warmUp(run) {
  const started_ms = performance.now();
  const result = await run();
  while (performance.now() - started_ms < WARM_UP_MS) await run();
  return result;
}

async function openModel(engine, what, open) {
  await say(`Loading ${engine.name}'s ${what}…`);
  return open();
}

function requireSame(ours_ids, ids) {
  if (ours_ids.join() !== ids.join()) throw new Error(`the engines would not get the same ids: ${ours_ids} and ${ids}`);
}

function cosine(a, b) {
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    ab += a[i] * b[i];
    aa += a[i] * a[i];
    bb += b[i] * b[i];
  }
  return ab / Math.sqrt(aa * bb);
}

/** Scores of one query mean something against each other only. */
function centredCosine(a, b) {
  const centred = (scores) => scores.map((score) => score - scores.reduce((sum, each) => sum + each, 0) / scores.length);
  return cosine(centred(a), centred(b));
}

/** What each engine downloads to compute with, as the server sends it: not compressed. */
function wasmFiles() {
  return performance.getEntriesByType('resource').filter(({ name }) => name.endsWith('.wasm'))
    .map(({ name, decodedBodySize }) => ({ file: new URL(name).pathname, bytes: decodedBodySize }));
}

function showRow(what, { engine, n_runs, median_ms, min_ms, cosine_to_f32 }) {
  const line = $('table').tBodies[0].insertRow();
  const ms = (value) => `${value.toFixed(2)} ms`;
  for (const text of [what, engine, n_runs, ms(median_ms), ms(min_ms), cosine_to_f32?.toFixed(4) ?? '']) line.insertCell().textContent = String(text);
}

/** Shows a line and lets the browser draw it before the page stands still. */
async function say(text) {
  $('status').textContent = text;
  await new Promise((resolve) => setTimeout(resolve, 30));
}

main().catch((error) => {
  $('status').textContent = `The bench stopped: ${error.message}`;
  window.benchResult = { error: error.message };
});
