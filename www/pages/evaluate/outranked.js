/**
 * What stands above one skill in a run, counted over all queries that should reach it, and which of their words it lacks.
 */

import { SkillWords, wordsOf } from './words.js';

/**
 * @typedef {import('../../client.js').Route} Route
 * @typedef {import('./run.js').Judged} Judged
 * @typedef {import('./run.js').Target} Target
 *
 * A query that should reach the skill. `rank`: its own, null where it is not among the routes; `above`: the wrong skills before it.
 * @typedef {{ query: string, rank: number | null, above: Route[] }} Asked
 *
 * A skill above it for `n_above` queries, first of all for `n_first` of them.
 * @typedef {{ route: Route, n_above: number, n_first: number }} Rival
 *
 * @typedef {object} Outranked
 * @property {Target} target
 * @property {Asked[]} asked the worst places first
 * @property {Rival[]} rivals those that stand above it most often first
 * @property {string[]} others queries that should not reach it
 * @property {number} n_false_triggers of those, for how many it comes first
 *
 * A word of queries for which the skill is outranked or not found, that its text lacks. `has`: rivals that have it, and where; `n_others`: in
 * how many queries that should not reach the skill it stands too.
 * @typedef {{ word: string, n_queries: number, n_others: number, has: { route: Route, parts: string[] }[] }} MissingWord
 *
 * `of_rivals`: for each rival, words of the queries for which it is above that it has and the skill lacks, most frequent first.
 * @typedef {{ missing: MissingWord[], of_rivals: { word: string, n_queries: number }[][], n_unread: number }} WordReport
 */

/** More than any rank or number of rivals. */
const BEYOND = Number.MAX_SAFE_INTEGER;
/** Of one task, and no word for a skill. */
const NUMBER = /^\p{N}+$/u;

/** Skills that queries should reach, those first that are outranked most often. @param {Judged[]} judged */
export function expectedSkills(judged) {
  const skills = new Map();
  for (const { should_trigger, targets, ranks } of judged) {
    if (!should_trigger) continue;
    for (const [i, target] of targets.entries()) {
      const skill = skills.get(keyOf(target)) ?? { target, n: 0, n_first: 0 };
      skill.n++;
      skill.n_first += Number(ranks[i] === 1);
      skills.set(keyOf(target), skill);
    }
  }
  return [...skills.values()].sort((a, b) => b.n - b.n_first - (a.n - a.n_first) || nameOf(a.target).localeCompare(nameOf(b.target)));
}

/** @param {Target} target @returns {string} */
export function nameOf({ route, named }) {
  return route?.name ?? named;
}

/** @param {Asked} asked @returns {boolean} whether it is a query that the skill should have had, and has not */
export function isLost({ rank, above }) {
  return rank === null || above.length > 0;
}

/** @param {Judged[]} judged @param {Target} target @returns {Outranked} */
export function outranked(judged, target) {
  const about = judged
    .map((one) => ({ ...one, place: one.targets.findIndex((other) => keyOf(other) === keyOf(target)) }))
    .filter(({ place }) => place >= 0);
  const asked = about.filter(({ should_trigger }) => should_trigger).map(({ query, ranks, place, answer }) => {
    const rank = ranks[place];
    const above = answer.routes.slice(0, rank === null ? undefined : rank - 1).filter((_, i) => !ranks.includes(i + 1));
    return { query, rank, above };
  });
  const others = about.filter(({ should_trigger }) => !should_trigger);
  return {
    target,
    asked: asked.sort((a, b) => (b.rank ?? BEYOND) - (a.rank ?? BEYOND)),
    rivals: rivalsOf(asked),
    others: others.map(({ query }) => query),
    n_false_triggers: others.filter(({ ranks, place }) => ranks[place] === 1).length,
  };
}

/** @param {Asked[]} asked @returns {Rival[]} */
function rivalsOf(asked) {
  /** @type {Map<number, Rival>} */
  const rivals = new Map();
  for (const { above } of asked) {
    for (const [i, route] of above.entries()) {
      const rival = rivals.get(route.skill_idx) ?? { route, n_above: 0, n_first: 0 };
      rival.n_above++;
      rival.n_first += Number(i === 0);
      rivals.set(route.skill_idx, rival);
    }
  }
  return [...rivals.values()].sort((a, b) => b.n_above - a.n_above || b.n_first - a.n_first || a.route.name.localeCompare(b.route.name));
}

/**
 * @param {Outranked} report with a skill that the index has
 * @param {Rival[]} rivals whose texts are compared with the skill's
 * @param {(skill_idx: number) => Promise<string | null>} readBody
 * @returns {Promise<WordReport>}
 */
export async function wordReport({ target, asked, others }, rivals, readBody) {
  const routes = [target.route, ...rivals.map(({ route }) => route)].filter((route) => route !== null);
  const results = await Promise.allSettled(routes.map(({ skill_idx }) => readBody(skill_idx)));
  const bodies = results.map((result) => (result.status === 'fulfilled' ? result.value : null));
  const [mine, ...theirs] = routes.map((route, i) => new SkillWords({ ...route, body: bodies[i] }));
  const queries = asked.filter(isLost).map(({ query, above }) => {
    const words = wordsOf(query).filter((word) => !NUMBER.test(word) && mine.partsWith(word).length === 0);
    return { words, above: new Set(above.map(({ skill_idx }) => skill_idx)) };
  });
  const counts = countOf(queries.flatMap(({ words }) => words));
  const in_others = countOf(others.flatMap(wordsOf));
  const missing = [...counts].map(([word, n_queries]) => {
    const has = rivals.map(({ route }, i) => ({ route, parts: theirs[i].partsWith(word) })).filter(({ parts }) => parts.length > 0);
    return { word, n_queries, n_others: in_others.get(word) ?? 0, has };
  });
  const of_rivals = rivals.map(({ route }, i) => {
    const words = queries.filter(({ above }) => above.has(route.skill_idx)).flatMap(({ words }) => words);
    const had = [...countOf(words)].filter(([word]) => theirs[i].partsWith(word).length > 0);
    return had.map(([word, n_queries]) => ({ word, n_queries })).sort((a, b) => b.n_queries - a.n_queries);
  });
  missing.sort((a, b) => b.n_queries - a.n_queries || rareness(a) - rareness(b));
  return { missing, of_rivals, n_unread: bodies.filter((body) => body === null).length };
}

/** One skill may be named by its name and by its id. @param {Target} target */
function keyOf({ named, route }) {
  return route ? route.skill_idx : named;
}

/** Words that few rivals have tell more than those of all; those that none has come last. @param {MissingWord} word */
function rareness({ has }) {
  return has.length || BEYOND;
}

/** @param {string[]} words @returns {Map<string, number>} */
function countOf(words) {
  const counts = new Map();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}
