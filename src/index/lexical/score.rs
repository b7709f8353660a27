//! BM25 (Robertson and Zaragoza 2009): what a term tells, and what it counts in a text.

/// `k1` of BM25: how fast repetitions of a term stop to count. Robertson and Zaragoza 2009 recommend 1.2 to 2.
pub(super) const K1: f32 = 2.0;
/// `b` of BM25: how much long texts are discounted. Chosen, like the weights of `counts.rs`, among some hundred
/// settings: see `BENCHMARKS.md`, "Lexical".
pub(super) const B: f32 = 0.1;

/// What a term tells: much, if few skills have it.
pub(super) fn idf(n_skills: usize, document_frequency: u32) -> f32 {
    let (n, df) = (n_skills as f32, document_frequency as f32);
    (1.0 + (n - df + 0.5).max(0.0) / (df + 0.5)).ln()
}

/// The part of BM25 that depends on the text; `relative_length` is the skill's length by the average.
pub(super) fn tf(count: f32, relative_length: f32) -> f32 {
    count * (K1 + 1.0) / (count + K1 * (1.0 - B + B * relative_length))
}
