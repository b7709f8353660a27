// Softmax attention of each row over the prefix, which all rows see, and over its own range of keys, in one pass with a
// running maximum (arXiv 2205.14135). One invocation for each row and head. attention.rs writes out what is marked with @:
// one step, over the keys and values of the prefix and over the row's own.

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

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) place: vec3<u32>) {
    let row = place.x;
    let head = place.y;
    if (row >= info[0]) {
        return;
    }
    let kv = head / (H / G) * E;
    var query: array<vec4<f32>, E>;
    var sum: array<vec4<f32>, E>;
    for (var c = 0u; c < E; c++) {
        query[c] = q[(row * H + head) * E + c] * SCALE;
    }
    var best = -3.0e38;
    var total = 0.0;
    for (var key = 0u; key < info[1]; key++) {
@prefix
    }
    for (var key = info[2u + 2u * row]; key < info[3u + 2u * row]; key++) {
@own
    }
    for (var c = 0u; c < E; c++) {
        out[(row * H + head) * E + c] = sum[c] / total;
    }
}
