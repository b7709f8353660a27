//! The terms of a skill, counted by the field that they stand in.

use std::collections::{BTreeMap, HashMap};

use crate::terms::Terms;

/// How often a term of the name counts.
const NAME_WEIGHT: u32 = 5;
/// How often a term of the description counts.
const DESCRIPTION_WEIGHT: u32 = 4;
/// How often a term of the body counts at most: long bodies repeat words for many reasons.
const BODY_MAX_COUNT: u32 = 2;

/// A skill's terms while an index is made, with the number of occurrences; sorted by term.
#[derive(Clone, Debug, Default)]
pub struct TermCounts {
    pub(super) counts: Vec<(String, u32)>,
    /// Which terms stand in the name or the description, and stay whatever their weight.
    pub(super) in_head: Vec<bool>,
    pub(super) n_terms: u32,
}

impl TermCounts {
    /// Counts the terms of a skill's text.
    pub fn of(splitter: &Terms, name: &str, description: &str, body: &str) -> TermCounts {
        let mut occurrences: BTreeMap<String, [u32; 3]> = BTreeMap::new();
        for (field, text) in [name, description, body].into_iter().enumerate() {
            splitter.each(text, |term| match occurrences.get_mut(term) {
                Some(counts) => counts[field] += 1,
                None => {
                    let mut counts = [0; 3];
                    counts[field] = 1;
                    occurrences.insert(term.to_owned(), counts);
                }
            });
        }
        let mut terms = TermCounts::default();
        for (term, [name, description, body]) in occurrences {
            let head = NAME_WEIGHT * name + DESCRIPTION_WEIGHT * description;
            terms.counts.push((term, head + body.min(BODY_MAX_COUNT)));
            terms.in_head.push(head > 0);
            terms.n_terms += head + body;
        }
        terms
    }

    /// Takes these terms off document frequencies that count them.
    pub fn uncount(&self, frequencies: &mut HashMap<String, u32>) {
        for (term, _) in &self.counts {
            if let Some(frequency) = frequencies.get_mut(term) {
                *frequency = frequency.saturating_sub(1);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_count_twice_at_most() {
        let terms = TermCounts::of(&Terms::default(), "merge", "merge files", "merge merge merge files tools");
        let counts: Vec<(&str, u32)> = terms.counts.iter().map(|(term, count)| (term.as_str(), *count)).collect();
        assert_eq!(counts, [("file", 5), ("merg", 11), ("tool", 1)]);
        assert_eq!((terms.in_head, terms.n_terms), (vec![true, true, false], 5 + 8 + 5));
    }
}
