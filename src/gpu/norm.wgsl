// Normalization of rows of D columns, a workgroup for each. KIND 0: layer norm, weight then bias in `weights`; 1: by the
// root mean square, only a weight.

@group(0) @binding(0) var<storage, read_write> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> weights: array<f32>;
@group(0) @binding(2) var<storage, read_write> info: array<u32>; // rows, bits of eps
@group(0) @binding(3) var<storage, read_write> y: array<f32>;

const D = {{ d }}u;
const KIND = {{ kind }}u;

var<workgroup> parts: array<f32, 64>;

// The sum of one number of each invocation.
fn total(part: f32, invocation: u32) -> f32 {
    workgroupBarrier();
    parts[invocation] = part;
    for (var reach = 32u; reach > 0u; reach /= 2u) {
        workgroupBarrier();
        if (invocation < reach) {
            parts[invocation] += parts[invocation + reach];
        }
    }
    workgroupBarrier();
    return parts[0];
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) invocation: u32) {
    // A row past the end repeats the last one and is not stored: barriers must be reached by all.
    let place = group.x + group.y * 32768u;
    let start = min(place, info[0] - 1u) * D;
    var mean = 0.0;
    if (KIND == 0u) {
        var sum = 0.0;
        for (var c = invocation; c < D; c += 64u) {
            sum += x[start + c];
        }
        mean = total(sum, invocation) / f32(D);
    }
    var sum = 0.0;
    for (var c = invocation; c < D; c += 64u) {
        let difference = x[start + c] - mean;
        sum += difference * difference;
    }
    let factor = inverseSqrt(total(sum, invocation) / f32(D) + bitcast<f32>(info[1]));
    if (place >= info[0]) {
        return;
    }
    for (var c = invocation; c < D; c += 64u) {
        var value = (x[start + c] - mean) * factor * weights[c];
        if (KIND == 0u) {
            value += weights[D + c];
        }
        y[start + c] = value;
    }
}
