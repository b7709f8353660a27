/**
 * Turns for those who share a router and type: it drops a question that is typed when the next one comes, so a question of
 * another asker waits until the one before has its answer.
 */

export class TypingTurns {
  /** The newest question. @type {{ asker: object, answer: Promise<unknown> } | null} */
  #newest = null;

  /**
   * @template T
   * @param {object} asker
   * @param {AbortSignal} signal ends with the asker's next question
   * @param {() => Promise<T>} ask
   * @returns {Promise<T>}
   */
  async take(asker, signal, ask) {
    while (this.#newest && this.#newest.asker !== asker) await this.#newest.answer;
    signal.throwIfAborted();
    const answer = ask();
    const turn = { asker, answer: answer.catch(() => {}) };
    this.#newest = turn;
    try {
      return await answer;
    } finally {
      if (this.#newest === turn) this.#newest = null;
    }
  }
}
