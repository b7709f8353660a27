/**
 * The points of the map in cells, so that those near a place are found without looking at all of them.
 */

/** Cells along each side: some ten points in each, of forty thousand. */
const N_SIDE = 64;
const BITS_OF_CELL = 10; // 65536 / 64 = 2^10.

export class Points {
  #coordinates;
  /** Where the points of each cell start in `#order`; one more at the end. */
  #starts = new Uint32Array(N_SIDE * N_SIDE + 1);
  #order;

  /** @param {Uint16Array} coordinates x and y of each skill, by its place in the index */
  constructor(coordinates) {
    this.#coordinates = coordinates;
    this.#order = new Uint32Array(this.n);
    for (let i = 0; i < this.n; i++) this.#starts[this.#cellOf(i) + 1]++;
    for (let cell = 0; cell < N_SIDE * N_SIDE; cell++) this.#starts[cell + 1] += this.#starts[cell];
    const next = this.#starts.slice();
    for (let i = 0; i < this.n; i++) this.#order[next[this.#cellOf(i)]++] = i;
  }

  get n() {
    return this.#coordinates.length >> 1;
  }

  /** @param {number} i @returns {[number, number]} */
  at(i) {
    return [this.#coordinates[2 * i], this.#coordinates[2 * i + 1]];
  }

  /** @param {number} x @param {number} y @param {number} radius @returns {number | null} the nearest point that is no farther away */
  nearest(x, y, radius) {
    let best = null;
    let least = radius * radius;
    for (const i of this.within(x - radius, y - radius, x + radius, y + radius)) {
      const [dx, dy] = [this.#coordinates[2 * i] - x, this.#coordinates[2 * i + 1] - y];
      const distance = dx * dx + dy * dy;
      if (distance > least) continue;
      least = distance;
      best = i;
    }
    return best;
  }

  /** Points of the rectangle. @param {number} left @param {number} top @param {number} right @param {number} bottom @returns {Generator<number>} */
  *within(left, top, right, bottom) {
    const [from_column, to_column, from_row, to_row] = [left, right, top, bottom].map(columnOf);
    for (let row = from_row; row <= to_row; row++) {
      const end = this.#starts[row * N_SIDE + to_column + 1];
      for (let at = this.#starts[row * N_SIDE + from_column]; at < end; at++) {
        const i = this.#order[at];
        const [x, y] = [this.#coordinates[2 * i], this.#coordinates[2 * i + 1]];
        if (x >= left && x <= right && y >= top && y <= bottom) yield i;
      }
    }
  }

  /** @param {number} i */
  #cellOf(i) {
    return (this.#coordinates[2 * i + 1] >> BITS_OF_CELL) * N_SIDE + (this.#coordinates[2 * i] >> BITS_OF_CELL);
  }
}

/** @param {number} place */
function columnOf(place) {
  return Math.min(N_SIDE - 1, Math.max(0, Math.floor(place) >> BITS_OF_CELL));
}
