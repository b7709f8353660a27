//! `skillrouter adjust`: how scores are used, without touching weights or vectors.

use std::{fs, path::PathBuf};

use anyhow::{Context, Result, bail};
use clap::Args;
use skillrouter::{
    contract::{DefaultReranker, Routing},
    fit::Calibration,
    index::manifest::{INDEX_FILE, IndexManifest},
    model::config::{MODEL_FILE, ModelManifest, Task},
};

use super::{files::read, rerank::DocumentsArg};

/// Change how a model's scores are used
///
/// The weights of the two legs and of the reranker, and the calibration that says how likely the first route fits,
/// stand in model.json; an index keeps a copy of its encoder's. This changes them in place: in a model, for all indexes
/// that will be built with it, or in an index that is there already. Weights, vectors and hashes stay as they are.
#[derive(Args)]
pub struct AdjustArgs {
    /// Folder of a model or of an index
    folder: PathBuf,
    /// Encoder or index: weight of the dense score beside the lexical one
    #[arg(long)]
    dense_weight: Option<f32>,
    /// Reranker: weight of the retrieval score beside the model's own
    #[arg(long)]
    retrieval_weight: Option<f32>,
    /// Encoder or index: name of the reranker that is used where none is named; an empty name for none
    #[arg(long)]
    reranker: Option<String>,
    /// With --reranker: routes that it reads
    #[arg(long, default_value_t = 10, requires = "reranker", value_parser = clap::value_parser!(u32).range(1..=200))]
    rerank: u32,
    /// With --reranker: how much of each it reads
    #[arg(long, value_enum, default_value = "exact", requires = "reranker")]
    documents: DocumentsArg,
    /// JSON file with bias, weights and words, as training/calibrate.py writes it
    #[arg(long)]
    calibration: Option<PathBuf>,
}

/// Runs the subcommand.
pub fn run(args: AdjustArgs) -> Result<()> {
    let calibration: Option<Calibration> = args
        .calibration
        .as_ref()
        .map(|path| {
            serde_json::from_slice(&read(path)?).with_context(|| format!("{} is no calibration", path.display()))
        })
        .transpose()?;
    let (model, index) = (args.folder.join(MODEL_FILE), args.folder.join(INDEX_FILE));
    let (path, bytes) = match (model.exists(), index.exists()) {
        (true, _) => {
            let mut manifest = ModelManifest::open(&read(&model)?)?;
            match &mut manifest.task {
                Task::Encoder { routing, .. } => adjust_fusion(routing, &args, calibration)?,
                Task::Reranker { retrieval_weight, calibration: fit, .. } => {
                    if args.dense_weight.is_some() || args.reranker.is_some() {
                        let folder = args.folder.display();
                        bail!("{folder} is a reranker; --dense-weight and --reranker are for encoders and indexes");
                    }
                    *retrieval_weight = args.retrieval_weight.unwrap_or(*retrieval_weight);
                    *fit = calibration.or(*fit);
                }
            }
            (model, manifest.to_bytes())
        }
        (false, true) => {
            let mut manifest = IndexManifest::open(&read(&index)?)?;
            adjust_fusion(&mut manifest.routing, &args, calibration)?;
            (index, manifest.to_bytes())
        }
        (false, false) => bail!("{} holds neither {MODEL_FILE} nor {INDEX_FILE}", args.folder.display()),
    };
    // Whoever reads meanwhile sees the old file or the new one.
    let new = path.with_extension("json.new");
    fs::write(&new, bytes).with_context(|| format!("cannot write {}", new.display()))?;
    fs::rename(&new, &path).with_context(|| format!("cannot replace {}", path.display()))
}

fn adjust_fusion(routing: &mut Routing, args: &AdjustArgs, calibration: Option<Calibration>) -> Result<()> {
    if args.retrieval_weight.is_some() {
        bail!("{} is no reranker; --retrieval-weight is for rerankers", args.folder.display());
    }
    routing.dense_weight = args.dense_weight.unwrap_or(routing.dense_weight);
    routing.calibration = calibration.or(routing.calibration);
    if let Some(name) = &args.reranker {
        let (rerank, documents) = (args.rerank as usize, args.documents.into());
        routing.reranker = (!name.is_empty()).then(|| DefaultReranker { name: name.clone(), rerank, documents });
    }
    Ok(())
}
