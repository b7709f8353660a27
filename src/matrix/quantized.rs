//! Block-wise quantized matrices: the layout, and the exact arithmetic both ways.
//!
//! A matrix `[n, k]` is cut along `k` into blocks of [`BLOCK`]; the last block of a row may be shorter. Each block has
//! one scale, a binary16 number, and each weight is `quant * scale`: symmetric, so there is nothing to add.
//!
//! - 8 bits: `scale = max |w| / 127`, quants in -127..=127, one byte each.
//! - 4 bits: quants in -8..=7, two in a byte, the even column in the low half, each plus 8. The scale is the one of
//!   least squared error among 21 candidates around `max |w| / 8`.
//!
//! In memory and in files: all quants row by row (each row starts a byte), then all scales row by row, so that kernels
//! read either with unit stride.
//!
//! | bits | quants | scales | bytes for `[n, k]` |
//! |---|---|---|---|
//! | 32 | f32 weights | none | `4 n k` |
//! | 8 | i8 | binary16 | `n k + 2 n ceil(k / 32)` |
//! | 4 | two in a byte | binary16 | `n ceil(k / 2) + 2 n ceil(k / 32)` |
//!
//! Block size and symmetry were measured on real weights: see "Formats" in `BENCHMARKS.md`.

use half::f16;
use serde::{Deserialize, Serialize};

/// Weights that share one scale.
pub const BLOCK: usize = 32;

/// Bits of a quant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Bits {
    /// One quant in a byte.
    #[serde(rename = "q8")]
    Eight,
    /// Two quants in a byte.
    #[serde(rename = "q4")]
    Four,
}

impl Bits {
    /// Bytes of the quants of a row of `k`.
    pub fn row_bytes(self, k: usize) -> usize {
        match self {
            Bits::Eight => k,
            Bits::Four => k.div_ceil(2),
        }
    }
}

/// A quantized matrix `[n, k]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Quantized {
    /// Bits of a quant.
    pub bits: Bits,
    /// Rows.
    pub n: usize,
    /// Columns; blocks run along them.
    pub k: usize,
    /// `[n, row_bytes]`
    pub quants: Vec<u8>,
    /// `[n, ceil(k / BLOCK)]`
    pub scales: Vec<f16>,
}

impl Quantized {
    /// Quantizes a matrix `[n, k]` given row by row.
    ///
    /// # Panics
    /// When `weights` is not `[n, k]`.
    pub fn new(bits: Bits, weights: &[f32], n: usize, k: usize) -> Quantized {
        assert_eq!(weights.len(), n * k, "weights must be [n, k]");
        let mut quants = vec![0; n * bits.row_bytes(k)];
        let mut scales = Vec::with_capacity(n * k.div_ceil(BLOCK));
        for (row, quants) in weights.chunks_exact(k).zip(quants.chunks_exact_mut(bits.row_bytes(k))) {
            for (block, quants) in row.chunks(BLOCK).zip(quants.chunks_mut(bits.row_bytes(BLOCK))) {
                scales.push(match bits {
                    Bits::Eight => quantize_8(block, quants),
                    Bits::Four => quantize_4(block, quants),
                });
            }
        }
        Quantized { bits, n, k, quants, scales }
    }

    /// Blocks in a row.
    pub fn n_blocks(&self) -> usize {
        self.k.div_ceil(BLOCK)
    }

    /// The quant at a place.
    #[inline]
    pub fn quant(&self, row: usize, column: usize) -> i8 {
        let quants = &self.quants[row * self.bits.row_bytes(self.k)..];
        match self.bits {
            Bits::Eight => quants[column] as i8,
            Bits::Four => (quants[column / 2] >> (4 * (column % 2)) & 15) as i8 - 8,
        }
    }

    /// Writes row `row` as f32 into `out`, which has `k` places.
    pub fn dequantize_row(&self, row: usize, out: &mut [f32]) {
        let scales = &self.scales[row * self.n_blocks()..][..self.n_blocks()];
        for ((block, scale), out) in scales.iter().enumerate().zip(out.chunks_mut(BLOCK)) {
            let scale = scale.to_f32();
            for (column, out) in out.iter_mut().enumerate() {
                *out = f32::from(self.quant(row, block * BLOCK + column)) * scale;
            }
        }
    }

