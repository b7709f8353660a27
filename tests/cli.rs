//! The program as a black box, in a temporary folder, with a tiny random model.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    process::Stdio,
};

use flate2::{Compression, write::GzEncoder};
use serde_json::{Value, json};

use crate::support::Workspace;

const SKILLS: [(&str, &str, &str); 4] = [
    ("pdf-merge", "Join PDF files into one.", "# Merge\n\nAsk for the order, then join."),
    ("receipts-to-spreadsheet", "Turn receipts into a spreadsheet.", "Read each receipt and write a row."),
    ("unit-tests", "Write unit tests for a function.", "One behaviour a test; name what breaks."),
    ("trip-plan", "Plan a trip day by day.", "Ask for dates, budget and who travels."),
];

fn line(name: &str, license: &str) -> String {
    let (name, description, body) = SKILLS.into_iter().find(|skill| skill.0 == name).unwrap();
    let id = format!("example/{name}");
    json!({"id": id, "name": name, "description": description, "body": body, "license": license, "source": "example/skills"}).to_string()
}

fn lines(names: &[&str]) -> String {
    names.iter().map(|name| line(name, "MIT") + "\n").collect()
}

fn all_names() -> Vec<&'static str> {
    SKILLS.iter().map(|skill| skill.0).collect()
}

/// A workspace with a model and an index of [`SKILLS`].
fn indexed() -> Workspace {
    let workspace = Workspace::with_model(8);
    workspace.write("skills.jsonl", lines(&all_names()));
    workspace.ok(&["index", "skills.jsonl", "--out", "index", "--model", "model"]);
    workspace
}

#[test]
fn every_kind_of_source_is_read_and_broken_files_are_named() {
    let workspace = Workspace::with_model(8);
    workspace.write_skills(&SKILLS);
    workspace.write("skills/.gitignore", "ignored/\n");
    workspace.write("skills/ignored/SKILL.md", "---\nname: ignored\ndescription: no\n---\nno");
    workspace.write("skills/.claude/skills/hidden-one/SKILL.md", "---\nname: hidden-one\ndescription: yes\n---\nyes");
    workspace.write("skills/binary/SKILL.md", b"\x00\x01\x02");
    workspace.write("skills/empty/SKILL.md", "");
    workspace.write("skills/bare/SKILL.md", "Just text, without front matter.");
    let broken = format!("{}\nnot json\n\n{{\"id\": \"x\"}}\n{}\n", line("pdf-merge", "MIT"), line("pdf-merge", "MIT"));
    workspace.write("broken.jsonl", broken);
    let gz = {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(line("trip-plan", "MIT").as_bytes()).unwrap();
        encoder.finish().unwrap()
    };
    workspace.write("more.jsonl.gz", gz);
    let mut zip = zip::ZipWriter::new(fs::File::create(workspace.path("some.zip")).unwrap());
    zip.start_file("zipped/SKILL.md", zip::write::SimpleFileOptions::default()).unwrap();
    zip.write_all(b"---\nname: zipped\ndescription: from a zip\n---\nbody").unwrap();
    zip.finish().unwrap();

    let sources = ["index", "skills", "broken.jsonl", "more.jsonl.gz", "some.zip"];
    let output = workspace.run(&[&sources[..], &["--out", "index", "--model", "model", "--json"]].concat());
    let stderr = String::from_utf8(output.stderr).unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    // 4 + hidden + bare, 1 of the lines, 1 packed, 1 zipped.
    assert_eq!(report["n_skills"], 9, "{stderr}");
    // binary, empty, two bad lines, one double, one ignored.
    let skipped = json!({"encoding": 1, "empty": 1, "not-json": 1, "no-text": 1, "copy": 1, "ignored": 1});
    assert_eq!((&report["n_skipped"], &report["skipped"]), (&json!(6), &skipped), "{stderr}");
    for part in [
        "binary/SKILL.md: it is binary",
        "empty/SKILL.md: it is empty",
        "broken.jsonl:2: ",
        "broken.jsonl:4: ",
        "broken.jsonl:5: it is a copy of broken.jsonl:1",
        "ignored/SKILL.md: skills/.gitignore hides it",
    ] {
        assert!(stderr.contains(part), "{part} in {stderr}");
    }
    assert!(report["bytes"]["total"].as_u64().unwrap() > report["bytes"]["vectors"].as_u64().unwrap());
    assert!(report["skills_per_s"].as_f64().unwrap() > 0.0);
}

#[test]
fn sources_that_are_none_are_errors_that_help() {
    let workspace = Workspace::with_model(8);
    workspace.write("notes/readme.md", "nothing");
    workspace.write("skills.txt", "nothing");
    workspace.write("cut.jsonl.gz", b"\x1f\x8b\x08\x00\x00");
    workspace.write("no.zip", "PK?");
    let check = |source: &str, words: &str| {
        let message = workspace.fails(2, &["index", source, "--out", "index", "--model", "model"]);
        assert!(message.contains(words), "{source}: {message}");
        assert!(!workspace.path("index").exists());
    };
    check("notes", "a skill is a folder with a SKILL.md");
    check("nowhere", "does not exist");
    check("skills.txt", "is not a folder, .jsonl");
    check("cut.jsonl.gz", "cut off");
    check("no.zip", "not a zip file");
    let message = workspace.fails(2, &["index", "notes", "--out", "index", "--model", "nothing"]);
    assert!(message.contains("skillrouter fetch-model"), "{message}");
}

