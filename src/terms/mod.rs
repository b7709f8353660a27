//! Text to search terms, for skills and queries alike.
//!
//! Text is folded first ([`fold`]): case, accents, width and normal forms make no difference. Words are runs of letters and
//! digits; `c++`, `c#` and `f#` keep their signs; English stop words and single letters go, and English words are reduced to
//! their stems (Porter 2), which folds plurals. (The parts of words in camel case were tried as terms: hit@1 fell by 0.9
//! points.) Scripts without spaces give pairs of neighbours (`dense.rs`).

mod dense;
mod fold;

use std::collections::HashSet;

pub use dense::is_one_letter;
use dense::{is_dense, pairs};
pub use fold::{fold, is_of_word};
use rust_stemmers::{Algorithm, Stemmer};

/// Longest word with digits or signs, in characters; longer runs are hashes and encoded files, which nobody types.
const WORD_MAX_CHARS: usize = 40;
/// Longest word of letters alone: compounds of German and Finnish reach 80.
const COMPOUND_MAX_CHARS: usize = 80;

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
        let text = fold(text);
        let mut rest = text.as_ref();
        while let Some(start) = rest.find(char::is_alphanumeric) {
            rest = &rest[start..];
            let dense = rest.starts_with(is_dense);
            let end = rest.find(|c: char| !is_of_word(c) || is_dense(c) != dense).unwrap_or(rest.len());
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
        let is_ascii_word = word.bytes().all(|byte| byte.is_ascii_lowercase());
        let max_chars = match is_ascii_word || word.chars().all(|c| is_of_word(c) && !c.is_numeric()) {
            true => COMPOUND_MAX_CHARS,
            false => WORD_MAX_CHARS,
        };
        if word.len() < 2 || word.chars().count() > max_chars || self.stop_words.contains(word) {
            return;
        }
        match is_ascii_word {
            true => emit(&self.stemmer.stem(word)),
            false => emit(word),
        }
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
        check("größe naïve", &["gross", "naiv"]);
        check("  ... ", &[]);
    }

    #[test]
    fn runs_without_spaces_agree_with_words_of_them() {
        let terms = Terms::default();
        let texts = [
            ("盆栽の水やり予定を立てる。", &["盆栽", "水やり"][..]),
            ("ช่วยจองตั๋วรถไฟและโรงแรม", &["รถไฟ", "ตั๋ว", "โรงแรม"]),
            ("ຊ່ວຍຈອງປີ້ລົດໄຟ", &["ລົດໄຟ", "ຈອງ"]),
            ("សៀវភៅ\u{200b}ភាសាខ្មែរ", &["ភាសា", "ខ្មែរ", "សៀវភៅភាសា"]),
            ("ရထားလက်မှတ်ဝယ်ရန်", &["ရထား", "လက်မှတ်"]),
            ("データベースの変換", &["ﾃﾞｰﾀ", "変換"]),
            ("한국어를 번역한다", &["한국어", "번역"]),
        ];
        for (text, words) in texts {
            let run = terms.of(text);
            for word in words {
                assert!(terms.of(word).iter().all(|term| run.contains(term)), "{word} in {text}: {run:?}");
            }
        }
        check("佐々木3月 ๑๒", &["佐々", "々木", "月", "12"]);
    }

    #[test]
    fn words_of_scripts_with_marks_stay_whole() {
        check("हिन्दी में", &["हिन्दी", "में"]);
        check("Việt Nam", &["viet", "nam"]);
        check("l\u{2019}été", &["ete"]);
    }

    #[test]
    fn long_compounds_stay_whole_and_hashes_go() {
        let law = "Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetz";
        assert_eq!(Terms::default().of(law).len(), 1);
        assert_eq!(Terms::default().of("നിർദ്ദേശങ്ങൾക്കനുസരിച്ചുള്ളപ്രവർത്തനം").len(), 1);
        check(&"x".repeat(81), &[]);
        check(&"a1".repeat(21), &[]);
    }
}
