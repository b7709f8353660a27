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
  /** Of the files that are known so far: it grows when a model's list of files has come. */
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
   * Name of a reranker's folder in `models`, or null for answers that are not re-ranked. Default: the one that the index
   * names, if it names one. Where that is not on the server, answers are not re-ranked, and say so in `reason`.
   */
  reranker?: string | null;
  /**
   * Where the models run. `cpu` never touches WebGPU. `gpu` takes any adapter that can be used, software ones too, and the
   * CPU where there is none. `auto` runs models of 100 MB and more on a graphics card; smaller ones start on the CPU, and
   * where there is a graphics card it is tried after the first use, and the faster one is kept and remembered. Default `auto`.
   */
  device?: 'auto' | 'cpu' | 'gpu';
  /**
   * What is fetched before anybody needs it. `all`: names and descriptions of all skills (some 140 bytes a skill), in the background
   * and whatever is asked, so that no request depends on a query. `none`: they are fetched in parts when an answer or the reranker
   * needs them, which is less to download, and lets the host of the index learn what is looked for. Default `all`.
   */
  prefetch?: 'all' | 'none';
  /**
   * With `prefetch: 'all'`, instructions are fetched ahead too when the index without words and vectors is at most this large; else
   * opening a skill fetches the part that holds it together with at least seven others, the same ones each time. Default 4 MiB.
   */
  prefetch_bytes?: number;
  /**
   * How long nothing may be heard of the engine while it has work to do. Then it is ended, and a new one is asked the same again, once.
   * Work that is known to take longer is waited for. More is of use while the worker is held in a debugger. Default 10,000.
   */
  patience_ms?: number;
  onProgress?: (progress: Progress) => void;
  /** Cancels the opening, or after it the loading of the models; answers go on with what is there. */
  signal?: AbortSignal;
}

export interface RouteOptions {
  /** Number of skills in the answer. Default 10. */
  top?: number;
  /** `lexical` compares words, `dense` meaning, `hybrid` both. Default `hybrid`. */
  mode?: 'lexical' | 'dense' | 'hybrid';
  /** `hnsw` needs an index that was built with it. Default `exact`. */
  search?: 'exact' | 'hnsw';
  /**
   * The last word may be unfinished; a newer call with `typing` cancels this one. It is not re-ranked, and a list that is
   * being re-ranked meanwhile is left as it is. Default false.
   */
  typing?: boolean;
  /** Whether to wait for models that are still loading. Default: not while typing. */
  wait?: boolean;
  /**
   * How many of the best skills the reranker reads; 0 leaves it out. Where instructions are not fetched ahead, it reads names and
   * descriptions alone, and `reranked.without` says so. Default: what the index says when its own reranker is open (0 for tasks longer than it is good for), 20 for another, 0
   * without one.
   */
  rerank?: number;
  /**
   * `exact` reads documents as the reranker was trained to; `fast` reads less of them.
   * Default: what the index says when its own reranker is open, else `exact`.
   */
  documents?: 'exact' | 'fast';
  signal?: AbortSignal;
  /**
   * Each stage as it is ready; `reranked` comes after every batch that the reranker has read. Where descriptions are not here yet,
   * the last stage comes again with them, also after `route` has resolved.
   */
  onStage?: (answer: Answer) => void;
}

/**
 * A fact in the text of a skill that a careful reader wants to see before an agent follows it, found when the index was built.
 * It is no verdict: honest skills download code and use keys too.
 */
export interface Risk {
  /** Stable word in kebab-case, such as `remote-code`. */
  rule: string;
  /** What it is about, from the gravest. `hygiene` is worth knowing and no sign of bad intent. */
  category: 'prompt-injection' | 'data-exfiltration' | 'privilege-escalation' | 'supply-chain' | 'hygiene';
  /** The fact, as a phrase that follows the name of the skill: `downloads and runs remote code`. */
  title: string;
  /** Path of the file beside `SKILL.md` that shows it; missing for `SKILL.md` itself. */
  file?: string;
  /**
   * Line of that file, from 1, with the front matter counted; of the body where the skill came without a file. 0 is the front matter
   * itself.
   */
  line: number;
  /** Number of lines that show it. */
  count: number;
}

