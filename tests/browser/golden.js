/**
 * One test body over tiny random models and the places where they run: token ids and every element against the values of
 * the reference implementation in `tests/golden/`.
 */

import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import { openModel } from './models.js';
import { expect, test } from './page.js';
import { changeManifest } from './tampering.js';

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));
const PROGRAM = path('../../target/release/skillrouter');
/** Where `make` puts what it makes of the models in `tests/golden/`; the site of the tests has copies. */
const MODELS = path('../../target/test-models/');

const ENCODERS = ['tiny-bert-mean', 'tiny-bert-cls', 'tiny-qwen3-embedding'];
const RERANKERS = ['tiny-bert-pair', 'tiny-bert-late', 'tiny-qwen3-reranker'];
/** Absolute: vectors have length 1. */
const VECTOR_TOLERANCE = 2e-4;
/** Relative to the larger of the score and 1. */
const SCORE_TOLERANCE = 1e-3;

async function golden(name) {
  return JSON.parse(await readFile(path(`../golden/${name}.json`), 'utf8'));
}

/** The pairs of a golden file as lists for one query each. */
function lists(pairs) {
  const queries = [...new Set(pairs.map(({ query }) => query))];
  return queries.map((query) => {
    const of_query = pairs.filter((pair) => pair.query === query);
    const documents = of_query.map(({ document, name, description, body }) => document ?? { name, description, body });
    return { query, documents, scores: of_query.map(({ score }) => score) };
  });
}

/** A model of the site in a page, on the device of an engine's build; `use` runs there with the model. */
async function inPage(page, { class_name, name, build, traits, change }, use, input) {
  const model_json = changeManifest(await readFile(`${MODELS}${name}/model.json`), change);
  const opened = await openModel(page, { class_name, name, build, model_json, traits });
  return opened.evaluate(use, input);
}

/** The program's answer, line by line, to lines of input. */
async function program(args, lines) {
  const stdout = await new Promise((resolve, reject) => {
    const child = execFile(PROGRAM, args, { maxBuffer: 1 << 26 }, (error, stdout) => (error ? reject(error) : resolve(stdout)));
    child.stdin.on('error', () => {}); // It ended before it read all: its exit status tells.
    child.stdin.end(lines.map((line) => `${line}\n`).join(''));
  });
  return stdout.trim().split('\n').map((line) => JSON.parse(line));
}

/** Where models run, and how each is asked there. The program reads lines, so it cannot be given every text. */
const BACKENDS = {
  page: {
    canEmbed: () => true,
    embed({ page, device, traits, name, texts, max_tokens }) {
      const change = ({ contract }) => {
        Object.assign(contract.query, { template: '{query}', max_tokens }); // Any text is a query then, and its ids can be asked for.
        contract.document.template = '{name}{description}'; // And any text is a document.
      };
      return inPage(page, { class_name: 'Encoder', name, build: device, traits, change }, async (encoder, texts) => {
        const isQuery = (text) => text !== '' && text === text.trim(); // A query loses the white space around it.
        const results = [];
        for (const text of texts) {
          const ids = isQuery(text) ? [...encoder.query_token_ids(text)] : null;
          results.push({ ids, vector: [...await encoder.embed_documents([{ name: text, description: '', body: '' }])] });
        }
        return results;
      }, texts);
    },
    score({ page, device, traits, name, lists }) {
      return inPage(page, { class_name: 'Reranker', name, build: device, traits, change: () => {} }, async (reranker, lists) => {
        const all = [];
        for (const { query, documents } of lists) {
          const scores = Array(documents.length).fill(NaN);
          await reranker.begin(query, documents, { documents: 'exact' });
          for (let batch; (batch = await reranker.next()); ) for (const { place, score } of batch) scores[place] = score;
          all.push(scores);
        }
        return all;
      }, lists);
    },
  },
  program: {
    canEmbed: (text) => !text.includes('\n'),
    embed: ({ device, name, texts }) => program(['embed', '--model', MODELS + name, '--device', device, '--kind', 'document', '--json'], texts),
    score: async ({ device, name, lists }) => {
      const lines = lists.map(({ query, documents }) => JSON.stringify({ query, documents }));
      return (await program(['rerank', '--model', MODELS + name, '--device', device, '--json'], lines)).map(({ scores }) => scores);
    },
  },
};

/** @param {('page' | 'program')[]} places @param {'cpu' | 'gpu'} device @param {object} [traits] what a page's GPU is taken to be good at */
export function testGolden(places, device, traits) {
  const where = traits ? `${device}, taken for ${JSON.stringify(traits)}` : device;
  for (const place of places) {
    const { canEmbed, embed, score } = BACKENDS[place];
    for (const name of ENCODERS) {
      test(`${name} in the ${place} on the ${where}: every element of every vector`, async ({ page }) => {
        const { texts, max_tokens } = await golden(name);
        const embeddable = texts.filter(({ text }) => canEmbed(text));
        expect(embeddable.length).toBeGreaterThanOrEqual(4);
        const results = await embed({ page, device, traits, name, max_tokens, texts: embeddable.map(({ text }) => text) });
        expect(results).toHaveLength(embeddable.length);
        for (const [i, { text, ids, vector }] of embeddable.entries()) {
          if (results[i].ids) expect(results[i].ids, text).toEqual(ids);
          expectClose(results[i].vector, vector, () => VECTOR_TOLERANCE, text);
        }
      });
    }
    for (const name of RERANKERS) {
      test(`${name} in the ${place} on the ${where}: every score`, async ({ page }) => {
        const wanted = lists((await golden(name)).pairs);
        expect(wanted.length).toBeGreaterThan(1);
        const results = await score({ page, device, traits, name, lists: wanted });
        for (const [i, { query, scores }] of wanted.entries()) {
          expectClose(results[i], scores, (score) => SCORE_TOLERANCE * Math.max(1, Math.abs(score)), query);
        }
      });
    }
  }
}

function expectClose(got, wanted, tolerance, what) {
  expect(got, what).toHaveLength(wanted.length);
  for (const [i, value] of wanted.entries()) {
    const difference = Math.abs(got[i] - value);
    expect(difference <= tolerance(value), `${what}: element ${i} is ${got[i]}, should be ${value}`).toBe(true);
  }
}
