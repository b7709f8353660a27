// Numbers of the product y[m, n] = x[m, k] * transpose(w[n, k]) + bias[n]: weights are dequantized as they are read.
// Before matmul_registers.wgsl, matmul_tiled.wgsl or matmul_rows.wgsl.

alias Activations = vec4<f32>; // four side by side along k
alias Weights = vec4<f32>;
alias Sum = f32;

@group(0) @binding(0) var<storage, read_write> x: array<Activations>;

// Of the row that starts there.
fn activations(start: u32, step: u32) -> Activations {
    return x[start + step];
}

// Of the row that starts there, without their scale.
fn weights(start: u32, step: u32) -> Weights {
    if (BITS == 32u) {
        let at = start + step * 4u;
        return bitcast<vec4<f32>>(vec4<u32>(w[at], w[at + 1u], w[at + 2u], w[at + 3u]));
    }
    if (BITS == 8u) {
        let word = bitcast<i32>(w[start + step]);
        return vec4<f32>((vec4<i32>(word) << vec4<u32>(24u, 16u, 8u, 0u)) >> vec4<u32>(24u));
    }
    let half_word = w[start + step / 2u] >> (16u * (step & 1u));
    return vec4<f32>((vec4<u32>(half_word) >> vec4<u32>(0u, 4u, 8u, 12u)) & vec4<u32>(15u)) - 8.0;
}

fn product(a: Activations, b: Weights) -> Sum {
    return dot(a, b);
}

// Of a row's block of activations.
fn activation_scale(row: u32, block: u32) -> f32 {
    return 1.0;
}
