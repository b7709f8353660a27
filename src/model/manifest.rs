//! `model.json`: what a model is, which texts it wants, and which files it consists of.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    contract::{Contract, EncoderId, PairContract, PairForm, Pooling},
    error::{Error, Result},
    fit::Calibration,
    format::{self, FileEntry, JsonFormat},
    model::architecture::Architecture,
    routing::Routing,
};

/// Name of the manifest within a model's folder.
pub const MODEL_FILE: &str = "model.json";
/// `format` of the manifest.
pub const MODEL_FORMAT: JsonFormat = JsonFormat { name: "skillrouter-model", kind: "model", version: 1 };
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
    /// What it is for, and how texts are put before it.
    #[serde(flatten)]
    pub role: Role,
    /// Bits of a weight.
    pub bits: u32,
    /// What it must give for a known text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub self_test: Option<SelfTest>,
    /// `tokenizer.json`.
    pub tokenizer: FileEntry,
    /// Weight files.
    pub weights: Vec<FileEntry>,
    /// Licence of the weights.
    pub license: String,
    /// Where the weights come from and how they were made.
    pub provenance: BTreeMap<String, String>,
}

/// What a model is for.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "task", rename_all = "snake_case")]
pub enum Role {
    /// Texts to vectors.
    Encoder {
        /// How texts are put before it.
        contract: Contract,
        /// How its scores are mixed with the lexical ones, measured on the queries that `provenance` names.
        routing: Routing,
        /// How it reranks, if it was trained for late interaction: then it is a reranker, too.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        late: Option<Scoring>,
    },
    /// A task and a skill to a score.
    Reranker(Scoring),
}

/// How a model scores a task and a skill, and how its scores are used.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Scoring {
    /// How both are put before it.
    pub contract: PairContract,
    /// Weight of the retrieval score beside its own.
    pub retrieval_weight: f32,
    /// How likely the first route of a reranked answer fits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calibration: Option<Calibration>,
}

/// A text and what the CPU made of it when the model was converted; devices have been seen to compute wrong numbers
/// without saying so.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SelfTest {
    /// A task.
    pub query: String,
    /// For a reranker: the text of a skill.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<String>,
    /// The vector, or the score.
    pub expected: Vec<f32>,
}

impl ModelManifest {
    /// Reads and checks a `model.json`.
    ///
    /// # Errors
    /// Those of [`format::open_json`], and [`Error::Malformed`] for a contract without its places.
    pub fn open(bytes: &[u8]) -> Result<ModelManifest> {
        let manifest: ModelManifest = format::open_json(MODEL_FORMAT, MODEL_FILE, bytes)?;
        manifest.check_role()?;
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

    fn check_role(&self) -> Result<()> {
        let refuse = |what: &str| Err(Error::Unsupported { model: self.name.clone(), feature: what.to_owned() });
        match (&self.role, &self.architecture) {
            (Role::Encoder { contract, late, .. }, architecture) => {
                contract.check(MODEL_FILE)?;
                if let Some(Scoring { contract, .. }) = late {
                    contract.check(MODEL_FILE)?;
                    if !matches!((&contract.form, architecture), (PairForm::Late { .. }, Architecture::Bert(_))) {
                        return refuse("reranking by an encoder in another way than late interaction of BERT's tokens");
                    }
                }
                match (contract.pooling, architecture) {
                    (Pooling::Mean | Pooling::Cls, Architecture::Qwen3(_)) => refuse("Qwen3 without pooling last"),
                    (Pooling::Last, Architecture::Bert(_)) => refuse("BERT with pooling last"),
                    _ => Ok(()),
                }
            }
            (Role::Reranker(Scoring { contract, .. }), architecture) => {
                contract.check(MODEL_FILE)?;
                match (&contract.form, architecture) {
                    (PairForm::Late { .. }, _) => refuse("late interaction without an encoder"),
                    (PairForm::Pair, Architecture::Qwen3(_)) => refuse("Qwen3 as a sequence classifier"),
                    (PairForm::Prompt { .. }, Architecture::Bert(_)) => refuse("BERT with a prompt"),
                    _ => Ok(()),
                }
            }
        }
    }

    /// The encoder's contract.
    ///
    /// # Errors
    /// [`Error::Unavailable`] for a reranker.
    pub fn encoder_contract(&self) -> Result<&Contract> {
        match &self.role {
            Role::Encoder { contract, .. } => Ok(contract),
            Role::Reranker(_) => Err(self.wrong_role("a reranker", "an encoder")),
        }
    }

    /// How it reranks.
    ///
    /// # Errors
    /// [`Error::Unavailable`] for an encoder that does not.
    pub fn scoring(&self) -> Result<&Scoring> {
        match &self.role {
            Role::Reranker(scoring) | Role::Encoder { late: Some(scoring), .. } => Ok(scoring),
            Role::Encoder { late: None, .. } => Err(self.wrong_role("an encoder", "a reranker")),
        }
    }

    fn wrong_role(&self, is: &str, needed: &str) -> Error {
        Error::unavailable(format!("model {} is {is} where {needed} is needed; name another model", self.name))
    }

    /// Width of the vectors.
    pub fn width(&self) -> usize {
        self.architecture.width()
    }

    /// SHA-256 over the hashes of tokenizer and weight files.
    pub fn weights_hash(&self) -> String {
        let hashes: String = self.files().map(|entry| entry.sha256.as_str()).collect();
        format::sha256_hex(hashes.as_bytes())
    }

    /// What an index remembers of this encoder.
    ///
    /// # Errors
    /// [`Error::Unavailable`] for a reranker.
    pub fn encoder_id(&self) -> Result<EncoderId> {
        Ok(EncoderId {
            name: self.name.clone(),
            weights_hash: self.weights_hash(),
            contract_hash: self.encoder_contract()?.hash(),
        })
    }
}
