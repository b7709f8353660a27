/**
 * Long work that lets no message in. The page takes an engine for dead that says nothing for ten seconds, so this thread says
 * beforehand how long it may be.
 */

/** @typedef {(ms: number) => void} OnSilence */

/** What needs less is not announced. */
const SHORT_MS = 10_000;
/**
 * One call into a model, for each megabyte of its weights. Two documents of the default encoder, which has 24, take a third of a second on
 * one thread of a laptop, so a device may be thirty times slower.
 */
const MODEL_MS_PER_MB = 400;
/** One step of an index that is made, for each of its skills. Not measured, and meant to be far too long. */
const INDEX_MS_PER_SKILL = 10;

/** @param {OnSilence | undefined} onSilence @param {{ model_bytes?: number, n_skills?: number }} work */
export function announce(onSilence, { model_bytes = 0, n_skills = 0 }) {
  const ms = (model_bytes / 1e6) * MODEL_MS_PER_MB + n_skills * INDEX_MS_PER_SKILL;
  if (ms > SHORT_MS) onSilence?.(ms);
}
