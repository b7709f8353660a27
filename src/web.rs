//! The JavaScript classes. The only file that knows JavaScript, and it only translates.

use js_sys::{Error as JsError, Reflect, Uint8Array};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use wasm_bindgen::prelude::*;

use crate::{
    contract::{DefaultReranker, Documents, EncoderId},
    device,
    error::Error,
    format::{self, FileEntry, Kind},
    index::{
        Index, cards, exact,
        manifest::IndexFiles,
        vectors::{QuantizedVector, QueryVector, Vectors},
    },
    model::{
        config::{ModelManifest, Scoring},
        encoder,
        loader::ModelLoader,
        reranker::{self, Document, Reranking},
    },
    risk::Risk,
    router::{self, Answer, Encoded, Mode, RerankOptions, RouteOptions},
    tokenize::Tokens,
};

type JsResult<T> = std::result::Result<T, JsValue>;

/// An `Error` of JavaScript with the stable `code`.
fn js_error(error: Error) -> JsValue {
    let js_error = JsError::new(&error.to_string());
    // Setting a property of a new object cannot fail.
    let _ = Reflect::set(&js_error, &"code".into(), &error.code().into());
    js_error.into()
}

fn to_js(value: &impl Serialize) -> JsResult<JsValue> {
    let serializer = serde_wasm_bindgen::Serializer::json_compatible();
    value.serialize(&serializer).map_err(JsValue::from)
}

/// Options that may be left out.
fn from_js<T: DeserializeOwned + Default>(value: JsValue) -> JsResult<T> {
    match value.is_undefined() || value.is_null() {
        true => Ok(T::default()),
        false => required(value),
    }
}

fn required<T: DeserializeOwned>(value: JsValue) -> JsResult<T> {
    serde_wasm_bindgen::from_value(value)
        .map_err(|error| js_error(Error::Unavailable { what: format!("argument not understood: {error}") }))
}

#[cfg(feature = "gpu")]
unsafe extern "C" {
    /// Made by the linker: runs the constructors of all statics.
    fn __wasm_call_ctors();
}

/// Shows the message of a panic in the console before the engine stops.
#[wasm_bindgen(start)]
pub fn start() {
    // burn's kernel makers register themselves in constructors. Unless somebody calls these, the linker has every call
    // from JavaScript run all of them first, several milliseconds each time.
    #[cfg(feature = "gpu")]
    // SAFETY: this is the only call, and it comes before all others.
    unsafe {
        __wasm_call_ctors();
    }
    std::panic::set_hook(Box::new(|info| wasm_bindgen::throw_str(&info.to_string())));
}

/// SHA-256 in hexadecimal, for pages without `crypto.subtle`.
#[wasm_bindgen]
pub fn sha256_hex(bytes: &[u8]) -> String {
    format::sha256_hex(bytes)
}

/// Milliseconds of `runs` exact searches over `n_skills` random vectors.
#[wasm_bindgen]
pub fn bench_scan(n_skills: u32, width: u32, runs: u32) -> JsResult<Vec<f64>> {
    let mut state = 1u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    let mut vectors = Vectors::new(width as usize);
    let mut vector = vec![0.0; width as usize];
    for skill_idx in 0..n_skills {
        vector.fill_with(&mut next);
        vectors.push(u64::from(skill_idx), &QuantizedVector::new(&vector));
    }
    let mut times = Vec::new();
    for _ in 0..runs {
        vector.fill_with(&mut next);
        let query = QueryVector::new(&vector);
        let start = now_ms()?;
        std::hint::black_box(exact::search(&vectors, &query, 50));
        times.push(now_ms()? - start);
    }
    Ok(times)
}

/// `performance.now()`, in a page and in a worker.
fn now_ms() -> JsResult<f64> {
    let performance = Reflect::get(&js_sys::global(), &"performance".into())?;
    let now: js_sys::Function = Reflect::get(&performance, &"now".into())?.dyn_into()?;
    Ok(now.call0(&performance)?.as_f64().unwrap_or_default())
}

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
    risks: Vec<Risk<'a>>,
}

/// Where models run.
#[wasm_bindgen]
pub struct Device {
    inner: device::Device,
}

