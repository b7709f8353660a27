// One invocation for each row and head. attention.rs writes out what is marked with @: one step, over the keys and values of
// the prefix and over the row's own.

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
    var best = LOWEST;
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
