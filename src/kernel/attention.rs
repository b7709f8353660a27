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

/// What one pass over the keys and values of a head works in. Keys are `[e, keys]` and values `[keys, e]`, both with zeros up to
/// whole registers; queries are `[e, rows]`, scores `[rows, keys]` and shares `[keys, rows]`, so that what is broadcast lies side
/// by side.
struct Scratch {
    keys: Vec<f32>,
    values: Vec<f32>,
    queries: Vec<[f32; QUERY_ROWS]>,
    scores: Vec<f32>,
    shares: Vec<[f32; QUERY_ROWS]>,
    padded_keys: usize,
    padded_e: usize,
}

impl Scratch {
    fn new(e: usize, max_keys: usize, lanes: usize) -> Scratch {
        let (padded_keys, padded_e) = (max_keys.next_multiple_of(lanes), e.next_multiple_of(lanes));
        Scratch {
            keys: vec![0.0; e * padded_keys],
            values: vec![0.0; max_keys * padded_e],
            queries: vec![[0.0; QUERY_ROWS]; e],
            scores: vec![0.0; QUERY_ROWS * padded_keys],
            shares: vec![[0.0; QUERY_ROWS]; max_keys],
            padded_keys,
            padded_e,
        }
    }

    /// Puts one key and its value in their places.
    #[inline(always)]
    fn lay_out(&mut self, key: usize, new_key: &[f32], new_value: &[f32]) {
        for (c, x) in new_key.iter().enumerate() {
            self.keys[c * self.padded_keys + key] = *x;
        }
        self.values[key * self.padded_e..][..new_value.len()].copy_from_slice(new_value);
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
    let mut scratch = Scratch::new(e, max_keys, L);
    for kv_head in 0..n_kv_heads {
        let place = |row: usize| row * kv_width + kv_head * e;
        for key in 0..n_prefix {
            let [new_key, new_value] = prefix.map(|rows| &rows[place(key)..][..e]);
            scratch.lay_out(key, new_key, new_value);
        }
        let mut start = 0;
        for &t in lengths {
            for token in 0..t {
                let [new_key, new_value] = own.map(|rows| &rows[place(start + token)..][..e]);
                scratch.lay_out(n_prefix + token, new_key, new_value);
            }
            for head in kv_head * group..(kv_head + 1) * group {
                for first in (0..t).step_by(QUERY_ROWS) {
                    let m = QUERY_ROWS.min(t - first);
                    let n_keys = n_prefix + if causal { first + m } else { t };
                    // The keys that the first of these rows sees; each row after it sees one more.
                    let n_seen = causal.then_some(n_prefix + first + 1);
                    let place = (start + first) * q_width + head * e;
                    attend_rows::<FMA, L>(&mut scratch, &q[place..], m, q_width, e, n_keys, n_seen, &mut out[place..]);
                }
            }
            start += t;
        }
    }
}

/// Attention of `m` rows of one head over `n_keys` keys; `q` and `out` begin at the first of the rows, which are `width` apart.
#[allow(clippy::too_many_arguments, reason = "the inner loop of one function")]
#[inline(always)]
fn attend_rows<const FMA: bool, const L: usize>(
    scratch: &mut Scratch,
    q: &[f32],
    m: usize,
    width: usize,
    e: usize,
    n_keys: usize,
    n_seen: Option<usize>,
    out: &mut [f32],
) {
    let Scratch { keys, values, queries, scores, shares, padded_keys, padded_e } = scratch;
    let (padded_keys, padded_e, scale) = (*padded_keys, *padded_e, 1.0 / (e as f32).sqrt());
    for row in 0..m {
        for (query, x) in queries.iter_mut().zip(&q[row * width..][..e]) {
            query[row] = *x;
        }
    }
    for key in (0..n_keys).step_by(L) {
        let sums = outer_sums::<FMA, L>(queries.iter(), keys[key..].chunks(padded_keys));
        for (row, sums) in sums.iter().enumerate() {
            scores[row * padded_keys + key..][..L].copy_from_slice(sums);
        }
    }
    for row in 0..m {
        let n_seen = n_seen.map_or(n_keys, |first| first + row);
        let scores = &mut scores[row * padded_keys..][..n_keys];
        softmax_body::<FMA>(&mut scores[..n_seen], scale);
        scores[n_seen..].fill(0.0);
        for (shares, score) in shares.iter_mut().zip(scores) {
            shares[row] = *score;
        }
    }
    for c in (0..e).step_by(L) {
        let sums = outer_sums::<FMA, L>(shares[..n_keys].iter(), values[c..].chunks(padded_e));
        let n_columns = L.min(e - c);
        for (row, sums) in sums.iter().enumerate().take(m) {
            out[row * width + c..][..n_columns].copy_from_slice(&sums[..n_columns]);
        }
    }
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
