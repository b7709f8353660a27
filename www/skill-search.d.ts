/**
 * `<skill-search>`: what a page may set, ask, hear and style.
 *
 *     <script type="module" src="skill-search.js"></script>
 *     <skill-search index="/skills/index/" models="/skills/models/"></skill-search>
 *
 * Children are shown as long as nothing is asked: examples, or what is to be seen without JavaScript.
 * It is as wide as its container. In one that shrinks to fit it likes to have 40rem and needs 18rem, or half of a narrow window.
 *
 * Attributes
 *
 * | name | meaning | default |
 * |---|---|---|
 * | `index` | folder of the index, relative to the page | `index/` |
 * | `models` | folder that holds a folder for each model | `models/` |
 * | `reranker` | name of a reranker's folder in `models`, or `none` | the one that the index names |
 * | `device` | `auto`, `cpu` or `gpu` | `auto` |
 * | `prefetch` | `all`: descriptions of all skills are fetched ahead, so that no request depends on what is asked; `none`: parts of the index are fetched when they are needed, so its host can learn what is looked for, and the element says so | `all` |
 * | `top` | number of skills in an answer | `8` |
 * | `label` | label of the text box; elements of one page need different ones | `Describe the task in your own words` |
 * | `placeholder` | shown in the empty text box | none |
 * | `value` | the first question; asked once the index is open | none |
 * | `load` | when the index is opened: `eager` at once; `visible` when the element is in sight and the page is idle, or has the pointer or the focus before; `focus` at the first focus. `ask()` opens it in any case | `visible` |
 * | `hotkey` | key that focuses the text box from anywhere on the page, or `none`; of several elements, the first has it. Keys in editors of any kind stay there | `/` |
 * | `fragment` | name under which the question stands in the fragment of the page's address, such as `q` for `#q=…`: a reload or a shared link brings it back, and Back closes the panel. Browsers do not send fragments, but keep them in their history. For one element of a page | none |
 * | `hide-risks` | skills with risk notes of these categories are not shown: any of `prompt-injection`, `data-exfiltration`, `privilege-escalation` and `supply-chain`, with spaces between. Readers change it above the list, and the element then changes the attribute | none |
 * | `panel` | `side` shows instructions beside the list, or over the page where the element is narrower than 56rem; `none`: choosing a skill only fires the event | `side` |
 *
 * Elements of a page with the same `index`, `models`, `reranker`, `device` and `prefetch` share one router, which is closed with the last of them.
 *
 * Custom properties, each `--skill-search-…`: `accent`, `accent-ink`, `ink`, `muted`, `paper` (the text box), `surface` (cards and
 * panel), `line`, `field-line`, `words`, `danger`, `shadow`, `radius`, `font`, `mono`. Colours have a light and a dark default, by
 * the `color-scheme` of the place where the element stands.
 *
 * Parts, for `::part()`: `field`, `input`, `status`, `list`, `option`, `name`, `description`, `fit`, `panel`.
 *
 * State, for `:state()`: `open` while the panel is. A page may give the element more width then.
 */

import type { About, Answer, Progress, Route, RouteOptions, SkillRouter, SkillRouterError } from './client.js';

/** What a router of the page has to have. `SkillRouter` does. */
export interface RouterLike {
  route(query: string, options?: RouteOptions): Promise<Answer>;
  body(skill_idx: number): Promise<string | null>;
  readonly ready?: Promise<void>;
  readonly reranker_ready?: Promise<void> | null;
  about?(): About;
  /** `own`: the user's own skills are other ones now. `restart`: the engine is replaced, and `ready` is another one. */
  addEventListener?(type: 'own' | 'restart', listener: () => void): void;
}

/** `idle`: nothing is opened yet. `words`: answers are by words, and better ones are on their way. `failed`: they are not; see `error`. */
export interface SkillSearchState {
  state: 'idle' | 'loading' | 'words' | 'ready' | 'failed';
  /** The same for people. */
  text: string;
  /** Why answers are not what they could be; with `ready`, why they are not re-ranked. */
  error?: SkillRouterError | DOMException;
}

/** All bubble, and leave shadow trees. The text box's own `input` event does too. */
export interface SkillSearchEventMap {
  /** How far the files have come. */
  'skill-search-progress': CustomEvent<Progress>;
  'skill-search-state': CustomEvent<SkillSearchState>;
  /** A stage of an answer; `settled` when no better one follows. It comes again when descriptions have come that it lacked. */
  'skill-search-answer': CustomEvent<{ query: string; answer: Answer; settled: boolean }>;
  /** Somebody chose a skill. Cancelable: `preventDefault()` keeps the panel shut. */
  'skill-search-choose': CustomEvent<{ route: Route; query: string }>;
}

export class SkillSearch extends HTMLElement {
  /**
   * The router that answers, null before there is one. Set, it is one of the page, which opens and closes it, and which other
   * elements may have too; null goes back to the attributes.
   */
  get router(): SkillRouter | RouterLike | null;
  set router(router: RouterLike | null);
  /** The question in the text box. Set, it is asked as soon as the index is open. */
  value: string;
  /** The last answer, or null. */
  readonly answer: Answer | null;
  /** Resolves with the router when answers are by meaning too; rejects with the reason when they cannot be. */
  readonly ready: Promise<SkillRouter | RouterLike>;
  /** Asks, and opens the index if nobody has. */
  ask(text: string): void;
  /** Focuses the text box. */
  focus(options?: FocusOptions): void;
  /** Opens the index anew; until that is done the old one answers. */
  reload(): void;
  addEventListener<K extends keyof SkillSearchEventMap>(
    type: K, listener: (this: SkillSearch, event: SkillSearchEventMap[K]) => void, options?: boolean | AddEventListenerOptions): void;
  addEventListener(type: string, listener: EventListenerOrEventListenerObject, options?: boolean | AddEventListenerOptions): void;
}

declare global {
  interface HTMLElementTagNameMap {
    'skill-search': SkillSearch;
  }
}
