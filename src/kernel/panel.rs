//! A quantized matrix laid out for the multiply-add instructions, and the inner loop over it for each instruction set.
//!
//! Outputs go in panels of [`LANES`]. Within a panel the inputs go in pairs, and each pair holds its two weights for
//! all outputs of the panel side by side: `[panel][pair][output]`, two i8 with 8 bits, and one byte with 4 bits (the
//! first in the low half, each plus 8). Scales are `[panel][block][output]`, f32. Rows and pairs that do not exist are
//! zero. So one load of 32 or 16 bytes serves 16 outputs, and one 32-bit broadcast of two activations meets all of them.

use crate::matrix::{BLOCK, Bits, Quantized};

/// Outputs of one panel: the 32-bit lanes of the widest register, AVX-512's.
pub const LANES: usize = 16;

/// Pairs of inputs in one block.
const BLOCK_PAIRS: usize = BLOCK / 2;

/// Partial results of `M` rows for one panel.
pub(super) type Tile<const M: usize> = [[f32; LANES]; M];

/// A [`Quantized`] matrix `[n, k]` in panels.
#[derive(Clone, Debug)]
pub struct Panels {
    /// Outputs.
    pub n: usize,
    /// Inputs.
    pub k: usize,
    bits: Bits,
    quants: Vec<u8>,
    scales: Vec<f32>,
}

/// Bytes of one pair of inputs for all outputs of a panel.
fn pair_bytes(bits: Bits) -> usize {
    LANES * bits.row_bytes(2)
}

impl Panels {
    /// Lays out a matrix.
    pub fn new(matrix: &Quantized) -> Panels {
        let Quantized { bits, n, k, .. } = *matrix;
        let n_pairs = k.div_ceil(2);
        let n_panels = n.div_ceil(LANES);
        // Zero is a byte of two eights with 4 bits.
        let zero = if bits == Bits::Four { 0x88 } else { 0 };
        let mut quants = vec![zero; n_panels * n_pairs * pair_bytes(bits)];
        let mut scales = vec![0.0; n_panels * matrix.n_blocks() * LANES];
        for (row, bytes) in matrix.quants.chunks_exact(bits.row_bytes(k)).enumerate() {
            let (panel, lane) = (row / LANES, row % LANES);
            let places = quants[panel * n_pairs * pair_bytes(bits)..].chunks_exact_mut(pair_bytes(bits));
            for (place, pair) in places.zip(bytes.chunks(bits.row_bytes(2))) {
                place[lane * bits.row_bytes(2)..][..pair.len()].copy_from_slice(pair);
            }
            for block in 0..matrix.n_blocks() {
                scales[(panel * matrix.n_blocks() + block) * LANES + lane] =
                    matrix.scales[row * matrix.n_blocks() + block].to_f32();
            }
        }
        Panels { n, k, bits, quants, scales }
    }

    /// Pairs of inputs; the row length of the activations is twice this.
    pub(super) fn n_pairs(&self) -> usize {
        self.k.div_ceil(2)
    }

    pub(super) fn n_panels(&self) -> usize {
        self.n.div_ceil(LANES)
    }

    fn panel(&self, panel: usize) -> (&[u8], &[f32]) {
        let (quants, scales) = (self.n_pairs() * pair_bytes(self.bits), self.k.div_ceil(BLOCK) * LANES);
        (&self.quants[panel * quants..][..quants], &self.scales[panel * scales..][..scales])
    }

    /// Products of `M` rows of activations (`[M, 2 * n_pairs]`) with one panel.
    #[inline]
    pub(super) fn tile<const M: usize>(&self, set: InstructionSet, rows: &[i16], panel: usize) -> Tile<M> {
        match self.bits {
            Bits::Eight => self.tile_of::<M, false>(set, rows, panel),
            Bits::Four => self.tile_of::<M, true>(set, rows, panel),
        }
    }

