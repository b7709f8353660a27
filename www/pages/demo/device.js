/**
 * The panel "On this device" of the demo: what the browser keeps of this page, how large it is, and buttons that delete it; what
 * keeps queries here; and the button that installs the page, where the browser offers that. Counted while it is open.
 */

import { element, inside, part as $ } from '../../elements/markup.js';
import { formatBytes } from '../../shared/texts.js';

/** @typedef {import('../../client.js').SkillRouter} SkillRouter */

const SHELL_CACHE = 'skillrouter-shell-v1';

/**
 * `forget` deletes it; without that it goes only with all.
 * @typedef {{ name: string, note: string, bytes: number, forget?: () => Promise<unknown> }} Kept
 */

export class DevicePanel {
  #router;
  #onForget;
  /** The count that is shown; a newer one takes its place. */
  #turn = {};

  /** @param {() => import('../../client.js').SkillRouter | null} router @param {() => void} onForget something was deleted */
  constructor(router, onForget) {
    this.#router = router;
    this.#onForget = onForget;
    $('device').addEventListener('toggle', () => this.refresh());
    $('forget').addEventListener('click', () => void this.#forget('everything', () => this.#forgetAll()));
    listenForInstalling();
  }

  /** Counts anew, if anybody sees it. */
  async refresh() {
    const router = this.#router();
    if (!$('device', HTMLDetailsElement).open || !router) return;
    const turn = (this.#turn = {});
    let kept;
    try {
      kept = [...(await filesKept(router)), ...(await ownKept(router)), ...(await shellKept())];
    } catch {
      return; // The engine is being replaced; the next refresh tells.
    }
    if (this.#turn !== turn) return;
    $('device-rows').replaceChildren(...kept.map((part) => this.#row(part)));
    const total_bytes = kept.reduce((sum, { bytes }) => sum + bytes, 0);
    $('device-total').textContent = formatBytes(total_bytes);
    $('forget', HTMLButtonElement).disabled = total_bytes === 0;
  }

  async #forgetAll() {
    const router = this.#router();
    await router?.forget();
    await router?.removeOwn();
    await caches.delete(SHELL_CACHE);
  }

  /** @param {string} what is said to be deleted @param {() => Promise<unknown>} forget */
  async #forget(what, forget) {
    try {
      await forget();
      $('device-said').textContent = `Deleted: ${what}.`;
    } catch (error) {
      $('device-said').textContent = `Not deleted: ${error.message}.`;
    }
    this.#onForget();
    await this.refresh();
    inside($('device'), 'summary').focus(); // The button that was pressed is gone.
  }

  /** @param {Kept} part @returns {HTMLTableRowElement} */
  #row({ name, note, bytes, forget }) {
    const row = element('tr');
    const head = element('th', { scope: 'row', textContent: name });
    head.append(element('span', { className: 'note', textContent: note }));
    row.append(head);
    row.insertCell().textContent = formatBytes(bytes);
    const action = row.insertCell();
    if (forget && bytes > 0) {
      const button = element('button', { type: 'button', className: 'quiet', textContent: 'Delete' });
      button.setAttribute('aria-label', `Delete ${name}`);
      button.addEventListener('click', () => void this.#forget(name, forget));
      action.append(button);
    }
    return row;
  }
}

/** Index and models. @param {SkillRouter} router @returns {Promise<Kept[]>} */
async function filesKept(router) {
  const [index, models] = ['index/', 'models/'].map((folder) => new URL(folder, document.baseURI).href);
  /** @type {Map<string, Kept>} */
  const parts = new Map();
  for (const { url, bytes } of await router.cached()) {
    const model = url.startsWith(models) ? decodeURIComponent(url.slice(models.length).split('/')[0]) : null;
    const name = model ?? (url.startsWith(index) ? 'Index' : 'Of other indexes');
    const note = model ? 'a model' : 'vectors, words and texts of the skills';
    const part = parts.get(name) ?? { name, note, bytes: 0, ...(model && { forget: () => router.forget(model) }) };
    parts.set(name, { ...part, bytes: part.bytes + bytes });
  }
  return [...parts.values()];
}

/** Skills that somebody added himself. @param {SkillRouter} router @returns {Promise<Kept[]>} */
async function ownKept(router) {
  const own = await router.own();
  if (!own.n_skills && !own.bytes) return [];
  return [{ name: 'Your own skills', note: `${own.n_skills.toLocaleString('en')}, read on this device`, bytes: own.bytes, forget: () => router.removeOwn() }];
}

/** The page itself. @returns {Promise<Kept[]>} */
async function shellKept() {
  if (!globalThis.caches || !(await caches.has(SHELL_CACHE))) return [];
  const responses = await (await caches.open(SHELL_CACHE)).matchAll();
  const blobs = await Promise.all(responses.map((response) => response.blob()));
  const bytes = blobs.reduce((sum, { size }) => sum + size, 0);
  return bytes === 0 ? [] : [{ name: 'Page', note: 'so that it opens without a network', bytes, forget: () => caches.delete(SHELL_CACHE) }];
}

/** Browsers that install pages say when this one can be; others have a menu for it, or nothing. */
function listenForInstalling() {
  const button = $('install');
  /** @type {BeforeInstallPromptEvent | null} */
  let offer = null;
  addEventListener('beforeinstallprompt', (event) => {
    event.preventDefault(); // The browser's own banner would come where nobody asked.
    offer = event;
    button.hidden = false;
  });
  addEventListener('appinstalled', () => (button.hidden = true));
  button.addEventListener('click', async () => {
    button.hidden = true; // An offer holds once.
    await offer?.prompt();
  });
}
