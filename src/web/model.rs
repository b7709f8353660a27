//! Models, and the device that they run on.

use std::sync::Arc;

use js_sys::Uint8Array;
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;

use super::{JsResult, from_js, js_error, required, to_js};
#[cfg(feature = "gpu")]
use crate::gpu::Traits;
use crate::{
    answer::RerankOptions,
    contract::Documents,
    device,
    error::Error,
    format::FileEntry,
    model::{
        encoder,
        loader::ModelLoader,
        manifest::{ModelManifest, Scoring},
        reranker::{self, Document, Reranking},
    },
    skill::SkillText,
    tokenize::Tokens,
};

/// Where models run.
#[wasm_bindgen]
pub struct Device {
    inner: device::Device,
}

#[wasm_bindgen]
impl Device {
    /// Opens the device that this build is for: WebGPU, or the CPU. `traits` `{ software, integer_dot }` come in the place of what
    /// the browser says of its GPU, so that tests run the kernels of one that is not there.
    #[cfg(feature = "gpu")]
    pub async fn open(traits: JsValue) -> JsResult<Device> {
        let traits: Option<Traits> = from_js(traits)?;
        Ok(Device { inner: device::Device::gpu(traits).await.map_err(js_error)? })
    }

    /// Opens the device that this build is for.
    #[cfg(not(feature = "gpu"))]
    pub async fn open() -> JsResult<Device> {
        Ok(Device { inner: device::Device::cpu() })
    }

    /// `cpu` or `gpu`.
    #[wasm_bindgen(getter)]
    pub fn kind(&self) -> String {
        self.inner.kind().to_owned()
    }

    /// The name that the driver gives it.
    #[wasm_bindgen(getter)]
    pub fn name(&self) -> String {
        self.inner.name().to_owned()
    }
}

/// A model that gets its files, or that has them all.
enum Loaded<T> {
    Loading(ModelLoader),
    Ready(T),
    /// Its files did not fit each other.
    Failed,
}

impl<T> Loaded<T> {
    fn new(model_json: &[u8], device: &Device) -> JsResult<Loaded<T>> {
        ModelLoader::new(model_json, &device.inner).map(Loaded::Loading).map_err(js_error)
    }

    fn missing(&self) -> JsResult<JsValue> {
        let missing: &[FileEntry] = match self {
            Loaded::Loading(loader) => loader.missing(),
            _ => &[],
        };
        to_js(&missing)
    }

    fn add_file(&mut self, file: &str, bytes: Uint8Array) -> JsResult<()> {
        match self {
            Loaded::Loading(loader) => loader.add_checked_file(file, &bytes.to_vec()).map_err(js_error),
            _ => Err(js_error(Error::unavailable("the model has all its files"))),
        }
    }

    fn finish(&mut self, make: impl FnOnce(ModelLoader) -> crate::Result<T>) -> JsResult<()> {
        match std::mem::replace(self, Loaded::Failed) {
            Loaded::Loading(loader) => {
                *self = Loaded::Ready(make(loader).map_err(js_error)?);
                Ok(())
            }
            other => {
                *self = other;
                Ok(())
            }
        }
    }

    fn ready(&self) -> JsResult<&T> {
        match self {
            Loaded::Ready(model) => Ok(model),
            _ => Err(js_error(Error::unavailable("the model is not loaded yet"))),
        }
    }
}

#[derive(Serialize)]
struct AboutModel {
    name: String,
    bytes: u64,
    weights_hash: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    contract_hash: Option<String>,
}

fn about_model(manifest: &ModelManifest) -> JsResult<JsValue> {
    to_js(&AboutModel {
        name: manifest.name.clone(),
        bytes: manifest.files().map(|entry| entry.bytes).sum(),
        weights_hash: manifest.weights_hash(),
        contract_hash: manifest.encoder_contract().ok().map(|contract| contract.hash()),
    })
}

/// What [`super::router::Router::rerank`] takes beside `top`.
fn rerank_options(scoring: &Scoring) -> JsResult<JsValue> {
    let Scoring { retrieval_weight, calibration, .. } = *scoring;
    to_js(&RerankOptions { retrieval_weight, calibration, ..RerankOptions::default() })
}

/// Texts to vectors.
#[wasm_bindgen]
pub struct Encoder {
    manifest: ModelManifest,
    model: Loaded<Arc<encoder::Encoder>>,
}

#[wasm_bindgen]
impl Encoder {
    /// Starts with the bytes of `model.json`.
    #[wasm_bindgen(constructor)]
    pub fn new(model_json: &[u8], device: &Device) -> JsResult<Encoder> {
        let manifest = ModelManifest::open(model_json).map_err(js_error)?;
        manifest.encoder_contract().map_err(js_error)?;
        Ok(Encoder { manifest, model: Loaded::new(model_json, device)? })
    }

    /// Name, size and hashes.
    pub fn about(&self) -> JsResult<JsValue> {
        about_model(&self.manifest)
    }

    /// The files that are still to be added, in the order in which to add them.
    pub fn missing(&self) -> JsResult<JsValue> {
        self.model.missing()
    }

    /// Adds the next file, whose SHA-256 the caller has compared.
    pub fn add_file(&mut self, file: &str, bytes: Uint8Array) -> JsResult<()> {
        self.model.add_file(file, bytes)
    }

    /// Puts the encoder together.
    pub fn finish(&mut self) -> JsResult<()> {
        self.model.finish(|loader| encoder::Encoder::new(loader).map(Arc::new))
    }

    /// Fails when the device computes wrong numbers.
    pub async fn self_test(&self) -> JsResult<()> {
        self.model.ready()?.self_test().await.map_err(js_error)
    }

