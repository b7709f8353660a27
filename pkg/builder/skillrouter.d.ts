/* tslint:disable */
/* eslint-disable */

/**
 * Skills in, an index out; the vectors come from the encoder of another build.
 */
export class IndexBuilder {
    free(): void;
    [Symbol.dispose](): void;
    /**
     * Adds a `SKILL.md`, and gives its id. `path` is that of its folder within the source.
     */
    add(source: string, path: string, bytes: Uint8Array | number[]): string;
    /**
     * Their vectors, row by row.
     */
    add_vectors(vectors: Float32Array | number[]): void;
    /**
     * Forgets the skills of a source, which are about to be read again.
     */
    begin_source(source: string): void;
    /**
     * The files of the index, `index.json` last.
     */
    finish(): IndexFile[];
    /**
     * Forgets the skills of a source that are copies or older versions of others of it, and gives their ids with those that stay.
     */
    fold_source(source: string): any;
    /**
     * Begins with an index that was made before, by the bytes of its `index.json`.
     */
    keep(index_json: Uint8Array | number[]): void;
    /**
     * Adds a file of that index.
     */
    keep_file(file: string, bytes: Uint8Array | number[]): void;
    /**
     * Takes it over: its skills, and if they are of this encoder, their vectors.
     */
    kept(): void;
    /**
     * Number of texts that have no vector yet.
     */
    n_pending(): number;
    /**
     * Number of skills.
     */
    n_skills(): number;
    /**
     * Starts with the bytes of the encoder's `model.json`.
     */
    constructor(model_json: Uint8Array | number[]);
    /**
     * The next of them.
     */
    next_texts(max: number): any;
    /**
     * The sources, with the number of their skills.
     */
    sources(): any;
}

/**
 * A file of the index.
 */
export class IndexFile {
    private constructor();
    free(): void;
    [Symbol.dispose](): void;
    /**
     * What is in it.
     */
    bytes: Uint8Array;
    /**
     * Its name.
     */
    file: string;
}

/**
 * Shows the message of a panic in the console before the engine stops.
 */
export function start(): void;

export type InitInput = RequestInfo | URL | Response | BufferSource | WebAssembly.Module;

export interface InitOutput {
    readonly memory: WebAssembly.Memory;
    readonly __wbg_get_indexfile_bytes: (a: number) => any;
    readonly __wbg_get_indexfile_file: (a: number) => [number, number];
    readonly __wbg_indexbuilder_free: (a: number, b: number) => void;
    readonly __wbg_indexfile_free: (a: number, b: number) => void;
    readonly __wbg_set_indexfile_bytes: (a: number, b: any) => void;
    readonly __wbg_set_indexfile_file: (a: number, b: number, c: number) => void;
    readonly indexbuilder_add: (a: number, b: number, c: number, d: number, e: number, f: number, g: number) => [number, number, number, number];
    readonly indexbuilder_add_vectors: (a: number, b: number, c: number) => [number, number];
    readonly indexbuilder_begin_source: (a: number, b: number, c: number) => void;
    readonly indexbuilder_finish: (a: number) => [number, number, number, number];
    readonly indexbuilder_fold_source: (a: number, b: number, c: number) => [number, number, number];
    readonly indexbuilder_keep: (a: number, b: number, c: number) => [number, number];
    readonly indexbuilder_keep_file: (a: number, b: number, c: number, d: number, e: number) => [number, number];
    readonly indexbuilder_kept: (a: number) => [number, number];
    readonly indexbuilder_n_pending: (a: number) => number;
    readonly indexbuilder_n_skills: (a: number) => number;
    readonly indexbuilder_new: (a: number, b: number) => [number, number, number];
    readonly indexbuilder_next_texts: (a: number, b: number) => [number, number, number];
    readonly indexbuilder_sources: (a: number) => [number, number, number];
    readonly start: () => void;
    readonly __wbindgen_exn_store: (a: number) => void;
    readonly __externref_table_alloc: () => number;
    readonly __wbindgen_externrefs: WebAssembly.Table;
    readonly __wbindgen_free: (a: number, b: number, c: number) => void;
    readonly __wbindgen_malloc: (a: number, b: number) => number;
    readonly __wbindgen_realloc: (a: number, b: number, c: number, d: number) => number;
    readonly __externref_table_dealloc: (a: number) => void;
    readonly __externref_drop_slice: (a: number, b: number) => void;
    readonly __wbindgen_start: () => void;
}

export type SyncInitInput = BufferSource | WebAssembly.Module;

/**
 * Instantiates the given `module`, which can either be bytes or
 * a precompiled `WebAssembly.Module`.
 *
 * @param {{ module: SyncInitInput }} module - Passing `SyncInitInput` directly is deprecated.
 *
 * @returns {InitOutput}
 */
export function initSync(module: { module: SyncInitInput } | SyncInitInput): InitOutput;

/**
 * If `module_or_path` is {RequestInfo} or {URL}, makes a request and
 * for everything else, calls `WebAssembly.instantiate` directly.
 *
 * @param {{ module_or_path: InitInput | Promise<InitInput> }} module_or_path - Passing `InitInput` directly is deprecated.
 *
 * @returns {Promise<InitOutput>}
 */
export default function __wbg_init (module_or_path?: { module_or_path: InitInput | Promise<InitInput> } | InitInput | Promise<InitInput>): Promise<InitOutput>;
