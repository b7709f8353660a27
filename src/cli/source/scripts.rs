//! The scripts beside a `SKILL.md`, for risk notes.

use std::{fs, path::Path};

use skillrouter::skill::{SCRIPT_MAX_BYTES, SCRIPTS_MAX, Script, is_script};

use super::{SKILL_FILE, limits::read_at_most};

/// Folders below each other that are looked into; links that lead round end here too.
const DEPTH_MAX: usize = 6;
/// Files and folders that are looked at, since the folder of a skill may be that of a whole project.
const ENTRIES_MAX: usize = 5_000;
/// Most bytes of all scripts of a skill together.
const ALL_MAX_BYTES: usize = 4 << 20;

/// The scripts of the skill that this `SKILL.md` is, by path.
pub fn scripts_beside(skill_file: &Path, body: &str) -> Vec<Script> {
    let Some(folder) = skill_file.parent() else { return Vec::new() };
    let mut paths = Vec::new();
    for (folder, prefix) in [(folder.join("scripts"), "scripts/"), (folder.to_owned(), "")] {
        collect(&folder, prefix, DEPTH_MAX, &mut ENTRIES_MAX.clone(), &mut paths);
    }
    paths.retain(|path| is_script(path, body));
    gather(paths, |path| read_at_most(fs::File::open(folder.join(path)), SCRIPT_MAX_BYTES).ok())
}

/// The scripts at these paths, in their order, as far as a skill may have them.
pub fn gather(mut paths: Vec<String>, mut read: impl FnMut(&str) -> Option<Vec<u8>>) -> Vec<Script> {
    paths.sort();
    paths.dedup();
    let mut left = ALL_MAX_BYTES;
    let mut scripts = Vec::new();
    for path in paths.into_iter().take(SCRIPTS_MAX) {
        if let Some(script) = read(&path).and_then(|bytes| Script::new(&path, &bytes)) {
            let Some(rest) = left.checked_sub(script.text.len()) else { break };
            left = rest;
            scripts.push(script);
        }
    }
    scripts
}

/// The files below a folder, but not those of other skills or packages.
fn collect(folder: &Path, prefix: &str, depth: usize, n_left: &mut usize, paths: &mut Vec<String>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    let mut entries: Vec<_> = entries.filter_map(Result::ok).map(|entry| entry.file_name()).collect();
    entries.sort();
    for name in entries {
        let (path, name) = (folder.join(&name), name.to_string_lossy().into_owned());
        let Some(n) = n_left.checked_sub(1) else { return };
        *n_left = n;
        if path.is_file() {
            paths.push(format!("{prefix}{name}"));
        } else if depth > 0 && !is_apart(&path, &name) {
            collect(&path, &format!("{prefix}{name}/"), depth - 1, n_left, paths);
        }
    }
}

fn is_apart(folder: &Path, name: &str) -> bool {
    matches!(name, ".git" | "node_modules" | ".venv" | "__pycache__") || folder.join(SKILL_FILE).exists()
}
