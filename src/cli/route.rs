//! `skillrouter route`: a task on the command line, the fitting skills as answer.

use std::{
    path::{Path, PathBuf},
    time::Instant,
};

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use serde_json::{Value, json};
use skillrouter::router::{Answer, Mode, RouteOptions, Router, SearchMethod};

use super::{
    DEFAULT_MODEL, Outcome,
    files::{Parts, add_index_file, open_encoder, open_index},
};

/// Which legs are asked.
#[derive(Clone, Copy, ValueEnum, PartialEq, Eq)]
pub enum ModeArg {
    /// Words only; needs no model
    Lexical,
    /// Meaning only
    Dense,
    /// Both
    Hybrid,
}

impl From<ModeArg> for Mode {
    fn from(mode: ModeArg) -> Mode {
        match mode {
            ModeArg::Lexical => Mode::Lexical,
            ModeArg::Dense => Mode::Dense,
            ModeArg::Hybrid => Mode::Hybrid,
        }
    }
}

/// How the nearest vectors are found.
#[derive(Clone, Copy, ValueEnum)]
pub enum SearchArg {
    /// Compare all vectors
    Exact,
    /// Follow the links of an index that was built with --hnsw
    Hnsw,
}

impl From<SearchArg> for SearchMethod {
    fn from(search: SearchArg) -> SearchMethod {
        match search {
            SearchArg::Exact => SearchMethod::Exact,
            SearchArg::Hnsw => SearchMethod::Hnsw,
        }
    }
}

/// Options that every search takes.
#[derive(Args)]
pub struct SearchArgs {
    /// Index folder
    #[arg(long)]
    pub index: PathBuf,
    /// Model folder; it must be the one that the index was built with
    #[arg(long, default_value = DEFAULT_MODEL)]
    pub model: PathBuf,
    /// Which legs to ask
    #[arg(long, value_enum, default_value = "hybrid")]
    pub mode: ModeArg,
    /// How to find the nearest vectors
    #[arg(long, value_enum, default_value = "exact")]
    pub search: SearchArg,
    /// Weight of the dense score beside the lexical one [default: the encoder's own]
    #[arg(long)]
    pub dense_weight: Option<f32>,
}

impl SearchArgs {
    /// Opens these parts of the index, and the model.
    pub fn open(&self, parts: Parts) -> Result<Router> {
        let mut router = Router::new(open_index(&self.index, parts)?);
        if self.mode != ModeArg::Lexical {
            router.set_encoder(open_encoder(&self.model)?)?;
        }
        Ok(router)
    }

    /// The options of a route.
    pub fn options(&self, top: usize) -> RouteOptions {
        RouteOptions {
            top,
            mode: self.mode.into(),
            search: self.search.into(),
            dense_weight: self.dense_weight,
            ..RouteOptions::default()
        }
    }
}

/// Find the skills that fit a task
///
/// Exit code 0 when there are some, 1 when nothing matches, 2 for errors.
#[derive(Args)]
pub struct RouteArgs {
    #[command(flatten)]
    search: SearchArgs,
    /// Routes to show
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=1000))]
    top: u32,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    /// The task, in your own words
    task: String,
}

/// Runs the subcommand.
pub fn run(args: RouteArgs) -> Result<Outcome> {
    let start = Instant::now();
    let mut router = args.search.open(Parts::Search)?;
    let opened_in = start.elapsed();
    let start = Instant::now();
    let options = args.search.options(args.top as usize);
    let encoded = pollster::block_on(router.encode(&args.task, options))?;
    let encoded_in = start.elapsed();
    let answer = router.search(&args.task, &encoded, options)?;
    let searched_in = start.elapsed() - encoded_in;
    let routes = routes(&mut router, &args.search.index, &answer)?;
    let milliseconds = |time: std::time::Duration| (time.as_secs_f64() * 1e5).round() / 100.0;
    if args.json {
        let timings = json!({
            "open": milliseconds(opened_in), "encode": milliseconds(encoded_in), "search": milliseconds(searched_in),
        });
        let report = json!({"stage": answer.stage, "device": answer.device, "routes": routes, "timings_ms": timings});
        println!("{report}");
    } else {
        print(&routes);
    }
    Ok(if routes.is_empty() { Outcome::Nothing } else { Outcome::Found })
}

/// The routes with what their cards say; only the shards that hold them are read.
fn routes(router: &mut Router, dir: &Path, answer: &Answer) -> Result<Vec<Value>> {
    answer
        .routes
        .iter()
        .map(|route| {
            if router.index().card(route.skill_idx).is_none() {
                let file = router
                    .index()
                    .card_file(route.skill_idx)
                    .context("the index lists no card for a skill")?
                    .file
                    .clone();
                add_index_file(router.index_mut(), dir, &file)?;
            }
            let card = router.index().card(route.skill_idx).context("the index holds no card for a skill")?;
            Ok(json!({
                "id": card.id, "name": card.name, "description": card.description, "score": route.score,
                "source": card.source, "license": card.license,
                "lexical_rank": route.lexical_rank, "dense_rank": route.dense_rank,
            }))
        })
        .collect()
}

fn print(routes: &[Value]) {
    if routes.is_empty() {
        println!("nothing matches; try other words for the task");
    }
    for (place, route) in routes.iter().enumerate() {
        let text = |key: &str| route[key].as_str().unwrap_or_default().to_owned();
        println!("{:>2}. {}  {:.3}", place + 1, text("name"), route["score"].as_f64().unwrap_or_default());
        let description: String = text("description").chars().take(200).collect();
        println!("    {}", description.replace('\n', " "));
        let origin =
            if text("source").is_empty() { text("id") } else { format!("{}  {}", text("source"), text("license")) };
        println!("    {origin}");
    }
}
