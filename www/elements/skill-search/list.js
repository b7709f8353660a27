/**
 * The list of skills under the text box: a listbox that is updated in place, so that a skill which several stages find stays
 * the same element and moves instead of blinking. Focus stays in the text box; the active option is announced through it.
 *
 * While somebody points at the list or walks it with the arrow keys, nothing moves: a better order for the same question waits
 * until the pointer leaves the list, the panel is closed, or the next key is pressed.
 */

import { withoutOverrides } from '../../shared/texts.js';
import { element, inside } from '../markup.js';
import { optionMarkup } from './markup.js';
import { marksOf } from './marks.js';
import { isGrave } from './risks.js';

/**
 * @typedef {import('../../client.js').Route} Route
 *
 * Skills that are shown as one, and what the list shows of an answer.
 * @typedef {{ route: Route, copies: Route[] }} Entry
 * @typedef {import('../../client.js').Fit} Fit
 * @typedef {{ entries: Entry[], fit?: Fit }} Shown
 */

const MOVE_MS = 180;
/**
 * What the words on the first skill mean. Where nothing fits, it has none: the line above the list says it.
 * @type {Partial<Record<Fit['word'], string>>}
 */
const FITS = {
  strong: 'this skill very probably fits the task',
  likely: 'this skill is more likely to fit the task than not',
  weak: 'this skill may fit the task; look at the others too',
};

export class List {
  #list;
  #input;
  #onChoose;
  #onCaughtUp;
  /** @type {Entry[]} */
  #entries = [];
  /** The question that the list is about. */
  #question = '';
  /** Somebody is in the list. */
  #occupied = false;
  /** A better order that waits. @type {Shown | null} */
  #waiting = null;
  /** Where the pointer was: browsers report it as moved when the page moves under it. */
  #pointer = '';
  /** @type {Map<number, HTMLElement>} */
  #options = new Map();
  #active = -1;
  /** Whose instructions are open. @type {Route | null} */
  #open = null;

