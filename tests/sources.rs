//! What is read as a skill and what is not: links, ignore files, spellings, packages, rows, encodings, and ids that clash.

use std::{collections::BTreeSet, fs, io::Write};

use flate2::{Compression, write::GzEncoder};
use serde_json::{Value, json};

use crate::support::Workspace;

fn skill(name: &str, description: &str) -> String {
    format!("---\nname: {name}\ndescription: {description}\nlicense: MIT\n---\n\n# {name}\n\nGo on.\n")
}

/// An index of some sources: ids, the report, and what was said on standard error.
fn index(workspace: &Workspace, sources: &[&str]) -> (BTreeSet<String>, Value, String) {
    let end = ["--out", "index", "--model", "model", "--json", "--no-map"];
    let output = workspace.run(&[&["index"], sources, &end].concat());
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{stderr}");
    // Every text here has the word "common".
    let route = ["route", "--index", "index", "--mode", "lexical", "--top", "100", "--json", "common"];
    let answer = workspace.json(&route);
    let ids = answer["routes"].as_array().unwrap().iter().map(|route| route["id"].as_str().unwrap().to_owned());
    (ids.collect(), serde_json::from_slice(&output.stdout).unwrap(), stderr)
}

fn ids(ids: &[&str]) -> BTreeSet<String> {
    ids.iter().map(|id| (*id).to_owned()).collect()
}

/// Files that `lint` reads, as ids.
fn linted(workspace: &Workspace, folder: &str) -> BTreeSet<String> {
    let output = workspace.run(&["lint", folder, "--json"]);
    let text = String::from_utf8(output.stdout).unwrap();
    let file = |line: &str| serde_json::from_str::<Value>(line).unwrap()["file"].as_str().unwrap().to_owned();
    let id =
        |file: String| file.trim_start_matches(folder).trim_start_matches('/').rsplit_once('/').unwrap().0.to_owned();
    text.lines().map(|line| id(file(line))).collect()
}

#[cfg(unix)]
#[test]
fn links_are_followed_and_cycles_end() {
    use std::os::unix::fs::symlink;
    let workspace = Workspace::with_model(8);
    for name in ["soil-report", "frost-alarm"] {
        workspace.write(&format!("home/.agents/skills/{name}/SKILL.md"), skill(name, &format!("A common {name}.")));
    }
    workspace.write("home/.claude/skills/plain-one/SKILL.md", skill("plain-one", "Common too."));
    let at = |name: &str| workspace.path(&format!("home/{name}"));
    symlink("../../.agents/skills/soil-report", at(".claude/skills/soil-report")).unwrap();
    fs::create_dir(at(".claude/skills/frost-alarm")).unwrap();
    symlink("../../../.agents/skills/frost-alarm/SKILL.md", at(".claude/skills/frost-alarm/SKILL.md")).unwrap();
    symlink("..", at(".claude/skills/loop")).unwrap();
    symlink("itself", at(".claude/skills/itself")).unwrap();
    symlink("../nowhere", at(".claude/skills/dangling")).unwrap();
    symlink(".claude/skills", at("all-skills")).unwrap();

    let (found, report, stderr) = index(&workspace, &["home/.claude/skills"]);
    let expected = ids(&["frost-alarm", "plain-one", "soil-report"]);
    assert_eq!(found, expected, "{stderr}");
    assert_eq!(report["skipped"], json!({"dangling-link": 2}), "{stderr}");
    assert!(stderr.contains("home/.claude/skills/dangling: it is a link that leads nowhere"), "{stderr}");
    assert_eq!(linted(&workspace, "home/.claude/skills"), expected);

    // Each file once, by its own path.
    let (found, report, stderr) = index(&workspace, &["home"]);
    let own = [".agents/skills/frost-alarm", ".agents/skills/soil-report", ".claude/skills/plain-one"];
    assert_eq!(found, ids(&own), "{stderr}");
    assert_eq!(report["skipped"], json!({"dangling-link": 2}), "{stderr}");
    assert_eq!(linted(&workspace, "home"), ids(&own));
}

