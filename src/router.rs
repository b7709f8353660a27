//! From a task to routes: both legs searched, their scores mixed, the best reranked, exact names first.
//!
//! `score = (trust * lexical / best + w * dense) / (1 + w)`, where `lexical` is BM25, `best` the highest BM25 that any
//! skill has for this query, `dense` the cosine, and `w` [`Routing::dense_weight`], chosen on queries for each encoder.
//! `trust` is 1 unless no skill has much of the query's words, as when it is in another language: see
//! [`TRUSTED_COVERAGE`]. A skill whose very name is the query, or stands in it with its hyphens, comes before all others.
//!
//! Reranked routes have the score `reranker + v * retrieval`, with `v` from the reranker's `model.json`, and keep what they had.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{
    contract::{EncoderId, Routing},
    error::{Error, Result},
    fit::{Calibration, Evidence, Fit},
    index::{
        Index, exact,
        top_k::{Hit, TopK},
        vectors::QueryVector,
    },
    model::encoder::Encoder,
};

/// Skills that each leg proposes; the mixed score is exact for all of them.
const CANDIDATES: usize = 200;

/// [`Answer::coverage`] from which on the words are trusted fully; below, in proportion. Chosen in `QUALITY.md`, "Choices":
/// nothing is lost on queries in English, and those in other languages are found twice as often.
const TRUSTED_COVERAGE: f32 = 0.3;

/// Added to the score of a skill that the query names.
const NAMED: f32 = 1.0;

/// Which legs are asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Words only; needs no model.
    Lexical,
    /// Meaning only.
    Dense,
    /// Both.
    #[default]
    Hybrid,
}

/// How the nearest vectors are found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SearchMethod {
    /// All vectors are compared.
    #[default]
    Exact,
    /// The graph is followed; for very large indexes.
    Hnsw,
}

/// What is asked of a route.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RouteOptions {
    /// Routes to return.
    pub top: usize,
    /// Legs to ask.
    pub mode: Mode,
    /// How the nearest vectors are found.
    pub search: SearchMethod,
    /// The last word may be unfinished.
    pub typing: bool,
    /// Weight of the dense score, instead of the encoder's own.
    pub dense_weight: Option<f32>,
}

impl Default for RouteOptions {
    fn default() -> Self {
        Self { top: 10, mode: Mode::Hybrid, search: SearchMethod::Exact, typing: false, dense_weight: None }
    }
}

/// How far an answer got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// Words were matched.
    Lexical,
    /// Meaning was matched too.
    Retrieved,
    /// The best were read together with the task.
    Reranked,
}

/// One answer: a skill and why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Route {
    /// Place in the index.
    pub skill_idx: u32,
    /// Name of the skill.
    pub name: String,
    /// Orders the routes of one stage; higher is better. Retrieval gives at most 1, or 2 for a skill that the query
    /// names; a reranker gives what its model gives.
    pub score: f32,
    /// The query names this skill, so it stays before the others.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub named: bool,
    /// BM25 by that of the best skill.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lexical_score: Option<f32>,
    /// Rank in the lexical leg from 1, if it was among its candidates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lexical_rank: Option<usize>,
    /// Cosine to the task.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dense_score: Option<f32>,
    /// Rank in the dense leg from 1, if it was among its candidates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dense_rank: Option<usize>,
    /// Score before reranking.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retrieval_score: Option<f32>,
    /// Rank before reranking, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retrieval_rank: Option<usize>,
    /// What the reranker's model gave; missing while it has not read the skill.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rerank_score: Option<f32>,
}

/// The answer to a task.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// How far it got.
    pub stage: Stage,
    /// Why it got no further, when it was asked to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// How many routes the reranker has read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reranked: Option<Reranked>,
    /// Whether the first route fits at all; missing where the models were not calibrated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fit: Option<Fit>,
    /// BM25 of the best skill, as a part of the most that the words of the query can give.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coverage: Option<f32>,
    /// Best first.
    pub routes: Vec<Route>,
}

/// How far a reranking has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reranked {
    /// Routes that have their score.
    pub done: usize,
    /// Routes that are to have one.
    pub of: usize,
}