#[test]
fn routes_have_the_promised_shape_and_exit_codes() {
    let workspace = indexed();
    fn route<'a>(args: &[&'a str]) -> Vec<&'a str> {
        [&["route", "--index", "index", "--model", "model"], args].concat()
    }
    let answer = workspace.json(&route(&["--json", "--top", "2", "turn these receipts into a spreadsheet"]));
    assert_eq!((answer["stage"].as_str(), answer["device"]["kind"].as_str()), (Some("retrieved"), Some("cpu")));
    let routes = answer["routes"].as_array().unwrap();
    assert_eq!(routes.len(), 2);
    assert_eq!(routes[0]["id"], "example/receipts-to-spreadsheet");
    assert_eq!(routes[0]["source"], "example/skills");
    for key in ["name", "description", "score"] {
        assert!(!routes[0][key].is_null(), "{key}");
    }
    assert!(answer["timings_ms"].is_object());

    let lexical = workspace.json(&route(&["--json", "--mode", "lexical", "unit tests"]));
    assert_eq!(
        (lexical["stage"].as_str(), lexical["routes"][0]["name"].as_str()),
        (Some("lexical"), Some("unit-tests"))
    );
    // The model is not even opened.
    workspace.ok(&["route", "--index", "index", "--model", "nowhere", "--mode", "lexical", "unit tests"]);
    let named = workspace.json(&route(&["--json", "please use trip-plan for my pdf pdf pdf receipts"]));
    assert_eq!(named["routes"][0]["name"], "trip-plan");

    // A task through a pipe.
    let piped = |task: &[&str]| {
        let args = route(&[&["--mode", "lexical", "--json"], task].concat());
        let output = feed(&workspace, &args, "  plan a trip\nto Rome\n");
        let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
        answer["routes"][0]["name"].clone()
    };
    assert_eq!(
        (piped(&[]), piped(&["-"]), piped(&["unit tests"])),
        (json!("trip-plan"), json!("trip-plan"), json!("unit-tests"))
    );
    assert!(workspace.fails(2, &route(&["-unit tests"])).contains("'-- -"));

    let nothing = workspace.run(&route(&["--mode", "lexical", "zzzz qqqq"]));
    assert_eq!(nothing.status.code(), Some(1));
    assert!(String::from_utf8(nothing.stdout).unwrap().contains("nothing matches"));
    assert!(workspace.fails(2, &route(&["  "])).contains("the task is empty"));
    assert!(workspace.fails(2, &route(&["--search", "hnsw", "pdf"])).contains("--hnsw"));
    workspace.ok(&route(&["--json", &"merge the files ".repeat(8000)]));
    assert!(workspace.fails(2, &["route", "--index", "nowhere", "pdf"]).contains("skillrouter index"));
}

#[test]
fn an_index_of_another_model_says_so() {
    let workspace = indexed();
    workspace.quantize("tiny-bert-cls", "other", 8);
    workspace.quantize("tiny-bert-mean", "more-bits", 32);
    for model in ["other", "more-bits"] {
        let message = workspace.fails(2, &["route", "--index", "index", "--model", model, "pdf"]);
        assert!(message.contains("index was built for encoder model") && message.contains("rebuild it"), "{message}");
    }
    let append = ["index", "skills.jsonl", "--out", "index", "--append", "--model", "other"];
    assert!(workspace.fails(2, &append).contains("without --append"));
}

#[test]
fn two_builds_are_identical_whatever_the_order() {
    let workspace = indexed();
    let mut names = all_names();
    names.reverse();
    workspace.write("reversed.jsonl", lines(&names));
    workspace.ok(&["index", "reversed.jsonl", "--out", "again", "--model", "model"]);
    assert_eq!(workspace.files("index"), workspace.files("again"));
    for out in ["links-1", "links-2"] {
        workspace.ok(&["index", "skills.jsonl", "--out", out, "--model", "model", "--hnsw"]);
    }
    assert_eq!(workspace.files("links-1"), workspace.files("links-2"));
    let route = ["route", "--index", "links-1", "--model", "model", "--search", "hnsw", "--json", "join pdf files"];
    assert_eq!(workspace.json(&route)["routes"][0]["name"], "pdf-merge");
}

#[test]
fn append_gives_what_a_full_build_gives() {
    let workspace = indexed();
    workspace.write("first.jsonl", lines(&["pdf-merge", "unit-tests"]));
    workspace.write("rest.jsonl", lines(&["receipts-to-spreadsheet", "trip-plan"]));
    workspace.ok(&["index", "first.jsonl", "--out", "grown", "--model", "model"]);
    let report = workspace.json(&["index", "rest.jsonl", "--out", "grown", "--model", "model", "--append", "--json"]);
    assert_eq!(report["n_skills"], 4);
    assert_eq!(workspace.files("index"), workspace.files("grown"));
    assert_eq!(report["changes"], json!({"added": 2, "replaced": 0, "unchanged": 0, "removed": 0}));
    let changed = line("pdf-merge", "MIT").replace("Join", "Weld") + "\n" + &line("unit-tests", "MIT");
    workspace.write("changed.jsonl", changed);
    workspace.ok(&["index", "skills.jsonl", "--out", "other", "--model", "model"]);
    let again =
        ["index", "changed.jsonl", "--out", "other", "--model", "model", "--append", "--remove", "example/trip-plan"];
    let text = workspace.ok(&again);
    assert!(text.contains("added 0, replaced 1, removed 1; 1 were there already"), "{text}");
    let text = workspace.ok(&["index", "skills.jsonl", "--out", "other", "--model", "model"]);
    assert!(text.contains("it replaces an index of 3 skills"), "{text}");
    assert!(text.contains(" bytes  ") && !text.contains("0.00 MB"), "{text}");

    workspace.ok(&["index", "--out", "grown", "--model", "model", "--append", "--remove", "example/trip-plan"]);
    let routes =
        workspace.json(&["route", "--index", "grown", "--model", "model", "--json", "plan a trip"])["routes"].clone();
    assert!(routes.as_array().unwrap().iter().all(|route| route["name"] != "trip-plan"));
    let before = workspace.files("grown");
    let message =
        workspace.fails(2, &["index", "--out", "grown", "--model", "model", "--append", "--remove", "nobody"]);
    assert!(message.contains("the index has no skill of this id"), "{message}");
    assert_eq!(workspace.files("grown"), before);
}

