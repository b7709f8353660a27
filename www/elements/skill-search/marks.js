/**
 * What a skill says of its own use, in words.
 */

/** @typedef {import('../../client.js').Route} Route */

/** @type {Record<NonNullable<Route['marks']>[number], [string, string]>} label and meaning */
const MARKS = {
  manual: ['Started by people', 'only a person may start it'],
  'agent-only': ['Started by agents', 'only an agent may start it, as a step of other skills'],
  internal: ['Internal', 'it is for those who maintain the collection'],
  deprecated: ['Deprecated', 'it should not be used any more'],
};

/** @param {Route} route @returns {{ label: string, meaning: string }[]} one for each mark */
export function marksOf({ marks = [], superseded_by }) {
  return marks.flatMap((mark) => {
    if (!Object.hasOwn(MARKS, mark)) return [];
    const [label, meaning] = MARKS[mark];
    const successor = mark === 'deprecated' && superseded_by ? `; use ${superseded_by} instead` : '';
    return [{ label, meaning: meaning + successor }];
  });
}
