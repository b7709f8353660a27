/**
 * What is lit up on the map: the routes of a task with their ranks, the task's own place, and the skill that is pointed at.
 */

import { NAME_BELOW } from './words.js';

/**
 * How things are drawn: colours as CSS, and the font of the page.
 * @typedef {{ best: string, good: string, other: string, task: string, ink: string, paper: string, best_ink: string, font: string }} Look
 *
 * A route that has a point; `rank` from 1.
 * @typedef {{ rank: number, skill_idx: number, place: [number, number] }} LitRoute
 */

const ROUTE_RADIUS = 9;
const TASK_RADIUS = 8;
const POINTED_RADIUS = 7;
const LABEL_FONT = '600 12px';
const RANK_FONT = '650 11px';
const LABEL_HEIGHT = 12;
const HALO = 3.5;
/** Ranks from the second to this one look alike. */
export const LAST_GOOD = 3;

/**
 * Where a task stands: the middle of its routes, each with the weight by which its score is above the last one's. Scores of
 * different ways to search have different zeros, so only their differences count.
 * @param {{ score: number, place: [number, number] }[]} routes
 * @returns {[number, number] | null}
 */
export function placeOfTask(routes) {
  if (routes.length === 0) return null;
  const least = Math.min(...routes.map(({ score }) => score));
  const above = routes.map(({ score }) => score - least);
  const total = above.reduce((sum, weight) => sum + weight, 0);
  const weights = total > 0 ? above.map((weight) => weight / total) : above.map(() => 1 / above.length);
  const middleOf = (/** @type {0 | 1} */ axis) => routes.reduce((sum, { place }, i) => sum + weights[i] * place[axis], 0);
  return [middleOf(0), middleOf(1)];
}

/** @param {number} rank @returns {'best' | 'good' | 'other'} */
export function kindOfRank(rank) {
  if (rank === 1) return 'best';
  return rank <= LAST_GOOD ? 'good' : 'other';
}

/**
 * A label that a mark would lie on is left out.
 * @param {CanvasRenderingContext2D} context
 * @param {import('./words.js').Label[]} labels @param {[number, number][]} marks where marks of routes and of the task are
 * @param {(x: number, y: number) => [number, number]} onScreen @param {Look} look
 */
export function drawLabels(context, labels, marks, onScreen, look) {
  const marked = marks.map((place) => onScreen(...place));
  Object.assign(context, { font: `${LABEL_FONT} ${look.font}`, textAlign: 'center', textBaseline: 'middle', lineJoin: 'round' });
  Object.assign(context, { fillStyle: look.ink, strokeStyle: look.paper, lineWidth: HALO });
  for (const { text, x, y, is_name } of labels) {
    const [left, top] = onScreen(x, y);
    const middle = is_name ? top + NAME_BELOW : top;
    const [width, height] = [context.measureText(text).width / 2 + ROUTE_RADIUS, LABEL_HEIGHT / 2 + ROUTE_RADIUS];
    if (marked.some(([x, y]) => Math.abs(x - left) < width && Math.abs(y - middle) < height)) continue;
    context.strokeText(text, left, middle);
    context.fillText(text, left, middle);
  }
}

/** @param {CanvasRenderingContext2D} context @param {string} font @returns {(text: string) => number} width of a label in CSS pixels */
export function labelWidth(context, font) {
  return (text) => {
    context.font = `${LABEL_FONT} ${font}`;
    return context.measureText(text).width;
  };
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {LitRoute[]} routes @param {[number, number] | null} task its place
 * @param {(x: number, y: number) => [number, number]} onScreen @param {Look} look
 */
export function drawRoutes(context, routes, task, onScreen, look) {
  const places = routes.map(({ place }) => onScreen(...place));
  if (task) drawTask(context, onScreen(...task), places, look);
  for (let i = routes.length - 1; i >= 0; i--) drawRoute(context, routes[i].rank, places[i], look); // The best lies on top.
}

/** @param {CanvasRenderingContext2D} context @param {[number, number]} place @param {[number, number][]} places @param {Look} look */
function drawTask(context, [left, top], places, look) {
  Object.assign(context, { strokeStyle: look.task, lineWidth: 1, globalAlpha: 0.55 });
  context.beginPath();
  for (const place of places) {
    context.moveTo(left, top);
    context.lineTo(...place);
  }
  context.stroke();
  Object.assign(context, { globalAlpha: 1, fillStyle: look.task, strokeStyle: look.paper, lineWidth: 2 });
  context.beginPath();
  context.moveTo(left, top - TASK_RADIUS);
  context.lineTo(left + TASK_RADIUS, top);
  context.lineTo(left, top + TASK_RADIUS);
  context.lineTo(left - TASK_RADIUS, top);
  context.closePath();
  context.fill();
  context.stroke();
}

/** @param {CanvasRenderingContext2D} context @param {number} rank @param {[number, number]} place @param {Look} look */
function drawRoute(context, rank, [left, top], look) {
  const kind = kindOfRank(rank);
  const is_best = kind === 'best';
  Object.assign(context, { fillStyle: is_best ? look.best : look.paper, strokeStyle: is_best ? look.paper : look[kind], lineWidth: is_best ? 2 : 1.75 });
  disc(context, left, top, is_best ? ROUTE_RADIUS + 2 : ROUTE_RADIUS);
  context.fill();
  context.stroke();
  Object.assign(context, { font: `${RANK_FONT} ${look.font}`, textAlign: 'center', textBaseline: 'middle', fillStyle: is_best ? look.best_ink : look.ink });
  context.fillText(String(rank), left, top + 0.5);
}

/**
 * A ring around the skill that is pointed at; wider where the mark of a route is in it.
 * @param {CanvasRenderingContext2D} context @param {[number, number]} place @param {boolean} is_route @param {Look} look
 */
export function drawRing(context, [left, top], is_route, look) {
  Object.assign(context, { strokeStyle: look.ink, lineWidth: 2 });
  disc(context, left, top, is_route ? ROUTE_RADIUS + 5 : POINTED_RADIUS);
  context.stroke();
}

/**
 * Where the keyboard points: the middle of the picture.
 * @param {CanvasRenderingContext2D} context @param {import('./view.js').Size} size @param {Look} look
 */
export function drawCross(context, { width, height }, look) {
  const [left, top] = [Math.round(width / 2) + 0.5, Math.round(height / 2) + 0.5];
  Object.assign(context, { strokeStyle: look.ink, lineWidth: 1 });
  context.beginPath();
  for (const [right, down] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
    context.moveTo(left + 4 * right, top + 4 * down);
    context.lineTo(left + 12 * right, top + 12 * down);
  }
  context.stroke();
}

/** @param {CanvasRenderingContext2D} context @param {number} left @param {number} top @param {number} radius */
function disc(context, left, top, radius) {
  context.beginPath();
  context.arc(left, top, radius, 0, 2 * Math.PI);
}
