//! The rooms of `src/` and the arrows between them, as ARCHITECTURE.md draws them: read from the paths in the code itself.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// What each room may import. A room is a file or folder of `src/`; rooms stand in the order of the way of a request, and none
/// imports one that stands below it but for what it lists.
const ARROWS: [(&str, &[&str]); 22] = [
    ("error", &[]),
    ("format", &["error"]),
    ("skill", &["error"]),
    ("risk", &["skill"]),
    ("terms", &["format"]),
    ("copies", &["terms"]),
    ("fit", &[]),
    ("contract", &["error", "format"]),
    ("routing", &["contract", "fit"]),
    ("tokenize", &["error"]),
    ("matrix", &[]),
    ("kernel", &["matrix"]),
    ("gpu", &["error", "kernel", "matrix"]),
    ("device", &["error", "gpu"]),
    ("nn", &["device", "gpu", "kernel", "matrix"]),
    ("model", &["contract", "device", "error", "fit", "format", "matrix", "nn", "routing", "tokenize"]),
    ("index", &["contract", "error", "format", "kernel", "risk", "routing", "skill", "terms"]),
    ("collection", &["contract", "copies", "error", "index", "model", "risk", "routing", "skill", "terms"]),
    ("answer", &["fit"]),
    ("searcher", &["answer", "error", "index", "routing"]),
    ("router", &["answer", "contract", "error", "index", "model", "searcher"]),
    (
        "web",
        &[
            "answer",
            "collection",
            "contract",
            "device",
            "error",
            "format",
            "gpu",
            "index",
            "model",
            "risk",
            "routing",
            "searcher",
            "skill",
            "tokenize",
        ],
    ),
];

/// The parts of models that compile without burn: all that `collection` may know of a model.
const PLAIN_MODEL_FILES: [&str; 2] = ["src/model/architecture.rs", "src/model/manifest.rs"];

/// A file of `src/` without comments, strings and unit tests.
struct Source {
    /// Relative to the repository, such as `src/index/lexical/file.rs`.
    path: String,
    code: String,
}

