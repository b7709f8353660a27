/**
 * The builds of the engine: the search, which holds the index and is small, so that the first answer comes soon; and the
 * models for the CPU and for WebGPU, two builds of the same classes, each with the device that its models run on. A model
 * lives in the memory of the build that it was loaded into, and only texts and numbers pass between builds.
 *
 * The search and the CPU build are trusted: a panic in them ends the worker. The GPU build is not trusted: drivers
 * lose devices, run out of memory and refuse pipelines, and the engine answers to that with an error, with a panic, or with
 * a promise that never settles. So every call into it is raced against all signs of a failure. An instance that failed is
 * dropped for good; the next one is loaded under another address, since a module is evaluated once for each address.
 */

import initSearch, { Router } from '../pkg/search/skillrouter.js';
import { SkillRouterError, toPlain } from '../shared/error.js';
import { unloadable } from '../shared/unreachable.js';
import { Turns } from '../shared/turns.js';
import { keepDevice } from './webgpu.js';

/** How long one call may take; the slowest is the first batch on a new device, which compiles every pipeline. */
const CALL_LIMIT_MS = 60_000;

/** Bundlers know a file that they have to keep by exactly this expression. */
const SEARCH_WASM = new URL('../pkg/search/skillrouter_bg.wasm', import.meta.url).href;
const CPU_WASM = new URL('../pkg/cpu/skillrouter_bg.wasm', import.meta.url).href;
const GPU_WASM = new URL('../pkg/gpu/skillrouter_bg.wasm', import.meta.url).href;
const GPU_MODULE = new URL('../pkg/gpu/skillrouter.js', import.meta.url).href;

/** GPU instances that this worker has loaded: its modules stay loaded as long as it runs. */
let n_instances = 0;

/**
 * What opens the builds that are there in any case. @typedef {{ openSearch: () => Promise<SearchEngine>, openCpu: () =>
 * Promise<CpuEngine> }} Builds
 */

/** @type {Builds} */
export const DOWNLOADED = { openSearch: () => SearchEngine.open(), openCpu: () => CpuEngine.open() };

/** The search. */
export class SearchEngine {
  /** The class of an index. */
  Router = Router;
  /** Where answers by words are computed. */
  device = { kind: /** @type {const} */ ('cpu'), name: 'CPU' };

  /** @param {string | BufferSource} [wasm] its address, or the build itself where it is not downloaded */
  static async open(wasm = SEARCH_WASM) {
    await load(initSearch, wasm);
    return new SearchEngine();
  }
}

/** The CPU build. */
export class CpuEngine {
  kind = /** @type {const} */ ('cpu');
  /** @type {typeof import('../pkg/cpu/skillrouter.js')} */
  classes;
  /** @type {Error | null} it does not fail in parts */
  failure = null;
  /** @type {import('../pkg/cpu/skillrouter.js').Device} */
  device;

  /** @param {string | BufferSource} [wasm] its address, or the build itself where it is not downloaded */
  static async open(wasm = CPU_WASM) {
    const engine = new CpuEngine();
    engine.classes = await import('../pkg/cpu/skillrouter.js').catch(async (error) => {
      throw await unloadable(CPU_WASM, error.message, 'the engine'); // Its script lies beside it.
    });
    await load(engine.classes.default, wasm);
    engine.device = await engine.classes.Device.open();
    return engine;
  }

  get name() {
    return this.device.name;
  }

  /** @template T @param {() => T | Promise<T>} work @returns {Promise<T>} */
  async run(work) {
    return work();
  }

  hold() {}

  release() {}
}

/** @param {(options: { module_or_path: string | BufferSource }) => Promise<unknown>} init @param {string | BufferSource} wasm */
async function load(init, wasm) {
  try {
    await init({ module_or_path: wasm });
  } catch (error) {
    if (/content security policy|unsafe-eval/i.test(error.message)) {
      throw new SkillRouterError('unavailable', "the policy of this page lets no WebAssembly run; add 'wasm-unsafe-eval' to script-src in its Content-Security-Policy", { cause: error });
    }
    const is_cut = error instanceof TypeError; // Of the download; what is wrong with the code itself has classes of its own.
    if (typeof wasm === 'string') throw await unloadable(wasm, is_cut ? '' : error.message, 'the engine');
    throw new SkillRouterError('engine', `the engine could not be loaded (${error.message}); install the package again`, { cause: error });
  }
}

