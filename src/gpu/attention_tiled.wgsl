// A workgroup for 16 rows of one head, four invocations a row: keys, then values, come to workgroup memory a few at a time,
// so that all rows share the reading. attention.rs writes out what is marked with @.

const ROWS = 16u;
const LANES = 4u; // invocations of a row
const KEYS = {{ keys }}u; // that are in workgroup memory at once

var<workgroup> tile_q: array<vec4<f32>, ROWS * E>;
var<workgroup> tile: array<vec4<f32>, KEYS * E>; // keys, then their values
var<workgroup> tile_scores: array<f32, ROWS * KEYS>;
var<workgroup> bounds: vec3<u32>; // keys of the prefix, first and end key of all rows together

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) invocation: u32) {
    let n_rows = info[0];
    let head = group.y;
    let kv = head / (H / G) * E;
    let lane = invocation % LANES;
    let local = invocation / LANES;
    // A row past the end repeats the last one and is not stored: barriers must be reached by all.
    let row = min(group.x * ROWS + local, n_rows - 1u);
    let first = info[2u + 2u * row];
    let end = info[3u + 2u * row];
    if (invocation == 0u) {
        let last_row = min(group.x * ROWS + ROWS, n_rows) - 1u;
        bounds = vec3<u32>(info[1], first, info[3u + 2u * last_row]);
    }
    for (var c = lane; c < E; c += LANES) {
        tile_q[local * E + c] = q[(row * H + head) * E + c] * SCALE;
    }
    let all = workgroupUniformLoad(&bounds);
    @starts
    var best = LOWEST;
    var total = 0.0;
    for (var start = 0u; start < all.x; start += KEYS) {
        let n_keys = min(KEYS, all.x - start);
        let seen = vec2<u32>(0u, n_keys);
@prefix
    }
    for (var start = all.y; start < all.z; start += KEYS) {
        let n_keys = min(KEYS, all.z - start);
        let seen = vec2<u32>(max(first, start), max(end, start)) - start;
@own
    }
    if (group.x * ROWS + local < n_rows) {
        @store
    }
}
