/**
 * The name beside the skill that is pointed at. Screen readers hear it otherwise.
 */

/** Between a point and its name, and between a name and the edge of the map, in CSS pixels. */
const GAP = 14;
const EDGE = 4;

export class Tip {
  #tip;
  #name;
  #rank;

  /** @param {HTMLElement} tip @param {HTMLElement} name @param {HTMLElement} rank within it */
  constructor(tip, name, rank) {
    this.#tip = tip;
    this.#name = name;
    this.#rank = rank;
  }

  /**
   * Above the place, or below it where there is no room; nowhere for a place that is not seen.
   * @param {string} name @param {string} rank @param {[number, number]} place @param {import('./view.js').Size} size
   */
  show(name, rank, [left, top], { width, height }) {
    const is_seen = left >= 0 && top >= 0 && left <= width && top <= height;
    this.#tip.hidden = !is_seen;
    if (!is_seen) return;
    this.#name.textContent = name;
    this.#rank.textContent = rank;
    const { offsetWidth, offsetHeight } = this.#tip;
    const x = Math.max(EDGE, Math.min(width - offsetWidth - EDGE, left - offsetWidth / 2));
    const above = top - offsetHeight - GAP;
    this.#tip.style.transform = `translate(${x}px, ${above >= EDGE ? above : top + GAP}px)`;
  }

  hide() {
    this.#tip.hidden = true;
  }
}
