/**
 * One model, an encoder or a reranker: its files, the engine that it was loaded into, and its way from there to another
 * device when that one fails or is slower.
 *
 * A model has a turn of its own: a caller has it alone until it is done, so a list that is re-ranked is not mixed
 * with another. Its files come from the cache whenever it is loaded again, and those that arrived before a break are there.
 */

import { abortable } from '../shared/error.js';
import { Turns } from '../shared/turns.js';
import { fetchInOrder, fetchManifest } from '../storage/assets.js';
import { announce } from './silence.js';

/**
 * @typedef {import('../client.js').DeviceUsed} DeviceUsed
 * @typedef {import('./engine.js').CpuEngine | import('./engine.js').GpuEngine} Engine
 *
 * What a model says of itself, with the hash of its manifest.
 * @typedef {{ name: string, bytes: number, hash: string, rerank_options?: object }} ModelAbout
 *
 * What a model is used by; an encoder that reranks too has it as well.
 * @typedef {Pick<Model, 'about' | 'device' | 'use'>} Usable
 *
 * A model in an engine.
 * @typedef {{ engine: Engine, model: any }} Loaded
 * @typedef {{ signal?: AbortSignal, progressOf?: (file: string) => (progress: import('../storage/assets.js').FileProgress) => void }} LoadOptions
 *
 * Enters the engine.
 * @typedef {<V>(step: () => V | Promise<V>) => Promise<V>} Call
 *
 * @typedef {object} ModelOptions
 * @property {import('./device.js').Devices} devices
 * @property {import('./progress.js').ProgressSum} progress
 * @property {AbortSignal} signal cancels the opening
 * @property {(about: any) => void} [check] throws when this is not the right model; called before its weights are fetched
 * @property {(model: Model) => void} [onMove] the model is on another device now
 * @property {import('./silence.js').OnSilence} [onSilence]
 * @property {import('../storage/assets.js').FetchFile} [fetchFile]
 */

/**
 * A use of a model: `call` enters the engine. When the device fails it is begun again with the model on another one.
 * @template T
 * @typedef {(model: any, call: Call) => Promise<T>} Use
 */

/** A device that failed is opened a second time and not a third. */
const MAX_GPU_FAILURES = 2;
/** Trying the other device waits until the first answer is out of the way. */
const COMPARISON_DELAY_MS = 2000;
const COMPARISON_RUNS = 3;

/** A loaded model. */
export class Model {
  /** @type {ModelAbout} */
  about;
  /** @type {'Encoder' | 'Reranker'} */
  #class_name;
  /** @type {string} */
  #url;
  /** @type {import('./device.js').Devices} */
  #devices;
  /** @type {(model: Model) => void} */
  #onMove;
  /** @type {import('./silence.js').OnSilence | undefined} */
  #onSilence;
  /** @type {import('../storage/assets.js').FetchFile | undefined} */
  #fetchFile;
  /** @type {Uint8Array<ArrayBuffer>} */
  #manifest_json;
  /** @type {import('./device.js').Placement} */
  #placement;
  /** @type {Loaded | null} null when the next use has to load it again */
  #loaded = null;
  /** @type {DeviceUsed} */
  #device;
  #n_gpu_failures = 0;
  #turns = new Turns();

  /**
   * @param {'Encoder' | 'Reranker'} class_name of the engine
   * @param {string} url of `model.json`
   * @param {ModelOptions} options
   */
  static async open(class_name, url, { devices, progress, signal, check, onMove = () => {}, onSilence, fetchFile }) {
    const model = new Model();
    model.#class_name = class_name;
    model.#url = url;
    model.#devices = devices;
    model.#onMove = onMove;
    model.#onSilence = onSilence;
    model.#fetchFile = fetchFile;
    const cpu = await abortable(devices.cpu(), signal);
    const manifest = await fetchManifest(url, (bytes) => model.#read(cpu, bytes, check), { signal, fetchFile });
    const entries = manifest.value;
    progress.expect(entries);
    model.#placement = await devices.place(model.about);
    await model.#place({ signal, progressOf: (/** @type {string} */ file) => progress.of(file) });
    await manifest.commit(entries);
    return model;
  }

  /** Where it runs, or ran last. */
  get device() {
    return this.#device;
  }

  /**
   * Uses the model, alone.
   * @template T
   * @param {Use<T>} use
   * @param {Use<unknown>} sample a short use of the same kind, to compare devices with
   * @returns {Promise<T>}
   */
  use(use, sample) {
    return this.#turns.take(async () => {
      const value = await this.#withoutFailing(use);
      if (this.#placement.undecided) this.#compareLater(sample);
      return value;
    });
  }

  /**
   * Reads and checks the manifest, on the CPU since that is always there.
   * @param {import('./engine.js').CpuEngine} cpu @param {Uint8Array<ArrayBuffer>} bytes @param {ModelOptions['check']} check
   * @returns {import('../storage/assets.js').FileEntry[]}
   */
  #read(cpu, bytes, check) {
    const draft = new cpu.classes[this.#class_name](bytes, cpu.device);
    try {
      const about = draft.about();
      check?.(about);
      this.about = { ...about, hash: JSON.parse(new TextDecoder().decode(bytes)).checksum };
      this.#manifest_json = bytes;
      return draft.missing();
    } finally {
      draft.free();
    }
  }

