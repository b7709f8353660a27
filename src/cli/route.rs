//! `skillrouter route`: a task on the command line, the fitting skills as answer.

use std::{
    collections::HashMap,
    io::{self, IsTerminal, Read},
    path::{Path, PathBuf},
    time::Instant,
};

use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};
use serde_json::{Value, json};
use skillrouter::{
    contract::{Documents, PairDocument},
    fit::{Calibration, Word},
    index::cards::Card,
    model::{manifest::Scoring, reranker::Reranker},
    risk::{Category, Risk},
    router::{Answer, Mode, RerankOptions, Reranked, Route, RouteOptions, Router, SearchMethod, Without},
    routing::DefaultReranker,
};

use super::{
    DEFAULT_MODEL, Outcome,
    device::DeviceArg,
    files::{Parts, add_index_file, model_folder, open_encoder, open_index, open_reranker},
    rerank::{self, DocumentsArg},
};

/// Risk notes that are printed below a route.
const NOTES_SHOWN: usize = 3;

/// The reason of an answer whose reranker had not all bodies.
const WITHOUT_BODIES: &str =
    "the index holds no bodies of some skills, so they were re-ranked by name and description alone";

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
    /// Model folder: the encoder that built the index
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
    /// Model folder of a reranker, which reads the best skills together with the task [default: with --mode hybrid the
    /// one that the index names, beside --model]
    #[arg(long)]
    pub reranker: Option<PathBuf>,
    /// Skills that the reranker reads, also for long tasks; 0 for none [default: what the index says, or 20]
    #[arg(long, value_parser = clap::value_parser!(u32).range(0..=200))]
    pub rerank: Option<u32>,
    /// How much of each skill the reranker reads [default: what the index says, or exact]
    #[arg(long, value_enum)]
    pub documents: Option<DocumentsArg>,
    /// Weight of the retrieval score beside the reranker's [default: the reranker's own]
    #[arg(long)]
    pub retrieval_weight: Option<f32>,
    /// Where to run the models
    #[arg(long, value_enum, default_value = "cpu")]
    pub device: DeviceArg,
}

impl SearchArgs {
    /// Opens these parts of the index, and the models.
    pub fn open(&self, parts: Parts) -> Result<(Router, Option<RerankStage>)> {
        let mut router = Router::new(open_index(&self.index, parts)?);
        if self.mode != ModeArg::Lexical {
            router.set_encoder(open_encoder(&self.model, self.device)?)?;
        }
        let named = router.index().manifest().routing.reranker.clone();
        let model = model_folder(&self.model);
        let beside = |name: &str| model.parent().unwrap_or(Path::new("")).join(name);
        let (dir, mut usage) = match (&self.reranker, named) {
            (Some(dir), _) => {
                let name = dir.display().to_string();
                (dir.clone(), DefaultReranker { name, rerank: 20, documents: Documents::Exact, longest_query: None })
            }
            (None, Some(named)) if self.mode == ModeArg::Hybrid => (beside(&named.name), named),
            _ if self.documents.is_some() || self.retrieval_weight.is_some() || self.rerank.is_some_and(|n| n > 0) => {
                bail!("--rerank, --documents and --retrieval-weight are for a reranker; name one with --reranker")
            }
            _ => return Ok((router, None)),
        };
        if let Some(rerank) = self.rerank {
            // A reranker that was asked for reads tasks of any length.
            (usage.rerank, usage.longest_query) = (rerank as usize, None);
        }
        if usage.rerank == 0 {
            return Ok((router, None));
        }
        if self.reranker.is_none() && !dir.exists() {
            note!("note: {} does not exist, so answers are not reranked", dir.display());
            return Ok((router, None));
        }
        usage.documents = self.documents.map_or(usage.documents, Documents::from);
        let model = open_reranker(&dir, self.device)?;
        let Scoring { retrieval_weight, calibration, .. } = *model.scoring();
        let retrieval_weight = self.retrieval_weight.unwrap_or(retrieval_weight);
        Ok((router, Some(RerankStage { model, usage, retrieval_weight, calibration })))
    }

    /// The options of a route, before reranking.
    pub fn options(&self, top: usize, reranking: Option<&RerankStage>) -> RouteOptions {
        RouteOptions {
            top: top.max(reranking.map_or(0, |reranking| reranking.usage.rerank)),
            mode: self.mode.into(),
            search: self.search.into(),
            dense_weight: self.dense_weight,
            ..RouteOptions::default()
        }
    }
}

/// A reranker with what is asked of it.
pub struct RerankStage {
    model: Reranker,
    usage: DefaultReranker,
    retrieval_weight: f32,
    calibration: Option<Calibration>,
}

impl RerankStage {
    /// Whether answers to this task are to be reranked.
    pub fn serves(&self, task: &str) -> bool {
        self.usage.serves(task)
    }