/// What is asked of a reranking.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RerankOptions {
    /// Weight of the retrieval score beside the reranker's.
    pub retrieval_weight: f32,
    /// Judges the first route, once all are read.
    pub calibration: Option<Calibration>,
    /// Routes to return.
    pub top: usize,
}

impl Default for RerankOptions {
    fn default() -> Self {
        Self { retrieval_weight: 0.0, calibration: None, top: 10 }
    }
}

impl Answer {
    /// The answer with reranked routes: those that have a score first, named ones before them, then the others as they
    /// were. `scores` has one for each of the first routes, `None` for those that the reranker has yet to read.
    pub fn reranked(&self, scores: &[Option<f32>], options: RerankOptions) -> Answer {
        let mut routes: Vec<Route> = self
            .routes
            .iter()
            .enumerate()
            .map(|(place, route)| {
                let rerank_score = scores.get(place).copied().flatten();
                let score = rerank_score.map_or(route.score, |score| score + options.retrieval_weight * route.score);
                let (retrieval_score, retrieval_rank) = (Some(route.score), Some(place + 1));
                Route { score, retrieval_score, retrieval_rank, rerank_score, ..route.clone() }
            })
            .collect();
        routes.sort_by(|a, b| {
            let read = (b.rerank_score.is_some()).cmp(&a.rerank_score.is_some());
            let by_score = match a.rerank_score.is_some() && b.rerank_score.is_some() {
                true => b.score.total_cmp(&a.score),
                false => std::cmp::Ordering::Equal,
            };
            // The sort is stable: what is equal stays as it was.
            b.named.cmp(&a.named).then(read).then(by_score)
        });
        let done = scores.iter().flatten().count();
        let complete = !scores.is_empty() && done == scores.len();
        let reranked = Some(Reranked { done, of: scores.len() });
        let mut answer = Answer { stage: Stage::Reranked, reranked, routes, ..self.clone() };
        if complete {
            // What was known of the first route may have been about another one.
            answer.fit = options.calibration.and_then(|calibration| Some(calibration.fit(answer.evidence()?)));
        }
        answer.routes.truncate(options.top);
        answer
    }

    /// What is known of the first route, where both legs were asked.
    pub fn evidence(&self) -> Option<Evidence> {
        let first = self.routes.first()?;
        Some(Evidence {
            dense: first.dense_score?,
            coverage: self.coverage?,
            lexical: first.lexical_score?,
            margin: self.routes.get(1).map_or(1.0, |second| first.score - second.score),
            rerank: first.rerank_score.unwrap_or_default(),
        })
    }
}

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

/// An index with the encoder that its vectors come from, as far as they are loaded.
pub struct Router {
    index: Index,
    encoder: Option<Encoder>,
}

impl Router {
    /// Starts without an encoder: answers are lexical.
    pub fn new(index: Index) -> Router {
        Router { index, encoder: None }
    }

    /// Adds the encoder.
    ///
    /// # Errors
    /// Those of [`Router::check_encoder`].
    pub fn set_encoder(&mut self, encoder: Encoder) -> Result<()> {
        self.check_encoder(&encoder.manifest().encoder_id()?)?;
        self.encoder = Some(encoder);
        Ok(())
    }

    /// Tells whether an encoder is the one that the index was built with, before its weights are fetched.
    ///
    /// # Errors
    /// [`Error::EncoderMismatch`].
    pub fn check_encoder(&self, encoder: &EncoderId) -> Result<()> {
        let built_with = &self.index.manifest().encoder;
        match built_with == encoder {
            true => Ok(()),
            false => {
                Err(Error::EncoderMismatch { index_encoder: built_with.to_string(), encoder: encoder.to_string() })
            }
        }
    }

    /// The index.
    pub fn index(&self) -> &Index {
        &self.index
    }

    /// The index, to add files to it.
    pub fn index_mut(&mut self) -> &mut Index {
        &mut self.index
    }

    /// The encoder, once it was added.
    pub fn encoder(&self) -> Option<&Encoder> {
        self.encoder.as_ref()
    }

    /// The best answer that can be had now: with the model if it is there, else from words alone, and then `reason`
    /// says why. The same as [`Router::encode`] and then [`Router::search`].
    ///
    /// # Errors
    /// Those of these two.
    pub async fn route(&self, query: &str, options: RouteOptions) -> Result<Answer> {
        let encoded = self.encode(query, options).await?;
        self.search(query, &encoded, options)
    }

