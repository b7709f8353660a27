//! What a word that no skill has may mean: terms of the index within one or two letters of it.
//!
//! Distances are Damerau's (1964) over letters: one letter more, less or other, or two neighbours swapped.

use std::collections::BTreeMap;

use super::file::{Lexical, letter_set};

/// Most terms that a word may mean.
const MAX_TERMS: usize = 8;
/// Letters from which on one letter may be wrong, and two. Stems are shorter than words by an ending.
const ONE_WRONG_FROM: usize = 4;
const TWO_WRONG_FROM: usize = 8;
/// Letters below which the first must be right: most short words have many neighbours.
const FIRST_RIGHT_BELOW: usize = 6;

/// The terms nearest to `word`, the most frequent first, and how many letters they are away from it. Words with digits mean
/// what they say.
pub(super) fn nearest<'a>(parts: &[&'a Lexical], word: &str) -> Option<(usize, Vec<&'a str>)> {
    let letters = word.chars().count();
    let limit = match letters {
        TWO_WRONG_FROM.. => 2u32,
        ONE_WRONG_FROM.. => 1,
        _ => return None,
    };
    if !word.chars().all(char::is_alphabetic) {
        return None;
    }
    let (first, letter_set) = (word.chars().next(), letter_set(word));
    let mut by_distance: BTreeMap<usize, Vec<(&str, u32)>> = BTreeMap::new();
    for part in parts {
        for (position, other) in part.letter_sets().iter().enumerate() {
            // Each wrong letter takes one from the set and adds one to it at most.
            if (letter_set & !other).count_ones() > limit || (other & !letter_set).count_ones() > limit {
                continue;
            }
            let term = part.term(position);
            let may_be_near = term.chars().count().abs_diff(letters) <= limit as usize
                && (letters >= FIRST_RIGHT_BELOW || term.chars().next() == first)
                && term.chars().all(char::is_alphabetic);
            if may_be_near {
                let found = by_distance.entry(strsim::osa_distance(term, word)).or_default();
                found.push((term, part.document_frequency(position)));
            }
        }
    }
    let (distance, terms) = by_distance.pop_first()?;
    (distance <= limit as usize).then(|| (distance, most_frequent(terms)))
}

/// The terms with a letter of a script without spaces in them, the most frequent first.
pub(super) fn containing<'a>(parts: &[&'a Lexical], letter: &str) -> Vec<&'a str> {
    most_frequent(parts.iter().flat_map(|part| part.terms()).filter(|(term, _)| term.contains(letter)).collect())
}

/// The terms by how many skills of all parts have them.
fn most_frequent(terms: Vec<(&str, u32)>) -> Vec<&str> {
    let mut frequencies: BTreeMap<&str, u32> = BTreeMap::new();
    for (term, frequency) in terms {
        *frequencies.entry(term).or_default() += frequency;
    }
    let mut found: Vec<(&str, u32)> = frequencies.into_iter().collect();
    found.sort_by_key(|(_, frequency)| std::cmp::Reverse(*frequency)); // Stable: by letters where they are equal.
    found.into_iter().map(|(term, _)| term).take(MAX_TERMS).collect()
}
