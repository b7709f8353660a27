//! Qwen3 (arXiv 2505.09388) as Hugging Face stores it. Fields are named like the checkpoint's keys.

use burn::tensor::Tensor;
use serde::{Deserialize, Deserializer, Serialize};

use crate::{
    device::Device,
    error::{Error, Result},
    model::weights::Weights,
    nn::{
        activation::swiglu,
        attention::{Heads, Seen, attention},
        embedding::Embedding,
        linear::Linear,
        norm::RmsNorm,
        residual::add,
        rope::Rope,
    },
    tokenize::Batch,
};

/// The part of a checkpoint's `config.json` that decides the computation.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Qwen3Config {
    /// `d`
    pub hidden_size: usize,
    /// Number of layers.
    pub num_hidden_layers: usize,
    /// `h`
    pub num_attention_heads: usize,
    /// `g`
    pub num_key_value_heads: usize,
    /// `e`; not always `d / h`.
    pub head_dim: usize,
    /// `f`
    pub intermediate_size: usize,
    /// `v`
    pub vocab_size: usize,
    /// Longest text in tokens.
    pub max_position_embeddings: usize,
    /// Added to the mean square in norms.
    pub rms_norm_eps: f32,
    /// Base of the rotary angles.
    pub rope_theta: f32,
    /// Whether the output head is the embedding table.
    pub tie_word_embeddings: bool,
}

/// What `config.json` says, in the words of transformers 4 or 5.
#[derive(Deserialize)]
struct Stated {
    hidden_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    num_key_value_heads: usize,
    head_dim: usize,
    intermediate_size: usize,
    vocab_size: usize,
    max_position_embeddings: usize,
    rms_norm_eps: f32,
    #[serde(default)]
    rope_theta: Option<f32>,
    #[serde(default)]
    rope_parameters: Option<RopeParameters>,
    #[serde(default)]
    rope_scaling: Option<serde_json::Value>,
    #[serde(default)]
    tie_word_embeddings: bool,
    #[serde(default)]
    hidden_act: Option<String>,
    #[serde(default)]
    attention_bias: bool,
    #[serde(default)]
    use_sliding_window: bool,
}

#[derive(Deserialize)]
struct RopeParameters {
    rope_theta: f32,
    #[serde(default)]
    rope_type: Option<String>,
}

impl<'de> Deserialize<'de> for Qwen3Config {
    /// Refuses what is not implemented, by name: it would be lost otherwise.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Qwen3Config, D::Error> {
        let stated = Stated::deserialize(deserializer)?;
        let refuse = |what: String| Err(serde::de::Error::custom(format!("{what} is not implemented")));
        if let Some(act) = stated.hidden_act.filter(|act| act != "silu") {
            return refuse(format!("hidden_act {act}"));
        }
        if stated.attention_bias {
            return refuse("attention_bias true".to_owned());
        }
        if stated.use_sliding_window {
            return refuse("use_sliding_window true".to_owned());
        }
        if let Some(scaling) = stated.rope_scaling.filter(|scaling| !scaling.is_null()) {
            return refuse(format!("rope_scaling {scaling}"));
        }
        let rope_theta = match (stated.rope_parameters, stated.rope_theta) {
            (Some(RopeParameters { rope_type: Some(kind), .. }), _) if kind != "default" => {
                return refuse(format!("rope_type {kind}"));
            }
            (Some(RopeParameters { rope_theta, .. }), _) | (None, Some(rope_theta)) => rope_theta,
            (None, None) => return Err(serde::de::Error::missing_field("rope_theta")),
        };
        Ok(Qwen3Config {
            hidden_size: stated.hidden_size,
            num_hidden_layers: stated.num_hidden_layers,
            num_attention_heads: stated.num_attention_heads,
            num_key_value_heads: stated.num_key_value_heads,
            head_dim: stated.head_dim,
            intermediate_size: stated.intermediate_size,
            vocab_size: stated.vocab_size,
            max_position_embeddings: stated.max_position_embeddings,
            rms_norm_eps: stated.rms_norm_eps,
            rope_theta,
            tie_word_embeddings: stated.tie_word_embeddings,
        })
    }
}

