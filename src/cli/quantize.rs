//! `skillrouter quantize`: a Hugging Face folder becomes a model folder of ours.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use super::convert::{ConvertArgs, convert, print};

/// Turn a Hugging Face model folder into a model folder for skillrouter
///
/// Encoders and rerankers of the BERT and Qwen3 families. Needs config.json, tokenizer.json and *.safetensors in the
/// folder, and reads what sentence-transformers keeps beside them (modules.json, 1_Pooling/config.json,
/// sentence_bert_config.json, config_sentence_transformers.json). A contract.json, in the form of
/// model.json's contract, overrules all of them. The result holds model.json, the
/// tokenizer, and weight files of at most 24 MiB. It is opened as a test before it gets its name.
/// afterwards works. To download and convert in one go, see `skillrouter fetch-model`.
#[derive(Args)]
pub struct QuantizeArgs {
    /// Folder of the Hugging Face model
    source: PathBuf,
    /// Folder to write, such as models/NAME; NAME becomes the model's name
    #[arg(long)]
    out: PathBuf,
    #[command(flatten)]
    convert: ConvertArgs,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Runs the subcommand.
pub fn run(args: QuantizeArgs) -> Result<()> {
    print(&convert(&args.source, &args.out, &args.convert)?, args.json);
    Ok(())
}
