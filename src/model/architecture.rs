//! The architectures that are implemented, and the sizes that a checkpoint's `config.json` gives them.

use serde::{Deserialize, Deserializer, Serialize};

use crate::error::{Error, Result};

/// The architectures that are implemented, with their configuration in the words of the checkpoint.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "architecture", content = "config", rename_all = "snake_case")]
pub enum Architecture {
    /// BERT and its kin: all-MiniLM, BGE, Arctic-embed, ms-marco-MiniLM.
    Bert(BertConfig),
    /// Qwen3 and what is trained from it: Qwen3-Embedding, Qwen3-Reranker, SkillRouter.
    Qwen3(Qwen3Config),
}

impl Architecture {
    /// Refuses what is not implemented, by name.
    ///
    /// # Errors
    /// [`Error::Unsupported`].
    pub fn check(&self, model: &str) -> Result<()> {
        let sizes = match self {
            Architecture::Bert(config) => config.sizes().to_vec(),
            Architecture::Qwen3(config) => config.sizes().to_vec(),
        };
        if let Some((size, n, max)) = sizes.into_iter().find(|(_, n, max)| *n == 0 || n > max) {
            let feature = format!("{size} {n}, where 1 to {max} is read");
            return Err(Error::Unsupported { model: model.to_owned(), feature });
        }
        match self {
            Architecture::Bert(config) => config.check(model),
            Architecture::Qwen3(config) => config.check(model),
        }
    }

    /// Bytes that the weights of this many layers have at least, in 4 bits.
    pub fn least_bytes(&self) -> u64 {
        let (n_layers, d, f) = match self {
            Architecture::Bert(config) => (config.num_hidden_layers, config.hidden_size, config.intermediate_size),
            Architecture::Qwen3(config) => (config.num_hidden_layers, config.hidden_size, config.intermediate_size),
        };
        // `check` keeps each of them small.
        n_layers as u64 * d as u64 * f as u64 / 2
    }

    /// Tells the tensors that are looked up by row.
    pub fn is_table(&self) -> fn(&str) -> bool {
        match self {
            Architecture::Bert(_) => |name| name.ends_with("_embeddings.weight"),
            Architecture::Qwen3(_) => |name| name == "embed_tokens.weight",
        }
    }

    /// Width of the vectors, `d`.
    pub fn width(&self) -> usize {
        match self {
            Architecture::Bert(config) => config.hidden_size,
            Architecture::Qwen3(config) => config.hidden_size,
        }
    }
}

/// A size of a configuration, what it is, and the most that is read: far above any model that runs here, and low enough that
/// neither products of two overflow nor lists of that length fill the memory.
type Size = (&'static str, usize, usize);
const MAX_LAYERS: usize = 1 << 10;
const MAX_WIDTH: usize = 1 << 16;
const MAX_HEAD_WIDTH: usize = 1 << 8;
const MAX_TOKENS: usize = 1 << 17;
const MAX_VOCABULARY: usize = 1 << 24;

/// BERT: the part of `config.json` that decides the computation.
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
    fn sizes(&self) -> [Size; 7] {
        [
            ("hidden_size", self.hidden_size, MAX_WIDTH),
            ("num_hidden_layers", self.num_hidden_layers, MAX_LAYERS),
            ("num_attention_heads", self.num_attention_heads, MAX_WIDTH),
            ("intermediate_size", self.intermediate_size, MAX_WIDTH),
            ("vocab_size", self.vocab_size, MAX_VOCABULARY),
            ("max_position_embeddings", self.max_position_embeddings, MAX_TOKENS),
            ("type_vocab_size", self.type_vocab_size, MAX_VOCABULARY),
        ]
    }

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
            return refuse(format!("a width of {width}, which is not a multiple of 8"));
        }
        if self.num_attention_heads == 0 || !self.hidden_size.is_multiple_of(self.num_attention_heads) {
            return refuse(format!("hidden_size {} in {} heads", self.hidden_size, self.num_attention_heads));
        }
        Ok(())
    }
}

/// Qwen3: the part of `config.json` that decides the computation.
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
    fn sizes(&self) -> [Size; 8] {
        [
            ("hidden_size", self.hidden_size, MAX_WIDTH),
            ("num_hidden_layers", self.num_hidden_layers, MAX_LAYERS),
            ("num_attention_heads", self.num_attention_heads, MAX_WIDTH),
            ("num_key_value_heads", self.num_key_value_heads, MAX_WIDTH),
            ("head_dim", self.head_dim, MAX_HEAD_WIDTH),
            ("intermediate_size", self.intermediate_size, MAX_WIDTH),
            ("vocab_size", self.vocab_size, MAX_VOCABULARY),
            ("max_position_embeddings", self.max_position_embeddings, MAX_TOKENS),
        ]
    }

    /// Refuses what is not implemented, by name.
    ///
    /// # Errors
    /// [`Error::Unsupported`].
    pub fn check(&self, model: &str) -> Result<()> {
        let refuse = |feature: String| Err(Error::Unsupported { model: model.to_owned(), feature });
        let widths = [self.hidden_size, self.intermediate_size, self.num_attention_heads * self.head_dim];
        if let Some(width) = widths.iter().find(|width| !width.is_multiple_of(8)) {
            return refuse(format!("a width of {width}, which is not a multiple of 8"));
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