  /** @template T @param {Use<T>} use @returns {Promise<T>} */
  async #withoutFailing(use) {
    for (;;) {
      if (this.#loaded?.engine.failure) this.#leave(); // It failed in the hands of another model.
      const { engine, model } = this.#loaded ?? (await this.#place({}));
      try {
        return await use(model, (step) => this.#enter(engine, step));
      } catch (error) {
        if (engine.kind === 'cpu') throw error;
        this.#countFailure(error);
        this.#leave();
      }
    }
  }

  /**
   * Loads the model onto the device where it belongs: the GPU as long as that does not fail too often, then the CPU.
   * @param {LoadOptions} options @returns {Promise<Loaded>}
   */
  async #place(options) {
    while (this.#placement.kind === 'gpu') {
      try {
        const engine = await abortable(this.#devices.gpu(), options.signal);
        return this.#settle(await this.#load(engine, options));
      } catch (error) {
        this.#countFailure(error);
      }
    }
    return this.#settle(await this.#load(await this.#devices.cpu(), options));
  }

  /** @param {import('../shared/error.js').Fault} error @throws it, if the device is not to blame for it */
  #countFailure(error) {
    if (error.code !== 'device') throw error;
    if (++this.#n_gpu_failures >= MAX_GPU_FAILURES) this.#placement = { kind: 'cpu', reason: error.message };
  }

  /** @param {Engine} engine @param {LoadOptions} options @returns {Promise<Loaded>} */
  async #load(engine, { signal, progressOf }) {
    engine.hold();
    /** @type {any} a model of the engine's build */
    let model;
    try {
      model = await engine.run(() => new engine.classes[this.#class_name](this.#manifest_json, engine.device));
      const add = (/** @type {string} */ file, /** @type {Uint8Array} */ bytes) => this.#enter(engine, () => model.add_file(file, bytes));
      await fetchInOrder(model.missing(), { owner: this.#url, add, signal, progressOf, fetchFile: this.#fetchFile });
      await this.#enter(engine, () => model.finish());
      if (engine.kind === 'gpu') await this.#enter(engine, () => model.self_test()); // Browsers' GPUs have been silently wrong.
      return { engine, model };
    } catch (error) {
      release({ engine, model });
      throw error;
    }
  }

  /** @template V @param {Engine} engine @param {() => V | Promise<V>} step @returns {Promise<V>} */
  #enter(engine, step) {
    announce(this.#onSilence, { model_bytes: this.about.bytes });
    return engine.run(step);
  }

  /** Takes note of where the model is now. @param {Loaded} loaded @returns {Loaded} */
  #settle(loaded) {
    this.#loaded = loaded;
    const { engine, model } = loaded;
    this.about.rerank_options ??= model.rerank_options(); // A reranker has them, once it is loaded.
    const { kind, name } = engine;
    const { reason } = this.#placement;
    this.#device = { kind, name, ...(reason && { reason }) };
    this.#onMove(this);
    return loaded;
  }

  #leave() {
    if (this.#loaded) release(this.#loaded);
    this.#loaded = null;
  }

  /** @param {Use<unknown>} sample */
  #compareLater(sample) {
    this.#placement = { kind: 'cpu' };
    setTimeout(() => void this.#compare(sample), COMPARISON_DELAY_MS);
  }

  /** Loads the model onto the GPU as well, times the same work on both, and keeps the faster. Never rejects. @param {Use<unknown>} sample */
  async #compare(sample) {
    /** @type {Loaded | null} */
    let rival = null;
    try {
      rival = await this.#load(await this.#devices.gpu(), {});
      const on_gpu = rival;
      const gpu_ms = await medianMs(sample, on_gpu);
      await this.#turns.take(async () => {
        const cpu_ms = await medianMs(sample, /** @type {Loaded} */ (this.#loaded)); // On the CPU it stays loaded.
        const kind = gpu_ms < cpu_ms ? 'gpu' : 'cpu';
        const reason = `measured here: ${gpu_ms.toFixed(1)} ms on the GPU, ${cpu_ms.toFixed(1)} ms on the CPU`;
        this.#decide({ kind, reason }, on_gpu);
        await this.#devices.remember(this.about, { kind, reason });
      });
    } catch (error) {
      // Not remembered: at the next visit the driver may be mended, or the file there that was missing.
      if (error.code === 'device') this.#decide({ kind: 'cpu', reason: error.message }, rival);
      else if (rival) release(rival);
    }
  }

  /** @param {import('./device.js').Placement} placement @param {Loaded | null} rival */
  #decide(placement, rival) {
    this.#placement = placement;
    const on_cpu = /** @type {Loaded} */ (this.#loaded);
    if (placement.kind === 'gpu' && rival) {
      this.#leave();
      this.#settle(rival);
    } else {
      if (rival) release(rival);
      this.#settle(on_cpu);
    }
  }
}

/** Gives back the memory of a model; that of an instance that failed is gone already. @param {Loaded} loaded */
function release({ engine, model }) {
  if (!engine.failure) model?.free();
  engine.release();
}

/** @param {Use<unknown>} use @param {Loaded} loaded @returns {Promise<number>} the median of a few uses, after one that warms up */
async function medianMs(use, { engine, model }) {
  const times_ms = [];
  for (let run = -1; run < COMPARISON_RUNS; run++) {
    const started_ms = performance.now();
    await use(model, (step) => engine.run(step));
    if (run >= 0) times_ms.push(performance.now() - started_ms);
  }
  return times_ms.sort((a, b) => a - b)[COMPARISON_RUNS >> 1];
}
