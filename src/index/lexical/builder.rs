//! Chooses the terms that an index keeps of its skills.

use std::collections::{BTreeMap, HashMap};

use super::{
    counts::{Telling, TermCounts},
    file::{TermList, length_code, write},
    postings::{Posting, level_of},
    score::{idf, tf},
};

/// What a rare name in prose tells, by any other rare word. Of names that tasks were made of, 3 keeps nearly all that fit.
const NAME_TELLS: f32 = 3.0;

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
    /// Rare words that are kept of each body besides, at most, the most telling first: names that stand in few bodies and in
    /// no description.
    pub rare: usize,
    /// Skills that may have such a word at most.
    pub rare_skills: u32,
}

impl LexicalConfig {
    /// Everything.
    pub const ALL: LexicalConfig =
        LexicalConfig { keywords: usize::MAX, min_heads: 0, max_share: 1.0, rare: 0, rare_skills: 0 };

    /// Everything in a small index; where bytes count, the words of names and descriptions, but for the commonest, and the
    /// rarest words of each body. The numbers are those of `BENCHMARKS.md`, "Lexical".
    pub fn for_skills(n_skills: usize) -> LexicalConfig {
        match n_skills {
            0..5_000 => LexicalConfig::ALL,
            _ => LexicalConfig {
                min_heads: (n_skills / 5_000) as u32,
                max_share: 0.18,
                rare: 6,
                rare_skills: 3,
                ..LexicalConfig::ALL
            },
        }
    }
}

/// Collects skills, then writes the file, as [`super::Lexical`] reads it.
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
        let mut lists: BTreeMap<&str, Vec<Posting>> = BTreeMap::new();
        for (skill_idx, &skill) in order.iter().enumerate() {
            for (term, count) in self.kept_terms(&self.skills[skill], config) {
                let posting = Posting { skill_idx: skill_idx as u32, level: level_of(count) };
                lists.entry(term).or_default().push(posting);
            }
        }
        let names: Vec<&str> = order.iter().map(|&skill| self.names[skill].as_str()).collect();
        let length_codes = order.iter().map(|&skill| length_code(self.skills[skill].n_terms)).collect();
        let document_frequency = |term: &str| self.document_frequency[term];
        let list = |(term, postings)| TermList { term, document_frequency: document_frequency(term), postings };
        write(&names, length_codes, &lists.into_iter().map(list).collect::<Vec<_>>())
    }

    /// The terms that are kept of a skill, with their counts: those of name and description, those of the body that tell most,
    /// and rare ones.
    fn kept_terms<'a>(&self, skill: &'a TermCounts, config: LexicalConfig) -> impl Iterator<Item = (&'a str, u32)> {
        let (mut heads, mut common, mut rare) = (Vec::new(), Vec::new(), Vec::new());
        for (place, (term, count)) in skill.counts.iter().enumerate() {
            let kept = (term.as_str(), *count);
            if skill.in_head[place] {
                heads.push(kept);
            } else if self.is_kept(term, config) {
                common.push((self.weight(term, *count), kept));
            } else if self.document_frequency[term] <= config.rare_skills {
                match skill.telling[place] {
                    Telling::No => {}
                    Telling::Word => rare.push((self.weight(term, *count), kept)),
                    Telling::Name => rare.push((NAME_TELLS * self.weight(term, *count), kept)),
                }
            }
        }
        heads.into_iter().chain(heaviest(common, config.keywords)).chain(heaviest(rare, config.rare))
    }

    /// What a term of a body tells.
    fn weight(&self, term: &str, count: u32) -> f32 {
        tf(count as f32, 1.0) * idf(self.skills.len(), self.document_frequency[term])
    }
}

/// The `n` heaviest terms; those of equal weight by letters.
fn heaviest(mut terms: Vec<(f32, (&str, u32))>, n: usize) -> impl Iterator<Item = (&str, u32)> {
    terms.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    terms.into_iter().map(|(_, kept)| kept).take(n)
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
    use super::{super::file::Lexical, *};
    use crate::terms::Terms;

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
        let config = LexicalConfig { rare: 1, rare_skills: 1, ..config };
        assert_eq!(kept(config), [vec![0, 1], vec![1, 2], vec![0], vec![3]]);
    }

    #[test]
    fn names_go_before_other_rare_words() {
        let mut builder = LexicalBuilder::default();
        let body = "Rungs and coils for the FX3U, written by hand.\n```\nlatch\n```";
        builder.push("plc", TermCounts::of(&Terms::default(), "plc", "Ladders.", body));
        let config = LexicalConfig { min_heads: 1, rare: 1, rare_skills: 1, ..LexicalConfig::ALL };
        let lexical = Lexical::open("f", &builder.finish(&[0], config)).unwrap();
        let terms: Vec<&str> = lexical.terms().map(|(term, _)| term).collect();
        assert_eq!(terms, ["fx3u", "ladder", "plc"]);
    }
}