#[wasm_bindgen]
impl Device {
    /// Opens the device that this build is for: WebGPU, or the CPU.
    pub async fn open() -> JsResult<Device> {
        #[cfg(feature = "gpu")]
        let inner = device::Device::gpu().await.map_err(js_error)?;
        #[cfg(not(feature = "gpu"))]
        let inner = device::Device::cpu();
        Ok(Device { inner })
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

/// An index.
#[wasm_bindgen]
pub struct Router {
    inner: router::Router,
}

#[wasm_bindgen]
impl Router {
    /// Starts with the bytes of `index.json`.
    #[wasm_bindgen(constructor)]
    pub fn new(index_json: &[u8]) -> JsResult<Router> {
        let index = Index::open(index_json).map_err(js_error)?;
        Ok(Router { inner: router::Router::new(index) })
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

    /// Adds a file of the index.
    pub fn add_index_file(&mut self, file: &str, bytes: Uint8Array) -> JsResult<()> {
        self.inner.index_mut().add_file(file, &bytes.to_vec()).map_err(js_error)
    }

    /// Checks that an encoder, given by its `about`, is the one that the index was built with.
    pub fn check_encoder(&self, about: JsValue) -> JsResult<()> {
        let encoder: EncoderId = required(about)?;
        self.inner.check_encoder(&encoder).map_err(js_error)
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
            Some(vector) if vector.len() == self.inner.index().manifest().width && options.mode != Mode::Lexical => {
                Encoded::Vector(QueryVector::new(&vector))
            }
            _ => Encoded::None { reason: None },
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
        self.inner.index().card_file(skill_idx).map(|entry| entry.file.clone())
    }

    /// The card of a skill, once its file was added.
    pub fn card(&self, skill_idx: u32) -> JsResult<JsValue> {
        let index = self.inner.index();
        let Some(card) = index.card(skill_idx) else { return Ok(JsValue::UNDEFINED) };
        let cards::Card { id, name, description, source, license, .. } = card;
        to_js(&Card { id, name, description, source, license, risks: index.risks(skill_idx) })
    }

    /// The file that holds the body of a skill.
    pub fn body_file(&self, skill_idx: u32) -> Option<String> {
        self.inner.index().body_file(skill_idx).map(|entry| entry.file.clone())
    }

    /// The body of a skill, once its file was added; undefined when the index holds none.
    pub fn body(&self, skill_idx: u32) -> Option<String> {
        self.inner.index().body(skill_idx).map(str::to_owned)
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
            _ => Err(js_error(Error::Unavailable { what: "the model has all its files".to_owned() })),
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
            _ => Err(js_error(Error::Unavailable { what: "the model is not loaded yet".to_owned() })),
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

/// Texts to vectors.
#[wasm_bindgen]
pub struct Encoder {
    manifest: ModelManifest,
    model: Loaded<encoder::Encoder>,
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
        self.model.finish(encoder::Encoder::new)
    }

    /// Fails when the device computes wrong numbers.
    pub async fn self_test(&self) -> JsResult<()> {
        self.model.ready()?.self_test().await.map_err(js_error)
    }

    /// The vector of a query.
    pub async fn embed_query(&self, text: String) -> JsResult<Vec<f32>> {
        let encoder = self.model.ready()?;
        encoder.embed_query(&encoder.contract().query(&text)).await.map_err(js_error)
    }

    /// The vector of a document that is given as one text.
    pub async fn embed_document(&self, text: String) -> JsResult<Vec<f32>> {
        let encoder = self.model.ready()?;
        let tokens = encoder.document_tokens(&encoder.contract().whole_document(&text)).map_err(js_error)?;
        encoder.embed(&[tokens]).await.map_err(js_error)
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

    /// How its scores are used: what [`Router::rerank`] takes beside `top`.
    pub fn rerank_options(&self) -> JsResult<JsValue> {
        let Scoring { retrieval_weight, calibration, .. } = *self.model.ready()?.scoring();
        to_js(&RerankOptions { retrieval_weight, calibration, ..RerankOptions::default() })
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
        let documents = reranker.texts(documents, options.documents);
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
