//! Normalization and rotation of rows, in place.

use super::dispatch;

dispatch! {
    /// Layer normalization of each row of `x`, which has `weight.len()` columns.
    pub fn layer_norm_in_place(x: &mut [f32], weight: &[f32], bias: &[f32], eps: f32) = layer_norm_body
}

dispatch! {
    /// Each row of `x`, which has `weight.len()` columns, by its root mean square, times `weight`.
    pub fn rms_norm_in_place(x: &mut [f32], weight: &[f32], eps: f32) = rms_norm_body
}

dispatch! {
    /// Rotary position embedding, split-half as in Hugging Face: the halves of each head's row of `e` are the two
    /// coordinates. `angles` is `[positions, e]`: the cosines of a position, then its sines.
    pub fn rotate_in_place(x: &mut [f32], positions: &[u32], angles: &[f32], e: usize) = rotate_body
}

/// The sum of `f` over a row, in 16 lanes: the compiler may not reorder float operations by itself.
#[inline(always)]
fn sum(row: &[f32], f: impl Fn(f32) -> f32) -> f32 {
    let mut lanes = [0f32; 16];
    let chunks = row.chunks_exact(16);
    for (lane, x) in lanes.iter_mut().zip(chunks.remainder()) {
        *lane += f(*x);
    }
    for chunk in chunks {
        for (lane, x) in lanes.iter_mut().zip(chunk) {
            *lane += f(*x);
        }
    }
    lanes.iter().sum()
}

#[inline(always)]
fn layer_norm_body<const FMA: bool>(x: &mut [f32], weight: &[f32], bias: &[f32], eps: f32) {
    let d = weight.len();
    for row in x.chunks_exact_mut(d) {
        let mean = sum(row, |x| x) / d as f32;
        let variance = sum(row, |x| (x - mean) * (x - mean)) / d as f32;
        let scale = 1.0 / (variance + eps).sqrt();
        for ((x, weight), bias) in row.iter_mut().zip(weight).zip(bias) {
            *x = (*x - mean) * scale * weight + bias;
        }
    }
}

#[inline(always)]
fn rms_norm_body<const FMA: bool>(x: &mut [f32], weight: &[f32], eps: f32) {
    let d = weight.len();
    for row in x.chunks_exact_mut(d) {
        let scale = 1.0 / (sum(row, |x| x * x) / d as f32 + eps).sqrt();
        for (x, weight) in row.iter_mut().zip(weight) {
            *x = *x * scale * weight;
        }
    }
}

#[inline(always)]
fn rotate_body<const FMA: bool>(x: &mut [f32], positions: &[u32], angles: &[f32], e: usize) {
    let width = x.len() / positions.len().max(1);
    for (row, position) in x.chunks_exact_mut(width.max(1)).zip(positions) {
        let (cosines, sines) = angles[*position as usize * e..][..e].split_at(e / 2);
        for head in row.chunks_exact_mut(e) {
            let (first, second) = head.split_at_mut(e / 2);
            for (((a, b), cos), sin) in first.iter_mut().zip(second).zip(cosines).zip(sines) {
                (*a, *b) = (*a * cos - *b * sin, *b * cos + *a * sin);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn norms_by_hand() {
        let mut x = [1.0, 3.0];
        layer_norm_in_place(&mut x, &[2.0, 2.0], &[0.5, 0.0], 0.0);
        assert_eq!(x, [-1.5, 2.0]);
        let mut x = [3.0, 4.0, 0.0, 0.0, 3.0];
        // The mean of the squares is 34 / 5.
        rms_norm_in_place(&mut x, &[1.0, 0.5, 1.0, 1.0, 2.0], 0.2);
        let root = 7f32.sqrt();
        for (got, want) in x.iter().zip([3.0 / root, 2.0 / root, 0.0, 0.0, 6.0 / root]) {
            assert!((got - want).abs() < 1e-6);
        }
    }

    #[test]
    fn a_quarter_turn_swaps_the_halves() {
        let mut x = [1.0, 2.0, 3.0, 4.0];
        rotate_in_place(&mut x, &[1], &[1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0], 4);
        assert_eq!(x, [-3.0, -4.0, 1.0, 2.0]);
    }
}
