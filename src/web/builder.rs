//! The builder of an index of the visitor's own skills.

use js_sys::Uint8Array;
use serde::Serialize;
use wasm_bindgen::prelude::*;

use super::{JsResult, js_error, to_js};
use crate::{collection::Collection, error::Error, index::Index, model::manifest::ModelManifest};

/// Skills in, an index out; the vectors come from the encoder of another build.
#[wasm_bindgen]
pub struct IndexBuilder {
    inner: Collection,
    /// An index that is being taken over.
    kept: Option<Index>,
}

#[derive(Serialize)]
struct Source<'a> {
    source: &'a str,
    n_skills: usize,
}

/// A file of the index.
#[wasm_bindgen(getter_with_clone)]
pub struct IndexFile {
    /// Its name.
    pub file: String,
    /// What is in it.
    pub bytes: Uint8Array,
}

#[wasm_bindgen]
impl IndexBuilder {
    /// Starts with the bytes of the encoder's `model.json`.
    #[wasm_bindgen(constructor)]
    pub fn new(model_json: &[u8]) -> JsResult<IndexBuilder> {
        let manifest = ModelManifest::open(model_json).map_err(js_error)?;
        Ok(IndexBuilder { inner: Collection::new(&manifest).map_err(js_error)?, kept: None })
    }

    /// Begins with an index that was made before, by the bytes of its `index.json`.
    pub fn keep(&mut self, index_json: &[u8]) -> JsResult<()> {
        self.kept = Some(Index::open(index_json).map_err(js_error)?);
        Ok(())
    }

    /// Adds a file of that index.
    pub fn keep_file(&mut self, file: &str, bytes: &[u8]) -> JsResult<()> {
        let kept = self.kept.as_mut().ok_or_else(|| js_error(Error::unavailable("no index is being taken over")))?;
        kept.add_file(file, bytes).map_err(js_error)
    }

    /// Takes it over: its skills, and if they are of this encoder, their vectors.
    pub fn kept(&mut self) -> JsResult<()> {
        let kept = self.kept.take().ok_or_else(|| js_error(Error::unavailable("no index is being taken over")))?;
        self.inner.keep(&kept).map_err(js_error)
    }

    /// Forgets the skills of a source, which are about to be read again.
    pub fn begin_source(&mut self, source: &str) {
        self.inner.remove(source);
    }

    /// Adds a `SKILL.md`, and gives its id. `path` is that of its folder within the source.
    pub fn add(&mut self, source: &str, path: &str, bytes: &[u8]) -> JsResult<String> {
        self.inner.add(source, path, bytes).map_err(js_error)
    }

    /// Forgets the skills of a source that are copies or older versions of others of it, and gives their ids with those that stay.
    pub fn fold_source(&mut self, source: &str) -> JsResult<JsValue> {
        to_js(&self.inner.fold_source(source))
    }

    /// Number of skills.
    pub fn n_skills(&self) -> usize {
        self.inner.len()
    }

    /// The sources, with the number of their skills.
    pub fn sources(&self) -> JsResult<JsValue> {
        let sources = self.inner.sources().into_iter().map(|(source, n_skills)| Source { source, n_skills });
        to_js(&sources.collect::<Vec<_>>())
    }

    /// Number of texts that have no vector yet.
    pub fn n_pending(&self) -> usize {
        self.inner.n_pending()
    }

    /// The next of them.
    pub fn next_texts(&mut self, max: usize) -> JsResult<JsValue> {
        to_js(&self.inner.next_texts(max))
    }

    /// Their vectors, row by row.
    pub fn add_vectors(&mut self, vectors: &[f32]) -> JsResult<()> {
        self.inner.add_vectors(vectors).map_err(js_error)
    }

    /// The files of the index, `index.json` last.
    pub fn finish(&self) -> JsResult<Vec<IndexFile>> {
        let output = self.inner.finish().map_err(js_error)?;
        let file = |(file, bytes): (String, Vec<u8>)| IndexFile { file, bytes: Uint8Array::from(&bytes[..]) };
        Ok(output.files.into_iter().map(file).collect())
    }
}
