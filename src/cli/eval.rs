//! `skillrouter eval`: how often the right skill comes first, on queries with known answers.

use std::{
    collections::{HashMap, HashSet},
    path::{Path, PathBuf},
    time::Instant,
};

use anyhow::{Context, Result, bail};
use clap::Args;
use rayon::prelude::*;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use skillrouter::{index::Index, router::Router};

use super::{
    files::{Parts, read},
    progress::Progress,
    route::SearchArgs,
};

/// Results that are looked at; the largest cut-off of the metrics.
const DEPTH: usize = 50;
/// Resamples for the intervals.
const RESAMPLES: usize = 1000;

/// Measure an index on queries with known answers
///
/// Reads either --queries ({"qid", "text"} a line) with --qrels (qid, skill id and grade, separated by tabs), or
/// SkillRouter's own tasks.jsonl and relevance.json with the same two options; tasks of type generic_only are dropped,
/// as the paper does. Right skills that the index does not hold count as missed. Intervals are 95% bootstrap.
#[derive(Args)]
pub struct EvalArgs {
    #[command(flatten)]
    search: SearchArgs,
    /// Queries: .jsonl with qid and text, or SkillRouter's tasks.jsonl
    #[arg(long)]
    queries: PathBuf,
    /// Right answers: .tsv, or SkillRouter's relevance.json
    #[arg(long)]
    qrels: PathBuf,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

struct Query {
    text: String,
    /// Grade of each right skill.
    grades: HashMap<String, f64>,
}

/// Runs the subcommand.
pub fn run(args: EvalArgs) -> Result<()> {
    let queries = read_queries(&args.queries, &args.qrels)?;
    let (router, reranker) = args.search.open(Parts::All)?;
    let ids = skill_ids(router.index())?;
    let options = args.search.options(DEPTH);
    let progress = Progress::bar("routing", queries.len());
    let start = Instant::now();
    let rows: Vec<Map<String, Value>> = queries
        .par_iter()
        .map(|query| {
            let mut answer = pollster::block_on(router.route(&query.text, options))?;
            if let Some(reranker) = &reranker {
                answer = args.search.rerank(&router, reranker, &query.text, &answer, DEPTH)?;
            }
            progress.add(1);
            let found: Vec<&str> = answer.routes.iter().map(|route| ids[route.skill_idx as usize].as_str()).collect();
            Ok(metrics(&found, &query.grades))
        })
        .collect::<Result<_>>()?;
    let elapsed = start.elapsed();
    progress.finish();
    let threads = rayon::current_num_threads().min(queries.len()) as f64;
    report(&args, &router, &rows, elapsed.as_secs_f64() * 1e3 * threads / rows.len() as f64);
    Ok(())
}

fn skill_ids(index: &Index) -> Result<Vec<String>> {
    (0..index.manifest().n_skills as u32)
        .map(|skill_idx| Ok(index.card(skill_idx).context("a card is missing")?.id.clone()))
        .collect()
}

/// All metrics of one ranking; the metrics and their cut-offs are those of SkillRouter's evaluation.
fn metrics(found: &[&str], grades: &HashMap<String, f64>) -> Map<String, Value> {
    let right = |k: usize| found.iter().take(k).filter(|id| grades.contains_key(**id)).count() as f64;
    let n_right = grades.len() as f64;
    let discount = |place: usize| 1.0 / ((place + 2) as f64).log2();
    let ndcg = |k: usize| {
        let gain = |grade: f64| grade.exp2() - 1.0;
        let dcg: f64 = found
            .iter()
            .take(k)
            .enumerate()
            .map(|(place, id)| grades.get(*id).map_or(0.0, |g| gain(*g)) * discount(place))
            .sum();
        let mut ideal: Vec<f64> = grades.values().copied().collect();
        ideal.sort_by(|a, b| b.total_cmp(a));
        let best: f64 = ideal.iter().take(k).enumerate().map(|(place, g)| gain(*g) * discount(place)).sum();
        if best > 0.0 { dcg / best } else { 0.0 }
    };
    let first = found.iter().take(10).position(|id| grades.contains_key(*id));
    let covered = |k: usize| f64::from(u8::from(right(k) >= n_right));
    let values = [
        ("hit@1", right(1).min(1.0)),
        ("mrr@10", first.map_or(0.0, |place| 1.0 / (place + 1) as f64)),
        ("ndcg@1", ndcg(1)),
        ("ndcg@3", ndcg(3)),
        ("ndcg@10", ndcg(10)),
        ("precision@3", right(3) / 3.0),
        ("recall@10", right(10) / n_right),
        ("recall@20", right(20) / n_right),
        ("recall@50", right(50) / n_right),
        ("coverage@3", covered(3)),
        ("coverage@5", covered(5)),
        ("coverage@10", covered(10)),
    ];
    values.into_iter().map(|(name, value)| (name.to_owned(), json!(value))).collect()
}

fn report(args: &EvalArgs, router: &Router, rows: &[Map<String, Value>], ms_per_query: f64) {
    let names: Vec<&String> = rows[0].keys().collect();
    let round = |x: f64| (x * 1e4).round() / 1e4;
    let mut report = Map::new();
    let mut intervals = Map::new();
    report.insert("n_queries".to_owned(), json!(rows.len()));
    report.insert("n_skills".to_owned(), json!(router.index().manifest().n_skills));
    for name in names {
        let values: Vec<f64> = rows.iter().map(|row| row[name].as_f64().unwrap_or_default()).collect();
        report.insert(name.clone(), json!(round(mean(&values))));
        let (low, high) = bootstrap(&values);
        intervals.insert(name.clone(), json!([round(low), round(high)]));
    }
    report.insert("ms_per_query".to_owned(), json!(round(ms_per_query)));
    if !args.json {
        for (name, value) in &report {
            let interval = intervals.get(name).map_or(String::new(), |interval| format!("  {interval}"));
            println!("{name:12} {value}{interval}");
        }
        return;
    }
    report.insert("interval_95".to_owned(), Value::Object(intervals));
    println!("{}", Value::Object(report));
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

/// The 95% interval of the mean, by resampling queries. The generator is a fixed one, so that runs agree.
fn bootstrap(values: &[f64]) -> (f64, f64) {
    let mut state = 0x9e37_79b9_7f4a_7c15u64;
    let mut next = move || {
        // xorshift64* (Marsaglia 2003; Vigna 2016).
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33
    };
    let mut means: Vec<f64> = (0..RESAMPLES)
        .map(|_| mean(&(0..values.len()).map(|_| values[next() as usize % values.len()]).collect::<Vec<_>>()))
        .collect();
    means.sort_by(f64::total_cmp);
    (means[RESAMPLES / 40], means[RESAMPLES - 1 - RESAMPLES / 40])
}

fn read_queries(queries: &Path, qrels: &Path) -> Result<Vec<Query>> {
    let grades = match qrels.extension().is_some_and(|extension| extension == "json") {
        true => read_relevance(qrels)?,
        false => read_qrels(qrels)?,
    };
    #[derive(Deserialize)]
    struct Line {
        #[serde(alias = "task_id")]
        qid: String,
        #[serde(alias = "instruction_text")]
        text: String,
    }
    let text = String::from_utf8(read(queries)?).with_context(|| format!("{} is not UTF-8", queries.display()))?;
    let mut found = Vec::new();
    let mut seen = HashSet::new();
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let place = || format!("{}:{}", queries.display(), number + 1);
        let line: Line = serde_json::from_str(line).with_context(place)?;
        if !seen.insert(line.qid.clone()) {
            bail!("{}: query {} is there twice", place(), line.qid);
        }
        if line.text.trim().is_empty() {
            bail!("{}: query {} is empty", place(), line.qid);
        }
        if let Some(grades) = grades.get(&line.qid) {
            found.push(Query { text: line.text, grades: grades.clone() });
        }
    }
    if found.is_empty() {
        bail!("no query of {} has a right answer in {}", queries.display(), qrels.display());
    }
    Ok(found)
}

type Grades = HashMap<String, HashMap<String, f64>>;

fn read_qrels(path: &Path) -> Result<Grades> {
    let text = String::from_utf8(read(path)?).with_context(|| format!("{} is not UTF-8", path.display()))?;
    let mut grades = Grades::new();
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let place = || format!("{}:{} is not qid, skill id and grade, separated by tabs", path.display(), number + 1);
        let [qid, skill, grade] = line.split('\t').collect::<Vec<_>>().try_into().ok().with_context(place)?;
        let grade: f64 = grade.trim().parse().with_context(place)?;
        if grade > 0.0 {
            grades.entry(qid.to_owned()).or_default().insert(skill.to_owned(), grade);
        }
    }
    Ok(grades)
}

