/**
 * The panel with a skill's facts, why it matched, and its instructions. Beside the list where the element is wide enough,
 * else over the page, which is inert meanwhile.
 */

import { withoutOverrides } from '../../shared/texts.js';
import { element, part } from '../markup.js';
import { canCopy, copy, quietButton } from './copy.js';
import { placeOf } from './list.js';
import { loadMarkdown, renderMarkdown } from './markdown.js';
import { onAddress, showCard } from './panel-card.js';
import { bestPassage } from './passage.js';
import { skillFile } from './skill-file.js';

/**
 * @typedef {import('../../client.js').Route} Route
 * @typedef {import('./list.js').Entry} Entry
 */

/** From this width of the element on, list and panel stand side by side. */
const BESIDE_REM = 56;

export class Panel {
  #host;
  #root;
  #listener;
  #dialog;
  /** @type {Entry | null} */
  #entry = null;
  /** Whether the list has it still. */
  #is_listed = true;
  /** What the list answers. */
  #question = '';
  /** The instructions of its skill: a promise, while they are read. @type {Promise<string | null>} */
  #body = Promise.resolve(null);
  /** Made when two skills are first compared. @type {import('./compare.js').Comparison | null} */
  #comparison = null;
  /** Sees how wide the element is. @type {ResizeObserver | null} */
  #sizes = null;

