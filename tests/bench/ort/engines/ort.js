/**
 * onnxruntime-web with the models of export.py: one thread, in the page, its defaults otherwise.
 *
 * Its encoder gives token vectors, so the mean is taken here, as transformers.js does; that is under 1% of the time.
 */

export const name = 'onnxruntime-web';

const MODELS = '/bench/ort/';
const PACKAGES = { cpu: '/ort/ort.wasm.min.mjs', gpu: '/ort/ort.webgpu.min.mjs' };
const PROVIDERS = { cpu: 'wasm', gpu: 'webgpu' };

let ort;
let provider;

/** Loads the build for a device; the page keeps to one of them. */
export async function load(device) {
  ort = await import(PACKAGES[device]);
  provider = PROVIDERS[device];
  ort.env.wasm.wasmPaths = '/ort/';
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.proxy = false;
  return { version: ort.env.versions.web, provider };
}

/**
 * @param {'q8' | 'f32'} weights
 * @returns {Promise<{ encode: (ids: Uint32Array) => Promise<Float32Array>, free: () => Promise<void> }>}
 */
export async function openEncoder(weights) {
  const session = await openSession(`encoder-${weights}.onnx`);
  return {
    async encode(ids) {
      const { last_hidden_state } = await session.run(batchOf([{ ids, second_start: ids.length }]));
      return meanOfLengthOne(last_hidden_state.data, last_hidden_state.dims);
    },
    free: () => session.release(),
  };
}

/**
 * @param {'q8' | 'f32'} weights
 * @returns {Promise<{ score: (pairs: { ids: Uint32Array, second_start: number }[]) => Promise<number[]>, free: () => Promise<void> }>}
 *   `score`: the pairs of a call are one batch and must be of one length, so that nothing is spent on padding
 */
export async function openReranker(weights) {
  const session = await openSession(`reranker-${weights}.onnx`);
  return {
    score: async (pairs) => [...(await session.run(batchOf(pairs))).logits.data],
    free: () => session.release(),
  };
}

/**
 * The encoder as a reranker by late interaction, as ours does it but for the scale of the scores.
 * @param {'q8' | 'f32'} weights
 * @returns {Promise<{ score: (query: Uint32Array, documents: Uint32Array[]) => Promise<number[]>, free: () => Promise<void> }>}
 *   `score`: the documents are one batch and must be of one length
 */
export async function openLate(weights) {
  const session = await openSession(`encoder-${weights}.onnx`);
  const vectors = async (texts) => {
    const { last_hidden_state } = await session.run(batchOf(texts.map((ids) => ({ ids, second_start: ids.length }))));
    return innerRows(last_hidden_state.data, last_hidden_state.dims);
  };
  return {
    async score(query, documents) {
      const [tokens] = await vectors([query]);
      return (await vectors(documents)).map((rows) => interaction(tokens, rows));
    },
    free: () => session.release(),
  };
}

/** The vectors of each text, of length 1, but for those of the first and the last token. */
function innerRows(data, [n_texts, n_tokens, width]) {
  const row = (text, token) => {
    const start = (text * n_tokens + token) * width;
    return ofLengthOne(data.slice(start, start + width));
  };
  return Array.from({ length: n_texts }, (_, text) => Array.from({ length: n_tokens - 2 }, (_, token) => row(text, token + 1)));
}

/** The mean over the query's tokens of the cosine to the nearest token of the document. */
function interaction(query, document) {
  const nearest = (token) => document.reduce((most, other) => Math.max(most, dot(token, other)), -1);
  return query.reduce((sum, token) => sum + nearest(token), 0) / query.length;
}

function dot(a, b) {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

async function openSession(file) {
  const response = await fetch(MODELS + file);
  if (!response.ok) throw new Error(`${file}: HTTP ${response.status}; make it with tests/bench/ort/export.py`);
  const model = new Uint8Array(await response.arrayBuffer());
  // Severity 3, errors alone: it would warn of every session of which WebGPU leaves something to the CPU.
  return ort.InferenceSession.create(model, { executionProviders: [provider], logSeverityLevel: 3 });
}

function batchOf(texts) {
  const dims = [texts.length, texts[0].ids.length];
  const tensor = (values) => new ort.Tensor('int64', BigInt64Array.from(values, BigInt), dims);
  return {
    input_ids: tensor(texts.flatMap(({ ids }) => [...ids])),
    attention_mask: tensor(Array(dims[0] * dims[1]).fill(1)),
    token_type_ids: tensor(texts.flatMap(({ ids, second_start }) => Array.from(ids, (_, place) => Number(place >= second_start)))),
  };
}

function meanOfLengthOne(tokens, [, n_tokens, width]) {
  const vector = new Float32Array(width);
  for (let t = 0; t < n_tokens; t++) {
    for (let i = 0; i < width; i++) vector[i] += tokens[t * width + i];
  }
  return ofLengthOne(vector);
}

function ofLengthOne(vector) {
  const length = Math.sqrt(dot(vector, vector));
  return vector.map((value) => value / length);
}
