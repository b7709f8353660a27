/**
 * `<own-skills>`: adds skills of the user to a router, and shows and deletes them. Everything stays on the device.
 *
 *     <script type="module" src="own-skills.js"></script>
 *     <own-skills></own-skills>
 *
 *     document.querySelector('own-skills').router = router;
 *
 * Property `router`: a `SkillRouter`; until it is set, what is dropped waits for it. Event `own-skills-change`: answers may be
 * others now; its detail is what `router.own()` says. Parts: `panel`, `drop`, `sources`. Colours are those of `<skill-search>`.
 */

import { inside, part } from './elements/markup.js';
import { takeEarly } from './elements/early.js';
import { takeDrops } from './elements/own-skills/drops.js';
import { forgetFolder, rememberedFolders, rememberFolder } from './elements/own-skills/folders.js';
import { panelMarkup } from './elements/own-skills/markup.js';
import { givenDrop, givenFiles, givenFolder, givenHandle } from './elements/own-skills/picking.js';
import { OWN_SKILLS_CSS } from './elements/own-skills/style.js';
import { View } from './elements/own-skills/view.js';
import { addStyle, restyle } from './elements/style.js';
import { isAbort } from './shared/error.js';
import { deferred } from './shared/promises.js';
import { sentence, withoutOverrides } from './shared/texts.js';
import { Turns } from './shared/turns.js';

/** @typedef {import('./elements/own-skills/picking.js').Given} Given */

export class OwnSkills extends (globalThis.HTMLElement ?? class {}) {
  #root = this.attachShadow({ mode: 'open' });
  #view;
  /** @type {import('./client.js').SkillRouter | null} */
  #router = null;
  /** Resolves with the first router. */
  #arrival = deferred();
  /** Ends the listening to the router. */
  #listening = new AbortController();
  /** @type {import('./client.js').OwnSkills} */
  #own = { n_skills: 0, bytes: 0, sources: [] };
  /** Folders that can be read again, by source. @type {Map<string, FileSystemDirectoryHandle>} */
  #folders = new Map();
  /** What is done now. @type {AbortController | null} */
  #work = null;
  #n_waiting = 0;
  #turns = new Turns();
  #giveUpDrops = () => {};

