/**
 * The suggestions under a prompt box: a small toolbar in a closed shadow tree, so that neither page nor helper touches the
 * other's styles. Tab goes there from the box, arrows go along, Escape goes back.
 */

import { element, inside } from '../../elements/markup.js';
import { withoutOverrides } from '../../shared/texts.js';
import { HELPER_CSS } from './style.js';

const GAP_PX = 6;
const SAID_MS = 2000;
const ANNOUNCED_AFTER_MS = 150;
const FIT_WORDS = { none: '', strong: 'strong fit', likely: 'likely fit', weak: 'weak fit' };

export class Chips {
  #listener;
  #host = document.createElement('skillrouter-helper');
  #root = this.#host.attachShadow({ mode: 'closed' });
  #bar = element('div', { className: 'bar', popover: 'manual', role: 'toolbar', ariaLabel: 'Skills for this text' });
  #status = element('p', { className: 'status', role: 'status' });
  /** @type {HTMLElement | null} */
  #box = null;
  #announcing = 0;
  #follow = () => this.#place();
  #sizes = new ResizeObserver(() => this.#place());

  /** @param {{ onChoose: (route: { name: string }) => void, onDismiss: () => void, onLeave: () => void }} listener */
  constructor(listener) {
    this.#listener = listener;
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(HELPER_CSS);
    this.#root.adoptedStyleSheets = [sheet];
    this.#root.append(this.#bar, this.#status);
    this.#bar.addEventListener('keydown', (event) => this.#noteKey(event));
    this.#bar.addEventListener('pointerdown', (event) => event.preventDefault()); // The box keeps focus and caret.
    this.#bar.addEventListener('mousedown', (event) => event.preventDefault());
  }

  get isShown() {
    return this.#box !== null;
  }

  /** @param {unknown} node */
  contains(node) {
    return node === this.#host;
  }

  /** @param {HTMLElement} box @param {import('../../client.js').Route[]} routes @param {import('../../client.js').Fit} fit of the first */
  show(box, routes, fit) {
    const had_focus = this.#bar.contains(this.#root.activeElement);
    if (had_focus) return; // Nothing moves under somebody's hands.
    this.#box = box;
    this.#bar.replaceChildren(...routes.map((route, i) => this.#chip(route, i === 0 ? fit : null)), ...this.#exits());
    this.#bar.dataset.theme = themeOf(box);
    // Everything outside of a modal dialog is inert.
    (box.closest('dialog') ?? document.documentElement).append(this.#host);
    this.#bar.showPopover();
    this.#place();
    this.#sizes.observe(box);
    addEventListener('scroll', this.#follow, { capture: true, passive: true });
    addEventListener('resize', this.#follow);
    const names = routes.map(({ name }) => withoutOverrides(name)).join(', ');
    this.#announce(`Skills for this text, ${FIT_WORDS[fit.word]}: ${names}. Press Tab to choose.`);
  }

  hide() {
    if (!this.#box) return;
    this.#box = null;
    this.#sizes.disconnect();
    removeEventListener('scroll', this.#follow, { capture: true });
    removeEventListener('resize', this.#follow);
    if (this.#bar.matches(':popover-open')) this.#bar.hidePopover();
    this.#announce('');
    this.#host.remove();
  }

  focus() {
    inside(this.#bar, 'button').focus();
  }

  /** Shows a word for a moment where the suggestions were. @param {string} text */
  say(text) {
    const box = document.activeElement;
    this.#bar.replaceChildren(element('span', { className: 'said', textContent: text }));
    document.documentElement.append(this.#host);
    this.#box = /** @type {HTMLElement} */ (box);
    this.#bar.showPopover();
    this.#place();
    this.#announce(text);
    setTimeout(() => this.#bar.querySelector('.said') && this.hide(), SAID_MS);
  }

  /** Screen readers note a change of a region that they know, so it has to be there a moment before. @param {string} text */
  #announce(text) {
    clearTimeout(this.#announcing);
    this.#announcing = setTimeout(() => (this.#status.textContent = text), ANNOUNCED_AFTER_MS);
  }

  /** @param {import('../../client.js').Route} route @param {import('../../client.js').Fit | null} fit */
  #chip(route, fit) {
    const name = withoutOverrides(route.name);
    const chip = element('button', { type: 'button', className: 'chip', title: withoutOverrides(route.description ?? '') });
    chip.append(element('bdi', { textContent: name }));
    if (fit) chip.append(element('span', { className: `fit ${fit.word}`, textContent: FIT_WORDS[fit.word] }));
    chip.addEventListener('click', () => this.#listener.onChoose({ ...route, name }));
    return chip;
  }

  #exits() {
    const leave = element('button', { type: 'button', className: 'quiet', textContent: 'Not on this site' });
    const close = element('button', { type: 'button', className: 'quiet close', textContent: '✕', ariaLabel: 'Dismiss', title: 'Dismiss (Esc)' });
    leave.addEventListener('click', () => this.#listener.onLeave());
    close.addEventListener('click', () => this.#listener.onDismiss());
    return [leave, close];
  }

  /** @param {KeyboardEvent} event */
  #noteKey(event) {
    event.stopPropagation(); // The page's shortcuts are not meant.
    const buttons = [...this.#bar.querySelectorAll('button')];
    const place = buttons.indexOf(/** @type {HTMLButtonElement} */ (this.#root.activeElement));
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    const is_reversed = getComputedStyle(this.#bar).direction === 'rtl' && /Left|Right/.test(event.key);
    if (step) {
      event.preventDefault();
      buttons.at((place + (is_reversed ? -step : step)) % buttons.length)?.focus();
    } else if (event.key === 'Escape') {
      event.preventDefault();
      this.#listener.onDismiss();
    } else if (event.key === 'Tab') {
      if (event.shiftKey) event.preventDefault(); // Back into the box; forwards, the browser goes on from there.
      this.#box?.focus();
    }
  }

  /** Below the box, or above it where the window ends. */
  #place() {
    if (!this.#box?.isConnected) return this.hide();
    const { left, right, top, bottom } = this.#box.getBoundingClientRect();
    const { width, height } = this.#bar.getBoundingClientRect();
    const is_below = bottom + GAP_PX + height <= innerHeight || top - GAP_PX - height < 0;
    const edge = getComputedStyle(this.#box).direction === 'rtl' ? right - width : left;
    this.#bar.style.left = `${Math.max(GAP_PX, Math.min(edge, innerWidth - width - GAP_PX))}px`;
    this.#bar.style.top = `${is_below ? Math.min(bottom + GAP_PX, innerHeight - height) : top - GAP_PX - height}px`;
    return undefined;
  }
}

/** Light text stands on dark ground, whatever scheme a page says it has. @param {HTMLElement} box */
function themeOf(box) {
  const [, ...channels] = getComputedStyle(box).color.match(/^rgba?\((\d+), (\d+), (\d+)/) ?? [];
  if (channels.length === 0) return matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
  const [red, green, blue] = channels.map(Number);
  return 0.299 * red + 0.587 * green + 0.114 * blue > 140 ? 'dark' : 'light';
}
