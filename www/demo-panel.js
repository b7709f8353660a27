/**
 * The side panel with a skill's facts and instructions. On narrow screens it covers the page, which is inert meanwhile.
 */

import { renderMarkdown } from './markdown.js';

/** @typedef {import('./client.js').Route} Route */

const NARROW = matchMedia('(max-width: 899px)');
const $ = (id) => document.getElementById(id);

/** The panel. */
export class Panel {
  #readBody;
  #onClose;
  /** @type {Route | null} */
  #route = null;
  #markdown = '';

  /**
   * @param {(skill_idx: number) => Promise<string | null>} readBody
   * @param {() => void} onClose
   */
  constructor(readBody, onClose) {
    this.#readBody = readBody;
    this.#onClose = onClose;
    $('panel-close').addEventListener('click', () => this.close());
    $('panel').addEventListener('keydown', (event) => {
      if (event.key === 'Escape') this.close();
    });
    $('panel-copy').addEventListener('click', () => this.#copy());
    NARROW.addEventListener('change', () => this.#cover());
  }

  get isOpen() {
    return this.#route !== null;
  }

  /** @param {Route} route */
  async open(route) {
    this.#route = route;
    this.#markdown = '';
    $('panel-title').textContent = route.name;
    $('panel-description').textContent = route.description ?? '';
    $('panel-facts').replaceChildren(...facts(route));
    this.#say('Loading the instructions…');
    $('panel').hidden = false;
    $('app').classList.add('with-panel');
    this.#cover();
    $('panel').scrollTop = 0;
    $('panel-title').focus({ preventScroll: true });
    await this.#showBody(route);
  }

  close() {
    if (!this.isOpen) return;
    this.#route = null;
    $('panel').hidden = true;
    $('app').classList.remove('with-panel');
    this.#cover();
    this.#onClose();
  }

  async #showBody(route) {
    try {
      const markdown = await this.#readBody(route.skill_idx);
      if (this.#route !== route) return; // Another skill was chosen meanwhile.
      if (markdown === null) return this.#say('This index holds no instructions for the skill; its source has them.');
      const fragment = await renderMarkdown(markdown);
      if (this.#route !== route) return;
      this.#markdown = markdown;
      $('panel-copy').hidden = !navigator.clipboard;
      $('panel-body').replaceChildren(fragment);
    } catch (error) {
      if (this.#route === route) this.#say(`The instructions are not here: ${error.message}.`);
    }
  }

  #say(text) {
    $('panel-copy').hidden = true;
    const line = document.createElement('p');
    line.className = 'note';
    line.textContent = text;
    $('panel-body').replaceChildren(line);
  }

  async #copy() {
    const button = $('panel-copy');
    try {
      await navigator.clipboard.writeText(this.#markdown);
      button.textContent = 'Copied';
    } catch {
      button.textContent = 'Not allowed';
    }
    setTimeout(() => (button.textContent = 'Copy'), 1500);
  }

  #cover() {
    const covered = this.isOpen && NARROW.matches;
    for (const part of [$('main'), ...document.querySelectorAll('.masthead, .footer')]) part.inert = covered;
    document.body.classList.toggle('covered', covered);
  }
}

/** @param {Route} route */
function facts(route) {
  const rank = (value) => (value ? `#${value}` : 'not found');
  const rows = [
    ['Score', route.score.toFixed(3)],
    ['By words', rank(route.lexical_rank)],
    ['By meaning', rank(route.dense_rank)],
    ['Before re-ranking', route.rerank_score === undefined ? '' : rank(route.retrieval_rank)],
    ['Source', route.source],
    ['Licence', route.license],
  ];
  return rows.filter(([, value]) => value).map(([term, value]) => {
    const row = document.createElement('div');
    const dt = document.createElement('dt');
    const dd = document.createElement('dd');
    dt.textContent = term;
    dd.textContent = value;
    row.append(dt, dd);
    return row;
  });
}
