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
/// How often a term of the body counts at most: long bodies repeat words for many reasons.
const BODY_MAX_COUNT: u32 = 2;
/// What is kept of a skill's text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LexicalConfig {
    /// Terms that are kept of each body, at most.
    pub keywords: usize,
    /// Skills that must have a term of a body in their name or description for it to be kept: tasks are told in the words
    /// that names and descriptions use, and the other words of bodies take most of the room.
    pub min_heads: u32,
    /// Share of the skills that may have a term of a body at most for it to be kept: what more have tells little, and has
    /// the longest lists.
    pub max_share: f32,
}

impl LexicalConfig {
    /// Everything.
    pub const ALL: LexicalConfig = LexicalConfig { keywords: usize::MAX, min_heads: 0, max_share: 1.0 };

    /// Everything in a small index; where bytes count, the words of names and descriptions, but for the commonest. The
    /// numbers are those of `BENCHMARKS.md`, "Lexical".
    pub fn for_skills(n_skills: usize) -> LexicalConfig {
        match n_skills {
            0..5_000 => LexicalConfig::ALL,
            _ => LexicalConfig { min_heads: (n_skills / 5_000) as u32, max_share: 0.18, ..LexicalConfig::ALL },
        }
    }
}

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

/// Collects skills, then writes the file, see [`super::lexical`].
#[derive(Default)]
pub struct LexicalBuilder {
    names: Vec<String>,
    skills: Vec<TermCounts>,
    document_frequency: HashMap<String, u32>,
    /// How many skills have a term in their name or description.
    n_heads: HashMap<String, u32>,
}

impl LexicalBuilder {
    /// Adds the next skill.
    pub fn push(&mut self, name: &str, terms: TermCounts) {
        for (term, _) in &terms.counts {
            count(&mut self.document_frequency, term);
        }
        self.push_counted(name.to_owned(), terms);
    }

    fn push_counted(&mut self, name: String, terms: TermCounts) {
        for ((term, _), _) in terms.counts.iter().zip(&terms.in_head).filter(|(_, in_head)| **in_head) {
            count(&mut self.n_heads, term);
        }
        self.names.push(name);
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
            self.push_counted(name, terms);
        }
    }

    /// Whether a term is kept of the bodies that have it.
    fn is_kept(&self, term: &str, config: LexicalConfig) -> bool {
        let n_heads = self.n_heads.get(term).copied().unwrap_or(0);
        let share = self.document_frequency[term] as f32 / self.skills.len() as f32;
        n_heads >= config.min_heads && share <= config.max_share
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
                .zip(&skill.in_head)
                .map(|((term, count), in_head)| (*in_head, tf(*count as f32, 1.0) * idf(term), term.as_str(), *count))
                .collect();
            ranked.retain(|(in_head, _, term, _)| *in_head || self.is_kept(term, config));
            ranked.sort_by(|a, b| b.0.cmp(&a.0).then(b.1.total_cmp(&a.1)).then(a.2.cmp(b.2)));
            let n_in_head = ranked.iter().filter(|entry| entry.0).count();
            for (_, _, term, count) in &ranked[..ranked.len().min(n_in_head.saturating_add(config.keywords))] {
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

fn count(counts: &mut HashMap<String, u32>, term: &str) {
    match counts.get_mut(term) {
        Some(count) => *count += 1,
        None => {
            counts.insert(term.to_owned(), 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::lexical::Lexical, *};

    #[test]
    fn of_bodies_the_words_of_names_and_descriptions_are_kept() {
        let skills = [
            ("ledger", "Keep books.", "Sort invoices by vendor."),
            ("invoices", "Write them.", "Sort rows; plot nothing."),
            ("charts", "Plot numbers.", "Sort them first."),
            ("sort-files", "By date.", "Rename after that."),
        ];
        let kept = |config: LexicalConfig| {
            let mut builder = LexicalBuilder::default();
            for (name, description, body) in skills {
                builder.push(name, TermCounts::of(&Terms::default(), name, description, body));
            }
            let lexical = Lexical::open("f", &builder.finish(&[0, 1, 2, 3], config)).unwrap();
            let with = |term: &str| -> Vec<u32> {
                lexical.find(term).map_or_else(Vec::new, |place| lexical.list(place).map(|p| p.skill_idx).collect())
            };
            ["invoic", "plot", "vendor", "sort"].map(with)
        };
        assert_eq!(kept(LexicalConfig::ALL), [vec![0, 1], vec![1, 2], vec![0], vec![0, 1, 2, 3]]);
        let config = LexicalConfig { min_heads: 1, max_share: 0.5, ..LexicalConfig::ALL };
        assert_eq!(kept(config), [vec![0, 1], vec![1, 2], vec![], vec![3]]);
    }

    #[test]
    fn bodies_count_twice_at_most() {
        let terms = TermCounts::of(&Terms::default(), "merge", "merge files", "merge merge merge files tools");
        let counts: Vec<(&str, u32)> = terms.counts.iter().map(|(term, count)| (term.as_str(), *count)).collect();
        assert_eq!(counts, [("file", 5), ("merg", 11), ("tool", 1)]);
        assert_eq!((terms.in_head, terms.n_terms), (vec![true, true, false], 5 + 8 + 5));
    }
}
