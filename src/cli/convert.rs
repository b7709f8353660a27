//! From a Hugging Face folder to a model folder of ours, tensor by tensor: what is in memory at once is one quantized
//! tensor and a few rows of weights.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{Read, Seek, SeekFrom},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum, builder::TypedValueParser as _};
use rayon::prelude::*;
use safetensors::{Dtype, tensor::Metadata};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};
use skillrouter::{
    contract::{Contract, PairContract, Pooling, Routing},
    format::FileEntry,
    model::{
        bert::BertConfig,
        config::{Architecture, FILE_MAX_BYTES, MODEL_FILE, ModelManifest, Scoring, Task},
        encoder::Encoder,
        qwen3::Qwen3Config,
        reranker::Reranker,
        weights::{WeightTensor, WeightWriter},
    },
    nn::{
        linear::Matrix,
        quant::{Bits, Quantized},
    },
    tokenize::Tokenizer,
};

use super::{
    files::{NewFolder, open_loader, read},
    progress::Progress,
};

/// What a model is for.
#[derive(Clone, Copy, ValueEnum, PartialEq, Eq)]
pub enum TaskArg {
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
    /// Bits of the tables that are looked up by row [default: those of the others]
    #[arg(long, value_parser = clap::builder::PossibleValuesParser::new(["4", "8", "32"]).map(|bits| bits.parse::<u32>().expect("a listed number")))]
    table_bits: Option<u32>,
    /// What the model is for [default: what its files say]
    #[arg(long, value_enum)]
    task: Option<TaskArg>,
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

/// SkillRouter's instruction for queries (model card of pipizhao/SkillRouter-Embedding-0.6B); no space after `Query:`.
const QWEN3_QUERY: &str = "Instruct: Given a task description, retrieve the most relevant skill document that would help an agent complete the task\nQuery:{query}";

/// SkillRouter's limit in tokens (arXiv 2603.22455, as evaluated).
const QWEN3_MAX_TOKENS: usize = 4_096;

/// What ends a text for Qwen3-Embedding; without it, its vectors are ruined.
const QWEN3_END: &str = "<|endoftext|>";

/// A contract beside the weights, in the form that `model.json` has it in.
const CONTRACT_FILE: &str = "contract.json";

/// The contract of an encoder that reranks by late interaction, too.
const LATE_FILE: &str = "late.json";

/// A model's card; one that stands in the folder already stays there.
const CARD_FILE: &str = "README.md";

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
    // Without white space Qwen3's is half as large.
    let mut tokenizer_json = serde_json::to_vec(&read_json(&source.join("tokenizer.json"))?)?;
    let checkpoint = Checkpoint { source, config: &config, architecture: &architecture };
    let scoring = |contract| Scoring { contract, retrieval_weight: args.retrieval_weight, calibration: None };
    let task = match checkpoint.task(args.task)? {
        TaskArg::Encoder => {
            let contract = checkpoint.encoder_contract(args)?;
            if contract.pooling == Pooling::Last {
                tokenizer_json = with_end_token(tokenizer_json, QWEN3_END)?;
            }
            let late = checkpoint.stated_contract(LATE_FILE)?.map(scoring);
            Task::Encoder { contract, routing: Routing { dense_weight: args.dense_weight, ..Routing::default() }, late }
        }
        TaskArg::Reranker => {
            Task::Reranker(scoring(checkpoint.reranker_contract(args, &Tokenizer::open(&tokenizer_json)?)?))
        }
    };

