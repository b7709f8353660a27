//! The lexical leg: BM25 over name, description and body, in one small file that answers before any model is there.
//!
//! Each skill keeps its name, the terms of its name and description, and the best [`LexicalConfig::keywords`] terms of
//! its body by tf-idf; document frequencies are those of the full text.
//!
//! Payload of a [`Kind::Lexical`] file:
//!
//! | type | meaning |
//! |---|---|
//! | u32 | `n`, skills |
//! | u32 | terms |
//! | `n` x u8 | length of each skill in terms, as `16 log2(length)` rounded |
//! | `n` x string | names |
//! | for each term, sorted by bytes: | |
//! | varint | bytes shared with the term before |
//! | string | the other bytes |
//! | varint | skills whose full text has the term |
//! | varint | postings that were kept |
//! | u8 | Rice parameter of the list |
//! | varint | bits of the list |
//! | | then all lists, see [`super::postings`] |
//!
//! Strings are a varint length and UTF-8 bytes; varints are LEB128.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{
    postings::{BitWriter, Posting, level_of, occurrences_of, read_list},
    terms::Terms,
};
use crate::{
    error::{Error, Result},
    format::{self, Kind, Reader, write_string, write_varint},
};

/// `k1` of BM25: how fast repetitions of a term stop to count. Robertson and Zaragoza 2009 recommend 1.2 to 2.
const K1: f32 = 1.2;
/// `b` of BM25: how much long texts are discounted. Chosen, like the two weights, among a dozen settings: see
/// `BENCHMARKS.md`, "Lexical".
const B: f32 = 0.5;
/// How often a term of the name counts.
const NAME_WEIGHT: u32 = 5;
/// How often a term of the description counts.
const DESCRIPTION_WEIGHT: u32 = 4;
/// Most completions of an unfinished last word.
const COMPLETIONS: usize = 8;

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

/// The lexical index.
pub struct Lexical {
    names: Vec<String>,
    /// Skills by their names as they are said, see [`spoken`].
    by_spoken_name: BTreeMap<String, Vec<u32>>,
    length_codes: Vec<u8>,
    /// Sorted.
    terms: Vec<Term>,
    /// All terms one after the other.
    term_bytes: Vec<u8>,
    lists: Vec<u8>,
    average_length: f32,
    splitter: Terms,
}

struct Term {
    /// End of its bytes; they start where those of the term before end.
    end: u32,
    document_frequency: u32,
    n_postings: u32,
    first_bit: u32,
    r: u8,
}

/// A skill's terms while an index is made, with the number of occurrences; sorted by term.
#[derive(Clone, Debug, Default)]
pub struct TermCounts {
    counts: Vec<(String, u32)>,
    /// Terms that stay whatever their weight.
    fixed: Vec<bool>,
    n_terms: u32,
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
}

impl TermCounts {
    /// Takes these terms off document frequencies that count them.
    pub fn uncount(&self, frequencies: &mut HashMap<String, u32>) {
        for (term, _) in &self.counts {
            if let Some(frequency) = frequencies.get_mut(term) {
                *frequency = frequency.saturating_sub(1);
            }
        }
    }
}

/// Collects skills, then makes a [`Lexical`].
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

fn idf(n_skills: usize, document_frequency: u32) -> f32 {
    let (n, df) = (n_skills as f32, document_frequency as f32);
    (1.0 + (n - df + 0.5).max(0.0) / (df + 0.5)).ln()
}

/// The part of BM25 that depends on the text; `relative_length` is the skill's length by the average.
fn tf(count: f32, relative_length: f32) -> f32 {
    count * (K1 + 1.0) / (count + K1 * (1.0 - B + B * relative_length))
}

/// A name in lower case, with spaces for hyphens and underscores.
fn spoken(name: &str) -> String {
    name.to_lowercase().replace(['-', '_'], " ")
}

