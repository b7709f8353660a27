/**
 * The skills that a user added: an ordinary index of their own, made here and searched after the one that is shipped.
 *
 *   files -> skills -> texts without a vector -> vectors -> index -> kept on the device, and searched
 *
 * A change makes the index anew from the one before, whose vectors it takes over. Until the last step nothing has happened,
 * so a change that is cancelled or fails leaves everything as it was. Tabs of an origin change it one after another, under a
 * lock, and tell each other.
 */

import { abortError, isAbort, SkillRouterError } from '../../shared/error.js';
import { nextTask } from '../../shared/promises.js';
import { alone, Turns } from '../../shared/turns.js';
import { Builder } from './builder.js';
import { findSkills } from './files.js';
import { Journal } from './journal.js';
import { clearOwn, readOwn, removeRecords, saveOwn, unreadable } from './store.js';

/**
 * @typedef {import('../../client.js').OwnSkills} OwnSkills
 * @typedef {import('../../client.js').OwnAdded} OwnAdded
 * @typedef {import('../../client.js').OwnProgress} OwnProgress
 * @typedef {import('./store.js').IndexFile} IndexFile
 *
 * `is_removal`: something has to go from the device, whatever becomes of the rest.
 * @typedef {{ signal?: AbortSignal, onProgress?: (progress: OwnProgress) => void, is_removal?: boolean }} ChangeOptions
 */

/** The lock under which the index is changed, and the channel on which that is told. */
const SHARED_NAME = 'skillrouter-own';
/** So many documents are embedded before a question may come in between: a third of a second of the default model on one thread. */
const BATCH = 2;
/** The texts of all skills of a source lie in memory; as many as 50,000 of the usual length. */
const MAX_TOTAL_BYTES = 256 << 20;
const MAX_NAME_CHARS = 200;
const MIN_INTERVAL_MS = 80;
/** What devices are compared with. */
const SAMPLE_QUERY = 'turn these receipts into a spreadsheet';
/** @type {OwnSkills} */
const NONE = { n_skills: 0, bytes: 0, sources: [] };

/** Own skills in one worker. */
export class OwnIndex {
  #session;
  #onChange;
  /** @type {OwnSkills} */
  #standing = NONE;
  /** What is searched, but could not be kept. @type {IndexFile[] | null} */
  #unsaved = null;
  #channel = globalThis.BroadcastChannel ? new BroadcastChannel(SHARED_NAME) : null;
  /** Changes of this tab, one after another. */
  #turns = new Turns();
  #first_read;

  /**
   * Begins to read what is kept.
   * @param {import('../session.js').Session} session
   * @param {(standing: OwnSkills) => void} onChange
   */
  constructor(session, onChange) {
    this.#session = session;
    this.#onChange = onChange;
    this.#channel?.addEventListener('message', () => void this.#turns.take(() => this.#followOthers()));
    this.#first_read = this.#turns.take(() => this.#read());
    void this.#first_read.then((error) => (error?.code === 'encoder-mismatch' ? this.#adopt() : undefined));
  }

  /** @returns {Promise<OwnSkills>} how they stand, once they were read */
  async standing() {
    await this.#first_read;
    return this.#standing;
  }