    /// The answer with its first routes reranked and `top` left; cards and bodies of these must be in the index.
    pub fn apply(&self, router: &Router, task: &str, answer: &Answer, top: usize) -> Result<Answer> {
        let mut without = None;
        let documents: Vec<PairDocument> = answer
            .routes
            .iter()
            .take(self.usage.rerank)
            .map(|route| {
                let card = router.index().card(route.skill_idx).context("the index holds no card for a skill")?;
                let body = router.index().body(route.skill_idx);
                without = without.or(body.is_none().then_some(Without::Bodies));
                Ok(self.model.document(&card.name, &card.description, body.unwrap_or_default(), self.usage.documents))
            })
            .collect::<Result<_>>()?;
        let scores: Vec<Option<f32>> = rerank::scores(&self.model, task, &documents)?.into_iter().map(Some).collect();
        let (retrieval_weight, calibration) = (self.retrieval_weight, self.calibration);
        let mut answer = answer.reranked(&scores, RerankOptions { retrieval_weight, calibration, top });
        if without.is_some() {
            answer.reason.get_or_insert_with(|| WITHOUT_BODIES.to_owned());
            answer.reranked = answer.reranked.map(|reranked| Reranked { without, ..reranked });
        }
        Ok(answer)
    }
}

/// Find the skills that fit a task
///
/// The task is the last argument, or comes through a pipe. The default model is looked for below the current folder, and then
/// around the program itself.
///
/// Exit code 0 when there are some, 1 when nothing fits, 2 for errors.
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
    /// The task, in your own words; "-" reads it from standard input, as does a pipe without it
    task: Option<String>,
}

/// The task of an argument, or of standard input.
fn read_task(task: Option<String>) -> Result<String> {
    match task {
        Some(task) if task != "-" => Ok(task),
        None if io::stdin().is_terminal() => {
            bail!("there is no task; give it as the last argument, in quotes, or through a pipe")
        }
        _ => {
            let mut bytes = Vec::new();
            io::stdin().read_to_end(&mut bytes).context("cannot read the task from standard input")?;
            let text = String::from_utf8(bytes).ok().context("the task is not text in UTF-8; write it as UTF-8")?;
            Ok(text.trim_start_matches('\u{feff}').trim().to_owned())
        }
    }
}

/// Runs the subcommand.
pub fn run(args: RouteArgs) -> Result<Outcome> {
    let task = read_task(args.task)?;
    let start = Instant::now();
    let (mut router, reranking) = args.search.open(Parts::Search)?;
    let reranking = reranking.filter(|reranking| reranking.serves(&task));
    let opened_in = start.elapsed();
    let start = Instant::now();
    let top = args.top as usize;
    let options = args.search.options(top, reranking.as_ref());
    let encoded = pollster::block_on(router.encode(&task, options))?;
    let encoded_in = start.elapsed();
    let mut answer = router.search(&task, &encoded, options)?;
    let searched_in = start.elapsed() - encoded_in;
    let start = Instant::now();
    if let Some(reranking) = &reranking {
        add_shards(&mut router, &args.search.index, &answer, true)?;
        answer = reranking.apply(&router, &task, &answer, top)?;
    }
    let reranked_in = start.elapsed();
    add_shards(&mut router, &args.search.index, &answer, false)?;
    let routes = routes(&router, &answer)?;
    let milliseconds = |time: std::time::Duration| (time.as_secs_f64() * 1e5).round() / 100.0;
    if args.json {
        let mut timings = json!({
            "open": milliseconds(opened_in), "encode": milliseconds(encoded_in), "search": milliseconds(searched_in),
        });
        if reranking.is_some() {
            timings["rerank"] = json!(milliseconds(reranked_in));
        }
        let device = args.search.device.open()?;
        let device = json!({"kind": device.kind(), "name": device.name()});
        let mut found = json!({"stage": answer.stage, "device": device, "routes": routes, "timings_ms": timings});
        if let Some(fit) = answer.fit {
            found["fit"] = json!(fit);
        }
        if let Some(reranked) = answer.reranked {
            found["reranked"] = json!(reranked);
        }
        if let Some(reason) = &answer.reason {
            found["reason"] = json!(reason);
        }
        say!("{found}");
    } else {
        if let Some(reason) = &answer.reason {
            note!("note: {reason}");
        }
        print(&router, &answer, &routes);
    }
    let nothing_fits = answer.fit.is_some_and(|fit| fit.word == Word::None);
    Ok(if routes.is_empty() || nothing_fits { Outcome::Nothing } else { Outcome::Found })
}