fn length_code(n_terms: u32) -> u8 {
    (16.0 * (n_terms.max(1) as f32).log2()).round().min(255.0) as u8
}

fn length_of(code: u8) -> f32 {
    (f32::from(code) / 16.0).exp2()
}

impl Lexical {
    /// Opens a file.
    ///
    /// # Errors
    /// Those of [`format::open`], and [`Error::Malformed`].
    pub fn open(file: &str, bytes: &[u8]) -> Result<Lexical> {
        let payload = format::open(Kind::Lexical, file, bytes)?;
        let mut reader = Reader::new(file, &payload);
        let (n, n_terms) = (reader.u32()? as usize, reader.u32()? as usize);
        let length_codes = reader.bytes(n)?.to_vec();
        let names = (0..n).map(|_| reader.string().map(str::to_owned)).collect::<Result<Vec<String>>>()?;
        let mut by_spoken_name: BTreeMap<String, Vec<u32>> = BTreeMap::new();
        for (skill_idx, name) in names.iter().enumerate() {
            by_spoken_name.entry(spoken(name)).or_default().push(skill_idx as u32);
        }
        // A term takes five bytes at least, so a wrong count cannot make us reserve more than the file holds.
        let mut terms = Vec::with_capacity(n_terms.min(payload.len() / 5));
        let mut term_bytes: Vec<u8> = Vec::new();
        let mut previous = 0;
        let mut first_bit = 0u32;
        for _ in 0..n_terms {
            let shared = reader.varint()? as usize;
            let start = term_bytes.len();
            if shared > start - previous {
                return Err(Error::malformed(file, "its terms are not in order"));
            }
            term_bytes.extend_from_within(previous..previous + shared);
            let n_bytes = reader.varint()? as usize;
            term_bytes.extend(reader.bytes(n_bytes)?);
            let document_frequency = reader.varint()? as u32;
            let n_postings = reader.varint()? as u32;
            let r = reader.bytes(1)?[0];
            let n_bits = reader.varint()? as u32;
            if r > 31 || std::str::from_utf8(&term_bytes[start..]).is_err() {
                return Err(Error::malformed(file, "a term of it makes no sense"));
            }
            terms.push(Term { end: term_bytes.len() as u32, document_frequency, n_postings, first_bit, r });
            first_bit =
                first_bit.checked_add(n_bits).ok_or_else(|| Error::malformed(file, "its lists are too long"))?;
            previous = start;
        }
        let lists = reader.rest().to_vec();
        if lists.len() != first_bit.div_ceil(8) as usize {
            return Err(Error::malformed(file, "its lists have another length than its terms say"));
        }
        let average_length = length_codes.iter().map(|code| length_of(*code)).sum::<f32>() / n.max(1) as f32;
        Ok(Lexical {
            names,
            by_spoken_name,
            length_codes,
            terms,
            term_bytes,
            lists,
            average_length,
            splitter: Terms::default(),
        })
    }

    /// Number of skills.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether there are no skills.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// Name of a skill.
    pub fn name(&self, skill_idx: u32) -> &str {
        &self.names[skill_idx as usize]
    }

    /// The BM25 score of every skill, `[n]`; 0 where no term of the query occurs. `typing` says that the last word may
    /// be unfinished: when no skill has it, its completions count.
    pub fn scores(&self, query: &str, typing: bool) -> Vec<f32> {
        let mut terms = self.splitter.of(query);
        let mut scores = vec![0.0; self.len()];
        let tail = (typing && query.ends_with(char::is_alphanumeric)).then(|| terms.last().cloned()).flatten();
        if let Some(tail) = tail
            && self.find(&tail).is_none()
        {
            terms.pop();
            for position in self.completions(&tail) {
                self.add_list(position, 1.0, &mut scores);
            }
        }
        let mut weights: BTreeMap<&str, f32> = BTreeMap::new();
        for term in &terms {
            *weights.entry(term).or_default() += 1.0;
        }
        for (term, weight) in weights {
            if let Some(position) = self.find(term) {
                self.add_list(position, weight, &mut scores);
            }
        }
        scores
    }