    /// How its scores are used where it reranks; undefined where it was not made for that.
    pub fn rerank_options(&self) -> JsResult<JsValue> {
        self.manifest.scoring().map_or(Ok(JsValue::UNDEFINED), rerank_options)
    }

    /// A reranker of the same weights, of an encoder that was made for it.
    pub fn reranker(&self) -> JsResult<Reranker> {
        let reranker = reranker::Reranker::of_encoder(Arc::clone(self.model.ready()?)).map_err(js_error)?;
        Ok(Reranker { manifest: self.manifest.clone(), model: Loaded::Ready(reranker), reranking: None })
    }

    /// The vector of a query.
    pub async fn embed_query(&self, text: String) -> JsResult<Vec<f32>> {
        let encoder = self.model.ready()?;
        encoder.embed_query(&encoder.contract().query(&text)).await.map_err(js_error)
    }

    /// The bytes of its `model.json`, for the builder of an index.
    pub fn model_json(&self) -> Vec<u8> {
        self.manifest.to_bytes()
    }

    /// The vectors of some skills, given in the parts that the contract puts together; row by row.
    pub async fn embed_documents(&self, documents: JsValue) -> JsResult<Vec<f32>> {
        let documents: Vec<SkillText> = required(documents)?;
        let encoder = self.model.ready()?;
        let tokens = documents.iter().map(|SkillText { name, description, body }| {
            encoder.document_tokens(&encoder.contract().document(name, description, body))
        });
        let tokens = tokens.collect::<crate::Result<Vec<_>>>().map_err(js_error)?;
        encoder.embed(&tokens).await.map_err(js_error)
    }

    /// The vectors of texts that are token ids already, end to end.
    pub async fn embed_ids(&self, ids: Vec<u32>, lengths: Vec<u32>) -> JsResult<Vec<f32>> {
        let mut rest = ids.as_slice();
        let mut texts = Vec::new();
        for length in lengths {
            let (text, after) = rest.split_at((length as usize).min(rest.len()));
            texts.push(Tokens::new(text.to_vec()));
            rest = after;
        }
        self.model.ready()?.embed(&texts).await.map_err(js_error)
    }

    /// The token ids of a query, special ones included.
    pub fn query_token_ids(&self, query: &str) -> JsResult<Vec<u32>> {
        let encoder = self.model.ready()?;
        let tokens = encoder.query_tokens(&encoder.contract().query(query)).map_err(js_error)?;
        Ok(tokens.ids().to_vec())
    }
}

/// What is asked of a [`Reranker`].
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct BeginOptions {
    documents: Documents,
}

#[derive(Serialize)]
struct Begun {
    n_documents: usize,
    n_tokens: usize,
    n_shared_tokens: usize,
}

/// A task and skills to scores.
#[wasm_bindgen]
pub struct Reranker {
    manifest: ModelManifest,
    model: Loaded<reranker::Reranker>,
    reranking: Option<Reranking>,
}

#[wasm_bindgen]
impl Reranker {
    /// Starts with the bytes of `model.json`.
    #[wasm_bindgen(constructor)]
    pub fn new(model_json: &[u8], device: &Device) -> JsResult<Reranker> {
        let manifest = ModelManifest::open(model_json).map_err(js_error)?;
        manifest.scoring().map_err(js_error)?;
        Ok(Reranker { manifest, model: Loaded::new(model_json, device)?, reranking: None })
    }

    /// Name, size and hashes.
    pub fn about(&self) -> JsResult<JsValue> {
        about_model(&self.manifest)
    }

    /// How its scores are used.
    pub fn rerank_options(&self) -> JsResult<JsValue> {
        rerank_options(self.model.ready()?.scoring())
    }

    /// The files that are still to be added, in the order in which to add them.
    pub fn missing(&self) -> JsResult<JsValue> {
        self.model.missing()
    }

    /// Adds the next file, whose SHA-256 the caller has compared.
    pub fn add_file(&mut self, file: &str, bytes: Uint8Array) -> JsResult<()> {
        self.model.add_file(file, bytes)
    }

    /// Puts the reranker together.
    pub fn finish(&mut self) -> JsResult<()> {
        self.model.finish(reranker::Reranker::new)
    }

    /// Fails when the device computes wrong numbers.
    pub async fn self_test(&self) -> JsResult<()> {
        self.model.ready()?.self_test().await.map_err(js_error)
    }

    /// Starts with a task and some skills; what was begun before is dropped.
    pub fn begin(&mut self, query: &str, documents: JsValue, options: JsValue) -> JsResult<JsValue> {
        let options: BeginOptions = from_js(options)?;
        let documents: Vec<Document> = required(documents)?;
        let reranker = self.model.ready()?;
        let documents = reranker.documents(documents, options.documents);
        let reranking = reranker.begin(query, &documents).map_err(js_error)?;
        let begun = Begun {
            n_documents: reranking.n_documents(),
            n_tokens: reranking.n_tokens(),
            n_shared_tokens: reranking.n_shared_tokens(),
        };
        self.reranking = Some(reranking);
        to_js(&begun)
    }

    /// The scores of the next few skills; undefined when all are done.
    pub async fn next(&mut self) -> JsResult<JsValue> {
        let Some(reranking) = &mut self.reranking else { return Ok(JsValue::UNDEFINED) };
        match self.model.ready()?.next(reranking).await.map_err(js_error)? {
            Some(scored) => to_js(&scored),
            None => {
                self.reranking = None;
                Ok(JsValue::UNDEFINED)
            }
        }
    }
}
