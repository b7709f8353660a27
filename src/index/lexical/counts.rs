//! The terms of a skill, counted by the field that they stand in.

use std::collections::{BTreeMap, HashMap};

use crate::terms::Terms;

/// How often a term of the name counts.
const NAME_WEIGHT: u32 = 5;
/// How often a term of the description counts.
const DESCRIPTION_WEIGHT: u32 = 4;
/// How often a term of the body counts at most: long bodies repeat words for many reasons.
const BODY_MAX_COUNT: u32 = 2;

/// How telling a term of a body is, where names and descriptions do not use it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Telling {
    /// It stands in blocks of code only, and is no name.
    #[default]
    No,
    /// A word of prose, or a name in code.
    Word,
    /// A name in prose.
    Name,
}

/// A skill's terms while an index is made, with the number of occurrences; sorted by term.
#[derive(Clone, Debug, Default)]
pub struct TermCounts {
    pub(super) counts: Vec<(String, u32)>,
    /// Which terms stand in the name or the description, and stay whatever their weight.
    pub(super) in_head: Vec<bool>,
    pub(super) telling: Vec<Telling>,
    pub(super) n_terms: u32,
}

/// Where a term stands in a skill.
#[derive(Default)]
struct Occurrences {
    name: u32,
    description: u32,
    body: u32,
    /// Of those in the body, how many begin with a capital.
    capitals: u32,
    in_prose: bool,
    /// It has a digit or an inner capital somewhere in the body.
    is_name: bool,
}

impl Occurrences {
    fn telling(&self) -> Telling {
        match (self.in_prose, self.is_name || self.body > 0 && self.capitals >= self.body) {
            (true, true) => Telling::Name,
            (false, false) => Telling::No,
            _ => Telling::Word,
        }
    }
}

/// The terms of a skill while they are counted.
struct Tally<'a> {
    splitter: &'a Terms,
    found: BTreeMap<String, Occurrences>,
}

impl Tally<'_> {
    /// Calls `add` for each term of a text.
    fn count(&mut self, text: &str, add: impl Fn(&mut Occurrences)) {
        self.splitter.each(text, |term| match self.found.get_mut(term) {
            Some(found) => add(found),
            None => add(self.found.entry(term.to_owned()).or_default()),
        });
    }

    /// Calls `set` for those terms of a text that were counted.
    fn mark(&mut self, text: &str, set: impl Fn(&mut Occurrences)) {
        self.splitter.each(text, |term| {
            if let Some(found) = self.found.get_mut(term) {
                set(found);
            }
        });
    }
}

impl TermCounts {
    /// Counts the terms of a skill's text.
    pub fn of(splitter: &Terms, name: &str, description: &str, body: &str) -> TermCounts {
        let mut tally = Tally { splitter, found: BTreeMap::new() };
        tally.count(name, |found| found.name += 1);
        tally.count(description, |found| found.description += 1);
        for (line, in_prose) in lines(body) {
            tally.count(line, |found| {
                found.body += 1;
                found.in_prose |= in_prose;
            });
            for word in line.split(|c: char| !c.is_alphanumeric()) {
                if word.starts_with(char::is_uppercase) {
                    tally.mark(word, |found| found.capitals += 1);
                }
                if word.chars().any(char::is_numeric) || word.chars().skip(1).any(char::is_uppercase) {
                    tally.mark(word, |found| found.is_name = true);
                }
            }
        }
        let mut terms = TermCounts::default();
        for (term, found) in tally.found {
            let head = NAME_WEIGHT * found.name + DESCRIPTION_WEIGHT * found.description;
            terms.counts.push((term, head + found.body.min(BODY_MAX_COUNT)));
            terms.in_head.push(head > 0);
            terms.telling.push(found.telling());
            terms.n_terms += head + found.body;
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

/// The lines of a body, and whether each is prose: neither in a fenced block of code nor its fence.
fn lines(body: &str) -> impl Iterator<Item = (&str, bool)> {
    let mut in_code = false;
    body.lines().map(move |line| {
        let is_fence = line.trim_start().starts_with("```");
        in_code ^= is_fence;
        (line, !in_code && !is_fence)
    })
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

    #[test]
    fn names_and_prose_are_more_telling_than_code() {
        let body = "Programs the FX3U with GX Works2 from Mitsubishi.\nIt rungs.\n```\nlet contactor = readCoil(m8000)\n```\nEnd of rungs.";
        let terms = TermCounts::of(&Terms::default(), "plc", "Ladders.", body);
        let telling = |term: &str| terms.telling[terms.counts.iter().position(|(other, _)| other == term).unwrap()];
        for (term, expected) in [
            ("fx3u", Telling::Name),
            ("gx", Telling::Name),
            ("works2", Telling::Name),
            ("mitsubishi", Telling::Name),
            ("rung", Telling::Word),
            ("readcoil", Telling::Word),
            ("m8000", Telling::Word),
            ("contactor", Telling::No),
        ] {
            assert_eq!(telling(term), expected, "{term}");
        }
    }
}