    let folder = NewFolder::new(out, |dir| dir.join(MODEL_FILE).exists())?;
    let tokenizer = FileEntry::new("tokenizer", "json", &tokenizer_json);
    folder.write(&tokenizer.file, &tokenizer_json)?;
    let weights = checkpoint.write_weights(&task, args, &folder)?;
    let provenance = BTreeMap::from([
        ("origin".to_owned(), args.origin.clone()),
        ("converted_by".to_owned(), format!("skillrouter {}", env!("CARGO_PKG_VERSION"))),
    ]);
    let mut manifest = ModelManifest {
        name: name.to_owned(),
        architecture,
        task,
        bits: args.bits,
        self_test: None,
        tokenizer,
        weights,
        license: args.license.clone(),
        provenance,
    };
    // The model is opened once before it gets its name, so what is there afterwards works.
    folder.write(MODEL_FILE, &manifest.to_bytes())?;
    let loader = open_loader(folder.path(), &skillrouter::device::Device::cpu())?;
    let [query, document] = SELF_TEST;
    manifest.self_test = Some(match &manifest.task {
        Task::Encoder { .. } => pollster::block_on(Encoder::new(loader)?.make_self_test(query))?,
        Task::Reranker(_) => pollster::block_on(Reranker::new(loader)?.make_self_test(query, document))?,
    });
    folder.write(MODEL_FILE, &manifest.to_bytes())?;
    let card = out.join(CARD_FILE);
    if card.exists() {
        folder.write(CARD_FILE, &read(&card)?)?;
    }
    folder.finish()?;

    let n_bytes: u64 = manifest.files().map(|entry| entry.bytes).sum();
    let task = match manifest.task {
        Task::Encoder { .. } => "encoder",
        Task::Reranker(_) => "reranker",
    };
    let n_files = manifest.files().count() + 1;
    Ok(json!({"name": name, "task": task, "bits": args.bits, "bytes": n_bytes, "files": n_files, "out": out}))
}

