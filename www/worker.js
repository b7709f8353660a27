/**
 * The worker's side of the conversation with client.js: one table of handlers, and nothing else that knows about messages.
 *
 *   in   { id, method, params } | { cancel: id }
 *   out  { id, result } | { id, error } | { id, stage } | { event, value }
 *
 * There is no `close`: the page ends the worker, which frees everything at once.
 */

import { forgetStored, listStored, removeOwned } from './cache.js';
import { forgetChoices } from './choices.js';
import { DOWNLOADED } from './engine.js';
import { SkillRouterError, toPlain } from './error.js';
import { OwnIndex } from './own-index.js';
import { Session } from './session.js';

/** @type {Session | null} */
let session = null;
/** @type {OwnIndex | null} the skills of the user, beside those of the session's index */
let own = null;

/** @type {Record<string, (params: any, call: { signal: AbortSignal, onStage: (stage: any) => void }) => any>} */
const HANDLERS = {
  async open(options, { signal }) {
    session = await Session.open(options, DOWNLOADED, {
      onProgress: (value) => postMessage({ event: 'progress', value }),
      onModel: (value) => postMessage({ event: 'model', value }),
      onReady: (role) => postMessage({ event: 'ready', value: { role } }),
      onUnready: (role, error) => postMessage({ event: 'unready', value: { role, error } }),
    }, signal);
    own = new OwnIndex(session, (value) => postMessage({ event: 'own', value }));
    return session.about();
  },
  route: ({ query, options }, { signal, onStage }) => opened().route(query, options, signal, onStage),
  body: ({ skill_idx }) => opened().body(skill_idx),
  cached: () => listStored(),
  async forget({ manifest_url }) {
    if (manifest_url) return removeOwned(manifest_url);
    await forgetStored();
    await forgetChoices();
  },
  stop: () => opened().stop(),
  map: () => opened().map(),
  own: () => opened() && own.standing(),
  addOwn: ({ files, source }, { signal, onStage }) => opened() && own.add(files, source, { signal, onProgress: onStage }),
  removeOwn: ({ source }, { signal }) => opened() && own.remove(source, { signal }),
};

/** @type {Map<number, AbortController>} */
const running = new Map();

addEventListener('message', async ({ data: { id, method, params, cancel } }) => {
  if (cancel !== undefined) return running.get(cancel)?.abort();
  const controller = new AbortController();
  running.set(id, controller);
  try {
    const call = { signal: controller.signal, onStage: (stage) => postMessage({ id, stage }) };
    postMessage({ id, result: await HANDLERS[method](params, call) });
  } catch (error) {
    if (toPlain(error).fatal) console.error(error);
    postMessage({ id, error: toPlain(error) });
  } finally {
    running.delete(id);
  }
});

function opened() {
  if (!session) throw new SkillRouterError('unavailable', 'no index is open; open one first');
  return session;
}
