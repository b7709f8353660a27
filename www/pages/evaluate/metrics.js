/**
 * What the ranks of right skills are worth. Definitions are those of `skillrouter eval`, where every right skill has grade 1.
 */

/**
 * How one query came out, as far as metrics need it.
 * @typedef {object} Outcome
 * @property {boolean} should_trigger whether the skills are right for the query, or one of them coming first is a false trigger
 * @property {(number | null)[]} ranks of the skills that the query is about, from 1; null for one that was not found
 * @property {string} [fit] the answer's word for it
 *
 * A mean over queries with its 95% interval.
 * @typedef {{ mean: number, interval: [number, number] | null }} Estimate
 *
 * Of `of` queries, `n`; `interval` is that of their part. Null where no query says anything about it.
 * @typedef {{ n: number, of: number, interval: [number, number] | null } | null} Count
 *
 * @typedef {object} Summary
 * @property {Record<string, Estimate> | null} metrics by name; null without queries that should trigger
 * @property {Count} false_triggers of queries that should not trigger
 * @property {Count} none_of_right how often nothing is said to fit a query that should trigger
 * @property {Count} none_of_others and one that should not
 */

const RESAMPLES = 1000;
const SEED = 0x9e3779b9;

/** @param {(number | null)[]} ranks of each right skill, from 1; null for one that was not found @returns {Record<string, number>} */
export function metricsOf(ranks) {
  const found = ranks.filter((rank) => rank !== null);
  const upTo = (/** @type {number} */ k) => found.filter((rank) => rank <= k);
  const discount = (/** @type {number} */ rank) => 1 / Math.log2(rank + 1);
  const dcg = (/** @type {number[]} */ places) => places.reduce((sum, rank) => sum + discount(rank), 0);
  const ideal = ranks.map((_, i) => i + 1).slice(0, 10);
  return {
    'hit@1': upTo(1).length > 0 ? 1 : 0,
    'mrr@10': upTo(10).length > 0 ? 1 / Math.min(...found) : 0,
    'ndcg@10': dcg(upTo(10)) / dcg(ideal),
    'recall@10': upTo(10).length / ranks.length,
    'recall@20': upTo(20).length / ranks.length,
  };
}

/**
 * @param {Outcome[]} outcomes
 * @param {{ with_intervals?: boolean }} [options] intervals are worth their time once a run has ended
 * @returns {Summary}
 */
export function summarize(outcomes, { with_intervals = true } = {}) {
  const right = outcomes.filter(({ should_trigger }) => should_trigger);
  const others = outcomes.filter(({ should_trigger }) => !should_trigger);
  const intervalsOf = (/** @type {Record<string, number[]>} */ columns) => (with_intervals ? bootstrap(columns) : {});
  const count = (/** @type {Outcome[]} */ some, /** @type {(outcome: Outcome) => boolean} */ is) => {
    if (some.length === 0) return null;
    const hits = some.map((outcome) => Number(is(outcome)));
    return { n: hits.reduce((sum, hit) => sum + hit, 0), of: hits.length, interval: intervalsOf({ hits }).hits ?? null };
  };
  const judged = (/** @type {Outcome[]} */ some) => some.filter(({ fit }) => fit !== undefined);
  return {
    metrics: estimates(right.map(({ ranks }) => metricsOf(ranks)), intervalsOf),
    false_triggers: count(others, ({ ranks }) => ranks.includes(1)),
    none_of_right: count(judged(right), ({ fit }) => fit === 'none'),
    none_of_others: count(judged(others), ({ fit }) => fit === 'none'),
  };
}

/**
 * @param {Record<string, number>[]} rows of one query each
 * @param {(columns: Record<string, number[]>) => Record<string, [number, number]>} intervalsOf empty where none are wanted
 */
function estimates(rows, intervalsOf) {
  if (rows.length === 0) return null;
  const columns = Object.fromEntries(Object.keys(rows[0]).map((name) => [name, rows.map((row) => row[name])]));
  const intervals = intervalsOf(columns);
  return Object.fromEntries(Object.entries(columns).map(([name, values]) => [name, { mean: mean(values), interval: intervals[name] ?? null }]));
}

/**
 * 95% intervals of means, by resampling queries; all columns of a resample are of the same queries. The generator starts
 * at a fixed place, so that equal runs have equal intervals.
 * @param {Record<string, number[]>} columns of equal length, at least 1
 * @returns {Record<string, [number, number]>}
 */
export function bootstrap(columns) {
  const values = Object.values(columns);
  const n = values[0].length;
  const means = values.map(() => new Float64Array(RESAMPLES));
  let state = SEED;
  const next = () => {
    state ^= state << 13; // xorshift32 (Marsaglia 2003).
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
  for (let i = 0; i < RESAMPLES; i++) {
    for (let drawn = 0; drawn < n; drawn++) {
      const place = next() % n;
      for (let column = 0; column < values.length; column++) means[column][i] += values[column][place] / n;
    }
  }
  const tail = RESAMPLES / 40;
  /** @returns {[number, number]} */
  const intervalOf = (/** @type {Float64Array} */ sorted) => [sorted[tail], sorted[RESAMPLES - 1 - tail]];
  return Object.fromEntries(Object.keys(columns).map((name, column) => [name, intervalOf(means[column].sort())]));
}

/** @param {number[]} values @returns {number} */
export function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** @param {number[]} values at least one @param {number} part 0.5 for the median @returns {number} between neighbours in proportion */
export function quantile(values, part) {
  const sorted = [...values].sort((a, b) => a - b);
  const place = (sorted.length - 1) * part;
  const below = sorted[Math.floor(place)];
  return below + (sorted[Math.ceil(place)] - below) * (place - Math.floor(place));
}
