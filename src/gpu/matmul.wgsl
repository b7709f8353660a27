// y[m, n] = x[m, k] * transpose(w[n, k]) + bias[n], with w dequantized on the way.
// An invocation makes a tile of {{ rows }} rows and {{ columns }} columns in registers; no workgroup memory, no barriers.
// matmul.rs writes out what is marked with @: loops over a tile are unrolled there, since not every driver keeps
// indexed arrays in registers.
//
// Words of w: f32 as they are; 8 bits: four quants i8; 4 bits: eight quants plus 8, the first in the lowest bits.
// Scales: binary16, two in a word, one for each 32 columns.

@group(0) @binding(0) var<storage, read_write> x: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> w: array<u32>;
@group(0) @binding(2) var<storage, read_write> scales: array<u32>;
@group(0) @binding(3) var<storage, read_write> bias: array<f32>;
@group(0) @binding(4) var<storage, read_write> info: array<u32>; // m
@group(0) @binding(5) var<storage, read_write> y: array<f32>;

const N = {{ n }}u;
const K = {{ k }}u;
const ROWS = {{ rows }}u;
const COLUMNS = {{ columns }}u;
const BLOCK = 32u;
const N_BLOCKS = (K + BLOCK - 1u) / BLOCK;
const N_WORDS = K * {{ bits }}u / 32u; // of a row of w
const STEP = {{ step }}u; // columns of w that are read at once

// The scale of a block of a row of w.
fn scale(n: u32, block: u32) -> f32 {
    // f32 weights have one word of scales, 1.0, which is read so that all formats have the same list of bindings.
    let i = select(n * N_BLOCKS + block, 0u, {{ bits }}u == 32u);
    let pair = unpack2x16float(scales[i / 2u]);
    return select(pair.x, pair.y, (i & 1u) == 1u);
}

fn f32_at(word: u32) -> vec4<f32> {
    return bitcast<vec4<f32>>(vec4<u32>(w[word], w[word + 1u], w[word + 2u], w[word + 3u]));
}

fn i8_of(word: u32) -> vec4<f32> {
    return vec4<f32>((vec4<i32>(bitcast<i32>(word)) << vec4<u32>(24u, 16u, 8u, 0u)) >> vec4<u32>(24u));
}

fn i4_of(word: u32) -> vec4<f32> {
    return vec4<f32>((vec4<u32>(word) >> vec4<u32>(0u, 4u, 8u, 12u)) & vec4<u32>(15u)) - 8.0;
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) invocation: u32) {
    let m = info[0];
    let column = (group.x * 8u + invocation % 8u) * COLUMNS;
    let row = (group.y * 8u + invocation / 8u) * ROWS;
    if (column >= N || row >= m) {
        return;
    }
    // Rows and columns past the end repeat the last one and are not stored.
    @starts
    for (var block = 0u; block < N_BLOCKS; block++) {
        @clear
        let end = min((block + 1u) * BLOCK, K) / STEP;
        for (var step = block * BLOCK / STEP; step < end; step++) {
            @multiply
        }
        @scale
    }
    @store
}