/** One instance of the GPU build with its device; models share it. */
export class GpuEngine {
  kind = /** @type {const} */ ('gpu');
  name = '';
  /** @type {typeof import('../pkg/gpu/skillrouter.js')} */
  classes;
  /** @type {import('../pkg/gpu/skillrouter.js').Device} */
  device;
  /** @type {Error | null} why this instance is not to be used any more */
  failure = null;
  #number = ++n_instances;
  /** @type {GPUDevice | null} */
  #gpu_device = null;
  #n_models = 0;
  #n_running = 0;
  /** The engine is entered once at a time. */
  #turns = new Turns();
  /** @type {(error: Error) => void} */
  #reject;
  /** @type {Promise<never>} rejects with `failure` */
  #failed = new Promise((_, reject) => (this.#reject = reject));

  /** Throws code `device` whatever went wrong: then there is no GPU here, and the CPU is the remedy. */
  static async open() {
    const engine = new GpuEngine();
    engine.#failed.catch(() => {}); // Somebody waits for it only during a call.
    for (const type of ['error', 'unhandledrejection']) addEventListener(type, (event) => engine.#onUncaught(/** @type {ErrorEvent & PromiseRejectionEvent} */ (event)));
    try {
      engine.classes = await import(/* @vite-ignore */ /* webpackIgnore: true */ /* turbopackIgnore: true */ `${GPU_MODULE}?instance=${engine.#number}`);
      await engine.classes.default({ module_or_path: GPU_WASM });
    } catch (error) {
      throw engine.#fail(`the engine for the GPU could not be loaded: ${error.message}`, error);
    }
    const { value, gpu_device, adapter_name } = await engine.run(() => keepDevice(() => engine.classes.Device.open(undefined)));
    Object.assign(engine, { device: value, name: adapter_name });
    engine.#watch(gpu_device);
    return engine;
  }

  /**
   * Enters the engine. Throws code `device` when the device failed, and then this instance is lost.
   * @template T
   * @param {() => T | Promise<T>} work
   * @returns {Promise<T>}
   */
  run(work) {
    return this.#turns.take(() => this.#guarded(work));
  }

  /** A model moves in. */
  hold() {
    this.#n_models++;
  }

  /** A model moved out; the last one takes the device along. */
  release() {
    if (--this.#n_models === 0) this.#fail('it is not in use any more');
  }

  /** @template T @param {() => T | Promise<T>} work @returns {Promise<T>} */
  async #guarded(work) {
    if (this.failure) throw this.failure;
    const timer = setTimeout(() => this.#fail(`nothing came back within ${CALL_LIMIT_MS / 1000} s`), CALL_LIMIT_MS);
    this.#n_running++;
    try {
      return await Promise.race([work(), this.#failed]);
    } catch (error) {
      if (error === this.failure) throw error;
      const { code, fatal } = toPlain(error);
      if (code !== 'device' && !fatal) throw error; // The device is well; a file or a text was not.
      throw this.#fail(String(error?.message ?? error), error);
    } finally {
      this.#n_running--;
      clearTimeout(timer);
    }
  }

  /** @param {GPUDevice | null} gpu_device */
  #watch(gpu_device) {
    this.#gpu_device = gpu_device;
    gpu_device?.lost.then(({ message, reason }) => this.#fail(`the device was lost: ${message || reason}`));
    gpu_device?.addEventListener('uncapturederror', ({ error }) => this.#fail(`${error.constructor.name}: ${error.message}`));
  }

  /**
   * A panic inside an asynchronous call surfaces here and nowhere else. Late ones, of an instance that was given up, are
   * kept from ending the worker.
   * @param {ErrorEvent & PromiseRejectionEvent} event one of the two
   */
  #onUncaught(event) {
    const error = event.error ?? event.reason;
    const trace = `${event.filename ?? ''} ${error?.stack ?? ''}`;
    const [, after] = trace.split(`${GPU_MODULE}?instance=`);
    const from_gpu = trace.includes(GPU_MODULE) || trace.includes(GPU_WASM);
    const from_others = ['/pkg/cpu/', '/pkg/search/', CPU_WASM, SEARCH_WASM].some((name) => trace.includes(name)); // Bundlers give the files other names.
    const unnamed = this.#n_running > 0 ? !from_others : this.failure && from_gpu;
    if (after ? Number.parseInt(after, 10) !== this.#number : !unnamed) return;
    event.preventDefault();
    this.#fail(String(error?.message ?? error ?? event.message), error);
  }

  /** The first failure is the one that is told. @param {string} why @param {unknown} [cause] */
  #fail(why, cause) {
    if (this.failure) return this.failure;
    const reason = why.trim().split('\n')[0].replace(/^device: /, '').replace(/; try again, or use the CPU$/, '');
    this.failure = new SkillRouterError('device', `the GPU failed (${reason}); the CPU is used instead`, { cause });
    this.#reject(this.failure);
    this.#gpu_device?.destroy(); // Its memory is wanted by whatever comes next.
    return this.failure;
  }
}
