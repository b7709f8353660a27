//! The file of the lexical leg, in memory: which skills have which terms, and how often. Scores are [`super::corpus`]'s.
//!
//! Each skill keeps its name, the terms of its name and description, and those of its body that [`super::builder`] chose;
//! document frequencies are those of the full text.
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

use std::{collections::BTreeMap, sync::OnceLock};

#[cfg(feature = "build")]
use super::postings::BitWriter;
use super::{
    counts::{Telling, TermCounts},
    postings::{Posting, occurrences_of, read_list},
};
#[cfg(feature = "build")]
use crate::format::{write_string, write_varint};
use crate::{
    error::{Error, Result},
    format::{self, Kind, Reader},
    terms::fold,
};

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
    /// Of all skills together, in terms.
    total_length: f32,
    /// See [`Lexical::letter_sets`].
    letter_sets: OnceLock<Vec<u32>>,
}

struct Term {
    /// End of its bytes; they start where those of the term before end.
    end: u32,
    document_frequency: u32,
    n_postings: u32,
    first_bit: u32,
    r: u8,
}

/// Bytes of all terms for each byte of the file, at most; honest files have one or two.
const MAX_SHARING: usize = 16;

/// A folded name, with spaces for hyphens and underscores.
fn spoken(name: &str) -> String {
    fold(name).replace(['-', '_'], " ")
}

#[cfg(feature = "build")]
pub(super) fn length_code(n_terms: u32) -> u8 {
    (16.0 * (n_terms.max(1) as f32).log2()).round().min(255.0) as u8
}

fn length_of(code: u8) -> f32 {
    (f32::from(code) / 16.0).exp2()
}

/// The letters of a word, as bits of their last five bits.
pub(super) fn letter_set(word: &str) -> u32 {
    word.chars().fold(0, |set, c| set | 1 << (c as u32 & 31))
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
            // What terms share costs no bytes, so a small file could ask for any amount of memory.
            if term_bytes.len() > payload.len().saturating_mul(MAX_SHARING) {
                return Err(Error::malformed(file, "its terms are too long"));
            }
            let n_bytes = reader.varint()? as usize;
            term_bytes.extend(reader.bytes(n_bytes)?);
            let document_frequency = reader.varint()? as u32;
            let n_postings = reader.varint()? as u32;
            let r = reader.bytes(1)?[0];
            let n_bits = reader.varint()? as u32;
            // A posting takes two bits at least.
            if r > 31 || n_postings > n_bits / 2 || std::str::from_utf8(&term_bytes[start..]).is_err() {
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
        let total_length = length_codes.iter().map(|code| length_of(*code)).sum();
        let letter_sets = OnceLock::new();
        Ok(Lexical { names, by_spoken_name, length_codes, terms, term_bytes, lists, total_length, letter_sets })
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

    /// Names of all skills.
    pub fn names(&self) -> &[String] {
        &self.names
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
                skill.in_head.push(true); // As far as the file tells, and the term was worth keeping.
                skill.telling.push(Telling::No);
            }
        }
        (skills, frequencies)
    }

    /// The skills of this name as it is said: folded, with or without hyphens.
    pub(super) fn said(&self, name: &str) -> impl Iterator<Item = u32> {
        self.by_spoken_name.get(&spoken(name)).into_iter().flatten().copied()
    }

    pub(super) fn total_length(&self) -> f32 {
        self.total_length
    }

    /// Length of a skill, in terms.
    pub(super) fn length(&self, skill_idx: u32) -> f32 {
        length_of(self.length_codes[skill_idx as usize])
    }

    pub(super) fn term(&self, position: usize) -> &str {
        let start = if position == 0 { 0 } else { self.terms[position - 1].end as usize };
        std::str::from_utf8(&self.term_bytes[start..self.terms[position].end as usize]).expect("checked when opened")
    }

    /// The letters of each term, made when a misspelled word first needs them.
    pub(super) fn letter_sets(&self) -> &[u32] {
        self.letter_sets.get_or_init(|| self.terms().map(|(term, _)| letter_set(term)).collect())
    }

    /// Place of a term.
    pub(super) fn find(&self, term: &str) -> Option<usize> {
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

    /// Places of the terms that start with `start`.
    pub(super) fn starting_with<'a>(&'a self, start: &'a str) -> impl Iterator<Item = usize> + 'a {
        let first = self.partition_point(start);
        (first..self.terms.len()).take_while(move |&position| self.term(position).starts_with(start))
    }

    /// All terms, with how many skills have each in their full text.
    pub(super) fn terms(&self) -> impl Iterator<Item = (&str, u32)> {
        (0..self.terms.len()).map(|position| (self.term(position), self.document_frequency(position)))
    }

    /// How many skills have a term in their full text.
    pub(super) fn document_frequency(&self, position: usize) -> u32 {
        self.terms[position].document_frequency
    }

    /// The skills with a term, as far as they were kept.
    pub(super) fn list(&self, position: usize) -> impl Iterator<Item = Posting> + '_ {
        let term = &self.terms[position];
        let n = self.len() as u32;
        // No further than to its own end, whatever the bits say.
        let end = self.terms.get(position + 1).map_or(self.lists.len(), |next| next.first_bit.div_ceil(8) as usize);
        read_list(&self.lists[..end], term.first_bit as usize, term.r, term.n_postings as usize)
            .take_while(move |p| p.skill_idx < n)
    }
}

