/**
 * The thread of a router in Node: the engine with files of this machine in the place of downloads. It answers node.js, as
 * engine/worker.js answers client.js.
 */

import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parentPort } from 'node:worker_threads';

import { CpuEngine, SearchEngine } from './engine/engine.js';
import { Session } from './engine/session.js';
import { Answering } from './messages/answering.js';
import { abortError, SkillRouterError } from './shared/error.js';

const SEARCH_WASM = new URL('./pkg/search/skillrouter_bg.wasm', import.meta.url);
const CPU_WASM = new URL('./pkg/cpu/skillrouter_bg.wasm', import.meta.url);

const BUILDS = {
  openSearch: async () => SearchEngine.open(await readLocalFile(SEARCH_WASM.href)),
  openCpu: async () => CpuEngine.open(await readLocalFile(CPU_WASM.href)),
};

/** @type {Session} of whom nothing is asked before it is open */
let session;

const tell = (/** @type {object} */ message) => parentPort?.postMessage(message);

const answering = new Answering({
  async open(options, { signal }) {
    const fixed = { device: /** @type {const} */ ('cpu'), prefetch: /** @type {const} */ ('none'), prefetch_bytes: 0, fetchFile: readLocalFile };
    session = await Session.open({ ...options, ...fixed }, BUILDS, {
      onProgress() {},
      onModel: (value) => tell({ event: 'model', value }),
      onReady: (role) => tell({ event: 'ready', value: { role } }),
      onUnready: (role, error) => tell({ event: 'unready', value: { role, error } }),
    }, signal);
    return session.about();
  },
  route: ({ query, options }, { signal, onStage }) => session.route(query, options, signal, onStage),
  body: ({ skill_idx }) => session.body(skill_idx),
}, tell);
parentPort?.on('message', (message) => void answering.take(message));

/**
 * The bytes of a file of this machine, and of nothing else: an address that an index or a model makes up is not followed.
 * @param {string} url
 * @param {Pick<Parameters<import('./storage/assets.js').FetchFile>[1], 'signal' | 'report'>} [options]
 * @returns {Promise<Uint8Array<ArrayBuffer>>}
 */
async function readLocalFile(url, { signal, report } = {}) {
  try {
    const bytes = await readFile(fileURLToPath(url), { signal });
    report?.(bytes.length);
    return bytes;
  } catch (error) {
    if (signal?.aborted) throw abortError();
    const why = error.code === 'ENOENT' ? 'there is no such file' : error.message;
    throw new SkillRouterError('not-found', `${url} could not be read (${why}); check the path`, { cause: error });
  }
}
