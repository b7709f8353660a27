//! `skillrouter bench`: encoding and search, measured on this machine.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Instant,
};

use anyhow::Result;
use clap::Args;
use rayon::prelude::*;
use serde_json::{Value, json};
use skillrouter::{
    contract::{Documents, PairDocument},
    index::{
        exact,
        hnsw::{EF_CONSTRUCTION, Hnsw},
        vectors::{QuantizedVector, QueryVector, Vectors},
    },
};

use super::{
    DEFAULT_MODEL,
    device::DeviceArg,
    files::{open_encoder, open_reranker},
    progress::Progress,
    rerank::scores,
};

/// Measure loading, encoding, reranking and search on this machine
///
/// Medians of repeated runs. Times on a shared machine say little by themselves: compare rows of one run.
#[derive(Args)]
pub struct BenchArgs {
    /// Model folder
    #[arg(long, default_value = DEFAULT_MODEL)]
    model: PathBuf,
    /// Numbers of skills for exact search against HNSW, separated by commas
    #[arg(long, value_delimiter = ',', default_value = "10000,80000")]
    skills: Vec<usize>,
    /// Model folder of a reranker, to measure it too
    #[arg(long)]
    reranker: Option<PathBuf>,
    /// Skills that are reranked
    #[arg(long, default_value_t = 20)]
    rerank: usize,
    /// Tokens of each pair of task and skill, about
    #[arg(long, default_value_t = 700)]
    rerank_tokens: usize,
    /// Where to run the models
    #[arg(long, value_enum, default_value = "cpu")]
    device: DeviceArg,
    /// Numbers of tokens to encode, separated by commas
    #[arg(long, value_delimiter = ',', default_value = "16,64,256")]
    tokens: Vec<usize>,
    /// Leave out search
    #[arg(long)]
    no_search: bool,
    /// Leave out HNSW, whose building takes minutes
    #[arg(long)]
    no_hnsw: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Runs the subcommand.
pub fn run(args: BenchArgs) -> Result<()> {
    let encode = bench_encode(&args)?;
    encode.iter().for_each(|row| print(row, args.json));
    let rerank = args.reranker.as_ref().map(|dir| bench_rerank(&args, dir)).transpose()?;
    rerank.iter().for_each(|row| print(row, args.json));
    let mut search = Vec::new();
    for &n_skills in args.skills.iter().filter(|_| !args.no_search) {
        let progress = Progress::spinner("searching, and building links");
        search.push(bench_search(n_skills, !args.no_hnsw));
        progress.finish();
        print(&search[search.len() - 1], args.json);
    }
    if args.json {
        say!("{}", json!({"encode": encode, "rerank": rerank, "search": search}));
    }
    Ok(())
}

/// A row for people, as soon as it is there.
fn print(row: &Value, as_json: bool) {
    if !as_json {
        let cells = row.as_object().into_iter().flatten().map(|(key, value)| format!("{key} {value}"));
        say!("{}", cells.collect::<Vec<_>>().join("  "));
    }
}

fn median_ms(runs: usize, mut run: impl FnMut()) -> f64 {
    let mut times: Vec<f64> = (0..runs)
        .map(|_| {
            let start = Instant::now();
            run();
            start.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    times.sort_by(f64::total_cmp);
    (times[runs / 2] * 1e3).round() / 1e3
}

/// Loading; then one text on one thread, and many on all.
fn bench_encode(args: &BenchArgs) -> Result<Vec<Value>> {
    args.device.open()?;
    let start = Instant::now();
    let encoder = open_encoder(&args.model, args.device)?;
    let load_ms = (start.elapsed().as_secs_f64() * 1e3).round();
    let (contract, device) = (encoder.contract(), encoder.device());
    let mut rows = vec![json!({"load_ms": load_ms, "device": device.kind(), "device_name": device.name()})];
    let limit = contract.document.max_tokens;
    for n_tokens in args.tokens.iter().copied().filter(|n| *n <= limit) {
        // "word" is one token; special ones surround the text, and what is too long is cut.
        let text = contract.whole_document(&"word ".repeat(n_tokens));
        let tokens = encoder.document_tokens(&text)?.cut(n_tokens);
        let embed = |n: usize| pollster::block_on(encoder.embed(&vec![tokens.clone(); n])).expect("a text that fits");
        embed(1);
        let one = median_ms(9, || drop(embed(1)));
        let n_threads = if device.kind() == "cpu" { rayon::current_num_threads() } else { 1 };
        let many = median_ms(3, || (0..2 * n_threads).into_par_iter().for_each(|_| drop(embed(8))));
        let texts_per_s = (16.0 * n_threads as f64 / many * 1e3).round();
        rows.push(json!({"tokens": tokens.len(), "ms": one, "texts_per_s": texts_per_s, "threads": n_threads}));
    }
    Ok(rows)
}

/// A whole reranking, with what the documents share computed once, and without.
fn bench_rerank(args: &BenchArgs, dir: &Path) -> Result<Value> {
    let start = Instant::now();
    let reranker = open_reranker(dir, args.device)?;
    let load_ms = (start.elapsed().as_secs_f64() * 1e3).round();
    let task = "turn these receipts into a spreadsheet with one row for each of them";
    let frame = reranker.begin(task, &[reranker.contract().whole_document(String::new())])?.n_tokens();
    let body = "word ".repeat(args.rerank_tokens.saturating_sub(frame + 6));
    let documents: Vec<PairDocument> =
        (0..args.rerank).map(|i| reranker.document(&format!("skill {i}"), "", &body, Documents::Exact)).collect();
    let begun = reranker.begin(task, &documents)?;
    let run = || scores(&reranker, task, &documents).expect("documents that fit");
    run();
    let ms = median_ms(3, || drop(run()));
    let mut row = json!({
        "load_ms": load_ms, "documents": documents.len(), "tokens": begun.n_tokens(),
        "shared_tokens": begun.n_shared_tokens(), "ms": ms,
    });
    if begun.n_shared_tokens() > 0 {
        // One by one there is nothing to share.
        let one_by_one = || documents.iter().for_each(|one| drop(scores(&reranker, task, std::slice::from_ref(one))));
        row["ms_without_sharing"] = json!(median_ms(3, one_by_one));
    }
    Ok(row)
}

/// Vectors in clusters, as real ones are: uniform noise has no near neighbours to find.
fn clustered(n: usize, width: usize, seed: u64) -> Vec<Vec<f32>> {
    let mut state = seed;
    let mut next = move || {
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        (state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 40) as f32 / (1 << 23) as f32 - 1.0
    };
    let centres: Vec<Vec<f32>> = (0..1000).map(|_| (0..width).map(|_| next()).collect()).collect();
    (0..n)
        .map(|_| {
            let centre = &centres[((next() + 1.0) * 499.9) as usize];
            let vector: Vec<f32> = centre.iter().map(|x| x + 0.7 * next()).collect();
            let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
            vector.iter().map(|x| x / length).collect()
        })
        .collect()
}

fn bench_search(n: usize, with_hnsw: bool) -> Value {
    const WIDTH: usize = 384;
    const QUERIES: usize = 100;
    let points = clustered(n + QUERIES, WIDTH, 1);
    let mut vectors = Vectors::new(WIDTH);
    for (i, vector) in points[..n].iter().enumerate() {
        vectors.push(i as u64, &QuantizedVector::new(vector));
    }
    let vectors = Arc::new(vectors);
    let queries: Vec<QueryVector> = points[n..].iter().map(|vector| QueryVector::new(vector)).collect();
    let mut turn = queries.iter().cycle();
    let exact_ms = median_ms(QUERIES, || drop(exact::search(&vectors, turn.next().expect("endless"), 50)));
    let mut row = json!({"n_skills": n, "exact_ms": exact_ms, "vectors_bytes": n * (WIDTH + 12)});
    if with_hnsw {
        let start = Instant::now();
        let graph = Hnsw::build(vectors.clone(), EF_CONSTRUCTION, 1);
        row["hnsw_build_s"] = json!((start.elapsed().as_secs_f64() * 10.0).round() / 10.0);
        row["hnsw_build_threads"] = json!(rayon::current_num_threads());
        row["hnsw_bytes"] = json!(graph.to_file().len());
        row["hnsw_ms"] = json!(median_ms(QUERIES, || drop(graph.search(turn.next().expect("endless"), 50))));
        let found: usize = queries
            .iter()
            .map(|query| {
                let right = exact::search(&vectors, query, 10);
                let hits = graph.search(query, 10);
                hits.iter().filter(|hit| right.iter().any(|other| other.skill_idx == hit.skill_idx)).count()
            })
            .sum();
        row["hnsw_recall@10"] = json!(found as f64 / (10 * QUERIES) as f64);
    }
    row
}
