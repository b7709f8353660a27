// Rotary position embedding, split-half: the halves of each head's row of E are the two coordinates.
// One invocation for each pair of coordinates.

@group(0) @binding(0) var<storage, read_write> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> angles: array<f32>; // [positions, E]: cosines, then sines
@group(0) @binding(2) var<storage, read_write> info: array<u32>; // rows, then the position of each
@group(0) @binding(3) var<storage, read_write> y: array<f32>;

const E = {{ head_width }}u;
const PAIRS = {{ width }}u / 2u; // in a row

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) invocation: u32) {
    let place = (group.x + group.y * 32768u) * 64u + invocation;
    let row = place / PAIRS;
    if (row >= info[0]) {
        return;
    }
    let head = place % PAIRS / (E / 2u);
    let i = place % (E / 2u);
    let first = row * PAIRS * 2u + head * E + i;
    let angle = info[1u + row] * E + i;
    let cosine = angles[angle];
    let sine = angles[angle + E / 2u];
    let a = x[first];
    let b = x[first + E / 2u];
    y[first] = a * cosine - b * sine;
    y[first + E / 2u] = b * cosine + a * sine;
}
