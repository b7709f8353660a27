//! The starter catalogue: its skills are sound, and its own queries find them.

use std::{
    collections::{HashMap, HashSet},
    fs,
    path::{Path, PathBuf},
};

use crate::support::{Workspace, default_model};
use serde_json::{Value, json};
use skillrouter::skill::{SkillFile, Validator};

fn catalogue() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("catalogues/starter")
}

fn skills() -> Vec<(String, SkillFile)> {
    let mut skills: Vec<(String, SkillFile)> = fs::read_dir(catalogue())
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            let file = SkillFile::parse(&name, &fs::read(path.join("SKILL.md")).unwrap()).unwrap();
            (name, file)
        })
        .collect();
    skills.sort_by(|a, b| a.0.cmp(&b.0));
    skills
}

fn queries(name: &str) -> Vec<(String, bool)> {
    let file = fs::read(catalogue().join(name).join("evals/eval_queries.json")).unwrap();
    let queries: Vec<Value> = serde_json::from_slice(&file).unwrap();
    let query =
        |query: &Value| (query["query"].as_str().unwrap().to_owned(), query["should_trigger"].as_bool().unwrap());
    queries.iter().map(query).collect()
}

#[test]
fn skills_are_valid_and_of_the_promised_size() {
    let skills = skills();
    assert!(skills.len() >= 150, "{} skills", skills.len());
    let mut fields: HashMap<String, usize> = HashMap::new();
    for (name, file) in &skills {
        let findings = file.lint();
        let objections: Vec<_> = findings.iter().filter(|finding| finding.validator != Validator::Advice).collect();
        assert!(objections.is_empty(), "{name}: {objections:?}");
        let n_words = file.skill.body.split_whitespace().count();
        assert!((150..=600).contains(&n_words), "{name}: {n_words} words");
        assert_eq!(file.skill.license, "Apache-2.0", "{name}");
        *fields.entry(file.frontmatter["metadata"]["field"].as_str().unwrap().to_owned()).or_default() += 1;
        let queries = queries(name);
        assert!(queries.iter().filter(|query| query.1).count() >= 2, "{name}: two queries that should trigger");
        assert!(queries.iter().any(|query| !query.1), "{name}: a near miss");
    }
    assert!(fields.len() >= 15, "{fields:?}");
    let texts: HashSet<String> =
        skills.iter().flat_map(|(name, _)| queries(name)).map(|query| query.0.to_lowercase()).collect();
    assert_eq!(texts.len(), skills.iter().map(|(name, _)| queries(name).len()).sum::<usize>(), "queries are unique");
}

/// The router's own promise on these queries: the hybrid answers at least 85% of them with the right skill first, and
/// is no worse than either leg. (What reranking adds is in QUALITY.md; it would take minutes here.)
#[test]
fn the_catalogue_finds_itself() {
    let workspace = Workspace::new();
    let model = default_model();
    let model = model.to_str().unwrap();
    workspace.ok(&["index", catalogue().to_str().unwrap(), "--out", "index", "--model", model]);
    let (mut lines, mut qrels) = (String::new(), String::new());
    for (name, _) in skills() {
        for (i, (text, _)) in queries(&name).iter().enumerate().filter(|(_, query)| query.1) {
            lines += &format!("{}\n", json!({"qid": format!("{name}-{i}"), "text": text}));
            qrels += &format!("{name}-{i}\t{name}\t1\n");
        }
    }
    workspace.write("queries.jsonl", lines);
    workspace.write("qrels.tsv", qrels);
    let hit = |mode: &str| {
        let report = workspace.json(&[
            "eval",
            "--index",
            "index",
            "--model",
            model,
            "--queries",
            "queries.jsonl",
            "--qrels",
            "qrels.tsv",
            "--mode",
            mode,
            "--rerank",
            "0",
            "--json",
        ]);
        report["hit@1"].as_f64().unwrap()
    };
    let (lexical, dense, hybrid) = (hit("lexical"), hit("dense"), hit("hybrid"));
    println!("hit@1: lexical {lexical}, dense {dense}, hybrid {hybrid}");
    assert!(hybrid >= 0.85, "hybrid {hybrid}");
    assert!(hybrid >= lexical.max(dense), "hybrid {hybrid}, lexical {lexical}, dense {dense}");
}