    /// More than any skill can have for a query: every word of it, again and again, words that no skill has included.
    pub fn highest_score(&self, query: &str) -> f32 {
        let weight = |term: &String| {
            let document_frequency = self.find(term).map_or(0, |position| self.terms[position].document_frequency);
            idf(self.len(), document_frequency) * (K1 + 1.0)
        };
        self.splitter.of(query).iter().map(weight).sum()
    }

    /// The skills whose name is the whole query, or stands in it letter by letter with its hyphens.
    pub fn named(&self, query: &str) -> Vec<u32> {
        let query = query.trim().to_lowercase();
        let said = |text: &str| self.by_spoken_name.get(&spoken(text)).into_iter().flatten().copied();
        let words = query
            .split(|c: char| !(c.is_alphanumeric() || c == '-' || c == '_'))
            .filter(|word| word.contains(['-', '_']));
        let spelled = words.flat_map(|word| said(word).filter(move |skill| self.name(*skill).to_lowercase() == word));
        let named: BTreeSet<u32> = said(&query).chain(spelled).collect();
        named.into_iter().collect()
    }

    /// What the index kept of every skill, by place, and the document frequencies, for making another index from it.
    pub fn kept_terms(&self) -> (Vec<TermCounts>, Vec<(String, u32)>) {
        let mut skills: Vec<TermCounts> = (self.length_codes.iter())
            .map(|code| TermCounts { n_terms: length_of(*code).round() as u32, ..TermCounts::default() })
            .collect();
        let mut frequencies = Vec::with_capacity(self.terms.len());
        for position in 0..self.terms.len() {
            let term = self.term(position);
            frequencies.push((term.to_owned(), self.terms[position].document_frequency));
            for posting in self.list(position) {
                let skill = &mut skills[posting.skill_idx as usize];
                skill.counts.push((term.to_owned(), occurrences_of(posting.level)));
                skill.fixed.push(true);
            }
        }
        (skills, frequencies)
    }

    fn term(&self, position: usize) -> &str {
        let start = if position == 0 { 0 } else { self.terms[position - 1].end as usize };
        std::str::from_utf8(&self.term_bytes[start..self.terms[position].end as usize]).expect("checked when opened")
    }

    fn find(&self, term: &str) -> Option<usize> {
        let position = self.partition_point(term);
        (position < self.terms.len() && self.term(position) == term).then_some(position)
    }

    /// The first term that is not before `term`.
    fn partition_point(&self, term: &str) -> usize {
        let (mut low, mut high) = (0, self.terms.len());
        while low < high {
            let middle = (low + high) / 2;
            if self.term(middle) < term { low = middle + 1 } else { high = middle }
        }
        low
    }

    /// The most frequent terms that start with `start`.
    fn completions(&self, start: &str) -> Vec<usize> {
        let first = self.partition_point(start);
        let mut found: Vec<usize> =
            (first..self.terms.len()).take_while(|&position| self.term(position).starts_with(start)).collect();
        found.sort_by_key(|&position| (std::cmp::Reverse(self.terms[position].document_frequency), position));
        found.truncate(COMPLETIONS);
        found
    }

