//! `skillrouter adjust`: how scores are used, without touching weights or vectors.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use clap::Args;
use skillrouter::{
    fit::Calibration,
    index::manifest::{INDEX_FILE, IndexManifest},
    model::manifest::{MODEL_FILE, ModelManifest, Role, Scoring},
    routing::{DefaultReranker, Routing},
};

use super::{files::read, rerank::DocumentsArg};

/// Change how a model's scores are used
///
/// The weights of the two legs and of the reranker, and the calibration that says how likely the first route fits,
/// are in model.json; an index has a copy of its encoder's. This command changes them in place: in a model, for all indexes
/// built with it later, or in an existing index. Weights, vectors and hashes stay the same.
#[derive(Args)]
pub struct AdjustArgs {
    /// Folder of a model or of an index
    folder: PathBuf,
    /// Encoder or index: weight of the dense score beside the lexical one
    #[arg(long)]
    dense_weight: Option<f32>,
    /// Reranker, or encoder that reranks: weight of the retrieval score beside the model's own
    #[arg(long)]
    retrieval_weight: Option<f32>,
    /// Encoder or index: name of the default reranker; an empty name for none
    #[arg(long)]
    reranker: Option<String>,
    /// With --reranker: number of routes to rerank
    #[arg(long, default_value_t = 10, requires = "reranker", value_parser = clap::value_parser!(u32).range(1..=200))]
    rerank: u32,
    /// With --reranker: how much of each it reads
    #[arg(long, value_enum, default_value = "exact", requires = "reranker")]
    documents: DocumentsArg,
    /// With --reranker: rerank only answers to queries of up to this many characters [default: no limit]
    #[arg(long, requires = "reranker", value_parser = clap::value_parser!(u32).range(1..))]
    longest_query: Option<u32>,
    /// JSON file with bias, weights and words, as training/calibrate.py writes it
    #[arg(long)]
    calibration: Option<PathBuf>,
    /// Encoder that reranks: the same for its reranked answers
    #[arg(long)]
    rerank_calibration: Option<PathBuf>,
}

/// Runs the subcommand.
pub fn run(args: AdjustArgs) -> Result<()> {
    let calibration = read_calibration(args.calibration.as_deref())?;
    let rerank_calibration = read_calibration(args.rerank_calibration.as_deref())?;
    let (model, index) = (args.folder.join(MODEL_FILE), args.folder.join(INDEX_FILE));
    let (path, bytes) = match (model.exists(), index.exists()) {
        (true, _) => {
            let mut manifest = ModelManifest::open(&read(&model)?)?;
            match &mut manifest.role {
                Role::Encoder { routing, late, .. } => {
                    adjust_scoring(late.as_mut(), &args, rerank_calibration)?;
                    adjust_fusion(routing, &args, calibration)?;
                }
                Role::Reranker(scoring) => {
                    if args.dense_weight.is_some() || args.reranker.is_some() {
                        let folder = args.folder.display();
                        bail!("{folder} is a reranker; --dense-weight and --reranker are for encoders and indexes");
                    }
                    adjust_scoring(Some(scoring), &args, calibration)?;
                }
            }
            (model, manifest.to_bytes())
        }
        (false, true) => {
            let mut manifest = IndexManifest::open(&read(&index)?)?;
            adjust_scoring(None, &args, rerank_calibration)?;
            adjust_fusion(&mut manifest.routing, &args, calibration)?;
            (index, manifest.to_bytes())
        }
        (false, false) => bail!("{} holds neither {MODEL_FILE} nor {INDEX_FILE}", args.folder.display()),
    };
    // A reader sees the old file or the new one, never a part of either.
    let new = path.with_extension("json.new");
    fs::write(&new, bytes).with_context(|| format!("cannot write {}", new.display()))?;
    fs::rename(&new, &path).with_context(|| format!("cannot replace {}", path.display()))
}

fn read_calibration(path: Option<&Path>) -> Result<Option<Calibration>> {
    let Some(path) = path else { return Ok(None) };
    let calibration = serde_json::from_slice(&read(path)?);
    calibration
        .map(Some)
        .with_context(|| format!("{} is not a calibration; training/calibrate.py writes one", path.display()))
}

fn adjust_scoring(scoring: Option<&mut Scoring>, args: &AdjustArgs, calibration: Option<Calibration>) -> Result<()> {
    match scoring {
        Some(scoring) => {
            scoring.retrieval_weight = args.retrieval_weight.unwrap_or(scoring.retrieval_weight);
            scoring.calibration = calibration.or(scoring.calibration);
        }
        None if args.retrieval_weight.is_some() || calibration.is_some() => {
            let folder = args.folder.display();
            bail!("{folder} does not rerank; --retrieval-weight and --rerank-calibration are for models that rerank");
        }
        None => {}
    }
    Ok(())
}

fn adjust_fusion(routing: &mut Routing, args: &AdjustArgs, calibration: Option<Calibration>) -> Result<()> {
    routing.dense_weight = args.dense_weight.unwrap_or(routing.dense_weight);
    routing.calibration = calibration.or(routing.calibration);
    if let Some(name) = &args.reranker {
        routing.reranker = (!name.is_empty()).then(|| DefaultReranker {
            name: name.clone(),
            rerank: args.rerank as usize,
            documents: args.documents.into(),
            longest_query: args.longest_query.map(|longest| longest as usize),
        });
    }
    Ok(())
}
