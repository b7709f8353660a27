//! Does the first route fit at all? A calibrated probability, so that an answer can say "nothing fits".
//!
//! `p = 1 / (1 + exp(-(bias + weights . evidence)))`: logistic regression (Platt 1999) over what the stages know of the
//! first route. The weights belong to an encoder, or to a reranker on top of one, and stand in its `model.json`; they are
//! fitted by `training/calibrate.py` on tasks that the models were not trained on, among them tasks that no skill serves.

use serde::{Deserialize, Serialize};

/// Least [`Evidence::coverage`] and [`Evidence::lexical`] of a route that respelled words find well. On the starter catalogue,
/// tasks with typing errors had coverages of 0.44 and more where the right skill came first; tasks that no skill serves, but
/// whose words are one letter from others, 0.3 and less.
const RESPELLED_COVERAGE: f32 = 0.4;
const RESPELLED_LEXICAL: f32 = 0.9;

/// What is known of the first route of an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// Cosine of its vector to that of the task.
    pub dense: f32,
    /// BM25 of the best skill, as a part of the most that these words can give.
    pub coverage: f32,
    /// Its BM25 by that of the best skill.
    pub lexical: f32,
    /// Its score less that of the second route.
    pub margin: f32,
    /// The reranker's score; 0 without one.
    pub rerank: f32,
}

/// From [`Evidence`] to a probability and a word.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    /// Log-odds without any evidence.
    pub bias: f32,
    /// Log-odds for each unit of evidence.
    pub weights: Evidence,
    /// The least `p` of each word.
    pub words: Words,
}

/// The least probability for each word; below `weak` nothing fits.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Words {
    /// For [`Word::Weak`].
    pub weak: f32,
    /// For [`Word::Likely`].
    pub likely: f32,
    /// For [`Word::Strong`].
    pub strong: f32,
}

/// How well the first route fits, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Word {
    /// Nothing fits.
    None,
    /// It may fit; look at the others too.
    Weak,
    /// It is more likely than not to fit.
    Likely,
    /// It fits.
    Strong,
}

/// Whether the first route fits the task.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fit {
    /// Probability that it does.
    pub p: f32,
    /// The same in a word.
    pub word: Word,
}

impl Calibration {
    /// Judges the first route. One that the task names fits, whatever else is known of it: it is at least likely. And one
    /// that the words find well once they are `respelled` is at least weak, since models do not see what misspelled words mean.
    pub fn fit_of(&self, evidence: Evidence, named: bool, respelled: bool) -> Fit {
        let fit = self.fit(evidence);
        let by_words = evidence.coverage >= RESPELLED_COVERAGE && evidence.lexical >= RESPELLED_LEXICAL;
        let (least, word) = match (named, respelled && by_words) {
            (true, _) => (self.words.likely, Word::Likely),
            (false, true) => (self.words.weak, Word::Weak),
            (false, false) => return fit,
        };
        if fit.word < word { Fit { p: fit.p.max(least), word } } else { fit }
    }

    /// Judges the first route by evidence alone.
    pub fn fit(&self, evidence: Evidence) -> Fit {
        let Evidence { dense, coverage, lexical, margin, rerank } = self.weights;
        let log_odds = self.bias
            + dense * evidence.dense
            + coverage * evidence.coverage
            + lexical * evidence.lexical
            // A skill that is named stands one whole point before the others; more than that says nothing more.
            + margin * evidence.margin.clamp(0.0, 1.0)
            + rerank * evidence.rerank;
        let p = 1.0 / (1.0 + (-log_odds).exp());
        let Words { weak, likely, strong } = self.words;
        let word = match p {
            p if p >= strong => Word::Strong,
            p if p >= likely => Word::Likely,
            p if p >= weak => Word::Weak,
            _ => Word::None,
        };
        Fit { p, word }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn evidence_makes_a_probability_and_a_word() {
        let weights = Evidence { dense: 10.0, coverage: 2.0, lexical: 0.0, margin: 4.0, rerank: 0.5 };
        let words = Words { weak: 0.2, likely: 0.5, strong: 0.8 };
        let calibration = Calibration { bias: -6.0, weights, words };
        let check = |dense: f32, margin: f32, rerank: f32, p: f32, word: Word| {
            let fit = calibration.fit(Evidence { dense, coverage: 0.5, lexical: 1.0, margin, rerank });
            assert!((fit.p - p).abs() < 1e-3, "{fit:?}");
            assert_eq!(fit.word, word);
        };
        check(0.5, 0.0, 0.0, 0.5, Word::Likely);
        check(0.3, 0.0, 0.0, 0.119, Word::None);
        check(0.3, 0.2, 0.0, 0.231, Word::Weak);
        check(0.5, 0.5, 0.0, 0.881, Word::Strong);
        check(0.5, 0.0, -4.0, 0.119, Word::None);
        check(0.1, 9.0, 0.0, 0.5, Word::Likely);
        let nothing = Evidence::default();
        assert_eq!(calibration.fit_of(nothing, false, true).word, Word::None);
        assert_eq!(calibration.fit_of(nothing, true, false), Fit { p: 0.5, word: Word::Likely });
        let much = Evidence { dense: 1.0, ..nothing };
        assert_eq!(calibration.fit_of(much, true, true), calibration.fit(much));
        let by_words = Evidence { coverage: 0.6, lexical: 1.0, ..nothing };
        assert_eq!(calibration.fit_of(by_words, false, false).word, Word::None);
        assert_eq!(calibration.fit_of(by_words, false, true), Fit { p: 0.2, word: Word::Weak });
    }
}
