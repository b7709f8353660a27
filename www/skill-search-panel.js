/**
 * The panel with a skill's facts, why it matched, and its instructions. Beside the list where the element is wide enough,
 * else over the page, which is inert meanwhile.
 */

import { renderMarkdown, withoutOverrides } from './markdown.js';
import { textElement } from './skill-search-markup.js';
import { bestPassage } from './skill-search-passage.js';

/** @typedef {import('./client.js').Route} Route */

/** From this width of the element on, list and panel stand side by side. */
const BESIDE_REM = 56;
const COPIED_MS = 1500;

export class Panel {
  #host;
  #root;
  #listener;
  #dialog;
  /** @type {Route | null} */
  #route = null;
  #markdown = '';

  /**
   * @param {HTMLElement} host
   * @param {ShadowRoot} root
   * @param {{ readBody: (skill_idx: number) => Promise<string | null>, onToggle: (is_open: boolean) => void }} listener `onToggle`:
   *   before the panel opens, and when it was closed
   */
  constructor(host, root, listener) {
    this.#host = host;
    this.#root = root;
    this.#listener = listener;
    this.#dialog = /** @type {HTMLDialogElement} */ (this.#part('panel'));
    this.#part('panel-close').addEventListener('click', () => this.close());
    this.#part('panel-copy').addEventListener('click', () => this.#copy());
    this.#dialog.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') this.close();
    });
    this.#dialog.addEventListener('cancel', (event) => {
      event.preventDefault(); // A swipe back on a phone, for one.
      this.close();
    });
    this.#dialog.addEventListener('click', ({ target, clientX }) => {
      const { left, right } = this.#dialog.getBoundingClientRect();
      if (target === this.#dialog && (clientX < left || clientX > right)) this.close(); // On the backdrop.
    });
    new ResizeObserver(() => this.#place()).observe(host);
  }

  get isOpen() {
    return this.#route !== null;
  }

  /** @param {import('./skill-search-list.js').Entry} entry @param {string} question */
  async open({ route, copies }, question) {
    this.#route = route;
    this.#markdown = '';
    this.#part('panel-title').textContent = withoutOverrides(route.name);
    this.#part('panel-description').textContent = withoutOverrides(route.description ?? '');
    this.#part('panel-facts').replaceChildren(...facts(route));
    this.#part('panel-legs').textContent = legs(route);
    this.#part('panel-passage').hidden = true;
    const risks = route.risks ?? [];
    this.#part('panel-risks').hidden = risks.length === 0;
    this.#part('panel-risk-list').replaceChildren(...risks.map((risk) => textElement('li', '', withoutOverrides(riskNote(risk)))));
    this.#part('panel-copies').hidden = copies.length === 0;
    this.#part('panel-copy-list').replaceChildren(...copies.map(copyItem));
    this.#say('Loading the instructions…');
    this.#listener.onToggle(true);
    this.#place();
    this.#dialog.scrollTop = 0;
    this.#part('panel-title').focus({ preventScroll: true });
    await this.#showBody(route, question);
  }

  close() {
    if (!this.isOpen) return;
    this.#route = null;
    this.#place();
    this.#listener.onToggle(false);
  }

  /** Shows the dialog where there is room for it, or hides it. */
  #place() {
    if (!this.#host.isConnected) return; // Sizes change once more when an element is removed.
    const rem_px = parseFloat(getComputedStyle(document.documentElement).fontSize);
    const beside = this.isOpen && this.#host.clientWidth >= BESIDE_REM * rem_px;
    const is_right = this.#dialog.open === this.isOpen && this.#dialog.matches(':modal') === (this.isOpen && !beside);
    if (is_right) return;
    const focused = this.#dialog.contains(this.#root.activeElement) ? this.#root.activeElement : null;
    this.#part('layout').classList.toggle('beside', beside);
    if (this.#dialog.open) this.#dialog.close();
    if (beside) this.#dialog.show();
    else if (this.isOpen) this.#dialog.showModal();
    if (this.isOpen) focused?.focus({ preventScroll: true });
  }

  async #showBody(route, question) {
    try {
      const markdown = await this.#listener.readBody(route.skill_idx);
      if (this.#route !== route) return; // Another skill was chosen meanwhile.
      if (markdown === null) return this.#say('This index holds no instructions for the skill; its source has them.');
      const fragment = await renderMarkdown(markdown);
      if (this.#route !== route) return;
      this.#markdown = markdown;
      this.#part('panel-copy').hidden = !navigator.clipboard;
      this.#part('panel-body').replaceChildren(fragment);
      this.#showPassage(bestPassage(withoutOverrides(markdown), question));
    } catch (error) {
      if (this.#route === route) this.#say(`The instructions are not here: ${error.message}.`);
    }
  }

  #showPassage(pieces) {
    const nodes = pieces?.map(({ text, isMatch }) => (isMatch ? textElement('mark', '', text) : text)) ?? [];
    this.#part('panel-passage').replaceChildren(...nodes);
    this.#part('panel-passage').hidden = nodes.length === 0;
  }

  #say(text) {
    this.#part('panel-copy').hidden = true;
    this.#part('panel-body').replaceChildren(textElement('p', 'note', text));
  }

  async #copy() {
    const button = this.#part('panel-copy');
    try {
      await navigator.clipboard.writeText(skillFile(this.#route, this.#markdown));
      button.textContent = 'Copied';
    } catch {
      button.textContent = 'Not allowed';
    }
    setTimeout(() => (button.textContent = 'Copy SKILL.md'), COPIED_MS);
  }

  #part(id) {
    return this.#root.getElementById(id);
  }
}

/** A whole SKILL.md. Strings of JSON are strings of YAML too. @param {Route} route @param {string} markdown */
function skillFile({ name, description, license }, markdown) {
  const fields = Object.entries({ name, description, license }).filter(([, value]) => value);
  return `---\n${fields.map(([key, value]) => `${key}: ${JSON.stringify(value)}\n`).join('')}---\n\n${markdown}`;
}

/** What found the skill, as a sentence. */
function legs({ lexical_rank, dense_rank, rerank_score }) {
  const found = [lexical_rank && 'its words', dense_rank && 'its meaning'].filter(Boolean).join(' and ');
  const read = rerank_score === undefined ? '' : ' The reranker has compared it with the task again.';
  return `${found ? `Found by ${found}.` : 'Among the nearest skills.'}${read}`;
}

/** A fact and where it stands: rules read lines and judge nobody. @param {import('./client.js').Risk} risk */
function riskNote({ title, line, count }) {
  const where = line === 0 ? 'front matter' : `line ${line}${count > 1 ? ` and ${count - 1} more` : ''}`;
  return `${title[0].toUpperCase()}${title.slice(1)} (${where})`;
}

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
    row.append(textElement('dt', '', term), Object.assign(textElement('dd', '', withoutOverrides(value)), { dir: 'auto' }));
    return row;
  });
}

function copyItem({ source, license, id, skill_idx }) {
  const where = [source ?? id ?? `skill ${skill_idx}`, license].filter(Boolean).join(', ');
  return Object.assign(textElement('li', '', withoutOverrides(where)), { dir: 'auto' });
}
