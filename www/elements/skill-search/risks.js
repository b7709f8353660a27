/**
 * Which skills are not shown because of their risk notes, and the control that says so above the list. What is hidden is said,
 * and how many; notes of hygiene hide nothing, since most skills have some.
 */

import { element, inside, part } from '../markup.js';

/**
 * @typedef {import('../../client.js').Answer} Answer
 * @typedef {import('../../client.js').Route} Route
 */

/** Name and meaning. @type {Record<string, [string, string]>} */
const CATEGORIES = {
  'prompt-injection': ['Prompt injection', 'instructions that hide things or override others'],
  'data-exfiltration': ['Data exfiltration', 'sends or asks for what is secret'],
  'privilege-escalation': ['Privilege escalation', 'root, credentials, permissions'],
  'supply-chain': ['Supply chain', 'runs code that comes from elsewhere'],
};

/** Rules about code that comes from elsewhere and runs before anybody has read it; see src/risk/rules.json. */
const RUNS_REMOTE_CODE = new Set(['remote-code', 'downloaded-program', 'clone-and-run', 'decoded-code', 'remote-shell']);

/**
 * Whether a note is to be seen where one chooses: what works on the agent against its user, and remote code.
 * @param {import('../../client.js').Risk} risk
 */
export function isGrave({ rule, category }) {
  return category === 'prompt-injection' || RUNS_REMOTE_CODE.has(rule);
}

export class RiskFilter {
  #root;
  #onChange;
  /** @type {Set<string>} categories */
  #hidden = new Set();
  /** @type {Map<string, HTMLInputElement>} by category */
  #boxes = new Map();
  /** @type {Map<string, HTMLElement>} where the number of skills is said, by category */
  #counts = new Map();

  /** @param {ShadowRoot} root @param {(categories: string) => void} onChange somebody chose what to hide */
  constructor(root, onChange) {
    this.#root = root;
    this.#onChange = onChange;
    this.#part('filter-categories').append(...Object.keys(CATEGORIES).map((category) => this.#choice(category)));
    this.#part('filter-clear').addEventListener('click', () => {
      onChange('');
      inside(this.#part('filter'), 'summary').focus(); // The button goes.
    });
    this.#part('filter').addEventListener('keydown', (event) => {
      if (event.key !== 'Escape' || !this.#part('filter', HTMLDetailsElement).open) return;
      event.preventDefault(); // It is not for a dialog around the element.
      this.#close();
      inside(this.#part('filter'), 'summary').focus();
    });
    const closeUnlessAround = (/** @type {EventTarget | null} */ target) => target && !this.#part('filter').contains(/** @type {Node} */ (target)) && this.#close();
    root.addEventListener('pointerdown', ({ target }) => closeUnlessAround(target));
    this.#part('filter').addEventListener('focusout', ({ relatedTarget }) => closeUnlessAround(relatedTarget));
  }

  /** @param {string | null} categories with spaces between; unknown ones count for nothing */
  hide(categories) {
    this.#hidden = new Set((categories ?? '').split(/\s+/).filter((category) => Object.hasOwn(CATEGORIES, category)));
    for (const [category, box] of this.#boxes) box.checked = this.#hidden.has(category);
  }

  /**
   * The part of an answer that is shown. What is said of the fit is said of the first skill, so it goes when that is hidden.
   * @param {Answer} answer @returns {Answer}
   */
  sift(answer) {
    const routes = answer.routes.filter((route) => !this.#isHidden(route));
    const is_about_another = routes[0] !== answer.routes[0] && answer.fit?.word !== 'none';
    return { ...answer, routes, fit: is_about_another ? undefined : answer.fit };
  }

  /** Says how many of these are hidden. The control is there when there is something to choose. @param {Answer['routes']} routes */
  show(routes) {
    const counts = new Map(Object.keys(CATEGORIES).map((category) => [category, routes.filter(has(category)).length]));
    for (const [category, place] of this.#counts) place.textContent = ` ${counts.get(category)}`;
    const n_hidden = routes.filter((route) => this.#isHidden(route)).length;
    const are_all = n_hidden > 0 && n_hidden === routes.length;
    this.#part('filter').hidden = this.#hidden.size === 0 && [...counts.values()].every((count) => count === 0);
    this.#part('filter-count').textContent = n_hidden > 0 ? `: ${n_hidden} hidden` : '';
    this.#part('filter-all').hidden = !are_all;
    this.#part('results').hidden = are_all;
    this.#part('filter-all-text').textContent = allHidden(n_hidden);
  }

  /** @param {Route} route */
  #isHidden({ risks = [] }) {
    return risks.some(({ category }) => this.#hidden.has(category));
  }

  /** @param {string} category */
  #choice(category) {
    const [name, meaning] = CATEGORIES[category];
    const label = element('label');
    const box = element('input', { type: 'checkbox', value: category });
    box.addEventListener('change', () => this.#onChange([...this.#boxes.values()].filter(({ checked }) => checked).map(({ value }) => value).join(' ')));
    this.#boxes.set(category, box);
    const count = element('span', { className: 'count' });
    this.#counts.set(category, count);
    label.append(box, element('span', {}, name, count, element('span', { className: 'meaning' }, meaning)));
    return label;
  }

  #close() {
    this.#part('filter', HTMLDetailsElement).open = false;
  }

  /** @template {HTMLElement} [Kind=HTMLElement] @param {string} id @param {{ new (): Kind } | null} [kind] @returns {Kind} */
  #part(id, kind) {
    return part(id, kind, this.#root);
  }
}

/** What is said when nothing is left to show. @param {number} n_hidden */
export function allHidden(n_hidden) {
  return n_hidden === 1 ? 'The one skill that was found has risk notes that you hide.' : `All ${n_hidden} skills that were found have risk notes that you hide.`;
}

/** @param {string} category */
function has(category) {
  return (/** @type {Route} */ { risks = [] }) => risks.some((risk) => risk.category === category);
}