impl Qwen3Config {
    /// Refuses what is not implemented, by name.
    ///
    /// # Errors
    /// [`Error::Unsupported`].
    pub fn check(&self, model: &str) -> Result<()> {
        let refuse = |feature: String| Err(Error::Unsupported { model: model.to_owned(), feature });
        let widths = [self.hidden_size, self.intermediate_size, self.num_attention_heads * self.head_dim];
        if let Some(width) = widths.iter().find(|width| !width.is_multiple_of(8)) {
            return refuse(format!("a width of {width}, which is no multiple of 8"));
        }
        if !self.head_dim.is_multiple_of(4) {
            return refuse(format!("head_dim {}", self.head_dim));
        }
        if self.num_key_value_heads == 0 || !self.num_attention_heads.is_multiple_of(self.num_key_value_heads) {
            let (heads, kv_heads) = (self.num_attention_heads, self.num_key_value_heads);
            return refuse(format!("num_attention_heads {heads} with num_key_value_heads {kv_heads}"));
        }
        if !self.tie_word_embeddings {
            return refuse("tie_word_embeddings false".to_owned());
        }
        Ok(())
    }
}

/// Whether a tensor is a table, looked up by row.
pub fn is_table(name: &str) -> bool {
    name == "embed_tokens.weight"
}

/// Qwen3 without its output head: token ids to token vectors.
pub struct Qwen3 {
    embed_tokens: Embedding,
    layers: Vec<Qwen3Layer>,
    norm: RmsNorm,
    rope: Rope,
    d: usize,
    max_tokens: usize,
    device: Device,
}

struct Qwen3Layer {
    heads: Heads,
    input_layernorm: RmsNorm,
    q_proj: Linear,
    k_proj: Linear,
    v_proj: Linear,
    o_proj: Linear,
    q_norm: RmsNorm,
    k_norm: RmsNorm,
    post_attention_layernorm: RmsNorm,
    gate_proj: Linear,
    up_proj: Linear,
    down_proj: Linear,
}

/// Keys and values of the tokens that several texts begin with, for each layer.
pub struct Prefix {
    layers: Vec<Seen>,
    n_tokens: usize,
}

impl Prefix {
    /// Number of tokens.
    pub fn n_tokens(&self) -> usize {
        self.n_tokens
    }
}

impl Qwen3 {
    /// Takes its tensors from `weights`; problems are told by [`Weights::finish`]. Angles are kept for texts of up to
    /// `max_tokens`.
    pub fn new(config: &Qwen3Config, max_tokens: usize, weights: &mut Weights) -> Qwen3 {
        let (d, eps) = (config.hidden_size, config.rms_norm_eps);
        let max_tokens = max_tokens.min(config.max_position_embeddings);
        Qwen3 {
            embed_tokens: weights.embedding("embed_tokens", [config.vocab_size, d]),
            layers: (0..config.num_hidden_layers).map(|i| Qwen3Layer::new(i, config, weights)).collect(),
            norm: weights.rms_norm("norm", d, eps),
            rope: Rope::new(max_tokens, config.head_dim, config.rope_theta, weights.device()),
            d,
            max_tokens,
            device: weights.device().clone(),
        }
    }

    /// Token vectors before the last norm; [`Qwen3::normed`] is for the rows that are wanted.
    ///
    /// # Shapes
    /// A batch of `t` tokens to `[t, d]`. With a prefix, texts are what follows it.
    ///
    /// # Errors
    /// Those of [`Batch::check`].
    pub fn forward(&self, batch: &Batch, prefix: Option<&Prefix>) -> Result<Tensor<2>> {
        let (x, _) = self.run(batch, prefix, false)?;
        Ok(x)
    }

    /// Keys and values of some tokens, for texts that begin with them.
    ///
    /// # Errors
    /// Those of [`Batch::check`].
    pub fn prefix(&self, batch: &Batch) -> Result<Prefix> {
        let (_, layers) = self.run(batch, None, true)?;
        Ok(Prefix { layers, n_tokens: batch.ids.len() })
    }

