/**
 * `<own-skills>`: what a page may set, hear and style.
 *
 *     <script type="module" src="own-skills.js"></script>
 *     <own-skills></own-skills>
 *
 * It needs a router, which the page gives it: that of a `<skill-search>`, say, once there is one. What is dropped before waits.
 *
 *     search.addEventListener('skill-search-state', () => (own.router = search.router));
 *     own.addEventListener('own-skills-change', () => (search.value = search.value));
 *
 * Attribute `drop`: with `page`, files may be dropped anywhere on the page; else on the element's own field.
 *
 * Custom properties are those of `<skill-search>`. Parts, for `::part()`: `panel`, `drop`, `sources`.
 */

import type { OwnSkills as OwnSkillsStanding, SkillRouter } from './client.js';

/** Bubbles, and leaves shadow trees. */
export interface OwnSkillsEventMap {
  /** The user's own skills have changed, here or in another tab: an answer may be another now. */
  'own-skills-change': CustomEvent<OwnSkillsStanding>;
}

export class OwnSkills extends HTMLElement {
  /** The router that skills are added to. One without `addOwn` counts as none. */
  get router(): SkillRouter | null;
  set router(router: object | null);
  addEventListener<K extends keyof OwnSkillsEventMap>(
    type: K, listener: (this: OwnSkills, event: OwnSkillsEventMap[K]) => void, options?: boolean | AddEventListenerOptions): void;
  addEventListener(type: string, listener: EventListenerOrEventListenerObject, options?: boolean | AddEventListenerOptions): void;
}

declare global {
  interface HTMLElementTagNameMap {
    'own-skills': OwnSkills;
  }
}
