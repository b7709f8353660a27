// Weights of a product, and what is around them. Words of w: f32 as they are; 8 bits: four quants i8; 4 bits: eight
// quants plus 8, the first in the lowest bits. Scales: binary16, two in a word, one for each 32 columns.

@group(0) @binding(1) var<storage, read_write> w: array<u32>;
@group(0) @binding(2) var<storage, read_write> scales: array<u32>;
@group(0) @binding(3) var<storage, read_write> bias: array<f32>;
@group(0) @binding(4) var<storage, read_write> info: array<u32>; // m
@group(0) @binding(5) var<storage, read_write> y: array<f32>;

const BITS = {{ bits }}u;
const N = {{ n }}u;
const K = {{ k }}u;
const N_STEPS = K / 4u;
const BLOCK_STEPS = 8u; // a block is of 32
const N_BLOCKS = (N_STEPS + BLOCK_STEPS - 1u) / BLOCK_STEPS;
const N_WORDS = K * BITS / 32u; // of a row of w
const ROWS = {{ rows }}u;
const COLUMNS = {{ columns }}u;

fn weight_scale(n: u32, block: u32) -> f32 {
    // f32 weights have one word of scales, 1.0, which is read so that all formats have the same list of bindings.
    let i = select(n * N_BLOCKS + block, 0u, BITS == 32u);
    let pair = unpack2x16float(scales[i / 2u]);
    return select(pair.x, pair.y, (i & 1u) == 1u);
}
