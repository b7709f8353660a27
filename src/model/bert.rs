//! BERT (arXiv 1810.04805) as Hugging Face stores it. Fields are named like the checkpoint's keys.

use burn::tensor::Tensor;

use crate::{
    device::Device,
    error::Result,
    model::{architecture::BertConfig, weights::Weights},
    nn::{
        activation::{gelu, tanh},
        attention::{Heads, KeysValues, attention},
        embedding::Embedding,
        linear::Linear,
        norm::LayerNorm,
        pool,
        residual::add,
    },
    tokenize::Batch,
};

/// The encoder part of BERT: token ids to token vectors.
pub struct Bert {
    embeddings: BertEmbeddings,
    layer: Vec<BertLayer>,
    max_tokens: usize,
    device: Device,
}

struct BertEmbeddings {
    word_embeddings: Embedding,
    position_embeddings: Embedding,
    token_type_embeddings: Embedding,
    layer_norm: LayerNorm,
    d: usize,
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
        };
        let layer = (0..config.num_hidden_layers).map(|i| BertLayer::new(i, config, weights)).collect();
        Bert { embeddings, layer, max_tokens: config.max_position_embeddings, device: weights.device().clone() }
    }

    /// # Shapes
    /// A batch of `t` tokens to `[t, d]`.
    ///
    /// # Errors
    /// Those of [`Batch::check`].
    pub fn forward(&self, batch: &Batch) -> Result<Tensor<2>> {
        batch.check(self.embeddings.word_embeddings.n_rows(), self.max_tokens)?;
        let x = self.embeddings.forward(batch, &self.device);
        Ok(self.layer.iter().fold(x, |x, layer| layer.forward(x, &batch.lengths, &self.device)))
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
        let x = pool::first(self.bert.forward(batch)?, &batch.lengths, &self.bert.device);
        Ok(self.classifier.forward(tanh(self.pooler.forward(x))))
    }
}

impl BertEmbeddings {
    fn forward(&self, batch: &Batch, device: &Device) -> Tensor<2> {
        let mut x = self.word_embeddings.rows(&batch.ids);
        let positions = self.position_embeddings.rows(&batch.positions());
        let types = self.token_type_embeddings.rows(&batch.type_ids);
        for ((x, position), kind) in x.iter_mut().zip(positions).zip(types) {
            *x += position + kind;
        }
        self.layer_norm.forward(device.tensor(x, [batch.ids.len(), self.d]))
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

    fn forward(&self, x: Tensor<2>, lengths: &[usize], device: &Device) -> Tensor<2> {
        let q = self.query.forward(x.clone());
        let own = KeysValues::new(self.key.forward(x.clone()), self.value.forward(x.clone()), device);
        let y = self.attention_output.forward(attention(q, &own, None, lengths, self.heads));
        let x = self.attention_norm.forward(add(x, y, device));
        let y = self.output.forward(gelu(self.intermediate.forward(x.clone()), device));
        self.output_norm.forward(add(x, y, device))
    }
}
