//! Packages and rows, which the program reads: each input is a run of it, with a limit of its memory.

use std::{
    io::{Cursor, Write},
    process::{Command, Stdio},
};

use flate2::{Compression, write::GzEncoder};
use serde_json::{Value, json};
use zip::{ZipWriter, write::SimpleFileOptions};

use super::{
    Outcome, fuzz_any,
    mutate::{self, Random},
    skill::{SKILLS, WORDS},
};
use crate::support::Workspace;

/// Address space of the program, in KiB: threads and the program itself take half of it.
const LIMIT_KIB: u32 = 2_000_000;

/// Makes an index of a source; it may refuse it, but in words.
fn index(workspace: &Workspace, name: &str, bytes: &[u8]) -> Outcome {
    workspace.write(name, bytes);
    let program = env!("CARGO_BIN_EXE_skillrouter");
    let output = Command::new("sh")
        .args(["-c", &format!("ulimit -v {LIMIT_KIB}; exec \"$@\""), "sh", program])
        .args(["index", name, "--out", "index", "--model", "model", "--json", "--no-map"])
        .current_dir(workspace.path(""))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    match output.status.code() {
        Some(0) => Outcome::Used,
        Some(2) if stderr.contains("error: ") && !stderr.contains("panicked") => Outcome::Refused,
        code => panic!("exit code {code:?}: {stderr}"),
    }
}

fn changed_zip(random: &mut Random, with_packages: bool) -> Vec<u8> {
    const NAMES: [&str; 12] = [
        "kiln/SKILL.md",
        "kiln/skill.md",
        "SKILL.md",
        "../SKILL.md",
        "/SKILL.md",
        "C:\\x\\SKILL.md",
        "kiln/",
        "a/b/c/d/SKILL.md",
        "__MACOSX/SKILL.md",
        "é/SKILL.md",
        "kiln/templates/SKILL.md",
        "..",
    ];
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for _ in 0..1 + random.below(4) {
        let packed = if random.one_in(2) { zip::CompressionMethod::Stored } else { zip::CompressionMethod::Deflated };
        let options = SimpleFileOptions::default().compression_method(packed);
        let (name, content) = match with_packages && random.one_in(3) {
            true => ("downloads/kiln.skill".to_owned(), changed_zip(random, false)),
            false => {
                let (name, skill) = (*random.of(&NAMES), random.of(&SKILLS));
                let changed = match random.one_in(3) {
                    true => mutate::text(random, name, &["/", "..", "\\", "SKILL.md", ".skill"]),
                    false => name.into(),
                };
                (String::from_utf8_lossy(&changed).into_owned(), mutate::text(random, skill, &WORDS))
            }
        };
        // A name that is there already is refused by the writer, not by the reader.
        let name: String = name.chars().take(60_000).collect();
        if zip.start_file(name, options).is_ok() {
            zip.write_all(&content).unwrap();
        }
    }
    let bytes = zip.finish().unwrap().into_inner();
    if random.one_in(2) { bytes } else { changed_directory(random, bytes) }
}

/// Changes what no checksum covers: the heads of entries, and the list of them at the end.
fn changed_directory(random: &mut Random, mut zip: Vec<u8>) -> Vec<u8> {
    let heads: Vec<usize> =
        zip.windows(2).enumerate().filter(|(_, two)| two == b"PK").map(|(place, _)| place).collect();
    let place = *random.of(&heads);
    let head = zip.split_off(place);
    zip.extend(mutate::bytes(random, &head));
    zip
}

#[test]
fn packages() {
    let workspace = Workspace::with_model(8);
    let make = |random: &mut Random| changed_zip(random, true);
    fuzz_any("zip", 40, make, move |bytes| index(&workspace, "source.zip", bytes));
}

fn changed_rows(random: &mut Random) -> Vec<u8> {
    let rows = [
        json!({"id": "a/b", "name": "b", "description": "Merges.", "body": "Text.", "license": "MIT", "source": "https://a.example"}),
        json!({"skill_id": 7, "skill_name": "seven", "description": null, "content": SKILLS[0], "license": null, "extra": [1, {"a": 2}]}),
        json!({"name": "tags", "description": ["one", "two"], "body": "x", "allowed-tools": ["Read"]}),
    ];
    let mut lines: Vec<u8> = Vec::new();
    for _ in 0..20 {
        let row: Value = {
            let row = random.of(&rows);
            mutate::json(random, row)
        };
        lines.extend(serde_json::to_vec(&row).unwrap());
        lines.push(b'\n');
    }
    match random.one_in(2) {
        true => lines,
        false => mutate::text(
            random,
            &String::from_utf8(lines).unwrap(),
            &["[", "{\"a\":", "\n", "\"", "\\ud800", "\u{feff}", "\u{0}", "null", "1e999", ","],
        ),
    }
}

#[test]
fn rows() {
    let workspace = Workspace::with_model(8);
    let make = |random: &mut Random| {
        let name = *random.of(&["rows.jsonl", "rows.ndjson", "rows.json", "rows.jsonl.gz"]);
        let mut bytes = changed_rows(random);
        if name.ends_with(".gz") {
            let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
            packed.write_all(&bytes).unwrap();
            bytes = packed.finish().unwrap();
            if random.one_in(2) {
                bytes = mutate::bytes(random, &bytes);
            }
        }
        (name, bytes)
    };
    fuzz_any("rows", 40, make, move |(name, bytes)| index(&workspace, name, bytes));
}
