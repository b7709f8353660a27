/**
 * Where the time of a route goes: for each run a bar of the stages' medians, and the same as a table.
 */

import { element, part as $ } from '../../elements/markup.js';
import { tableOf } from './elements.js';
import { quantile } from './metrics.js';
import { formatMs, runLabel } from './table.js';

/**
 * @typedef {import('./run.js').Run} Run
 * @typedef {Exclude<keyof import('../../client.js').Answer['timings_ms'], 'total'>} Stage
 */

/** In the order in which they happen, with what people call them. @type {Record<Stage, string>} */
const STAGES = { lexical: 'words', encode: 'meaning', search: 'search', cards: 'cards', rerank: 're-ranking' };
const ALL_STAGES = /** @type {Stage[]} */ (Object.keys(STAGES));
const SVG = 'http://www.w3.org/2000/svg';
/** @param {Run[]} runs with at least one answer each */
export function showTimes(runs) {
  const times = runs.map((run) => ({ run, medians: mediansOf(run), totals: run.judged.map(({ answer }) => answer.timings_ms.total) }));
  const sums = times.map(({ medians }) => sum(Object.values(medians)));
  const longest = Math.max(...sums);
  $('times-bars').replaceChildren(...times.map(({ run, medians }) => element('div', {}, element('span', {}, runLabel(run)), bar(medians, longest))));
  const stages = ALL_STAGES.filter((stage) => times.some(({ medians }) => medians[stage] !== undefined));
  const cell = (/** @type {number | undefined} */ ms) => (ms === undefined ? '–' : formatMs(ms));
  $('times-table').replaceChildren(
    ...tableOf('Median time of each stage', ['Stage', ...runs.map(runLabel)], [
      ...stages.map((stage) => [key(stage), ...times.map(({ medians }) => cell(medians[stage]))]),
      ['Whole route, median', ...times.map(({ totals }) => cell(quantile(totals, 0.5)))],
      ['Whole route, 95th percentile', ...times.map(({ totals }) => cell(quantile(totals, 0.95)))],
    ]),
  );
  $('times-note').textContent = mostTime(times[times.length - 1], sums[sums.length - 1]);
}

/** @param {Run} run @returns {Partial<Record<Stage, number>>} of the stages that it has */
function mediansOf({ judged }) {
  /** @type {Partial<Record<Stage, number>>} */
  const medians = {};
  for (const stage of ALL_STAGES) {
    const values = judged.map(({ answer }) => answer.timings_ms[stage]).filter((ms) => ms !== undefined);
    if (values.length > 0) medians[stage] = quantile(values, 0.5);
  }
  return medians;
}

/** The stage that takes most, as a sentence. @param {{ run: Run, medians: Partial<Record<Stage, number>> }} time @param {number} total */
function mostTime({ run, medians }, total) {
  const times = ALL_STAGES.map((stage) => ({ stage, ms: medians[stage] ?? 0 }));
  const { stage, ms } = times.reduce((longest, time) => (time.ms > longest.ms ? time : longest));
  return `In run ${runLabel(run)}, ${Math.round((ms / total) * 100)}% of the time goes to ${STAGES[stage]}.`;
}

/** @param {Record<string, number>} medians @param {number} longest the bar that has the full width */
function bar(medians, longest) {
  const svg = svgElement('svg', { class: 'bar', preserveAspectRatio: 'none' });
  let x = 0;
  for (const [stage, ms] of Object.entries(medians)) {
    const width = (ms / longest) * 100;
    svg.append(svgElement('rect', { class: `stage ${stage}`, x: `${x}%`, width: `${width}%`, height: '100%' }));
    x += width;
  }
  return svg;
}

/** A stage's name with its colour. @param {Stage} stage */
function key(stage) {
  const swatch = svgElement('svg', { class: 'swatch', 'aria-hidden': 'true' });
  swatch.append(svgElement('rect', { class: `stage ${stage}`, width: '100%', height: '100%' }));
  return element('span', { className: 'key' }, swatch, STAGES[stage]);
}

/** @param {string} tag @param {Record<string, string>} attributes */
function svgElement(tag, attributes) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

/** @param {number[]} values */
function sum(values) {
  return values.reduce((total, value) => total + value, 0);
}
