//! `skillrouter embed`: texts in, vectors out, one a line.

use std::{
    io::{BufRead, Write},
    path::PathBuf,
};

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use serde_json::json;

use super::{device::DeviceArg, files::open_encoder};

/// Print the vector of each line of standard input
#[derive(Args)]
pub struct EmbedArgs {
    /// Model folder
    #[arg(long)]
    model: PathBuf,
    /// Which side of the model's text contract the lines are: a document is "name | description | body" as one text
    #[arg(long, value_enum)]
    kind: TextKind,
    /// Where to run the model
    #[arg(long, value_enum, default_value = "cpu")]
    device: DeviceArg,
    /// Print {"vector": [..]} a line (the default prints the numbers with spaces between)
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum TextKind {
    Query,
    Document,
}

/// Runs the subcommand.
pub fn run(args: EmbedArgs) -> Result<()> {
    let encoder = open_encoder(&args.model, args.device)?;
    let contract = encoder.contract();
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let line = line.context("cannot read standard input as UTF-8")?;
        let tokens = match args.kind {
            TextKind::Query => encoder.query_tokens(&contract.query(&line))?,
            TextKind::Document => encoder.document_tokens(&contract.whole_document(&line))?,
        };
        let vector = pollster::block_on(encoder.embed(&[tokens]))?;
        match args.json {
            true => writeln!(out, "{}", json!({ "vector": vector }))?,
            false => writeln!(out, "{}", vector.iter().map(f32::to_string).collect::<Vec<_>>().join(" "))?,
        }
    }
    Ok(())
}
