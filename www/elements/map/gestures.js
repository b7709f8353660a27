/**
 * What hands do on the map, as what they mean: moving, zooming, pointing, choosing. Mouse, pen, fingers and keys.
 */

/**
 * Places are in CSS pixels from the left and top of the map.
 * @typedef {object} Wishes
 * @property {(right: number, down: number) => void} onMove the map follows the hand
 * @property {(factor: number, options: { left: number, top: number, is_smooth?: boolean }) => boolean} onZoom says whether there was anything to zoom
 * @property {(left: number | null, top?: number) => void} onPoint null when nothing is pointed at any more
 * @property {(left: number, top: number) => void} onChoose
 * @property {(key: 'left' | 'right' | 'up' | 'down' | 'in' | 'out' | 'whole' | 'choose' | 'leave') => void} onKey
 */

/** A hand that moved less has pressed, and not dragged. */
const STILL_PIXELS = 5;
const DOUBLE_FACTOR = 2;
/** How fast a pixel of the wheel zooms. Fingers on a trackpad, which browsers tell as a wheel with Ctrl, make smaller steps than a wheel. */
const WHEEL_RATE = 0.0018;
const PINCH_RATE = 0.01;
const STEP_OF_WHEEL = 50;
const PIXELS_PER_LINE = 16;

/** @type {Record<string, Parameters<Wishes['onKey']>[0]>} */
const KEYS = {
  ArrowLeft: 'left', ArrowRight: 'right', ArrowUp: 'up', ArrowDown: 'down', '+': 'in', '=': 'in', '-': 'out', _: 'out', 0: 'whole',
  Enter: 'choose', ' ': 'choose', Escape: 'leave',
};

export class Gestures {
  #frame;
  #wishes;
  /** Where each finger, or the mouse while its button is down, is. @type {Map<number, { left: number, top: number }>} */
  #hands = new Map();
  #n_pixels = 0;
  /** Two fingers were on the map since the last time that none was: what they did is no press. */
  #has_pinched = false;

  /** @param {HTMLElement} frame which can be focused @param {Wishes} wishes */
  constructor(frame, wishes) {
    this.#frame = frame;
    this.#wishes = wishes;
    frame.addEventListener('pointerdown', (event) => this.#press(event));
    frame.addEventListener('pointermove', (event) => this.#move(event));
    frame.addEventListener('pointerup', (event) => this.#release(event, true));
    frame.addEventListener('pointercancel', (event) => this.#release(event, false));
    frame.addEventListener('pointerleave', () => wishes.onPoint(null));
    frame.addEventListener('dblclick', (event) => this.#double(event));
    frame.addEventListener('wheel', (event) => this.#wheel(event), { passive: false });
    frame.addEventListener('keydown', (event) => this.#key(event));
  }

  /** @param {PointerEvent} event */
  #press(event) {
    if (event.button !== 0) return;
    this.#frame.setPointerCapture(event.pointerId);
    if (this.#hands.size === 0) {
      this.#n_pixels = 0;
      this.#has_pinched = false;
    }
    const [left, top] = this.#placeOf(event);
    this.#hands.set(event.pointerId, { left, top });
    this.#has_pinched ||= this.#hands.size > 1;
  }

  /** @param {PointerEvent} event */
  #move(event) {
    const [left, top] = this.#placeOf(event);
    const hand = this.#hands.get(event.pointerId);
    if (!hand) {
      if (event.pointerType !== 'touch') this.#wishes.onPoint(left, top);
      return;
    }
    const [other] = [...this.#hands.values()].filter((candidate) => candidate !== hand);
    const [right, down] = [left - hand.left, top - hand.top];
    this.#n_pixels += Math.hypot(right, down);
    if (other) {
      const factor = Math.hypot(left - other.left, top - other.top) / Math.max(1, Math.hypot(hand.left - other.left, hand.top - other.top));
      this.#wishes.onZoom(factor, { left: (hand.left + other.left) / 2, top: (hand.top + other.top) / 2 });
      this.#wishes.onMove(right / 2, down / 2); // After zooming, which makes room to move.
    } else if (this.#n_pixels >= STILL_PIXELS) {
      this.#wishes.onMove(right, down);
    }
    Object.assign(hand, { left, top });
  }

  /** @param {PointerEvent} event @param {boolean} is_press */
  #release(event, is_press) {
    const hand = this.#hands.get(event.pointerId);
    this.#hands.delete(event.pointerId);
    if (hand && is_press && this.#n_pixels < STILL_PIXELS && !this.#has_pinched) this.#wishes.onChoose(hand.left, hand.top);
  }

  /** @param {MouseEvent} event */
  #double(event) {
    const [left, top] = this.#placeOf(event);
    this.#wishes.onZoom(DOUBLE_FACTOR, { left, top, is_smooth: true });
  }

  /** Who reads on past the map scrolls the page; the wheel is the map's with Ctrl, or once the map has focus. @param {WheelEvent} event */
  #wheel(event) {
    const is_wanted = event.ctrlKey || event.metaKey || this.#frame.matches(':focus');
    if (!is_wanted) return;
    const pixels = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? event.deltaY * PIXELS_PER_LINE : event.deltaY;
    const is_pinch = event.ctrlKey && Math.abs(pixels) < STEP_OF_WHEEL;
    const [left, top] = this.#placeOf(event);
    const changed = this.#wishes.onZoom(Math.exp(-pixels * (is_pinch ? PINCH_RATE : WHEEL_RATE)), { left, top });
    if (changed || event.ctrlKey) event.preventDefault(); // With Ctrl, the browser would zoom the page.
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const wish = KEYS[event.key];
    if (!wish || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    this.#wishes.onKey(wish);
  }

  /** @param {MouseEvent} event @returns {[number, number]} */
  #placeOf({ clientX, clientY }) {
    const { left, top } = this.#frame.getBoundingClientRect();
    return [clientX - left - this.#frame.clientLeft, clientY - top - this.#frame.clientTop];
  }
}
