//! How a router uses an encoder: how its scores are mixed and judged, and which reranker improves on its answers. Part of
//! `model.json`; an index keeps a copy, so a page that opens one knows all defaults without the model.

use serde::{Deserialize, Serialize};

use crate::{contract::Documents, fit::Calibration};

/// How a router uses an encoder; an index keeps a copy of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Routing {
    /// Weight of the dense score; the lexical score has weight 1. See [`crate::router`] for the formula.
    pub dense_weight: f32,
    /// How likely the first route of a retrieved answer fits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calibration: Option<Calibration>,
    /// The reranker that improves on its answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reranker: Option<DefaultReranker>,
}

/// The reranker that is used where none is named.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DefaultReranker {
    /// Name of its folder, which stands beside the encoder's.
    pub name: String,
    /// How many of the best routes it reads.
    pub rerank: usize,
    /// How much of each it reads.
    pub documents: Documents,
    /// Characters of the longest query that it improves on; answers to longer ones stay as they were retrieved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub longest_query: Option<usize>,
}

impl DefaultReranker {
    /// Whether a query is short enough.
    pub fn serves(&self, query: &str) -> bool {
        self.longest_query.is_none_or(|longest| query.trim().chars().count() <= longest)
    }
}

impl Default for Routing {
    /// For an encoder that was not trained for skills: see `BENCHMARKS.md`, "Fusion".
    fn default() -> Self {
        Self { dense_weight: 0.3, calibration: None, reranker: None }
    }
}