/// SkillRouter's `relevance.json`: right skills are `core_gt_ids`, graded by `relevance` (3 or 1).
fn read_relevance(path: &Path) -> Result<Grades> {
    #[derive(Deserialize)]
    struct Task {
        core_gt_ids: Vec<String>,
        #[serde(default)]
        relevance: HashMap<String, f64>,
        #[serde(default)]
        task_type: String,
    }
    let tasks: HashMap<String, Task> = serde_json::from_slice(&read(path)?)
        .with_context(|| format!("{} is not SkillRouter's relevance.json", path.display()))?;
    Ok(tasks
        .into_iter()
        .filter(|(_, task)| task.task_type != "generic_only")
        .map(|(id, task)| {
            let grades = task.core_gt_ids.iter().map(|id| (id.clone(), task.relevance.get(id).copied().unwrap_or(1.0)));
            (id, grades.collect())
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(found: &[&str], right: &[(&str, f64)], expected: &[(&str, f64)]) {
        let grades = right.iter().map(|(id, grade)| ((*id).to_owned(), *grade)).collect();
        let got = metrics(found, &grades);
        for (name, value) in expected {
            assert!((got[*name].as_f64().unwrap() - value).abs() < 1e-4, "{name}: {} for {value}", got[*name]);
        }
    }

    #[test]
    fn metrics_by_hand() {
        check(
            &["a", "b"],
            &[("a", 1.0)],
            &[("hit@1", 1.0), ("mrr@10", 1.0), ("ndcg@10", 1.0), ("recall@10", 1.0), ("coverage@3", 1.0)],
        );
        check(&["b", "a"], &[("a", 1.0)], &[("hit@1", 0.0), ("mrr@10", 0.5), ("ndcg@10", 0.6309), ("ndcg@1", 0.0)]);
        check(
            &["a", "x", "y", "b"],
            &[("a", 1.0), ("b", 1.0)],
            &[("recall@10", 1.0), ("precision@3", 1.0 / 3.0), ("coverage@3", 0.0), ("coverage@5", 1.0)],
        );
        check(&["b", "a"], &[("a", 3.0), ("b", 1.0)], &[("ndcg@3", (1.0 + 7.0 * 0.6309) / (7.0 + 0.6309))]);
        check(&[], &[("a", 1.0)], &[("hit@1", 0.0), ("mrr@10", 0.0), ("recall@50", 0.0)]);
    }
}
