//! The JavaScript classes. The only file that knows JavaScript, and it only translates.

use js_sys::{Error as JsError, Reflect, Uint8Array};
use serde::{Serialize, de::DeserializeOwned};
use wasm_bindgen::prelude::*;

use crate::{
    device::Device,
    error::Error,
    format::{self, FileEntry, Kind},
    index::{
        Index, exact,
        manifest::IndexFiles,
        vectors::{QuantizedVector, QueryVector, Vectors},
    },
    model::encoder::{Encoder, EncoderLoader},
    router::{self, RouteOptions},
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

fn from_js<T: DeserializeOwned + Default>(value: JsValue) -> JsResult<T> {
    if value.is_undefined() || value.is_null() {
        return Ok(T::default());
    }
    serde_wasm_bindgen::from_value(value)
        .map_err(|error| js_error(Error::Unavailable { what: format!("option not understood: {error}") }))
}

/// Shows the message of a panic in the console before the engine stops.
#[wasm_bindgen(start)]
pub fn start() {
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
struct TimedAnswer {
    #[serde(flatten)]
    answer: router::Answer,
    timings_ms: Timings,
}

#[derive(Serialize)]
struct Timings {
    encode: f64,
    search: f64,
}

#[derive(Serialize)]
struct About<'a> {
    n_skills: usize,
    width: usize,
    encoder: &'a crate::contract::EncoderId,
    files: &'a IndexFiles,
    bytes: Bytes,
}

#[derive(Serialize)]
struct Bytes {
    total: u64,
    vectors: u64,
    lexical: u64,
}

/// An index and its encoder.
#[wasm_bindgen]
pub struct Router {
    inner: router::Router,
    loader: Option<EncoderLoader>,
}

#[wasm_bindgen]
impl Router {
    /// Starts with the bytes of `index.json`.
    #[wasm_bindgen(constructor)]
    pub fn new(index_json: &[u8]) -> JsResult<Router> {
        let index = Index::open(index_json).map_err(js_error)?;
        Ok(Router { inner: router::Router::new(index), loader: None })
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
            files: &manifest.files,
            bytes,
        })
    }

    /// Adds a file of the index.
    pub fn add_index_file(&mut self, file: &str, bytes: Uint8Array) -> JsResult<()> {
        self.inner.index_mut().add_file(file, &bytes.to_vec()).map_err(js_error)
    }

    /// Starts loading the encoder and returns the files to add.
    pub fn open_model(&mut self, model_json: &[u8]) -> JsResult<JsValue> {
        let loader = EncoderLoader::new(model_json).map_err(js_error)?;
        self.inner.check_encoder(&loader.manifest().encoder_id()).map_err(js_error)?;
        let files: Vec<FileEntry> = loader.missing().to_vec();
        self.loader = Some(loader);
        to_js(&files)
    }

    /// Adds the next file of the encoder.
    pub fn add_model_file(&mut self, file: &str, bytes: Uint8Array) -> JsResult<()> {
        self.loader_mut()?.add_file(file, &bytes.to_vec()).map_err(js_error)
    }

    /// Puts the encoder together.
    pub fn finish_model(&mut self) -> JsResult<()> {
        self.loader_mut()?;
        let Some(loader) = self.loader.take() else { return Ok(()) };
        let encoder: Encoder = loader.finish(&Device::cpu()).map_err(js_error)?;
        self.inner.set_encoder(encoder).map_err(js_error)
    }

    fn loader_mut(&mut self) -> JsResult<&mut EncoderLoader> {
        self.loader.as_mut().ok_or_else(|| js_error(Error::Unavailable { what: "call open_model first".to_owned() }))
    }

    /// The answer from words alone.
    pub fn route_lexical(&self, query: &str, options: JsValue) -> JsResult<JsValue> {
        let options: RouteOptions = from_js(options)?;
        to_js(&self.inner.route_lexical(query, options).map_err(js_error)?)
    }

    /// The best answer that can be had now.
    pub async fn route(&self, query: String, options: JsValue) -> JsResult<JsValue> {
        let options: RouteOptions = from_js(options)?;
        let start = now_ms()?;
        let encoded = self.inner.encode(&query, options).await.map_err(js_error)?;
        let encoded_at = now_ms()?;
        let answer = self.inner.search(&query, &encoded, options).map_err(js_error)?;
        let timings_ms = Timings { encode: encoded_at - start, search: now_ms()? - encoded_at };
        to_js(&TimedAnswer { answer, timings_ms })
    }

    /// The vector of a query.
    pub async fn embed_query(&self, query: String) -> JsResult<Vec<f32>> {
        let encoder = self.encoder()?;
        encoder.embed_query(&encoder.manifest().contract.query(&query)).await.map_err(js_error)
    }

    /// The token ids of a query, special ones included.
    pub fn query_token_ids(&self, query: &str) -> JsResult<Vec<u32>> {
        let encoder = self.encoder()?;
        let tokens = encoder.query_tokens(&encoder.manifest().contract.query(query)).map_err(js_error)?;
        Ok(tokens.ids().to_vec())
    }

    fn encoder(&self) -> JsResult<&Encoder> {
        let what = "the model is not loaded yet".to_owned();
        self.inner.encoder().ok_or_else(|| js_error(Error::Unavailable { what }))
    }

    /// The file that holds the card of a skill.
    pub fn card_file(&self, skill_idx: u32) -> Option<String> {
        self.inner.index().card_file(skill_idx).map(|entry| entry.file.clone())
    }

    /// The card of a skill, once its file was added.
    pub fn card(&self, skill_idx: u32) -> JsResult<JsValue> {
        self.inner.index().card(skill_idx).map_or(Ok(JsValue::UNDEFINED), to_js)
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
