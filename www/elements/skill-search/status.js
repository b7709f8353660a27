/**
 * Everything around the list that says how things stand: the light, the download bar, the banner, the line above the list, and
 * what a screen reader hears.
 */

import { isAbort } from '../../shared/error.js';
import { formatBytes, sentence, withoutOverrides } from '../../shared/texts.js';
import { part } from '../markup.js';

/**
 * @typedef {import('../../client.js').Answer} Answer
 * @typedef {import('./source.js').State} State
 * @typedef {import('../../shared/error.js').Fault} Fault
 */

/** How long an answer must stand before it is announced to a screen reader. */
const SETTLE_MS = 600;
/** What stands above skills that are only the nearest ones; a screen reader hears it too. */
const NOTHING_FITS = 'Nothing here seems to fit this task. The nearest:';
const SHOWN_CHARS = 80;

/** What the banner says above the error's own sentence, by code. @type {Record<string, string>} */
const BANNER_TITLES = {
  network: 'A file did not arrive',
  offline: 'No network',
  'not-found': 'A file is missing on the server',
  truncated: 'A file arrived incomplete',
  checksum: 'A file arrived damaged',
  engine: 'The engine stopped',
  'encoder-mismatch': 'Index and model do not belong together',
};

export class Status {
  #root;
  /** @type {State} */
  #state;
  /** Whether the banner tells of a question. */
  #has_failure = false;
  #settle_timer = 0;

  /** @param {ShadowRoot} root */
  constructor(root) {
    this.#root = root;
  }

