//! `skillrouter verify`: is every byte of an index or a model what was written?

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use clap::Args;
use serde_json::json;
use skillrouter::{
    device::Device,
    format::FileEntry,
    index::manifest::{INDEX_FILE, IndexManifest},
    model::{
        encoder::Encoder,
        manifest::{MODEL_FILE, ModelManifest, Role},
        reranker::Reranker,
    },
};

use super::{
    Outcome,
    files::{Parts, open_index, open_loader, read},
};

/// Check an index or model folder: no file is missing, every byte is as written, everything opens
///
/// Exit code 0 when it is sound, 2 when it is not; the file and what to do are named.
#[derive(Args)]
pub struct VerifyArgs {
    /// Index or model folder
    dir: PathBuf,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Runs the subcommand.
pub fn run(args: VerifyArgs) -> Result<Outcome> {
    let result = verify(&args.dir);
    match (&result, args.json) {
        (Ok(n_files), true) => say!("{}", json!({"sound": true, "n_files": n_files})),
        (Ok(n_files), false) => say!("{}: sound, {n_files} files", args.dir.display()),
        (Err(error), true) => say!("{}", json!({"sound": false, "error": format!("{error:#}")})),
        (Err(error), false) => note!("error: {error:#}"),
    }
    Ok(if result.is_ok() { Outcome::Found } else { Outcome::Unsound })
}

/// Number of files, all of them sound.
fn verify(dir: &Path) -> Result<usize> {
    if dir.join(INDEX_FILE).exists() {
        let manifest = IndexManifest::open(&read(&dir.join(INDEX_FILE))?)?;
        let n_files = check_files(dir, manifest.files.all().map(|(_, entry)| entry))?;
        open_index(dir, Parts::All)?;
        return Ok(n_files);
    }
    if dir.join(MODEL_FILE).exists() {
        let manifest = ModelManifest::open(&read(&dir.join(MODEL_FILE))?)?;
        let n_files = check_files(dir, manifest.files())?;
        let loader = open_loader(dir, &Device::cpu())?;
        match manifest.role {
            Role::Encoder { .. } => drop(Encoder::new(loader)?),
            Role::Reranker(_) => drop(Reranker::new(loader)?),
        }
        return Ok(n_files);
    }
    bail!("{} holds neither {INDEX_FILE} nor {MODEL_FILE}; name an index or model folder", dir.display());
}

fn check_files<'a>(dir: &Path, entries: impl Iterator<Item = &'a FileEntry>) -> Result<usize> {
    let mut n_files = 1;
    for entry in entries {
        entry.check(&read(&dir.join(&entry.file))?)?;
        n_files += 1;
    }
    Ok(n_files)
}
