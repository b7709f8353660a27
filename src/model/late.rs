//! Late interaction (ColBERT, arXiv 2004.12832): how well a skill answers a task by the vectors of their single tokens,
//! which the encoder makes of each text alone.

/// The mean over the task's tokens of the cosine to the token of the skill that is nearest, from -1 to 1; 0 for a task
/// without tokens.
///
/// # Shapes
/// `query` is `[q, d]` and `document` `[t, d]`, rows of length 1.
pub fn interaction(query: &[f32], document: &[f32], d: usize) -> f32 {
    let nearest = |token: &[f32]| document.chunks_exact(d).map(|other| dot(token, other)).fold(-1.0, f32::max);
    let n = query.len() / d;
    query.chunks_exact(d).map(nearest).sum::<f32>() / n.max(1) as f32
}

/// Eight sums side by side, so that the compiler makes vector instructions of it.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0; 8];
    for (a, b) in a.chunks_exact(8).zip(b.chunks_exact(8)) {
        for (sum, (a, b)) in sums.iter_mut().zip(a.iter().zip(b)) {
            *sum += a * b;
        }
    }
    sums.iter().sum()
}

/// The rows between the first and the last token of each text, which are the same in every text.
///
/// # Shapes
/// `rows` is `[t, d]`; `lengths` has an entry for each text.
pub fn inner_rows<'a>(rows: &'a [f32], lengths: &'a [usize], d: usize) -> impl Iterator<Item = &'a [f32]> {
    lengths.iter().scan(0, move |start, &length| {
        let (first, end) = (*start + 1, (*start + length).max(*start + 2) - 1);
        *start += length;
        Some(&rows[(first * d).min(rows.len())..(end * d).min(rows.len())])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const D: usize = 8;

    fn rows(tokens: &[[f32; 2]]) -> Vec<f32> {
        tokens.iter().flat_map(|[x, y]| [*x, *y, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]).collect()
    }

    #[test]
    fn each_token_takes_the_nearest() {
        let query = rows(&[[1.0, 0.0], [0.6, 0.8]]);
        let document = rows(&[[0.0, 1.0], [0.8, 0.6], [-1.0, 0.0]]);
        // 0.8 and 0.96.
        assert!((interaction(&query, &document, D) - 0.88).abs() < 1e-6);
        assert_eq!(interaction(&[], &document, D), 0.0);
        assert_eq!(interaction(&query, &[], D), -1.0);
    }

    #[test]
    fn the_first_and_the_last_token_do_not_count() {
        let all = rows(&[[1.0, 0.0], [2.0, 0.0], [3.0, 0.0], [4.0, 0.0], [5.0, 0.0], [6.0, 0.0]]);
        let inner: Vec<&[f32]> = inner_rows(&all, &[3, 2, 1], D).collect();
        assert_eq!(inner, [&all[D..2 * D], &[], &[]]);
    }
}
