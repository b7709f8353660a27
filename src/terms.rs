//! Text to search terms, for skills and queries alike.
//!
//! Words are runs of letters and digits, lower-cased; `c++`, `c#` and `f#` keep their signs; English stop words and
//! single letters go, and English words are reduced to their stems (Porter 2), which folds plurals. (The parts of words
//! in camel case were tried as terms: hit@1 fell by 0.9 points.)
//! Chinese, Japanese and Korean have no spaces, so runs of their characters give all pairs of neighbours.

use std::collections::HashSet;

use rust_stemmers::{Algorithm, Stemmer};

/// Longest term, in bytes; longer runs are hashes and encoded files, which nobody types.
pub const TERM_MAX_BYTES: usize = 40;

/// English words that say nothing about a task. The list is that of `bm25s` 0.3 (33 words), with the words of asking
/// that open most queries.
const STOP_WORDS: [&str; 52] = [
    "a", "an", "and", "are", "as", "at", "be", "but", "by", "for", "if", "in", "into", "is", "it", "no", "not", "of",
    "on", "or", "such", "that", "the", "their", "then", "there", "these", "they", "this", "to", "was", "will", "with",
    "i", "me", "my", "we", "our", "you", "your", "do", "does", "can", "could", "would", "should", "have", "has", "am",
    "so", "from", "please",
];

/// Splits text into terms.
pub struct Terms {
    stemmer: Stemmer,
    stop_words: HashSet<&'static str>,
}

impl Default for Terms {
    fn default() -> Self {
        Self { stemmer: Stemmer::create(Algorithm::English), stop_words: STOP_WORDS.into() }
    }
}

impl Terms {
    /// Calls `emit` with each term of `text`, in order, repeated as often as it stands there.
    pub fn each(&self, text: &str, mut emit: impl FnMut(&str)) {
        let mut rest = text;
        while let Some(start) = rest.find(char::is_alphanumeric) {
            rest = &rest[start..];
            let dense = rest.starts_with(is_dense);
            let end = rest.find(|c: char| !c.is_alphanumeric() || is_dense(c) != dense).unwrap_or(rest.len());
            if dense {
                pairs(&rest[..end], &mut emit);
                rest = &rest[end..];
            } else {
                let signs = rest[end..].len() - rest[end..].trim_start_matches(['+', '#']).len();
                // `c++` and `c#`, but not `#1` after a longer word.
                let end = if end == 1 { end + signs.min(2) } else { end };
                self.word(&rest[..end], &mut emit);
                rest = &rest[end..];
            }
        }
    }

    /// All terms of a text.
    ///
    /// ```
    /// let terms = skillrouter::terms::Terms::default();
    /// assert_eq!(terms.of("Turn these receipts into C# code"), ["turn", "receipt", "c#", "code"]);
    /// ```
    pub fn of(&self, text: &str) -> Vec<String> {
        let mut terms = Vec::new();
        self.each(text, |term| terms.push(term.to_owned()));
        terms
    }

    fn word(&self, word: &str, emit: &mut impl FnMut(&str)) {
        let word = word.to_lowercase();
        if !(2..=TERM_MAX_BYTES).contains(&word.len()) || self.stop_words.contains(word.as_str()) {
            return;
        }
        match word.bytes().all(|byte| byte.is_ascii_lowercase()) {
            true => emit(&self.stemmer.stem(&word)),
            false => emit(&word),
        }
    }
}

/// Characters of scripts that are written without spaces.
fn is_dense(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{2ffff}')
}

fn pairs(run: &str, emit: &mut impl FnMut(&str)) {
    let ends: Vec<usize> = run.char_indices().map(|(start, c)| start + c.len_utf8()).collect();
    if ends.len() == 1 {
        emit(run);
    }
    let starts = std::iter::once(0).chain(ends.iter().copied());
    for (start, end) in starts.zip(&ends[1..]) {
        emit(&run[start..*end]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        assert_eq!(Terms::default().of(text), expected, "{text}");
    }

    #[test]
    fn words_become_terms() {
        check("Turn these receipts into a spreadsheet!", &["turn", "receipt", "spreadsheet"]);
        check("pdf-merge_split.py v2", &["pdf", "merg", "split", "py", "v2"]);
        check("C++ or C# and .NET #1", &["c++", "c#", "net"]);
        check("it's useEffect", &["useeffect"]);
        check("把收据转成 Excel", &["把收", "收据", "据转", "转成", "excel"]);
        check("日", &["日"]);
        check("größe naïve", &["größe", "naïve"]);
        check("  ... ", &[]);
        check(&"x".repeat(41), &[]);
    }
}
