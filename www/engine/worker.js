/**
 * The worker's side of the conversation with client.js: one table of handlers, and nothing else that knows about messages.
 *
 *   in   { id, method, params } | { cancel: id } | { ping }
 *   out  { id, result } | { id, error } | { id, stage } | { event, value } | { pong } | { silence: ms }
 *
 * There is no `close`: the page ends the worker, which frees everything at once.
 */

import { Answering } from '../messages/answering.js';
import { SkillRouterError } from '../shared/error.js';
import { forgetStored, listStored, removeOwned } from '../storage/cache.js';
import { forgetChoices } from './choices.js';
import { DOWNLOADED } from './engine.js';
import { Session } from './session.js';

/** @type {Session | null} */
let session = null;
/** @type {Promise<import('./own/own-index.js').OwnIndex> | null} the skills of the user, beside those of the session's index */
let own = null;

/** @type {import('../messages/answering.js').Handlers} */
const HANDLERS = {
  async open(options, { signal }) {
    session = await Session.open(options, DOWNLOADED, {
      onProgress: (value) => postMessage({ event: 'progress', value }),
      onModel: (value) => postMessage({ event: 'model', value }),
      onReady: (role) => postMessage({ event: 'ready', value: { role } }),
      onUnready: (role, error) => postMessage({ event: 'unready', value: { role, error } }),
      onSilence: (ms) => postMessage({ silence: ms }),
    }, signal);
    const opened = session;
    // Its code comes after what the first answer needs.
    own = import('./own/own-index.js').then(({ OwnIndex }) => new OwnIndex(opened, (value) => postMessage({ event: 'own', value })));
    own.catch(() => {}); // Told to whoever asks for them.
    return session.about();
  },
  route: ({ query, options }, { signal, onStage }) => opened().route(query, options, signal, onStage),
  described: ({ answer }, { signal }) => opened().described(answer, signal),
  body: ({ skill_idx }) => opened().body(skill_idx),
  cached: () => listStored(),
  async forget({ manifest_url }) {
    if (manifest_url) return removeOwned(manifest_url);
    await forgetStored();
    await forgetChoices();
  },
  stop: () => opened().stop(),
  map: () => opened().map(),
  own: async () => (await openedOwn()).standing(),
  addOwn: async ({ files, source }, { signal, onStage }) => (await openedOwn()).add(files, source, { signal, onProgress: onStage }),
  removeOwn: async ({ source }, { signal, onStage }) => (await openedOwn()).remove(source, { signal, onProgress: onStage }),
};

const answering = new Answering(HANDLERS, (message) => postMessage(message));
addEventListener('message', ({ data }) => void answering.take(data));

/** @returns {Promise<import('./own/own-index.js').OwnIndex>} */
async function openedOwn() {
  opened();
  try {
    return await /** @type {NonNullable<typeof own>} */ (own); // Begun when the index was opened.
  } catch (cause) {
    throw new SkillRouterError('network', 'the code that reads your own skills could not be fetched; check the connection and reload the page', { cause });
  }
}

function opened() {
  if (!session) throw new SkillRouterError('unavailable', 'no index is open; open one first');
  return session;
}
