//! Models against the reference implementation: values made by `tests/golden/generate.py`.

use std::{fs, path::Path};

use crate::support::{Workspace, default_model, fixture_path};
use serde_json::Value;
use skillrouter::{
    device::Device,
    model::{
        config::MODEL_FILE,
        encoder::{Encoder, EncoderLoader, Tokens},
    },
};

fn open(dir: &Path) -> Encoder {
    let mut loader = EncoderLoader::new(&fs::read(dir.join(MODEL_FILE)).unwrap()).unwrap();
    while let Some(entry) = loader.missing().first().cloned() {
        loader.add_file(&entry.file, &fs::read(dir.join(&entry.file)).unwrap()).unwrap();
    }
    loader.finish(&Device::cpu()).unwrap()
}

struct Golden {
    text: String,
    ids: Vec<u32>,
    vector: Vec<f32>,
}

fn golden(name: &str) -> Vec<Golden> {
    let file: Value = serde_json::from_slice(&fs::read(fixture_path(name)).unwrap()).unwrap();
    let numbers = |value: &Value| value.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect::<Vec<_>>();
    file["texts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| Golden {
            text: entry["text"].as_str().unwrap().to_owned(),
            ids: numbers(&entry["ids"]).into_iter().map(|x| x as u32).collect(),
            vector: numbers(&entry["vector"]).into_iter().map(|x| x as f32).collect(),
        })
        .collect()
}

fn tokens(encoder: &Encoder, text: &str) -> Tokens {
    encoder.document_tokens(&encoder.manifest().contract.whole_document(text)).unwrap()
}

fn embed(encoder: &Encoder, texts: &[Tokens]) -> Vec<f32> {
    pollster::block_on(encoder.embed(texts)).unwrap()
}

fn cosine(a: &[f32], b: &[f32]) -> f64 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(x, y)| f64::from(*x) * f64::from(*y)).sum::<f64>();
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

/// Every element of the vectors of a random f32 model, alone and in a batch of unequal lengths.
fn check_tiny(name: &str) {
    let workspace = Workspace::new();
    workspace.quantize(name, "model", 32);
    let encoder = open(&workspace.path("model"));
    let golden = golden(&format!("{name}.json"));
    let texts: Vec<Tokens> = golden.iter().map(|golden| tokens(&encoder, &golden.text)).collect();
    let batch = embed(&encoder, &texts);
    for ((golden, tokens), batched) in golden.iter().zip(&texts).zip(batch.chunks_exact(encoder.manifest().width())) {
        assert_eq!(tokens.ids(), golden.ids, "{name}: {:?}", golden.text);
        let single = embed(&encoder, std::slice::from_ref(tokens));
        for vector in [&single[..], batched] {
            assert_eq!(vector.len(), golden.vector.len());
            for (got, want) in vector.iter().zip(&golden.vector) {
                assert!((got - want).abs() < 2e-6, "{name}: {:?}: {got} for {want}", golden.text);
            }
        }
    }
}

#[test]
fn tiny_bert_with_mean_pooling() {
    check_tiny("tiny-bert-mean");
}

#[test]
fn tiny_bert_with_cls_pooling() {
    check_tiny("tiny-bert-cls");
}

/// Token ids are equal and cosines at least 0.999, in 8 bits, for every text.
#[test]
fn the_default_model_is_all_minilm() {
    let encoder = open(&default_model());
    assert_eq!(encoder.manifest().bits, 8);
    for golden in golden("all-MiniLM-L6-v2.json") {
        let tokens = tokens(&encoder, &golden.text);
        assert_eq!(tokens.ids(), golden.ids, "{:?}", golden.text);
        let cosine = cosine(&embed(&encoder, &[tokens]), &golden.vector);
        assert!(cosine >= 0.999, "{:?}: cosine {cosine}", golden.text);
    }
}

#[test]
fn ids_of_another_vocabulary_and_long_texts_are_errors() {
    let workspace = Workspace::with_model(32);
    let encoder = open(&workspace.path("model"));
    let limit = encoder.manifest().contract.document.max_tokens;
    assert_eq!(tokens(&encoder, &"turn ".repeat(100)).len(), limit);
    let other = open(&default_model());
    let foreign = tokens(&other, "spreadsheet");
    let error = pollster::block_on(encoder.embed(&[foreign])).unwrap_err();
    assert_eq!(error.code(), "tokenizer");
    assert!(error.to_string().contains("vocabulary"), "{error}");
}