#[test]
fn other_spellings_are_read_with_a_finding() {
    let workspace = Workspace::with_model(8);
    for (folder, file) in [("lower", "skill.md"), ("title", "Skill.md"), ("upper", "SKILL.MD"), ("usual", "SKILL.md")] {
        workspace.write(&format!("skills/{folder}/{file}"), skill(folder, "Common."));
    }
    workspace.write("skills/usual/skill.md", "the second one");
    let (found, report, stderr) = index(&workspace, &["skills"]);
    assert_eq!(found, ids(&["lower", "title", "upper", "usual"]), "{stderr}");
    assert_eq!(report["skipped"], json!({"second-file": 1}));
    let text = String::from_utf8(workspace.run(&["lint", "skills"]).stdout).unwrap();
    assert!(text.contains("lower/skill.md: ASCII validator: the file is named skill.md"), "{text}");
    assert!(text.contains("upper/SKILL.MD: both validators: the file is named SKILL.MD"), "{text}");
    assert!(text.contains("4 skills, 3 with objections"), "{text}");
}

#[test]
fn ignore_files_hide_nothing_in_silence() {
    let workspace = Workspace::with_model(8);
    workspace.write(".gitignore", "*\n");
    workspace.write("repo/.gitignore", "build/\n/skills/private-*\n!kept\n");
    workspace.write("repo/skills/.ignore", "wip-*\n");
    for name in ["build", "private-prices", "open-gate", "wip-graft"] {
        workspace.write(&format!("repo/skills/{name}/SKILL.md"), skill(name, "Common."));
    }
    workspace.write("repo/skills/self/.gitignore", "*\n");
    workspace.write("repo/skills/self/SKILL.md", skill("self", "Common."));
    let (found, report, stderr) = index(&workspace, &["repo"]);
    assert_eq!(found, ids(&["skills/open-gate", "skills/self"]), "{stderr}");
    assert_eq!(report["skipped"], json!({"ignored": 3}));
    for line in [
        "skipped repo/skills/build/SKILL.md: repo/.gitignore hides it",
        "skipped repo/skills/private-prices/SKILL.md: repo/.gitignore hides it",
        "skipped repo/skills/wip-graft/SKILL.md: repo/skills/.ignore hides it",
    ] {
        assert!(stderr.contains(line), "{line} in {stderr}");
    }
    // What stands above a source hides nothing of it.
    assert_eq!(index(&workspace, &["repo/skills"]).0, ids(&["build", "open-gate", "private-prices", "self"]));
    assert_eq!(index(&workspace, &["repo/skills/wip-graft"]).0, ids(&["wip-graft"]));
    assert_eq!(linted(&workspace, "repo"), ids(&["skills/open-gate", "skills/self"]));
}

#[test]
fn rows_are_read_as_others_write_them() {
    let workspace = Workspace::with_model(8);
    let rows = [
        json!({"id": "a/null", "name": "null", "description": "Common.", "body": "x", "license": null, "source": null}),
        json!({"id": "a/null-description", "name": "x", "description": null, "body": "# Title\n\nA common paragraph."}),
        json!({"id": "a/none", "name": "y", "body": "---\nname: z\ndescription: Common words.\n---\nBody."}),
        json!({"id": "a/list", "name": "list", "description": ["Common.", "And more."]}),
        json!({"id": 7, "name": 12306, "description": "Common numbers."}),
        json!({"name": "no-id", "description": "Common."}),
        json!({"skill_id": "a/other", "name": "other", "description": "Others.", "content": "A common body."}),
        json!({"id": "a/no-name", "description": "Common.", "stars": 5, "metadata": {"x": 1}}),
    ];
    let lines: Vec<String> = rows.iter().map(Value::to_string).collect();
    let bytes = |text: String| [b"\xef\xbb\xbf", text.as_bytes()].concat();
    workspace.write("export.jsonl", bytes(lines.join("\r\n") + "\r\n"));
    workspace.write("export.ndjson", lines.join("\n"));
    workspace.write("export.json", bytes(json!(rows).to_string()));
    workspace.write("lines.json", lines.join("\n"));
    workspace.write("wrapped.JSON", json!({"skills": rows}).to_string());
    for (number, part) in lines.chunks(3).enumerate() {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(part.join("\n").as_bytes()).unwrap();
        workspace.write(&format!("shards/part-{number}.jsonl.gz"), encoder.finish().unwrap());
    }
    let expected = ids(&["a/null", "a/null-description", "a/none", "a/list", "7", "no-id", "a/other", "a/no-name"]);
    let mut files = Vec::new();
    for source in ["export.jsonl", "export.ndjson", "export.json", "lines.json", "wrapped.JSON", "shards"] {
        let (found, report, stderr) = index(&workspace, &[source]);
        assert_eq!(found, expected, "{source}: {stderr}");
        assert_eq!(report["n_skipped"], 0, "{stderr}");
        files.push(workspace.files("index"));
    }
    assert!(files.windows(2).all(|pair| pair[0] == pair[1]));
    let route = ["route", "--index", "index", "--mode", "lexical", "--json", "numbers"];
    assert_eq!(workspace.json(&route)["routes"][0]["name"], "12306");
}

