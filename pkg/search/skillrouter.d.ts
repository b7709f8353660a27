/* tslint:disable */
/* eslint-disable */

/**
 * An index.
 */
export class Router {
    free(): void;
    [Symbol.dispose](): void;
    /**
     * What the index says of itself.
     */
    about(): any;
    /**
     * Adds a file of the index.
     */
    add_index_file(file: string, bytes: Uint8Array): void;
    /**
     * The body of a skill, once its file was added; undefined when the index holds none.
     */
    body(skill_idx: number): string | undefined;
    /**
     * The file that holds the body of a skill.
     */
    body_file(skill_idx: number): string | undefined;
    /**
     * The card of a skill, once its file was added.
     */
    card(skill_idx: number): any;
    /**
     * The file that holds the card of a skill.
     */
    card_file(skill_idx: number): string | undefined;
    /**
     * Checks that an encoder, given by its `about`, is the one that the index was built with.
     */
    check_encoder(about: any): void;
    /**
     * Takes the user's own skills away.
     */
    clear_own(): void;
    /**
     * Where each skill of the index lies in the plane, `[n, 2]`, once the file was added.
     */
    map(): Uint16Array | undefined;
    /**
     * The names of the skills of the index.
     */
    names(): string[];
    /**
     * Starts with the bytes of `index.json`.
     */
    constructor(index_json: Uint8Array | number[]);
    /**
     * The answer with reranked routes; `scores` has one for each of the first, NaN for those that are still to come.
     */
    rerank(answer: any, scores: Float32Array | number[], options: any): any;
    /**
     * The answer from words alone.
     */
    route_lexical(query: string, options: any): any;
    /**
     * The answer for a query with its vector; without one, from words alone.
     */
    search(query: string, vector: Float32Array | number[] | null | undefined, options: any): any;
    /**
     * Lets the skills of another index, a complete one of the user's own, stand after those of this one.
     */
    set_own(own: Router): void;
}

/**
 * Milliseconds of `runs` exact searches over `n_skills` random vectors.
 */
export function bench_scan(n_skills: number, width: number, runs: number): Float64Array;

/**
 * SHA-256 in hexadecimal, for pages without `crypto.subtle`.
 */
export function sha256_hex(bytes: Uint8Array | number[]): string;

/**
 * Shows the message of a panic in the console before the engine stops.
 */
export function start(): void;

export type InitInput = RequestInfo | URL | Response | BufferSource | WebAssembly.Module;

export interface InitOutput {
    readonly memory: WebAssembly.Memory;
    readonly __wbg_router_free: (a: number, b: number) => void;
    readonly bench_scan: (a: number, b: number, c: number) => [number, number];
    readonly router_about: (a: number) => [number, number, number];
    readonly router_add_index_file: (a: number, b: number, c: number, d: any) => [number, number];
    readonly router_body: (a: number, b: number) => [number, number];
    readonly router_body_file: (a: number, b: number) => [number, number];
    readonly router_card: (a: number, b: number) => [number, number, number];
    readonly router_card_file: (a: number, b: number) => [number, number];
    readonly router_check_encoder: (a: number, b: any) => [number, number];
    readonly router_clear_own: (a: number) => [number, number];
    readonly router_map: (a: number) => [number, number];
    readonly router_names: (a: number) => [number, number];
    readonly router_new: (a: number, b: number) => [number, number, number];
    readonly router_rerank: (a: number, b: any, c: number, d: number, e: any) => [number, number, number];
    readonly router_route_lexical: (a: number, b: number, c: number, d: any) => [number, number, number];
    readonly router_search: (a: number, b: number, c: number, d: number, e: number, f: any) => [number, number, number];
    readonly router_set_own: (a: number, b: number) => [number, number];
    readonly sha256_hex: (a: number, b: number) => [number, number];
    readonly start: () => void;
    readonly __wbindgen_malloc: (a: number, b: number) => number;
    readonly __wbindgen_realloc: (a: number, b: number, c: number, d: number) => number;
    readonly __wbindgen_free: (a: number, b: number, c: number) => void;
    readonly __wbindgen_exn_store: (a: number) => void;
    readonly __externref_table_alloc: () => number;
    readonly __wbindgen_externrefs: WebAssembly.Table;
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
