/**
 * Where answers come from: one router for all elements of a page that ask for the same index, opened when the first of them
 * wants it and closed when the last is gone. It tells its members how the loading goes, and opens anew after a failure.
 */

import { SkillRouter } from '../../client.js';
import { TypingTurns } from '../../messages/typing-turns.js';
import { abortError } from '../../shared/error.js';
import { pauseOrOnline } from '../../shared/promises.js';

/**
 * @typedef {import('../../client.js').OpenOptions} OpenOptions
 * @typedef {import('../../client.js').Progress} Progress
 * @typedef {import('../../client.js').RouteOptions} RouteOptions
 * @typedef {import('../../shared/error.js').Fault} Fault
 * @typedef {import('../../skill-search.d.ts').RouterLike} RouterLike
 *
 * `meanwhile`: what answers are until the error is mended; `isLoading`: whether files are on their way that answers wait for;
 * `goesOn`: it is tried again without anybody asking.
 * @typedef {import('../../skill-search.d.ts').SkillSearchState & { meanwhile?: string, isLoading: boolean, goesOn?: boolean }} State
 *
 * @typedef {object} Member
 * @property {(state: State) => void} onState
 * @property {(progress: Progress) => void} onProgress
 * @property {() => void} onRouter there is a router, or another one
 * @property {() => void} onOwn the user's own skills are other ones now, and have other places
 */

const IDLE_WITHIN_MS = 2000;
/** How long after a failure of the network it is tried again, if nobody says before that it is back; then each time twice as long. */
const FIRST_PAUSE_MS = 2000;
const LONGEST_PAUSE_MS = 60_000;
/** @type {Record<string, string[]>} */
const EVENTS = { focus: ['focusin'], visible: ['focusin', 'pointerenter'] };
/** @type {Map<string, Source>} by what they open */
const shared = new Map();
/** @type {WeakMap<RouterLike, Source>} by the router of the page */
const given = new WeakMap();

export class Source {
  #openRouter;
  #closeRouter;
  #onEmpty;
  #may_lack_reranker;
  #isReachable;
  /** @type {Set<Member>} */
  #members = new Set();
  /** @type {RouterLike | null} */
  #router = null;
  /** @type {State} */
  #state = { state: 'idle', text: 'Loads when it is needed', isLoading: false };
  /** The newest opening. @type {AbortController | null} */
  #attempt = null;
  /** Whether the model of the router that answers now has been loaded. */
  #by_meaning = false;
  /** The `ready` of the engine whose loading is told. @type {Promise<void> | null | undefined} */
  #followed;
  #pause_ms = FIRST_PAUSE_MS;
  #turns = new TypingTurns();

  /**
   * @param {(options: OpenOptions) => Promise<RouterLike>} openRouter
   * @param {object} [options]
   * @param {(router: RouterLike) => void} [options.closeRouter]
   * @param {() => void} [options.onEmpty] the last member has left
   * @param {boolean} [options.may_lack_reranker]
   * @param {() => Promise<boolean>} [options.isReachable] whether the network is back; without it nothing is opened again by itself
   */
  constructor(openRouter, { closeRouter = () => {}, onEmpty = () => {}, may_lack_reranker = false, isReachable } = {}) {
    this.#openRouter = openRouter;
    this.#closeRouter = closeRouter;
    this.#onEmpty = onEmpty;
    this.#may_lack_reranker = may_lack_reranker;
    this.#isReachable = isReachable;
  }

  /** The one source of the page for these options. @param {OpenOptions} options folders are absolute */
  static of(options) {
    const key = JSON.stringify(options);
    if (!shared.has(key)) {
      const onEmpty = () => {
        shared.delete(key);
        source.#end();
      };
      const openRouter = (/** @type {Pick<OpenOptions, 'signal' | 'onProgress'>} */ listeners) => SkillRouter.open({ ...options, ...listeners });
      const closeRouter = (/** @type {RouterLike} */ router) => /** @type {SkillRouter} */ (router).close(); // It was opened here.
      const isReachable = () => answers(new URL('index.json', options.index));
      const source = new Source(openRouter, { closeRouter, onEmpty, may_lack_reranker: options.reranker === undefined, isReachable });
      shared.set(key, source);
    }
    return /** @type {Source} */ (shared.get(key));
  }

  /** The one source of a router that somebody else opens and closes. @param {RouterLike} router */
  static around(router) {
    if (!given.has(router)) given.set(router, new Source(async () => router));
    return /** @type {Source} */ (given.get(router));
  }

  get router() {
    return this.#router;
  }

