//! The directions of ARCHITECTURE.md: which module may know which.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Rust files below a path of `src`.
fn files(path: &str) -> Vec<PathBuf> {
    fn collect(path: &Path, files: &mut Vec<PathBuf>) {
        if path.is_dir() {
            for entry in fs::read_dir(path).unwrap() {
                collect(&entry.unwrap().path(), files);
            }
        } else {
            files.push(path.to_owned());
        }
    }
    let mut files = Vec::new();
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(path), &mut files);
    assert!(!files.is_empty(), "src/{path} is gone; mend this test");
    files
}

/// No code line of these files holds one of the words. Tests within the files may.
fn check_free_of(paths: &[&str], words: &[&str]) {
    for file in paths.iter().flat_map(|path| files(path)) {
        let text = fs::read_to_string(&file).unwrap();
        let code = text.split("#[cfg(test)]\nmod tests").next().unwrap();
        for line in code.lines().filter(|line| !line.trim_start().starts_with("//")) {
            for word in words {
                assert!(!line.contains(word), "{}: {line}", file.display());
            }
        }
    }
}

const CORE: [&str; 15] = [
    "answer.rs",
    "collection.rs",
    "contract.rs",
    "device.rs",
    "error.rs",
    "format.rs",
    "gpu",
    "index",
    "kernel",
    "model",
    "nn",
    "risk",
    "router.rs",
    "skill.rs",
    "tokenize.rs",
];

#[test]
fn the_core_does_no_io_and_knows_no_clock() {
    check_free_of(
        &CORE,
        &["std::fs", "std::net", "std::env", "Instant::now", "SystemTime", "println!", "rand::", "std::thread"],
    );
}

#[test]
fn the_index_knows_no_tensors_and_no_models() {
    check_free_of(&["index"], &["burn", "crate::nn", "crate::model", "crate::device"]);
}

#[test]
fn models_know_no_index_and_no_skills() {
    check_free_of(&["nn", "model", "kernel", "gpu"], &["crate::index", "crate::skill", "crate::router"]);
}

#[test]
fn only_the_device_and_gpu_name_backends_and_only_kernels_name_instruction_sets() {
    let others = [
        "contract.rs",
        "error.rs",
        "format.rs",
        "index",
        "model",
        "nn",
        "router.rs",
        "skill.rs",
        "tokenize.rs",
        "web",
        "cli",
    ];
    check_free_of(&others, &["flex", "wgpu", "cfg(target", "target_arch"]);
    check_free_of(&["device.rs"], &["target_arch"]);
}

#[test]
fn only_web_knows_javascript() {
    check_free_of(&CORE, &["JsValue", "wasm_bindgen", "js_sys"]);
}