#[test]
fn skipped_rows_are_counted_by_cause_and_strict_refuses_them() {
    let workspace = Workspace::with_model(8);
    let good = json!({"id": "a", "name": "a", "description": "Common."});
    let other = json!({"id": "a", "name": "a", "description": "Another common one."});
    let text = format!(
        "{good}\nnot json\n[1]\n{{\"description\": \"b\"}}\n{{\"id\": \"c\", \"name\": null}}\n{other}\n{good}\n"
    );
    workspace.write("rows.jsonl", text);
    let (found, report, stderr) = index(&workspace, &["rows.jsonl"]);
    assert_eq!(found, ids(&["a"]), "{stderr}");
    let causes = json!({"not-json": 1, "not-an-object": 1, "no-name": 1, "no-text": 1, "same-id": 1, "copy": 1});
    assert_eq!((&report["skipped"], &report["n_skipped"]), (&causes, &json!(6)), "{stderr}");
    assert!(stderr.contains("rows.jsonl:6: another skill has the id a already: rows.jsonl:1"), "{stderr}");
    let text = workspace.ok(&["index", "rows.jsonl", "--out", "index", "--model", "model"]);
    assert!(
        text.ends_with("skipped 6: 1 not-json, 1 not-an-object, 1 no-name, 1 no-text, 1 same-id, 1 copy\n"),
        "{text}"
    );

    let before = workspace.files("index");
    let message = workspace.fails(2, &["index", "rows.jsonl", "--out", "index", "--model", "model", "--strict"]);
    assert!(message.contains("error: --strict: skipped 1 not-json, 1 not-an-object"), "{message}");
    assert_eq!(workspace.files("index"), before);
    workspace.write("good.jsonl", format!("{good}\n{good}\n"));
    workspace.ok(&["index", "good.jsonl", "--out", "index", "--model", "model", "--strict"]);
}

#[test]
fn packages_are_read_like_in_the_page() {
    let workspace = Workspace::with_model(8);
    let zip = |name: &str, files: &[(&str, &[u8])]| {
        let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        for (file, bytes) in files {
            zip.start_file(*file, zip::write::SimpleFileOptions::default()).unwrap();
            zip.write_all(bytes).unwrap();
        }
        let bytes = zip.finish().unwrap().into_inner();
        workspace.write(name, &bytes);
        bytes
    };
    let text = skill("kiln-log", "Common.");
    let text = text.as_bytes();
    let package = zip("kiln-log.skill", &[("kiln-log/SKILL.md", text), ("kiln-log/scripts/a.py", b"1")]);
    zip("root.zip", &[("SKILL.md", text)]);
    zip("UPPER.ZIP", &[("kiln-log/skill.md", text)]);
    zip("mac.zip", &[("kiln-log/SKILL.md", text), ("__MACOSX/kiln-log/SKILL.md", b"\0\x05junk")]);
    zip("outer.zip", &[("downloads/kiln-log.skill", &package)]);
    zip("folder/kiln-log.skill", &[("kiln-log/SKILL.md", text)]);
    workspace.write("single/kiln-log/SKILL.md", text);
    let sources =
        ["kiln-log.skill", "root.zip", "UPPER.ZIP", "mac.zip", "outer.zip", "folder", "single/kiln-log/SKILL.md"];
    for source in sources {
        let (found, report, stderr) = index(&workspace, &[source]);
        assert_eq!((found, &report["n_skipped"]), (ids(&["kiln-log"]), &json!(0)), "{source}: {stderr}");
    }
}