    /// The rows `first..end`, as a matrix of their own.
    pub fn rows(&self, first: usize, end: usize) -> Quantized {
        let row_bytes = self.bits.row_bytes(self.k);
        Quantized {
            bits: self.bits,
            n: end - first,
            k: self.k,
            quants: self.quants[first * row_bytes..end * row_bytes].to_vec(),
            scales: self.scales[first * self.n_blocks()..end * self.n_blocks()].to_vec(),
        }
    }
}

fn inverse(scale: f32) -> f32 {
    // A block of zeros has scale 0; its quants are 0 whatever they are divided by.
    if scale != 0.0 { 1.0 / scale } else { 0.0 }
}

fn quantize_8(block: &[f32], quants: &mut [u8]) -> f16 {
    let max = block.iter().fold(0f32, |max, w| max.max(w.abs()));
    let scale = f16::from_f32(max / 127.0);
    let inverse = inverse(scale.to_f32());
    for (quant, w) in quants.iter_mut().zip(block) {
        *quant = (w * inverse).round().clamp(-127.0, 127.0) as i8 as u8;
    }
    scale
}

fn quantize_4(block: &[f32], quants: &mut [u8]) -> f16 {
    let quant = |w: f32, inverse: f32| (w * inverse).round().clamp(-8.0, 7.0);
    // The largest weight goes to -8, the end of the range that reaches further, so the scale has its sign reversed.
    let largest = block.iter().fold(0f32, |largest, w| if w.abs() > largest.abs() { *w } else { largest });
    let mut best = (f16::ZERO, f32::INFINITY);
    for step in -10i8..=10 {
        let scale = f16::from_f32(largest / (-8.0 + 0.2 * f32::from(step)));
        let (scale_f32, inverse) = (scale.to_f32(), inverse(scale.to_f32()));
        let error: f32 = block.iter().map(|w| (w - quant(*w, inverse) * scale_f32).powi(2)).sum();
        if error < best.1 {
            best = (scale, error);
        }
    }
    let inverse = inverse(best.0.to_f32());
    for (byte, pair) in quants.iter_mut().zip(block.chunks(2)) {
        let half = |i: usize| (pair.get(i).map_or(0.0, |w| quant(*w, inverse)) + 8.0) as u8;
        *byte = half(0) | half(1) << 4;
    }
    best.0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 8 bits: half a step, and the rounding of the scale, up to 2^-11 of 127 steps. 4 bits: the step is a sixth of the
    /// largest weight at most, and weights that are cut off at 7 lose up to a step more.
    #[test]
    fn errors_are_bounded_by_the_step() {
        let (n, k) = (3, 101);
        let weights: Vec<f32> = (0..n * k).map(|i| ((i * 37 % 101) as f32 - 50.0) * 0.01).collect();
        for (bits, steps) in [(Bits::Eight, 0.5 + 127.0 / 2048.0), (Bits::Four, 1.51)] {
            let matrix = Quantized::new(bits, &weights, n, k);
            assert_eq!((matrix.quants.len(), matrix.scales.len()), (n * bits.row_bytes(k), 4 * n));
            let mut row = vec![0.0; k];
            for i in 0..n {
                matrix.dequantize_row(i, &mut row);
                for (j, (got, want)) in row.iter().zip(&weights[i * k..]).enumerate() {
                    let step = matrix.scales[i * 4 + j / BLOCK].to_f32().abs();
                    assert!((got - want).abs() <= step * steps, "{bits:?} row {i} column {j}: {got} for {want}");
                }
            }
            let part = matrix.rows(1, 3);
            assert_eq!((part.n, part.quant(1, 100)), (2, matrix.quant(2, 100)));
        }
    }

    #[test]
    fn zeros_stay_zeros() {
        for bits in [Bits::Eight, Bits::Four] {
            let matrix = Quantized::new(bits, &[0.0; 63], 1, 63);
            let mut row = vec![1.0; 63];
            matrix.dequantize_row(0, &mut row);
            assert_eq!(row, vec![0.0; 63]);
        }
    }
}
