/**
 * Which device a model runs on: the wish of the caller that opened the router, what the browser has, and what was measured before.
 */

import { rememberChoice, rememberedChoice } from './choices.js';
import { GpuEngine } from './engine.js';
import { probeAdapter } from './webgpu.js';

/**
 * Where a model is to run. `reason`: why there, when somebody might have expected otherwise. `undecided`: the other device
 * may be faster, which only trying tells.
 * @typedef {{ kind: 'cpu' | 'gpu', reason?: string, undecided?: boolean }} Placement
 *
 * @typedef {{ name: string, hash: string, bytes: number }} ModelSize
 */

/** From here on one can do without measuring: a graphics card is many times as fast as one thread. */
const LARGE_MODEL_BYTES = 100_000_000;

/** The devices of one session. */
export class Devices {
  #wish;
  #openCpu;
  /** @type {Promise<import('./engine.js').CpuEngine> | null} */
  #cpu = null;
  /** @type {Promise<import('./webgpu.js').Adapter> | null} null when WebGPU is not to be touched */
  #adapter;
  /** @type {Promise<GpuEngine> | null} */
  #gpu = null;

  /**
   * @param {'auto' | 'cpu' | 'gpu'} wish
   * @param {() => Promise<import('./engine.js').CpuEngine>} openCpu
   */
  constructor(wish, openCpu) {
    this.#wish = wish;
    this.#openCpu = openCpu;
    this.#adapter = wish === 'cpu' ? null : probeAdapter(); // Early: its answer is there before the first model is.
  }

  /** The CPU build, loaded by the first model that wants it. A failure is forgotten. @returns {Promise<import('./engine.js').CpuEngine>} */
  cpu() {
    this.#cpu ??= this.#openCpu().catch((error) => {
      this.#cpu = null;
      throw error;
    });
    return this.#cpu;
  }

  /** @param {ModelSize} model @returns {Promise<Placement>} */
  async place(model) {
    if (!this.#adapter) return { kind: 'cpu' };
    const adapter = await this.#adapter;
    const large = model.bytes >= LARGE_MODEL_BYTES;
    const expected = this.#wish === 'gpu' || large;
    if (adapter.reason) return { kind: 'cpu', ...(expected && { reason: adapter.reason }) };
    if (this.#wish === 'gpu') return { kind: 'gpu' };
    if (adapter.software) {
      return { kind: 'cpu', ...(expected && { reason: `the graphics adapter ${adapter.name} is a software one, which is slower than the CPU` }) };
    }
    if (large) return { kind: 'gpu' };
    return (await rememberedChoice(adapter.name, model)) ?? { kind: 'cpu', undecided: true };
  }

  /** The GPU instance that works, or a new one. Throws code `device`. @returns {Promise<GpuEngine>} */
  async gpu() {
    for (;;) {
      const opening = (this.#gpu ??= GpuEngine.open());
      const engine = await opening.catch((error) => error);
      if (engine instanceof GpuEngine && !engine.failure) return engine;
      if (this.#gpu === opening) this.#gpu = null;
      if (engine instanceof Error) throw engine;
    }
  }

  /** @param {ModelSize} model @param {import('./choices.js').Choice} choice what trying told */
  async remember(model, choice) {
    if (this.#adapter) await rememberChoice((await this.#adapter).name, model, choice);
  }
}