  /** @param {State} state */
  showState(state) {
    this.#state = state;
    this.#part('state').dataset.state = state.state;
    this.#part('state-text').textContent = state.text;
    if (!state.isLoading) this.#part('loading').hidden = this.#part('loading-bar').hidden = true;
    if (state.error || !this.#has_failure) this.takeBackFailure();
  }

  /** What the downloads can tell a host. @param {boolean} is_on_demand whether they depend on what is asked */
  showPrefetch(is_on_demand) {
    this.#part('on-demand').hidden = !is_on_demand;
  }

  /** @param {import('../../client.js').Progress} progress */
  showProgress({ loaded_bytes, total_bytes, cached_bytes }) {
    if (!this.#state.isLoading) return; // Cards and bodies are fetched ahead, without a bar.
    const idle = loaded_bytes === total_bytes || loaded_bytes === cached_bytes; // What is kept comes too fast for a bar.
    this.#part('loading').hidden = this.#part('loading-bar').hidden = idle;
    Object.assign(this.#part('loading-bar'), { max: total_bytes, value: loaded_bytes });
    this.#part('loading-text').textContent = `${formatBytes(loaded_bytes)} of ${formatBytes(total_bytes)}`;
  }

  /** @param {Error} error */
  showFailure(error) {
    this.#has_failure = true;
    this.#showBanner(error, { title: 'That question was not answered' });
  }

  /** Leaves in the banner what is wrong apart from a question. */
  takeBackFailure() {
    this.#has_failure = false;
    const { error, meanwhile, goesOn } = this.#state;
    if (!error) this.#part('banner').hidden = true;
    else if (isAbort(error)) this.#showBanner(error, { title: 'Loading was cancelled', retry_label: 'Continue', meanwhile });
    else this.#showBanner(error, { meanwhile, goesOn, title: goesOn && navigator.onLine === false ? BANNER_TITLES.offline : undefined });
  }

  /** @param {boolean} is_busy */
  showBusy(is_busy) {
    this.#part('answer').setAttribute('aria-busy', String(is_busy));
  }

  /**
   * @param {Answer} answer
   * @param {string} question
   * @param {boolean} shown whether the list shows its order already
   */
  showAnswer({ stage, reason, reranked, descriptions, fit, routes }, question, shown) {
    delete this.#part('answer').dataset.late;
    const found = routes.length > 0;
    const how = {
      lexical: () => 'by words',
      retrieved: () => reason ?? 'by words and meaning',
      reranked: () => reason ?? `re-ranked ${reranked?.done} of ${reranked?.of}${reranked?.without ? ' by their descriptions' : ''}`,
    }[stage]();
    const line = this.#part('answer-stage');
    line.dataset.stage = stage;
    const notes = [how, descriptions === 'coming' && 'descriptions are on their way', !shown && 'the new order comes when you leave the list'];
    line.textContent = notes.filter(Boolean).join('; ');
    line.title = reason ?? '';
    this.#part('answer').hidden = !found;
    this.#part('nothing').hidden = found;
    this.#part('nothing-text').textContent =
      `No skill of this index fits “${question.slice(0, SHOWN_CHARS)}”. Say what you want to have at the end, or what you start from.`;
    if (!shown) return; // What fits is said of the skills that one sees.
    this.#part('answer').dataset.fit = fit?.word ?? '';
    this.#part('answer-title').textContent = fit?.word === 'none' ? NOTHING_FITS : 'Skills';
  }

  /** What is shown is the answer to another question. @param {string} question that one @param {string} why it is still shown */
  showLate(question, why) {
    const shown = `“${question.slice(0, SHOWN_CHARS)}”`;
    this.#part('answer').dataset.late = '';
    this.#part('answer-title').textContent = `Still the answer to ${shown}`;
    this.#part('answer-stage').textContent = why;
    this.#part('nothing-text').textContent = `No skill of this index fits ${shown}; ${why}.`;
  }

  showNoAnswer() {
    this.takeBackFailure();
    this.#part('answer').hidden = true;
    this.#part('nothing').hidden = true;
  }

  /** Tells a screen reader of an answer. @param {Answer | null} answer @param {number} n_shown @param {number} [n_hidden] */
  announce(answer, n_shown, n_hidden = 0) {
    const hidden = n_hidden > 0 ? `, ${n_hidden} hidden` : '';
    this.announceText(answer ? `${withoutOverrides(announcement(answer, n_shown))}${hidden}` : '');
  }

  /** Tells a screen reader, once nobody has typed for a moment. @param {string} text */
  announceText(text) {
    clearTimeout(this.#settle_timer);
    this.#settle_timer = setTimeout(() => (this.#part('announcement').textContent = text), SETTLE_MS);
  }

  /** @param {Fault} error @param {{ title?: string, retry_label?: string, meanwhile?: string, goesOn?: boolean }} more */
  #showBanner(error, { title, retry_label = 'Try again', meanwhile, goesOn }) {
    const sentences = [sentence(error.message)];
    if (goesOn) sentences.push('It goes on by itself when the network is back; what has come is kept.');
    if (meanwhile) sentences.push(`Until then, answers are ${meanwhile}.`);
    this.#part('banner-title').textContent = title ?? BANNER_TITLES[codeOf(error)] ?? 'The index could not be opened';
    this.#part('banner-text').textContent = sentences.join(' ');
    this.#part('banner').dataset.code = codeOf(error);
    this.#part('banner-retry').textContent = retry_label;
    this.#part('banner').hidden = false;
  }

  /** @template {HTMLElement} [Kind=HTMLElement] @param {string} id @param {{ new (): Kind } | null} [kind] @returns {Kind} */
  #part(id, kind) {
    return part(id, kind, this.#root);
  }
}

/** Numbers are of the browser's own errors, and old. @param {Fault} error */
function codeOf({ code }) {
  return typeof code === 'string' ? code : '';
}

/** @param {Answer} answer @param {number} n_shown */
function announcement({ routes, fit, reranked }, n_shown) {
  if (routes.length === 0) return 'Nothing matches';
  const how = reranked ? `, re-ranked ${reranked.done} of ${reranked.of}` : '';
  if (fit?.word === 'none') return `${NOTHING_FITS} ${routes[0].name}${how}`;
  return `${n_shown} skills, best: ${routes[0].name}${fit ? `, ${fit.word} fit` : ''}${how}`;
}
