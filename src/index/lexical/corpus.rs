//! The lexical leg: BM25 over name, description and body (Robertson and Zaragoza 2009), which answers before any model is
//! there.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    file::Lexical,
    postings::occurrences_of,
    score::{K1, idf, tf},
    spelling,
};
use crate::terms::{Terms, fold, is_of_word, is_one_letter};

/// Most completions of an unfinished last word.
const COMPLETIONS: usize = 8;
/// What a word counts for each letter of it that is wrong.
const RIGHT_LETTER: f32 = 0.8;

/// A word of a query.
pub struct Word<'a> {
    /// The terms that it may mean; none when no skill has it or anything like it.
    terms: Vec<&'a str>,
    /// What each of them counts.
    weight: f32,
    /// More than it can give to any skill.
    most: f32,
    is_respelled: bool,
}

impl Word<'_> {
    /// Whether no skill has it, and it is read as a word that is spelled nearly so.
    pub fn is_respelled(&self) -> bool {
        self.is_respelled
    }
}

/// All skills that are searched together: those of an index, and then those of others. What a term tells is counted over
/// all of them, so that scores compare.
pub struct Corpus<'a> {
    parts: Vec<&'a Lexical>,
    n_skills: usize,
    average_length: f32,
    splitter: &'a Terms,
}

impl<'a> Corpus<'a> {
    /// The skills of these indexes, in this order.
    pub fn new(splitter: &'a Terms, parts: impl IntoIterator<Item = &'a Lexical>) -> Corpus<'a> {
        let parts: Vec<&Lexical> = parts.into_iter().collect();
        let n_skills = parts.iter().map(|part| part.len()).sum();
        let total_length: f32 = parts.iter().map(|part| part.total_length()).sum();
        Corpus { parts, n_skills, average_length: total_length / n_skills.max(1) as f32, splitter }
    }

    /// What the words of a query mean here. `typing` says that the last word may be unfinished: when no skill has it, its
    /// completions count.
    pub fn read(&self, query: &str, typing: bool) -> Vec<Word<'a>> {
        let terms = self.splitter.of(query);
        let tail = (typing && query.ends_with(char::is_alphanumeric)).then(|| terms.last()).flatten();
        let mut counts: BTreeMap<&str, f32> = BTreeMap::new();
        for term in &terms {
            *counts.entry(term).or_default() += 1.0;
        }
        // The square root of how often a term is said, since long tasks repeat words.
        counts
            .into_iter()
            .map(|(term, count)| self.word(term, count.sqrt(), tail.is_some_and(|tail| tail == term)))
            .collect()
    }

    fn word(&self, term: &str, weight: f32, may_be_unfinished: bool) -> Word<'a> {
        let word = |terms: Vec<&'a str>| Word { terms, weight, most: weight * self.most(term), is_respelled: false };
        if let Some(known) = self.known(term) {
            return word(vec![known]);
        }
        if may_be_unfinished {
            let completions = self.completions(term);
            if !completions.is_empty() {
                return word(completions);
            }
        }
        if is_one_letter(term) {
            return word(spelling::containing(&self.parts, term));
        }
        let Some((distance, terms)) = spelling::nearest(&self.parts, term) else { return word(Vec::new()) };
        let most = terms.iter().map(|term| weight * self.most(term)).fold(0.0, f32::max);
        Word { terms, weight: weight * RIGHT_LETTER.powi(distance as i32), most, is_respelled: true }
    }

    /// The BM25 score of every skill, `[n]`; 0 where no word of the query occurs. Of the terms that a word may mean the best
    /// counts.
    pub fn scores(&self, words: &[Word<'_>]) -> Vec<f32> {
        let mut scores = vec![0.0; self.n_skills];
        for Word { terms, weight, .. } in words {
            let mut best: BTreeMap<u32, f32> = BTreeMap::new();
            for term in terms {
                self.each_score(term, |skill_idx, score| match terms.len() {
                    1 => scores[skill_idx as usize] += weight * score,
                    _ => {
                        let best = best.entry(skill_idx).or_default();
                        *best = best.max(weight * score);
                    }
                });
            }
            best.into_iter().for_each(|(skill_idx, score)| scores[skill_idx as usize] += score);
        }
        scores
    }

    /// More than any skill can have for a query: every word of it, again and again, words that no skill has included. Of a
    /// misspelled word it is what the right one has.
    pub fn highest_score(&self, words: &[Word<'_>]) -> f32 {
        words.iter().map(|word| word.most).sum()
    }

    /// The skills whose name is the whole query, or stands in it letter by letter with its hyphens.
    pub fn named(&self, query: &str) -> Vec<u32> {
        let query = fold(query.trim());
        let words =
            query.split(|c: char| !(is_of_word(c) || c == '-' || c == '_')).filter(|word| word.contains(['-', '_']));
        let spelled = words.flat_map(|word| self.said(word).filter(move |skill| fold(self.name(*skill)) == word));
        let named: BTreeSet<u32> = self.said(&query).chain(spelled).collect();
        named.into_iter().collect()
    }

    /// Name of a skill.
    pub fn name(&self, skill_idx: u32) -> &'a str {
        let (first, part) =
            self.firsts().take_while(|(first, _)| *first <= skill_idx).last().expect("a skill of these");
        part.name(skill_idx - first)
    }

    /// Each part with the place of its first skill.
    fn firsts(&self) -> impl Iterator<Item = (u32, &'a Lexical)> {
        self.parts.iter().scan(0, |next, &part| {
            let first = *next;
            *next += part.len() as u32;
            Some((first, part))
        })
    }

    fn said(&self, name: &str) -> impl Iterator<Item = u32> {
        self.firsts().flat_map(move |(first, part)| part.said(name).map(move |skill_idx| first + skill_idx))
    }

    /// More than a term can give to any skill.
    fn most(&self, term: &str) -> f32 {
        self.idf(term) * (K1 + 1.0)
    }

    /// The term as an index has it.
    fn known(&self, term: &str) -> Option<&'a str> {
        self.parts.iter().find_map(|part| Some(part.term(part.find(term)?)))
    }

    fn idf(&self, term: &str) -> f32 {
        let frequency = |part: &&Lexical| part.find(term).map_or(0, |position| part.document_frequency(position));
        idf(self.n_skills, self.parts.iter().map(frequency).sum())
    }

    /// The most frequent terms that start with `start`.
    fn completions(&self, start: &str) -> Vec<&'a str> {
        let mut frequencies: BTreeMap<&str, u32> = BTreeMap::new();
        for part in &self.parts {
            for position in part.starting_with(start) {
                *frequencies.entry(part.term(position)).or_default() += part.document_frequency(position);
            }
        }
        let mut found: Vec<(&str, u32)> = frequencies.into_iter().collect();
        found.sort_by_key(|(_, frequency)| std::cmp::Reverse(*frequency)); // Stable: by letters where they are equal.
        found.into_iter().map(|(term, _)| term).take(COMPLETIONS).collect()
    }

    /// Calls `add` with what a term gives to each skill that has it.
    fn each_score(&self, term: &str, mut add: impl FnMut(u32, f32)) {
        let idf = self.idf(term);
        for (first, part) in self.firsts() {
            let Some(position) = part.find(term) else { continue };
            for posting in part.list(position) {
                let relative_length = part.length(posting.skill_idx) / self.average_length;
                add(first + posting.skill_idx, idf * tf(occurrences_of(posting.level) as f32, relative_length));
            }
        }
    }
}

