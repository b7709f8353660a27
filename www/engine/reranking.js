/**
 * The last stage: a reranker reads the task together with each of the best skills, a batch at a time.
 */

import { abortError } from '../shared/error.js';
import { nextTask } from '../shared/promises.js';

/**
 * @typedef {{ name: string, description: string, body: string }} SkillText
 *
 * @typedef {object} ScoringOptions
 * @property {'exact' | 'fast'} documents how much of a document is read
 * @property {AbortSignal} signal cancels
 * @property {() => boolean} isSuperseded whether to stop with the scores that there are
 * @property {(scores: Float32Array) => void} onBatch NaN where there is no score yet
 */

/** Documents that are scored to compare devices. */
const N_SAMPLE = 4;

/**
 * Scores skills for a task. If the device fails meanwhile, those that have no score yet are read again on another one.
 * @param {import('./model.js').Usable} reranker
 * @param {string} query
 * @param {SkillText[]} texts best first, so that the first batch matters most
 * @param {ScoringOptions} options
 */
export async function scoreTexts(reranker, query, texts, { documents, signal, isSuperseded, onBatch }) {
  const scores = new Float32Array(texts.length).fill(NaN);
  const pending = new Set(texts.keys());
  const stopped = async () => {
    await nextTask();
    if (signal.aborted) throw abortError();
    return isSuperseded();
  };
  const score = async (/** @type {any} */ model, /** @type {import('./model.js').Call} */ call) => {
    const places = [...pending];
    if (places.length === 0 || (await stopped())) return;
    await call(() => model.begin(query, places.map((place) => texts[place]), { documents }));
    while (!(await stopped())) {
      const batch = await call(() => model.next());
      if (!batch) return;
      for (const { place, score } of batch) {
        scores[places[place]] = score;
        pending.delete(places[place]);
      }
      onBatch(scores);
    }
  };
  const sample = async (/** @type {any} */ model, /** @type {import('./model.js').Call} */ call) => {
    await call(() => model.begin(query, texts.slice(0, N_SAMPLE), { documents }));
    while (await call(() => model.next()));
  };
  await reranker.use(score, sample);
}