/** One skill of an answer. `id` to `risks` are missing while they are being fetched; see `descriptions` of the answer. */
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
  /**
   * What the skill says of its own use, missing when it says nothing: only a person may start it, only an agent may (as a step of other
   * skills), it is for those who maintain the collection, or it should not be used any more.
   */
  marks?: ('manual' | 'agent-only' | 'internal' | 'deprecated')[];
  /** The skill that it says to use instead. */
  superseded_by?: string;
  /** Gravest first; at most 12. Empty when nothing was found, which does not mean that the skill is safe. */
  risks?: Risk[];
  /** It is one of the user's own skills: `source` is what he gave (see `OwnSource`), and `skill_idx` may change with the next `own` event. */
  own?: true;
  /** How well the words match: 1 for the skill that they match best, 0 for one without any of them. Missing in mode `dense`. */
  lexical_score?: number;
  /** Rank by words, from 1; missing when the words did not find it. */
  lexical_rank?: number;
  /** How near the meaning is: the cosine between task and skill, at most 1. Missing where the model was not asked. */
  dense_score?: number;
  /** Rank by meaning, from 1; missing when the meaning did not find it. */
  dense_rank?: number;
  /** Score before re-ranking. */
  retrieval_score?: number;
  /** Rank before re-ranking, from 1. */
  retrieval_rank?: number;
  /** What the reranker says; missing when it has not read the skill. Comparable within one answer only. */
  rerank_score?: number;
}

/** Where a model ran. */
export interface DeviceUsed {
  kind: 'cpu' | 'gpu';
  name: string;
  /** Why there, where one might have expected the other. */
  reason?: string;
}

/** How well the first skill fits the task: a calibrated probability, and a word for it. */
export interface Fit {
  /** Probability that the first skill fits the task. Of 100 answers with 0.7 here, about 70 are right. */
  p: number;
  /**
   * `strong`: p is at least 0.8. `likely`: it is at least even. `weak`: it is less; look at the others too. `none`: it is below
   * 0.1 with the default model; nothing fits, and the skills are only the nearest ones.
   */
  word: 'none' | 'weak' | 'likely' | 'strong';
}

export interface Answer {
  stage: 'lexical' | 'retrieved' | 'reranked';
  /** Where the last stage was computed. */
  device: DeviceUsed;
  /** Where the task was encoded, when that is another device than the reranker's. */
  encoder_device?: DeviceUsed;
  /** Why the answer is less than what was asked for. */
  reason?: string;
  /**
   * Whether the first skill fits at all. Missing when words alone were compared, and where the models were not calibrated.
   * While a list is being re-ranked (`reranked.done < reranked.of`) it is still that of the stage `retrieved`.
   */
  fit?: Fit;
  /** How much of what the words of the task ask for the best skill has, from 0 to 1. Missing in mode `dense`. */
  coverage?: number;
  /** Words of the task that no skill has were read as words that are spelled nearly so. */
  respelled?: true;
  /** Best first. Empty when nothing matches. */
  routes: Route[];
  /**
   * How many skills the reranker has read, and how many it is to read. Skills that it has read come first. `without`: some or all of
   * them were read without their instructions, which are not here.
   */
  reranked?: { done: number; of: number; without?: 'bodies' };
  /**
   * Some routes have no description yet. `coming`: it is on its way. `missing`: it could not be fetched until now, see `reason`, and
   * is tried again. `described` gives the answer with it.
   */
  descriptions?: 'coming' | 'missing';
  timings_ms: { lexical?: number; encode?: number; search?: number; cards?: number; rerank?: number; total: number };
}

/** A model of a router. */
export interface ModelAbout {
  role: 'encoder' | 'reranker';
  name: string;
  /** Size of its files; missing until it has been loaded. */
  bytes?: number;
  /** Where it runs; missing until it has been loaded. */
  device?: DeviceUsed;
}

export interface About {
  n_skills: number;
  /** Name of the encoder that the index was built for. */
  model: string;
  /** Numbers in a vector. */
  width: number;
  /** Sizes of the index. */
  bytes: { total: number; vectors: number; lexical: number };
  /**
   * `all`: no request depends on a query, and that of an opened skill is hidden among those of others. `none`: parts of the index are
   * fetched when they are needed, so its host can learn what is looked for. (In Node they are read, from the disk.)
   */
  prefetch: 'all' | 'none';
  /** The encoder, and the reranker where one is named. */
  models: ModelAbout[];
}

/** A file that a user gave: a `SKILL.md`, or a zip file with some in it. Others are left out. */
export interface OwnFile {
  /** Its path within what was given, with `/`: `my-skills/pdf/SKILL.md`. */
  path: string;
  file: Blob;
}

