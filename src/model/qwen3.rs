//! Qwen3 (arXiv 2505.09388) as Hugging Face stores it. Fields are named like the checkpoint's keys.

use burn::tensor::Tensor;

use crate::{
    device::Device,
    error::{Error, Result},
    model::{architecture::Qwen3Config, weights::Weights},
    nn::{
        activation::swiglu,
        attention::{Heads, KeysValues, attention},
        embedding::Embedding,
        linear::Linear,
        norm::RmsNorm,
        residual::add,
        rope::Rope,
    },
    tokenize::Batch,
};

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
    layers: Vec<KeysValues>,
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

    fn run(&self, batch: &Batch, prefix: Option<&Prefix>, keep: bool) -> Result<(Tensor<2>, Vec<KeysValues>)> {
        let n_before = prefix.map_or(0, Prefix::n_tokens);
        batch.check(self.embed_tokens.n_rows(), self.max_tokens - n_before.min(self.max_tokens))?;
        let positions: Vec<u32> = batch.positions().iter().map(|position| position + n_before as u32).collect();
        let mut x = self.device.tensor(self.embed_tokens.rows(&batch.ids), [batch.ids.len(), self.d]);
        let mut seen = Vec::new();
        for (i, layer) in self.layers.iter().enumerate() {
            let before = prefix.map(|prefix| &prefix.layers[i]);
            let own;
            (x, own) = layer.forward(x, before, &batch.lengths, &positions, &self.rope, &self.device);
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
        prefix: Option<&KeysValues>,
        lengths: &[usize],
        positions: &[u32],
        rope: &Rope,
        device: &Device,
    ) -> (Tensor<2>, KeysValues) {
        let y = self.input_layernorm.forward(x.clone());
        let q = rope.forward(self.q_norm.forward(self.q_proj.forward(y.clone())), positions);
        let k = rope.forward(self.k_norm.forward(self.k_proj.forward(y.clone())), positions);
        let own = KeysValues::new(k, self.v_proj.forward(y), device);
        let y = self.o_proj.forward(attention(q, &own, prefix, lengths, self.heads));
        let x = add(x, y, device);
        let y = self.post_attention_layernorm.forward(x.clone());
        let y = swiglu(self.gate_proj.forward(y.clone()), self.up_proj.forward(y), device);
        (add(x, self.down_proj.forward(y), device), own)
    }
}
