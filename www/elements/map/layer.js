/**
 * All points as one picture, drawn pixel by pixel in short slices: forty thousand canvas calls would wait until the browser
 * carries them out at once, in one long task.
 */

import { element } from '../markup.js';
import { EXTENT, scaleOf, toMap, toScreen } from './view.js';

/**
 * @typedef {import('./view.js').View} View
 * @typedef {import('./view.js').Size} Size
 *
 * A picture of all points. `view`: what it shows.
 * @typedef {{ canvas: HTMLCanvasElement, view: View, size: Size, ratio: number }} Layer
 */

/** A slice of work ends after this time, which leaves most of a frame to everything else. */
const SLICE_MS = 6;
/** Points or rows of pixels between two looks at the clock. */
const STRIDE = 512;
/** Radius of a point in CSS pixels: for few skills, and for so many that they are dust. */
const MAX_RADIUS = 4;
const MIN_RADIUS = 0.9;
/** How much of its own area, between neighbours, a point takes. */
const FILL = 0.16;
/** How much of the ground one point covers; where points lie on each other, the ground is covered more. */
const OPACITY = 0.62;
const N_LEVELS = 256;

/** @param {number} n points @param {View} view @param {Size} size @returns {number} radius in CSS pixels */
export function radiusOf(n, view, size) {
  const apart = (scaleOf(view, size) * EXTENT) / Math.sqrt(Math.max(1, n));
  return Math.min(MAX_RADIUS, Math.max(MIN_RADIUS, FILL * apart));
}

/**
 * How much of each pixel the points cover, from 0 to 255.
 * @param {import('./points.js').Points} points
 * @param {{ view: View, size: Size, ratio: number }} wanted `ratio`: pixels of the device for each CSS pixel
 * @returns {Generator<void, Uint8ClampedArray>} a step for each stride
 */
export function* coverage(points, { view, size, ratio }) {
  const [width, height] = pixelsOf(size, ratio);
  const covered = new Uint8ClampedArray(width * height);
  const radius = radiusOf(points.n, view, size);
  const stamp = stampOf(radius * ratio);
  const [left, top] = toMap(view, size, -radius, -radius);
  const [right, bottom] = toMap(view, size, size.width + radius, size.height + radius);
  let n_drawn = 0;
  for (const i of points.within(left, top, right, bottom)) {
    const [x, y] = toScreen(view, size, ...points.at(i));
    press(stamp, covered, width, height, Math.round(x * ratio) - stamp.middle, Math.round(y * ratio) - stamp.middle);
    if (++n_drawn % STRIDE === 0) yield;
  }
  return covered;
}

/**
 * @param {import('./points.js').Points} points
 * @param {{ view: View, size: Size, ratio: number, colour: [number, number, number] }} wanted
 * @param {AbortSignal} signal
 * @returns {Promise<Layer | null>} null when it is not wanted any more
 */
export async function drawLayer(points, { view, size, ratio, colour }, signal) {
  const [width, height] = pixelsOf(size, ratio);
  const covered = await inSlices(coverage(points, { view, size, ratio }), signal);
  if (!covered) return null;
  const canvas = element('canvas', { width, height });
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d')); // It has no other yet.
  const painted = await inSlices(paint(context, covered, colour), signal);
  return painted ? { canvas, view, size, ratio } : null;
}

/** @param {CanvasRenderingContext2D} context @param {Uint8ClampedArray} covered @param {[number, number, number]} colour */
function* paint(context, covered, [red, green, blue]) {
  const { width, height } = context.canvas;
  const levels = new Uint32Array(new Uint8ClampedArray(Array.from({ length: N_LEVELS }, (_, alpha) => [red, green, blue, alpha]).flat()).buffer);
  const n_rows = Math.max(1, Math.floor((STRIDE * STRIDE) / width));
  for (let row = 0; row < height; row += n_rows) {
    const band = context.createImageData(width, Math.min(n_rows, height - row));
    const pixels = new Uint32Array(band.data.buffer);
    const start = row * width;
    for (let i = 0; i < pixels.length; i++) pixels[i] = levels[covered[start + i]];
    context.putImageData(band, 0, row);
    yield;
  }
  return true;
}

/**
 * Goes on with `steps` until they end, and lets the page breathe between slices.
 * @template Result
 * @param {Generator<void, Result>} steps @param {AbortSignal} signal
 * @returns {Promise<Result | null>} null when the signal came first
 */
export async function inSlices(steps, signal) {
  for (;;) {
    const end_ms = performance.now() + SLICE_MS;
    do {
      const { done, value } = steps.next();
      if (done) return value;
    } while (performance.now() < end_ms);
    await new Promise((resolve) => setTimeout(resolve));
    if (signal.aborted) return null;
  }
}

/** @param {Size} size @param {number} ratio @returns {[number, number]} */
export function pixelsOf({ width, height }, ratio) {
  return [Math.max(1, Math.round(width * ratio)), Math.max(1, Math.round(height * ratio))];
}

/** A disc with a soft edge, as a square of what each pixel is covered by. @param {number} radius in pixels of the device */
function stampOf(radius) {
  const middle = Math.ceil(radius);
  const side = 2 * middle + 1;
  const cover = new Uint8Array(side * side);
  for (let i = 0; i < cover.length; i++) {
    const distance = Math.hypot((i % side) - middle, Math.floor(i / side) - middle);
    cover[i] = Math.round(255 * OPACITY * Math.min(1, Math.max(0, radius + 0.5 - distance)));
  }
  return { cover, side, middle };
}

/**
 * @param {ReturnType<typeof stampOf>} stamp @param {Uint8ClampedArray} covered @param {number} width @param {number} height
 * @param {number} left @param {number} top
 */
function press({ cover, side }, covered, width, height, left, top) {
  for (let row = Math.max(0, -top); row < Math.min(side, height - top); row++) {
    for (let column = Math.max(0, -left); column < Math.min(side, width - left); column++) {
      const at = (top + row) * width + left + column;
      covered[at] += (cover[row * side + column] * (255 - covered[at])) / 255;
    }
  }
}
