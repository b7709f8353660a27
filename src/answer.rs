//! What is asked of the router, and what it answers.

use serde::{Deserialize, Serialize};

use crate::fit::{Calibration, Evidence, Fit};

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
    /// Place in the index; the user's own skills come after those of the index.
    pub skill_idx: u32,
    /// Name of the skill.
    pub name: String,
    /// It is one of the user's own, not of the index.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub own: bool,
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
    /// Words of the query that no skill has were read as words that are spelled nearly so.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub respelled: bool,
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
    /// What the reranker did not have of some of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub without: Option<Without>,
}

/// A part of a skill that a reranker did not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Without {
    /// The instructions: it read names and descriptions alone.
    Bodies,
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
        let reranked = Some(Reranked { done, of: scores.len(), without: None });
        let mut answer = Answer { stage: Stage::Reranked, reranked, routes, ..self.clone() };
        if complete {
            // What was known of the first route may have been about another one.
            answer.fit = options.calibration.and_then(|calibration| answer.judged(calibration));
        }
        answer.routes.truncate(options.top);
        answer
    }

    /// Whether the first route fits, where enough is known of it.
    pub fn judged(&self, calibration: Calibration) -> Option<Fit> {
        Some(calibration.fit_of(self.evidence()?, self.routes.first()?.named, self.respelled))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reranked_routes_keep_what_they_had() {
        let route = |skill_idx: u32, score: f32, named: bool| Route {
            skill_idx,
            name: String::new(),
            own: false,
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
        let answer = Answer {
            stage: Stage::Retrieved,
            reason: None,
            reranked: None,
            fit: None,
            coverage: Some(0.5),
            respelled: false,
            routes,
        };
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
