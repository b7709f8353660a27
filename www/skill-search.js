/**
 * `<skill-search>`: describe a task, get the skill for it, in any page and without a server.
 *
 *     <script type="module" src="skill-search.js"></script>
 *     <skill-search index="/skills/index/" models="/skills/models/"></skill-search>
 *
 * The element itself: attributes, properties, events, and when it opens and leaves its index. All names that a page may use are
 * explained in skill-search.d.ts. Importing this where there is no document, as on a server, does nothing.
 */

import { takeEarly } from './elements/early.js';
import { part } from './elements/markup.js';
import { Asking } from './elements/skill-search/asking.js';
import { Fragment } from './elements/skill-search/fragment.js';
import { takeHotkey } from './elements/skill-search/hotkey.js';
import { foldCopies, List } from './elements/skill-search/list.js';
import { searchMarkup } from './elements/skill-search/markup.js';
import { Panel } from './elements/skill-search/panel.js';
import { allHidden, RiskFilter } from './elements/skill-search/risks.js';
import { Source, whenWanted } from './elements/skill-search/source.js';
import { Status } from './elements/skill-search/status.js';
import { SEARCH_CSS } from './elements/skill-search/style.js';
import { addStyle, restyle } from './elements/style.js';
import { sentence } from './shared/texts.js';

const DEFAULTS = { index: 'index/', models: 'models/', device: 'auto', prefetch: 'all', top: 8, hotkey: '/', label: 'Describe the task in your own words' };
/** What decides where answers come from. */
const SOURCE_ATTRIBUTES = ['index', 'models', 'reranker', 'device', 'prefetch'];
/** Properties that a page may have set before it loaded this file. */
const EARLY_PROPERTIES = ['router', 'value'];

export class SkillSearch extends (globalThis.HTMLElement ?? class {}) {
  static observedAttributes = [...SOURCE_ATTRIBUTES, 'label', 'placeholder', 'hotkey', 'top', 'hide-risks', 'fragment'];

  #internals = this.attachInternals();
  #root = this.attachShadow({ mode: 'open' });
  #input;
  #status;
  #filter;
  #list;
  #panel;
  #asking;
  /** Null while it is not in a document. @type {Source | null} */
  #source = null;
  /** A router of the page. @type {import('./skill-search.d.ts').RouterLike | null} */
  #given = null;
  /** Somebody wants answers; until then nothing is opened. */
  #is_wanted = false;
  #is_connecting = false;
  #stopWaiting = () => {};
  #giveUpHotkey = () => {};
  /** Null where the address says nothing of the question. @type {Fragment | null} */
  #fragment = null;
  /** @type {PromiseWithResolvers<import('./skill-search.d.ts').RouterLike> & { isSettled?: boolean }} */
  #ready;
  /** @type {import('./client.js').Answer | null} */
  #answer = null;

  /** How a source tells this element what happens. */
  #member = {
    onState: (/** @type {import('./elements/skill-search/source.js').State} */ state) => this.#noteState(state),
    onProgress: (/** @type {import('./client.js').Progress} */ progress) => {
      this.#status.showProgress(progress);
      this.#tell('progress', progress);
    },
    onRouter: () => this.#ask(),
    onOwn: () => {
      if (this.#panel.route?.own) this.#panel.close(); // What it shows may be another skill's by now.
      this.#ask();
    },
  };