fn sources() -> Vec<Source> {
    fn collect(path: &Path, files: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() {
                collect(&entry, files);
            } else if entry.extension().is_some_and(|extension| extension == "rs") {
                files.push(entry);
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    collect(&root.join("src"), &mut files);
    files.sort();
    let source = |file: PathBuf| {
        let path = file.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
        Source { path, code: shipped_code(&fs::read_to_string(file).unwrap()) }
    };
    files.into_iter().map(source).collect()
}

/// The code that is shipped: no comments, no contents of strings, no unit tests (which stand at the end of a file).
fn shipped_code(text: &str) -> String {
    let text = match text.find("#[cfg(test)]\nmod tests").or_else(|| text.find("#[cfg(all(test,")) {
        Some(end) => &text[..end],
        None => text,
    };
    let mut code = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let skipped = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with('"') {
            let end = |rest: &str| {
                let mut escaped = false;
                rest.char_indices().skip(1).find(|&(_, c)| {
                    let ends = c == '"' && !escaped;
                    escaped = c == '\\' && !escaped;
                    ends
                })
            };
            end(rest).map_or(rest.len(), |(end, _)| end + 1)
        } else if rest.starts_with("'\"'") {
            3
        } else {
            code.push(c);
            rest = &rest[c.len_utf8()..];
            continue;
        };
        rest = &rest[skipped..];
        code.push(' ');
    }
    code
}

/// The paths that stand after `prefix::` in the code, groups in braces taken apart: `use crate::{a, b::c}` has `a` and `b::c`.
fn paths_after(prefix: &str, code: &str) -> Vec<String> {
    fn take(rest: &str, start: &str, paths: &mut Vec<String>) {
        if let Some(group) = rest.strip_prefix('{') {
            let mut depth = 0;
            let mut part = String::new();
            for c in group.chars() {
                match c {
                    '}' if depth == 0 => break,
                    ',' if depth == 0 => take(std::mem::take(&mut part).trim(), start, paths),
                    _ => part.push(c),
                }
                depth += i32::from(c == '{') - i32::from(c == '}');
            }
            take(part.trim(), start, paths);
            return;
        }
        let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
        let name = &rest[..end];
        if name.is_empty() {
            return;
        }
        let path = if start.is_empty() { name.to_owned() } else { format!("{start}::{name}") };
        match rest[end..].strip_prefix("::") {
            Some(rest) => take(rest, &path, paths),
            None => paths.push(path),
        }
    }
    let mut paths = Vec::new();
    let prefix = format!("{prefix}::");
    for (at, _) in code.match_indices(&prefix) {
        let before = code[..at].chars().next_back().unwrap_or(' ');
        if !(before.is_alphanumeric() || before == '_' || before == ':') {
            take(&code[at + prefix.len()..], "", &mut paths);
        }
    }
    paths
}

/// The modules above a file's own items: `src/index/lexical/file.rs` is `[index, lexical, file]`, `src/index/mod.rs` is `[index]`.
fn module(path: &str) -> Vec<&str> {
    let path = path.strip_prefix("src/").unwrap().strip_suffix(".rs").unwrap();
    path.split('/').filter(|part| *part != "mod").collect()
}

/// What a file imports, as whole paths from the root of the crate.
fn imports(source: &Source) -> Vec<Vec<String>> {
    let own = module(&source.path);
    let from_root = paths_after("crate", &source.code);
    let mut imports: Vec<Vec<String>> =
        from_root.iter().map(|path| path.split("::").map(str::to_owned).collect()).collect();
    for path in paths_after("super", &source.code) {
        let mut above = own.len() - 1;
        let mut parts: Vec<&str> = path.split("::").collect();
        while parts.first() == Some(&"super") {
            parts.remove(0);
            above -= 1;
        }
        imports.push(own[..above].iter().copied().chain(parts).map(str::to_owned).collect());
    }
    imports
}

/// The files of the library: `main.rs` and `cli/` are another crate, and see only what it makes public.
fn library() -> Vec<Source> {
    let mut sources = sources();
    sources.retain(|source| !matches!(module(&source.path)[0], "lib" | "main" | "cli"));
    sources
}

/// The cycle that a node is part of, if there is one.
fn cycle<'a>(arrows: &BTreeMap<&'a str, BTreeSet<&'a str>>) -> Option<Vec<&'a str>> {
    fn visit<'a>(
        node: &'a str,
        arrows: &BTreeMap<&'a str, BTreeSet<&'a str>>,
        way: &mut Vec<&'a str>,
        done: &mut BTreeSet<&'a str>,
    ) -> bool {
        if let Some(start) = way.iter().position(|other| *other == node) {
            way.drain(..start);
            way.push(node);
            return true;
        }
        way.push(node);
        let targets = arrows.get(node).into_iter().flatten();
        if !done.contains(node) && targets.into_iter().any(|target| visit(target, arrows, way, done)) {
            return true;
        }
        way.pop();
        done.insert(node);
        false
    }
    let (mut way, mut done) = (Vec::new(), BTreeSet::new());
    arrows.keys().any(|node| visit(node, arrows, &mut way, &mut done)).then_some(way)
}

#[test]
fn every_arrow_between_rooms_is_one_of_the_table() {
    let allowed: BTreeMap<&str, &[&str]> = ARROWS.into_iter().collect();
    for source in library() {
        let room = module(&source.path)[0];
        let targets = allowed.get(room).unwrap_or_else(|| panic!("{}: {room} is a room without arrows", source.path));
        for import in imports(&source) {
            let target = import[0].as_str();
            // `crate::Result` and `crate::Error` are those of the room `error`.
            let target = if matches!(target, "Result" | "Error") { "error" } else { target };
            let known = target == room || targets.contains(&target);
            assert!(known, "{}: {room} must not import {}", source.path, import.join("::"));
        }
    }
}

