// Numbers of the product y[m, n] = x[m, k] * transpose(w[n, k]) + bias[n]: weights of 8 or 4 bits meet activations of 16, as
// on the CPU. quantize.wgsl made two times 8 of them. Before matmul_registers.wgsl, matmul_tiled.wgsl or matmul_rows.wgsl.

alias Activations = vec2<u32>; // four side by side along k, each an i8: the upper halves, then the lower ones
alias Weights = u32; // four side by side along k, each an i8
alias Sum = i32; // of a block: at most 32 * 32512 * 127

@group(0) @binding(0) var<storage, read_write> x: array<u32>; // [m, N_STEPS, 2], then the scales as f32, [m, N_BLOCKS]

// Of the row that starts there.
fn activations(start: u32, step: u32) -> Activations {
    let i = 2u * (start + step);
    return vec2<u32>(x[i], x[i + 1u]);
}

// Of the row that starts there, without their scale.
fn weights(start: u32, step: u32) -> Weights {
    if (BITS == 8u) {
        return w[start + step];
    }
    // Four quants, each plus 8, one in a byte: 0xabcd to 0x0a0b0c0d.
    var bytes = (w[start + step / 2u] >> (16u * (step & 1u))) & 0xffffu;
    bytes = (bytes | (bytes << 8u)) & 0x00ff00ffu;
    bytes = (bytes | (bytes << 4u)) & 0x0f0f0f0fu;
    // Less 8: from 8 on the low bits stay, below them the sign is spread upwards.
    return (bytes & 0x07070707u) | (((~bytes >> 3u) & 0x01010101u) * 0xf8u);
}

fn product(a: Activations, b: Weights) -> Sum {
    return (dot4I8Packed(a.x, b) << 8u) + dot4I8Packed(a.y, b);
}

// Of a row's block of activations.
fn activation_scale(row: u32, block: u32) -> f32 {
    return bitcast<f32>(x[2u * info[0] * N_STEPS + row * N_BLOCKS + block]);
}
