/**
 * The build of the engine that makes an index: fetched when somebody adds skills of his own, and never before. It reads texts
 * that anybody may have written, apart from the build that answers: when it stops, it is dropped, and the next one is loaded
 * under another address, since a module is evaluated once for each address.
 */

import { SkillRouterError, toPlain } from '../../shared/error.js';

/** Bundlers know a file that they have to keep by exactly this expression. */
const BUILDER_MODULE = new URL('../../pkg/builder/skillrouter.js', import.meta.url).href;
const BUILDER_WASM = new URL('../../pkg/builder/skillrouter_bg.wasm', import.meta.url).href;

/** Instances that failed, to load or later. */
let n_failed = 0;

/** An index that is being made. */
export class Builder {
  /** @type {import('../../pkg/builder/skillrouter.js').IndexBuilder} */
  #builder;
  #failed = false;

  /** @param {Uint8Array} model_json of the encoder */
  static async open(model_json) {
    const builder = new Builder();
    let engine;
    try {
      engine = await import(/* @vite-ignore */ /* webpackIgnore: true */ /* turbopackIgnore: true */ `${BUILDER_MODULE}?instance=${n_failed}`);
      await engine.default({ module_or_path: BUILDER_WASM });
    } catch (error) {
      n_failed++;
      throw new SkillRouterError('network', `the code that reads skills could not be loaded (${error.message}); check the connection and try again`, { cause: error });
    }
    builder.run(() => (builder.#builder = new engine.IndexBuilder(model_json)));
    return builder;
  }

  /**
   * Enters the engine.
   * @template T
   * @param {(builder: import('../../pkg/builder/skillrouter.js').IndexBuilder) => T} work
   * @returns {T}
   */
  run(work) {
    try {
      return work(this.#builder);
    } catch (error) {
      const { fatal, message } = toPlain(error);
      if (!fatal) throw error;
      if (!this.#failed) n_failed++;
      this.#failed = true;
      throw new SkillRouterError('engine', message, { cause: error });
    }
  }

  /** Begins with the skills of an index that was made before. @param {import('./store.js').IndexFile[]} files */
  keep(files) {
    this.run((builder) => {
      builder.keep(files[files.length - 1].bytes);
      for (const { file, bytes } of files.slice(0, -1)) builder.keep_file(file, bytes);
      builder.kept();
    });
  }

  /** @returns {import('./store.js').IndexFile[]} the index; every text needs its vector by now */
  finish() {
    return this.run((builder) => builder.finish().map((made) => {
      const { file } = made;
      const bytes = /** @type {Uint8Array<ArrayBuffer>} */ (made.bytes); // A copy, and no part of the engine's memory.
      made.free();
      return { file, bytes };
    }));
  }

  /** Gives the memory back. */
  close() {
    if (!this.#failed) this.#builder.free();
  }
}
