//! The encoder: texts of the contract to vectors.

use crate::{
    contract::{DocumentText, Pooling, QueryText},
    device::{self, Device},
    error::{Error, Result},
    format::FileEntry,
    model::{
        bert::Bert,
        config::{Architecture, ModelManifest},
        weights::Weights,
    },
    nn::pool,
    tokenize::{Batch, Tokenizer},
};

/// Token ids of one text, ready for the model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tokens(Vec<u32>);

impl Tokens {
    /// Number of tokens, special ones included.
    #[allow(clippy::len_without_is_empty, reason = "special tokens are always there")]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The ids.
    pub fn ids(&self) -> &[u32] {
        &self.0
    }
}

impl AsRef<[u32]> for Tokens {
    fn as_ref(&self) -> &[u32] {
        &self.0
    }
}

/// A loaded encoder.
pub struct Encoder {
    manifest: ModelManifest,
    tokenizer: Tokenizer,
    network: Bert,
    device: Device,
}

/// An encoder that gets its files one by one, so that none has to be kept.
pub struct EncoderLoader {
    manifest: ModelManifest,
    tokenizer: Option<Tokenizer>,
    weights: Weights,
    missing: Vec<FileEntry>,
}

impl EncoderLoader {
    /// Starts with the bytes of `model.json`.
    ///
    /// # Errors
    /// Those of [`ModelManifest::open`], and [`Error::Unsupported`].
    pub fn new(model_json: &[u8]) -> Result<EncoderLoader> {
        let manifest = ModelManifest::open(model_json)?;
        match &manifest.architecture {
            Architecture::Bert(config) => config.check(&manifest.name)?,
        }
        let missing = manifest.files().cloned().collect();
        Ok(EncoderLoader { manifest, tokenizer: None, weights: Weights::default(), missing })
    }

    /// The model's manifest.
    pub fn manifest(&self) -> &ModelManifest {
        &self.manifest
    }

    /// The files that are still to be added, in the order in which to add them.
    pub fn missing(&self) -> &[FileEntry] {
        &self.missing
    }

    /// Adds a file.
    ///
    /// # Errors
    /// Those of [`FileEntry::check`], of the tokenizer and of [`Weights::add_file`]; another file than the
    /// next one is [`Error::Malformed`].
    pub fn add_file(&mut self, file: &str, bytes: &[u8]) -> Result<()> {
        let Some(entry) = self.missing.first().filter(|entry| entry.file == file) else {
            return Err(Error::malformed(file, "it is not the file that the model needs next"));
        };
        entry.check(bytes)?;
        if file == self.manifest.tokenizer.file {
            self.tokenizer = Some(Tokenizer::open(bytes)?);
        } else {
            self.weights.add_file(file, bytes)?;
        }
        self.missing.remove(0);
        Ok(())
    }

    /// Puts the encoder together.
    ///
    /// # Errors
    /// [`Error::MissingFile`] or [`Error::Weights`].
    pub fn finish(mut self, device: &Device) -> Result<Encoder> {
        if let Some(entry) = self.missing.first() {
            return Err(Error::MissingFile { file: entry.file.clone() });
        }
        let tokenizer = self.tokenizer.ok_or(Error::MissingFile { file: self.manifest.tokenizer.file.clone() })?;
        let network = match &self.manifest.architecture {
            Architecture::Bert(config) => Bert::new(config, &mut self.weights, device),
        };
        self.weights.finish(&self.manifest.name)?;
        Ok(Encoder { manifest: self.manifest, tokenizer, network, device: device.clone() })
    }
}

impl Encoder {
    /// The model's manifest.
    pub fn manifest(&self) -> &ModelManifest {
        &self.manifest
    }

    /// Where it runs.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// Token ids of a query, cut at the contract's limit.
    ///
    /// # Errors
    /// [`Error::Tokenizer`].
    pub fn query_tokens(&self, text: &QueryText) -> Result<Tokens> {
        self.tokenizer.encode(text.as_str(), self.manifest.contract.query.max_tokens).map(Tokens)
    }

    /// Token ids of a document, cut at the contract's limit.
    ///
    /// # Errors
    /// [`Error::Tokenizer`].
    pub fn document_tokens(&self, text: &DocumentText) -> Result<Tokens> {
        self.tokenizer.encode(text.as_str(), self.manifest.contract.document.max_tokens).map(Tokens)
    }

    /// The vector of a query.
    ///
    /// # Errors
    /// [`Error::Tokenizer`] or [`Error::Device`].
    pub async fn embed_query(&self, text: &QueryText) -> Result<Vec<f32>> {
        self.embed(&[self.query_tokens(text)?]).await
    }

    /// The vectors of some texts, `[b, d]` row by row, in one pass. Texts of like length make the best batches, since
    /// all are padded to the longest.
    ///
    /// # Errors
    /// [`Error::Tokenizer`] or [`Error::Device`].
    pub async fn embed(&self, texts: &[Tokens]) -> Result<Vec<f32>> {
        let batch = Batch::new(texts);
        let x = self.network.forward(&batch)?;
        let x = match self.manifest.contract.pooling {
            Pooling::Mean => pool::mean(x, &batch.lengths, &self.device),
            Pooling::Cls => pool::first(x),
        };
        let x = if self.manifest.contract.normalize { pool::normalize(x) } else { x };
        device::read(x).await
    }
}