#[cfg(all(test, feature = "build"))]
mod tests {
    use super::{
        super::{
            builder::{LexicalBuilder, LexicalConfig},
            counts::TermCounts,
            postings::level_of,
        },
        *,
    };

    const SKILLS: [(&str, &str, &str); 4] = [
        ("pdf-merge", "Join PDF files.", "Use the tool to join many files into one."),
        ("receipts", "Turn receipts into spreadsheets.", "Read every receipt, write rows."),
        ("PDF Merge", "Another one.", "pdf pdf pdf pdf pdf"),
        ("c-sharp", "Write C# code.", "namespaces and classes 转成表格"),
    ];

    fn lexical(skills: &[(&str, &str, &str)]) -> Lexical {
        let mut builder = LexicalBuilder::default();
        for (name, description, body) in skills {
            builder.push(name, TermCounts::of(&Terms::default(), name, description, body));
        }
        let order: Vec<usize> = (0..skills.len()).collect();
        let config = LexicalConfig { keywords: 100, ..LexicalConfig::ALL };
        Lexical::open("f", &builder.finish(&order, config)).unwrap()
    }

    fn scores(corpus: &Corpus<'_>, query: &str, typing: bool) -> Vec<f32> {
        corpus.scores(&corpus.read(query, typing))
    }

    fn highest(corpus: &Corpus<'_>, query: &str) -> f32 {
        corpus.highest_score(&corpus.read(query, false))
    }