    #[inline]
    fn tile_of<const M: usize, const FOUR: bool>(&self, set: InstructionSet, rows: &[i16], panel: usize) -> Tile<M> {
        assert_eq!(rows.len(), M * 2 * self.n_pairs(), "activations must be M whole rows");
        let (quants, scales) = self.panel(panel);
        match set {
            #[cfg(target_arch = "x86_64")]
            // SAFETY: `InstructionSet::available` found the features; the lengths were just checked.
            InstructionSet::Avx512 => unsafe { avx512::<M, FOUR>(rows, self.n_pairs(), quants, scales) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: as above.
            InstructionSet::Avx2 => unsafe { avx2::<M, FOUR>(rows, self.n_pairs(), quants, scales) },
            #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
            InstructionSet::Simd128 => simd128::<M, FOUR>(rows, self.n_pairs(), quants, scales),
            InstructionSet::Plain => plain::<M, FOUR>(rows, self.n_pairs(), quants, scales),
        }
    }
}

/// The instruction sets that have an inner loop of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum InstructionSet {
    #[cfg(target_arch = "x86_64")]
    Avx512,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
    Simd128,
    /// Loops that the compiler may vectorise as it can.
    Plain,
}

impl InstructionSet {
    /// All that this machine has, best first.
    pub(super) fn available() -> Vec<InstructionSet> {
        let mut sets = Vec::new();
        #[cfg(target_arch = "x86_64")]
        {
            if is_x86_feature_detected!("avx512vnni") && is_x86_feature_detected!("avx512bw") {
                sets.push(InstructionSet::Avx512);
            }
            if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
                sets.push(InstructionSet::Avx2);
            }
        }
        #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
        sets.push(InstructionSet::Simd128);
        sets.push(InstructionSet::Plain);
        sets
    }

    /// Rows of a tile whose sums fit the registers: 32 of 512 bits, 16 of 256, or 16 of 128 (8 outputs at a time).
    pub(super) fn tile_rows(self) -> usize {
        match self {
            #[cfg(target_arch = "x86_64")]
            InstructionSet::Avx512 => 8,
            _ => 4,
        }
    }

    pub(super) fn best() -> InstructionSet {
        static BEST: std::sync::OnceLock<InstructionSet> = std::sync::OnceLock::new();
        *BEST.get_or_init(|| InstructionSet::available()[0])
    }
}

/// Two weights of 4 bits from their byte.
fn unpack(byte: u8) -> [i32; 2] {
    [i32::from(byte & 15) - 8, i32::from(byte >> 4) - 8]
}

fn plain<const M: usize, const FOUR: bool>(rows: &[i16], n_pairs: usize, quants: &[u8], scales: &[f32]) -> Tile<M> {
    let bytes = if FOUR { 1 } else { 2 };
    let mut tile = [[0.0; LANES]; M];
    for (row, out) in rows.chunks_exact(2 * n_pairs).zip(&mut tile) {
        let blocks = row.chunks(BLOCK).zip(quants.chunks(BLOCK_PAIRS * LANES * bytes)).zip(scales.chunks_exact(LANES));
        for ((row, quants), scales) in blocks {
            let mut sums = [0i32; LANES];
            for (pair, weights) in row.chunks_exact(2).zip(quants.chunks_exact(LANES * bytes)) {
                let (a, b) = (i32::from(pair[0]), i32::from(pair[1]));
                for (sum, w) in sums.iter_mut().zip(weights.chunks_exact(bytes)) {
                    let [first, second] =
                        if FOUR { unpack(w[0]) } else { [i32::from(w[0] as i8), i32::from(w[1] as i8)] };
                    *sum += a * first + b * second;
                }
            }
            for ((out, sum), scale) in out.iter_mut().zip(sums).zip(scales) {
                *out += sum as f32 * scale;
            }
        }
    }
    tile
}