  constructor() {
    super();
    addStyle(this.#root, OWN_SKILLS_CSS);
    this.#root.append(panelMarkup());
    this.#view = new View(this.#root);
    this.#listen();
  }

  connectedCallback() {
    takeEarly(this, 'router');
    const place = this.getAttribute('drop') === 'page' ? this.ownerDocument : this.#part('drop');
    this.#giveUpDrops = takeDrops(place, this.#part('drop'), (transfer) => this.#take(givenDrop(transfer)));
  }

  disconnectedCallback() {
    this.#giveUpDrops();
  }

  adoptedCallback() {
    restyle(this.#root);
  }

  get router() {
    return this.#router;
  }

  set router(router) {
    const able = router && 'addOwn' in router ? /** @type {import('./client.js').SkillRouter} */ (router) : null; // Routers of other makers may know nothing of own skills.
    if (able === this.#router) return;
    this.#listening.abort();
    this.#listening = new AbortController();
    this.#router = able;
    if (!able) return;
    able.addEventListener('own', () => void this.#refresh({ tell: true }), { signal: this.#listening.signal });
    this.#arrival.resolve();
    void this.#refresh();
  }

  #listen() {
    this.#part('choose-folder').addEventListener('click', () => void this.#chooseFolder());
    this.#part('choose-files').addEventListener('click', () => this.#part('files-input').click());
    this.#takeFrom('folder-input', givenFolder);
    this.#takeFrom('files-input', givenFiles);
    this.#part('cancel').addEventListener('click', () => this.#work?.abort());
    this.#part('delete-all').addEventListener('click', () => this.#delete());
  }

  /** @param {string} input_id @param {(files: FileList) => Given[]} givenOf */
  #takeFrom(input_id, givenOf) {
    const input = this.#part(input_id, HTMLInputElement);
    input.addEventListener('change', () => {
      const given = givenOf(/** @type {FileList} */ (input.files)); // It is one for files.
      input.value = ''; // So that picking the same again is a change, too.
      this.#take(async () => given);
    });
  }

  /** With the picker that gives a handle the folder can be read again later. */
  async #chooseFolder() {
    const { showDirectoryPicker } = globalThis;
    if (!showDirectoryPicker) return this.#part('folder-input').click();
    try {
      const handle = await showDirectoryPicker({ id: 'skills', mode: 'read' });
      this.#take(async (signal) => [await givenHandle(handle, signal)]);
    } catch (error) {
      if (!isAbort(error)) this.#view.showMessage(`The folder could not be opened (${error.message}); drop it here instead.`, { is_warning: true });
    }
  }

  /** @param {(signal: AbortSignal) => Promise<Given[]>} list @param {string} [source] to be read again */
  #take(list, source) {
    if (this.#n_waiting === 0) this.#view.clearOutcomes();
    void this.#do('Looking for skills', async (signal) => {
      const given = await list(signal);
      await this.#arrival.promise;
      for (const one of given) await this.#add(one, source ?? (await this.#sourceOf(one, signal)), signal);
    });
  }

  /** @param {Given} given @param {string | null} source null: it is not to be added @param {AbortSignal} signal */
  async #add(given, source, signal) {
    const router = this.#router;
    if (source === null || !router) return;
    const onProgress = (/** @type {import('./client.js').OwnProgress} */ progress) => this.#view.showProgress(source, progress);
    this.#view.showWork(`Reading ${withoutOverrides(source)}`);
    const added = await router.addOwn(given.files, { source, onProgress, signal });
    this.#view.showAdded({ ...added, skipped: [...given.unreadable, ...added.skipped] });
    if (given.handle && added.n_skills > 0) await rememberFolder(source, given.handle);
    await this.#refresh();
  }

  /**
   * Its name here: different folders may have the same, and one must not push out the other unseen.
   * @param {Given} given @param {AbortSignal} signal
   */
  async #sourceOf({ name, handle, is_loose }, signal) {
    await this.#refresh();
    if (!this.#has(name)) return name;
    if (is_loose) return this.#freeName(name);
    const known = this.#folders.get(name);
    if (handle && known && (await handle.isSameEntry(known))) return name;
    return this.#askWhichSource(name, signal);
  }

  /** @param {string} name @param {AbortSignal} signal @returns {Promise<string | null>} */
  async #askWhichSource(name, signal) {
    const free = this.#freeName(name);
    this.#view.hideWork();
    this.#part('question-text').textContent = `There is a source called ${withoutOverrides(name)} already. Is this the same one, to be read again, or another, to be called ${withoutOverrides(free)}?`;
    this.#part('question').hidden = false;
    this.#part('replace').focus();
    const answered = new AbortController();
    const answer = await new Promise((resolve) => {
      const answers = { replace: name, 'keep-both': free, 'forget-it': null };
      for (const [id, source] of Object.entries(answers)) {
        this.#part(id).addEventListener('click', () => resolve(source), { signal: answered.signal });
      }
      signal.addEventListener('abort', () => resolve(null), { signal: answered.signal });
    });
    answered.abort();
    this.#part('choose-folder').focus();
    this.#part('question').hidden = true;
    return answer;
  }

  /** @param {string} name */
  #freeName(name) {
    let number = 2;
    while (this.#has(`${name} ${number}`)) number++;
    return `${name} ${number}`;
  }

  /** @param {string} name */
  #has(name) {
    return this.#own.sources.some(({ source }) => source === name);
  }

  /** @param {string} source */
  async #readAgain(source) {
    const handle = this.#folders.get(source);
    if (!handle?.requestPermission) return;
    try {
      const permission = await handle.requestPermission({ mode: 'read' });
      if (permission !== 'granted') throw new Error('it was not allowed');
      this.#take(async (signal) => [await givenHandle(handle, signal)], source);
    } catch (error) {
      this.#view.showMessage(`${source} could not be opened again (${error.message}); choose the folder once more.`, { is_warning: true });
    }
  }

  /** @param {string} [source] all of them without it */
  #delete(source) {
    const name = source === undefined ? 'All of your own skills' : source;
    const place = this.#own.sources.findIndex((other) => other.source === source);
    if (this.#n_waiting === 0) this.#view.clearOutcomes();
    void this.#do(`Deleting ${source === undefined ? 'all' : withoutOverrides(source)}`, async () => {
      await this.#router?.removeOwn(source, { onProgress: (progress) => this.#view.showProgress(name, progress) });
      await forgetFolder(source);
      await this.#refresh();
      this.#focusRow(place);
      this.#view.announce(`${withoutOverrides(name)}: deleted`);
    });
  }

  /** The button that was pressed is gone with its row. @param {number} place */
  #focusRow(place) {
    const rows = this.#part('sources').children;
    const row = rows[Math.min(place, rows.length - 1)];
    (row ? inside(row, '.delete') : this.#part('choose-folder')).focus();
  }

  /**
   * One thing after another. What goes wrong is said, and the next begins.
   * @param {string} what for people
   * @param {(signal: AbortSignal) => Promise<void>} work
   */
  #do(what, work) {
    this.#n_waiting++;
    return this.#turns.take(async () => {
      this.#work = new AbortController();
      this.#view.showWork(what);
      try {
        await work(this.#work.signal);
      } catch (error) {
        if (isAbort(error)) this.#view.showMessage('Cancelled: nothing was changed.');
        else this.#view.showMessage(sentence(error.message), { is_warning: true });
      } finally {
        const had_focus = this.#root.activeElement === this.#part('cancel');
        this.#work = null;
        this.#n_waiting--;
        this.#view.hideWork();
        if (had_focus) this.#part('choose-folder').focus();
      }
    });
  }

  /** @param {{ tell?: boolean }} [options] `tell`: answers may be others now */
  async #refresh({ tell = false } = {}) {
    const router = this.#router;
    if (!router) return;
    try {
      const [own, folders] = await Promise.all([router.own(), rememberedFolders()]);
      if (router !== this.#router) return;
      this.#own = own;
      this.#folders = folders;
      this.#view.showSources(own, {
        canRead: (source) => folders.has(source),
        onRead: (source) => void this.#readAgain(source),
        onDelete: (source) => this.#delete(source),
      });
      if (tell) this.dispatchEvent(new CustomEvent('own-skills-change', { detail: own, bubbles: true, composed: true }));
    } catch {
      // The engine is being replaced, or the router was closed; its successor tells.
    }
  }

  /** @template {HTMLElement} [Kind=HTMLElement] @param {string} id @param {{ new (): Kind } | null} [kind] @returns {Kind} */
  #part(id, kind) {
    return part(id, kind, this.#root);
  }
}

if (globalThis.customElements && !customElements.get('own-skills')) customElements.define('own-skills', OwnSkills);

/**
 * The class is what own-skills.d.ts says, and nothing else.
 * @typedef {import('./types/declared.js').Holds<typeof OwnSkills, typeof import('./own-skills.d.ts').OwnSkills>} Holds
 * @typedef {import('./types/declared.js').NothingElse<Exclude<keyof OwnSkills, keyof import('./own-skills.d.ts').OwnSkills | 'connectedCallback' | 'disconnectedCallback' | 'adoptedCallback'>>} NothingElse
 */
