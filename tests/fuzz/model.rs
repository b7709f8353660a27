//! `model.json`, weights and tokenizer, of every architecture and role.

use std::sync::Arc;

use serde_json::Value;
use skillrouter::{
    Result,
    contract::Documents,
    device::Device,
    format::{self, FileEntry, Kind},
    model::{
        encoder::Encoder,
        loader::ModelLoader,
        manifest::{MODEL_FILE, MODEL_FORMAT, ModelManifest},
        reranker::Reranker,
    },
};

use super::{
    fuzz_any,
    index::sealed_json,
    mutate::{self, Random},
};
use crate::support::{Workspace, fixture_path};

type Files = Vec<(String, Vec<u8>)>;

/// Small models of every kind.
fn sound_models() -> Arc<Vec<Files>> {
    let models: [(&str, &[&str]); 6] = [
        ("tiny-bert-mean", &["--bits", "8"]),
        ("tiny-bert-cls", &["--bits", "32"]),
        ("tiny-bert-late", &["--bits", "4"]),
        ("tiny-bert-pair", &["--bits", "8", "--max-tokens", "32"]),
        ("tiny-qwen3-embedding", &["--bits", "4", "--max-tokens", "64"]),
        ("tiny-qwen3-reranker", &["--bits", "8", "--max-tokens", "448", "--role", "reranker"]),
    ];
    let workspace = Workspace::new();
    let model = |(name, options): (&str, &[&str])| {
        let source = fixture_path(name);
        workspace.ok(&[&["quantize", source.to_str().unwrap(), "--out", name], options].concat());
        workspace.files(name)
    };
    Arc::new(models.map(model).into())
}

fn place_of(files: &Files, name: &str) -> usize {
    files.iter().position(|file| file.0 == name).expect("it is there")
}

fn manifest_of(files: &Files) -> ModelManifest {
    ModelManifest::open(&files[place_of(files, MODEL_FILE)].1).unwrap()
}

/// Opens a model as a page does, and asks it something.
fn open_and_run(files: &Files) -> Result<()> {
    let open = || -> Result<ModelLoader> {
        let mut loader = ModelLoader::new(&files[place_of(files, MODEL_FILE)].1, &Device::cpu())?;
        while let Some(entry) = loader.missing().first().cloned() {
            let Some((_, bytes)) = files.iter().find(|file| file.0 == entry.file) else {
                return Err(skillrouter::Error::MissingFile { file: entry.file });
            };
            loader.add_file(&entry.file, bytes)?;
        }
        Ok(loader)
    };
    let loader = open()?;
    let (encodes, reranks) = (loader.manifest().encoder_contract().is_ok(), loader.manifest().scoring().is_ok());
    let texts = ["merge these pdf files", "  ", "é 表格 \u{200b}\u{fffd} <|im_end|> [SEP]"];
    if encodes {
        let encoder = Encoder::new(loader)?;
        for text in texts {
            pollster::block_on(encoder.embed_query(&encoder.contract().query(text)))?;
            let document = encoder.contract().document(text, text, &text.repeat(50));
            pollster::block_on(encoder.embed(&[encoder.document_tokens(&document)?]))?;
        }
        let _ = pollster::block_on(encoder.self_test());
    } else if !reranks {
        return Ok(());
    }
    if reranks {
        let reranker = Reranker::new(open()?)?;
        let documents = texts.map(|text| reranker.document(text, text, &text.repeat(50), Documents::Exact));
        let mut reranking = reranker.begin(texts[0], &documents)?;
        while pollster::block_on(reranker.next(&mut reranking))?.is_some() {}
    }
    Ok(())
}

/// Puts another file into the place of one, and its size and hash into `model.json`.
fn replace(files: &mut Files, name: &str, bytes: Vec<u8>) {
    let mut manifest = manifest_of(files);
    let sha256 = format::sha256_hex(&bytes);
    let entries = std::iter::once(&mut manifest.tokenizer).chain(&mut manifest.weights);
    for entry in entries.filter(|entry| entry.file == name) {
        *entry = FileEntry { file: name.to_owned(), bytes: bytes.len() as u64, sha256: sha256.clone() };
    }
    let (place, json) = (place_of(files, name), place_of(files, MODEL_FILE));
    files[place].1 = bytes;
    files[json].1 = manifest.to_bytes();
}

#[test]
fn model_json() {
    let models = sound_models();
    models.iter().for_each(|files| open_and_run(files).unwrap());
    let make = move |random: &mut Random| {
        let mut files = random.of(&models).clone();
        let place = place_of(&files, MODEL_FILE);
        let manifest: Value = serde_json::from_slice(&files[place].1).unwrap();
        files[place].1 = sealed_json(MODEL_FORMAT, mutate::json(random, &manifest));
        files
    };
    fuzz_any("model.json", 300, make, |files| open_and_run(files).into());
}

#[test]
fn weights() {
    let models = sound_models();
    let make = move |random: &mut Random| {
        let mut files = random.of(&models).clone();
        let name = manifest_of(&files).weights[0].file.clone();
        let payload = format::open(Kind::Weights, &name, &files[place_of(&files, &name)].1).unwrap().into_owned();
        let payload = match random.one_in(2) {
            true => mutate::bytes(random, &payload),
            false => changed_entries(random, &payload),
        };
        replace(&mut files, &name, format::seal(Kind::Weights, &payload));
        files
    };
    fuzz_any("weights", 300, make, |files| open_and_run(files).into());
}

/// A payload with other names, shapes and kinds of its tensors.
fn changed_entries(random: &mut Random, payload: &[u8]) -> Vec<u8> {
    let n = u32::from_le_bytes(payload[..4].try_into().unwrap()) as usize;
    let entries: Value = serde_json::from_slice(&payload[4..4 + n]).unwrap();
    let json = serde_json::to_vec(&mutate::json(random, &entries)).unwrap();
    [&(json.len() as u32).to_le_bytes(), json.as_slice(), &payload[4 + n..]].concat()
}

#[test]
fn tokenizer() {
    let models = sound_models();
    let make = move |random: &mut Random| {
        let mut files = random.of(&models).clone();
        let name = manifest_of(&files).tokenizer.file.clone();
        let tokenizer: Value = serde_json::from_slice(&files[place_of(&files, &name)].1).unwrap();
        let changed = serde_json::to_string(&mutate::json(random, &tokenizer)).unwrap();
        let changed = match random.one_in(8) {
            true => mutate::text(random, &changed, &["[", "{", "\"", "\\u0000", "\\ud800", "1e999", ",", "null"]),
            false => changed.into_bytes(),
        };
        replace(&mut files, &name, changed);
        files
    };
    fuzz_any("tokenizer", 300, make, |files| open_and_run(files).into());
}
