// Softmax attention of each row over the prefix, which all rows see, and over its own range of keys, in one pass with a
// running maximum (arXiv 2205.14135). Before attention_registers.wgsl or attention_tiled.wgsl.

@group(0) @binding(0) var<storage, read_write> q: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> keys: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> values: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> prefix_keys: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> prefix_values: array<vec4<f32>>;
@group(0) @binding(5) var<storage, read_write> info: array<u32>; // rows, rows of the prefix, then first and end key of each row
@group(0) @binding(6) var<storage, read_write> out: array<vec4<f32>>;

const H = {{ n_heads }}u;
const G = {{ n_kv_heads }}u;
const E = {{ head_width }}u / 4u;
const SCALE = inverseSqrt(f32({{ head_width }}));
const LOWEST = -3.0e38; // below every score

