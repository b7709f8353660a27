/* tslint:disable */
/* eslint-disable */

/**
 * Where models run.
 */
export class Device {
    private constructor();
    free(): void;
    [Symbol.dispose](): void;
    /**
     * Opens the device that this build is for: WebGPU, or the CPU. `traits` `{ software, integer_dot }` come in the place of what
     * the browser says of its GPU, so that tests run the kernels of one that is not there.
     */
    static open(traits: any): Promise<Device>;
    /**
     * `cpu` or `gpu`.
     */
    readonly kind: string;
    /**
     * The name that the driver gives it.
     */
    readonly name: string;
}

/**
 * Texts to vectors.
 */
export class Encoder {
    free(): void;
    [Symbol.dispose](): void;
    /**
     * Name, size and hashes.
     */
    about(): any;
    /**
     * Adds the next file, whose SHA-256 the caller has compared.
     */
    add_file(file: string, bytes: Uint8Array): void;
    /**
     * The vectors of some skills, given in the parts that the contract puts together; row by row.
     */
    embed_documents(documents: any): Promise<Float32Array>;
    /**
     * The vectors of texts that are token ids already, end to end.
     */
    embed_ids(ids: Uint32Array | number[], lengths: Uint32Array | number[]): Promise<Float32Array>;
    /**
     * The vector of a query.
     */
    embed_query(text: string): Promise<Float32Array>;
    /**
     * Puts the encoder together.
     */
    finish(): void;
    /**
     * The files that are still to be added, in the order in which to add them.
     */
    missing(): any;
    /**
     * The bytes of its `model.json`, for the builder of an index.
     */
    model_json(): Uint8Array;
    /**
     * Starts with the bytes of `model.json`.
     */
    constructor(model_json: Uint8Array | number[], device: Device);
    /**
     * The token ids of a query, special ones included.
     */
    query_token_ids(query: string): Uint32Array;
    /**
     * How its scores are used where it reranks; undefined where it was not made for that.
     */
    rerank_options(): any;
    /**
     * A reranker of the same weights, of an encoder that was made for it.
     */
    reranker(): Reranker;
    /**
     * Fails when the device computes wrong numbers.
     */
    self_test(): Promise<void>;
}

/**
 * A task and skills to scores.
 */
export class Reranker {
    free(): void;
    [Symbol.dispose](): void;
    /**
     * Name, size and hashes.
     */
    about(): any;
    /**
     * Adds the next file, whose SHA-256 the caller has compared.
     */
    add_file(file: string, bytes: Uint8Array): void;
    /**
     * Starts with a task and some skills; what was begun before is dropped.
     */
    begin(query: string, documents: any, options: any): any;
    /**
     * Puts the reranker together.
     */
    finish(): void;
    /**
     * The files that are still to be added, in the order in which to add them.
     */
    missing(): any;
    /**
     * Starts with the bytes of `model.json`.
     */
    constructor(model_json: Uint8Array | number[], device: Device);
    /**
     * The scores of the next few skills; undefined when all are done.
     */
    next(): Promise<any>;
    /**
     * How its scores are used.
     */
    rerank_options(): any;
    /**
     * Fails when the device computes wrong numbers.
     */
    self_test(): Promise<void>;
}

/**
 * Shows the message of a panic in the console before the engine stops.
 */
export function start(): void;

export type InitInput = RequestInfo | URL | Response | BufferSource | WebAssembly.Module;

export interface InitOutput {
    readonly memory: WebAssembly.Memory;
    readonly __wbg_device_free: (a: number, b: number) => void;
    readonly __wbg_encoder_free: (a: number, b: number) => void;
    readonly __wbg_reranker_free: (a: number, b: number) => void;
    readonly device_kind: (a: number) => [number, number];
    readonly device_name: (a: number) => [number, number];
    readonly device_open: (a: any) => any;
    readonly encoder_about: (a: number) => [number, number, number];
    readonly encoder_add_file: (a: number, b: number, c: number, d: any) => [number, number];
    readonly encoder_embed_documents: (a: number, b: any) => any;
    readonly encoder_embed_ids: (a: number, b: number, c: number, d: number, e: number) => any;
    readonly encoder_embed_query: (a: number, b: number, c: number) => any;
    readonly encoder_finish: (a: number) => [number, number];
    readonly encoder_missing: (a: number) => [number, number, number];
    readonly encoder_model_json: (a: number) => [number, number];
    readonly encoder_new: (a: number, b: number, c: number) => [number, number, number];
    readonly encoder_query_token_ids: (a: number, b: number, c: number) => [number, number, number, number];
    readonly encoder_rerank_options: (a: number) => [number, number, number];
    readonly encoder_reranker: (a: number) => [number, number, number];
    readonly encoder_self_test: (a: number) => any;
    readonly reranker_about: (a: number) => [number, number, number];
    readonly reranker_add_file: (a: number, b: number, c: number, d: any) => [number, number];
    readonly reranker_begin: (a: number, b: number, c: number, d: any, e: any) => [number, number, number];
    readonly reranker_finish: (a: number) => [number, number];
    readonly reranker_missing: (a: number) => [number, number, number];
    readonly reranker_new: (a: number, b: number, c: number) => [number, number, number];
    readonly reranker_next: (a: number) => any;
    readonly reranker_rerank_options: (a: number) => [number, number, number];
    readonly reranker_self_test: (a: number) => any;
    readonly start: () => void;
    readonly wasm_bindgen__convert__closures_____invoke__h02b759504f621cdf: (a: number, b: number, c: any, d: any) => void;
    readonly wasm_bindgen__convert__closures_____invoke__h0ee171a468b83465: (a: number, b: number, c: any) => [number, number];
    readonly wasm_bindgen__convert__closures_____invoke__h1d06dfc15c1e5acb: (a: number, b: number, c: any) => [number, number];
    readonly wasm_bindgen__convert__closures_____invoke__h33694c08a1aaa3e3: (a: number, b: number, c: any) => [number, number];
    readonly wasm_bindgen__convert__closures_____invoke__h3fbdbeb91d5012b9: (a: number, b: number, c: any) => [number, number];
    readonly wasm_bindgen__convert__closures_____invoke__hf7209825a2ba3744: (a: number, b: number, c: any) => [number, number];
    readonly wasm_bindgen__convert__closures_____invoke__h9e6077fd2e9a8400: (a: number, b: number, c: any) => void;
    readonly wasm_bindgen__convert__closures_____invoke__hb60d728bece7878e: (a: number, b: number, c: any) => void;
    readonly __wbindgen_malloc: (a: number, b: number) => number;
    readonly __wbindgen_realloc: (a: number, b: number, c: number, d: number) => number;
    readonly __wbindgen_free: (a: number, b: number, c: number) => void;
    readonly __wbindgen_exn_store: (a: number) => void;
    readonly __externref_table_alloc: () => number;
    readonly __wbindgen_externrefs: WebAssembly.Table;
    readonly __wbindgen_destroy_closure: (a: number, b: number) => void;
    readonly __externref_table_dealloc: (a: number) => void;
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
