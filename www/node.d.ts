/**
 * Types of skillrouter in Node. Answers are those of a page: client.d.ts.
 */

import type { About, Answer, RouteOptions } from './client.js';

export type { About, Answer, DeviceUsed, ErrorCode, Fit, ModelAbout, Route, RouteOptions } from './client.js';
export { SkillRouterError } from './client.js';

export interface OpenOptions {
  /** Folder of the index: a path, or a file URL. */
  index: string | URL;
  /** Folder that holds a folder for each model. Default: the package's own, with the encoder that `skillrouter index` uses by default. */
  models?: string | URL;
  /**
   * Name of a reranker's folder in `models`, or null for answers that are not re-ranked. Default: the one that the index
   * names, if it names one. Where that is not in `models`, answers are not re-ranked, and say so in `reason`.
   */
  reranker?: string | null;
}

/**
 * A router with a thread of its own, which does the work while the event loop goes on. It reads files and nothing else: no network.
 * Models run on the CPU. A process may end while routers are open and nothing is waited for.
 */
export class SkillRouter {
  /** Resolves as soon as questions can be answered by words. */
  static open(options: OpenOptions): Promise<SkillRouter>;
  /** Resolves when answers are by meaning too; rejects with the reason when the model cannot be loaded. */
  readonly ready: Promise<void>;
  /**
   * Resolves when answers are re-ranked too; rejects with the reason when the reranker cannot be loaded; null where neither
   * the index nor `reranker` names one.
   */
  readonly reranker_ready: Promise<void> | null;
  /** As things stand now: models are loaded after the opening. */
  about(): About;
  /**
   * The best stage that can be reached; it waits for models that are still loading. Degrading is a value: see `stage` and
   * `reason`.
   */
  route(query: string, options?: RouteOptions): Promise<Answer>;
  /** Markdown of the skill's instructions, from an untrusted source; null when the index holds none for it. */
  body(skill_idx: number): Promise<string | null>;
  /** Ends the thread; calls that are waiting reject. */
  close(): void;
}
