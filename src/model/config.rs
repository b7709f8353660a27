//! `model.json`: what a model is, which texts it wants, and which files it consists of.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    contract::{Contract, EncoderId, Fusion},
    error::{Error, Result},
    format::{self, FileEntry},
    model::bert::BertConfig,
};

/// Name of the manifest within a model's folder.
pub const MODEL_FILE: &str = "model.json";
/// `format` of the manifest.
pub const MODEL_FORMAT: &str = "skillrouter-model";
/// Largest weight file, in bytes: static hosts refuse more than 25 MB (Cloudflare Pages, 2026).
pub const FILE_MAX_BYTES: usize = 24 << 20;

/// The contents of `model.json`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ModelManifest {
    /// Name of the model.
    pub name: String,
    /// Architecture and its sizes.
    #[serde(flatten)]
    pub architecture: Architecture,
    /// How texts are put before it.
    pub contract: Contract,
    /// How its scores are mixed with the lexical ones, measured on the queries that `provenance` names.
    pub fusion: Fusion,
    /// Bits of a weight.
    pub bits: u32,
    /// `tokenizer.json`.
    pub tokenizer: FileEntry,
    /// Weight files.
    pub weights: Vec<FileEntry>,
    /// Licence of the weights.
    pub license: String,
    /// Where the weights come from and how they were made.
    pub provenance: BTreeMap<String, String>,
}

/// The architectures that are implemented, with their configuration in the words of the checkpoint.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "architecture", content = "config", rename_all = "snake_case")]
pub enum Architecture {
    /// BERT and its kin: all-MiniLM, BGE, Arctic-embed.
    Bert(BertConfig),
}

impl ModelManifest {
    /// Reads and checks a `model.json`.
    ///
    /// # Errors
    /// Those of [`format::open_json`], and [`Error::Malformed`] for a contract without its places.
    pub fn open(bytes: &[u8]) -> Result<ModelManifest> {
        let manifest: ModelManifest = format::open_json(MODEL_FORMAT, "model", MODEL_FILE, bytes)?;
        manifest.contract.check(MODEL_FILE)?;
        let plain = |file: &str| !file.is_empty() && !file.contains(['/', '\\']) && !file.starts_with('.');
        if let Some(entry) = manifest.files().find(|entry| !plain(&entry.file)) {
            return Err(Error::malformed(MODEL_FILE, format!("{:?} is not a plain file name", entry.file)));
        }
        Ok(manifest)
    }

    /// Writes it.
    pub fn to_bytes(&self) -> Vec<u8> {
        format::seal_json(MODEL_FORMAT, self)
    }

    /// All files of the model besides `model.json`.
    pub fn files(&self) -> impl Iterator<Item = &FileEntry> {
        std::iter::once(&self.tokenizer).chain(&self.weights)
    }

    /// Width of the vectors.
    pub fn width(&self) -> usize {
        match &self.architecture {
            Architecture::Bert(config) => config.hidden_size,
        }
    }

    /// What an index remembers of this encoder.
    pub fn encoder_id(&self) -> EncoderId {
        let hashes: String = self.files().map(|entry| entry.sha256.as_str()).collect();
        EncoderId {
            name: self.name.clone(),
            weights_hash: format::sha256_hex(hashes.as_bytes()),
            contract_hash: self.contract.hash(),
        }
    }
}
