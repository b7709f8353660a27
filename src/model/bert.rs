//! BERT (arXiv 1810.04805) as Hugging Face stores it. Fields are named like the checkpoint's keys.

use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use crate::{
    device::Device,
    error::{Error, Result},
    model::weights::Weights,
    nn::{
        activation::{gelu, tanh},
        attention::{Heads, Seen, attention},
        embedding::Embedding,
        linear::Linear,
        norm::LayerNorm,
        pool,
        residual::add,
    },
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
        if let Some(width) = [self.hidden_size, self.intermediate_size].iter().find(|width| !width.is_multiple_of(8)) {
            return refuse(format!("a width of {width}, which is no multiple of 8"));
        }
        if self.num_attention_heads == 0 || !self.hidden_size.is_multiple_of(self.num_attention_heads) {
            return refuse(format!("hidden_size {} in {} heads", self.hidden_size, self.num_attention_heads));
        }
        Ok(())
    }
}

/// Whether a tensor is a table, looked up by row.
pub fn is_table(name: &str) -> bool {
    name.ends_with("_embeddings.weight")
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
    d: usize,
    device: Device,
}

struct BertLayer {
    heads: Heads,
    query: Linear,
    key: Linear,
    value: Linear,
    attention_output: Linear,
    attention_norm: LayerNorm,
    intermediate: Linear,
    output: Linear,
    output_norm: LayerNorm,
}

/// BERT with the head of a sequence classifier that has one output.
pub struct BertClassifier {
    bert: Bert,
    pooler: Linear,
    classifier: Linear,
}

impl Bert {
    /// Takes its tensors from `weights`; problems are told by [`Weights::finish`].
    pub fn new(config: &BertConfig, weights: &mut Weights) -> Bert {
        let (d, eps) = (config.hidden_size, config.layer_norm_eps);
        let embeddings = BertEmbeddings {
            word_embeddings: weights.embedding("embeddings.word_embeddings", [config.vocab_size, d]),
            position_embeddings: weights
                .embedding("embeddings.position_embeddings", [config.max_position_embeddings, d]),
            token_type_embeddings: weights.embedding("embeddings.token_type_embeddings", [config.type_vocab_size, d]),
            layer_norm: weights.layer_norm("embeddings.LayerNorm", d, eps),
            d,
            device: weights.device().clone(),
        };
        let layer = (0..config.num_hidden_layers).map(|i| BertLayer::new(i, config, weights)).collect();
        Bert { embeddings, layer, max_tokens: config.max_position_embeddings }
    }

    /// # Shapes
    /// A batch of `t` tokens to `[t, d]`.
    ///
    /// # Errors
    /// Those of [`Batch::check`].
    pub fn forward(&self, batch: &Batch) -> Result<Tensor<2>> {
        batch.check(self.embeddings.word_embeddings.n_rows(), self.max_tokens)?;
        let x = self.embeddings.forward(batch);
        Ok(self.layer.iter().fold(x, |x, layer| layer.forward(x, &batch.lengths)))
    }
}

impl BertClassifier {
    /// Takes its tensors from `weights`; problems are told by [`Weights::finish`].
    pub fn new(config: &BertConfig, weights: &mut Weights) -> BertClassifier {
        let d = config.hidden_size;
        BertClassifier {
            bert: Bert::new(config, weights),
            pooler: weights.linear("pooler.dense", [d, d]),
            classifier: weights.linear("classifier", [1, d]),
        }
    }

    /// One logit for each text.
    ///
    /// # Shapes
    /// A batch of `b` texts to `[b, 1]`.
    ///
    /// # Errors
    /// Those of [`Batch::check`].
    pub fn forward(&self, batch: &Batch) -> Result<Tensor<2>> {
        let x = pool::first(self.bert.forward(batch)?, &batch.lengths);
        Ok(self.classifier.forward(tanh(self.pooler.forward(x))))
    }
}

impl BertEmbeddings {
    fn forward(&self, batch: &Batch) -> Tensor<2> {
        let mut x = self.word_embeddings.rows(&batch.ids);
        let positions = self.position_embeddings.rows(&batch.positions());
        let types = self.token_type_embeddings.rows(&batch.type_ids);
        for ((x, position), kind) in x.iter_mut().zip(positions).zip(types) {
            *x += position + kind;
        }
        self.layer_norm.forward(self.device.tensor(x, [batch.ids.len(), self.d]))
    }
}

impl BertLayer {
    fn new(index: usize, config: &BertConfig, weights: &mut Weights) -> BertLayer {
        let (d, f, eps) = (config.hidden_size, config.intermediate_size, config.layer_norm_eps);
        let n_heads = config.num_attention_heads;
        let name = |part: &str| format!("encoder.layer.{index}.{part}");
        BertLayer {
            heads: Heads { n_heads, n_kv_heads: n_heads, head_width: d / n_heads, causal: false },
            query: weights.linear(&name("attention.self.query"), [d, d]),
            key: weights.linear(&name("attention.self.key"), [d, d]),
            value: weights.linear(&name("attention.self.value"), [d, d]),
            attention_output: weights.linear(&name("attention.output.dense"), [d, d]),
            attention_norm: weights.layer_norm(&name("attention.output.LayerNorm"), d, eps),
            intermediate: weights.linear(&name("intermediate.dense"), [f, d]),
            output: weights.linear(&name("output.dense"), [d, f]),
            output_norm: weights.layer_norm(&name("output.LayerNorm"), d, eps),
        }
    }

    fn forward(&self, x: Tensor<2>, lengths: &[usize]) -> Tensor<2> {
        let q = self.query.forward(x.clone());
        let own = Seen { keys: self.key.forward(x.clone()), values: self.value.forward(x.clone()) };
        let y = self.attention_output.forward(attention(q, own, None, lengths, self.heads));
        let x = self.attention_norm.forward(add(x, y));
        let y = self.output.forward(gelu(self.intermediate.forward(x.clone())));
        self.output_norm.forward(add(x, y))
    }
}
