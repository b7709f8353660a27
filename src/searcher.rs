//! From a query and its vector to routes: both legs searched, their scores mixed, exact names first. No model in here: the
//! caller runs the encoder and brings the vector.
//!
//! `score = (trust * lexical / best + w * dense) / (1 + w)`, where `lexical` is BM25, `best` the highest BM25 that any
//! skill has for this query, `dense` the cosine, and `w` [`Routing::dense_weight`], chosen on queries for each encoder.
//! `trust` is 1 unless no skill has much of the query's words, as when it is in another language. A
//! skill whose very name is the query, or stands in it with its hyphens, comes before all others.
//!
//! Reranked routes have the score `reranker + v * retrieval`, with `v` from the reranker's `model.json`, and keep what they had:
//! [`Answer::reranked`].

use std::collections::BTreeSet;

use crate::{
    answer::{Answer, Mode, Route, RouteOptions, SearchMethod, Stage},
    error::{Error, Result},
    index::{
        Index,
        joined::Joined,
        lexical::Word,
        top_k::{Hit, TopK},
        vectors::QueryVector,
    },
    routing::Routing,
};

/// Skills that each leg proposes; the mixed score is exact for all of them.
const CANDIDATES: usize = 200;

/// [`Answer::coverage`] from which on the words are trusted fully; below, in proportion. Chosen in `QUALITY.md`, "Choices":
/// nothing is lost on queries in English, and those in other languages are found twice as often.
const TRUSTED_COVERAGE: f32 = 0.3;

/// Added to the score of a skill that the query names.
const NAMED: f32 = 1.0;

/// A query after the model's part of a route.
#[derive(Clone, Debug)]
pub enum Encoded {
    /// Its vector.
    Vector(QueryVector),
    /// The dense leg is not asked, or cannot be.
    None {
        /// Why it cannot be, when it was asked for.
        reason: Option<String>,
    },
}

/// An index, with skills of the user's own where there are any.
pub struct Searcher {
    skills: Joined,
}

impl Searcher {
    /// Searches an index, as far as its files are loaded.
    pub fn new(index: Index) -> Searcher {
        Searcher { skills: Joined::new(index) }
    }

    /// The index.
    pub fn index(&self) -> &Index {
        self.skills.index()
    }

    /// The index, to add files to it.
    pub fn index_mut(&mut self) -> &mut Index {
        self.skills.index_mut()
    }

    /// The index alone.
    pub fn into_index(self) -> Index {
        self.skills.into_index()
    }

    /// The index, and the user's own skills beside it.
    pub fn skills(&self) -> &Joined {
        &self.skills
    }

    /// Both, to set the user's own.
    pub fn skills_mut(&mut self) -> &mut Joined {
        &mut self.skills
    }

    /// The answer from words and, where there is one, the vector of the query.
    ///
    /// # Errors
    /// [`Error::EmptyQuery`], and [`Error::Unavailable`] for files or links that are not there, or without a vector of the index's width
    /// where meaning alone is asked.
    pub fn search(&self, query: &str, encoded: &Encoded, options: RouteOptions) -> Result<Answer> {
        refuse_empty(query)?;
        match self.vector(encoded, options.mode)? {
            Ok(vector) => self.search_vector(query, vector, options),
            Err(reason) => self.search_words(query, reason, options),
        }
    }

    /// The answer from words alone, at once.
    ///
    /// # Errors
    /// Those of [`Searcher::search`].
    pub fn route_lexical(&self, query: &str, options: RouteOptions) -> Result<Answer> {
        refuse_empty(query)?;
        self.search_words(query, None, options)
    }

