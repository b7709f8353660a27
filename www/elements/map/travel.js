/**
 * How the view of the map gets from one place to another: at once under a hand, gliding when a button was pressed.
 */

import { between, isSame, moved, WHOLE, zoomed } from './view.js';

/** @typedef {import('./view.js').View} View */

const GLIDE_MS = 260;

export class Travel {
  #picture;
  #onView;
  #frame = 0;

  /** @param {import('./picture.js').Picture} picture @param {(view: View) => void} onView after each change */
  constructor(picture, onView) {
    this.#picture = picture;
    this.#onView = onView;
  }

  /** @param {View} view that is seen at once */
  jump(view) {
    this.stop();
    this.#picture.look(view);
    this.#onView(view);
  }

  /** @param {View} to where motion is not wanted, at once */
  glide(to) {
    if (matchMedia('(prefers-reduced-motion: reduce)').matches) return this.jump(to);
    this.stop();
    const from = this.#picture.view;
    const start_ms = performance.now();
    const step = (/** @type {number} */ now_ms) => {
      const part = Math.min(1, Math.max(0, (now_ms - start_ms) / GLIDE_MS));
      this.jump(part < 1 ? between(from, to, part * part * (3 - 2 * part)) : to);
      if (part < 1) this.#frame = requestAnimationFrame(step);
    };
    this.#frame = requestAnimationFrame(step);
  }

  /** @param {number} right @param {number} down how far the map goes, in CSS pixels */
  move(right, down) {
    this.jump(moved(this.#picture.view, this.#picture.size, right, down));
  }

  /**
   * What lies under (left, top), or in the middle, stays there.
   * @param {number} factor @param {{ left?: number, top?: number, is_smooth?: boolean }} [options]
   * @returns {boolean} whether there was anything to zoom
   */
  zoom(factor, { left, top, is_smooth = false } = {}) {
    const { view, size } = this.#picture;
    const next = zoomed(view, size, factor, left, top);
    if (isSame(next, view)) return false;
    if (is_smooth) this.glide(next);
    else this.jump(next);
    return true;
  }

  /** @param {import('./view.js').Size} size new one, to whose edges the view has to keep */
  resize(size) {
    this.#picture.resize(size);
    this.jump(zoomed(this.#picture.view, size, 1));
  }

  whole({ is_smooth = false } = {}) {
    if (is_smooth) this.glide(WHOLE);
    else this.jump(WHOLE);
  }

  stop() {
    cancelAnimationFrame(this.#frame);
  }
}