  /**
   * @param {HTMLElement} host
   * @param {ShadowRoot} root
   * @param {{ readBody: (skill_idx: number) => Promise<string | null>, routes: () => Route[], onToggle: (is_open: boolean) => void }} listener
   *   `routes`: what stands in the list; `onToggle`: before the panel opens, and when it was closed
   */
  constructor(host, root, listener) {
    this.#host = host;
    this.#root = root;
    this.#listener = listener;
    this.#dialog = this.#part('panel', HTMLDialogElement);
    this.#part('panel-close').addEventListener('click', () => this.close());
    this.#part('panel-copy').addEventListener('click', () => this.#copy());
    this.#offer('panel-install', (place) => this.#showInstall(place));
    this.#offer('panel-compare', (place) => this.#showNearest(place));
    this.#dialog.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape') return;
      event.preventDefault(); // It is not for a dialog around the element.
      this.close();
    });
    this.#dialog.addEventListener('cancel', (event) => {
      event.preventDefault(); // A swipe back on a phone, for one.
      this.close();
    });
    this.#dialog.addEventListener('click', ({ target, clientX }) => {
      const { left, right } = this.#dialog.getBoundingClientRect();
      if (target === this.#dialog && (clientX < left || clientX > right)) this.close(); // On the backdrop.
    });
    this.watch();
  }

  /** Follows the width of the element, by an observer of the document in which it is now. */
  watch() {
    const window = this.#host.ownerDocument.defaultView;
    if (!window) return;
    this.#sizes?.disconnect();
    this.#sizes = new window.ResizeObserver(() => this.#place());
    this.#sizes.observe(this.#host);
  }

  /** The skill that is shown. @returns {Route | null} */
  get route() {
    return this.#entry?.route ?? null;
  }

  get isOpen() {
    return this.#entry !== null;
  }

  /** @param {Entry} entry @param {string} question */
  async open(entry, question) {
    this.#entry = entry;
    this.#is_listed = true;
    this.#question = question;
    const body = (this.#body = this.#listener.readBody(entry.route.skill_idx));
    void loadMarkdown().catch(() => {}); // At once: asked for after the instructions, it would tell when they came, and so which file has them.
    for (const offer of ['panel-install', 'panel-compare']) this.#part(offer, HTMLDetailsElement).open = false;
    this.#part('panel-passage').hidden = true;
    showCard(this.#root, entry, true);
    this.#say('Loading the instructions…');
    this.#listener.onToggle(true);
    this.#place();
    this.#dialog.scrollTop = 0;
    this.#part('panel-title').focus({ preventScroll: true });
    await this.#showBody(body);
  }

  /**
   * The answer is another one now: a better one, or that to another question.
   * @param {Entry[]} entries of the list @param {string} question
   */
  follow(entries, question) {
    if (!this.#entry) return;
    const entry = entryOf(entries, this.#entry.route);
    this.#is_listed = entry !== null;
    if (entry) this.#entry = described(entry, this.#entry.route);
    showCard(this.#root, this.#entry, this.#is_listed);
    if (question !== this.#question) {
      this.#question = question;
      void this.#showPassage();
    }
    const offer = this.#part('panel-compare', HTMLDetailsElement);
    const is_used = offer.contains(/** @type {Node | null} */ (this.#root.activeElement));
    if (offer.open && !is_used) this.#showNearest(this.#part('panel-compare-content')).catch(() => {}); // What is there stays.
  }

  close() {
    if (!this.isOpen) return;
    this.#comparison?.close();
    this.#entry = null;
    this.#place();
    this.#listener.onToggle(false);
  }

  /** Shows the dialog where there is room for it, or hides it. */
  #place() {
    if (!this.#host.isConnected) return; // Sizes change once more when an element is removed.
    if (this.isOpen && this.#comparison?.isOpen) return; // It would go below the panel; the panel is placed when it is closed.
    const rem_px = parseFloat(getComputedStyle(this.#host.ownerDocument.documentElement).fontSize);
    const beside = this.isOpen && this.#host.clientWidth >= BESIDE_REM * rem_px;
    const is_right = this.#dialog.open === this.isOpen && this.#dialog.matches(':modal') === (this.isOpen && !beside);
    if (is_right) return;
    const active = /** @type {HTMLElement | null} */ (this.#root.activeElement);
    const focused = this.#dialog.contains(active) ? active : null;
    this.#part('layout').classList.toggle('beside', beside);
    if (this.#dialog.open) this.#dialog.close();
    if (beside) this.#dialog.show();
    else if (this.isOpen) this.#dialog.showModal();
    if (this.isOpen) focused?.focus({ preventScroll: true });
  }

  /** @param {Promise<string | null>} body */
  async #showBody(body) {
    const isShown = () => this.isOpen && this.#body === body; // Another skill may be chosen meanwhile.
    try {
      const markdown = await body;
      if (!isShown()) return;
      if (markdown === null) return this.#say('This index holds no instructions for the skill; its source has them.');
      const fragment = await renderMarkdown(markdown, { onAddress });
      if (!isShown()) return;
      this.#part('panel-copy').hidden = !canCopy();
      this.#part('panel-body').replaceChildren(fragment);
      await this.#showPassage();
    } catch (error) {
      if (isShown()) this.#say(`The instructions are not here: ${error.message}.`);
    }
  }

  /** The passage of the instructions that has most of the question in it. */
  async #showPassage() {
    const body = this.#body;
    const markdown = await body.catch(() => null);
    if (this.#body !== body) return;
    const pieces = markdown === null ? null : bestPassage(withoutOverrides(markdown), this.#question);
    const nodes = pieces?.map(({ text, isMatch }) => (isMatch ? element('mark', {}, text) : text)) ?? [];
    this.#part('panel-passage').replaceChildren(...nodes);
    this.#part('panel-passage').hidden = nodes.length === 0;
  }

  /** @param {string} text */
  #say(text) {
    this.#part('panel-copy').hidden = true;
    this.#part('panel-body').replaceChildren(element('p', { className: 'note' }, text));
  }

  async #copy() {
    const entry = this.#entry;
    const markdown = await this.#body;
    if (entry && markdown !== null) void copy(this.#part('panel-copy', HTMLButtonElement), skillFile(entry.route, markdown));
  }

  /** What stands behind a summary is made when somebody opens it. @param {string} id @param {(place: HTMLElement) => Promise<void>} show */
  #offer(id, show) {
    const offer = this.#part(id, HTMLDetailsElement);
    const place = this.#part(`${id}-content`);
    offer.addEventListener('toggle', async () => {
      if (!offer.open) return;
      place.replaceChildren(element('p', { className: 'note' }, 'Loading…'));
      try {
        await show(place);
      } catch (error) {
        place.replaceChildren(element('p', { className: 'note' }, `This is not here: ${error.message}.`));
      }
    });
  }

  /** @param {HTMLElement} place */
  async #showInstall(place) {
    const body = this.#body;
    const [{ showInstall }, markdown] = await Promise.all([import('./install.js'), body.catch(() => null)]);
    if (this.#entry && this.#body === body) showInstall(place, this.#entry.route, markdown);
  }

  /** @param {HTMLElement} place */
  async #showNearest(place) {
    const body = this.#body;
    const { Comparison, nearest } = await import('./compare.js');
    const entry = this.#entry;
    if (!entry || this.#body !== body) return;
    const comparison = (this.#comparison ??= new Comparison(this.#root, { readBody: this.#listener.readBody, onClose: () => this.#place() }));
    const others = nearest(entry, this.#listener.routes());
    const list = element('ul');
    for (const other of others) list.append(otherItem(other, () => void comparison.open(entry.route, other)));
    place.replaceChildren(others.length > 0 ? list : element('p', { className: 'note' }, 'There is no other skill in this answer.'));
  }

  /** @template {HTMLElement} [Kind=HTMLElement] @param {string} id @param {{ new (): Kind } | null} [kind] @returns {Kind} */
  #part(id, kind) {
    return part(id, kind, this.#root);
  }
}

/** @param {Route} other to compare with @param {() => void} onCompare */
function otherItem(other, onCompare) {
  const item = element('li');
  const button = quietButton(withoutOverrides(other.name), onCompare);
  button.dir = 'auto';
  item.append(button, element('span', { className: 'note' }, other.source ? ` ${withoutOverrides(other.source)}` : ''));
  return item;
}

/** What entries say of a skill, which may be a copy in one of them. @param {Entry[]} entries @param {Route} route @returns {Entry | null} */
function entryOf(entries, route) {
  const entry = entries[placeOf(entries, route)];
  if (!entry) return null;
  const all = [entry.route, ...entry.copies];
  const place = all.findIndex(({ skill_idx }) => skill_idx === route.skill_idx);
  return { route: all[place], copies: all.toSpliced(place, 1) };
}

/** An entry of a new answer, with the card of the old one as long as its own is not here. @param {Entry} entry @param {Route} known */
function described(entry, { id, description, source, license, marks, superseded_by, risks }) {
  if (entry.route.description !== undefined || description === undefined) return entry;
  return { ...entry, route: { ...entry.route, id, description, source, license, marks, superseded_by, risks } };
}
