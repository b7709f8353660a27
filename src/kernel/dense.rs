//! Products with matrices in f32, on slices: what quantized ones are held against, and no path that has to be fast.

use super::{dispatch, multiply_add};

/// Sums side by side, so that the compiler makes vector instructions of it.
const SUMS: usize = 16;

/// `x [m, k]` times the transpose of `weights [n, k]`, plus `bias [n]`, as `[m, n]`.
///
/// # Panics
/// When the lengths do not fit these shapes.
pub fn matmul_dense(x: &[f32], weights: &[f32], k: usize, bias: Option<&[f32]>) -> Vec<f32> {
    assert!(x.len().is_multiple_of(k) && weights.len().is_multiple_of(k), "rows must have {k} places");
    let n = weights.len() / k;
    let mut out = vec![0.0; x.len() / k * n];
    for (x, out) in x.chunks_exact(k).zip(out.chunks_exact_mut(n)) {
        products(x, weights, out);
        if let Some(bias) = bias {
            out.iter_mut().zip(bias).for_each(|(out, bias)| *out += bias);
        }
    }
    out
}

dispatch! {
    /// The dot products of one row with all rows of a matrix.
    fn products(x: &[f32], weights: &[f32], out: &mut [f32]) = products_body
}

#[inline(always)]
fn products_body<const FMA: bool>(x: &[f32], weights: &[f32], out: &mut [f32]) {
    let whole = x.len() / SUMS * SUMS;
    for (row, out) in weights.chunks_exact(x.len()).zip(out) {
        let mut sums = [0.0; SUMS];
        for (x, row) in x[..whole].chunks_exact(SUMS).zip(row[..whole].chunks_exact(SUMS)) {
            for ((sum, x), w) in sums.iter_mut().zip(x).zip(row) {
                *sum = multiply_add::<FMA>(*x, *w, *sum);
            }
        }
        let rest: f32 = x[whole..].iter().zip(&row[whole..]).map(|(x, w)| x * w).sum();
        *out = sums.iter().sum::<f32>() + rest;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_product_is_the_sum_of_products() {
        for (m, n, k) in [(1, 1, 1), (3, 5, 16), (2, 7, 45)] {
            let numbers = |n: usize, seed: usize| -> Vec<f32> {
                (0..n).map(|i| ((i * 7919 + seed) % 1009) as f32 / 500.0 - 1.0).collect()
            };
            let (x, weights, bias) = (numbers(m * k, 1), numbers(n * k, 2), numbers(n, 3));
            let (got, without) = (matmul_dense(&x, &weights, k, Some(&bias)), matmul_dense(&x, &weights, k, None));
            for (i, j) in (0..m).flat_map(|i| (0..n).map(move |j| (i, j))) {
                let want: f64 = (0..k).map(|c| f64::from(x[i * k + c]) * f64::from(weights[j * k + c])).sum();
                assert!((f64::from(without[i * n + j]) - want).abs() < 1e-5);
                assert!((got[i * n + j] - without[i * n + j] - bias[j]).abs() < 1e-5);
            }
        }
    }
}
