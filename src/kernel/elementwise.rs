//! exp, GELU, SwiGLU and softmax as plain loops that the compiler turns into SIMD: no library calls inside.

use super::{dispatch, multiply_add};

dispatch! {
    /// Adds `other`, value by value.
    pub fn add_in_place(values: &mut [f32], other: &[f32]) = add_body
}

dispatch! {
    /// `exp` of every value.
    pub fn exp_in_place(values: &mut [f32]) = exp_body
}

dispatch! {
    /// GELU with the exact error function, as BERT has it.
    pub fn gelu_in_place(values: &mut [f32]) = gelu_body
}

dispatch! {
    /// `silu(gate) * up`, in place of `gate`: the gate of SwiGLU (arXiv 2002.05202).
    pub fn swiglu_in_place(gate: &mut [f32], up: &[f32]) = swiglu_body
}

dispatch! {
    /// Softmax of `scale * values`, in place.
    pub fn softmax_row(values: &mut [f32], scale: f32) = softmax_body
}

#[inline(always)]
fn add_body<const FMA: bool>(values: &mut [f32], other: &[f32]) {
    for (value, other) in values.iter_mut().zip(other) {
        *value += other;
    }
}

#[inline(always)]
fn exp_body<const FMA: bool>(values: &mut [f32]) {
    for value in values {
        *value = exp::<FMA>(*value);
    }
}

#[inline(always)]
fn gelu_body<const FMA: bool>(values: &mut [f32]) {
    for value in values {
        let x = *value;
        *value = 0.5 * x * (1.0 + erf::<FMA>(x * std::f32::consts::FRAC_1_SQRT_2));
    }
}

#[inline(always)]
fn swiglu_body<const FMA: bool>(gate: &mut [f32], up: &[f32]) {
    for (gate, up) in gate.iter_mut().zip(up) {
        *gate = *gate / (1.0 + exp::<FMA>(-*gate)) * up;
    }
}

#[inline(always)]
pub(super) fn softmax_body<const FMA: bool>(values: &mut [f32], scale: f32) {
    // Eight running maxima and sums, since the compiler may not reorder float operations by itself.
    let mut maxima = [f32::NEG_INFINITY; 8];
    let chunks = values.chunks_exact(8);
    for value in chunks.remainder() {
        maxima[0] = maxima[0].max(*value);
    }
    for chunk in chunks {
        for lane in 0..8 {
            maxima[lane] = if chunk[lane] > maxima[lane] { chunk[lane] } else { maxima[lane] };
        }
    }
    let max = maxima.iter().copied().fold(f32::NEG_INFINITY, f32::max) * scale;
    for value in values.iter_mut() {
        *value = exp::<FMA>(*value * scale - max);
    }
    let mut sums = [0f32; 8];
    let chunks = values.chunks_exact(8);
    sums[0] += chunks.remainder().iter().sum::<f32>();
    for chunk in chunks {
        for lane in 0..8 {
            sums[lane] += chunk[lane];
        }
    }
    let inverse = 1.0 / sums.iter().sum::<f32>();
    for value in values {
        *value *= inverse;
    }
}

/// `2^round(x / ln 2)` times a polynomial on the rest (Cephes `expf`, S. Moshier 1992); relative error under 2e-7.
#[inline(always)]
fn exp<const FMA: bool>(x: f32) -> f32 {
    const LN2_HIGH: f32 = 0.693_359_4;
    const LN2_LOW: f32 = -2.121_944_4e-4;
    // Outside of this range f32 has no normal result.
    let x = if x < -87.0 { -87.0 } else { x };
    let x = if x > 88.0 { 88.0 } else { x };
    // Adding and subtracting 1.5 * 2^23 rounds to the nearest integer with plain additions.
    const ROUND: f32 = 12_582_912.0;
    let shifted = multiply_add::<FMA>(x, std::f32::consts::LOG2_E, ROUND);
    let n = shifted - ROUND;
    let r = multiply_add::<FMA>(n, -LN2_HIGH, x);
    let r = multiply_add::<FMA>(n, -LN2_LOW, r);
    let mut p = 1.987_569_2e-4;
    for c in [1.398_2e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 0.5] {
        p = multiply_add::<FMA>(p, r, c);
    }
    let p = multiply_add::<FMA>(p, r * r, r) + 1.0;
    let exponent = (shifted.to_bits() as i32).wrapping_sub(ROUND.to_bits() as i32).wrapping_add(127) << 23;
    p * f32::from_bits(exponent as u32)
}

/// The error function by Abramowitz and Stegun 7.1.26; absolute error under 2e-7, plus that of `exp`.
#[inline(always)]
fn erf<const FMA: bool>(x: f32) -> f32 {
    let z = x.abs();
    let t = 1.0 / multiply_add::<FMA>(0.327_591_1, z, 1.0);
    let mut p = 1.061_405_4;
    for c in [-1.453_152, 1.421_413_8, -0.284_496_74, 0.254_829_6] {
        p = multiply_add::<FMA>(p, t, c);
    }
    (1.0 - p * t * exp::<FMA>(-z * z)).copysign(x)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_is_exp() {
        let mut values: Vec<f32> = (-8600..8700).map(|i| i as f32 * 0.01).collect();
        let expected: Vec<f64> = values.iter().map(|&x| f64::from(x).exp()).collect();
        exp_in_place(&mut values);
        for (got, want) in values.iter().zip(&expected) {
            assert!((f64::from(*got) / want - 1.0).abs() < 3e-7, "{got} for {want}");
        }
    }

    /// Values of `torch.nn.functional.gelu` (PyTorch 2) in f64.
    #[test]
    fn gelu_is_the_exact_one() {
        let mut values = vec![-6.0, -3.0, -1.0, -0.1, 0.0, 0.1, 0.5, 1.0, 2.0, 6.0];
        gelu_in_place(&mut values);
        let expected = [
            -5.919_525e-9,
            -0.004_049_694,
            -0.158_655_25,
            -0.046_017_216,
            0.0,
            0.053_982_783,
            0.345_731_23,
            0.841_344_7,
            1.954_499_7,
            6.0,
        ];
        for (got, want) in values.iter().zip(expected) {
            assert!((got - want).abs() < 1e-6, "{got} for {want}");
        }
    }

    #[test]
    fn softmax_sums_to_one_and_survives_large_values() {
        for n in [1, 7, 8, 19] {
            let mut values: Vec<f32> = (0..n).map(|i| 1000.0 + i as f32).collect();
            softmax_row(&mut values, 2.0);
            assert!((values.iter().sum::<f32>() - 1.0).abs() < 1e-6);
            if n > 1 {
                assert!((values[n - 2] / values[n - 1] - (-2f32).exp()).abs() < 1e-6);
            }
        }
    }
}
