//! What the files of a Hugging Face folder say of a model: its architecture, its role, and how texts are put before it.

use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};
use skillrouter::{
    contract::{Contract, PairContract, Pooling},
    model::architecture::{Architecture, BertConfig, Qwen3Config},
    tokenize::Tokenizer,
};

use super::{ConvertArgs, RoleArg, read_json};

/// SkillRouter's instruction for queries (model card of pipizhao/SkillRouter-Embedding-0.6B); no space after `Query:`.
const QWEN3_QUERY: &str = "Instruct: Given a task description, retrieve the most relevant skill document that would help an agent complete the task\nQuery:{query}";

/// SkillRouter's limit in tokens (arXiv 2603.22455, as evaluated).
const QWEN3_MAX_TOKENS: usize = 4_096;

/// What ends a text for Qwen3-Embedding; without it, its vectors are ruined.
const QWEN3_END: &str = "<|endoftext|>";

/// A contract beside the weights, in the form that `model.json` has it in.
const CONTRACT_FILE: &str = "contract.json";

/// The contract of an encoder that reranks by late interaction, too.
pub(super) const LATE_FILE: &str = "late.json";

/// A Hugging Face folder.
pub(super) struct Checkpoint<'a> {
    pub(super) source: &'a Path,
    pub(super) config: &'a Value,
    pub(super) architecture: &'a Architecture,
}

impl Checkpoint<'_> {
    /// A JSON file that need not be there.
    fn optional(&self, file: &str) -> Result<Option<Value>> {
        let path = self.source.join(file);
        path.exists().then(|| read_json(&path)).transpose()
    }

    pub(super) fn role(&self, asked: Option<RoleArg>) -> Result<RoleArg> {
        let class = self.config["architectures"][0].as_str().unwrap_or_default();
        let pools = self.source.join("1_Pooling/config.json").exists();
        Ok(match (asked, self.architecture) {
            (Some(role), _) => role,
            (None, Architecture::Bert(_)) if class.ends_with("ForSequenceClassification") => RoleArg::Reranker,
            (None, Architecture::Bert(_)) => RoleArg::Encoder,
            (None, Architecture::Qwen3(_)) if pools || class == "Qwen3Model" => RoleArg::Encoder,
            (None, Architecture::Qwen3(_)) => {
                bail!("the files do not say what this Qwen3 model is for; say --role encoder or --role reranker")
            }
        })
    }

    /// The contract in our own words, as `training/` writes it beside weights that were trained for skills.
    pub(super) fn stated_contract<T: DeserializeOwned>(&self, file: &str) -> Result<Option<T>> {
        let contract = self.optional(file)?.map(T::deserialize).transpose();
        contract.with_context(|| format!("{file} is not a contract for this kind of model"))
    }

    /// The contract, from what sentence-transformers stores beside the weights.
    pub(super) fn encoder_contract(&self, args: &ConvertArgs) -> Result<Contract> {
        if let Some(contract) = self.stated_contract(CONTRACT_FILE)? {
            return Ok(contract);
        }
        let is_qwen3 = matches!(self.architecture, Architecture::Qwen3(_));
        let mut contract = Contract::plain(self.pooling()?, self.normalizes()?, self.max_tokens(args, 256)?);
        let prompts = self.optional("config_sentence_transformers.json")?;
        let stated = prompts.as_ref().and_then(|config| config["prompts"]["query"].as_str());
        contract.query.template = match (&args.query_template, stated) {
            (Some(template), _) => template.clone(),
            (None, Some(prompt)) => format!("{prompt}{{query}}"),
            (None, None) if is_qwen3 => QWEN3_QUERY.to_owned(),
            (None, None) => "{query}".to_owned(),
        };
        contract.check("--query-template")?;
        Ok(contract)
    }

    fn pooling(&self) -> Result<Pooling> {
        let file = "1_Pooling/config.json";
        let Some(stated) = self.optional(file)? else {
            return Ok(if matches!(self.architecture, Architecture::Qwen3(_)) { Pooling::Last } else { Pooling::Mean });
        };
        let mode = stated["pooling_mode"].as_str();
        let flag = |key: &str| stated[key].as_bool().unwrap_or(false);
        Ok(match () {
            () if mode == Some("mean") || flag("pooling_mode_mean_tokens") => Pooling::Mean,
            () if mode == Some("cls") || flag("pooling_mode_cls_token") => Pooling::Cls,
            () if mode == Some("lasttoken") || flag("pooling_mode_lasttoken") => Pooling::Last,
            () => bail!("{file} asks for a pooling other than mean, cls or lasttoken"),
        })
    }

    /// Whether vectors are scaled to length 1.
    fn normalizes(&self) -> Result<bool> {
        let is_normalize = |module: &Value| module["type"].as_str().is_some_and(|kind| kind.ends_with("Normalize"));
        Ok(match self.optional("modules.json")? {
            None => true,
            Some(modules) => modules.as_array().is_some_and(|modules| modules.iter().any(is_normalize)),
        })
    }

    pub(super) fn reranker_contract(&self, args: &ConvertArgs, tokenizer: &Tokenizer) -> Result<PairContract> {
        if let Some(contract) = self.stated_contract(CONTRACT_FILE)? {
            return Ok(contract);
        }
        let max_tokens = self.max_tokens(args, 512)?;
        match self.architecture {
            Architecture::Bert(_) => {
                let n_labels = self.config["id2label"].as_object().map_or(1, serde_json::Map::len);
                if n_labels != 1 {
                    bail!("config.json has {n_labels} labels; a reranker has one");
                }
                Ok(PairContract::pair(max_tokens))
            }
            Architecture::Qwen3(_) => {
                let answer = |word: &str| match tokenizer.encode_bare(word, 2)?[..] {
                    [id] => Ok(id),
                    _ => bail!("tokenizer.json has no token {word:?}, which is an answer of the reranker"),
                };
                Ok(PairContract::prompt(&args.instruction, answer("yes")?, answer("no")?, max_tokens))
            }
        }
    }

    fn max_tokens(&self, args: &ConvertArgs, otherwise: usize) -> Result<usize> {
        let (limit, default) = match self.architecture {
            Architecture::Bert(config) => {
                let stated = self.optional("sentence_bert_config.json")?;
                let stated = stated.and_then(|config| config["max_seq_length"].as_u64()).map(|n| n as usize);
                (config.max_position_embeddings, stated.unwrap_or(otherwise))
            }
            Architecture::Qwen3(config) => (config.max_position_embeddings, QWEN3_MAX_TOKENS),
        };
        Ok(args.max_tokens.unwrap_or(default).min(limit))
    }
}