/// Reads the shards that hold the cards of these routes, and their bodies if they are wanted and there.
fn add_shards(router: &mut Router, dir: &Path, answer: &Answer, with_bodies: bool) -> Result<()> {
    for route in &answer.routes {
        let index = router.index();
        let card = index.card(route.skill_idx).is_none().then(|| index.card_file(route.skill_idx)).flatten();
        let body = (with_bodies && index.body(route.skill_idx).is_none()).then(|| index.body_file(route.skill_idx));
        let files: Vec<String> = [card, body.flatten()].into_iter().flatten().map(|entry| entry.file.clone()).collect();
        for file in files {
            add_index_file(router.index_mut(), dir, &file)?;
        }
    }
    Ok(())
}

/// The routes with what their cards say. One of the same name and description as an earlier one is a copy of it.
fn routes(router: &Router, answer: &Answer) -> Result<Vec<Value>> {
    let mut first: HashMap<(&str, &str), &str> = HashMap::new();
    answer
        .routes
        .iter()
        .map(|route| {
            let card = router.index().card(route.skill_idx).context("the index holds no card for a skill")?;
            let mut value = json!({
                "id": card.id, "name": card.name, "description": card.description, "score": route.score,
                "source": card.source, "license": card.license,
                "lexical_rank": route.lexical_rank, "dense_rank": route.dense_rank,
                "risks": router.index().risks(route.skill_idx),
            });
            let first = *first.entry((&card.name, &card.description)).or_insert(&card.id);
            if first != card.id {
                value["copy_of"] = json!(first);
            }
            if !card.marks.is_empty() {
                value["marks"] = json!(card.marks);
            }
            if !card.superseded_by.is_empty() {
                value["superseded_by"] = json!(card.superseded_by);
            }
            if let (Some(score), Some(rank)) = (route.retrieval_score, route.retrieval_rank) {
                value["retrieval_score"] = json!(score);
                value["retrieval_rank"] = json!(rank);
                value["rerank_score"] = json!(route.rerank_score);
            }
            Ok(value)
        })
        .collect()
}

fn print(router: &Router, answer: &Answer, routes: &[Value]) {
    if routes.is_empty() {
        say!("nothing matches; try other words for the task");
    }
    match answer.fit.map(|fit| fit.word) {
        Some(Word::None) => say!("nothing here seems to fit this task; the nearest are"),
        Some(Word::Weak) => say!("a weak fit; look at all of them"),
        Some(Word::Likely) => say!("the first is likely to fit"),
        Some(Word::Strong) => say!("the first fits well"),
        None => {}
    }
    let shown = routes.iter().zip(&answer.routes).filter(|(route, _)| route["copy_of"].is_null());
    for (place, (route, Route { skill_idx, .. })) in shown.enumerate() {
        let text = |key: &str| route[key].as_str().unwrap_or_default().to_owned();
        say!("{:>2}. {}  {:.3}", place + 1, text("name"), route["score"].as_f64().unwrap_or_default());
        let description: String = text("description").chars().take(200).collect();
        say!("    {}", description.replace('\n', " "));
        let origin =
            if text("source").is_empty() { text("id") } else { format!("{}  {}", text("source"), text("license")) };
        say!("    {origin}");
        let copies: Vec<&str> = routes
            .iter()
            .filter(|other| other["copy_of"] == route["id"])
            .filter_map(|other| other["id"].as_str())
            .collect();
        if !copies.is_empty() {
            say!("    the same skill elsewhere: {}", copies.join(", "));
        }
        if let Some(marks) = router.index().card(*skill_idx).and_then(marks) {
            say!("    {marks}");
        }
        if let Some(notes) = notes(&router.index().risks(*skill_idx)) {
            say!("    notes: {notes}");
        }
    }
}

/// What a skill says of its own use, in a line.
fn marks(card: &Card) -> Option<String> {
    let mut marks: Vec<String> = card.marks.iter().map(|mark| mark.phrase().to_owned()).collect();
    if !card.superseded_by.is_empty() {
        marks.push(format!("use {} instead", card.superseded_by));
    }
    (!marks.is_empty()).then(|| marks.join("; "))
}

/// The notes of a skill in a line, the gravest first, and the number of the others. A skill of which things are only worth
/// knowing has no line: they are left to `lint` and to the JSON.
fn notes(risks: &[Risk]) -> Option<String> {
    let mut grave: Vec<&Risk> = risks.iter().filter(|risk| risk.category != Category::Hygiene).collect();
    grave.sort_by_key(|risk| risk.category);
    let mut notes: Vec<String> = grave.iter().take(NOTES_SHOWN).map(|risk| note(risk)).collect();
    let n_more = risks.len() - notes.len();
    if n_more > 0 && !notes.is_empty() {
        notes.push(format!("{n_more} more"));
    }
    (!notes.is_empty()).then(|| notes.join("; "))
}

fn note(Risk { title, file, line, .. }: &Risk) -> String {
    match (file, line) {
        (Some(file), line) => format!("{title} ({file}, line {line})"),
        (None, 0) => format!("{title} (front matter)"),
        (None, line) => format!("{title} (line {line})"),
    }
}
