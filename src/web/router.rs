//! The index and its answers.

use js_sys::Uint8Array;
use serde::Serialize;
use wasm_bindgen::prelude::*;

use super::{JsResult, from_js, js_error, required, to_js};
use crate::{
    answer::{Answer, RerankOptions, RouteOptions},
    contract::EncoderId,
    format::Kind,
    index::{Index, cards, manifest::IndexFiles, vectors::QueryVector},
    risk::Risk,
    routing::DefaultReranker,
    searcher::{Encoded, Searcher},
    skill::Mark,
};

#[derive(Serialize)]
struct About<'a> {
    n_skills: usize,
    width: usize,
    encoder: &'a EncoderId,
    #[serde(skip_serializing_if = "Option::is_none")]
    reranker: Option<&'a DefaultReranker>,
    files: &'a IndexFiles,
    bytes: Bytes,
}

#[derive(Serialize)]
struct Bytes {
    total: u64,
    vectors: u64,
    lexical: u64,
}

#[derive(Serialize)]
struct Card<'a> {
    id: &'a str,
    name: &'a str,
    description: &'a str,
    source: &'a str,
    license: &'a str,
    #[serde(skip_serializing_if = "<[Mark]>::is_empty")]
    marks: &'a [Mark],
    #[serde(skip_serializing_if = "str::is_empty")]
    superseded_by: &'a str,
    risks: Vec<Risk<'a>>,
}

/// An index.
#[wasm_bindgen]
pub struct Router {
    inner: Searcher,
}

#[wasm_bindgen]
impl Router {
    /// Starts with the bytes of `index.json`.
    #[wasm_bindgen(constructor)]
    pub fn new(index_json: &[u8]) -> JsResult<Router> {
        let index = Index::open(index_json).map_err(js_error)?;
        Ok(Router { inner: Searcher::new(index) })
    }

    /// What the index says of itself.
    pub fn about(&self) -> JsResult<JsValue> {
        let manifest = self.inner.index().manifest();
        let bytes = Bytes {
            total: manifest.files.all().map(|(_, entry)| entry.bytes).sum(),
            vectors: manifest.files.bytes_of(Kind::Vectors),
            lexical: manifest.files.bytes_of(Kind::Lexical),
        };
        to_js(&About {
            n_skills: manifest.n_skills,
            width: manifest.width,
            encoder: &manifest.encoder,
            reranker: manifest.routing.reranker.as_ref(),
            files: &manifest.files,
            bytes,
        })
    }

    /// Lets the skills of another index, a complete one of the user's own, stand after those of this one.
    pub fn set_own(&mut self, own: Router) -> JsResult<()> {
        self.inner.skills_mut().set_own(Some(own.inner.into_index())).map_err(js_error)
    }

    /// Takes the user's own skills away.
    pub fn clear_own(&mut self) -> JsResult<()> {
        self.inner.skills_mut().set_own(None).map_err(js_error)
    }

    /// Where each skill of the index lies in the plane, `[n, 2]`, once the file was added.
    pub fn map(&self) -> Option<Vec<u16>> {
        self.inner.index().map().map(<[u16]>::to_vec)
    }

    /// The names of the skills of the index.
    pub fn names(&self) -> Vec<String> {
        self.inner.index().lexical().map_or_else(Vec::new, |lexical| lexical.names().to_vec())
    }

    /// Adds a file of the index.
    pub fn add_index_file(&mut self, file: &str, bytes: Uint8Array) -> JsResult<()> {
        self.inner.index_mut().add_file(file, &bytes.to_vec()).map_err(js_error)
    }

    /// Checks that an encoder, given by its `about`, is the one that the index was built with.
    pub fn check_encoder(&self, about: JsValue) -> JsResult<()> {
        let encoder: EncoderId = required(about)?;
        self.inner.index().check_encoder(&encoder).map_err(js_error)
    }

    /// The answer from words alone.
    pub fn route_lexical(&self, query: &str, options: JsValue) -> JsResult<JsValue> {
        let options: RouteOptions = from_js(options)?;
        to_js(&self.inner.route_lexical(query, options).map_err(js_error)?)
    }

    /// The answer for a query with its vector; without one, from words alone.
    pub fn search(&self, query: &str, vector: Option<Vec<f32>>, options: JsValue) -> JsResult<JsValue> {
        let options: RouteOptions = from_js(options)?;
        let encoded = match vector {
            Some(vector) => Encoded::Vector(QueryVector::new(&vector)),
            None => Encoded::None { reason: Some("the query has no vector".to_owned()) },
        };
        to_js(&self.inner.search(query, &encoded, options).map_err(js_error)?)
    }

    /// The answer with reranked routes; `scores` has one for each of the first, NaN for those that are still to come.
    pub fn rerank(&self, answer: JsValue, scores: Vec<f32>, options: JsValue) -> JsResult<JsValue> {
        let answer: Answer = required(answer)?;
        let options: RerankOptions = from_js(options)?;
        let scores: Vec<Option<f32>> = scores.into_iter().map(|score| (!score.is_nan()).then_some(score)).collect();
        to_js(&answer.reranked(&scores, options))
    }

    /// The file that holds the card of a skill.
    pub fn card_file(&self, skill_idx: u32) -> Option<String> {
        let (index, place) = self.inner.skills().locate(skill_idx);
        index.card_file(place).map(|entry| entry.file.clone())
    }

    /// The card of a skill, once its file was added.
    pub fn card(&self, skill_idx: u32) -> JsResult<JsValue> {
        let (index, place) = self.inner.skills().locate(skill_idx);
        let Some(card) = index.card(place) else { return Ok(JsValue::UNDEFINED) };
        let cards::Card { id, name, description, source, license, marks, superseded_by, .. } = card;
        let risks = index.risks(place);
        to_js(&Card { id, name, description, source, license, marks, superseded_by, risks })
    }

    /// The file that holds the body of a skill.
    pub fn body_file(&self, skill_idx: u32) -> Option<String> {
        let (index, place) = self.inner.skills().locate(skill_idx);
        index.body_file(place).map(|entry| entry.file.clone())
    }

    /// The body of a skill, once its file was added; undefined when the index holds none.
    pub fn body(&self, skill_idx: u32) -> Option<String> {
        let (index, place) = self.inner.skills().locate(skill_idx);
        index.body(place).map(str::to_owned)
    }
}