/// # Safety
/// The processor has the features, `rows` is `[M, 2 * n_pairs]`, and `quants` and `scales` are one whole panel.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
unsafe fn avx512<const M: usize, const FOUR: bool>(
    rows: &[i16],
    n_pairs: usize,
    quants: &[u8],
    scales: &[f32],
) -> Tile<M> {
    use std::arch::x86_64::*;
    let mut out = [_mm512_setzero_ps(); M];
    for block in 0..scales.len() / LANES {
        let mut sums = [_mm512_setzero_si512(); M];
        for pair in block * BLOCK_PAIRS..((block + 1) * BLOCK_PAIRS).min(n_pairs) {
            // SAFETY: `pair` is within the panel's quants and within each row.
            unsafe {
                let weights = if FOUR {
                    let bytes = _mm512_cvtepu8_epi32(_mm_loadu_si128(quants.as_ptr().add(pair * LANES).cast()));
                    let low = _mm512_and_si512(bytes, _mm512_set1_epi32(0x0f));
                    let high = _mm512_slli_epi32(_mm512_and_si512(bytes, _mm512_set1_epi32(0xf0)), 12);
                    _mm512_sub_epi16(_mm512_or_si512(low, high), _mm512_set1_epi16(8))
                } else {
                    _mm512_cvtepi8_epi16(_mm256_loadu_si256(quants.as_ptr().add(pair * 2 * LANES).cast()))
                };
                for (row, sum) in sums.iter_mut().enumerate() {
                    let pair = rows.as_ptr().add(row * 2 * n_pairs + 2 * pair).cast::<i32>().read_unaligned();
                    *sum = _mm512_dpwssd_epi32(*sum, _mm512_set1_epi32(pair), weights);
                }
            }
        }
        // SAFETY: `block` is within the panel's scales.
        let scale = unsafe { _mm512_loadu_ps(scales.as_ptr().add(block * LANES)) };
        for (out, sum) in out.iter_mut().zip(sums) {
            *out = _mm512_fmadd_ps(_mm512_cvtepi32_ps(sum), scale, *out);
        }
    }
    let mut tile = [[0.0; LANES]; M];
    for (tile, out) in tile.iter_mut().zip(out) {
        // SAFETY: a tile row has 16 places.
        unsafe { _mm512_storeu_ps(tile.as_mut_ptr(), out) };
    }
    tile
}

/// # Safety
/// The processor has the features, `rows` is `[M, 2 * n_pairs]`, and `quants` and `scales` are one whole panel.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn avx2<const M: usize, const FOUR: bool>(
    rows: &[i16],
    n_pairs: usize,
    quants: &[u8],
    scales: &[f32],
) -> Tile<M> {
    use std::arch::x86_64::*;
    let mut out = [[_mm256_setzero_ps(); 2]; M];
    for block in 0..scales.len() / LANES {
        let mut sums = [[_mm256_setzero_si256(); 2]; M];
        for pair in block * BLOCK_PAIRS..((block + 1) * BLOCK_PAIRS).min(n_pairs) {
            // SAFETY: `pair` is within the panel's quants and within each row.
            unsafe {
                let mut weights = [_mm256_setzero_si256(); 2];
                for (half, weights) in weights.iter_mut().enumerate() {
                    *weights = if FOUR {
                        let bytes = _mm_loadl_epi64(quants.as_ptr().add(pair * LANES + half * 8).cast());
                        let bytes = _mm256_cvtepu8_epi32(bytes);
                        let low = _mm256_and_si256(bytes, _mm256_set1_epi32(0x0f));
                        let high = _mm256_slli_epi32(_mm256_and_si256(bytes, _mm256_set1_epi32(0xf0)), 12);
                        _mm256_sub_epi16(_mm256_or_si256(low, high), _mm256_set1_epi16(8))
                    } else {
                        let bytes = quants.as_ptr().add(pair * 2 * LANES + half * 16).cast();
                        _mm256_cvtepi8_epi16(_mm_loadu_si128(bytes))
                    };
                }
                for (row, sums) in sums.iter_mut().enumerate() {
                    let pair = rows.as_ptr().add(row * 2 * n_pairs + 2 * pair).cast::<i32>().read_unaligned();
                    for half in 0..2 {
                        let products = _mm256_madd_epi16(_mm256_set1_epi32(pair), weights[half]);
                        sums[half] = _mm256_add_epi32(sums[half], products);
                    }
                }
            }
        }
        for half in 0..2 {
            // SAFETY: `block` is within the panel's scales.
            let scale = unsafe { _mm256_loadu_ps(scales.as_ptr().add(block * LANES + half * 8)) };
            for (out, sums) in out.iter_mut().zip(&sums) {
                out[half] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(sums[half]), scale, out[half]);
            }
        }
    }
    let mut tile = [[0.0; LANES]; M];
    for (tile, [low, high]) in tile.iter_mut().zip(out) {
        // SAFETY: a tile row has 16 places.
        unsafe {
            _mm256_storeu_ps(tile.as_mut_ptr(), low);
            _mm256_storeu_ps(tile.as_mut_ptr().add(8), high);
        }
    }
    tile
}

