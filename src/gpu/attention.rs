//! Softmax attention: bidirectional or causal, with grouped key/value heads and a shared prefix.

use super::{Constants, GpuTensor, Launch, line};
use crate::kernel::Heads;

/// Head widths up to this one leave room for keys and values in the 16 KiB of memory that every workgroup has.
const MAX_TILED_HEAD_WIDTH: usize = 128;
/// Rows of a workgroup of `attention_tiled.wgsl`.
const TILE_ROWS: usize = 16;
/// Invocations of a row there.
const LANES: usize = 4;

/// Attention of texts that stand end to end; see [`crate::kernel::attend`].
///
/// # Shapes
/// `q` and the result are `[t, h * e]`, the keys and values of `own` and `prefix` `[.., g * e]`.
pub fn attend(
    q: &GpuTensor,
    own: [&GpuTensor; 2],
    prefix: Option<[&GpuTensor; 2]>,
    lengths: &[usize],
    heads: Heads,
) -> GpuTensor {
    let [t, width] = q.shape();
    let n_prefix = prefix.map_or(0, |[keys, _]| keys.shape()[0]);
    let mut info = vec![t as u32, n_prefix as u32];
    let mut start = 0;
    for &length in lengths {
        for row in start..start + length {
            let end = if heads.causal { row + 1 } else { start + length };
            info.extend([start as u32, end as u32]);
        }
        start += length;
    }
    // Something must be bound where there is no prefix, and no buffer may be bound twice.
    let [prefix_keys, prefix_values] = match prefix {
        Some(pair) => pair.map(|tensor| tensor.inner.handle.clone()),
        None => [q.context.upload(&[0; 16]), q.context.upload(&[0; 16])],
    };
    let [keys, values] = own.map(|tensor| &tensor.inner.handle);
    let e = heads.head_width;
    let tiled = !q.context.traits.software && e <= MAX_TILED_HEAD_WIDTH;
    Launch {
        source: if tiled { tiled_source } else { source },
        constants: &[
            ("n_heads", heads.n_heads),
            ("n_kv_heads", heads.n_kv_heads),
            ("head_width", e),
            ("keys", if e <= 64 { 32 } else { 8 }),
        ],
        info: &info,
        count: [t.div_ceil(if tiled { TILE_ROWS } else { 64 }), heads.n_heads, 1],
        shape: [t, width],
    }
    .run(&q.context, &[&q.inner.handle, keys, values, &prefix_keys, &prefix_values])
}

/// `attention_registers.wgsl` with its steps written out: WGSL passes no arrays of a buffer to a function.
fn source(_: &Constants) -> String {
    with_steps(include_str!("attention_registers.wgsl"), include_str!("attention_registers_step.wgsl"))
}

/// `attention_tiled.wgsl` with its steps and the sums of an invocation written out.
fn tiled_source(constants: &Constants) -> String {
    let [mut starts, mut shrink, mut add, mut store] = [const { String::new() }; 4];
    for c in 0..(constants["head_width"] / 4).div_ceil(LANES) {
        // Lanes past the end repeat the last column and store it once more.
        line(&mut starts, format_args!("let c{c} = min(lane + {}u, E - 1u);", c * LANES));
        line(&mut starts, format_args!("var sum{c} = vec4<f32>();"));
        line(&mut shrink, format_args!("sum{c} *= shrink;"));
        line(&mut add, format_args!("sum{c} += share * tile[key * E + c{c}];"));
        line(&mut store, format_args!("out[(row * H + head) * E + c{c}] = sum{c} / total;"));
    }
    with_steps(include_str!("attention_tiled.wgsl"), include_str!("attention_tiled_step.wgsl"))
        .replace("@starts\n", &starts)
        .replace("@shrink\n", &shrink)
        .replace("@add\n", &add)
        .replace("@store\n", &store)
}

fn with_steps(kernel: &str, step: &str) -> String {
    let step = |keys: &str, values: &str| step.replace("@keys", keys).replace("@values", values);
    let kernel = kernel.replace("@prefix\n", &step("prefix_keys", "prefix_values"));
    include_str!("attention_bindings.wgsl").to_owned() + &kernel.replace("@own\n", &step("keys", "values"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{device, gpu::tests::gpus, kernel};

    /// The oracle is the CPU's kernel, whose own is burn. Rows that fill no tile, texts that end within one, heads that share
    /// keys, and widths that leave lanes without work.
    #[test]
    fn attention_is_that_of_the_cpu() {
        let numbers = |seed: usize, n: usize| -> Vec<f32> {
            (0..n).map(|i| ((i * 7919 + seed * 104_729) % 1009) as f32 / 300.0 - 1.5).collect()
        };
        for (n_heads, n_kv_heads, head_width, causal, n_prefix, lengths) in [
            (3, 3, 8, false, 0, &[7, 1, 4][..]),
            (4, 2, 8, true, 0, &[40, 3, 19]),
            (4, 1, 20, true, 5, &[1, 70]),
            (2, 2, 4, false, 3, &[33]),
            (2, 1, 128, true, 37, &[5, 18]),
            (1, 1, 132, false, 0, &[9]),
        ] {
            let heads = Heads { n_heads, n_kv_heads, head_width, causal };
            let (q_width, kv_width, t) = (n_heads * head_width, n_kv_heads * head_width, lengths.iter().sum::<usize>());
            let [q, keys, values, prefix_keys, prefix_values] = [
                (1, t * q_width),
                (2, t * kv_width),
                (3, t * kv_width),
                (4, n_prefix * kv_width),
                (5, n_prefix * kv_width),
            ]
            .map(|(seed, n)| numbers(seed, n));
            let mut want = vec![0.0; t * q_width];
            kernel::attend(&q, [&keys, &values], [&prefix_keys, &prefix_values], lengths, heads, &mut want);
            for gpu in gpus() {
                let tensor = |values: &[f32], width: usize| {
                    GpuTensor::new(gpu.tensor(values.to_vec(), [values.len() / width, width]), &gpu)
                };
                let own = [&tensor(&keys, kv_width), &tensor(&values, kv_width)];
                let prefix = [tensor(&prefix_keys, kv_width), tensor(&prefix_values, kv_width)];
                let prefix = (n_prefix > 0).then(|| prefix.each_ref());
                let got = attend(&tensor(&q, q_width), own, prefix, lengths, heads);
                for (i, (got, want)) in device::cpu_values(got.into_tensor::<2>()).iter().zip(&want).enumerate() {
                    assert!((got - want).abs() < 1e-5, "{heads:?}, {:?}, at {i}: {got} for {want}", gpu.traits);
                }
            }
        }
    }
}