    fn best(query: &str, typing: bool) -> Option<u32> {
        let (splitter, lexical) = (Terms::default(), lexical(&SKILLS));
        let scores = scores(&Corpus::new(&splitter, [&lexical]), query, typing);
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
    fn a_misspelled_word_finds_what_is_meant() {
        assert_eq!(best("recipts to spredsheet", false), Some(1));
        assert_eq!(best("jion", false), Some(0), "two letters swapped");
        assert_eq!(best("anothre", false), Some(2));
        assert_eq!(best("ro", false), None, "too short");
        assert_eq!(best("pdf2", false), None, "a digit is no typing error");
        assert_eq!(best("spraedshet", true), Some(1));
        let (splitter, lexical) = (Terms::default(), lexical(&SKILLS));
        let corpus = Corpus::new(&splitter, [&lexical]);
        let coverage =
            |query: &str| scores(&corpus, query, false).into_iter().fold(0.0, f32::max) / highest(&corpus, query);
        let (right, wrong) = (coverage("receipts to spreadsheet"), coverage("recipts to spredsheet"));
        assert!((wrong / right - RIGHT_LETTER).abs() < 1e-5, "{wrong} beside {right}");
    }

    #[test]
    fn an_answer_knows_what_was_respelled() {
        let (splitter, lexical) = (Terms::default(), lexical(&SKILLS));
        let corpus = Corpus::new(&splitter, [&lexical]);
        let respelled = |query: &str| corpus.read(query, false).iter().any(Word::is_respelled);
        assert!(respelled("recipts"));
        assert!(!respelled("receipts into unheard of spreadsheets, 格"));
    }

    #[test]
    fn other_scripts_and_ways_to_write_find_skills() {
        let skills = [
            ("ho-chieu", "Gia hạn hộ chiếu.", ""),
            ("wetterbericht", "Schreibt den täglichen Wetterbericht für Küstenstädte.", ""),
            ("ryokan", "温泉旅館を予約する。", ""),
            ("siyam", "يُذكّر بمواعيد الصيام.", ""),
            ("ﾊｲｸ", "ＧＰＸ ファイルを編集", ""),
            ("thai-cook", "สูตรอาหารไทยและรายการซื้อของ", ""),
        ];
        let (splitter, lexical) = (Terms::default(), lexical(&skills));
        let corpus = Corpus::new(&splitter, [&lexical]);
        let queries = [
            "gia han ho chieu",
            "taglich ku\u{308}stensta\u{308}dte",
            "旅館 予約",
            "مواعيد الصيام",
            "gpx ファイル",
            "อาหาร",
        ];
        for (skill, query) in queries.iter().enumerate() {
            let scores = scores(&corpus, query, false);
            let best = (0..skills.len()).max_by(|&a, &b| scores[a].total_cmp(&scores[b]));
            assert!(scores[skill] > 0.0 && best == Some(skill), "{query}: {scores:?}");
        }
        assert_eq!(corpus.named("ハイク"), [4]);
    }

    #[test]
    fn one_letter_of_a_run_finds_it() {
        assert_eq!(best("格", false), Some(3));
    }

    #[test]
    fn names_are_found_exactly() {
        let (splitter, lexical) = (Terms::default(), lexical(&SKILLS));
        let corpus = Corpus::new(&splitter, [&lexical]);
        assert_eq!(corpus.named("use pdf-merge, please"), [0]);
        assert_eq!(corpus.named("PDF merge"), [0, 2]);
        assert_eq!(corpus.named("merge my pdf"), Vec::<u32>::new());
    }

    /// By hand: one skill of 4 has "receipt", 5 times for the name, 4 for the description, and once in the body; said
    /// twice it counts as the root of two.
    #[test]
    fn scores_are_bm25() {
        let (splitter, lexical) = (Terms::default(), lexical(&SKILLS));
        let corpus = Corpus::new(&splitter, [&lexical]);
        let average = (0..4).map(|skill| lexical.length(skill)).sum::<f32>() / 4.0;
        assert_eq!(occurrences_of(level_of(5 + 4 + 1)), 9);
        let idf = (1.0f32 + 3.5 / 1.5).ln();
        let want = idf * 9.0 * 3.0 / (9.0 + 2.0 * (0.9 + 0.1 * lexical.length(1) / average));
        assert!((scores(&corpus, "receipt", false)[1] - want).abs() < 1e-5);
        assert!((scores(&corpus, "receipt receipts", false)[1] - 2.0f32.sqrt() * want).abs() < 1e-5);
    }

    #[test]
    fn no_skill_has_more_than_the_highest_score() {
        let (splitter, lexical) = (Terms::default(), lexical(&SKILLS));
        let corpus = Corpus::new(&splitter, [&lexical]);
        for query in ["merge pdf files", "pdf pdf receipts", "every unheard word"] {
            let highest = highest(&corpus, query);
            assert!(scores(&corpus, query, false).iter().all(|score| *score < highest), "{query}");
        }
        let unknown = (1.0f32 + 4.5 / 0.5).ln() * 3.0;
        assert!((highest(&corpus, "unheard") - unknown).abs() < 1e-5);
        assert_eq!(highest(&corpus, "!?"), 0.0);
    }

    #[test]
    fn two_indexes_score_like_one() {
        let splitter = Terms::default();
        let (all, first, rest) = (lexical(&SKILLS), lexical(&SKILLS[..1]), lexical(&SKILLS[1..]));
        let (together, apart) = (Corpus::new(&splitter, [&all]), Corpus::new(&splitter, [&first, &rest]));
        for (query, typing) in [("join pdf files", false), ("receipt rows", false), ("turn into spreadsh", true)] {
            let (want, got) = (scores(&together, query, typing), scores(&apart, query, typing));
            assert!(
                want.iter().zip(&got).all(|(want, got)| (want - got).abs() < 1e-5),
                "{query}: {got:?} for {want:?}"
            );
            assert!((highest(&together, query) - highest(&apart, query)).abs() < 1e-5);
        }
        assert_eq!(apart.named("PDF merge"), [0, 2]);
        assert_eq!(apart.name(3), "c-sharp");
    }
}