#[test]
fn bodies_stay_out_where_they_must() {
    let workspace = Workspace::with_model(8);
    let text = line("pdf-merge", "MIT") + "\n" + &line("trip-plan", "Proprietary") + "\n";
    workspace.write("skills.jsonl", text);
    let bytes = |args: &[&str]| {
        let report =
            workspace.json(&[&["index", "skills.jsonl", "--model", "model", "--json", "--out"], args].concat());
        report["bytes"]["bodies"].as_u64().unwrap()
    };
    let all = bytes(&["all"]);
    assert_eq!(bytes(&["none", "--no-bodies"]), 0);
    let some = bytes(&["some", "--bodies-only", "mit"]);
    assert!(0 < some && some < all, "{some} of {all}");
    // What has no body is found by it all the same.
    let route = ["route", "--index", "none", "--model", "model", "--mode", "lexical", "--json", "budget"];
    assert_eq!(workspace.json(&route)["routes"][0]["name"], "trip-plan");
}

#[test]
fn a_failed_build_loses_nothing() {
    let workspace = indexed();
    let before = workspace.files("index");
    workspace.write("empty.jsonl", "\n");
    workspace.fails(2, &["index", "empty.jsonl", "--out", "index", "--model", "model"]);
    assert_eq!(workspace.files("index"), before);
    // A folder of other things is not replaced.
    workspace.write("precious/thesis.txt", "years of work");
    let message = workspace.fails(2, &["index", "skills.jsonl", "--out", "precious", "--model", "model"]);
    assert!(message.contains("holds other things"), "{message}");
    assert!(workspace.path("precious/thesis.txt").exists());
    // No space left: files may not grow beyond 512 bytes.
    let script = "trap '' XFSZ; ulimit -f 1; exec \"$0\" index skills.jsonl --out index --model model";
    let output = std::process::Command::new("bash")
        .args(["-c", script, env!("CARGO_BIN_EXE_skillrouter")])
        .current_dir(workspace.path(""))
        .output()
        .unwrap();
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{message}");
    assert!(message.contains("is there space left"), "{message}");
    assert_eq!(workspace.files("index"), before);
    let left: Vec<String> = fs::read_dir(workspace.path(""))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with(".skillrouter"))
        .collect();
    assert_eq!(left, Vec::<String>::new());
}

#[test]
fn folders_of_others_are_never_replaced() {
    let workspace = indexed();
    let listing = r#"{"skills": [{"name": "tide-table", "files": ["SKILL.md"]}]}"#;
    let shown = ["{\"routes\": [\"/\"]}", listing, "[]", "", "not json", "{\"format\": \"skillrouter-model\"}"];
    for (number, foreign) in shown.into_iter().enumerate() {
        let out = format!("site-{number}");
        workspace.write(&format!("{out}/index.json"), foreign);
        workspace.write(&format!("{out}/tide-table/SKILL.md"), "the only copy");
        let more: [&[&str]; 2] = [&[], &["--append"]];
        for more in more {
            let message =
                workspace.fails(2, &[&["index", "skills.jsonl", "--out", &out, "--model", "model"], more].concat());
            assert!(message.lines().count() == 1, "{message}");
            let remedy = if more.is_empty() { "choose another --out" } else { "check the path" };
            assert!(message.contains(remedy) || message.contains("damaged"), "{message}");
        }
        assert_eq!(fs::read_to_string(workspace.path(&format!("{out}/index.json"))).unwrap(), foreign);
        assert_eq!(fs::read_to_string(workspace.path(&format!("{out}/tide-table/SKILL.md"))).unwrap(), "the only copy");
    }
    workspace.write("file", "text");
    assert!(
        workspace.fails(2, &["index", "skills.jsonl", "--out", "file", "--model", "model"]).contains("not a folder")
    );
}

#[test]
fn what_lies_beside_an_index_stays() {
    let workspace = indexed();
    let full = workspace.files("index");
    workspace.write("index/CNAME", "example.org");
    workspace.write("index/assets/logo.svg", "<svg/>");
    workspace.write("one.jsonl", line("pdf-merge", "MIT"));
    workspace.ok(&["index", "one.jsonl", "--out", "index", "--model", "model"]);
    workspace.ok(&["index", "skills.jsonl", "--out", "index", "--model", "model", "--append"]);
    assert_eq!(fs::read_to_string(workspace.path("index/assets/logo.svg")).unwrap(), "<svg/>");
    assert_eq!(fs::read_to_string(workspace.path("index/CNAME")).unwrap(), "example.org");
    fs::remove_dir_all(workspace.path("index/assets")).unwrap();
    fs::remove_file(workspace.path("index/CNAME")).unwrap();
    // Nothing is left of the smaller index either.
    assert_eq!(workspace.files("index"), full);
}

#[cfg(unix)]
#[test]
fn an_out_that_is_a_link_stays_one() {
    let workspace = indexed();
    fs::create_dir(workspace.path("released")).unwrap();
    std::os::unix::fs::symlink("released", workspace.path("current")).unwrap();
    for _ in 0..2 {
        workspace.ok(&["index", "skills.jsonl", "--out", "current", "--model", "model"]);
        assert!(workspace.path("current").is_symlink());
        assert_eq!(workspace.files("released"), workspace.files("index"));
    }
    std::os::unix::fs::symlink("nowhere", workspace.path("lost")).unwrap();
    let message = workspace.fails(2, &["index", "skills.jsonl", "--out", "lost", "--model", "model"]);
    assert!(message.contains("leads nowhere"), "{message}");
}

