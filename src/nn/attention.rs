//! Softmax attention.

use burn::tensor::Tensor;

pub use crate::kernel::Heads;
use crate::{
    device::{self, Device, Values},
    kernel,
};

/// Keys and values of some tokens, both `[t, g * e]`; those that all candidates share are computed once and kept.
pub struct KeysValues {
    keys: Values,
    values: Values,
}

impl KeysValues {
    /// Takes over both.
    pub fn new(keys: Tensor<2>, values: Tensor<2>, device: &Device) -> KeysValues {
        KeysValues { keys: device.values(keys), values: device.values(values) }
    }
}

/// Attention of each text over `prefix`, which all texts see, and over its own tokens.
///
/// # Shapes
/// `q` and the result are `[t, h * e]`; the sum of `lengths` is `t`.
pub fn attention(
    q: Tensor<2>,
    own: &KeysValues,
    prefix: Option<&KeysValues>,
    lengths: &[usize],
    heads: Heads,
) -> Tensor<2> {
    let shape = q.dims();
    let prefix = prefix.map(|prefix| (&prefix.keys, &prefix.values));
    match (own.keys.beside(q), &own.keys, &own.values) {
        (Values::Cpu(q), Values::Cpu(keys), Values::Cpu(values)) => {
            let prefix: [&[f32]; 2] = match prefix {
                Some((Values::Cpu(keys), Values::Cpu(values))) => [keys, values],
                _ => [&[], &[]],
            };
            let mut out = vec![0.0; q.len()];
            kernel::attend(&q, [keys, values], prefix, lengths, heads, &mut out);
            device::cpu_tensor(out, shape)
        }
        #[cfg(feature = "gpu")]
        (Values::Gpu(q), Values::Gpu(keys), Values::Gpu(values)) => {
            let prefix = match prefix {
                Some((Values::Gpu(keys), Values::Gpu(values))) => Some([keys.as_ref(), values.as_ref()]),
                _ => None,
            };
            crate::gpu::attend(&q, [keys, values], prefix, lengths, heads).into_tensor()
        }
        #[cfg(feature = "gpu")]
        _ => unreachable!("a model runs on one device"),
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::activation::softmax;

    use super::*;

    /// The oracle: the same in burn's own operations, one text at a time: `q` `[t, h * e]`, keys and values with the
    /// prefix before them.
    fn plain(q: Tensor<2>, keys: Tensor<2>, values: Tensor<2>, heads: Heads) -> Tensor<2> {
        let Heads { n_heads, n_kv_heads, head_width: e, causal } = heads;
        let ([t, _], [n_keys, _]) = (q.dims(), keys.dims());
        let split = |x: Tensor<2>, rows: usize, n: usize| x.reshape([rows, n, e]).swap_dims(0, 1);
        // [g, keys, e] to [h, keys, e]: each key/value head stands for the query heads of its group.
        let spread = |x: Tensor<3>| {
            let group = n_heads / n_kv_heads;
            x.reshape([n_kv_heads, 1, n_keys, e]).repeat_dim(1, group).reshape([n_heads, n_keys, e])
        };
        let (keys, values) = (spread(split(keys, n_keys, n_kv_heads)), spread(split(values, n_keys, n_kv_heads)));
        let mut scores = split(q, t, n_heads).matmul(keys.swap_dims(1, 2)) / (e as f32).sqrt();
        if causal {
            let mask: Vec<f32> =
                (0..t * n_keys).map(|i| if i % n_keys > i / n_keys + (n_keys - t) { -1e9 } else { 0.0 }).collect();
            scores = scores + device::cpu_tensor(mask, [1, t, n_keys]);
        }
        softmax(scores, 2).matmul(values).swap_dims(0, 1).reshape([t, n_heads * e])
    }

    #[test]
    fn the_kernel_is_the_formula() {
        let lengths = [7, 1, 4];
        let t = 12;
        let numbers = |seed: usize, n: usize| -> Vec<f32> {
            (0..n).map(|i| ((i * 7919 + seed * 104_729) % 1009) as f32 / 300.0 - 1.5).collect()
        };
        for (n_heads, n_kv_heads, head_width, causal, n_prefix) in
            [(3, 3, 8, false, 0), (4, 2, 8, true, 0), (4, 1, 20, true, 5), (2, 2, 4, false, 3)]
        {
            let heads = Heads { n_heads, n_kv_heads, head_width, causal };
            let (q_width, kv_width) = (n_heads * head_width, n_kv_heads * head_width);
            let tensor =
                |seed, rows: usize, width: usize| device::cpu_tensor(numbers(seed, rows * width), [rows, width]);
            let (q, keys, values) = (tensor(1, t, q_width), tensor(2, t, kv_width), tensor(3, t, kv_width));
            let [prefix_keys, prefix_values] = [4, 5].map(|seed| tensor(seed, n_prefix, kv_width));
            let prefix = KeysValues::new(prefix_keys.clone(), prefix_values.clone(), &Device::cpu());
            let own = KeysValues::new(keys.clone(), values.clone(), &Device::cpu());
            let got = attention(q.clone(), &own, (n_prefix > 0).then_some(&prefix), &lengths, heads);
            let mut start = 0;
            for length in lengths {
                let cut = |x: &Tensor<2>| x.clone().narrow(0, start, length);
                let with_prefix = |prefix: &Tensor<2>, x: &Tensor<2>| match n_prefix {
                    0 => cut(x),
                    _ => Tensor::cat(vec![prefix.clone(), cut(x)], 0),
                };
                let want =
                    plain(cut(&q), with_prefix(&prefix_keys, &keys), with_prefix(&prefix_values, &values), heads);
                for (got, want) in device::cpu_values(cut(&got)).iter().zip(&device::cpu_values(want)) {
                    assert!((got - want).abs() < 1e-5, "{heads:?}: {got} for {want}");
                }
                start += length;
            }
        }
    }
}
