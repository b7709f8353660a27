/**
 * skillrouter's engine with its own 8-bit models, in the page and without the worker.
 */

export const name = 'skillrouter';

const PACKAGES = { cpu: '/pkg/cpu/skillrouter.js', gpu: '/pkg/gpu/skillrouter.js' };
const MODELS = {
  encoder: '/bench/all-MiniLM-L6-v2/model.json', reranker: '/bench/ort/reranker/model.json', late: '/bench/ort/late/model.json',
};

let engine;
let device;

/** Loads the build for a device; the page keeps to one of them. */
export async function load(kind) {
  engine = await import(PACKAGES[kind]);
  await engine.default();
  device = await engine.Device.open();
  return { provider: kind };
}

/**
 * @returns {Promise<{ encode: (ids: Uint32Array) => Promise<Float32Array>, tokenIds: (text: string) => Uint32Array, free: () => void }>}
 */
export async function openEncoder() {
  const encoder = await openModel(engine.Encoder, MODELS.encoder);
  return {
    encode: (ids) => encoder.embed_ids(ids, Uint32Array.of(ids.length)),
    tokenIds: (text) => encoder.query_token_ids(text),
    free: () => encoder.free(),
  };
}

/**
 * @param {'reranker' | 'late'} kind a cross-encoder, or an encoder that compares token vectors
 * @returns {Promise<{ score: (query: string, documents: object[]) => Promise<number[]>, free: () => void }>}
 *   `score`: tokenizing is part of it, as it is for a page
 */
export async function openReranker(kind = 'reranker') {
  const reranker = await openModel(engine.Reranker, MODELS[kind]);
  return {
    async score(query, documents) {
      const scores = Array(documents.length);
      await reranker.begin(query, documents, { documents: 'exact' });
      for (let batch; (batch = await reranker.next()) !== undefined;) {
        for (const { place, score } of batch) scores[place] = score;
      }
      return scores;
    },
    free: () => reranker.free(),
  };
}

async function openModel(Model, url) {
  const model = new Model(await fetchBytes(url), device);
  for (const { file } of model.missing()) model.add_file(file, await fetchBytes(new URL(file, new URL(url, document.baseURI))));
  model.finish();
  return model;
}

async function fetchBytes(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: HTTP ${response.status}; \`make bench-ort\` makes it`);
  return new Uint8Array(await response.arrayBuffer());
}
