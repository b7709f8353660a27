//! BERT (arXiv 1810.04805) as Hugging Face stores it. Fields are named like the checkpoint's keys.

use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use crate::{
    device::Device,
    error::{Error, Result},
    model::weights::Weights,
    nn::{activation::gelu, attention::attention, embedding::Embedding, linear::Linear, norm::LayerNorm},
    tokenize::Batch,
};

/// The part of a checkpoint's `config.json` that decides the computation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BertConfig {
    /// `d`
    pub hidden_size: usize,
    /// Number of layers.
    pub num_hidden_layers: usize,
    /// `h`
    pub num_attention_heads: usize,
    /// `f`
    pub intermediate_size: usize,
    /// `v`
    pub vocab_size: usize,
    /// Longest text in tokens.
    pub max_position_embeddings: usize,
    /// Number of token types; texts alone are type 0.
    pub type_vocab_size: usize,
    /// Added to the variance in layer norms.
    pub layer_norm_eps: f32,
    /// Activation function; `gelu` is implemented.
    #[serde(default = "gelu_name")]
    pub hidden_act: String,
    /// `absolute` is implemented.
    #[serde(default = "absolute_name")]
    pub position_embedding_type: String,
}

fn gelu_name() -> String {
    "gelu".to_owned()
}

fn absolute_name() -> String {
    "absolute".to_owned()
}

impl BertConfig {
    /// Refuses what is not implemented, by name.
    ///
    /// # Errors
    /// [`Error::Unsupported`].
    pub fn check(&self, model: &str) -> Result<()> {
        let refuse = |feature: String| Err(Error::Unsupported { model: model.to_owned(), feature });
        if self.hidden_act != "gelu" {
            return refuse(format!("hidden_act {}", self.hidden_act));
        }
        if self.position_embedding_type != "absolute" {
            return refuse(format!("position_embedding_type {}", self.position_embedding_type));
        }
        if self.num_attention_heads == 0 || !self.hidden_size.is_multiple_of(self.num_attention_heads) {
            return refuse(format!("hidden_size {} in {} heads", self.hidden_size, self.num_attention_heads));
        }
        Ok(())
    }
}

/// The encoder part of BERT: token ids to token vectors.
pub struct Bert {
    embeddings: BertEmbeddings,
    layer: Vec<BertLayer>,
    max_tokens: usize,
}

struct BertEmbeddings {
    word_embeddings: Embedding,
    position_embeddings: Embedding,
    token_type_embeddings: Embedding,
    layer_norm: LayerNorm,
}

struct BertLayer {
    n_heads: usize,
    query: Linear,
    key: Linear,
    value: Linear,
    attention_output: Linear,
    attention_norm: LayerNorm,
    intermediate: Linear,
    output: Linear,
    output_norm: LayerNorm,
}

impl Bert {
    /// Takes its tensors from `weights`; problems are told by [`Weights::finish`].
    pub fn new(config: &BertConfig, weights: &mut Weights, device: &Device) -> Bert {
        let (d, eps) = (config.hidden_size, config.layer_norm_eps);
        let embeddings = BertEmbeddings {
            word_embeddings: weights.embedding("embeddings.word_embeddings", [config.vocab_size, d]),
            position_embeddings: weights
                .embedding("embeddings.position_embeddings", [config.max_position_embeddings, d]),
            token_type_embeddings: weights.embedding("embeddings.token_type_embeddings", [config.type_vocab_size, d]),
            layer_norm: weights.layer_norm("embeddings.LayerNorm", d, eps, device),
        };
        let layer = (0..config.num_hidden_layers).map(|i| BertLayer::new(i, config, weights, device)).collect();
        Bert { embeddings, layer, max_tokens: config.max_position_embeddings }
    }

    /// # Shapes
    /// A batch of `[b, t]` ids to `[b, t, d]`; rows of padding hold nothing of meaning.
    ///
    /// # Errors
    /// [`Error::Tokenizer`] for ids outside of the vocabulary, and for texts that are too long or empty.
    pub fn forward(&self, batch: &Batch) -> Result<Tensor<3>> {
        let fail = |reason: String| Err(Error::Tokenizer { reason });
        if let Some(id) = batch.ids.iter().find(|&&id| id as usize >= self.embeddings.word_embeddings.n_rows()) {
            return fail(format!(
                "token id {id} is outside of the model's vocabulary; the tokenizer is another model's"
            ));
        }
        if batch.n_tokens > self.max_tokens {
            return fail(format!("text of {} tokens; the model takes {}", batch.n_tokens, self.max_tokens));
        }
        if batch.lengths.contains(&0) {
            return fail("text without any token".to_owned());
        }
        let x = self.embeddings.forward(batch);
        Ok(self.layer.iter().fold(x, |x, layer| layer.forward(x, &batch.lengths)))
    }
}

impl BertEmbeddings {
    fn forward(&self, batch: &Batch) -> Tensor<3> {
        let (b, t) = (batch.lengths.len(), batch.n_tokens);
        let positions: Vec<u32> = (0..t as u32).collect();
        let words = self.word_embeddings.forward(&batch.ids, [b, t]);
        let x = words
            + self.position_embeddings.forward(&positions, [1, t])
            + self.token_type_embeddings.forward(&[0], [1, 1]);
        self.layer_norm.forward(x)
    }
}

impl BertLayer {
    fn new(index: usize, config: &BertConfig, weights: &mut Weights, device: &Device) -> BertLayer {
        let (d, f, eps) = (config.hidden_size, config.intermediate_size, config.layer_norm_eps);
        let name = |part: &str| format!("encoder.layer.{index}.{part}");
        BertLayer {
            n_heads: config.num_attention_heads,
            query: weights.linear(&name("attention.self.query"), [d, d], device),
            key: weights.linear(&name("attention.self.key"), [d, d], device),
            value: weights.linear(&name("attention.self.value"), [d, d], device),
            attention_output: weights.linear(&name("attention.output.dense"), [d, d], device),
            attention_norm: weights.layer_norm(&name("attention.output.LayerNorm"), d, eps, device),
            intermediate: weights.linear(&name("intermediate.dense"), [f, d], device),
            output: weights.linear(&name("output.dense"), [d, f], device),
            output_norm: weights.layer_norm(&name("output.LayerNorm"), d, eps, device),
        }
    }

    fn forward(&self, x: Tensor<3>, lengths: &[usize]) -> Tensor<3> {
        let q = self.query.forward(x.clone());
        let k = self.key.forward(x.clone());
        let v = self.value.forward(x.clone());
        let y = self.attention_output.forward(attention(q, k, v, self.n_heads, lengths));
        let x = self.attention_norm.forward(x + y);
        let y = self.output.forward(gelu(self.intermediate.forward(x.clone())));
        self.output_norm.forward(x + y)
    }
}
