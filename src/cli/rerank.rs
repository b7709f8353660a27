//! `skillrouter rerank`: tasks with documents in, scores out, one line each.

use std::{
    io::{BufRead, Write},
    path::PathBuf,
};

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use rayon::prelude::*;
use serde::Deserialize;
use serde_json::json;
use skillrouter::{
    contract::{Documents, PairDocument},
    model::reranker::{Document, Reranker},
};

use super::{device::DeviceArg, files::open_reranker};

/// Score documents for a task
///
/// Reads {"query": .., "documents": [..]} a line from standard input and prints a line of scores, in the order of the
/// documents. A document is a text, or {"name", "description", "body"}. Higher is better; scores order the documents of
/// one task and say nothing across tasks.
#[derive(Args)]
pub struct RerankArgs {
    /// Model folder
    #[arg(long)]
    model: PathBuf,
    /// How much of each document to read
    #[arg(long, value_enum, default_value = "exact")]
    documents: DocumentsArg,
    /// Where to run the model
    #[arg(long, value_enum, default_value = "cpu")]
    device: DeviceArg,
    /// Print {"scores": [..]} a line (the default prints the numbers with spaces between)
    #[arg(long)]
    json: bool,
}

/// How much of each document the reranker reads.
#[derive(Clone, Copy, ValueEnum)]
pub enum DocumentsArg {
    /// As the model was trained
    Exact,
    /// Shorter, for speed
    Fast,
}

impl From<DocumentsArg> for Documents {
    fn from(documents: DocumentsArg) -> Documents {
        match documents {
            DocumentsArg::Exact => Documents::Exact,
            DocumentsArg::Fast => Documents::Fast,
        }
    }
}

#[derive(Deserialize)]
struct Line {
    query: String,
    documents: Vec<Document>,
}

/// Runs the subcommand.
pub fn run(args: RerankArgs) -> Result<()> {
    let reranker = open_reranker(&args.model, args.device)?;
    let mut out = std::io::stdout().lock();
    for (number, line) in std::io::stdin().lock().lines().enumerate() {
        let line = line.context("cannot read standard input as UTF-8")?;
        let place = || format!("line {} is not {{\"query\": .., \"documents\": [..]}}", number + 1);
        let line: Line = serde_json::from_str(&line).with_context(place)?;
        let documents = reranker.documents(line.documents, args.documents.into());
        let scores = scores(&reranker, &line.query, &documents)?;
        match args.json {
            true => writeln!(out, "{}", json!({ "scores": scores }))?,
            false => writeln!(out, "{}", scores.iter().map(f32::to_string).collect::<Vec<_>>().join(" "))?,
        }
    }
    Ok(())
}

/// All scores; a CPU shares the documents among its cores.
pub fn scores(reranker: &Reranker, query: &str, documents: &[PairDocument]) -> Result<Vec<f32>> {
    let score = |documents: &[PairDocument]| pollster::block_on(reranker.scores(query, documents));
    if reranker.device().kind() != "cpu" || documents.is_empty() {
        return Ok(score(documents)?);
    }
    let share = documents.len().div_ceil(rayon::current_num_threads());
    let parts: Vec<Vec<f32>> = documents.par_chunks(share).map(score).collect::<skillrouter::Result<_>>()?;
    Ok(parts.concat())
}
