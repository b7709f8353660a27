/**
 * The helper's line to the extension: its settings, and a port to the engine that exists only while somebody types.
 */

import { HELPER_PORT } from '../ports.js';

const TOP = 3;

export class Asker {
  /** @type {chrome.runtime.Port | null} */
  #port = null;
  #n_questions = 0;
  /** The newest question. @type {{ id: number, resolve: (answer: any) => void, reject: (error: Error) => void } | null} */
  #pending = null;

  /** Whether the helper is wanted here, and what it inserts. Starts the engine if it is. */
  settings() {
    return tell('helper');
  }

  /** The user wants no helper here any more. */
  leaveSite() {
    return tell('leave-site');
  }

  /** @param {string} query a newer one ends the one before @returns {Promise<import('../../client.js').Answer>} */
  async ask(query) {
    if (!this.#port) await tell('engine');
    const port = this.#connected();
    this.#drop('a newer question came');
    const id = ++this.#n_questions;
    return new Promise((resolve, reject) => {
      this.#pending = { id, resolve, reject };
      port.postMessage({ id, method: 'route', params: { query, options: { top: TOP, typing: true, wait: true } } });
    });
  }

  end() {
    this.#drop('nobody types any more');
    this.#port?.disconnect();
    this.#port = null;
  }

  #connected() {
    if (this.#port) return this.#port;
    const port = chrome.runtime.connect({ name: HELPER_PORT });
    port.onMessage.addListener(({ id, result, error }) => {
      if (!this.#pending || id !== this.#pending.id || (!result && !error)) return;
      const { resolve, reject } = this.#pending;
      this.#pending = null;
      if (error) reject(new Error(error.message));
      else resolve(result);
    });
    port.onDisconnect.addListener(() => {
      if (this.#port === port) this.end();
    });
    this.#port = port;
    return port;
  }

  /** @param {string} why */
  #drop(why) {
    this.#pending?.reject(new Error(why));
    this.#pending = null;
  }
}

/** @param {string} ask see background.js */
async function tell(ask) {
  const { value, error } = await chrome.runtime.sendMessage({ ask });
  if (error) throw new Error(error);
  return value;
}