/// A term on its way to the file.
#[cfg(feature = "build")]
pub(super) struct TermList<'a> {
    pub(super) term: &'a str,
    /// Skills whose full text has the term.
    pub(super) document_frequency: u32,
    /// The skills that keep it, in order.
    pub(super) postings: Vec<Posting>,
}

/// Writes the file: names and length codes in the order of the skills, `terms` sorted by bytes.
#[cfg(feature = "build")]
pub(super) fn write(names: &[&str], length_codes: Vec<u8>, terms: &[TermList<'_>]) -> Vec<u8> {
    let mut payload = (names.len() as u32).to_le_bytes().to_vec();
    payload.extend((terms.len() as u32).to_le_bytes());
    payload.extend(length_codes);
    for name in names {
        write_string(&mut payload, name);
    }
    let mut lists = BitWriter::default();
    let mut previous = "";
    for TermList { term, document_frequency, postings } in terms {
        let shared = term.bytes().zip(previous.bytes()).take_while(|(a, b)| a == b).count();
        write_varint(&mut payload, shared as u64);
        write_varint(&mut payload, (term.len() - shared) as u64);
        payload.extend(&term.as_bytes()[shared..]);
        write_varint(&mut payload, u64::from(*document_frequency));
        write_varint(&mut payload, postings.len() as u64);
        let start = lists.n_bits();
        payload.push(lists.list(postings));
        write_varint(&mut payload, (lists.n_bits() - start) as u64);
        previous = term;
    }
    payload.extend(lists.into_bytes());
    format::seal(Kind::Lexical, &payload)
}

#[cfg(all(test, feature = "build"))]
mod tests {
    use super::{
        super::builder::{LexicalBuilder, LexicalConfig},
        *,
    };
    use crate::terms::Terms;

    const SKILLS: [(&str, &str, &str); 3] = [
        ("pdf-merge", "Join PDF files.", "Use the tool to join many files into one."),
        ("receipts", "Turn receipts into spreadsheets.", "Read every receipt, write rows."),
        ("PDF Merge", "Another one.", "pdf pdf pdf pdf pdf"),
    ];

    fn file(keywords: usize) -> Vec<u8> {
        let mut builder = LexicalBuilder::default();
        for (name, description, body) in SKILLS {
            builder.push(name, TermCounts::of(&Terms::default(), name, description, body));
        }
        builder.finish(&[0, 1, 2], LexicalConfig { keywords, ..LexicalConfig::ALL })
    }

    #[test]
    fn terms_are_found() {
        let lexical = Lexical::open("f", &file(100)).unwrap();
        let with = |term: &str| lexical.list(lexical.find(term).unwrap()).map(|p| p.skill_idx).collect::<Vec<_>>();
        assert_eq!((with("pdf"), with("receipt")), (vec![0, 2], vec![1]));
        assert_eq!(lexical.find("pd"), None);
        let starting: Vec<&str> = lexical.starting_with("re").map(|position| lexical.term(position)).collect();
        assert_eq!(starting, ["read", "receipt"]);
        assert_eq!(lexical.said("PDF merge").collect::<Vec<_>>(), [0, 2]);
    }

    #[test]
    fn an_index_made_from_the_kept_terms_is_the_same() {
        let (skills, frequencies) = Lexical::open("f", &file(100)).unwrap().kept_terms();
        let mut builder = LexicalBuilder::default();
        let names = SKILLS.iter().map(|skill| skill.0.to_owned());
        builder.push_kept(names.zip(skills).collect(), frequencies);
        assert_eq!(builder.finish(&[0, 1, 2], LexicalConfig { keywords: 0, ..LexicalConfig::ALL }), file(100));
    }
}