/// Prints the report of [`convert`].
pub fn print(report: &Value, as_json: bool) {
    if as_json {
        println!("{report}");
        return;
    }
    let text = |key: &str| report[key].as_str().unwrap_or_default();
    let megabytes = report["bytes"].as_f64().unwrap_or_default() / 1e6;
    println!(
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

fn architecture(name: &str, config: &Value) -> Result<Architecture> {
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
fn with_end_token(tokenizer_json: Vec<u8>, end: &str) -> Result<Vec<u8>> {
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

/// A Hugging Face folder.
struct Checkpoint<'a> {
    source: &'a Path,
    config: &'a Value,
    architecture: &'a Architecture,
}

impl Checkpoint<'_> {
    /// A JSON file that need not be there.
    fn optional(&self, file: &str) -> Result<Option<Value>> {
        let path = self.source.join(file);
        path.exists().then(|| read_json(&path)).transpose()
    }

    fn task(&self, asked: Option<TaskArg>) -> Result<TaskArg> {
        let class = self.config["architectures"][0].as_str().unwrap_or_default();
        let pools = self.source.join("1_Pooling/config.json").exists();
        Ok(match (asked, self.architecture) {
            (Some(task), _) => task,
            (None, Architecture::Bert(_)) if class.ends_with("ForSequenceClassification") => TaskArg::Reranker,
            (None, Architecture::Bert(_)) => TaskArg::Encoder,
            (None, Architecture::Qwen3(_)) if pools || class == "Qwen3Model" => TaskArg::Encoder,
            (None, Architecture::Qwen3(_)) => {
                bail!("the files do not say what this Qwen3 model is for; say --task encoder or --task reranker")
            }
        })
    }

    /// The contract in our own words, as `training/` writes it beside weights that were trained for skills.
    fn stated_contract<T: DeserializeOwned>(&self, file: &str) -> Result<Option<T>> {
        let contract = self.optional(file)?.map(T::deserialize).transpose();
        contract.with_context(|| format!("{file} is no contract of this kind of model"))
    }

    /// The contract, from what sentence-transformers stores beside the weights.
    fn encoder_contract(&self, args: &ConvertArgs) -> Result<Contract> {
        if let Some(contract) = self.stated_contract(CONTRACT_FILE)? {
            return Ok(contract);
        }
        let is_qwen3 = matches!(self.architecture, Architecture::Qwen3(_));
        let pooling_file = "1_Pooling/config.json";
        let pooling = match self.optional(pooling_file)? {
            None if is_qwen3 => Pooling::Last,
            None => Pooling::Mean,
            Some(pooling) => {
                let mode = pooling["pooling_mode"].as_str();
                let flag = |key: &str| pooling[key].as_bool().unwrap_or(false);
                match () {
                    () if mode == Some("mean") || flag("pooling_mode_mean_tokens") => Pooling::Mean,
                    () if mode == Some("cls") || flag("pooling_mode_cls_token") => Pooling::Cls,
                    () if mode == Some("lasttoken") || flag("pooling_mode_lasttoken") => Pooling::Last,
                    () => bail!("{pooling_file} asks for a pooling other than mean, cls or lasttoken"),
                }
            }
        };
        let normalize = match self.optional("modules.json")? {
            None => true,
            Some(modules) => modules.as_array().is_some_and(|modules| {
                modules.iter().any(|module| module["type"].as_str().is_some_and(|kind| kind.ends_with("Normalize")))
            }),
        };
        let mut contract = Contract::plain(pooling, normalize, self.max_tokens(args, 256)?);
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

    fn reranker_contract(&self, args: &ConvertArgs, tokenizer: &Tokenizer) -> Result<PairContract> {
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

    /// Our name of a tensor, or `None` for what the task does not use.
    fn tensor_name<'n>(&self, name: &'n str, task: &Task) -> Option<&'n str> {
        match self.architecture {
            Architecture::Bert(_) => {
                let name = name.strip_prefix("bert.").unwrap_or(name);
                let head = ["pooler.", "classifier."].iter().any(|part| name.starts_with(part));
                // The head of pre-training, and counters.
                let unused = ["cls.", "embeddings.position_ids"].iter().any(|part| name.starts_with(part));
                let unused = unused || head && matches!(task, Task::Encoder { .. });
                (!unused).then_some(name)
            }
            Architecture::Qwen3(_) => {
                // The output head is the embedding table; some checkpoints hold it twice.
                (name != "lm_head.weight").then(|| name.strip_prefix("model.").unwrap_or(name))
            }
        }
    }

    /// Reads all tensors, ordered by name, and writes them with so many bits.
    fn write_weights(&self, task: &Task, args: &ConvertArgs, folder: &NewFolder) -> Result<Vec<FileEntry>> {
        let mut tensors = BTreeMap::new();
        for path in safetensors_files(self.source)? {
            for tensor in stored_tensors(&path)? {
                if let Some(name) = self.tensor_name(&tensor.name, task) {
                    tensors.insert(name.to_owned(), tensor);
                }
            }
        }
        let n_bytes: u64 = tensors.values().map(|tensor| tensor.end - tensor.start).sum();
        let progress = Progress::bytes("converting", n_bytes);
        let mut writer = WeightWriter::new(FILE_MAX_BYTES);
        let mut entries = Vec::new();
        let is_table = self.architecture.is_table();
        let mut write = |bytes: Vec<u8>| -> Result<()> {
            let entry = FileEntry::new(&format!("weights-{}", entries.len() + 1), "bin", &bytes);
            folder.write(&entry.file, &bytes)?;
            entries.push(entry);
            Ok(())
        };
        for (name, tensor) in tensors {
            let bits = args.table_bits.filter(|_| is_table(&name)).unwrap_or(args.bits);
            let tensor = tensor.read(bits, &progress)?;
            writer.add(&name, tensor).into_iter().try_for_each(&mut write)?;
        }
        writer.finish().into_iter().try_for_each(&mut write)?;
        progress.finish();
        Ok(entries)
    }
}

fn safetensors_files(source: &Path) -> Result<Vec<PathBuf>> {
    let mut files: Vec<PathBuf> = fs::read_dir(source)
        .with_context(|| format!("cannot read {}", source.display()))?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "safetensors"))
        .collect();
    files.sort();
    match files.is_empty() {
        true => bail!("{} has no *.safetensors; save the model in that format first", source.display()),
        false => Ok(files),
    }
}

/// A tensor in a safetensors file.
struct StoredTensor {
    name: String,
    path: PathBuf,
    dtype: Dtype,
    shape: Vec<usize>,
    /// Places in the file.
    start: u64,
    end: u64,
}