  /**
   * @param {HTMLElement} list role listbox
   * @param {HTMLInputElement} input role combobox
   * @param {(entry: Entry) => boolean} onChoose whether the skill is open now
   * @param {() => void} onCaughtUp the order that was waiting is shown now
   */
  constructor(list, input, onChoose, onCaughtUp) {
    this.#list = list;
    this.#input = input;
    this.#onChoose = onChoose;
    this.#onCaughtUp = onCaughtUp;
    list.addEventListener('click', ({ target }) => {
      const option = /** @type {Element} */ (target).closest('[role=option]');
      if (option) this.#choose([...list.children].indexOf(option));
    });
    list.addEventListener('pointermove', ({ screenX, screenY }) => {
      const pointer = `${screenX} ${screenY}`;
      if (pointer !== this.#pointer) this.#occupied = true;
      this.#pointer = pointer;
    });
    list.addEventListener('pointerleave', () => this.catchUp());
  }

  get question() {
    return this.#question;
  }

  /** How many skills it shows, copies not counted. */
  get length() {
    return this.#entries.length;
  }

  /** @returns {Route[]} what it shows, copies not counted */
  get routes() {
    return this.#entries.map(({ route }) => route);
  }

  /**
   * @param {Pick<import('../../client.js').Answer, 'routes' | 'fit'>} answer
   * @param {string} question that it answers
   * @returns {boolean} false when it waits, because somebody is in the list
   */
  show({ routes, fit }, question) {
    const entries = foldCopies(routes);
    const same_order = entries.length === this.length && entries.every(({ route }, i) => route.skill_idx === this.#entries[i].route.skill_idx);
    if (question !== this.#question) this.#occupied = false;
    this.#question = question;
    this.#waiting = this.#occupied && !same_order ? { entries, fit } : null;
    if (!this.#waiting) this.#fill({ entries, fit });
    return !this.#waiting;
  }

  /** @param {1 | -1} step */
  move(step) {
    if (this.length === 0) return;
    this.catchUp();
    this.#occupied = true;
    const from = this.#active < 0 && step < 0 ? 0 : this.#active;
    this.#setActive((from + step + this.length) % this.length);
    this.#list.children[this.#active].scrollIntoView({ block: 'nearest' });
  }

  /** Chooses the active skill, or the best one. */
  choose() {
    this.#choose(Math.max(0, this.#active));
  }

  /** Takes the mark away from the chosen skill. */
  rest() {
    this.catchUp();
    this.#open = null;
    this.#markOpen();
  }

  /** Shows what waited: nobody is in the list any more. */
  catchUp() {
    this.#occupied = false;
    if (!this.#waiting) return;
    this.#fill(this.#waiting);
    this.#waiting = null;
    this.#onCaughtUp();
  }

  /** @param {Shown} shown */
  #fill({ entries, fit }) {
    const active_skill = this.#entries[this.#active]?.route.skill_idx;
    const before = this.#tops();
    const options = new Map();
    for (const [i, entry] of entries.entries()) {
      const { skill_idx } = entry.route;
      const option = this.#options.get(skill_idx) ?? Object.assign(optionMarkup(), { id: `skill-${skill_idx}` });
      fill(option, entry, i + 1);
      fillFit(option, i === 0 ? fit : undefined);
      options.set(skill_idx, option);
    }
    this.#list.replaceChildren(...options.values());
    this.#options = options;
    this.#entries = entries;
    this.#markOpen();
    this.#animate(before);
    this.#input.setAttribute('aria-expanded', String(entries.length > 0));
    this.#setActive(entries.findIndex(({ route }) => route.skill_idx === active_skill));
  }

  /** @param {number} position */
  #choose(position) {
    if (!this.#entries[position]) return;
    this.#setActive(position);
    const entry = this.#entries[position];
    this.#open = this.#onChoose(entry) ? entry.route : null;
    this.#markOpen();
  }

  #markOpen() {
    const place = this.#open ? placeOf(this.#entries, this.#open) : -1;
    for (const [i, option] of [...this.#list.children].entries()) option.classList.toggle('open', i === place);
  }

  /** @param {number} position */
  #setActive(position) {
    this.#active = position;
    for (const [i, option] of [...this.#list.children].entries()) option.setAttribute('aria-selected', String(i === position));
    if (position < 0) this.#input.removeAttribute('aria-activedescendant');
    else this.#input.setAttribute('aria-activedescendant', this.#list.children[position].id);
  }

  #tops() {
    return new Map([...this.#options].map(([skill_idx, option]) => [skill_idx, option.offsetTop]));
  }

  /** Moves options from where they were; new ones fade in. @param {Map<number, number>} before */
  #animate(before) {
    if (matchMedia('(prefers-reduced-motion: reduce)').matches) return;
    for (const [skill_idx, option] of this.#options) {
      const from_top = before.get(skill_idx);
      const by = from_top === undefined ? null : from_top - option.offsetTop;
      if (by === 0) continue;
      const from = by === null ? { opacity: 0 } : { transform: `translateY(${by}px)` };
      option.animate([from, { opacity: 1, transform: 'none' }], { duration: MOVE_MS, easing: 'ease-out' });
    }
  }
}

/**
 * Exact duplicates flood lists where catalogues were merged: skills of the same name and description become one entry.
 * @param {Route[]} routes best first; one without a description, while that is being fetched, stays by itself
 * @returns {Entry[]} best first
 */
export function foldCopies(routes) {
  const entries = new Map();
  for (const route of routes) {
    const key = route.description === undefined ? route.skill_idx : JSON.stringify([route.name, route.description]);
    if (entries.has(key)) entries.get(key).copies.push(route);
    else entries.set(key, { route, copies: [] });
  }
  return [...entries.values()];
}

/** Where a skill stands, by itself or as a copy; -1 where it does not. @param {Entry[]} entries @param {Route} route */
export function placeOf(entries, { skill_idx, name }) {
  return entries.findIndex(({ route, copies }) => [route, ...copies].some((other) => other.skill_idx === skill_idx && other.name === name));
}

/** @param {HTMLElement} option @param {Entry} entry @param {number} rank */
function fill(option, { route, copies }, rank) {
  const part = (/** @type {string} */ selector) => inside(option, selector);
  part('.rank').textContent = String(rank);
  part('.name').textContent = withoutOverrides(route.name);
  part('.description').textContent = withoutOverrides(route.description ?? '');
  part('.number').textContent = route.score.toFixed(2).replace('-', '−');
  const share = route.rerank_score === undefined ? route.score : 1 / (1 + Math.exp(-route.score)); // A reranker's are log odds.
  part('.bar > span').style.setProperty('width', `${Math.round(Math.min(1, Math.max(0, share)) * 100)}%`);
  part('.facts-line').replaceChildren(
    ...riskChips(route),
    ...marksOf(route).map(({ label, meaning }) => Object.assign(chip('fact', label), { title: meaning })),
    ...(route.lexical_rank ? [chip('words', `Words #${route.lexical_rank}`)] : []),
    ...(route.dense_rank ? [chip('meaning', `Meaning #${route.dense_rank}`)] : []),
    ...(route.rerank_score === undefined ? [] : [chip('reranked', `Re-ranked from #${route.retrieval_rank}`)]),
    ...(route.own ? [ownChip()] : []),
    ...(copies.length > 0 ? [chip('fact', `and ${copies.length} ${copies.length === 1 ? 'copy' : 'copies'}`)] : []),
    ...[route.source, route.license].flatMap((text) => (text ? [chip('fact', text)] : [])),
  );
}

/**
 * The word for the fit stands below the score, where there is room for it: nothing moves when it comes or goes.
 * @param {HTMLElement} option @param {Fit | undefined} fit
 */
function fillFit(option, fit) {
  const tag = inside(option, '.fit');
  const meaning = fit && FITS[fit.word];
  tag.hidden = !meaning;
  if (!meaning) return;
  tag.dataset.word = fit.word;
  tag.textContent = `${fit.word} fit`;
  tag.title = `${meaning} (probability ${fit.p.toFixed(2)})`;
}

/** What somebody should know before they choose, the gravest first; the panel has the lines. @param {Route} route */
function riskChips({ risks = [] }) {
  const [gravest, ...others] = risks.filter(isGrave);
  if (!gravest) return [];
  const mark = chip('risk', `${gravest.title[0].toUpperCase()}${gravest.title.slice(1)}${others.length > 0 ? `, and ${others.length} more` : ''}`);
  mark.title = [gravest, ...others].map(({ title }) => title).join('; ');
  mark.prepend(element('span', { className: 'visually-hidden' }, 'Risk note: '));
  return [mark];
}

/** Marks a skill that somebody added himself. */
function ownChip() {
  const mark = chip('own', 'yours');
  mark.append(element('span', { className: 'visually-hidden' }, ', kept on this device'));
  return mark;
}

/** @param {string} kind @param {string} text */
function chip(kind, text) {
  return element('span', { className: `chip ${kind}`, dir: 'auto' }, withoutOverrides(text));
}