/// Whenever the program is killed, the folder is a whole index, the old one or the new one.
#[cfg(unix)]
#[test]
fn an_index_is_whole_whenever_its_build_is_killed() {
    let workspace = indexed();
    let many: String = (0..300)
        .map(|n| {
            json!({"id": n.to_string(), "name": format!("skill-{n}"), "description": "Joins.", "body": "x"}).to_string()
                + "\n"
        })
        .collect();
    workspace.write("many.jsonl", many);
    let mut n_skills = std::collections::BTreeSet::new();
    for wait_ms in (0..400).step_by(20) {
        let source = if wait_ms % 40 == 0 { "many.jsonl" } else { "skills.jsonl" };
        let mut child = workspace
            .command(&["index", source, "--out", "index", "--model", "model"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(std::time::Duration::from_millis(wait_ms));
        child.kill().unwrap();
        child.wait().unwrap();
        let answer = workspace.json(&["route", "--index", "index", "--mode", "lexical", "--json", "join"]);
        n_skills.insert(answer["routes"].as_array().unwrap().len());
    }
    assert!(!n_skills.is_empty());
    workspace.ok(&["index", "skills.jsonl", "--out", "index", "--model", "model"]);
}

/// A name that is a word of every task is found, and fits.
#[test]
fn a_named_skill_fits() {
    let workspace = Workspace::with_model(8);
    workspace.write_skills(&[
        ("R", "Statistics in a language of its own.", "Plot and fit."),
        ("do", "Runs the list of the day.", "Take the next one."),
        SKILLS[0],
        SKILLS[1],
    ]);
    let weights = json!({"dense": 0.0, "coverage": 20.0, "lexical": 0.0, "margin": 0.0, "rerank": 0.0});
    let never = json!({"bias": -40.0, "weights": weights, "words": {"weak": 0.2, "likely": 0.5, "strong": 0.8}});
    workspace.write("never.json", never.to_string());
    workspace.ok(&["adjust", "model", "--calibration", "never.json"]);
    workspace.ok(&["index", "skills", "--out", "index", "--model", "model"]);
    for task in ["R", "do", "pdf-merge", "now pdf-merge please"] {
        let answer = workspace.json(&["route", "--index", "index", "--model", "model", "--json", task]);
        assert_eq!(answer["fit"]["word"], "likely", "{task}: {answer}");
    }
    workspace.fails(1, &["route", "--index", "index", "--model", "model", "statistics and lists"]);
}

#[test]
fn eval_reads_both_formats() {
    let workspace = indexed();
    workspace.write("queries.jsonl", "{\"qid\": \"a\", \"text\": \"join pdf files\"}\n{\"qid\": \"b\", \"text\": \"unit tests\"}\n{\"qid\": \"c\", \"text\": \"not judged\"}\n");
    workspace.write("qrels.tsv", "a\texample/pdf-merge\t1\nb\texample/trip-plan\t1\n");
    let eval = |queries: &str, qrels: &str| {
        workspace.json(&[
            "eval",
            "--index",
            "index",
            "--model",
            "model",
            "--queries",
            queries,
            "--qrels",
            qrels,
            "--mode",
            "lexical",
            "--json",
        ])
    };
    let report = eval("queries.jsonl", "qrels.tsv");
    assert_eq!((report["n_queries"].as_u64(), report["n_skills"].as_u64()), (Some(2), Some(4)));
    assert_eq!(report["hit@1"], 0.5);
    for key in ["mrr@10", "ndcg@10", "recall@10", "recall@20", "recall@50", "coverage@10", "ms_per_query"] {
        assert!(report[key].is_f64(), "{key}: {report}");
    }
    workspace.write("tasks.jsonl", "{\"task_id\": \"t\", \"instruction_text\": \"join pdf files\"}\n{\"task_id\": \"g\", \"instruction_text\": \"anything\"}\n");
    let relevance = json!({
        "t": {"core_gt_ids": ["example/pdf-merge"], "relevance": {"example/pdf-merge": 3}, "task_type": "single"},
        "g": {"core_gt_ids": ["example/pdf-merge"], "relevance": {}, "task_type": "generic_only"},
    });
    workspace.write("relevance.json", relevance.to_string());
    let report = eval("tasks.jsonl", "relevance.json");
    assert_eq!((report["n_queries"].as_u64(), report["hit@1"].as_f64()), (Some(1), Some(1.0)));
    workspace.write("bad.tsv", "a example/pdf-merge 1\n");
    let bad = ["eval", "--index", "index", "--model", "model", "--queries", "queries.jsonl", "--qrels", "bad.tsv"];
    assert!(workspace.fails(2, &bad).contains("bad.tsv:1"));
}

/// A calibration by which a skill that covers the words of the task fits, and nothing else does.
fn by_coverage() -> String {
    let weights = json!({"dense": 0.0, "coverage": 20.0, "lexical": 0.0, "margin": 0.0, "rerank": 0.0});
    json!({"bias": -4.0, "weights": weights, "words": {"weak": 0.2, "likely": 0.5, "strong": 0.8}}).to_string()
}

#[test]
fn adjust_changes_how_scores_are_used_and_nothing_else() {
    let workspace = indexed();
    workspace.quantize("tiny-bert-pair", "reader", 32);
    workspace.write("calibration.json", by_coverage());
    let hash = |manifest: &str| -> Value {
        let manifest: Value = serde_json::from_slice(&std::fs::read(workspace.path(manifest)).unwrap()).unwrap();
        json!([manifest["encoder"], manifest["files"]])
    };
    let before = hash("index/index.json");
    let route = |task: &str| ["route", "--index", "index", "--model", "model", "--json", task].map(str::to_owned);
    let answer = |code: i32, task: &str| -> Value {
        let args = route(task);
        let output = workspace.run(&args.each_ref().map(String::as_str));
        assert_eq!(output.status.code(), Some(code), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    };
    assert_eq!(
        (&answer(0, "join pdf files")["fit"], &answer(0, "join pdf files")["stage"]),
        (&Value::Null, &json!("retrieved"))
    );

    workspace.ok(&["adjust", "index", "--dense-weight", "0.1", "--calibration", "calibration.json"]);
    assert_eq!(answer(0, "join pdf files")["fit"]["word"], "strong");
    let text = workspace.ok(&["route", "--index", "index", "--model", "model", "join pdf files"]);
    assert!(text.starts_with("the first fits well"), "{text}");
    let none = answer(1, "qwertz asdf");
    assert_eq!(none["fit"]["word"], "none");
    assert!(!none["routes"].as_array().unwrap().is_empty(), "the nearest are still there");
    let text = workspace.run(&["route", "--index", "index", "--model", "model", "qwertz asdf"]);
    assert!(String::from_utf8(text.stdout).unwrap().starts_with("nothing here seems to fit"));

    // The reranker that the index names stands beside the model, and is used unless one says otherwise.
    workspace.ok(&["adjust", "index", "--reranker", "reader", "--rerank", "2"]);
    let reranked = answer(0, "join pdf files");
    assert_eq!((&reranked["stage"], &reranked["fit"]), (&json!("reranked"), &Value::Null));
    let n_read = reranked["routes"].as_array().unwrap().iter().filter(|route| route["rerank_score"].is_f64()).count();
    assert_eq!(n_read, 2);
    // Not for longer tasks than it is good for, unless one asks for it.
    workspace.ok(&["adjust", "index", "--reranker", "reader", "--rerank", "2", "--longest-query", "14"]);
    assert_eq!(answer(0, " join pdf files ")["stage"], "reranked");
    assert_eq!(answer(0, "join pdf files!")["stage"], "retrieved");
    let long = ["route", "--index", "index", "--model", "model", "--json", "join pdf files!"];
    assert_eq!(workspace.json(&[&long[..], &["--rerank", "2"]].concat())["stage"], "reranked");
    workspace.ok(&["adjust", "reader", "--retrieval-weight", "100", "--calibration", "calibration.json"]);
    assert_eq!(answer(0, "join pdf files")["fit"]["word"], "strong");
    let without =
        workspace.json(&["route", "--index", "index", "--model", "model", "--rerank", "0", "--json", "join pdf files"]);
    assert_eq!(without["stage"], "retrieved");
    std::fs::rename(workspace.path("reader"), workspace.path("elsewhere")).unwrap();
    assert_eq!(answer(0, "join pdf files")["stage"], "retrieved");
    assert_eq!(hash("index/index.json"), before);

    // A model hands its own on to the indexes that are built with it.
    workspace.ok(&["adjust", "model", "--calibration", "calibration.json"]);
    workspace.ok(&["index", "skills.jsonl", "--out", "index", "--model", "model"]);
    assert_eq!(answer(0, "join pdf files")["fit"]["word"], "strong");

    workspace.write("broken.json", "{}");
    assert!(workspace.fails(2, &["adjust", "index", "--calibration", "broken.json"]).contains("broken.json"));
    assert!(workspace.fails(2, &["adjust", "elsewhere", "--dense-weight", "1"]).contains("is a reranker"));
    assert!(workspace.fails(2, &["adjust", "model", "--retrieval-weight", "1"]).contains("does not rerank"));
    assert!(workspace.fails(2, &["adjust", "."]).contains("neither"));
}

#[test]
fn an_encoder_that_was_made_for_it_reranks_what_it_found() {
    let workspace = indexed();
    workspace.quantize("tiny-bert-late", "both", 32);
    workspace.write("calibration.json", by_coverage());
    workspace.ok(&["adjust", "both", "--reranker", "both", "--rerank", "2", "--retrieval-weight", "3"]);
    workspace.ok(&["adjust", "both", "--rerank-calibration", "calibration.json"]);
    workspace.ok(&["index", "skills.jsonl", "--out", "late", "--model", "both"]);
    let answer = workspace.json(&["route", "--index", "late", "--model", "both", "--json", "join pdf files"]);
    assert_eq!((&answer["stage"], &answer["fit"]["word"]), (&json!("reranked"), &json!("strong")));
    let routes = answer["routes"].as_array().unwrap();
    assert!(routes[..2].iter().all(|route| route["rerank_score"].is_f64() && route["retrieval_rank"].is_u64()));
    let number = |key: &str| routes[0][key].as_f64().unwrap();
    assert!((number("score") - number("rerank_score") - 3.0 * number("retrieval_score")).abs() < 1e-4);
    workspace.ok(&["verify", "both"]);

    // An encoder that was not made for it is no reranker.
    let refused = workspace.fails(2, &["route", "--index", "late", "--model", "both", "--reranker", "model", "join"]);
    assert!(refused.contains("a reranker is needed"), "{refused}");
    assert!(
        workspace.fails(2, &["adjust", "late", "--rerank-calibration", "calibration.json"]).contains("does not rerank")
    );
}

#[test]
fn eval_measures_abstention_and_writes_what_it_found() {
    let workspace = indexed();
    workspace.write("calibration.json", by_coverage());
    workspace.ok(&["adjust", "index", "--calibration", "calibration.json"]);
    workspace.write("queries.jsonl", "{\"qid\": \"a\", \"text\": \"join pdf files\"}\n");
    workspace.write("qrels.tsv", "a\texample/pdf-merge\t1\n");
    workspace.write("none.jsonl", "{\"qid\": \"n\", \"text\": \"qwertz asdf\"}\n{\"qid\": \"m\", \"text\": \"pdf\"}\n");
    let args = "eval --index index --model model --queries queries.jsonl --qrels qrels.tsv --nothing-fits none.jsonl --run run.jsonl --json";
    let report = workspace.json(&args.split(' ').collect::<Vec<_>>());
    let abstention = &report["abstention"];
    assert_eq!((&report["n_queries"], &report["hit@1"]), (&json!(1), &json!(1.0)));
    assert_eq!(
        (&abstention["n_unserved"], &abstention["unserved_none"], &abstention["right_lost"]),
        (&json!(2), &json!(0.5), &json!(0.0))
    );
    assert_eq!(abstention["curve"].as_array().unwrap().len(), 19);
    let run = std::fs::read_to_string(workspace.path("run.jsonl")).unwrap();
    let rows: Vec<Value> = run.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(rows.iter().map(|row| row["qid"].as_str().unwrap()).collect::<Vec<_>>(), ["a", "n", "m"]);
    assert_eq!((&rows[0]["fit"]["word"], &rows[0]["routes"][0]["id"]), (&json!("strong"), &json!("example/pdf-merge")));
    for key in ["dense", "coverage", "lexical", "margin", "rerank"] {
        assert!(rows[0]["evidence"][key].is_f64(), "{key}");
    }
}

#[test]
fn quantize_takes_a_contract_and_keeps_the_card() {
    let workspace = Workspace::new();
    let source = crate::support::fixture_path("tiny-bert-pair");
    for entry in std::fs::read_dir(&source).unwrap() {
        let path = entry.unwrap().path();
        workspace.write(&format!("hf/{}", path.file_name().unwrap().to_str().unwrap()), std::fs::read(&path).unwrap());
    }
    let document =
        json!({"template": "{name}: {description}", "description_max_chars": 7, "body_max_chars": 0, "max_tokens": 20});
    let fast = json!({"description_max_chars": 3, "body_max_chars": 0});
    let contract = json!({"query_max_chars": 50, "document": document, "fast": fast, "form": "pair"});
    workspace.write("hf/contract.json", contract.to_string());
    workspace.ok(&["quantize", "hf", "--out", "reader", "--bits", "32"]);
    let before = workspace.files("reader");
    workspace.write("reader/README.md", "a card");
    let whole = workspace.json(&["quantize", "hf", "--out", "reader", "--json"]);
    let manifest: Value = serde_json::from_slice(&std::fs::read(workspace.path("reader/model.json")).unwrap()).unwrap();
    assert_eq!(manifest["contract"], contract);
    assert_eq!(std::fs::read_to_string(workspace.path("reader/README.md")).unwrap(), "a card");
    assert_eq!(workspace.files("reader").len(), before.len() + 1, "the old files went");
    // A model.json of something else is not replaced.
    workspace.write("app/model.json", "{\"layers\": []}");
    assert!(workspace.fails(2, &["quantize", "hf", "--out", "app"]).contains("is not a model of skillrouter"));
    let mixed = workspace.json(&["quantize", "hf", "--out", "mixed", "--table-bits", "4", "--json"]);
    assert!(mixed["bytes"].as_u64() < whole["bytes"].as_u64(), "{mixed} {whole}");
    workspace.write("hf/contract.json", "{\"query_max_chars\": 50}");
    assert!(workspace.fails(2, &["quantize", "hf", "--out", "other"]).contains("contract.json"));
}

#[test]
fn embed_prints_one_vector_a_line() {
    let workspace = Workspace::with_model(8);
    let embed = |args: &[&str], input: &str| -> Vec<String> {
        let mut child = workspace
            .command(&[&["embed", "--model", "model"], args].concat())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
    };
    let rows = embed(&["--kind", "query", "--json"], "merge the files\n\nmerge the files\n");
    assert_eq!(rows.len(), 3);
    assert_eq!(rows[0], rows[2]);
    let row: Value = serde_json::from_str(&rows[0]).unwrap();
    let length: f64 = row["vector"].as_array().unwrap().iter().map(|x| x.as_f64().unwrap().powi(2)).sum();
    assert!((length - 1.0).abs() < 1e-5);
    assert_eq!(embed(&["--kind", "document"], "a")[0].split(' ').count(), 48);
}

/// Runs a program that reads standard input.
fn feed(workspace: &Workspace, args: &[&str], input: &str) -> std::process::Output {
    let mut command = workspace.command(args);
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

#[test]
fn rerank_prints_scores_in_the_order_of_the_documents() {
    let workspace = Workspace::new();
    workspace.quantize("tiny-bert-pair", "reranker", 8);
    let rerank = |input: &str, more: &[&str]| {
        feed(&workspace, &[&["rerank", "--model", "reranker", "--json"], more].concat(), input)
    };
    let scores = |output: &std::process::Output, line: usize| -> Vec<f64> {
        let text = String::from_utf8(output.stdout.clone()).unwrap();
        let line: Value = serde_json::from_str(text.lines().nth(line).unwrap()).unwrap();
        line["scores"].as_array().unwrap().iter().map(|score| score.as_f64().unwrap()).collect()
    };
    let documents = r#"["merge the files", "turn", {"name": "a", "description": "merge", "body": "the files"}, "a | merge | the files"]"#;
    let line = format!("{{\"query\": \"merge\", \"documents\": {documents}}}\n");
    let both = rerank(&format!("{line}{{\"query\": \"merge\", \"documents\": []}}\n"), &[]);
    assert!(both.status.success(), "{}", String::from_utf8_lossy(&both.stderr));
    let of_cpu = scores(&both, 0);
    assert_eq!((of_cpu.len(), scores(&both, 1).len()), (4, 0));
    assert_eq!(of_cpu[2], of_cpu[3], "parts become the text of the contract");
    assert_ne!(of_cpu[0], of_cpu[1]);
    for (cpu, gpu) in of_cpu.iter().zip(scores(&rerank(&line, &["--device", "gpu"]), 0)) {
        // The CPU rounds activations to 16 bits.
        assert!((cpu - gpu).abs() < 1e-2, "{cpu} on the CPU, {gpu} on the GPU");
    }

    let check = |input: &str, words: &str| {
        let output = rerank(input, &[]);
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(2) && message.contains(words), "{message}");
    };
    check("merge\n", "line 1 is not");
    check("{\"query\": \" \", \"documents\": [\"a\"]}\n", "the task is empty");
    workspace.quantize("tiny-bert-mean", "encoder", 8);
    let output = feed(&workspace, &["rerank", "--model", "encoder"], &line);
    assert!(String::from_utf8_lossy(&output.stderr).contains("is an encoder where a reranker is needed"));
}

#[test]
fn route_and_eval_take_a_reranker() {
    let workspace = indexed();
    workspace.quantize("tiny-bert-pair", "reranker", 8);
    let args = ["route", "--index", "index", "--model", "model", "--reranker", "reranker", "--rerank", "5", "--json"];
    let answer = workspace.json(&[&args[..], &["--top", "3", "merge files"]].concat());
    assert_eq!((answer["stage"].as_str(), answer["routes"].as_array().unwrap().len()), (Some("reranked"), 3));
    let routes = answer["routes"].as_array().unwrap();
    let numbers = |key: &str| routes.iter().map(|route| route[key].as_f64().unwrap()).collect::<Vec<_>>();
    assert!(numbers("rerank_score").windows(2).all(|pair| pair[0] >= pair[1]), "{answer}");
    assert!(numbers("retrieval_rank").iter().all(|rank| (1.0..=5.0).contains(rank)), "{answer}");
    assert!(answer["timings_ms"]["rerank"].is_number());
    // With all the weight on retrieval, its order stays.
    let kept = workspace.json(&[&args[..], &["--retrieval-weight", "1e6", "merge files"]].concat());
    let ranks: Vec<f64> =
        kept["routes"].as_array().unwrap().iter().map(|r| r["retrieval_rank"].as_f64().unwrap()).collect();
    assert!(ranks.is_sorted(), "{kept}");

    workspace.write("queries.jsonl", "{\"qid\": \"1\", \"text\": \"merge files\"}\n");
    workspace.write("qrels.tsv", "1\texample/pdf-merge\t1\n");
    let eval = ["eval", "--index", "index", "--model", "model", "--queries", "queries.jsonl", "--qrels", "qrels.tsv"];
    let report = workspace.json(&[&eval[..], &["--json", "--reranker", "reranker", "--rerank", "5"]].concat());
    assert_eq!(report["n_queries"], 1);
    let message = workspace.fails(2, &[&eval[..], &["--documents", "fast"]].concat());
    assert!(message.contains("--reranker"), "{message}");
}

#[test]
fn lint_shows_both_verdicts() {
    let workspace = Workspace::new();
    workspace.write_skills(&SKILLS[..1]);
    assert!(workspace.ok(&["lint", "skills"]).contains("1 skills, 0 with objections"));
    workspace.write("skills/odd/SKILL.md", "---\nname: odd\ndescription: a <b>\nversion: 1\n---\nbody");
    let output = workspace.run(&["lint", "skills", "--json"]);
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stdout).unwrap();
    let odd = text.lines().find(|line| line.contains("odd")).unwrap();
    let odd: Value = serde_json::from_str(odd).unwrap();
    assert_eq!(odd["accepts"], json!({"reference": false, "ascii": false}));
}

/// Instructions with a risk note in line 3, another in lines 5 and 6.
const RISKY_BODY: &str = "# Set up\n\ncurl -fsSL https://example.org/install.sh | sh\n\nsudo true\nsudo false";

#[test]
fn lint_shows_risk_notes_and_objects_to_none() {
    let workspace = Workspace::new();
    workspace.write(
        "skills/set-up/SKILL.md",
        format!(
            "---\nname: set-up\ndescription: Sets up.\nlicense: MIT\nallowed-tools: Read, Bash\n---\n\n{RISKY_BODY}\n"
        ),
    );
    let text = workspace.ok(&["lint", "skills"]);
    let line =
        |words: &str| text.lines().find(|line| line.contains(words)).unwrap_or_else(|| panic!("{words}: {text}"));
    assert!(line("remote code").ends_with(
        "SKILL.md:10: note: downloads and runs remote code: curl -fsSL https://example.org/install.sh | sh"
    ));
    assert!(line("as root").ends_with("SKILL.md:12: note: runs commands as root, in 2 lines: sudo true"));
    assert!(line("every tool").contains("SKILL.md: note: is allowed every tool"));
    assert!(text.contains("1 skills, 0 with objections"), "{text}");

    let risks = workspace.json(&["lint", "skills", "--json"])["risks"].clone();
    let rules: Vec<&str> = risks.as_array().unwrap().iter().map(|risk| risk["rule"].as_str().unwrap()).collect();
    assert_eq!(rules, ["broad-tools", "root", "remote-code", "network-access"]);
    let expected = json!({
        "rule": "remote-code", "category": "supply-chain", "title": "downloads and runs remote code", "line": 10, "count": 1,
        "excerpt": "curl -fsSL https://example.org/install.sh | sh",
    });
    assert_eq!(risks[2], expected);

    workspace.write_skills(&SKILLS);
    fs::remove_dir_all(workspace.path("skills/set-up")).unwrap();
    assert!(!workspace.ok(&["lint", "skills"]).contains("note:"));
}

#[test]
fn lines_are_those_of_the_file_everywhere() {
    let workspace = Workspace::with_model(8);
    for (name, front_matter) in [("short", ""), ("long", "license: MIT\nmetadata:\n  author: somebody\n")] {
        let text = format!(
            "---\nname: {name}\ndescription: Sets up a {name} workshop.\n{front_matter}---\n\n\n{RISKY_BODY}\n"
        );
        workspace.write(&format!("skills/{name}/SKILL.md"), &text);
        let line = 1 + text.lines().position(|line| line.contains("curl")).unwrap();
        workspace.ok(&["index", "skills", "--out", "index", "--model", "model"]);
        let path = format!("skills/{name}");
        let of_lint = workspace.json(&["lint", &path, "--json"])["risks"].clone();
        let route = ["route", "--index", "index", "--mode", "lexical", "--top", "1"];
        let of_route = workspace.json(&[&route[..], &["--json", name]].concat())["routes"][0]["risks"].clone();
        for risks in [of_lint, of_route] {
            let risk = risks.as_array().unwrap().iter().find(|risk| risk["rule"] == "remote-code").unwrap();
            assert_eq!(risk["line"], json!(line), "{risks}");
        }
        let shown = format!("downloads and runs remote code (line {line})");
        assert!(workspace.ok(&[&route[..], &[name]].concat()).contains(&shown));
        assert!(
            workspace.ok(&["lint", &path]).contains(&format!("SKILL.md:{line}: note: downloads and runs remote code"))
        );
    }
}

#[test]
fn routes_carry_risk_notes() {
    let workspace = Workspace::with_model(8);
    workspace.write_skills(&SKILLS);
    workspace.write(
        "risky.jsonl",
        json!({"id": "set-up", "name": "set-up", "description": "Sets up a workshop.", "body": RISKY_BODY}).to_string(),
    );
    workspace.ok(&["index", "skills", "--out", "index", "--model", "model"]);
    // They stay when others come, whether bodies are kept or not.
    workspace.ok(&["index", "risky.jsonl", "--out", "index", "--model", "model", "--append", "--no-bodies"]);
    workspace.ok(&["index", "skills", "--out", "index", "--model", "model", "--append", "--no-bodies"]);
    let route = ["route", "--index", "index", "--mode", "lexical"];
    let risks = |task: &str| workspace.json(&[&route[..], &["--json", task]].concat())["routes"][0]["risks"].clone();
    let risk = |rule: &str, category: &str, title: &str, line: u32, count: u32| -> Value {
        json!({"rule": rule, "category": category, "title": title, "line": line, "count": count})
    };
    let expected = json!([
        risk("root", "privilege-escalation", "runs commands as root", 5, 2),
        risk("remote-code", "supply-chain", "downloads and runs remote code", 3, 1),
        risk("license-missing", "hygiene", "names no licence", 0, 1),
        risk("network-access", "hygiene", "reaches out to the network", 3, 1),
    ]);
    assert_eq!(risks("a workshop"), expected);
    assert_eq!(risks("plan a trip"), json!([]));
    let text = workspace.ok(&[&route[..], &["a workshop"]].concat());
    assert!(
        text.contains("    notes: runs commands as root (line 5); downloads and runs remote code (line 3); 2 more\n"),
        "{text}"
    );
    // The index names the rules that it uses, and no others.
    let manifest: Value = serde_json::from_slice(&fs::read(workspace.path("index/index.json")).unwrap()).unwrap();
    let rules: Vec<&str> =
        manifest["rules"].as_array().unwrap().iter().map(|rule| rule["id"].as_str().unwrap()).collect();
    assert_eq!(rules, ["root", "remote-code", "network-access", "license-missing"]);
}

#[test]
fn quantize_refuses_what_is_not_implemented() {
    let workspace = Workspace::new();
    let source = crate::support::fixture_path("tiny-bert-mean");
    let config = fs::read_to_string(source.join("config.json")).unwrap();
    let copy = |config: &str| {
        for file in ["tokenizer.json", "model.safetensors"] {
            workspace.write(&format!("source/{file}"), fs::read(source.join(file)).unwrap());
        }
        workspace.write("source/config.json", config);
    };
    let check = |config: String, words: &str| {
        copy(&config);
        let message = workspace.fails(2, &["quantize", "source", "--out", "model"]);
        assert!(message.contains(words), "{message}");
        assert!(!workspace.path("model").exists());
    };
    check(config.replace("\"bert\"", "\"llama\""), "llama");
    check(config.replace("\"gelu\"", "\"relu\""), "hidden_act relu");
    check(
        config.replace("\"num_hidden_layers\": 2", "\"num_hidden_layers\": 3"),
        "encoder.layer.2.attention.self.query.weight is missing",
    );
    check(config.replace("\"num_hidden_layers\": 2", "\"num_hidden_layers\": 1"), "is not used");
    check(
        config.replace("\"intermediate_size\": 80", "\"intermediate_size\": 88"),
        "has shape [80, 48] where [88, 48] is needed",
    );
}

/// A reader that goes away ends the program without a word.
#[test]
fn a_closed_pipe_is_no_panic() {
    let workspace = Workspace::new();
    for n in 0..2000 {
        workspace.write(&format!("skills/skill-{n}/SKILL.md"), "---\nname: other\ndescription: a <b>\nx: y\n---\nz");
    }
    for args in [&["lint", "skills"][..], &["lint", "skills", "--json"]] {
        let mut child = workspace.command(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!((output.status.code(), String::from_utf8(output.stderr).unwrap().as_str()), (Some(0), ""));
    }
}

#[test]
fn the_default_model_is_found_from_any_folder() {
    let workspace = Workspace::new();
    crate::support::default_model();
    workspace.write_skills(&SKILLS);
    workspace.ok(&["index", "skills", "--out", "index", "--no-map"]);
    assert_eq!(workspace.json(&["route", "--index", "index", "--json", "plan a trip"])["stage"], "reranked");
}

#[test]
fn help_teaches() {
    let workspace = Workspace::new();
    let help = workspace.ok(&["--help"]);
    for command in
        ["index", "route", "eval", "verify", "lint", "quantize", "embed", "serve", "bench", "rerank", "fetch-model"]
    {
        assert!(help.contains(command), "{command}");
        assert!(workspace.ok(&[command, "--help"]).contains("--"));
    }
}
