//! Softmax attention on slices: bidirectional or causal, with grouped key/value heads and a shared prefix.

use super::{dispatch, elementwise::softmax_body, multiply_add};

/// The heads of an attention layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heads {
    /// `h`
    pub n_heads: usize,
    /// `g`: key/value heads; each serves `h / g` query heads that stand side by side.
    pub n_kv_heads: usize,
    /// `e`
    pub head_width: usize,
    /// A token sees itself and what stands before it; otherwise the whole text.
    pub causal: bool,
}

dispatch! {
    /// Softmax attention of each text over `prefix`, which all texts see, and its own tokens.
    ///
    /// Texts stand end to end: `q` and `out` are `[t, h * e]`, where `t` is the sum of `lengths`. `own` and `prefix` are keys, then
    /// values, `[rows, g * e]`; `own` has `t` rows.
    pub fn attend(
        q: &[f32], own: [&[f32]; 2], prefix: [&[f32]; 2], lengths: &[usize], heads: Heads, out: &mut [f32],
    ) = attend_body
}

/// Query rows that share one pass over the keys and values.
const QUERY_ROWS: usize = 4;

#[inline(always)]
fn attend_body<const FMA: bool>(
    q: &[f32],
    own: [&[f32]; 2],
    prefix: [&[f32]; 2],
    lengths: &[usize],
    heads: Heads,
    out: &mut [f32],
) {
    // Accumulators of four rows must fit the registers: 16 of 512 bits, or 16 of 128.
    match FMA {
        true => attend_lanes::<FMA, 16>(q, own, prefix, lengths, heads, out),
        false => attend_lanes::<FMA, 8>(q, own, prefix, lengths, heads, out),
    }
}

#[inline(always)]
fn attend_lanes<const FMA: bool, const L: usize>(
    q: &[f32],
    own: [&[f32]; 2],
    prefix: [&[f32]; 2],
    lengths: &[usize],
    heads: Heads,
    out: &mut [f32],
) {
    let Heads { n_heads, n_kv_heads, head_width: e, causal } = heads;
    let (q_width, kv_width, group) = (n_heads * e, n_kv_heads * e, n_heads / n_kv_heads);
    let n_prefix = prefix[0].len() / kv_width;
    let max_keys = n_prefix + lengths.iter().copied().max().unwrap_or(0);
    let scale = 1.0 / (e as f32).sqrt();
    let padded_e = e.next_multiple_of(L);
    let padded_keys = max_keys.next_multiple_of(L);
    // Keys as [e, keys] and values as [keys, e], both with zeros up to whole registers; queries as [e, rows], scores as
    // [keys, rows], so that what is broadcast lies side by side.
    let mut keys = vec![0f32; e * padded_keys];
    let mut values = vec![0f32; max_keys * padded_e];
    let mut queries = vec![[0f32; QUERY_ROWS]; e];
    let mut scores = vec![0f32; QUERY_ROWS * padded_keys];
    let mut shares = vec![[0f32; QUERY_ROWS]; max_keys];
    for kv_head in 0..n_kv_heads {
        let place = |row: usize| row * kv_width + kv_head * e;
        for key in 0..n_prefix {
            let place = place(key);
            let pair = [&prefix[0][place..][..e], &prefix[1][place..][..e]];
            lay_out(key, pair, &mut keys, padded_keys, &mut values, padded_e);
        }
        let mut start = 0;
        for &t in lengths {
            for token in 0..t {
                let place = place(start + token);
                let pair = [&own[0][place..][..e], &own[1][place..][..e]];
                lay_out(n_prefix + token, pair, &mut keys, padded_keys, &mut values, padded_e);
            }
            for head in kv_head * group..(kv_head + 1) * group {
                for first in (0..t).step_by(QUERY_ROWS) {
                    let m = QUERY_ROWS.min(t - first);
                    let q_place = |row: usize| (start + first + row) * q_width + head * e;
                    for row in 0..m {
                        for (query, x) in queries.iter_mut().zip(&q[q_place(row)..][..e]) {
                            query[row] = *x;
                        }
                    }
                    let n_keys = n_prefix + if causal { first + m } else { t };
                    for key in (0..n_keys).step_by(L) {
                        let sums = outer_sums::<FMA, L>(queries.iter(), keys[key..].chunks(padded_keys));
                        for (row, sums) in sums.iter().enumerate() {
                            scores[row * padded_keys + key..][..L].copy_from_slice(sums);
                        }
                    }
                    for row in 0..m {
                        let n_seen = if causal { n_prefix + first + row + 1 } else { n_keys };
                        let scores = &mut scores[row * padded_keys..][..n_keys];
                        softmax_body::<FMA>(&mut scores[..n_seen], scale);
                        scores[n_seen..].fill(0.0);
                        for (shares, score) in shares.iter_mut().zip(scores) {
                            shares[row] = *score;
                        }
                    }
                    for c in (0..e).step_by(L) {
                        let sums = outer_sums::<FMA, L>(shares[..n_keys].iter(), values[c..].chunks(padded_e));
                        let width = L.min(e - c);
                        for (row, sums) in sums.iter().enumerate().take(m) {
                            out[q_place(row) + c..][..width].copy_from_slice(&sums[..width]);
                        }
                    }
                }
            }
            start += t;
        }
    }
}

/// Puts one key, transposed, and its value in their places.
#[inline(always)]
fn lay_out(
    key: usize,
    [new_key, new_value]: [&[f32]; 2],
    keys: &mut [f32],
    padded_keys: usize,
    values: &mut [f32],
    padded_e: usize,
) {
    for (c, x) in new_key.iter().enumerate() {
        keys[c * padded_keys + key] = *x;
    }
    values[key * padded_e..][..new_value.len()].copy_from_slice(new_value);
}

/// The sum over `i` of the outer products of `left[i]` with the first `L` of `right[i]`.
#[inline(always)]
fn outer_sums<'a, const FMA: bool, const L: usize>(
    left: impl Iterator<Item = &'a [f32; QUERY_ROWS]>,
    right: impl Iterator<Item = &'a [f32]>,
) -> [[f32; L]; QUERY_ROWS] {
    let mut sums = [[0f32; L]; QUERY_ROWS];
    for (left, right) in left.zip(right) {
        let right: &[f32; L] = right[..L].try_into().expect("L values");
        for (sums, x) in sums.iter_mut().zip(left) {
            for (sum, y) in sums.iter_mut().zip(right) {
                *sum = multiply_add::<FMA>(*x, *y, *sum);
            }
        }
    }
    sums
}