#[test]
fn the_table_has_no_circle_and_no_arrow_that_nobody_needs() {
    let table: BTreeMap<&str, BTreeSet<&str>> =
        ARROWS.into_iter().map(|(room, targets)| (room, targets.iter().copied().collect())).collect();
    assert_eq!(cycle(&table), None);
    let sources = library();
    for (room, targets) in ARROWS {
        let of_room = sources.iter().filter(|source| module(&source.path)[0] == room);
        let used: BTreeSet<String> = of_room.flat_map(imports).map(|import| import[0].clone()).collect();
        let is_used = |target: &&str| used.contains(*target) || **target == *"error" && used.contains("Result");
        let unused: Vec<&&str> = targets.iter().filter(|target| !is_used(target)).collect();
        assert!(unused.is_empty(), "{room} does not import {unused:?}; take the arrows out of the table");
    }
}

#[test]
fn files_of_a_room_import_each_other_in_no_circle() {
    let sources = library();
    let paths: BTreeMap<String, &str> =
        sources.iter().map(|source| (module(&source.path).join("::"), source.path.as_str())).collect();
    let mut arrows: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for source in sources.iter().filter(|source| !source.path.ends_with("/mod.rs")) {
        for import in imports(source) {
            // The longest part of the path that is a file; a `mod.rs` only names its files.
            let file = (1..=import.len()).rev().find_map(|n| paths.get(&import[..n].join("::")));
            if let Some(file) = file.filter(|file| **file != source.path && !file.ends_with("/mod.rs")) {
                arrows.entry(&source.path).or_default().insert(file);
            }
        }
    }
    assert_eq!(cycle(&arrows), None);
}

#[test]
fn a_builder_of_indexes_knows_of_models_only_what_needs_no_tensors() {
    for source in library() {
        if PLAIN_MODEL_FILES.contains(&source.path.as_str()) || source.path == "src/collection.rs" {
            let needs = |import: &[String]| match import[0].as_str() {
                "model" => !matches!(import[1].as_str(), "architecture" | "manifest"),
                room => matches!(room, "device" | "gpu" | "kernel" | "nn" | "tokenize"),
            };
            let import = imports(&source).into_iter().find(|import| needs(import));
            assert_eq!(import, None, "{}", source.path);
        }
    }
}

/// No file but those that `allowed` names holds one of the words.
fn check_words(words: &[&str], allowed: impl Fn(&str) -> bool) {
    for source in sources().iter().filter(|source| !allowed(&source.path)) {
        for line in source.code.lines() {
            for word in words {
                assert!(!line.contains(word), "{}: {word} in {}", source.path, line.trim());
            }
        }
    }
}

fn is_outside(path: &str) -> bool {
    path == "src/main.rs" || path.starts_with("src/cli/") || path.starts_with("src/web/")
}

#[test]
fn the_core_does_no_io_and_knows_no_clock() {
    let words = ["std::fs", "std::net", "std::env", "Instant::now", "SystemTime", "println!", "rand::", "std::thread"];
    check_words(&words, is_outside);
}

#[test]
fn each_backend_has_one_home_and_only_kernels_name_instruction_sets() {
    check_words(&["Flex"], |path| path == "src/device.rs");
    check_words(&["wgpu", "Wgpu", "cubecl"], |path| path.starts_with("src/gpu/"));
    check_words(&["target_arch", "target_feature"], |path| path.starts_with("src/kernel/"));
    check_words(&["burn"], |path| {
        let rooms = ["src/gpu/", "src/nn/", "src/model/"];
        path == "src/device.rs" || rooms.iter().any(|room| path.starts_with(room))
    });
}

#[test]
fn only_web_knows_javascript() {
    check_words(&["JsValue", "wasm_bindgen", "js_sys", "web_sys"], |path| path.starts_with("src/web/"));
}

#[test]
fn paths_are_read_from_code() {
    let code = shipped_code(
        "//! crate::no\nuse crate::{a, b::{c, d::E}, f};\nlet x = \"crate::no\"; crate::g::h(super::i::J);\n#[cfg(test)]\nmod tests { use crate::no; }",
    );
    assert_eq!(paths_after("crate", &code), ["a", "b::c", "b::d::E", "f", "g::h"]);
    assert_eq!(paths_after("super", &code), ["i::J"]);
    let circle =
        BTreeMap::from([("a", BTreeSet::from(["b"])), ("b", BTreeSet::from(["c"])), ("c", BTreeSet::from(["b"]))]);
    assert_eq!(cycle(&circle), Some(vec!["b", "c", "b"]));
}