#[test]
fn different_skills_of_one_name_are_both_kept() {
    let workspace = Workspace::with_model(8);
    for (folder, description) in [("user", "Common wards."), ("project", "Common flats."), ("copy", "Common wards.")] {
        workspace.write(&format!("{folder}/skills/handover/SKILL.md"), skill("handover", description));
    }
    for (folder, description) in [("a", "Common china."), ("b", "Common rucksacks.")] {
        workspace.write(&format!("{folder}/pack/SKILL.md"), skill("pack", description));
    }
    let sources = ["user/skills", "project/skills", "copy/skills", "a", "b/pack"];
    let (found, report, stderr) = index(&workspace, &sources);
    assert_eq!(found, ids(&["copy/skills/handover", "project/skills/handover", "a/pack", "b/pack"]), "{stderr}");
    assert_eq!(report["skipped"], json!({"copy": 1}));
    let files = workspace.files("index");
    let mut reversed = sources;
    reversed.reverse();
    index(&workspace, &reversed);
    assert_eq!(workspace.files("index"), files);
    // The same file twice is one skill; without another one of its name it keeps its short id.
    let (found, _, stderr) = index(&workspace, &["user/skills", "user/skills/handover", "copy/skills"]);
    assert_eq!(found, ids(&["handover"]), "{stderr}");
    for name in ["a", "b"] {
        workspace.write(
            &format!("{name}.jsonl"),
            json!({"id": "x/y", "name": "y", "description": format!("Common {name}.")}).to_string(),
        );
    }
    assert_eq!(index(&workspace, &["a.jsonl", "b.jsonl"]).0, ids(&["a.jsonl/x/y", "b.jsonl/x/y"]));
}

#[test]
fn skills_inside_of_skills_are_read_when_asked_for() {
    let workspace = Workspace::with_model(8);
    for path in ["smith", "smith/assets/template", "smith/examples/dovetail", "plane"] {
        workspace.write(&format!("skills/{path}/SKILL.md"), skill(path.rsplit('/').next().unwrap(), "Common."));
    }
    workspace.write("skills/smith/data/rows.jsonl", "{}");
    let (found, report, stderr) = index(&workspace, &["skills"]);
    assert_eq!((found, &report["skipped"]), (ids(&["smith", "plane"]), &json!({"nested": 2})));
    assert!(stderr.contains("template/SKILL.md: it lies inside the skill skills/smith; --nested reads it"), "{stderr}");
    assert_eq!(linted(&workspace, "skills"), ids(&["smith", "plane"]));
    let (found, report, _) = index(&workspace, &["skills", "--nested"]);
    assert_eq!((found.len(), &report["n_skipped"]), (4, &json!(0)));
}

#[test]
fn encodings_are_read_or_named() {
    let workspace = Workspace::with_model(8);
    let utf16 =
        |name: &str| -> Vec<u8> { skill(name, "Common vines.").encode_utf16().flat_map(u16::to_le_bytes).collect() };
    workspace.write("skills/marked/SKILL.md", [&b"\xff\xfe"[..], &utf16("marked")].concat());
    workspace.write("skills/unmarked/SKILL.md", utf16("unmarked"));
    let latin: Vec<u8> = skill("latin", "Common Schädlinge, Maßnahmen.").chars().map(|c| c as u32 as u8).collect();
    workspace.write("skills/latin/SKILL.md", latin);
    workspace.write("skills/gbk/SKILL.md", b"---\nname: gbk\ndescription: common \xc6\xcf\xcc\xd1\xd4\xb0\n---\nx");
    let (found, report, stderr) = index(&workspace, &["skills"]);
    assert_eq!((found, &report["skipped"]), (ids(&["marked", "unmarked", "latin"]), &json!({"encoding": 1})));
    assert!(
        stderr.contains("gbk/SKILL.md: it is not UTF-8 in line 3") && stderr.contains("save SKILL.md as UTF-8"),
        "{stderr}"
    );
    let answer = workspace.json(&["route", "--index", "index", "--mode", "lexical", "--json", "Schädlinge"]);
    assert_eq!(answer["routes"][0]["description"], "Common Schädlinge, Maßnahmen.");
}

/// A packed file may unpack to lines of any length.
#[test]
fn lines_without_an_end_are_left_out() {
    let workspace = Workspace::with_model(32);
    let row = |id: &str| format!("{{\"id\":\"{id}\",\"description\":\"A common one.\"}}\n");
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(row("first").as_bytes()).unwrap();
    packed.write_all(&vec![b' '; 30 << 20]).unwrap();
    packed.write_all(format!("\n{}", row("last")).as_bytes()).unwrap();
    workspace.write("rows.jsonl.gz", packed.finish().unwrap());
    let (found, report, _) = index(&workspace, &["rows.jsonl.gz"]);
    assert_eq!(found, ids(&["first", "last"]));
    assert_eq!(report["skipped"], json!({"too-large": 1}));
}
