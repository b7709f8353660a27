/**
 * The helper on a site that the user allowed: while somebody types in a prompt box, it asks the extension's own engine for
 * skills and offers the fitting ones under the box. It looks at nothing before a prompt box has the focus, and at nothing but that box.
 */

import { Asker } from './asker.js';
import { insertText, isPromptBox, textOf } from './box.js';
import { Chips } from './chips.js';

const PAUSE_MS = 400;
/** Shorter texts say too little about a task. */
const MIN_CHARS = 12;
/** Of a long text, its end: that is what one is writing. */
const MAX_CHARS = 1000;

class Helper {
  #asker = new Asker();
  #chips = new Chips({
    onChoose: (route) => void this.#choose(route),
    onDismiss: () => this.#dismiss(),
    onLeave: () => void this.#leave(),
  });
  /** The prompt box that has the focus. @type {HTMLElement | null} */
  #box = null;
  /** @type {{ is_wanted: boolean, helper_action: 'insert' | 'copy', invocation: string } | null} */
  #settings = null;
  /** Nothing more is offered in this box until it has the focus again. */
  #is_dismissed = false;
  /** What was inserted is not what somebody asks for. @type {Set<string>} */
  #inserted = new Set();
  #timer = 0;

  listen() {
    addEventListener('focusin', (event) => this.#enter(targetOf(event)), true);
    addEventListener('focusout', ({ relatedTarget }) => this.#noteFocusLeaves(relatedTarget), true);
    addEventListener('input', (event) => this.#noteInput(targetOf(event)), true);
    addEventListener('keydown', (event) => this.#noteKey(event));
    this.#enter(activeElement());
  }

  /** @param {EventTarget | null} element */
  #enter(element) {
    if (this.#chips.contains(element) || element === this.#box) return;
    this.#exit();
    if (!isPromptBox(element)) return;
    this.#box = element;
    this.#is_dismissed = false;
    this.#settings = null;
  }

  /** Between box and suggestions it may go to and fro. @param {EventTarget | null} next */
  #noteFocusLeaves(next) {
    if (next === null || (next !== this.#box && !this.#chips.contains(next))) this.#exit();
  }

  #exit() {
    clearTimeout(this.#timer);
    this.#box = null;
    this.#asker.end();
    this.#chips.hide();
  }

  /** A page may put another box in the place of the one that is typed in. @param {EventTarget | null} element */
  #noteInput(element) {
    if (element !== this.#box && activeElement() === element && isPromptBox(element)) this.#box = element;
    if (element !== this.#box || !this.#box || this.#is_dismissed) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#suggest(), PAUSE_MS);
  }

  async #suggest() {
    const box = this.#box;
    if (!box) return;
    const task = this.#taskIn(box);
    if (task.length < MIN_CHARS) return this.#chips.hide();
    try {
      const settings = (this.#settings ??= await this.#asker.settings());
      if (!settings.is_wanted) return this.#chips.hide();
      const { fit, routes } = await this.#asker.ask(task);
      if (this.#box !== box || !box.isConnected || this.#is_dismissed) return;
      if (!fit || fit.word === 'none' || routes.length === 0) return this.#chips.hide();
      this.#chips.show(box, routes, fit);
    } catch {
      this.#chips.hide(); // A newer text came, or the extension was updated meanwhile: a page is no place for its troubles.
    }
  }

  /** @param {HTMLElement} box */
  #taskIn(box) {
    let text = textOf(box);
    for (const inserted of this.#inserted) text = text.replaceAll(inserted, ' ');
    return text.replace(/\s+/g, ' ').trim().slice(-MAX_CHARS);
  }

  /** @param {KeyboardEvent} event */
  #noteKey(event) {
    if (!this.#chips.isShown || event.defaultPrevented || event.isComposing || targetOf(event) !== this.#box) return;
    if (event.key === 'Escape') {
      event.preventDefault();
      this.#dismiss();
    } else if (event.key === 'Tab' && !event.shiftKey && !event.altKey && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      this.#chips.focus();
    }
  }

  /** @param {{ name: string }} route */
  async #choose({ name }) {
    const box = this.#box;
    if (!box || !this.#settings) return;
    const { helper_action, invocation } = this.#settings;
    const text = invocation.replaceAll('{name}', () => name);
    this.#chips.hide();
    box.focus();
    if (helper_action === 'insert') this.#inserted.add(text);
    if (helper_action === 'insert' && insertText(box, text)) return;
    await navigator.clipboard.writeText(text).then(() => this.#chips.say('Copied'), () => this.#chips.say('Copying is not allowed here'));
  }

  #dismiss() {
    this.#is_dismissed = true;
    clearTimeout(this.#timer);
    this.#chips.hide();
    this.#box?.focus();
  }

  async #leave() {
    this.#dismiss();
    await this.#asker.leaveSite();
  }
}

/** The element itself, also inside of a page's open shadow trees. @param {Event} event */
function targetOf(event) {
  return event.composedPath()[0];
}

function activeElement() {
  let element = document.activeElement;
  while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
  return element;
}

// It is started again in a tab that was open when its site was allowed a second time.
const page = /** @type {{ has_skillrouter_helper?: boolean }} */ (globalThis);
if (!page.has_skillrouter_helper) {
  page.has_skillrouter_helper = true;
  new Helper().listen();
}