    /// The first half of a route: the model's part.
    ///
    /// # Errors
    /// [`Error::EmptyQuery`], [`Error::Unavailable`] when only the dense leg is asked and it is not there, and those of
    /// the model.
    pub async fn encode(&self, query: &str, options: RouteOptions) -> Result<Encoded> {
        refuse_empty(query)?;
        match (options.mode, self.dense_leg()) {
            (Mode::Lexical, _) => Ok(Encoded::None { reason: None }),
            (Mode::Hybrid, Err(reason)) => Ok(Encoded::None { reason: Some(reason) }),
            (Mode::Dense, Err(reason)) => Err(Error::Unavailable { what: reason }),
            (_, Ok(encoder)) => {
                let vector = encoder.embed_query(&encoder.contract().query(query)).await?;
                Ok(Encoded::Vector(QueryVector::new(&vector)))
            }
        }
    }

    /// The second half of a route: the search.
    ///
    /// # Errors
    /// [`Error::EmptyQuery`], and [`Error::Unavailable`] for files or links that are not there.
    pub fn search(&self, query: &str, encoded: &Encoded, options: RouteOptions) -> Result<Answer> {
        refuse_empty(query)?;
        match encoded {
            Encoded::Vector(vector) => self.search_vector(query, vector, options),
            Encoded::None { reason } => {
                let words = self.lexical_scores(query, options.typing)?;
                let hits = top_positive(&words.scores, CANDIDATES.max(options.top));
                let score = |skill: u32| {
                    let lexical = words.scores[skill as usize];
                    Scores { score: lexical, lexical: Some(lexical), dense: None }
                };
                let legs = Legs { lexical: &hits, dense: &[] };
                let answer = self.answer(Stage::Lexical, query, options.top, legs, score);
                Ok(Answer { reason: reason.clone(), coverage: Some(words.coverage), ..answer })
            }
        }
    }

    /// The answer from words alone, at once.
    ///
    /// # Errors
    /// Those of [`Router::search`].
    pub fn route_lexical(&self, query: &str, options: RouteOptions) -> Result<Answer> {
        self.search(query, &Encoded::None { reason: None }, options)
    }

    fn search_vector(&self, query: &str, vector: &QueryVector, options: RouteOptions) -> Result<Answer> {
        let n_candidates = CANDIDATES.max(options.top);
        let vectors = self.index.vectors().ok_or_else(|| unavailable("the vectors are not loaded yet"))?;
        let dense = match options.search {
            SearchMethod::Exact => exact::search(vectors, vector, n_candidates),
            SearchMethod::Hnsw => {
                let links =
                    self.index.links().ok_or_else(|| unavailable("this index has no links; build it with --hnsw"))?;
                links.search(vector, n_candidates)
            }
        };
        let similarity = |skill: u32| vectors.similarity(skill as usize, vector);
        if options.mode == Mode::Dense {
            let score = |skill: u32| {
                let dense = similarity(skill);
                Scores { score: dense, lexical: None, dense: Some(dense) }
            };
            return Ok(self.answer(Stage::Retrieved, "", options.top, Legs { lexical: &[], dense: &dense }, score));
        }
        let words = self.lexical_scores(query, options.typing)?;
        let lexical = top_positive(&words.scores, n_candidates);
        let Routing { dense_weight, calibration, .. } = self.index.manifest().routing;
        let dense_weight = options.dense_weight.unwrap_or(dense_weight);
        let trust = (words.coverage / TRUSTED_COVERAGE).min(1.0);
        let mixed = |skill: u32| {
            let (lexical, dense) = (words.scores[skill as usize], similarity(skill));
            let score = (trust * lexical + dense_weight * dense) / (1.0 + dense_weight);
            Scores { score, lexical: Some(lexical), dense: Some(dense) }
        };
        let legs = Legs { lexical: &lexical, dense: &dense };
        let mut answer = self.answer(Stage::Retrieved, query, options.top.max(2), legs, mixed);
        answer.coverage = Some(words.coverage);
        answer.fit = calibration.and_then(|calibration| Some(calibration.fit(answer.evidence()?)));
        answer.routes.truncate(options.top);
        Ok(answer)
    }

