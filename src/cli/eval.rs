//! `skillrouter eval`: how often the right skill comes first, on queries with known answers.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    path::{Path, PathBuf},
    time::Instant,
};

use anyhow::{Context, Result, bail};
use clap::Args;
use rayon::prelude::*;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use skillrouter::{
    fit::Word,
    index::Index,
    router::{Answer, Router},
};

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
///
/// With --nothing-fits (tasks that no skill serves, in the form of --queries) it also measures the word "none": how often it is
/// said of these tasks, and of how many right first routes, by the calibrated word and by probability.
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
    /// Tasks that no skill of the index serves
    #[arg(long)]
    nothing_fits: Option<PathBuf>,
    /// Write the results to this file, one JSON object a line: qid, fit, evidence and the best 50 routes
    #[arg(long)]
    run: Option<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

struct Query {
    qid: String,
    text: String,
    /// Grade of each right skill; none for a task that no skill serves.
    grades: HashMap<String, f64>,
}

/// What was found for a query.
struct Routed {
    answer: Answer,
    metrics: Map<String, Value>,
}

/// Runs the subcommand.
pub fn run(args: EvalArgs) -> Result<()> {
    let mut queries = read_queries(&args.queries, &args.qrels)?;
    let n_served = queries.len();
    if let Some(path) = &args.nothing_fits {
        queries.extend(read_tasks(path)?.into_iter().map(|(qid, text)| Query { qid, text, grades: HashMap::new() }));
    }
    let (router, reranking) = args.search.open(Parts::All)?;
    let ids = skill_ids(router.index())?;
    let options = args.search.options(DEPTH, reranking.as_ref());
    let progress = Progress::bar("routing", queries.len());
    let start = Instant::now();
    let found: Vec<Routed> = queries
        .par_iter()
        .map(|query| {
            let mut answer = pollster::block_on(router.route(&query.text, options))?;
            match &reranking {
                Some(reranking) if reranking.serves(&query.text) => {
                    answer = reranking.apply(&router, &query.text, &answer, DEPTH)?;
                }
                _ => answer.routes.truncate(DEPTH),
            }
            progress.add(1);
            let found: Vec<&str> = answer.routes.iter().map(|route| ids[route.skill_idx as usize].as_str()).collect();
            let metrics = metrics(&found, &query.grades);
            Ok(Routed { answer, metrics })
        })
        .collect::<Result<_>>()?;
    let elapsed = start.elapsed();
    progress.finish();
    if let Some(path) = &args.run {
        write_run(path, &queries, &found, &ids)?;
    }
    let threads = rayon::current_num_threads().min(queries.len()) as f64;
    let ms_per_query = elapsed.as_secs_f64() * 1e3 * threads / queries.len() as f64;
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    for reason in found.iter().filter_map(|found| found.answer.reason.as_deref()) {
        *reasons.entry(reason).or_default() += 1;
    }
    for (reason, n_queries) in &reasons {
        note!("note: for {n_queries} queries {reason}");
    }
    let (served, unserved) = found.split_at(n_served);
    let abstention = args.nothing_fits.as_ref().and_then(|_| abstention(served, unserved));
    report(&args, &router, served, &reasons, abstention, ms_per_query);
    Ok(())
}

fn write_run(path: &Path, queries: &[Query], found: &[Routed], ids: &[String]) -> Result<()> {
    let mut lines = String::new();
    for (query, Routed { answer, .. }) in queries.iter().zip(found) {
        let routes: Vec<Value> = (answer.routes.iter())
            .map(|route| {
                let mut value = serde_json::to_value(route)?;
                value["id"] = json!(ids[route.skill_idx as usize]);
                Ok(value)
            })
            .collect::<Result<_>>()?;
        let line = json!({"qid": query.qid, "fit": answer.fit, "evidence": answer.evidence(), "routes": routes});
        lines += &format!("{line}\n");
    }
    std::fs::write(path, lines).with_context(|| format!("cannot write {}", path.display()))
}

/// What saying "nothing fits" gains and costs: by the calibrated words, and for every 20th of probability.
fn abstention(served: &[Routed], unserved: &[Routed]) -> Option<Value> {
    let right = |found: &Routed| found.metrics["hit@1"].as_f64() == Some(1.0);
    let n_right = served.iter().filter(|found| right(found)).count();
    let p = |found: &Routed| found.answer.fit.map(|fit| fit.p);
    let says_none = |found: &Routed| found.answer.fit.is_some_and(|fit| fit.word == Word::None);
    served.iter().chain(unserved).all(|found| p(found).is_some()).then_some(())?;
    let part = |n: usize, of: usize| (n as f64 / of.max(1) as f64 * 1e4).round() / 1e4;
    let curve: Vec<Value> = (1..20)
        .map(|step| {
            let least = step as f32 / 20.0;
            let shown = |found: &&Routed| p(found) >= Some(least);
            json!({
                "p": f64::from(step) / 20.0,
                "right_kept": part(served.iter().filter(shown).filter(|found| right(found)).count(), n_right),
                "unserved_shown": part(unserved.iter().filter(shown).count(), unserved.len()),
            })
        })
        .collect();
    Some(json!({
        "n_unserved": unserved.len(),
        "unserved_none": part(unserved.iter().filter(|found| says_none(found)).count(), unserved.len()),
        "right_lost": part(served.iter().filter(|found| right(found) && says_none(found)).count(), n_right),
        "curve": curve,
    }))
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

/// `reasons`: why answers are less than was asked for, with the number of queries.
fn report(
    args: &EvalArgs,
    router: &Router,
    found: &[Routed],
    reasons: &BTreeMap<&str, usize>,
    abstention: Option<Value>,
    ms_per_query: f64,
) {
    let rows: Vec<&Map<String, Value>> = found.iter().map(|found| &found.metrics).collect();
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
            say!("{name:12} {value}{interval}");
        }
        if let Some(abstention) = abstention {
            say!("share of \"none\" among tasks that no skill serves: {}", abstention["unserved_none"]);
            say!("share of \"none\" among right first routes: {}", abstention["right_lost"]);
        }
        return;
    }
    if let Some(abstention) = abstention {
        report.insert("abstention".to_owned(), abstention);
    }
    if !reasons.is_empty() {
        report.insert("reasons".to_owned(), json!(reasons));
    }
    report.insert("interval_95".to_owned(), Value::Object(intervals));
    say!("{}", Value::Object(report));
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
    let found: Vec<Query> = read_tasks(queries)?
        .into_iter()
        .filter_map(|(qid, text)| grades.get(&qid).cloned().map(|grades| Query { qid, text, grades }))
        .collect();
    if found.is_empty() {
        bail!("no query of {} has a right answer in {}", queries.display(), qrels.display());
    }
    Ok(found)
}

/// The qid and text of each line.
fn read_tasks(path: &Path) -> Result<Vec<(String, String)>> {
    #[derive(Deserialize)]
    struct Line {
        #[serde(alias = "task_id")]
        qid: String,
        #[serde(alias = "instruction_text")]
        text: String,
    }
    let text = String::from_utf8(read(path)?).with_context(|| format!("{} is not UTF-8", path.display()))?;
    let mut seen = HashSet::new();
    let mut tasks = Vec::new();
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let place = || format!("{}:{}", path.display(), number + 1);
        let Line { qid, text } = serde_json::from_str(line).with_context(place)?;
        if !seen.insert(qid.clone()) {
            bail!("{}: query {qid} is there twice", place());
        }
        if text.trim().is_empty() {
            bail!("{}: query {qid} is empty", place());
        }
        tasks.push((qid, text));
    }
    Ok(tasks)
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
