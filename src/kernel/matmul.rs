//! Products with quantized matrices, on slices.

use super::{
    dispatch, multiply_add,
    panel::{InstructionSet, LANES, Panels},
};

/// Rows of activations that are worked on together, so that they stay in the cache while all panels pass by.
const ROWS: usize = 128;

/// `x [m, k]` times the transpose of `weights [n, k]`, plus `bias [n]`, as `[m, n]`.
///
/// # Panics
/// When the lengths do not fit these shapes.
pub fn matmul(x: &[f32], weights: &Panels, bias: Option<&[f32]>) -> Vec<f32> {
    let (n, k) = (weights.n, weights.k);
    assert!(x.len().is_multiple_of(k), "x must be [m, {k}]");
    let set = InstructionSet::best();
    let n_columns = 2 * weights.n_pairs();
    let mut out = vec![0.0; x.len() / k * n];
    let mut quants = vec![0i16; ROWS.min(x.len() / k) * n_columns];
    let mut scales = [0f32; ROWS];
    for (x, out) in x.chunks(ROWS * k).zip(out.chunks_mut(ROWS * n)) {
        let m = x.len() / k;
        for ((row, quants), scale) in x.chunks_exact(k).zip(quants.chunks_exact_mut(n_columns)).zip(&mut scales) {
            quantize_row(row, &mut quants[..k], scale);
        }
        for panel in 0..weights.n_panels() {
            let mut row = 0;
            while row < m {
                let place = Place { first_row: row, panel, n };
                let rows = |n_rows: usize| &quants[row * n_columns..][..n_rows * n_columns];
                row += match set.tile_rows().min(m - row) {
                    8.. => place.store(&weights.tile::<8>(set, rows(8), panel), &scales, bias, out),
                    4.. => place.store(&weights.tile::<4>(set, rows(4), panel), &scales, bias, out),
                    2.. => place.store(&weights.tile::<2>(set, rows(2), panel), &scales, bias, out),
                    _ => place.store(&weights.tile::<1>(set, rows(1), panel), &scales, bias, out),
                };
            }
        }
    }
    out
}

/// Where a tile goes in the output.
struct Place {
    first_row: usize,
    panel: usize,
    n: usize,
}

impl Place {
    /// Scales a tile, adds the bias, stores it, and returns its number of rows.
    #[inline(always)]
    fn store<const M: usize>(
        &self,
        tile: &[[f32; LANES]; M],
        scales: &[f32],
        bias: Option<&[f32]>,
        out: &mut [f32],
    ) -> usize {
        let start = self.panel * LANES;
        let width = LANES.min(self.n - start);
        for (row, tile) in tile.iter().enumerate() {
            let scale = scales[self.first_row + row];
            let out = &mut out[(self.first_row + row) * self.n + start..][..width];
            match bias {
                Some(bias) => {
                    for ((out, sum), bias) in out.iter_mut().zip(tile).zip(&bias[start..]) {
                        *out = sum * scale + bias;
                    }
                }
                None => {
                    for (out, sum) in out.iter_mut().zip(tile) {
                        *out = sum * scale;
                    }
                }
            }
        }
        M
    }
}

dispatch! {
    /// Rounds a row of activations to 16 bits; `row` is about `quants * scale`.
    pub fn quantize_row(row: &[f32], quants: &mut [i16], scale: &mut f32) = quantize_row_body
}

#[inline(always)]
fn quantize_row_body<const FMA: bool>(row: &[f32], quants: &mut [i16], scale: &mut f32) {
    let mut maxima = [0f32; 16];
    for chunk in row.chunks(16) {
        for (max, x) in maxima.iter_mut().zip(chunk) {
            let x = x.abs();
            *max = if x > *max { x } else { *max };
        }
    }
    let max = maxima.iter().copied().fold(0f32, f32::max);
    // 32767 times the weights' 127 times the 32 of a block is 1.4e8: the sums fit 32 bits with room to spare.
    let inverse = if max > 0.0 { 32767.0 / max } else { 0.0 };
    *scale = max / 32767.0;
    for (quant, x) in quants.iter_mut().zip(row) {
        // Adding 1.5 * 2^23 leaves the rounded integer in the low bits of the f32.
        let bits = multiply_add::<FMA>(*x, inverse, 12_582_912.0).to_bits();
        *quant = bits as i16;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matrix::{Bits, Quantized};

    /// The oracle: dequantize, then multiply in f64.
    #[test]
    fn the_product_is_that_of_the_dequantized_matrix() {
        let shapes = [(1, 16, 64), (3, 40, 200), (15, 33, 129), (130, 5, 7)];
        for (bits, (m, n, k)) in
            [Bits::Eight, Bits::Four].into_iter().flat_map(|bits| shapes.map(|shape| (bits, shape)))
        {
            let x: Vec<f32> = (0..m * k).map(|i| ((i * 7919 % 1009) as f32 - 504.0) / 97.0).collect();
            let weights: Vec<f32> = (0..n * k).map(|i| ((i * 104_729 % 997) as f32 - 498.0) / 1000.0).collect();
            let bias: Vec<f32> = (0..n).map(|i| i as f32).collect();
            let matrix = Quantized::new(bits, &weights, n, k);
            let got = matmul(&x, &Panels::new(&matrix), Some(&bias));
            let mut row = vec![0.0; k];
            for j in 0..n {
                matrix.dequantize_row(j, &mut row);
                for i in 0..m {
                    let want: f64 =
                        x[i * k..][..k].iter().zip(&row).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>()
                            + f64::from(bias[j]);
                    let got = f64::from(got[i * n + j]);
                    // Half a step of each activation, 5.2 / 65534, against weights of at most 0.6.
                    let bound = 5.2 / 65534.0 * 0.6 * k as f64 + 1e-4;
                    assert!((got - want).abs() < bound, "{bits:?} [{m}, {n}, {k}] at {i}, {j}: {got} for {want}");
                }
            }
        }
    }

    #[test]
    fn zeros_give_the_bias() {
        let panels = Panels::new(&Quantized::new(Bits::Eight, &[1.0; 32], 2, 16));
        assert_eq!(matmul(&[0.0; 16], &panels, Some(&[3.0, -4.0])), [3.0, -4.0]);
        assert_eq!(matmul(&[0.0; 16], &panels, None), [0.0, 0.0]);
    }
}
