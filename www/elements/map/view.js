/**
 * Which part of the map is seen, and where on the screen a place of the map is: plain numbers, no drawing.
 */

/**
 * `x`, `y`: the place of the map in the middle of the screen; `zoom`: how much larger than the whole map, from 1.
 * @typedef {{ x: number, y: number, zoom: number }} View
 *
 * Of the picture, in CSS pixels.
 * @typedef {{ width: number, height: number }} Size
 */

/** Coordinates of the map go from 0 to this. */
export const EXTENT = 65535;
/** The whole map. @type {Readonly<View>} */
export const WHOLE = Object.freeze({ x: EXTENT / 2, y: EXTENT / 2, zoom: 1 });
/** At this zoom and 600 pixels, two places a hundredth of the map apart are 380 pixels apart. */
const MAX_ZOOM = 64;
/** Places that are shown together take this part less of the picture than they could, and come this near at most. */
const ROOM_AROUND = 1.35;
const MAX_ZOOM_AROUND = 16;
/** Around the whole map, in CSS pixels, so that points at its edge, and their marks, are not cut. */
const MARGIN = 14;

/** @param {View} view @param {Size} size @returns {number} CSS pixels for each unit of the map */
export function scaleOf({ zoom }, { width, height }) {
  return (zoom * Math.max(1, Math.min(width, height) - 2 * MARGIN)) / EXTENT;
}

/** @param {View} view @param {Size} size @param {number} x @param {number} y @returns {[number, number]} on the screen */
export function toScreen(view, size, x, y) {
  const scale = scaleOf(view, size);
  return [size.width / 2 + (x - view.x) * scale, size.height / 2 + (y - view.y) * scale];
}

/** @param {View} view @param {Size} size @param {number} left @param {number} top @returns {[number, number]} on the map */
export function toMap(view, size, left, top) {
  const scale = scaleOf(view, size);
  return [view.x + (left - size.width / 2) / scale, view.y + (top - size.height / 2) / scale];
}

/** @param {View} view @param {Size} size @param {number} right @param {number} down how far the map goes, in CSS pixels @returns {View} */
export function moved(view, size, right, down) {
  const scale = scaleOf(view, size);
  return clamped({ ...view, x: view.x - right / scale, y: view.y - down / scale }, size);
}

/**
 * What lies under (left, top) stays there.
 * @param {View} view @param {Size} size @param {number} factor @param {number} [left] @param {number} [top] @returns {View}
 */
export function zoomed(view, size, factor, left = size.width / 2, top = size.height / 2) {
  const [x, y] = toMap(view, size, left, top);
  const zoom = Math.min(MAX_ZOOM, Math.max(1, view.zoom * factor));
  const shrunk = view.zoom / zoom;
  return clamped({ x: x + (view.x - x) * shrunk, y: y + (view.y - y) * shrunk, zoom }, size);
}

/**
 * @param {View} view @param {Size} size @param {[number, number]} place in the middle, if the map goes on there
 * @param {number} zoom at least @returns {View}
 */
export function centred(view, size, [x, y], zoom) {
  return clamped({ x, y, zoom: Math.min(MAX_ZOOM, Math.max(view.zoom, zoom)) }, size);
}

/** @param {[number, number][]} places at least one @param {Size} size @returns {View} of all of them, with some room around */
export function around(places, size) {
  const [lefts, tops] = [places.map(([x]) => x), places.map(([, y]) => y)];
  const middleOf = (/** @type {number[]} */ values) => (Math.min(...values) + Math.max(...values)) / 2;
  const extentOf = (/** @type {number[]} */ values) => (Math.max(...values) - Math.min(...values)) / EXTENT;
  const middle = /** @type {[number, number]} */ ([middleOf(lefts), middleOf(tops)]);
  const widest = Math.max(extentOf(lefts), extentOf(tops)) * ROOM_AROUND;
  return centred(WHOLE, size, middle, Math.min(MAX_ZOOM_AROUND, 1 / Math.max(widest, 1 / MAX_ZOOM)));
}

/**
 * On the way from one view to another: each step zooms by the same factor.
 * @param {View} from @param {View} to @param {number} part 0 to 1 @returns {View}
 */
export function between(from, to, part) {
  const zoom = from.zoom * (to.zoom / from.zoom) ** part;
  // The middle follows what is seen of the way, which keeps the place that both views share still on the screen.
  const way = to.zoom === from.zoom ? part : (1 / from.zoom - 1 / zoom) / (1 / from.zoom - 1 / to.zoom);
  return { x: from.x + (to.x - from.x) * way, y: from.y + (to.y - from.y) * way, zoom };
}

/** @param {View} a @param {View} b @returns {boolean} */
export function isSame(a, b) {
  return a.x === b.x && a.y === b.y && a.zoom === b.zoom;
}

/** The screen shows nothing beyond the margins of the map unless the whole map fits. @param {View} view @param {Size} size @returns {View} */
function clamped(view, size) {
  const scale = scaleOf(view, size);
  const along = (/** @type {number} */ middle, /** @type {number} */ pixels) => {
    const half = Math.min(EXTENT / 2, (pixels / 2 - MARGIN) / scale);
    return Math.min(EXTENT - half, Math.max(half, middle));
  };
  return { x: along(view.x, size.width), y: along(view.y, size.height), zoom: view.zoom };
}
