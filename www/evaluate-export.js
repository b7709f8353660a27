/**
 * Runs as a JSON file, for other programs and for later: settings, metrics, and what was found for each query.
 */

/** @typedef {import('./evaluate-run.js').Run} Run */

/** @param {Run[]} runs @param {import('./client.js').About} about */
export function download(runs, about) {
  const report = { format: 'skillrouter-evaluation', version: 1, index: about, runs: runs.map(runReport) };
  const blob = new Blob([JSON.stringify(report, null, 2)], { type: 'application/json' });
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = 'skillrouter-evaluation.json';
  link.click();
  URL.revokeObjectURL(link.href);
}

/** @param {Run} run */
function runReport({ number, mode, set, state, unknown, summary, judged }) {
  const { label, queries } = set;
  return { number, mode, queries: label, n_queries: queries.length, state, unknown_skills: unknown, ...summary, answers: judged.map(answerReport) };
}

/** @param {import('./evaluate-run.js').Judged} judged */
function answerReport({ query, should_trigger, targets, ranks, failed, answer }) {
  const { stage, reason, fit, timings_ms } = answer;
  const routes = answer.routes.map(({ description, source, license, ...route }) => route);
  return { query, should_trigger, skills: targets.map(({ named }) => named), ranks, failed, stage, reason, fit, timings_ms, routes };
}
