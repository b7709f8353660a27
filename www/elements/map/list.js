/**
 * The routes of a task beside the map: what the picture shows, for those who do not see it, and a way to each point by keyboard.
 */

import { element } from '../markup.js';
import { kindOfRank } from './marks.js';

/**
 * @typedef {import('../../client.js').Route} Route
 * @typedef {{ onPoint: (skill_idx: number | null) => void, onChoose: (skill_idx: number) => void }} Wishes
 */

const STAGES = { lexical: 'By words', retrieved: 'By words and meaning', reranked: 'Re-ranked' };

export class RouteList {
  #list;
  #note;
  #wishes;

  /** @param {HTMLElement} list @param {HTMLElement} note @param {Wishes} wishes */
  constructor(list, note, wishes) {
    this.#list = list;
    this.#note = note;
    this.#wishes = wishes;
  }

  /**
   * Who is in the list when a better order comes stays on his skill, or at the same place where it is gone.
   * @param {import('../../client.js').Answer} answer @param {Route[]} routes those that are shown @param {(skill_idx: number) => boolean} isOnMap
   */
  show({ stage, reason, reranked }, routes, isOnMap) {
    const focused = this.#buttons.find((button) => button.matches(':focus'));
    const place = focused ? this.#buttons.indexOf(focused) : -1;
    this.#list.replaceChildren(...routes.map((route, i) => this.#item(route, i + 1, isOnMap(route.skill_idx))));
    const so_far = reranked && reranked.done < reranked.of ? ` ${reranked.done} of ${reranked.of}` : '';
    this.#note.textContent = routes.length > 0 ? `${STAGES[stage]}${so_far}${reason ? `: ${reason}` : ''}.` : 'No skill has any of these words.';
    if (focused) (this.#buttonOf(focused.value) ?? this.#buttons[place])?.focus({ preventScroll: true });
  }

  /** @param {number | null} skill_idx that was chosen */
  mark(skill_idx) {
    for (const button of this.#buttons) button.setAttribute('aria-pressed', String(button.value === String(skill_idx)));
  }

  get #buttons() {
    return [...this.#list.querySelectorAll('button')];
  }

  /** @param {string} value */
  #buttonOf(value) {
    return this.#buttons.find((button) => button.value === value);
  }

  /** @param {Route} route @param {number} rank @param {boolean} is_on_map */
  #item({ skill_idx, name }, rank, is_on_map) {
    const item = element('li');
    const badge = element('span', { className: `rank ${kindOfRank(rank)}`, textContent: String(rank) });
    const text = element('span');
    text.append(element('bdi', { dir: 'auto', textContent: name }));
    const button = element('button', { type: 'button', value: String(skill_idx) });
    button.setAttribute('aria-pressed', 'false');
    button.append(badge, text);
    item.append(button);
    if (!is_on_map) {
      text.append(element('span', { className: 'missing', textContent: 'not on this map' }));
      return item;
    }
    for (const type of ['focus', 'pointerenter']) button.addEventListener(type, () => this.#wishes.onPoint(skill_idx));
    for (const type of ['blur', 'pointerleave']) button.addEventListener(type, () => this.#wishes.onPoint(null));
    button.addEventListener('click', () => this.#wishes.onChoose(skill_idx));
    return item;
  }
}
