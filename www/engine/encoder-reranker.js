/**
 * The reranker that an encoder is too, when it was made for late interaction: the same weights, loaded once and wherever the
 * encoder runs. Used like a `Model`.
 */

/** @typedef {import('./model.js').Model} Model */

export class EncoderReranker {
  #encoder;
  /** One for each instance of the encoder, since it keeps what it has read. @type {WeakMap<object, any>} */
  #rerankers = new WeakMap();

  /** @param {Model} encoder */
  constructor(encoder) {
    this.#encoder = encoder;
  }

  get about() {
    return this.#encoder.about;
  }

  get device() {
    return this.#encoder.device;
  }

  /**
   * See `Model.use`; the model that is used is a reranker.
   * @template T
   * @param {import('./model.js').Use<T>} use
   * @param {import('./model.js').Use<unknown>} sample
   * @returns {Promise<T>}
   */
  use(use, sample) {
    return this.#encoder.use(this.#reranking(use), this.#reranking(sample));
  }

  /** @template T @param {import('./model.js').Use<T>} use of a reranker @returns {import('./model.js').Use<T>} of the encoder */
  #reranking(use) {
    return async (encoder, call) => use(await this.#of(encoder, call), call);
  }

  /** @param {any} encoder @param {import('./model.js').Call} call */
  async #of(encoder, call) {
    if (!this.#rerankers.has(encoder)) this.#rerankers.set(encoder, await call(() => encoder.reranker()));
    return this.#rerankers.get(encoder);
  }
}
