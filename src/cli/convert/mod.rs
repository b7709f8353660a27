//! From a Hugging Face folder to a model folder of ours, tensor by tensor: what is in memory at once is one quantized
//! tensor and a few rows of weights.

mod checkpoint;
mod tensors;

use std::{collections::BTreeMap, path::Path};

use anyhow::{Context, Result};
use checkpoint::{Checkpoint, LATE_FILE, architecture, with_end_token};
use clap::{Args, ValueEnum, builder::TypedValueParser as _};
use serde_json::{Value, json};
use skillrouter::{
    contract::Pooling,
    format::FileEntry,
    model::{
        encoder::Encoder,
        manifest::{MODEL_FILE, ModelManifest, Role, Scoring},
        reranker::Reranker,
    },
    routing::Routing,
    tokenize::Tokenizer,
};

use super::files::{MODEL_FOLDER, NewFolder, open_loader, read};

/// What a model is for.
#[derive(Clone, Copy, ValueEnum, PartialEq, Eq)]
pub enum RoleArg {
    /// Texts to vectors
    Encoder,
    /// A task and a skill to a score
    Reranker,
}

/// How to convert.
#[derive(Args)]
pub struct ConvertArgs {
    /// Bits of a weight: 32 keeps f32, 8 and 4 store blocks of 32 with one scale each
    #[arg(long, default_value_t = 8, value_parser = clap::builder::PossibleValuesParser::new(["4", "8", "32"]).map(|bits| bits.parse::<u32>().expect("a listed number")))]
    bits: u32,
    /// Bits of the embedding tables [default: those of --bits]
    #[arg(long, value_parser = clap::builder::PossibleValuesParser::new(["4", "8", "32"]).map(|bits| bits.parse::<u32>().expect("a listed number")))]
    table_bits: Option<u32>,
    /// What the model is for [default: what its files say]
    #[arg(long, visible_alias = "task", value_enum)]
    role: Option<RoleArg>,
    /// Longest text in tokens [default: what the model says; 4096 for Qwen3, as SkillRouter was evaluated]
    #[arg(long)]
    max_tokens: Option<usize>,
    /// Encoder: query template with {query} in it [default: what the model says; SkillRouter's for Qwen3, else {query}]
    #[arg(long)]
    query_template: Option<String>,
    /// Reranker that is a language model: the instruction in its prompt
    #[arg(
        long,
        default_value = "Given a task description, judge whether the skill document is relevant and useful for completing the task"
    )]
    instruction: String,
    /// Encoder: weight of the dense score beside the lexical one (see "Fusion" in BENCHMARKS.md)
    #[arg(long, default_value_t = Routing::default().dense_weight)]
    dense_weight: f32,
    /// Reranker: weight of the retrieval score beside the model's own
    #[arg(long, default_value_t = 0.0)]
    retrieval_weight: f32,
    /// Licence of the weights, as an SPDX identifier
    #[arg(long, default_value = "unknown")]
    license: String,
    /// Where the weights come from, in words
    #[arg(long, default_value = "")]
    pub origin: String,
}

/// The text of the stored self-test.
const SELF_TEST: [&str; 2] = [
    "turn these receipts into a spreadsheet",
    "receipt-table | Reads photographed receipts and fills a spreadsheet. | Read each receipt, then write one row for it.",
];

/// Converts the folder `source` to `out`, and returns a report.
pub fn convert(source: &Path, out: &Path, args: &ConvertArgs) -> Result<Value> {
    let name = out.file_name().and_then(|name| name.to_str()).context("--out must end with the model's name")?;
    let config = read_json(&source.join("config.json"))?;
    let architecture = architecture(name, &config)?;
    let checkpoint = Checkpoint { source, config: &config, architecture: &architecture };
    let (role, tokenizer_json) = role(&checkpoint, args)?;

    let folder = NewFolder::new(out, MODEL_FOLDER)?;
    let tokenizer = FileEntry::new("tokenizer", "json", &tokenizer_json);
    folder.write(&tokenizer.file, &tokenizer_json)?;
    let weights = checkpoint.write_weights(&role, args, &folder)?;
    let provenance = BTreeMap::from([
        ("origin".to_owned(), args.origin.clone()),
        ("converted_by".to_owned(), format!("skillrouter {}", env!("CARGO_PKG_VERSION"))),
    ]);
    let mut manifest = ModelManifest {
        name: name.to_owned(),
        architecture,
        role,
        bits: args.bits,
        self_test: None,
        tokenizer,
        weights,
        license: args.license.clone(),
        provenance,
    };
    write_manifest(&mut manifest, &folder)?;
    folder.finish()?;

    let n_bytes: u64 = manifest.files().map(|entry| entry.bytes).sum();
    let role = match manifest.role {
        Role::Encoder { .. } => "encoder",
        Role::Reranker(_) => "reranker",
    };
    let n_files = manifest.files().count() + 1;
    Ok(json!({"name": name, "task": role, "bits": args.bits, "bytes": n_bytes, "files": n_files, "out": out}))
}

/// The role of a model with its contract, and its `tokenizer.json`.
fn role(checkpoint: &Checkpoint, args: &ConvertArgs) -> Result<(Role, Vec<u8>)> {
    // Without white space Qwen3's is half as large.
    let mut tokenizer_json = serde_json::to_vec(&read_json(&checkpoint.source.join("tokenizer.json"))?)?;
    let scoring = |contract| Scoring { contract, retrieval_weight: args.retrieval_weight, calibration: None };
    let role = match checkpoint.role(args.role)? {
        RoleArg::Encoder => {
            let contract = checkpoint.encoder_contract(args)?;
            if contract.pooling == Pooling::Last {
                tokenizer_json = with_end_token(tokenizer_json)?;
            }
            let late = checkpoint.stated_contract(LATE_FILE)?.map(scoring);
            Role::Encoder { contract, routing: Routing { dense_weight: args.dense_weight, ..Routing::default() }, late }
        }
        RoleArg::Reranker => {
            Role::Reranker(scoring(checkpoint.reranker_contract(args, &Tokenizer::open(&tokenizer_json)?)?))
        }
    };
    Ok((role, tokenizer_json))
}

/// Writes `model.json`. The model is opened once before, so what is there afterwards works.
fn write_manifest(manifest: &mut ModelManifest, folder: &NewFolder) -> Result<()> {
    folder.write(MODEL_FILE, &manifest.to_bytes())?;
    let loader = open_loader(folder.path(), &skillrouter::device::Device::cpu())?;
    let [query, document] = SELF_TEST;
    manifest.self_test = Some(match &manifest.role {
        Role::Encoder { .. } => pollster::block_on(Encoder::new(loader)?.make_self_test(query))?,
        Role::Reranker(_) => pollster::block_on(Reranker::new(loader)?.make_self_test(query, document))?,
    });
    folder.write(MODEL_FILE, &manifest.to_bytes())
}

/// Prints the report of [`convert`].
pub fn print(report: &Value, as_json: bool) {
    if as_json {
        say!("{report}");
        return;
    }
    let text = |key: &str| report[key].as_str().unwrap_or_default();
    let megabytes = report["bytes"].as_f64().unwrap_or_default() / 1e6;
    say!(
        "{}: {} {}, {} bits, {megabytes:.1} MB in {} files",
        text("out"),
        text("task"),
        text("name"),
        report["bits"],
        report["files"]
    );
}

fn read_json(path: &Path) -> Result<Value> {
    serde_json::from_slice(&read(path)?).with_context(|| format!("{} is not JSON", path.display()))
}
