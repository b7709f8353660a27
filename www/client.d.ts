/**
 * Types of skillrouter's web package.
 */

/** Stable words for programs. */
export type ErrorCode =
  | 'magic' | 'version' | 'truncated' | 'checksum' | 'malformed' | 'missing-file' // a file is not what it should be
  | 'encoder-mismatch' | 'unsupported' | 'weights' | 'tokenizer' // the model cannot be used
  | 'empty-query' | 'unavailable' | 'device' // the question, or what was asked for, cannot be served
  | 'network' | 'not-found' // a file did not come
  | 'engine'; // WebAssembly did not load, or stopped; the next call starts it anew

/** What went wrong (`code`), and what to do about it (`message`). Cancelled calls reject with a DOMException `AbortError` instead. */
export class SkillRouterError extends Error {
  readonly code: ErrorCode;
}

/** How far the files have come. */
export interface Progress {
  loaded_bytes: number;
  /** Of the files that are known so far: it grows once, when the model's list of files has come. */
  total_bytes: number;
  /** The part of `loaded_bytes` that was kept from an earlier visit. */
  cached_bytes: number;
  /** The file that moved last. */
  file: string;
  /** The browser had no space to keep some file. It is used, and downloaded again at the next visit. */
  cache_full: boolean;
}

export interface OpenOptions {
  /** Folder of the index, relative to the page. Default `index/`. */
  index?: string | URL;
  /** Folder that holds a folder for each model. Default `models/`. */
  models?: string | URL;
  /**
   * Cards and bodies are fetched ahead when they are together at most this large, so that no request depends on what is asked.
   * Default 4 MiB; 0 fetches each shard when it is needed.
   */
  prefetch_bytes?: number;
  onProgress?: (progress: Progress) => void;
  /** Cancels the opening, or after it the loading of the model; answers by words go on then. */
  signal?: AbortSignal;
}

export interface RouteOptions {
  /** Number of skills in the answer. Default 10. */
  top?: number;
  /** `lexical` compares words, `dense` meaning, `hybrid` both. Default `hybrid`. */
  mode?: 'lexical' | 'dense' | 'hybrid';
  /** `hnsw` needs an index that was built with it. Default `exact`. */
  search?: 'exact' | 'hnsw';
  /** The last word may be unfinished; a newer call with `typing` cancels this one. Default false. */
  typing?: boolean;
  /** Whether to wait for a model that is still loading. Default: not while typing. */
  wait?: boolean;
  signal?: AbortSignal;
  /** Each stage as it is ready. A stage comes a second time when descriptions had to be fetched for it. */
  onStage?: (answer: Answer) => void;
}

/** One skill of an answer. `id` to `license` are missing while they are being fetched. */
export interface Route {
  /** Position in the index; the handle for `body`. */
  skill_idx: number;
  name: string;
  /** Higher is better. */
  score: number;
  id?: string;
  description?: string;
  source?: string;
  license?: string;
  /** Rank by words, from 1; missing when the words did not find it. */
  lexical_rank?: number;
  /** Rank by meaning, from 1; missing when the meaning did not find it. */
  dense_rank?: number;
}

export interface Answer {
  stage: 'lexical' | 'retrieved';
  device: string;
  /** Why the answer is less than what was asked for. */
  reason?: string;
  /** Best first. Empty when nothing matches. */
  routes: Route[];
  timings_ms: { lexical?: number; encode?: number; search?: number; cards?: number; total: number };
}

export interface About {
  n_skills: number;
  /** Name of the encoder that the index was built for. */
  model: string;
  /** Numbers in a vector. */
  width: number;
  /** Sizes of the index. */
  bytes: { total: number; vectors: number; lexical: number };
}

export class SkillRouter {
  /** Resolves as soon as questions can be answered by words. */
  static open(options?: OpenOptions): Promise<SkillRouter>;
  /** Resolves when answers are by meaning too; rejects with the reason when the model cannot be loaded. */
  readonly ready: Promise<void>;
  about(): About;
  /** The best stage that can be reached. Degrading is a value: see `stage` and `reason`. */
  route(query: string, options?: RouteOptions): Promise<Answer>;
  /** Markdown of the skill's instructions, from an untrusted source; null when the index holds none for it. */
  body(skill_idx: number): Promise<string | null>;
  /** Files of all indexes and models that this origin keeps. */
  cached(): Promise<{ url: string; bytes: number }[]>;
  /** Deletes them. What is loaded stays usable. */
  forget(): Promise<void>;
  close(): void;
}