  /**
   * @param {import('../../client.js').OwnFile[]} files
   * @param {string} source
   * @param {ChangeOptions} options
   * @returns {Promise<OwnAdded>}
   */
  async add(files, source, options) {
    const name = source.trim().slice(0, MAX_NAME_CHARS);
    if (name === '') throw new SkillRouterError('malformed', 'a source needs a name; give that of the folder');
    const { skills, skipped } = await findSkills(files, name);
    if (skills.length === 0 && skipped.length === 0) {
      throw new SkillRouterError('not-found', `there is no SKILL.md in ${name}; a skill is a folder with a file of exactly that name`);
    }
    const report = throttled(options.onProgress);
    const read = { n_skills: 0, n_unchanged: 0, n_removed: 0 };
    const { n_embedded, reason } = await this.#change({ ...options, onProgress: report }, async (builder, before) => {
      const old_ids = before ? this.#session.index.cardsOf(before).filter((card) => card.source === name).map(({ id }) => id) : [];
      const { ids, n_unchanged } = await readInto(builder, name, skills, skipped, { ...options, onProgress: report });
      if (ids.size === 0) return false;
      Object.assign(read, { n_skills: ids.size, n_unchanged, n_removed: old_ids.filter((id) => !ids.has(id)).length });
      return true;
    });
    skipped.sort((a, b) => (a.path < b.path ? -1 : 1));
    return { source: name, ...read, n_embedded, skipped, kept: !reason, ...(reason && { reason }) };
  }

  /**
   * @param {string | undefined} source all of them without it
   * @param {ChangeOptions} options
   * @returns {Promise<OwnSkills>} what is left
   */
  async remove(source, options) {
    if (source === undefined) {
      await this.#alone(options, async () => {
        await this.#commit(null);
        await removeRecords();
      });
    } else {
      await this.#change({ ...options, is_removal: true }, async (builder) => {
        builder.run((engine) => engine.begin_source(source));
        return true;
      });
    }
    return this.#standing;
  }

  /** One change after another, of this tab and of all. @template T @param {ChangeOptions} options @param {() => Promise<T>} work @returns {Promise<T>} */
  #alone({ signal, onProgress }, work) {
    const onWait = () => onProgress?.({ stage: 'waiting', done: 0, of: 0 });
    return this.#turns.take(() => alone(SHARED_NAME, work, { signal, onWait }));
  }

  /**
   * Makes the index anew.
   * @param {ChangeOptions} options
   * @param {(builder: Builder, before: IndexFile[] | null) => Promise<boolean>} edit what is to be different; false: nothing
   * @returns {Promise<{ n_embedded: number, reason?: string | null }>} `reason`: why it is not kept
   */
  #change(options, edit) {
    return this.#alone(options, async () => {
      throwIfAborted(options.signal);
      const model = await this.#session.encoder(options.signal);
      const before = this.#unsaved ?? (await readOwn());
      const builder = await Builder.open(await model.use((encoder, call) => call(() => encoder.model_json()), sample));
      try {
        this.#session.announceIndex(this.#standing.n_skills);
        if (before) readKept(() => builder.keep(before));
        if (!(await edit(builder, before))) return { n_embedded: 0 };
        return await this.#finish(builder, model, options);
      } finally {
        builder.close();
      }
    });
  }

  /** Embeds what has no vector, and keeps the index. @param {Builder} builder @param {import('../model.js').Model} model @param {ChangeOptions} options */
  async #finish(builder, model, options) {
    const journal = await Journal.open(model.about.hash, this.#session.about().width);
    try {
      const n_embedded = await embedInto(builder, model, journal, options);
      const n_skills = builder.run((engine) => engine.n_skills());
      this.#session.announceIndex(n_skills);
      const reason = await this.#commit(n_skills === 0 ? null : builder.finish(), options);
      await journal?.end('done');
      return { n_embedded, reason };
    } catch (error) {
      await journal?.end(isAbort(error) ? 'cancelled' : 'failed');
      throw error;
    }
  }

  /**
   * Keeps an index, or none any more, and searches it.
   * @param {IndexFile[] | null} files
   * @param {ChangeOptions} [options]
   * @returns {Promise<string | null>} why it is not kept
   */
  async #commit(files, { signal, onProgress, is_removal } = {}) {
    /** @type {string | null} */
    let reason = null;
    if (files) {
      const onFile = (/** @type {number} */ done) => onProgress?.({ stage: 'saving', done, of: files.length });
      reason = await saveOwn(files, { signal, onFile });
      if (reason && is_removal) { // What is to go must not come back because there is no space for what remains.
        await clearOwn();
        reason = await saveOwn(files, { onFile });
      }
    } else {
      await clearOwn();
    }
    this.#unsaved = reason ? files : null;
    this.#search(files);
    if (!reason || is_removal) this.#channel?.postMessage('changed');
    return reason;
  }

  /** Searches what is kept. @returns {Promise<import('../../shared/error.js').Fault | null>} why it is not */
  async #read() {
    try {
      const files = await readOwn();
      if (files || this.#standing !== NONE) this.#search(files);
      return null;
    } catch (error) {
      this.#session.index.setOwn(null);
      this.#say(error.message);
      return error;
    }
  }

  /** @param {IndexFile[] | null} files */
  #search(files) {
    this.#standing = NONE;
    readKept(() => {
      if (files) this.#standing = standingOf(files, this.#session.index.cardsOf(files));
      this.#session.index.setOwn(files);
    });
    this.#onChange(this.#standing);
  }

  /** Embeds skills that were added with another model again. */
  async #adopt() {
    const why = 'they were added with another model';
    this.#say(`${why}, and are embedded again once this one is loaded`);
    const onProgress = throttled(({ stage, done, of }) => {
      if (stage === 'embedding') this.#say(`${why}, and are embedded again: ${done} of ${of}`);
    });
    try {
      await this.#change({ onProgress }, async () => true);
    } catch (error) {
      this.#say(`${why}, and could not be embedded again (${error.message}); reload the page, or delete them and add them again`);
    }
  }

  async #followOthers() {
    if (this.#unsaved) return; // What could not be kept is here, and nowhere else.
    const error = await this.#read();
    // Two such pages that embed again whatever the other one has would never end.
    if (error?.code === 'encoder-mismatch') this.#say('a page with another model has changed them; reload this page to search them here');
  }

  /** Says why they are not searched. @param {string} reason */
  #say(reason) {
    this.#standing = { ...this.#standing, reason };
    this.#onChange(this.#standing);
  }
}

