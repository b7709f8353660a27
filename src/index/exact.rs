//! Exact search: every vector is looked at. The oracle of every other search, and the fastest up to large indexes.

use super::{
    top_k::{Hit, TopK},
    vectors::{QueryVector, Vectors},
};

/// The `k` skills with the largest dot products.
pub fn search(vectors: &Vectors, query: &QueryVector, k: usize) -> Vec<Hit> {
    let mut top = TopK::new(k);
    for (skill_idx, score) in vectors.similarities(query).into_iter().enumerate() {
        top.push(Hit { skill_idx: skill_idx as u32, score });
    }
    top.into_sorted()
}
