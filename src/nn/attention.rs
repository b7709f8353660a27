//! Softmax attention.

use burn::tensor::Tensor;

use crate::{
    device,
    kernel::{self, HeadShape},
};

/// Bidirectional multi-head attention: each token of a text looks at all tokens of the same text, never at padding.
/// Rows of padding come out as zeros.
///
/// # Shapes
/// `q`, `k`, `v` and the result are `[b, t, h * e]`; `lengths` has `b` entries of at most `t`.
pub fn attention(q: Tensor<3>, k: Tensor<3>, v: Tensor<3>, n_heads: usize, lengths: &[usize]) -> Tensor<3> {
    let [b, t, d] = q.dims();
    let shape = HeadShape { n_heads, head_width: d / n_heads, n_tokens: t };
    let mut out = vec![0.0; b * t * d];
    kernel::attend(&device::cpu_values(q), &device::cpu_values(k), &device::cpu_values(v), lengths, shape, &mut out);
    device::cpu_tensor(out, [b, t, d])
}

#[cfg(test)]
mod tests {
    use burn::tensor::activation::softmax;

    use super::*;

    /// The oracle: the same in burn's own operations, one text at a time, so that nothing has to be masked.
    fn plain(q: Tensor<3>, k: Tensor<3>, v: Tensor<3>, n_heads: usize) -> Tensor<3> {
        let [b, t, d] = q.dims();
        let e = d / n_heads;
        let split = |x: Tensor<3>| x.reshape([b, t, n_heads, e]).swap_dims(1, 2);
        let scores = split(q).matmul(split(k).swap_dims(2, 3)) / (e as f32).sqrt();
        softmax(scores, 3).matmul(split(v)).swap_dims(1, 2).reshape([b, t, d])
    }

    #[test]
    fn the_kernel_is_the_formula_and_ignores_padding() {
        let (n_heads, d, lengths) = (3, 24, [7, 1, 4]);
        let t = 7;
        let numbers = |seed: usize| -> Vec<f32> {
            (0..3 * t * d).map(|i| ((i * 7919 + seed * 104_729) % 1009) as f32 / 300.0 - 1.5).collect()
        };
        let tensor = |seed| device::cpu_tensor(numbers(seed), [3, t, d]);
        let got = attention(tensor(1), tensor(2), tensor(3), n_heads, &lengths);
        for (text, &length) in lengths.iter().enumerate() {
            let cut = |x: Tensor<3>| x.slice([text..text + 1, 0..length, 0..d]);
            let want = device::cpu_values(plain(cut(tensor(1)), cut(tensor(2)), cut(tensor(3)), n_heads));
            let got = device::cpu_values(cut(got.clone()));
            for (got, want) in got.iter().zip(&want) {
                assert!((got - want).abs() < 1e-5, "{got} for {want}");
            }
        }
    }
}
