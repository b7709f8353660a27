/**
 * The panel with a skill's facts, why it matched, and its instructions. Beside the list where the element is wide enough,
 * else over the page, which is inert meanwhile.
 */

import { withoutOverrides } from '../../shared/texts.js';
import { element, part } from '../markup.js';
import { canCopy, copy, quietButton } from './copy.js';
import { addressButton, loadMarkdown, renderMarkdown } from './markdown.js';
import { bestPassage } from './passage.js';
import { skillFile } from './skill-file.js';

/**
 * @typedef {import('../../client.js').Route} Route
 * @typedef {import('./list.js').Entry} Entry
 */

/** From this width of the element on, list and panel stand side by side. */
const BESIDE_REM = 56;
/** A source that is an address, whatever its scheme. */
const ADDRESS = /^[a-z][a-z0-9+.-]*:/i;

export class Panel {
  #host;
  #root;
  #listener;
  #dialog;
  /** @type {Entry | null} */
  #entry = null;
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
    const { route } = entry;
    this.#entry = entry;
    this.#body = this.#listener.readBody(route.skill_idx);
    void loadMarkdown().catch(() => {}); // At once: asked for after the instructions, it would tell when they came, and so which file has them.
    for (const offer of ['panel-install', 'panel-compare']) this.#part(offer, HTMLDetailsElement).open = false;
    this.#part('panel-legs').textContent = legs(route);
    this.#part('panel-passage').hidden = true;
    this.#showCard(entry);
    this.#say('Loading the instructions…');
    this.#listener.onToggle(true);
    this.#place();
    this.#dialog.scrollTop = 0;
    this.#part('panel-title').focus({ preventScroll: true });
    await this.#showBody(entry, question);
  }

  /** Completes what is shown with a card that was not here when the panel was opened. @param {Route[]} routes that are known now */
  describe(routes) {
    const entry = this.#entry;
    const described = entry?.route.description === undefined && routes.find(({ skill_idx }) => skill_idx === entry?.route.skill_idx);
    if (!entry || !described || described.description === undefined) return;
    const { id, description, source, license, risks } = described;
    Object.assign(entry.route, { id, description, source, license, risks });
    this.#showCard(entry);
  }

  close() {
    if (!this.isOpen) return;
    this.#comparison?.close();
    this.#entry = null;
    this.#place();
    this.#listener.onToggle(false);
  }

  /** @param {Entry} entry */
  #showCard({ route, copies }) {
    this.#part('panel-title').textContent = withoutOverrides(route.name);
    this.#part('panel-description').textContent = withoutOverrides(route.description ?? '');
    this.#part('panel-facts').replaceChildren(...facts(route));
    const risks = route.risks ?? [];
    this.#part('panel-risks').hidden = risks.length === 0;
    this.#part('panel-risk-list').replaceChildren(...risks.map((risk) => element('li', {}, withoutOverrides(riskNote(risk)))));
    this.#part('panel-copies').hidden = copies.length === 0;
    this.#part('panel-copy-list').replaceChildren(...copies.map(copyItem));
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

  /** @param {Entry} entry @param {string} question */
  async #showBody(entry, question) {
    try {
      const markdown = await this.#body;
      if (this.#entry !== entry) return; // Another skill was chosen meanwhile.
      if (markdown === null) return this.#say('This index holds no instructions for the skill; its source has them.');
      const fragment = await renderMarkdown(markdown, { onAddress });
      if (this.#entry !== entry) return;
      this.#part('panel-copy').hidden = !canCopy();
      this.#part('panel-body').replaceChildren(fragment);
      this.#showPassage(bestPassage(withoutOverrides(markdown), question));
    } catch (error) {
      if (this.#entry === entry) this.#say(`The instructions are not here: ${error.message}.`);
    }
  }

  /** @param {import('./passage.js').Piece[] | null} pieces */
  #showPassage(pieces) {
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
    const entry = this.#entry;
    const [{ showInstall }, markdown] = await Promise.all([import('./install.js'), this.#body.catch(() => null)]);
    if (entry && this.#entry === entry) showInstall(place, entry.route, markdown);
  }

  /** @param {HTMLElement} place */
  async #showNearest(place) {
    const entry = this.#entry;
    const { Comparison, nearest } = await import('./compare.js');
    if (!entry || this.#entry !== entry) return;
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

/** Somebody asks where an address leads. @type {import('./markdown.js').OnAddress} */
async function onAddress(button, address) {
  const { toggleAddress } = await import('./address.js');
  toggleAddress(button, address);
}

/** What found the skill, as a sentence. @param {Route} route */
function legs({ lexical_rank, dense_rank, rerank_score }) {
  const found = [lexical_rank && 'its words', dense_rank && 'its meaning'].filter(Boolean).join(' and ');
  const read = rerank_score === undefined ? '' : ' The reranker has compared it with the task again.';
  return `${found ? `Found by ${found}.` : 'Among the nearest skills.'}${read}`;
}

/** A fact and where it stands: rules read lines and judge nobody. @param {import('../../client.js').Risk} risk */
function riskNote({ title, line, count }) {
  const where = line === 0 ? 'front matter' : `line ${line}${count > 1 ? ` and ${count - 1} more` : ''}`;
  return `${title[0].toUpperCase()}${title.slice(1)} (${where})`;
}

/** @param {Route} route */
function facts(route) {
  const rank = (/** @type {number | undefined} */ value) => (value ? `#${value}` : 'not found');
  /** @type {[string, string | undefined][]} */
  const rows = [
    ['Score', route.score.toFixed(3).replace('-', '−')],
    ['By words', rank(route.lexical_rank)],
    ['By meaning', rank(route.dense_rank)],
    ['Before re-ranking', route.rerank_score === undefined ? '' : rank(route.retrieval_rank)],
    [route.own ? 'Yours, from' : 'Source', route.source],
    ['Licence', route.license],
  ];
  return rows.flatMap(([term, value]) => {
    if (!value) return [];
    const row = element('div');
    const fact = element('dd', { dir: 'auto' });
    fact.append(value === route.source ? sourceNode(value, route.own) : withoutOverrides(value));
    row.append(element('dt', {}, term), fact);
    return [row];
  });
}

/** A source is a name, or an address that one may ask about. @param {string} source @param {boolean} [own] it is the reader's own @returns {Node} */
function sourceNode(source, own) {
  return !own && ADDRESS.test(source) ? addressButton(source, onAddress) : new Text(withoutOverrides(source));
}

/** @param {Route} copy */
function copyItem(copy) {
  const item = element('li', { dir: 'auto' });
  const { source, license, id, skill_idx } = copy;
  item.append(source ? sourceNode(source, copy.own) : withoutOverrides(id ?? `skill ${skill_idx}`));
  if (license) item.append(`, ${withoutOverrides(license)}`);
  return item;
}
