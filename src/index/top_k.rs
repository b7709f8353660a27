//! The best `k` of many scores, in an order that does not depend on how they were found.

use std::{cmp::Ordering, collections::BinaryHeap};

/// A search result: a skill's place in the index and its score, higher is better.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hit {
    /// Place in the index.
    pub skill_idx: u32,
    /// Higher is better; comparable within one search only.
    pub score: f32,
}

impl Eq for Hit {}

impl Ord for Hit {
    /// Better hits first: by score, then by place. NaN counts as the worst score.
    fn cmp(&self, other: &Self) -> Ordering {
        let key = |hit: &Hit| if hit.score.is_nan() { f32::NEG_INFINITY } else { hit.score };
        key(other).total_cmp(&key(self)).then(self.skill_idx.cmp(&other.skill_idx))
    }
}

impl PartialOrd for Hit {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Hits that room is made for at once: more than a search keeps by default.
const RESERVED: usize = 256;

/// Keeps the best `k` of the hits it is shown.
pub struct TopK {
    k: usize,
    /// The worst kept hit on top.
    heap: BinaryHeap<Hit>,
}

impl TopK {
    /// Starts with nothing.
    pub fn new(k: usize) -> TopK {
        // Callers may ask for more than there is; room for the rest comes with the hits.
        TopK { k, heap: BinaryHeap::with_capacity(k.min(RESERVED)) }
    }

    /// Shows one hit. Most are worse than the worst kept one, which the plain comparison tells fastest.
    #[inline]
    pub fn push(&mut self, hit: Hit) {
        if self.heap.len() < self.k {
            self.heap.push(hit);
        } else if self
            .heap
            .peek()
            .is_some_and(|worst| hit.score.partial_cmp(&worst.score) != Some(Ordering::Less) && hit < *worst)
        {
            self.heap.pop();
            self.heap.push(hit);
        }
    }

    /// The kept hits, best first.
    pub fn into_sorted(self) -> Vec<Hit> {
        self.heap.into_sorted_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_come_first_and_ties_keep_their_places() {
        let mut top = TopK::new(3);
        for (skill_idx, score) in [(0, 1.0), (1, 3.0), (2, f32::NAN), (3, 3.0), (4, 2.0), (5, 2.0)] {
            top.push(Hit { skill_idx, score });
        }
        let order: Vec<u32> = top.into_sorted().iter().map(|hit| hit.skill_idx).collect();
        assert_eq!(order, [1, 3, 4]);
        assert!(TopK::new(0).into_sorted().is_empty());
    }

    #[test]
    fn more_may_be_asked_for_than_there_is() {
        for k in [1_000_000_000, usize::MAX] {
            let mut top = TopK::new(k);
            top.push(Hit { skill_idx: 3, score: 1.0 });
            assert_eq!(top.into_sorted().len(), 1);
        }
    }
}
