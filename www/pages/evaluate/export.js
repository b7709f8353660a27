/**
 * What was found as JSON files, for other programs and for later: runs with settings, metrics and the answer to each query, and
 * what outranks a skill.
 */

import { element } from '../../elements/markup.js';

/** @typedef {import('./run.js').Run} Run */

/** @param {Run[]} runs @param {import('../../client.js').About} about */
export function download(runs, about) {
  save('skillrouter-evaluation.json', { format: 'skillrouter-evaluation', version: 1, index: about, runs: runs.map(runReport) });
}

/**
 * @param {Run} run
 * @param {import('./outranked.js').Outranked} report
 * @param {import('./outranked.js').Rival[]} rivals whose words were compared
 * @param {import('./outranked.js').WordReport | null} words
 */
export function downloadOutranked({ number, mode, set }, { target, asked, others, n_false_triggers }, rivals, words) {
  const called = (/** @type {Pick<import('../../client.js').Route, 'name' | 'id'>} */ { name, id }) => ({ name, id });
  save('skillrouter-outranked.json', {
    format: 'skillrouter-outranked',
    version: 1,
    run: { number, mode, queries: set.label },
    skill: target.route ? called(target.route) : { name: target.named },
    queries: asked.map(({ query, rank, above }) => ({ query, rank, above: above.map(({ name }) => name) })),
    false_triggers: { n: n_false_triggers, of: others.length },
    rivals: rivals.map(({ route, n_above, n_first }, i) => ({ ...called(route), n_above, n_first, words: words?.of_rivals[i] })),
    missing_words: words?.missing.map(({ has, ...word }) => ({ ...word, has: has.map(({ route, parts }) => ({ ...called(route), parts })) })),
  });
}

/** @param {string} name @param {object} report */
function save(name, report) {
  const blob = new Blob([JSON.stringify(report, null, 2)], { type: 'application/json' });
  const link = element('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}

/** @param {Run} run */
function runReport({ number, mode, set, state, unknown, summary, judged }) {
  const { label, queries } = set;
  return { number, mode, queries: label, n_queries: queries.length, state, unknown_skills: unknown, ...summary, answers: judged.map(answerReport) };
}

/** @param {import('./run.js').Judged} judged */
function answerReport({ query, should_trigger, targets, ranks, failed, answer }) {
  const { stage, reason, fit, timings_ms } = answer;
  const routes = answer.routes.map(({ description, source, license, ...route }) => route);
  return { query, should_trigger, skills: targets.map(({ named }) => named), ranks, failed, stage, reason, fit, timings_ms, routes };
}
