//! Makes the lexical file of an index: counts the terms of skills, and chooses which of them to keep.

use std::collections::{BTreeMap, HashMap};

use super::{
    bm25::{idf, tf},
    lexical::length_code,
    postings::{BitWriter, Posting, level_of},
    terms::Terms,
};
use crate::format::{self, Kind, write_string, write_varint};

/// How often a term of the name counts.
const NAME_WEIGHT: u32 = 5;
/// How often a term of the description counts.
const DESCRIPTION_WEIGHT: u32 = 4;
/// What is kept of a skill's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LexicalConfig {
    /// Terms that are kept of each body.
    pub keywords: usize,
    /// Skills that must have a term of a body for it to be kept.
    pub min_document_frequency: u32,
}

impl LexicalConfig {
    /// Everything in a small index; the best 48 terms of a body, rare ones left out, where bytes count. The numbers
    /// are those of `BENCHMARKS.md`, "Lexical".
    pub fn for_skills(n_skills: usize) -> LexicalConfig {
        match n_skills {
            0..5_000 => LexicalConfig { keywords: usize::MAX, min_document_frequency: 1 },
            _ => LexicalConfig { keywords: 48, min_document_frequency: 3 },
        }
    }
}

/// A skill's terms while an index is made, with the number of occurrences; sorted by term.
#[derive(Clone, Debug, Default)]
pub struct TermCounts {
    pub(super) counts: Vec<(String, u32)>,
    /// Terms that stay whatever their weight.
    pub(super) fixed: Vec<bool>,
    pub(super) n_terms: u32,
}

impl TermCounts {
    /// Counts the terms of a skill's text.
    pub fn of(splitter: &Terms, name: &str, description: &str, body: &str) -> TermCounts {
        let mut counts: BTreeMap<String, (u32, bool)> = BTreeMap::new();
        let mut n_terms = 0;
        for (text, weight, fixed) in
            [(name, NAME_WEIGHT, true), (description, DESCRIPTION_WEIGHT, true), (body, 1, false)]
        {
            splitter.each(text, |term| {
                n_terms += weight;
                match counts.get_mut(term) {
                    Some(entry) => *entry = (entry.0 + weight, entry.1 | fixed),
                    None => {
                        counts.insert(term.to_owned(), (weight, fixed));
                    }
                }
            });
        }
        let (counts, fixed) = counts.into_iter().map(|(term, (count, fixed))| ((term, count), fixed)).unzip();
        TermCounts { counts, fixed, n_terms }
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

/// Collects skills, then writes the file, see [`super::lexical`].
#[derive(Default)]
pub struct LexicalBuilder {
    names: Vec<String>,
    skills: Vec<TermCounts>,
    document_frequency: HashMap<String, u32>,
}

impl LexicalBuilder {
    /// Adds the next skill.
    pub fn push(&mut self, name: &str, terms: TermCounts) {
        for (term, _) in &terms.counts {
            match self.document_frequency.get_mut(term) {
                Some(frequency) => *frequency += 1,
                None => {
                    self.document_frequency.insert(term.clone(), 1);
                }
            }
        }
        self.names.push(name.to_owned());
        self.skills.push(terms);
    }

    /// Counts skills of an earlier index whose full text is not at hand: `terms` are the ones that it had kept, and
    /// `frequencies` how many of those skills have each term in their full text.
    pub fn push_kept(
        &mut self,
        skills: Vec<(String, TermCounts)>,
        frequencies: impl IntoIterator<Item = (String, u32)>,
    ) {
        for (term, frequency) in frequencies {
            *self.document_frequency.entry(term).or_default() += frequency;
        }
        for (name, terms) in skills {
            self.names.push(name);
            self.skills.push(terms);
        }
    }

    /// Chooses the terms to keep and writes the file. `order` says which skill comes when.
    pub fn finish(self, order: &[usize], config: LexicalConfig) -> Vec<u8> {
        let n = self.skills.len();
        let idf = |term: &str| idf(n, self.document_frequency[term]);
        let mut lists: BTreeMap<&str, Vec<Posting>> = BTreeMap::new();
        let mut payload = (n as u32).to_le_bytes().to_vec();
        let mut length_codes = Vec::with_capacity(n);
        for (skill_idx, &skill) in order.iter().enumerate() {
            let skill = &self.skills[skill];
            length_codes.push(length_code(skill.n_terms));
            let mut ranked: Vec<(bool, f32, &str, u32)> = skill
                .counts
                .iter()
                .zip(&skill.fixed)
                .map(|((term, count), fixed)| (*fixed, tf(*count as f32, 1.0) * idf(term), term.as_str(), *count))
                .collect();
            ranked.retain(|(fixed, _, term, _)| {
                *fixed || self.document_frequency[*term] >= config.min_document_frequency
            });
            ranked.sort_by(|a, b| b.0.cmp(&a.0).then(b.1.total_cmp(&a.1)).then(a.2.cmp(b.2)));
            let n_fixed = ranked.iter().filter(|entry| entry.0).count();
            for (_, _, term, count) in &ranked[..ranked.len().min(n_fixed.saturating_add(config.keywords))] {
                let posting = Posting { skill_idx: skill_idx as u32, level: level_of(*count) };
                lists.entry(term).or_default().push(posting);
            }
        }
        payload.extend((lists.len() as u32).to_le_bytes());
        payload.extend(length_codes);
        for &skill in order {
            write_string(&mut payload, &self.names[skill]);
        }
        let mut bits = BitWriter::default();
        let mut previous = "";
        for (term, list) in &lists {
            let shared = term.bytes().zip(previous.bytes()).take_while(|(a, b)| a == b).count();
            write_varint(&mut payload, shared as u64);
            write_varint(&mut payload, (term.len() - shared) as u64);
            payload.extend(&term.as_bytes()[shared..]);
            write_varint(&mut payload, u64::from(self.document_frequency[*term]));
            write_varint(&mut payload, list.len() as u64);
            let start = bits.n_bits();
            payload.push(bits.list(list));
            write_varint(&mut payload, (bits.n_bits() - start) as u64);
            previous = term;
        }
        payload.extend(bits.into_bytes());
        format::seal(Kind::Lexical, &payload)
    }
}
