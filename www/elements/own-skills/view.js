/**
 * What `<own-skills>` shows: the work that is under way, its result, and the sources that are there. Names of sources,
 * files and skills are anybody's: they become text and nothing else.
 */

import { formatBytes, withoutOverrides } from '../../shared/texts.js';
import { element, inside, part } from '../markup.js';
import { outcomeMarkup, sourceMarkup } from './markup.js';

/**
 * @typedef {import('../../client.js').OwnSkills} OwnSkills
 * @typedef {import('../../client.js').OwnAdded} OwnAdded
 * @typedef {import('../../client.js').OwnProgress} OwnProgress
 */

const MAX_SHOWN_SKIPPED = 50;
const STAGES = { waiting: 'Waiting for another tab, which is changing your skills', reading: 'Reading', embedding: 'Learning what they are for', saving: 'Keeping them on this device' };

export class View {
  #root;
  /** The rows that are shown: they are made anew only when they change, so that a button keeps the focus. */
  #shown = '';

  /** @param {ShadowRoot} root */
  constructor(root) {
    this.#root = root;
  }

  /** @param {string} what for people, and said once to a screen reader */
  showWork(what) {
    this.#part('work').hidden = false;
    this.#part('work-text').textContent = what;
    this.#part('work-bar').removeAttribute('value'); // Nobody knows how long it takes.
    this.announce(what);
  }

  /** @param {string} source @param {OwnProgress} progress */
  showProgress(source, { stage, done, of }) {
    if (stage === 'waiting') return this.showWork(`${clean(source)}: ${STAGES.waiting}`);
    this.#part('work-text').textContent = `${clean(source)}: ${STAGES[stage]}, ${count(done)} of ${count(of)}`;
    Object.assign(this.#part('work-bar'), { max: of, value: done });
  }

  hideWork() {
    this.#part('work').hidden = true;
  }

  /** @param {OwnAdded} added */
  showAdded(added) {
    const text = addedText(added);
    this.#showOutcome(text, { is_warning: added.reason !== undefined, skipped: added.skipped });
    this.announce(text);
  }

  /** @param {string} text @param {{ is_warning?: boolean }} [options] */
  showMessage(text, { is_warning = false } = {}) {
    this.#showOutcome(clean(text), { is_warning, skipped: [] });
    this.announce(clean(text));
  }

  clearOutcomes() {
    this.#part('outcomes').replaceChildren();
  }

  /**
   * @param {OwnSkills} own
   * @param {{ canRead: (source: string) => boolean, onRead: (source: string) => void, onDelete: (source: string) => void }} actions
   */
  showSources({ n_skills, bytes, sources, reason }, { canRead, onRead, onDelete }) {
    const rows = sources.map((source) => ({ ...source, can_read: canRead(source.source) }));
    if (JSON.stringify(rows) !== this.#shown) {
      this.#shown = JSON.stringify(rows);
      this.#part('sources').replaceChildren(...rows.map((row) => sourceRow(row, { onRead, onDelete })));
    }
    this.#part('reason').textContent = reason ? `Not searched now: ${clean(reason)}.` : '';
    this.#part('reason').hidden = !reason;
    this.#part('total').hidden = n_skills === 0 && !reason;
    this.#part('total-text').textContent = n_skills > 0 ? `${skills(n_skills)}, ${formatBytes(bytes)}` : '';
    this.#part('delete-all').hidden = sources.length === 1 && !reason;
  }

  /** Tells a screen reader. @param {string} text */
  announce(text) {
    this.#part('announcement').textContent = text;
  }

  /** @param {string} text @param {{ is_warning: boolean, skipped: OwnAdded['skipped'] }} more */
  #showOutcome(text, { is_warning, skipped }) {
    const row = outcomeMarkup();
    inside(row, 'p').textContent = text;
    row.classList.toggle('warning', is_warning);
    const details = inside(row, 'details', HTMLDetailsElement);
    details.hidden = skipped.length === 0;
    inside(details, 'summary').textContent = skipped.length === 1 ? '1 file was left out' : `${count(skipped.length)} files were left out`;
    const list = inside(details, 'ul');
    list.append(...skipped.slice(0, MAX_SHOWN_SKIPPED).map(({ path, reason }) => {
      const item = element('li');
      const name = element('span', { className: 'path', textContent: clean(path) });
      item.append(name, `: ${clean(reason)}`);
      return item;
    }));
    const n_more = skipped.length - MAX_SHOWN_SKIPPED;
    if (n_more > 0) list.append(element('li', { textContent: `and ${count(n_more)} more` }));
    this.#part('outcomes').append(row);
  }

  /** @template {HTMLElement} [Kind=HTMLElement] @param {string} id @param {{ new (): Kind } | null} [kind] @returns {Kind} */
  #part(id, kind) {
    return part(id, kind, this.#root);
  }
}

/**
 * @param {{ source: string, n_skills: number, can_read: boolean }} row
 * @param {{ onRead: (source: string) => void, onDelete: (source: string) => void }} actions
 */
function sourceRow({ source, n_skills, can_read }, { onRead, onDelete }) {
  const row = sourceMarkup();
  const name = clean(source);
  inside(row, '.name').textContent = name;
  inside(row, '.count').textContent = skills(n_skills);
  const [again, remove] = [inside(row, '.again'), inside(row, '.delete')];
  again.hidden = !can_read;
  again.setAttribute('aria-label', `Read ${name} again`);
  again.addEventListener('click', () => onRead(source));
  remove.setAttribute('aria-label', `Delete ${name}`);
  remove.addEventListener('click', () => onDelete(source));
  return row;
}

/** No mark in it can turn the direction of reading. @param {string} text */
function clean(text) {
  return withoutOverrides(text);
}

/** @param {number} number */
function count(number) {
  return number.toLocaleString('en');
}

/** @param {number} number */
function skills(number) {
  return number === 1 ? '1 skill' : `${count(number)} skills`;
}

/** @param {OwnAdded} added */
function addedText({ source, n_skills, n_embedded, n_unchanged, n_removed, reason }) {
  const name = clean(source);
  if (n_skills === 0) return `${name}: no file could be read, so nothing was changed.`;
  const parts = [n_unchanged < n_skills && `${count(n_skills - n_unchanged)} new or changed`, n_unchanged > 0 && `${count(n_unchanged)} as before`, n_removed > 0 && `${count(n_removed)} gone`];
  const changes = n_unchanged > 0 || n_removed > 0 || n_embedded === 0 ? ` (${parts.filter(Boolean).join(', ')})` : '';
  const text = `${name}: ${skills(n_skills)}${changes}.`;
  return reason ? `${text} They are searched now, but not kept: ${clean(reason)}.` : text;
}
