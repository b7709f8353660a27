/**
 * The question in the fragment of the page's address, which browsers send nowhere: a reload, a bookmark or a shared link brings it
 * back. An open panel is a step of the browser's history, so Back closes it and stays on the page.
 */

/** Browsers refuse too many changes; Safari takes a hundred in half a minute. */
const MIN_INTERVAL_MS = 350;
/** In the state of a step that stands for the open panel. */
const PANEL = 'skill-search-panel';

export class Fragment {
  #name;
  #listener;
  #listening = new AbortController();
  /** What is asked now, and what the address says. */
  #question = '';
  #written = '';
  #timer = 0;
  #is_open = false;
  /** The panel was closed, and its step is being left. */
  #is_leaving = false;

  /**
   * @param {string} name of the question in the fragment: `#name=question`
   * @param {{ onQuestion: (question: string) => void, onBack: () => void }} listener `onQuestion`: the address says another question;
   *   `onBack`: the panel is to be closed
   */
  constructor(name, listener) {
    this.#name = name;
    this.#listener = listener;
    this.#question = this.#written = this.#read();
    if (history.state?.[PANEL]) history.replaceState({ ...history.state, [PANEL]: undefined }, ''); // It was reloaded.
    for (const type of ['popstate', 'hashchange']) addEventListener(type, () => this.#follow(), { signal: this.#listening.signal });
  }

  /** The question that the address had at first. */
  get question() {
    return this.#question;
  }

  /** @param {string} question that is asked now */
  note(question) {
    this.#question = question;
    if (this.#timer) return;
    this.#write();
    this.#timer = setTimeout(() => {
      this.#timer = 0;
      this.#write();
    }, MIN_INTERVAL_MS);
  }

  /** @param {boolean} is_open the panel, now */
  noteOpen(is_open) {
    if (is_open === this.#is_open) return;
    this.#is_open = is_open;
    if (this.#is_leaving) return; // What is open then counts when it was left.
    this.#write();
    if (is_open) this.#enter();
    else this.#leave();
  }

  end() {
    this.noteOpen(false);
    clearTimeout(this.#timer);
    this.#listening.abort();
  }

  #enter() {
    history.pushState({ ...history.state, [PANEL]: true }, '');
  }

  #leave() {
    if (!history.state?.[PANEL]) return;
    this.#is_leaving = true;
    history.back();
  }

  /** The browser has gone to another step, or somebody has changed the address. */
  #follow() {
    if (this.#is_leaving || this.#is_open) {
      if (!this.#is_leaving) {
        this.#is_open = false;
        this.#listener.onBack();
      }
      this.#is_leaving = false;
      this.#written = this.#read(); // As it was when the panel was opened.
      this.#write();
      if (this.#is_open) this.#enter();
      return;
    }
    const question = this.#read();
    if (question === this.#written) return;
    this.#question = this.#written = question;
    this.#listener.onQuestion(question);
  }

  /** The first question is a step of its own, so Back goes to the page as it was before it. */
  #write() {
    if (this.#question === this.#written) return;
    const is_first = this.#written === '' && !history.state?.[PANEL];
    this.#written = this.#question;
    if (is_first) history.pushState(history.state, '', this.#address());
    else history.replaceState(history.state, '', this.#address());
  }

  #read() {
    return this.#parameters().get(this.#name)?.trim() ?? '';
  }

  /** Other parts of the fragment stay as they are. */
  #address() {
    const parameters = this.#parameters();
    if (this.#question) parameters.set(this.#name, this.#question);
    else parameters.delete(this.#name);
    const fragment = parameters.toString();
    return fragment ? `#${fragment}` : `${location.pathname}${location.search}`;
  }

  /** A fragment without `=` is the name of a place in the page. */
  #parameters() {
    const fragment = location.hash.slice(1);
    return new URLSearchParams(fragment.includes('=') ? fragment : '');
  }
}