  /** A member that joins may ask at once, if there is a router already. @param {Member} member */
  join(member) {
    this.#members.add(member);
    member.onState(this.#state);
  }

  /** @param {Member} member */
  leave(member) {
    if (this.#members.delete(member) && this.#members.size === 0) this.#onEmpty();
  }

  /** Opens the index, unless that was begun. */
  start() {
    if (!this.#attempt) void this.open();
  }

  /** Ends the loading; answers go on with what is there. */
  cancel() {
    this.#attempt?.abort();
  }

  /** Opens the index anew; the old router answers until the new one can. */
  async open() {
    const attempt = new AbortController();
    const isCurrent = () => this.#attempt === attempt;
    this.#attempt?.abort();
    this.#attempt = attempt;
    this.#say(this.#by_meaning ? 'ready' : this.#router ? 'words' : 'loading', 'Opening the index');
    try {
      const onProgress = (/** @type {Progress} */ progress) => isCurrent() && this.#members.forEach((member) => member.onProgress(progress));
      const next = await this.#openRouter({ signal: attempt.signal, onProgress });
      if (!isCurrent()) return void this.#closeRouter(next);
      if (this.#router) this.#closeRouter(this.#router);
      this.#router = next;
      next.addEventListener?.('own', () => this.#router === next && this.#members.forEach((member) => member.onOwn()));
      next.addEventListener?.('restart', () => isCurrent() && void this.#follow(next, attempt, 'The engine had stopped and is starting again'));
      const following = this.#follow(next, attempt);
      for (const member of this.#members) member.onRouter();
      await following;
    } catch (error) {
      if (isCurrent()) this.#failed(error, attempt.signal);
    }
  }

  /** Tells how the models of a router come. @param {RouterLike} router @param {AbortController} attempt @param {string} [text] for people */
  async #follow(router, attempt, text = 'By words, model loading') {
    const { ready } = router;
    const isCurrent = () => this.#attempt === attempt && this.#followed === ready;
    this.#followed = ready;
    this.#by_meaning = false;
    this.#say('words', text);
    try {
      await ready;
      if (!isCurrent()) return;
      this.#by_meaning = true;
      if (router.reranker_ready) this.#say('ready', 'Ready, reranker loading');
      await router.reranker_ready?.catch((error) => this.#unlessUnpublished(error));
      this.#pause_ms = FIRST_PAUSE_MS;
      if (isCurrent()) this.#say('ready', 'Ready, all on this device', { isLoading: false });
    } catch (error) {
      if (isCurrent()) this.#failed(error, attempt.signal);
    }
  }

  /**
   * An answer for somebody who types, in turn; there has to be a router. The signal in `options` ends with the asker's next question.
   * @param {object} asker
   * @param {string} query
   * @param {RouteOptions & { signal: AbortSignal }} options
   */
  async ask(asker, query, options) {
    const answer = await this.#turns.take(asker, options.signal, () => /** @type {RouterLike} */ (this.#router).route(query, { ...options, typing: true }));
    // An engine that stopped while its models were loading has been replaced for this answer, and loads them again.
    const is_replaced = this.#state.error?.code === 'engine' && this.#router?.ready !== this.#followed;
    if (is_replaced && this.#router && this.#attempt) void this.#follow(this.#router, this.#attempt);
    return answer;
  }

  #end() {
    this.#attempt?.abort();
    this.#attempt = null;
    if (this.#router) this.#closeRouter(this.#router);
    this.#router = null;
  }

  /** @param {State['state']} state @param {string} text */
  #say(state, text, more = {}) {
    this.#state = { state, text, isLoading: true, ...more };
    for (const member of this.#members) member.onState(this.#state);
  }

  /** @param {Fault} error @param {AbortSignal} signal */
  #failed(error, signal) {
    const meanwhile = this.#by_meaning ? 'not re-ranked' : 'by words only';
    const lost = this.#by_meaning ? 'the reranker was not loaded' : this.#router ? 'the model was not loaded' : 'nothing was loaded';
    const goesOn = this.#isReachable !== undefined && error.code === 'network' && !signal.aborted;
    this.#say(this.#by_meaning ? 'ready' : 'failed', this.#router ? `Answers ${meanwhile}` : 'Not ready', {
      error: signal.aborted ? abortError(lost) : error,
      meanwhile: this.#router ? meanwhile : undefined,
      isLoading: false,
      goesOn,
    });
    if (goesOn) void this.#openLater();
  }

  /** Opens the index anew once the network is back, unless that was done or the last member has left. What has come is kept. */
  async #openLater() {
    const attempt = this.#attempt;
    do {
      await pauseOrOnline(this.#pause_ms);
      this.#pause_ms = Math.min(2 * this.#pause_ms, LONGEST_PAUSE_MS);
      if (this.#attempt !== attempt) return;
    } while (!(await this.#isReachable?.()));
    if (this.#attempt === attempt) void this.open();
  }

  /** The index names a reranker that this site does not offer: nothing failed, and each answer says why it is not re-ranked. @param {Fault} error */
  #unlessUnpublished(error) {
    const is_unpublished = this.#may_lack_reranker && error.code === 'not-found' && error.message.includes('/model.json');
    if (!is_unpublished) throw error;
  }
}

/** Whether a server says anything. @param {URL} url */
async function answers(url) {
  try {
    await fetch(url, { method: 'HEAD', cache: 'no-store', referrerPolicy: 'no-referrer' });
    return true;
  } catch {
    return false;
  }
}

/**
 * When an element opens its index: at once, when somebody is about to use it, or before that when it is in sight and the page
 * has nothing else to do.
 * @param {HTMLElement} element
 * @param {string | null} load `eager`, `focus`, or else `visible`
 * @param {() => void} begin called once or never
 * @returns {() => void} ends the waiting
 */
export function whenWanted(element, load, begin) {
  if (load === 'eager') {
    begin();
    return () => {};
  }
  const waiting = new AbortController();
  const { signal } = waiting;
  const once = () => {
    if (signal.aborted) return;
    waiting.abort();
    begin();
  };
  for (const type of EVENTS[load ?? 'visible'] ?? EVENTS.visible) element.addEventListener(type, once, { signal });
  if (load !== 'focus') whenSeen(element, () => whenIdle(once), signal);
  return () => waiting.abort();
}

/** @param {Element} element @param {() => void} act @param {AbortSignal} signal */
function whenSeen(element, act, signal) {
  const observer = new IntersectionObserver((entries) => {
    if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
    observer.disconnect();
    act();
  });
  observer.observe(element);
  signal.addEventListener('abort', () => observer.disconnect());
}

/** Safari has no idle callbacks; there the next task has to do. @param {() => void} act */
function whenIdle(act) {
  if ('requestIdleCallback' in globalThis) requestIdleCallback(act, { timeout: IDLE_WITHIN_MS });
  else setTimeout(act);
}
