/**
 * Whether the other side of a conversation still lives: while work is out it is asked again and again, and it is given up when
 * nothing was heard for too long. Steps are counted, not time: while the machine sleeps, or this thread is busy, nothing is
 * heard either, and that is nobody's fault.
 */

/** Questions without an answer until the other side is given up. */
const STEPS = 10;
/** As many before its first word: until then its code may be on its way. */
const FIRST_STEPS = 6 * STEPS;

export class Watchdog {
  #step_ms;
  #listener;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #timer;
  #n_silent = 0;
  #n_allowed = FIRST_STEPS;

  /**
   * @param {number} patience_ms how long nothing may be heard while work is out
   * @param {{ isBusy: () => boolean, ask: () => void, onSilent: () => void }} listener `isBusy`: whether work is out; `ask`: for any answer
   */
  constructor(patience_ms, listener) {
    this.#step_ms = patience_ms / STEPS;
    this.#listener = listener;
  }

  /** Work is out, from now on or still. */
  watch() {
    this.#timer ||= setInterval(() => this.#step(), this.#step_ms);
  }

  /** Something was heard. */
  heard() {
    this.#n_silent = 0;
    this.#n_allowed = STEPS;
  }

  /** The other side says that it will be silent for long. @param {number} ms */
  allow(ms) {
    this.#n_allowed = Math.max(STEPS, Math.ceil(ms / this.#step_ms));
  }

  end() {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #step() {
    if (!this.#listener.isBusy()) return this.end();
    if (++this.#n_silent <= this.#n_allowed) return this.#listener.ask();
    this.end();
    this.#listener.onSilent();
  }
}