    fn list(&self, position: usize) -> impl Iterator<Item = Posting> + '_ {
        let term = &self.terms[position];
        let n = self.len() as u32;
        read_list(&self.lists, term.first_bit as usize, term.r, term.n_postings as usize)
            .take_while(move |p| p.skill_idx < n)
    }

    fn add_list(&self, position: usize, weight: f32, scores: &mut [f32]) {
        let weight = weight * idf(self.len(), self.terms[position].document_frequency);
        for posting in self.list(position) {
            let skill = posting.skill_idx as usize;
            let relative_length = length_of(self.length_codes[skill]) / self.average_length;
            scores[skill] += weight * tf(occurrences_of(posting.level) as f32, relative_length);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SKILLS: [(&str, &str, &str); 4] = [
        ("pdf-merge", "Join PDF files.", "Use the tool to join many files into one."),
        ("receipts", "Turn receipts into spreadsheets.", "Read every receipt, write rows."),
        ("PDF Merge", "Another one.", "pdf pdf pdf pdf pdf"),
        ("c-sharp", "Write C# code.", "namespaces and classes 转成表格"),
    ];

    fn file(keywords: usize) -> Vec<u8> {
        let mut builder = LexicalBuilder::default();
        for (name, description, body) in SKILLS {
            builder.push(name, TermCounts::of(&Terms::default(), name, description, body));
        }
        builder.finish(&[0, 1, 2, 3], LexicalConfig { keywords, min_document_frequency: 1 })
    }

    fn open() -> Lexical {
        Lexical::open("f", &file(100)).unwrap()
    }

    fn best(query: &str, typing: bool) -> Option<u32> {
        let scores = open().scores(query, typing);
        let best = (0..4).max_by(|&a, &b| scores[a].total_cmp(&scores[b]))?;
        (scores[best] > 0.0).then_some(best as u32)
    }

    #[test]
    fn words_find_skills() {
        assert_eq!(best("join two files", false), Some(0));
        assert_eq!(best("my receipt", false), Some(1));
        assert_eq!(best("c# class", false), Some(3));
        assert_eq!(best("表格", false), Some(3));
        assert_eq!(best("quantum gravity", false), None);
        assert_eq!(best("", false), None);
    }

    #[test]
    fn an_unfinished_word_finds_its_completions() {
        assert_eq!(best("spreadsh", false), None);
        assert_eq!(best("spreadsh", true), Some(1));
        assert_eq!(best("spreadsh ", true), None);
    }

    #[test]
    fn names_are_found_exactly() {
        let lexical = open();
        assert_eq!(lexical.named("use pdf-merge, please"), [0]);
        assert_eq!(lexical.named("PDF merge"), [0, 2]);
        assert_eq!(lexical.named("merge my pdf"), Vec::<u32>::new());
    }

    /// By hand: one skill of 4 has "receipt", 5 times for the name, 4 for the description, and once in the body.
    #[test]
    fn scores_are_bm25() {
        let lexical = open();
        let lengths: Vec<f32> = lexical.length_codes.iter().map(|code| length_of(*code)).collect();
        let average = lengths.iter().sum::<f32>() / 4.0;
        assert_eq!(occurrences_of(level_of(5 + 4 + 1)), 9);
        let idf = (1.0f32 + 3.5 / 1.5).ln();
        let want = idf * 9.0 * 2.2 / (9.0 + 1.2 * (0.5 + 0.5 * lengths[1] / average));
        assert!((lexical.scores("receipt", false)[1] - want).abs() < 1e-5);
    }

    #[test]
    fn no_skill_has_more_than_the_highest_score() {
        let lexical = open();
        for query in ["merge pdf files", "pdf pdf receipts", "every unheard word"] {
            let highest = lexical.highest_score(query);
            assert!(lexical.scores(query, false).iter().all(|score| *score < highest), "{query}");
        }
        let unknown = (1.0f32 + 4.5 / 0.5).ln() * 2.2;
        assert!((lexical.highest_score("unheard") - unknown).abs() < 1e-5);
        assert_eq!(lexical.highest_score("!?"), 0.0);
    }

    #[test]
    fn an_index_made_from_the_kept_terms_is_the_same() {
        let (skills, frequencies) = open().kept_terms();
        let mut builder = LexicalBuilder::default();
        let names = SKILLS.iter().map(|skill| skill.0.to_owned());
        builder.push_kept(names.zip(skills).collect(), frequencies);
        assert_eq!(builder.finish(&[0, 1, 2, 3], LexicalConfig { keywords: 0, min_document_frequency: 1 }), file(100));
    }
}