/// Eight outputs at a time: the sums of four rows are 8 registers then, and 16 is what there is below wasm on x86.
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
fn simd128<const M: usize, const FOUR: bool>(rows: &[i16], n_pairs: usize, quants: &[u8], scales: &[f32]) -> Tile<M> {
    use std::arch::wasm32::*;
    let mut tile = [[0.0; LANES]; M];
    for half in 0..2 {
        for block in 0..scales.len() / LANES {
            let mut sums = [[i32x4_splat(0); 2]; M];
            for pair in block * BLOCK_PAIRS..((block + 1) * BLOCK_PAIRS).min(n_pairs) {
                // SAFETY: `pair` is within the panel's quants and within each row.
                unsafe {
                    let weights = if FOUR {
                        let bytes = u16x8_load_extend_u8x8(quants.as_ptr().add(pair * LANES + half * 8));
                        let spread = |words: v128| {
                            let low = v128_and(words, i32x4_splat(0x0f));
                            let high = i32x4_shl(v128_and(words, i32x4_splat(0xf0)), 12);
                            i16x8_sub(v128_or(low, high), i16x8_splat(8))
                        };
                        [spread(u32x4_extend_low_u16x8(bytes)), spread(u32x4_extend_high_u16x8(bytes))]
                    } else {
                        let quants = quants.as_ptr().add(pair * 2 * LANES + half * 16).cast();
                        [i16x8_load_extend_i8x8(quants), i16x8_load_extend_i8x8(quants.add(8))]
                    };
                    for (row, sums) in sums.iter_mut().enumerate() {
                        let pair = v128_load32_splat(rows.as_ptr().add(row * 2 * n_pairs + 2 * pair).cast());
                        for (sum, weights) in sums.iter_mut().zip(weights) {
                            *sum = i32x4_add(*sum, i32x4_dot_i16x8(pair, weights));
                        }
                    }
                }
            }
            for quarter in 0..2 {
                // SAFETY: `block` is within the panel's scales, and a tile row has 16 places.
                unsafe {
                    let start = half * 8 + quarter * 4;
                    let scale = v128_load(scales.as_ptr().add(block * LANES + start).cast());
                    for (tile, sums) in tile.iter_mut().zip(&sums) {
                        let place = tile.as_mut_ptr().add(start).cast::<v128>();
                        let product = f32x4_mul(f32x4_convert_i32x4(sums[quarter]), scale);
                        v128_store(place, f32x4_add(v128_load(place), product));
                    }
                }
            }
        }
    }
    tile
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every instruction set of this machine gives what the plain loops give, to the rounding of f32.
    #[test]
    fn instruction_sets_agree() {
        let shapes = [(16, 64), (40, 200), (5, 7), (33, 129)];
        for (bits, (n, k)) in [Bits::Eight, Bits::Four].into_iter().flat_map(|bits| shapes.map(|shape| (bits, shape))) {
            let weights: Vec<f32> = (0..n * k).map(|i| ((i * 7919 % 257) as f32 - 128.0) / 100.0).collect();
            let panels = Panels::new(&Quantized::new(bits, &weights, n, k));
            let rows: Vec<i16> = (0..4 * 2 * panels.n_pairs()).map(|i| (i * 31_337 % 65_535) as u16 as i16).collect();
            for set in InstructionSet::available() {
                for panel in 0..panels.n_panels() {
                    let expected: Tile<4> = panels.tile(InstructionSet::Plain, &rows, panel);
                    let got: Tile<4> = panels.tile(set, &rows, panel);
                    for (got, want) in got.iter().flatten().zip(expected.iter().flatten()) {
                        // The last bit of f32 at the largest sum, 200 * 32768 * 1.28, is 0.5; values are about 1e5.
                        assert!((got - want).abs() <= 0.5, "{set:?} {bits:?} [{n}, {k}]: {got} for {want}");
                    }
                }
            }
        }
    }
}