/**
 * @param {Builder} builder @param {string} source @param {import('./files.js').FoundSkill[]} skills
 * @param {import('./files.js').Skipped[]} skipped
 * @param {{ signal?: AbortSignal, onProgress: (progress: OwnProgress) => void }} options
 * @returns {Promise<{ ids: Set<string>, n_unchanged: number }>}
 */
async function readInto(builder, source, skills, skipped, { signal, onProgress }) {
  const ids = new Set();
  const places = new Map();
  let n_bytes = 0;
  builder.run((engine) => engine.begin_source(source));
  const n_pending = builder.run((engine) => engine.n_pending());
  for (const [i, { place, folder, read }] of skills.entries()) {
    throwIfAborted(signal);
    try {
      const bytes = await read();
      n_bytes += bytes.length;
      const id = builder.run((engine) => engine.add(source, folder, bytes));
      ids.add(id);
      places.set(id, place);
    } catch (error) {
      if (error.code === 'engine') throw error;
      const id = folder === '' ? source : `${source}/${folder}`;
      skipped.push({ path: place, reason: error.message.replace(`${id} cannot be used: `, '') }); // The path stands beside it.
    }
    if (n_bytes > MAX_TOTAL_BYTES) {
      throw new SkillRouterError('malformed', `the skills in ${source} are more than ${MAX_TOTAL_BYTES >> 20} MB together; add its folders one by one`);
    }
    onProgress({ stage: 'reading', done: i + 1, of: skills.length });
  }
  for (const { id, kept } of builder.run((engine) => engine.fold_source(source))) {
    ids.delete(id);
    skipped.push({ path: places.get(id), reason: `it is a copy or an older version of ${places.get(kept)}` });
  }
  const n_new_texts = builder.run((engine) => engine.n_pending()) - n_pending;
  return { ids, n_unchanged: ids.size - n_new_texts };
}

/**
 * @param {Builder} builder @param {import('../model.js').Model} model @param {Journal | null} journal @param {ChangeOptions} options
 * @returns {Promise<number>} how many texts went through the model
 */
async function embedInto(builder, model, journal, { signal, onProgress }) {
  const of = builder.run((engine) => engine.n_pending());
  const embed = (/** @type {import('./journal.js').SkillText[]} */ texts) =>
    model.use((/** @type {any} */ encoder, /** @type {import('../model.js').Call} */ call) => call(() => encoder.embed_documents(texts)), sample);
  let n_embedded = 0;
  for (let done = 0; done < of; ) {
    const texts = builder.run((engine) => engine.next_texts(BATCH));
    const made = journal ? await journal.vectorsOf(texts, embed) : { vectors: await embed(texts), n_embedded: texts.length };
    builder.run((engine) => engine.add_vectors(made.vectors));
    n_embedded += made.n_embedded;
    done += texts.length;
    onProgress?.({ stage: 'embedding', done, of });
    await nextTask(); // Lets a question in, or the message that cancels this.
    throwIfAborted(signal);
  }
  return n_embedded;
}

/** A short use of the encoder, which devices are compared with. @param {any} encoder @param {import('../model.js').Call} call */
function sample(encoder, call) {
  return call(() => encoder.embed_query(SAMPLE_QUERY));
}

/** @param {IndexFile[]} files @param {{ source: string }[]} cards @returns {OwnSkills} */
function standingOf(files, cards) {
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const { source } of cards) counts.set(source, (counts.get(source) ?? 0) + 1);
  const sources = Array.from(counts, ([source, n_skills]) => ({ source, n_skills }));
  sources.sort((a, b) => (a.source < b.source ? -1 : 1));
  return { n_skills: cards.length, bytes: files.reduce((sum, { bytes }) => sum + bytes.length, 0), sources };
}

/** What was kept is of another encoder, or of no use. @template T @param {() => T} read @returns {T} */
function readKept(read) {
  try {
    return read();
  } catch (error) {
    throw error.code === 'encoder-mismatch' ? error : unreadable(error);
  }
}

/** The first and the last of each stage, and no more than twelve a second between them. @param {ChangeOptions['onProgress']} onProgress */
function throttled(onProgress) {
  let last = { stage: '', time_ms: 0 };
  return (/** @type {OwnProgress} */ { stage, done, of }) => {
    const time_ms = performance.now();
    if (stage === last.stage && done < of && time_ms - last.time_ms < MIN_INTERVAL_MS) return;
    last = { stage, time_ms };
    onProgress?.({ stage, done, of });
  };
}

/** @param {AbortSignal | undefined} signal */
function throwIfAborted(signal) {
  if (signal?.aborted) throw abortError();
}
