// KIND 0: GELU with the exact error function (Abramowitz and Stegun 7.1.26, error under 2e-7); `b` is not used.
// KIND 1: silu(a) * b, the gate of SwiGLU.
// KIND 2: a + b.

@group(0) @binding(0) var<storage, read_write> a: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> b: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> info: array<u32>; // values / 4
@group(0) @binding(3) var<storage, read_write> y: array<vec4<f32>>;

const KIND = {{ kind }}u;

fn erf(x: vec4<f32>) -> vec4<f32> {
    let z = abs(x);
    let t = 1.0 / (1.0 + 0.3275911 * z);
    let p = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t;
    return sign(x) * (1.0 - p * exp(-z * z));
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) invocation: u32) {
    let i = (group.x + group.y * 32768u) * 64u + invocation;
    if (i >= info[0]) {
        return;
    }
    let x = a[i];
    if (KIND == 0u) {
        y[i] = 0.5 * x * (1.0 + erf(x * 0.70710678));
    } else if (KIND == 1u) {
        y[i] = x / (1.0 + exp(-x)) * b[i];
    } else {
        y[i] = x + b[i];
    }
}
