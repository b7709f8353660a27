// Activations to 16 bits in two halves, `256 * upper + lower`, each block of 32 with a scale: max |x| / 32512, so that the upper
// half stays within 127. One invocation for each row and block.

@group(0) @binding(0) var<storage, read_write> x: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> info: array<u32>; // rows
@group(0) @binding(2) var<storage, read_write> y: array<u32>; // [rows, N_STEPS, 2], then the scales as f32, [rows, N_BLOCKS]

const N_STEPS = {{ k }}u / 4u;
const BLOCK_STEPS = 8u;
const N_BLOCKS = (N_STEPS + BLOCK_STEPS - 1u) / BLOCK_STEPS;

const LARGEST = 32512.0;

// Four i8 in a word.
fn packed(number: vec4<i32>) -> u32 {
    let bytes = vec4<u32>(number & vec4<i32>(255)) << vec4<u32>(0u, 8u, 16u, 24u);
    return bytes.x | bytes.y | bytes.z | bytes.w;
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) invocation: u32) {
    let i = (group.x + group.y * 32768u) * 64u + invocation;
    let row = i / N_BLOCKS;
    if (row >= info[0]) {
        return;
    }
    let first = row * N_STEPS + i % N_BLOCKS * BLOCK_STEPS;
    let end = min(first + BLOCK_STEPS, (row + 1u) * N_STEPS);
    var largest = vec4<f32>(0.0);
    for (var step = first; step < end; step++) {
        largest = max(largest, abs(x[step]));
    }
    let max_all = max(max(largest.x, largest.y), max(largest.z, largest.w));
    let inverse = select(0.0, 1.0 / max_all, max_all > 1e-30);
    for (var step = first; step < end; step++) {
        let number = vec4<i32>(round(x[step] * inverse * LARGEST));
        let upper = (number + 128) >> vec4<u32>(8u);
        y[2u * step] = packed(upper);
        y[2u * step + 1u] = packed(number - 256 * upper);
    }
    y[2u * info[0] * N_STEPS + i] = bitcast<u32>(max_all / LARGEST);
}