    /// What the dense leg needs, or why it cannot be asked.
    fn dense_leg(&self) -> std::result::Result<&Encoder, String> {
        match (&self.encoder, self.index.vectors()) {
            (Some(encoder), Some(_)) => Ok(encoder),
            (None, _) => Err("the model is not loaded yet".to_owned()),
            (_, None) => Err("the vectors are not loaded yet".to_owned()),
        }
    }

    fn lexical_scores(&self, query: &str, typing: bool) -> Result<LexicalScores> {
        let lexical = self.index.lexical().ok_or_else(|| unavailable("the lexical file is not loaded yet"))?;
        let mut scores = lexical.scores(query, typing);
        let best = scores.iter().copied().fold(0.0, f32::max);
        if best > 0.0 {
            scores.iter_mut().for_each(|score| *score /= best);
        }
        let highest = lexical.highest_score(query);
        let coverage = if highest > 0.0 { best / highest } else { 0.0 };
        Ok(LexicalScores { scores, coverage })
    }

    /// Orders the candidates of both legs by `score`, named skills first.
    fn answer(&self, stage: Stage, query: &str, top: usize, legs: Legs<'_>, score: impl Fn(u32) -> Scores) -> Answer {
        let named = self.index.lexical().map(|lexical| lexical.named(query)).unwrap_or_default();
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
        let name =
            |skill_idx| self.index.lexical().map_or_else(String::new, |lexical| lexical.name(skill_idx).to_owned());
        let route = |Hit { skill_idx, score: total }| {
            let Scores { lexical, dense, .. } = score(skill_idx);
            Route {
                skill_idx,
                name: name(skill_idx),
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
        Answer { stage, reason: None, reranked: None, fit: None, coverage: None, routes }
    }
}

/// BM25 of a query.
struct LexicalScores {
    /// Of every skill by the highest of all, so that the best has 1.
    scores: Vec<f32>,
    /// See [`Answer::coverage`].
    coverage: f32,
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

fn refuse_empty(query: &str) -> Result<()> {
    if query.trim().is_empty() { Err(Error::EmptyQuery) } else { Ok(()) }
}

fn unavailable(what: &str) -> Error {
    Error::Unavailable { what: what.to_owned() }
}

fn top_positive(scores: &[f32], k: usize) -> Vec<Hit> {
    let mut top = TopK::new(k);
    for (skill_idx, &score) in scores.iter().enumerate().filter(|(_, score)| **score > 0.0) {
        top.push(Hit { skill_idx: skill_idx as u32, score });
    }
    top.into_sorted()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reranked_routes_keep_what_they_had() {
        let route = |skill_idx: u32, score: f32, named: bool| Route {
            skill_idx,
            name: String::new(),
            score,
            named,
            lexical_score: Some(score.min(1.0)),
            lexical_rank: None,
            dense_score: None,
            dense_rank: None,
            retrieval_score: None,
            retrieval_rank: None,
            rerank_score: None,
        };
        let routes = vec![route(7, 1.9, true), route(8, 0.8, false), route(9, 0.5, false), route(10, 0.4, false)];
        let answer =
            Answer { stage: Stage::Retrieved, reason: None, reranked: None, fit: None, coverage: Some(0.5), routes };
        let order = |scores: &[Option<f32>], retrieval_weight: f32| {
            let reranked = answer.reranked(scores, RerankOptions { retrieval_weight, calibration: None, top: 3 });
            (reranked.routes.iter().map(|route| route.skill_idx).collect::<Vec<_>>(), reranked.reranked.unwrap().done)
        };
        assert_eq!(order(&[None, None, Some(-3.0)], 0.0), (vec![7, 9, 8], 1));
        assert_eq!(order(&[Some(0.0), Some(1.0), Some(2.0), Some(1.5)], 0.0), (vec![7, 9, 10], 4));
        assert_eq!(order(&[Some(0.0), Some(1.0), Some(2.0), Some(1.5)], 10.0), (vec![7, 8, 9], 4));
        let reranked = answer.reranked(&[Some(0.0), Some(1.0), Some(2.0)], RerankOptions::default());
        let second = &reranked.routes[1];
        assert_eq!(
            (second.retrieval_rank, second.retrieval_score, second.rerank_score),
            (Some(3), Some(0.5), Some(2.0))
        );
    }
}
