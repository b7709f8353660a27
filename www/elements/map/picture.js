/**
 * The canvas of the map: a layer with all points, drawn again when the view rests and moved along until then, and on it
 * what is lit up. Draws at most once a frame, and only when something changed.
 */

import { drawLayer, inSlices, pixelsOf } from './layer.js';
import { drawCross, drawLabels, drawRing, drawRoutes, labelWidth } from './marks.js';
import { isSame, scaleOf, toScreen, WHOLE } from './view.js';
import { labelsOf } from './words.js';

/**
 * @typedef {import('./view.js').View} View
 * @typedef {{ points: import('./points.js').Points, names: string[], words: import('./words.js').NameWords }} SkillMap
 * @typedef {import('./marks.js').Look & { point: [number, number, number] }} ColouredLook
 *
 * What is lit up. `pointed`: the skill that is pointed at; `has_cross`: the keyboard points at the middle.
 * @typedef {{ routes: import('./marks.js').LitRoute[], task: [number, number] | null, pointed: number | null, has_cross: boolean }} Lights
 */

/** Screens with more pixels than this show no finer points. */
const MAX_RATIO = 3;

export class Picture {
  #canvas;
  #context;
  #readLook;
  /** @type {SkillMap | null} */
  #map = null;
  #size = { width: 0, height: 0 };
  /** @type {View} */
  #view = WHOLE;
  /** @type {Lights} */
  #lights = { routes: [], task: null, pointed: null, has_cross: false };
  /** @type {ColouredLook | null} null when it has to be read again */
  #look = null;
  /** @type {import('./layer.js').Layer | null} */
  #layer = null;
  /** @type {import('./words.js').Label[]} */
  #labels = [];
  /** @type {AbortController | null} of the layer that is being drawn */
  #drawing = null;
  #frame = 0;

  /**
   * @param {HTMLCanvasElement} canvas
   * @param {() => ColouredLook} readLook colours as they are now
   */
  constructor(canvas, readLook) {
    this.#canvas = canvas;
    this.#context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
    this.#readLook = readLook;
  }

  get view() {
    return this.#view;
  }

  get size() {
    return this.#size;
  }

  /** @param {SkillMap | null} map */
  show(map) {
    this.#map = map;
    this.renew();
  }

  /** @param {View} view */
  look(view) {
    this.#view = view;
    this.#draw();
  }

  /** @param {import('./view.js').Size} size in CSS pixels */
  resize(size) {
    this.#size = size;
    this.#draw();
  }

  /** @param {Partial<Lights>} lights those that change */
  light(lights) {
    this.#lights = { ...this.#lights, ...lights };
    this.#draw();
  }

  /** Draws everything anew, in the colours of now. */
  renew() {
    this.#look = null;
    this.#layer = null;
    this.#labels = [];
    this.stop();
    this.#draw();
  }

  /** What is being drawn is not wanted any more. */
  stop() {
    this.#drawing?.abort();
    this.#drawing = null;
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
  }

  #draw() {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      if (this.#size.width === 0 || !this.#map) return;
      this.#look ??= this.#readLook();
      this.#drawNow(this.#map, this.#look);
      if (!this.#isFresh() && !this.#drawing) void this.#redrawLayer(this.#map, this.#look);
    });
  }

  get #ratio() {
    return Math.min(MAX_RATIO, devicePixelRatio);
  }

  /** Whether the layer shows what is seen. */
  #isFresh() {
    const { width, height } = this.#size;
    const layer = this.#layer;
    return layer?.ratio === this.#ratio && isSame(layer.view, this.#view) && layer.size.width === width && layer.size.height === height;
  }

  /**
   * A view that changes meanwhile has its own layer drawn after this one, so the picture keeps up with a long movement.
   * @param {SkillMap} map @param {ColouredLook} look
   */
  async #redrawLayer(map, { font, point }) {
    this.#drawing = new AbortController();
    const { signal } = this.#drawing;
    const [view, size] = [this.#view, this.#size];
    const layer = await drawLayer(map.points, { view, size, ratio: this.#ratio, colour: point }, signal);
    const widthOf = labelWidth(this.#context, font);
    const labels = layer && (await inSlices(labelsOf(map, { view, size, widthOf }), signal));
    if (!labels) return;
    this.#layer = layer;
    this.#labels = labels;
    this.#drawing = null;
    this.#draw();
  }

  /** @param {SkillMap} map @param {ColouredLook} look */
  #drawNow(map, look) {
    const ratio = this.#ratio;
    const [width, height] = pixelsOf(this.#size, ratio);
    if (this.#canvas.width !== width || this.#canvas.height !== height) Object.assign(this.#canvas, { width, height });
    const context = this.#context;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, this.#size.width, this.#size.height);
    this.#drawPoints();
    const { routes, task, pointed, has_cross } = this.#lights;
    const onScreen = (/** @type {number} */ x, /** @type {number} */ y) => toScreen(this.#view, this.#size, x, y);
    const marks = [...routes.map(({ place }) => place), ...(task ? [task] : [])];
    drawLabels(context, this.#labels, marks, onScreen, look);
    drawRoutes(context, routes, task, onScreen, look);
    const is_route = routes.some(({ skill_idx }) => skill_idx === pointed);
    if (pointed !== null) drawRing(context, onScreen(...map.points.at(pointed)), is_route, look);
    if (has_cross) drawCross(context, this.#size, look);
  }

  /** The layer, moved and scaled from the view that it was drawn for to the one that is seen. */
  #drawPoints() {
    if (!this.#layer) return;
    const { canvas, view, size } = this.#layer;
    const grown = scaleOf(this.#view, this.#size) / scaleOf(view, size);
    const [left, top] = toScreen(this.#view, this.#size, view.x, view.y);
    this.#context.drawImage(canvas, left - (size.width / 2) * grown, top - (size.height / 2) * grown, size.width * grown, size.height * grown);
  }
}
