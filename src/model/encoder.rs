//! The encoder: texts of the contract to vectors.

use std::sync::Arc;

use burn::tensor::Tensor;

use crate::{
    contract::{Contract, DocumentText, Pooling, QueryText},
    device::{self, Device},
    error::{Error, Result},
    model::{
        architecture::Architecture,
        bert::Bert,
        loader::ModelLoader,
        manifest::{ModelManifest, SelfTest},
        qwen3::Qwen3,
    },
    nn::pool,
    tokenize::{Batch, Tokenizer, Tokens},
};

/// Least cosine between what a device computes and what was stored. Weights are the same on both sides, so that only
/// roundings differ: 8-bit activations of another kernel stay above 0.999.
const SELF_TEST_COSINE: f32 = 0.998;

/// A loaded encoder.
pub struct Encoder {
    manifest: ModelManifest,
    contract: Contract,
    tokenizer: Arc<Tokenizer>,
    network: Network,
    device: Device,
}

enum Network {
    Bert(Box<Bert>),
    Qwen3(Box<Qwen3>),
}

impl Encoder {
    /// Puts the encoder together.
    ///
    /// # Errors
    /// [`Error::MissingFile`], [`Error::Weights`], and [`Error::Unavailable`] for a reranker.
    pub fn new(loader: ModelLoader) -> Result<Encoder> {
        let (manifest, tokenizer, mut weights) = loader.finish()?;
        let contract = manifest.encoder_contract()?.clone();
        let network = match &manifest.architecture {
            Architecture::Bert(config) => Network::Bert(Box::new(Bert::new(config, &mut weights))),
            Architecture::Qwen3(config) => {
                let max_tokens = contract.query.max_tokens.max(contract.document.max_tokens);
                Network::Qwen3(Box::new(Qwen3::new(config, max_tokens, &mut weights)))
            }
        };
        let device = weights.device().clone();
        weights.finish(&manifest.name)?;
        Ok(Encoder { manifest, contract, tokenizer: Arc::new(tokenizer), network, device })
    }

    /// The model's manifest.
    pub fn manifest(&self) -> &ModelManifest {
        &self.manifest
    }

    /// How texts are put before it.
    pub fn contract(&self) -> &Contract {
        &self.contract
    }

    /// Where it runs.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// Text to token ids.
    pub fn tokenizer(&self) -> &Arc<Tokenizer> {
        &self.tokenizer
    }

    /// Token ids of a query, cut at the contract's limit.
    ///
    /// # Errors
    /// [`Error::Tokenizer`].
    pub fn query_tokens(&self, text: &QueryText) -> Result<Tokens> {
        self.tokenizer.encode(text.as_str(), self.contract.query.max_tokens)
    }

    /// Token ids of a document, cut at the contract's limit.
    ///
    /// # Errors
    /// [`Error::Tokenizer`].
    pub fn document_tokens(&self, text: &DocumentText) -> Result<Tokens> {
        self.tokenizer.encode(text.as_str(), self.contract.document.max_tokens)
    }

    /// The vector of a query.
    ///
    /// # Errors
    /// [`Error::Tokenizer`] or [`Error::Device`].
    pub async fn embed_query(&self, text: &QueryText) -> Result<Vec<f32>> {
        self.embed(&[self.query_tokens(text)?]).await
    }

    /// The vectors of some texts, `[b, d]` row by row, in one pass.
    ///
    /// # Errors
    /// [`Error::Tokenizer`] or [`Error::Device`].
    pub async fn embed(&self, texts: &[Tokens]) -> Result<Vec<f32>> {
        let mut vectors = device::read(self.pooled(&Batch::new(texts))?).await?;
        if self.contract.normalize {
            pool::normalize(&mut vectors, self.manifest.width());
        }
        Ok(vectors)
    }

    /// The vectors of single tokens, of length 1: `[t, d]` row by row.
    ///
    /// # Errors
    /// [`Error::Tokenizer`], [`Error::Device`], or [`Error::Unsupported`] for another architecture than BERT.
    pub async fn token_vectors(&self, batch: &Batch) -> Result<Vec<f32>> {
        let Network::Bert(bert) = &self.network else {
            let feature = "late interaction of another architecture than BERT".to_owned();
            return Err(Error::Unsupported { model: self.manifest.name.clone(), feature });
        };
        let mut vectors = device::read(bert.forward(batch)?).await?;
        pool::normalize(&mut vectors, self.manifest.width());
        Ok(vectors)
    }

    /// # Shapes
    /// A batch of `b` texts to `[b, d]`.
    fn pooled(&self, batch: &Batch) -> Result<Tensor<2>> {
        let (lengths, device) = (&batch.lengths, &self.device);
        Ok(match (&self.network, self.contract.pooling) {
            (Network::Bert(bert), Pooling::Mean) => pool::mean(bert.forward(batch)?, lengths, device),
            (Network::Bert(bert), _) => pool::first(bert.forward(batch)?, lengths, device),
            (Network::Qwen3(qwen3), _) => qwen3.normed(pool::last(qwen3.forward(batch, None)?, lengths, device)),
        })
    }

    /// What `model.json` is to hold for [`Encoder::self_test`].
    ///
    /// # Errors
    /// Those of [`Encoder::embed_query`].
    pub async fn make_self_test(&self, query: &str) -> Result<SelfTest> {
        let expected = self.embed_query(&self.contract.query(query)).await?;
        Ok(SelfTest { query: query.to_owned(), document: None, expected })
    }

    /// Compares what the device makes of a stored text with what it has to be. A model without one passes.
    ///
    /// # Errors
    /// [`Error::Device`] when it is something else.
    pub async fn self_test(&self) -> Result<()> {
        let Some(SelfTest { query, expected, .. }) = &self.manifest.self_test else { return Ok(()) };
        let got = self.embed_query(&self.contract.query(query)).await?;
        let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
        let cosine = dot(&got, expected) / (dot(&got, &got) * dot(expected, expected)).sqrt();
        // Not a number compares as neither.
        if cosine >= SELF_TEST_COSINE {
            return Ok(());
        }
        Err(Error::Device {
            reason: format!("self-test failed: {} computes wrong numbers (cosine {cosine:.4})", self.device.name()),
        })
    }
}