  constructor() {
    super();
    addStyle(this.#root, SEARCH_CSS);
    try {
      this.#root.append(searchMarkup());
    } catch (error) {
      this.#root.textContent = sentence(error.message); // Without markup there is no other place to say it.
      throw error;
    }
    this.#input = this.#part('query', HTMLInputElement);
    this.#status = new Status(this.#root);
    this.#filter = new RiskFilter(this.#root, (categories) => this.setAttribute('hide-risks', categories));
    this.#list = new List(this.#part('results'), this.#input, (entry) => this.#choose(entry), () => this.#showAnswer(true));
    this.#panel = new Panel(this, this.#root, {
      readBody: async (skill_idx) => {
        if (!this.#source?.router) throw new Error('no index is open');
        return this.#source.router.body(skill_idx);
      },
      routes: () => this.#list.routes,
      onToggle: (is_open) => this.#noteOpen(is_open),
    });
    this.#asking = new Asking({
      onBusy: (/** @type {boolean} */ is_busy) => this.#status.showBusy(is_busy),
      onLate: (/** @type {string} */ question) => this.#showLate(question, 'yours is on its way'),
      onAnswer: (/** @type {import('./client.js').Answer} */ answer, /** @type {string} */ question, /** @type {boolean} */ settled) => this.#noteAnswer(answer, question, settled),
      onNothing: () => this.#showNothing(),
      onFailure: (/** @type {Error} */ error) => {
        this.#showLate(this.value.trim(), 'yours was not answered');
        this.#status.showFailure(error);
      },
    });
    this.#expectReady();
    this.#showTexts();
    this.#listen();
  }

  connectedCallback() {
    for (const name of EARLY_PROPERTIES) takeEarly(this, name);
    if (!this.#source && this.value === '') this.#input.value = this.getAttribute('value') ?? '';
    this.#connectSoon();
  }

  /** Sheets, keys and sizes are those of a document. */
  adoptedCallback() {
    restyle(this.#root);
    this.#panel.watch();
    if (this.#source) this.#takeHotkey();
  }

  /** An element that is only moved is in the document again before the task ends. */
  disconnectedCallback() {
    setTimeout(() => !this.isConnected && this.#disconnect());
  }

  /** @param {string} name */
  attributeChangedCallback(name) {
    if (SOURCE_ATTRIBUTES.includes(name)) this.#connectSoon();
    else if (name === 'hotkey' && this.#source) this.#takeHotkey();
    else if (name === 'fragment' && this.#source) this.#takeFragment();
    else if (name === 'top' && this.#source) this.#ask();
    else if (name === 'hide-risks') this.#sift();
    else this.#showTexts();
  }

  get router() {
    return this.#source?.router ?? this.#given;
  }

  set router(router) {
    this.#given = router ?? null;
    this.#connectSoon();
  }

  get value() {
    return this.#input.value;
  }

  set value(text) {
    this.#input.value = text;
    this.#ask();
  }

  get answer() {
    return this.#answer;
  }

  get ready() {
    return this.#ready.promise;
  }

  /** @param {string} text */
  ask(text) {
    this.value = text;
    this.#want();
  }

  /** @param {FocusOptions} [options] */
  focus(options) {
    this.#input.focus(options);
  }

  reload() {
    this.#is_wanted = true;
    void this.#source?.open();
  }

  #listen() {
    /** Whether a key was of use: others are for what stands around the element. @type {Record<string, () => boolean | void>} */
    const keys = {
      ArrowDown: () => this.#list.move(1),
      ArrowUp: () => this.#list.move(-1),
      Enter: () => this.#list.choose(),
      Escape: () => this.#goBack(),
    };
    this.#input.addEventListener('input', () => this.#ask());
    this.#input.addEventListener('paste', (event) => this.#paste(event));
    this.#input.addEventListener('keydown', (event) => {
      if (event.isComposing || !keys[event.key] || keys[event.key]() === false) return;
      event.preventDefault();
    });
    this.#part('clear').addEventListener('click', () => this.#clear());
    this.#part('loading-cancel').addEventListener('click', () => this.#source?.cancel());
    this.#part('banner-retry').addEventListener('click', () => this.reload());
  }

  /** Attributes and properties that are set in one task count together. */
  #connectSoon() {
    if (this.#is_connecting) return;
    this.#is_connecting = true;
    queueMicrotask(() => {
      this.#is_connecting = false;
      if (this.isConnected) this.#connect();
    });
  }

  #connect() {
    const source = this.#given ? Source.around(this.#given) : Source.of(this.#sourceOptions());
    if (source === this.#source) return;
    const is_first = !this.#source;
    this.#panel.close(); // What it shows is of another index.
    this.#leave();
    this.#source = source;
    source.join(this.#member);
    if (is_first) {
      this.#takeHotkey();
      this.#takeFragment();
    }
    this.#ask();
    if (this.#given || this.#is_wanted) source.start();
    else this.#stopWaiting = whenWanted(this, this.getAttribute('load'), () => this.#want());
  }

  #disconnect() {
    this.#asking.stop();
    this.#panel.close();
    this.#giveUpHotkey();
    this.#fragment?.end();
    this.#leave();
    this.#is_wanted = false;
  }

  #leave() {
    this.#stopWaiting();
    this.#source?.leave(this.#member);
    this.#source = null;
    if (this.#ready.isSettled) this.#expectReady();
  }

  #want() {
    this.#is_wanted = true;
    this.#source?.start();
  }

  /** @returns {import('./client.js').OpenOptions} */
  #sourceOptions() {
    const folder = (/** @type {'index' | 'models'} */ name) => new URL(this.getAttribute(name) || DEFAULTS[name], document.baseURI).href;
    const reranker = this.getAttribute('reranker') || undefined;
    return {
      index: folder('index'),
      models: folder('models'),
      reranker: reranker === 'none' ? null : reranker,
      // A wrong word is an error of the router's.
      device: /** @type {import('./client.js').OpenOptions['device']} */ (this.getAttribute('device') || DEFAULTS.device),
      prefetch: /** @type {import('./client.js').OpenOptions['prefetch']} */ (this.getAttribute('prefetch') || DEFAULTS.prefetch),
    };
  }

  #ask() {
    const question = this.value.trim();
    this.#part('clear').hidden = this.value === '';
    this.#part('before').hidden = question !== '';
    this.#fragment?.note(question);
    const top = Math.trunc(Number(this.getAttribute('top')));
    void this.#asking.ask(question, this.#source, top > 0 ? top : DEFAULTS.top);
  }

  /** @returns {boolean} whether there was something to leave: in an empty box, Escape is for the dialog around it */
  #goBack() {
    const { isOpen } = this.#panel;
    if (isOpen) this.#panel.close();
    else if (this.value !== '') this.#clear();
    else return false;
    return true;
  }

  #clear() {
    this.value = '';
    this.focus();
  }

  /** A text box of one line would glue the last word of each line to the first of the next. @param {ClipboardEvent} event */
  #paste(event) {
    const text = event.clipboardData?.getData('text');
    if (!text?.includes('\n')) return;
    event.preventDefault();
    this.#input.setRangeText(text.replace(/\s+/g, ' ').trim(), this.#input.selectionStart ?? 0, this.#input.selectionEnd ?? 0, 'end');
    this.#ask();
  }

  /** @param {import('./elements/skill-search/source.js').State} state */
  #noteState(state) {
    const { state: word, text, error } = state;
    this.#status.showState(state);
    // A remote router knows nothing of itself before it has connected.
    this.#status.showPrefetch(this.#source?.router?.about?.()?.prefetch === 'none');
    if (word === 'ready' || error) {
      if (word === 'ready') this.#ready.resolve(/** @type {import('./skill-search.d.ts').RouterLike} */ (this.#source?.router));
      else this.#ready.reject(error);
      this.#ready.isSettled = true;
    } else if (this.#ready.isSettled) {
      this.#expectReady();
    }
    this.#tell('state', error ? { state: word, text, error } : { state: word, text });
  }

  /** Nobody has to listen: a rejection that is not awaited is not reported. */
  #expectReady() {
    this.#ready = Promise.withResolvers();
    this.#ready.promise.catch(() => {});
  }

  /** @param {import('./client.js').Answer} answer @param {string} question @param {boolean} settled */
  #noteAnswer(answer, question, settled) {
    this.#answer = answer;
    this.#status.takeBackFailure();
    this.#showRoutes(question);
    if (settled || !answer.reranked) this.#announce();
    this.#tell('answer', { query: question, answer, settled });
  }

  /** Other risks are to be hidden now: at once, even while somebody points at the list. */
  #sift() {
    this.#filter.hide(this.getAttribute('hide-risks'));
    if (!this.#answer) return;
    this.#list.catchUp();
    this.#showRoutes(this.#list.question);
    this.#announce();
  }

  /** @param {string} question */
  #showRoutes(question) {
    if (!this.#answer) return;
    const seen = this.#filter.sift(this.#answer);
    this.#showAnswer(this.#list.show(seen, question));
    this.#panel.follow(foldCopies(seen.routes), question);
  }

  /** @param {boolean} shown whether the list shows its order already */
  #showAnswer(shown) {
    if (!this.#answer) return;
    this.#status.showAnswer(this.#answer, this.#list.question, shown);
    if (shown) this.#filter.show(this.#answer.routes);
  }

  /** What is shown belongs to another question. @param {string} question that is asked now @param {string} why */
  #showLate(question, why) {
    if (this.#answer && this.#list.question !== question) this.#status.showLate(this.#list.question, why);
  }

  #announce() {
    if (!this.#answer) return;
    const seen = this.#filter.sift(this.#answer);
    const n_hidden = this.#answer.routes.length - seen.routes.length;
    if (n_hidden > 0 && seen.routes.length === 0) this.#status.announceText(allHidden(n_hidden));
    else this.#status.announce(seen, this.#list.length, n_hidden);
  }

  #showNothing() {
    this.#answer = null;
    this.#list.show({ routes: [] }, '');
    this.#panel.follow([], '');
    this.#status.showNoAnswer();
    this.#status.announce(null, 0);
  }

  /** @param {import('./elements/skill-search/list.js').Entry} entry @returns {boolean} whether the panel opens */
  #choose(entry) {
    const query = this.#list.question;
    const goes_on = this.#tell('choose', { route: entry.route, query }, { cancelable: true });
    if (!goes_on || this.getAttribute('panel') === 'none') return false;
    void this.#panel.open(entry, query);
    return true;
  }

  /** A page may give the element more room while its panel is open: `skill-search:state(open)`. @param {boolean} is_open */
  #noteOpen(is_open) {
    this.#fragment?.noteOpen(is_open);
    if (is_open) return void this.#internals.states.add('open');
    this.#internals.states.delete('open');
    this.#list.rest();
    if (this.isConnected) this.focus();
  }

  /** What the address asks counts, and is wanted. */
  #takeFragment() {
    this.#fragment?.end();
    const name = this.getAttribute('fragment');
    this.#fragment = name ? new Fragment(name, { onQuestion: (question) => (this.value = question), onBack: () => this.#panel.close() }) : null;
    if (!this.#fragment?.question) return;
    this.#input.value = this.#fragment.question;
    this.#is_wanted = true;
  }

  #takeHotkey() {
    this.#giveUpHotkey();
    const key = this.getAttribute('hotkey') ?? DEFAULTS.hotkey;
    const hint = this.#part('hotkey');
    hint.textContent = key;
    const focus = () => {
      this.#panel.close();
      this.focus();
      this.#input.select();
    };
    this.#giveUpHotkey = key === 'none' ? () => {} : takeHotkey({ key, document: this.ownerDocument, focus, onOwner: (is_owner) => (hint.hidden = !is_owner) });
  }

  #showTexts() {
    this.#part('label').textContent = this.getAttribute('label') || DEFAULTS.label;
    this.#input.placeholder = this.getAttribute('placeholder') ?? '';
  }

  /** @param {string} name @param {unknown} detail @returns {boolean} unless a listener prevented it */
  #tell(name, detail, { cancelable = false } = {}) {
    return this.dispatchEvent(new CustomEvent(`skill-search-${name}`, { detail, bubbles: true, composed: true, cancelable }));
  }

  /** @template {HTMLElement} [Kind=HTMLElement] @param {string} id @param {{ new (): Kind } | null} [kind] @returns {Kind} */
  #part(id, kind) {
    return part(id, kind, this.#root);
  }
}

if (globalThis.customElements && !customElements.get('skill-search')) customElements.define('skill-search', SkillSearch);

/**
 * The class is what skill-search.d.ts says, and nothing else.
 * @typedef {import('./types/declared.js').Holds<typeof SkillSearch, typeof import('./skill-search.d.ts').SkillSearch>} Holds
 * @typedef {import('./types/declared.js').NothingElse<Exclude<keyof SkillSearch, keyof import('./skill-search.d.ts').SkillSearch | 'connectedCallback' | 'disconnectedCallback' | 'adoptedCallback' | 'attributeChangedCallback'>>} NothingElse
 */
