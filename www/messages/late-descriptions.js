/**
 * Descriptions that come after an answer: it is told again with them, and before that when they could not be fetched.
 */

/** @typedef {import('../client.js').Answer} Answer */

/**
 * Resolves when nothing is missing any more; rejects when whoever asked has gone on, or the engine is gone.
 * @param {Answer} answer
 * @param {(answer: Answer) => Promise<Answer>} described
 * @param {(answer: Answer) => void} onStage
 */
export async function tellDescriptions(answer, described, onStage) {
  for (let told = answer; told.descriptions; ) {
    told = await described(told);
    onStage(told);
  }
}