    /// The last norm.
    ///
    /// # Shapes
    /// `[b, d]` to `[b, d]`.
    pub fn normed(&self, x: Tensor<2>) -> Tensor<2> {
        self.norm.forward(x)
    }

    /// A row of the output head, `[d]`; the head is the embedding table.
    ///
    /// # Errors
    /// [`Error::Tokenizer`] when the id is outside of the vocabulary.
    pub fn head_row(&self, id: u32) -> Result<Vec<f32>> {
        match (id as usize) < self.embed_tokens.n_rows() {
            true => Ok(self.embed_tokens.rows(&[id])),
            false => Err(Error::Tokenizer { reason: format!("token id {id} is outside of the model's vocabulary") }),
        }
    }

    fn run(&self, batch: &Batch, prefix: Option<&Prefix>, keep: bool) -> Result<(Tensor<2>, Vec<Seen>)> {
        let n_before = prefix.map_or(0, Prefix::n_tokens);
        batch.check(self.embed_tokens.n_rows(), self.max_tokens - n_before.min(self.max_tokens))?;
        let positions: Vec<u32> = batch.positions().iter().map(|position| position + n_before as u32).collect();
        let mut x = self.device.tensor(self.embed_tokens.rows(&batch.ids), [batch.ids.len(), self.d]);
        let mut seen = Vec::new();
        for (i, layer) in self.layers.iter().enumerate() {
            let before = prefix.map(|prefix| &prefix.layers[i]);
            let own;
            (x, own) = layer.forward(x, before, &batch.lengths, &positions, &self.rope);
            if keep {
                seen.push(own);
            }
        }
        Ok((x, seen))
    }
}

impl Qwen3Layer {
    fn new(index: usize, config: &Qwen3Config, weights: &mut Weights) -> Qwen3Layer {
        let (d, f, e, eps) = (config.hidden_size, config.intermediate_size, config.head_dim, config.rms_norm_eps);
        let (n_heads, n_kv_heads) = (config.num_attention_heads, config.num_key_value_heads);
        let name = |part: &str| format!("layers.{index}.{part}");
        Qwen3Layer {
            heads: Heads { n_heads, n_kv_heads, head_width: e, causal: true },
            input_layernorm: weights.rms_norm(&name("input_layernorm"), d, eps),
            q_proj: weights.linear_without_bias(&name("self_attn.q_proj"), [n_heads * e, d]),
            k_proj: weights.linear_without_bias(&name("self_attn.k_proj"), [n_kv_heads * e, d]),
            v_proj: weights.linear_without_bias(&name("self_attn.v_proj"), [n_kv_heads * e, d]),
            o_proj: weights.linear_without_bias(&name("self_attn.o_proj"), [d, n_heads * e]),
            q_norm: weights.rms_norm(&name("self_attn.q_norm"), e, eps),
            k_norm: weights.rms_norm(&name("self_attn.k_norm"), e, eps),
            post_attention_layernorm: weights.rms_norm(&name("post_attention_layernorm"), d, eps),
            gate_proj: weights.linear_without_bias(&name("mlp.gate_proj"), [f, d]),
            up_proj: weights.linear_without_bias(&name("mlp.up_proj"), [f, d]),
            down_proj: weights.linear_without_bias(&name("mlp.down_proj"), [d, f]),
        }
    }

    fn forward(
        &self,
        x: Tensor<2>,
        prefix: Option<&Seen>,
        lengths: &[usize],
        positions: &[u32],
        rope: &Rope,
    ) -> (Tensor<2>, Seen) {
        let y = self.input_layernorm.forward(x.clone());
        let q = rope.forward(self.q_norm.forward(self.q_proj.forward(y.clone())), positions);
        let k = rope.forward(self.k_norm.forward(self.k_proj.forward(y.clone())), positions);
        let own = Seen { keys: k, values: self.v_proj.forward(y) };
        let y = self.o_proj.forward(attention(q, own.clone(), prefix, lengths, self.heads));
        let x = add(x, y);
        let y = self.post_attention_layernorm.forward(x.clone());
        let y = swiglu(self.gate_proj.forward(y.clone()), self.up_proj.forward(y));
        (add(x, self.down_proj.forward(y)), own)
    }
}