/// Largest header that we read, in bytes; that of the largest published models is a few hundred KB.
const HEADER_MAX_BYTES: u64 = 100 << 20;

fn stored_tensors(path: &Path) -> Result<Vec<StoredTensor>> {
    let broken = || format!("{} is not a whole safetensors file; download it again", path.display());
    let mut file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    let file_bytes = file.metadata().with_context(broken)?.len();
    let mut length = [0; 8];
    file.read_exact(&mut length).with_context(broken)?;
    let header_bytes = u64::from_le_bytes(length);
    if header_bytes > HEADER_MAX_BYTES.min(file_bytes) {
        bail!(broken());
    }
    let mut header = Vec::new();
    file.take(header_bytes).read_to_end(&mut header).with_context(broken)?;
    let metadata: Metadata = serde_json::from_slice(&header).with_context(broken)?;
    metadata
        .tensors()
        .into_iter()
        .map(|(name, info)| {
            let (start, end) = info.data_offsets;
            let [start, end] = [start, end].map(|offset| 8 + header_bytes + offset as u64);
            if end > file_bytes {
                bail!(broken());
            }
            Ok(StoredTensor { name, path: path.to_owned(), dtype: info.dtype, shape: info.shape.clone(), start, end })
        })
        .collect()
}

/// Weights that are read at once.
const CHUNK_WEIGHTS: usize = 8 << 20;

impl StoredTensor {
    fn read(&self, bits: u32, progress: &Progress) -> Result<WeightTensor> {
        let bytes_each = match self.dtype {
            Dtype::F32 => 4,
            Dtype::BF16 | Dtype::F16 => 2,
            other => bail!("tensor {} is {other:?}; only F32, F16 and BF16 are read", self.name),
        };
        let mut file = File::open(&self.path)?;
        file.seek(SeekFrom::Start(self.start))?;
        let mut floats = |n: usize| -> Result<Vec<f32>> {
            let mut bytes = vec![0; n * bytes_each];
            file.read_exact(&mut bytes).with_context(|| format!("{} ends too soon", self.path.display()))?;
            progress.add(bytes.len());
            Ok(floats(self.dtype, &bytes))
        };
        let [n, k] = match self.shape[..] {
            [d] => return Ok(WeightTensor::Vector(floats(d)?)),
            [n, k] => [n, k],
            _ => bail!("tensor {} has shape {:?}; only vectors and matrices are known", self.name, self.shape),
        };
        let bits = match bits {
            32 => return Ok(WeightTensor::Matrix(Matrix::Dense { n, k, weights: floats(n * k)? })),
            8 => Bits::Eight,
            _ => Bits::Four,
        };
        let chunk_rows = (CHUNK_WEIGHTS / k.max(1)).clamp(1, n.max(1));
        let mut matrix: Option<Matrix> = None;
        for first in (0..n).step_by(chunk_rows) {
            let weights = floats(chunk_rows.min(n - first) * k)?;
            let part_rows = chunk_rows.div_ceil(4 * rayon::current_num_threads());
            let parts: Vec<Quantized> =
                weights.par_chunks(part_rows * k).map(|rows| Quantized::new(bits, rows, rows.len() / k, k)).collect();
            for part in parts.into_iter().map(Matrix::Quantized) {
                match &mut matrix {
                    None => matrix = Some(part),
                    Some(matrix) => assert!(matrix.append(part), "parts of one matrix fit each other"),
                }
            }
        }
        Ok(WeightTensor::Matrix(matrix.with_context(|| format!("tensor {} is empty", self.name))?))
    }
}

fn floats(dtype: Dtype, bytes: &[u8]) -> Vec<f32> {
    let halves = || bytes.chunks_exact(2).map(|b| [b[0], b[1]]);
    match dtype {
        Dtype::BF16 => halves().map(|b| half::bf16::from_le_bytes(b).to_f32()).collect(),
        Dtype::F16 => halves().map(|b| half::f16::from_le_bytes(b).to_f32()).collect(),
        _ => bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect(),
    }
}