export interface AddOwnOptions {
  /** Name of what was given, a folder or a zip file as a rule. Skills of a source that is there already are replaced. */
  source: string;
  onProgress?: (progress: OwnProgress) => void;
  /** Cancels it; then everything is as it was before. */
  signal?: AbortSignal;
}

/** Files read, texts embedded, or files written. `waiting`: another tab of this origin is changing them, and its turn comes first. */
export interface OwnProgress {
  stage: 'waiting' | 'reading' | 'embedding' | 'saving';
  done: number;
  of: number;
}

/** What has become of a source. */
export interface OwnAdded {
  source: string;
  /** Skills of the source now. 0: none could be read, and nothing was changed. */
  n_skills: number;
  /** Texts that went through the model. */
  n_embedded: number;
  /** Skills whose text was here already, from the same source or another. */
  n_unchanged: number;
  /** Skills of the source that were here before and are gone. */
  n_removed: number;
  /** Files that could not be used, and copies and older versions of others of the source; and why. */
  skipped: { path: string; reason: string }[];
  /** False: they are searched, but only until the page is closed; see `reason`. */
  kept: boolean;
  reason?: string;
}

export interface OwnSource {
  source: string;
  n_skills: number;
}

/** The user's own skills. */
export interface OwnSkills {
  n_skills: number;
  /** Size of their index. */
  bytes: number;
  sources: OwnSource[];
  /** Why they are not searched now. */
  reason?: string;
  /** A visit ended while skills were being added. What it had embedded is kept: added again, they go on from there. */
  unfinished?: true;
}

export interface SkillRouterEventMap {
  /** The user's own skills have changed, here or in another tab: `own()` says how they stand, and an answer may be another now. */
  own: Event;
  /** The engine stopped or fell silent, and a new one is starting: `ready` is that of the new one. */
  restart: Event;
}

export class SkillRouter extends EventTarget {
  /** Resolves as soon as questions can be answered by words. */
  static open(options?: OpenOptions): Promise<SkillRouter>;
  /** Resolves when answers are by meaning too; rejects with the reason when the model cannot be loaded. */
  readonly ready: Promise<void>;
  /**
   * Resolves when answers are re-ranked too; rejects with the reason when the reranker cannot be loaded; null where neither
   * the index nor `reranker` names one.
   */
  readonly reranker_ready: Promise<void> | null;
  /** As things stand now: models move between devices. */
  about(): About;
  /** The best stage that can be reached. Degrading is a value: see `stage` and `reason`. */
  route(query: string, options?: RouteOptions): Promise<Answer>;
  /**
   * An answer whose descriptions were missing, when they have come, or when they could not be fetched (then `descriptions` is `missing`).
   * With nothing missing, the same answer.
   */
  described(answer: Answer, options?: { signal?: AbortSignal }): Promise<Answer>;
  /** Markdown of the skill's instructions, from an untrusted source; null when the index holds none for it. */
  body(skill_idx: number): Promise<string | null>;
  /** Files of all indexes and models that this origin keeps. */
  cached(): Promise<{ url: string; bytes: number }[]>;
  /** Deletes them, or only those of the model of that name. What is loaded stays usable. */
  forget(model?: string): Promise<void>;
  /** Where the skills of the index lie on its map, as [x0, y0, x1, y1, ...] from 0 to 65535, with their names; null when it has none. */
  map(): Promise<{ points: Uint16Array; names: string[] } | null>;
  /** The user's own skills, which this origin keeps on the device. */
  own(): Promise<OwnSkills>;
  /**
   * Reads skills of the user and searches them from now on, beside those of the index; nothing leaves the device. Adding a source
   * again embeds only texts that have changed, also after a visit that ended in the middle. Rejects with `not-found` when there is no `SKILL.md` in it.
   */
  addOwn(files: Iterable<OwnFile>, options: AddOwnOptions): Promise<OwnAdded>;
  /** Deletes the skills of a source, or all of them, also on the device. */
  removeOwn(source?: string, options?: Pick<AddOwnOptions, 'onProgress'>): Promise<OwnSkills>;
  addEventListener<K extends keyof SkillRouterEventMap>(
    type: K, listener: (this: SkillRouter, event: SkillRouterEventMap[K]) => void, options?: boolean | AddEventListenerOptions): void;
  close(): void;
}