    /// The vector to compare with, or why there is none though it was asked for.
    fn vector<'a>(
        &self,
        encoded: &'a Encoded,
        mode: Mode,
    ) -> Result<std::result::Result<&'a QueryVector, Option<String>>> {
        let reason = match encoded {
            _ if mode == Mode::Lexical => return Ok(Err(None)),
            Encoded::Vector(vector) => match self.skills.check_vector(vector) {
                Ok(()) => return Ok(Ok(vector)),
                Err(error) => Some(error.to_string()),
            },
            Encoded::None { reason } => reason.clone(),
        };
        match mode {
            Mode::Dense => Err(Error::unavailable(reason.unwrap_or_else(|| "the query has no vector".to_owned()))),
            Mode::Lexical | Mode::Hybrid => Ok(Err(reason)),
        }
    }

    fn search_words(&self, query: &str, reason: Option<String>, options: RouteOptions) -> Result<Answer> {
        let words = self.lexical_scores(query, options.typing)?;
        let hits = top_positive(&words.scores, CANDIDATES.max(options.top));
        let score = |skill: u32| {
            let lexical = words.scores[skill as usize];
            Scores { score: lexical, lexical: Some(lexical), dense: None }
        };
        let legs = Legs { lexical: &hits, dense: &[] };
        let answer = self.answer(Stage::Lexical, query, options.top, legs, score);
        let (coverage, respelled) = (Some(words.coverage), words.respelled);
        Ok(Answer { reason, coverage, respelled, ..answer })
    }

    fn search_vector(&self, query: &str, vector: &QueryVector, options: RouteOptions) -> Result<Answer> {
        let n_candidates = CANDIDATES.max(options.top);
        let dense = self.skills.nearest(vector, n_candidates, options.search == SearchMethod::Hnsw)?;
        let similarity = |skill: u32| self.skills.similarity(skill, vector);
        if options.mode == Mode::Dense {
            let score = |skill: u32| {
                let dense = similarity(skill);
                Scores { score: dense, lexical: None, dense: Some(dense) }
            };
            return Ok(self.answer(Stage::Retrieved, "", options.top, Legs { lexical: &[], dense: &dense }, score));
        }
        let words = self.lexical_scores(query, options.typing)?;
        let lexical = top_positive(&words.scores, n_candidates);
        let Routing { dense_weight, calibration, .. } = self.index().manifest().routing;
        let dense_weight = options.dense_weight.unwrap_or(dense_weight);
        let trust = (words.coverage / TRUSTED_COVERAGE).min(1.0);
        let mixed = |skill: u32| {
            let (lexical, dense) = (words.scores[skill as usize], similarity(skill));
            let score = (trust * lexical + dense_weight * dense) / (1.0 + dense_weight);
            Scores { score, lexical: Some(lexical), dense: Some(dense) }
        };
        let legs = Legs { lexical: &lexical, dense: &dense };
        let mut answer = self.answer(Stage::Retrieved, query, options.top.max(2), legs, mixed);
        (answer.coverage, answer.respelled) = (Some(words.coverage), words.respelled);
        answer.fit = calibration.and_then(|calibration| answer.judged(calibration));
        answer.routes.truncate(options.top);
        Ok(answer)
    }

    fn lexical_scores(&self, query: &str, typing: bool) -> Result<LexicalScores> {
        let corpus = self.skills.corpus().ok_or_else(|| Error::unavailable("the lexical file is not loaded yet"))?;
        let words = corpus.read(query, typing);
        let mut scores = corpus.scores(&words);
        let best = scores.iter().copied().fold(0.0, f32::max);
        if best > 0.0 {
            scores.iter_mut().for_each(|score| *score /= best);
        }
        let highest = corpus.highest_score(&words);
        let coverage = if highest > 0.0 { best / highest } else { 0.0 };
        let respelled = words.iter().any(Word::is_respelled);
        Ok(LexicalScores { scores, coverage, respelled })
    }

    /// Orders the candidates of both legs by `score`, named skills first.
    fn answer(&self, stage: Stage, query: &str, top: usize, legs: Legs<'_>, score: impl Fn(u32) -> Scores) -> Answer {
        let corpus = self.skills.corpus();
        let named = corpus.as_ref().map(|corpus| corpus.named(query)).unwrap_or_default();
        let hits = legs.lexical.iter().chain(legs.dense).map(|hit| hit.skill_idx);
        let candidates: BTreeSet<u32> = hits.chain(named.iter().copied()).collect();
        let mut best = TopK::new(top);
        for skill_idx in candidates {
            let bonus = if named.contains(&skill_idx) { NAMED } else { 0.0 };
            best.push(Hit { skill_idx, score: score(skill_idx).score + bonus });
        }
        let rank = |hits: &[Hit], skill_idx: u32| {
            hits.iter().position(|hit| hit.skill_idx == skill_idx).map(|place| place + 1)
        };
        let name = |skill_idx| corpus.as_ref().map_or_else(String::new, |corpus| corpus.name(skill_idx).to_owned());
        let route = |Hit { skill_idx, score: total }| {
            let Scores { lexical, dense, .. } = score(skill_idx);
            Route {
                skill_idx,
                name: name(skill_idx),
                own: self.skills.is_own(skill_idx),
                score: total,
                named: named.contains(&skill_idx),
                lexical_score: lexical,
                lexical_rank: rank(legs.lexical, skill_idx),
                dense_score: dense,
                dense_rank: rank(legs.dense, skill_idx),
                retrieval_score: None,
                retrieval_rank: None,
                rerank_score: None,
            }
        };
        let routes = best.into_sorted().into_iter().map(route).collect();
        Answer { stage, reason: None, reranked: None, fit: None, coverage: None, respelled: false, routes }
    }
}

/// BM25 of a query.
struct LexicalScores {
    /// Of every skill by the highest of all, so that the best has 1.
    scores: Vec<f32>,
    /// See [`Answer::coverage`].
    coverage: f32,
    /// See [`Answer::respelled`].
    respelled: bool,
}

/// What each leg proposes, best first.
#[derive(Clone, Copy)]
struct Legs<'a> {
    lexical: &'a [Hit],
    dense: &'a [Hit],
}

/// The scores of a skill: the one that orders, and what it is made of.
struct Scores {
    score: f32,
    lexical: Option<f32>,
    dense: Option<f32>,
}

pub(crate) fn refuse_empty(query: &str) -> Result<()> {
    if query.trim().is_empty() { Err(Error::EmptyQuery) } else { Ok(()) }
}

fn top_positive(scores: &[f32], k: usize) -> Vec<Hit> {
    let mut top = TopK::new(k);
    for (skill_idx, &score) in scores.iter().enumerate().filter(|(_, score)| **score > 0.0) {
        top.push(Hit { skill_idx: skill_idx as u32, score });
    }
    top.into_sorted()
}