pub(super) fn architecture(name: &str, config: &Value) -> Result<Architecture> {
    let unusable = "config.json cannot be used";
    let architecture = match config["model_type"].as_str().unwrap_or("nothing") {
        "bert" => Architecture::Bert(BertConfig::deserialize(config).context(unusable)?),
        "qwen3" => Architecture::Qwen3(Qwen3Config::deserialize(config).context(unusable)?),
        other => bail!("config.json says model_type {other}; skillrouter implements bert and qwen3"),
    };
    architecture.check(name)?;
    Ok(architecture)
}

/// Adds the end token to what the tokenizer puts around a text, if it is not there.
pub(super) fn with_end_token(tokenizer_json: Vec<u8>) -> Result<Vec<u8>> {
    let end = QWEN3_END;
    let [id] = Tokenizer::open(&tokenizer_json)?.encode_bare(end, 2)?[..] else {
        bail!("tokenizer.json has no token {end}, which the encoder needs at the end of each text");
    };
    let ends = |tokenizer_json: &[u8]| -> Result<bool> {
        Ok(Tokenizer::open(tokenizer_json)?.encode("a", 8)?.ids().last() == Some(&id))
    };
    if ends(&tokenizer_json)? {
        return Ok(tokenizer_json);
    }
    let mut tokenizer: Value = serde_json::from_slice(&tokenizer_json)?;
    let token = json!({"SpecialToken": {"id": end, "type_id": 0}});
    let sequence = |name: &str| json!({"Sequence": {"id": name, "type_id": 0}});
    let template = json!({
        "type": "TemplateProcessing",
        "single": [sequence("A"), token],
        "pair": [sequence("A"), sequence("B"), token],
        "special_tokens": {end: {"id": end, "ids": [id], "tokens": [end]}},
    });
    let before = tokenizer["post_processor"].take();
    tokenizer["post_processor"] = match before.is_null() {
        true => template,
        false => json!({"type": "Sequence", "processors": [before, template]}),
    };
    let tokenizer_json = serde_json::to_vec(&tokenizer)?;
    match ends(&tokenizer_json)? {
        true => Ok(tokenizer_json),
        false => bail!("the end token {end} could not be added to tokenizer.json"),
    }
}
