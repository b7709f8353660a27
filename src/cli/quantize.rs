//! `skillrouter quantize`: a Hugging Face folder becomes a model folder of ours.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use clap::{Args, builder::TypedValueParser as _};
use safetensors::{Dtype, SafeTensors};
use serde::Deserialize;
use serde_json::{Value, json};
use skillrouter::{
    contract::{Contract, Fusion, Pooling},
    format::FileEntry,
    model::{
        bert::BertConfig,
        config::{Architecture, FILE_MAX_BYTES, MODEL_FILE, ModelManifest},
        weights::{WeightTensor, write_files},
    },
    nn::{linear::Matrix, quant::Q8},
};

use super::files::{NewFolder, open_encoder, read};

/// Turn a Hugging Face model folder into a model folder for skillrouter
///
/// Needs config.json, tokenizer.json and *.safetensors in the folder, and reads modules.json, 1_Pooling/config.json
/// and sentence_bert_config.json where they are. The result holds model.json, the tokenizer, and weight files of at
/// most 24 MiB; it is opened once before it gets its name, so what is there afterwards works.
#[derive(Args)]
pub struct QuantizeArgs {
    /// Folder of the Hugging Face model
    source: PathBuf,
    /// Folder to write, such as models/NAME; NAME becomes the model's name
    #[arg(long)]
    out: PathBuf,
    /// Bits of a weight: 32 keeps f32, 8 stores blocks of 32 with one scale each
    #[arg(long, default_value_t = 8, value_parser = clap::builder::PossibleValuesParser::new(["8", "32"]).map(|bits| bits.parse::<u32>().expect("a listed number")))]
    bits: u32,
    /// Longest text in tokens [default: what the model says, else 256]
    #[arg(long)]
    max_tokens: Option<usize>,
    /// Query template with {query} in it, for models that want a prefix
    #[arg(long, default_value = "{query}")]
    query_template: String,
    /// Weight of the dense score beside the lexical one (see "Fusion" in BENCHMARKS.md)
    #[arg(long, default_value_t = Fusion::default().dense_weight)]
    dense_weight: f32,
    /// Licence of the weights, as an SPDX identifier
    #[arg(long, default_value = "unknown")]
    license: String,
    /// Where the weights come from, in words
    #[arg(long, default_value = "")]
    origin: String,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Runs the subcommand.
pub fn run(args: QuantizeArgs) -> Result<()> {
    let name = args.out.file_name().and_then(|name| name.to_str()).context("--out must end with the model's name")?;
    let config: Value = read_json(&args.source.join("config.json"))?;
    let architecture = architecture(name, &config)?;
    let contract = contract(&args, &config)?;
    let tensors = tensors(&args.source, args.bits)?;

    let folder = NewFolder::new(&args.out, |dir| dir.join(MODEL_FILE).exists())?;
    let tokenizer_json = read(&args.source.join("tokenizer.json"))?;
    let tokenizer = FileEntry::new("tokenizer", "json", &tokenizer_json);
    folder.write(&tokenizer.file, &tokenizer_json)?;
    let mut weights = Vec::new();
    for (i, bytes) in write_files(tensors, FILE_MAX_BYTES).iter().enumerate() {
        let entry = FileEntry::new(&format!("weights-{}", i + 1), "bin", bytes);
        folder.write(&entry.file, bytes)?;
        weights.push(entry);
    }
    let provenance = BTreeMap::from([
        ("origin".to_owned(), args.origin.clone()),
        ("converted_by".to_owned(), format!("skillrouter quantize {}", env!("CARGO_PKG_VERSION"))),
    ]);
    let manifest = ModelManifest {
        name: name.to_owned(),
        architecture,
        contract,
        fusion: Fusion { dense_weight: args.dense_weight },
        bits: args.bits,
        tokenizer,
        weights,
        license: args.license.clone(),
        provenance,
    };
    folder.write(MODEL_FILE, &manifest.to_bytes())?;
    open_encoder(folder.path())?;
    folder.finish()?;

    let n_bytes: u64 = manifest.files().map(|entry| entry.bytes).sum();
    if args.json {
        println!("{}", json!({"name": name, "bits": args.bits, "bytes": n_bytes, "out": args.out}));
    } else {
        println!(
            "{}: {name}, {} bits, {:.1} MB in {} files",
            args.out.display(),
            args.bits,
            n_bytes as f64 / 1e6,
            manifest.files().count() + 1
        );
    }
    Ok(())
}

fn read_json(path: &Path) -> Result<Value> {
    serde_json::from_slice(&read(path)?).with_context(|| format!("{} is not JSON", path.display()))
}

fn architecture(name: &str, config: &Value) -> Result<Architecture> {
    match config["model_type"].as_str().unwrap_or("nothing") {
        "bert" => {
            let config = BertConfig::deserialize(config).context("config.json lacks an entry")?;
            config.check(name)?;
            Ok(Architecture::Bert(config))
        }
        other => bail!("config.json says model_type {other}; skillrouter implements bert"),
    }
}

/// The contract, from what sentence-transformers stores beside the weights.
fn contract(args: &QuantizeArgs, config: &Value) -> Result<Contract> {
    let pooling_file = args.source.join("1_Pooling/config.json");
    let pooling = match pooling_file.exists().then(|| read_json(&pooling_file)).transpose()? {
        None => Pooling::Mean,
        Some(pooling) => {
            let mode = pooling["pooling_mode"].as_str();
            let flag = |key: &str| pooling[key].as_bool().unwrap_or(false);
            match () {
                () if mode == Some("mean") || flag("pooling_mode_mean_tokens") => Pooling::Mean,
                () if mode == Some("cls") || flag("pooling_mode_cls_token") => Pooling::Cls,
                () => bail!("{} asks for a pooling other than mean or cls", pooling_file.display()),
            }
        }
    };
    let modules_file = args.source.join("modules.json");
    let normalize = match modules_file.exists().then(|| read_json(&modules_file)).transpose()? {
        None => true,
        Some(modules) => modules.as_array().is_some_and(|modules| {
            modules.iter().any(|module| module["type"].as_str().is_some_and(|kind| kind.ends_with("Normalize")))
        }),
    };
    let sentence_file = args.source.join("sentence_bert_config.json");
    let stated = sentence_file.exists().then(|| read_json(&sentence_file)).transpose()?;
    let stated = stated.and_then(|config| config["max_seq_length"].as_u64()).map(|n| n as usize);
    let limit = config["max_position_embeddings"].as_u64().unwrap_or(512) as usize;
    let max_tokens = args.max_tokens.or(stated).unwrap_or(256).min(limit);
    let mut contract = Contract::plain(pooling, normalize, max_tokens);
    contract.query.template = args.query_template.clone();
    contract.check("--query-template")?;
    Ok(contract)
}

/// Tensors that checkpoints carry and the encoder does not use: the head of pre-training, and counters.
const UNUSED: [&str; 3] = ["pooler.", "cls.", "embeddings.position_ids"];

fn tensors(source: &Path, bits: u32) -> Result<Vec<(String, WeightTensor)>> {
    let mut files: Vec<PathBuf> = fs::read_dir(source)
        .with_context(|| format!("cannot read {}", source.display()))?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "safetensors"))
        .collect();
    files.sort();
    if files.is_empty() {
        bail!("{} has no *.safetensors; save the model in that format first", source.display());
    }
    let mut tensors = BTreeMap::new();
    for path in files {
        let bytes = read(&path)?;
        let file = SafeTensors::deserialize(&bytes)
            .with_context(|| format!("{} is not a safetensors file", path.display()))?;
        for (name, view) in file.tensors() {
            let name = name.strip_prefix("bert.").unwrap_or(&name);
            if UNUSED.iter().any(|unused| name.starts_with(unused)) {
                continue;
            }
            let values = floats(name, view.dtype(), view.data())?;
            let tensor = match (view.shape(), bits) {
                (&[_], _) => WeightTensor::Vector(values),
                (&[n, k], 32) => WeightTensor::Matrix(Matrix::Dense { n, k, weights: values }),
                (&[n, k], _) => WeightTensor::Matrix(Matrix::Q8(Q8::quantize(&values, n, k))),
                (shape, _) => bail!("tensor {name} has shape {shape:?}; only vectors and matrices are known"),
            };
            tensors.insert(name.to_owned(), tensor);
        }
    }
    Ok(tensors.into_iter().collect())
}

fn floats(name: &str, dtype: Dtype, bytes: &[u8]) -> Result<Vec<f32>> {
    let halves = || bytes.chunks_exact(2).map(|b| [b[0], b[1]]);
    Ok(match dtype {
        Dtype::F32 => bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect(),
        Dtype::BF16 => halves().map(|b| half::bf16::from_le_bytes(b).to_f32()).collect(),
        Dtype::F16 => halves().map(|b| half::f16::from_le_bytes(b).to_f32()).collect(),
        other => bail!("tensor {name} is {other:?}; only F32, F16 and BF16 are read"),
    })
}
