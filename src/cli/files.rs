//! Reading and writing on disk: a folder of ours is the old one or the new one, and what others put there stays.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::Write,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use serde_json::Value;
use skillrouter::{
    device::Device,
    format::{JsonFormat, Kind},
    index::{
        Index,
        manifest::{INDEX_FILE, INDEX_FORMAT},
    },
    model::{
        encoder::Encoder,
        loader::ModelLoader,
        manifest::{MODEL_FILE, MODEL_FORMAT},
        reranker::Reranker,
    },
};

use super::{DEFAULT_MODEL, device::DeviceArg};

/// Reads a file; the error names it.
pub fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

/// Where a model is. The default one is looked for below the current folder, and then around the program: in the folders above
/// it, as in a checkout, and in the `share/skillrouter` beside its `bin`.
pub fn model_folder(dir: &Path) -> PathBuf {
    let is_there = |dir: &PathBuf| dir.join(MODEL_FILE).exists();
    if dir != Path::new(DEFAULT_MODEL) || is_there(&dir.to_owned()) {
        return dir.to_owned();
    }
    let program = std::env::current_exe().and_then(fs::canonicalize).unwrap_or_default();
    let above = program.ancestors().skip(1);
    let mut around =
        above.flat_map(|above| [above.join(DEFAULT_MODEL), above.join("share/skillrouter").join(DEFAULT_MODEL)]);
    around.find(is_there).unwrap_or_else(|| dir.to_owned())
}

/// Reads all files of the model in a folder.
pub fn open_loader(dir: &Path, device: &Device) -> Result<ModelLoader> {
    let dir = model_folder(dir);
    let manifest = dir.join(MODEL_FILE);
    if !manifest.exists() {
        bail!(
            "{} has no {MODEL_FILE}; make one with `skillrouter quantize` or `skillrouter fetch-model`",
            dir.display()
        );
    }
    let mut loader = ModelLoader::new(&read(&manifest)?, device).with_context(|| dir.display().to_string())?;
    while let Some(entry) = loader.missing().first().cloned() {
        loader.add_file(&entry.file, &read(&dir.join(&entry.file))?).with_context(|| dir.display().to_string())?;
    }
    Ok(loader)
}

/// Opens the encoder in a folder.
pub fn open_encoder(dir: &Path, device: DeviceArg) -> Result<Encoder> {
    let loader = open_loader(dir, &device.open()?)?;
    Encoder::new(loader).with_context(|| dir.display().to_string())
}

/// Opens the reranker in a folder.
pub fn open_reranker(dir: &Path, device: DeviceArg) -> Result<Reranker> {
    let loader = open_loader(dir, &device.open()?)?;
    Reranker::new(loader).with_context(|| dir.display().to_string())
}

/// Which files of an index are wanted.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Parts {
    /// What a search needs: terms, vectors and links.
    Search,
    /// All of them.
    All,
}

/// Opens the index in a folder.
pub fn open_index(dir: &Path, parts: Parts) -> Result<Index> {
    let manifest = dir.join(INDEX_FILE);
    if !manifest.exists() {
        bail!(
            "{} has no {INDEX_FILE}; build an index with `skillrouter index SOURCE --out {}`",
            dir.display(),
            dir.display()
        );
    }
    let mut index = Index::open(&read(&manifest)?).with_context(|| dir.display().to_string())?;
    let files: Vec<String> = (index.manifest().files.all())
        .filter(|(kind, _)| parts == Parts::All || matches!(kind, Kind::Lexical | Kind::Vectors | Kind::Links))
        .map(|(_, entry)| entry.file.clone())
        .collect();
    for file in files {
        add_index_file(&mut index, dir, &file)?;
    }
    Ok(index)
}

/// Adds one file of the index in `dir`.
pub fn add_index_file(index: &mut Index, dir: &Path, file: &str) -> Result<()> {
    index.add_file(file, &read(&dir.join(file))?).with_context(|| dir.display().to_string())
}

/// A kind of folder that we write: a manifest that names the other files.
#[derive(Clone, Copy)]
pub struct FolderKind {
    /// What it is, for messages.
    what: &'static str,
    /// Name of the manifest.
    manifest: &'static str,
    /// `format` in it.
    format: JsonFormat,
}

/// An index.
pub const INDEX_FOLDER: FolderKind = FolderKind { what: "an index", manifest: INDEX_FILE, format: INDEX_FORMAT };
/// A model.
pub const MODEL_FOLDER: FolderKind = FolderKind { what: "a model", manifest: MODEL_FILE, format: MODEL_FORMAT };

impl FolderKind {
    /// The files that a manifest lists, of whatever version it is; none when it is not ours.
    fn listed(&self, manifest: &[u8]) -> Option<BTreeSet<String>> {
        fn collect(value: &Value, files: &mut BTreeSet<String>) {
            match value {
                Value::Object(map) => {
                    if let (Some(Value::String(file)), Some(Value::Number(_))) = (map.get("file"), map.get("bytes")) {
                        files.insert(file.clone());
                    }
                    map.values().for_each(|value| collect(value, files));
                }
                Value::Array(values) => values.iter().for_each(|value| collect(value, files)),
                _ => {}
            }
        }
        let manifest: Value = serde_json::from_slice(manifest).ok()?;
        if manifest["format"] != self.format.name {
            return None;
        }
        let mut files = BTreeSet::new();
        collect(&manifest, &mut files);
        files.retain(|file| !file.is_empty() && !file.contains(['/', '\\']) && !file.starts_with('.'));
        Some(files)
    }
}

/// How temporary folders begin; one that stays behind when we are killed is no file of somebody else.
const STAGING: &str = ".skillrouter-";

/// A folder being written. Files are named by their content and the manifest comes last, so that a reader always finds the old
/// folder or the new one. Files that no manifest of ours lists stay where they are.
pub struct NewFolder {
    kind: FolderKind,
    target: PathBuf,
    /// What the old manifest lists; none where there was no folder.
    old: Option<BTreeSet<String>>,
    staging: tempfile::TempDir,
}

impl NewFolder {
    /// Starts to write `target`: a new folder, an empty one, or one of the same kind that we wrote before.
    pub fn new(target: &Path, kind: FolderKind) -> Result<NewFolder> {
        // A link stays one: what it leads to is written.
        let target = match target.is_symlink() {
            true => fs::canonicalize(target).with_context(|| {
                let target = target.display();
                format!("{target} is a link that leads nowhere; remove it, or make the folder that it leads to")
            })?,
            false => std::path::absolute(target)?,
        };
        let old = match target.exists() {
            true => Some(old_files(&target, kind)?),
            false => None,
        };
        let beside = match old {
            Some(_) => target.clone(),
            None => target.parent().context("the output folder has no parent")?.to_owned(),
        };
        fs::create_dir_all(&beside).with_context(|| format!("cannot create {}", beside.display()))?;
        let staging = tempfile::Builder::new()
            .prefix(STAGING)
            .tempdir_in(&beside)
            .with_context(|| format!("cannot write to {}", beside.display()))?;
        Ok(NewFolder { kind, target, old, staging })
    }

    /// Where it is until it is finished.
    pub fn path(&self) -> &Path {
        self.staging.path()
    }

    /// Whether a folder of this kind stood there before.
    pub fn replaces(&self) -> bool {
        self.old.as_ref().is_some_and(|files| !files.is_empty())
    }

    /// Writes one file.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<()> {
        let write = || {
            let mut file = File::create(self.staging.path().join(name))?;
            file.write_all(bytes)?;
            file.sync_all()
        };
        write().with_context(|| format!("cannot write {name} for {}; is there space left?", self.target.display()))
    }

    /// Puts the files in their place, the manifest last, and removes those that only the old one lists.
    pub fn finish(self) -> Result<()> {
        let fail = || format!("cannot put {} in place", self.target.display());
        let Some(old) = &self.old else {
            // A temporary folder is private; what we publish is not.
            #[cfg(unix)]
            fs::set_permissions(self.staging.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755))
                .with_context(fail)?;
            fs::rename(self.staging.path(), &self.target).with_context(fail)?;
            // The temporary name is gone; there is nothing left to clean up under it.
            let _ = self.staging.keep();
            return Ok(());
        };
        let mut new = BTreeSet::new();
        for entry in fs::read_dir(self.staging.path()).with_context(fail)? {
            let name = entry.with_context(fail)?.file_name().to_string_lossy().into_owned();
            new.insert(name);
        }
        let place = |name: &str| fs::rename(self.staging.path().join(name), self.target.join(name)).with_context(fail);
        for name in new.iter().filter(|name| *name != self.kind.manifest) {
            place(name)?;
        }
        place(self.kind.manifest)?;
        for name in old.difference(&new) {
            let path = self.target.join(name);
            if path.is_file() {
                fs::remove_file(&path).with_context(|| format!("cannot remove {}", path.display()))?;
            }
        }
        Ok(())
    }
}

/// The files of the folder that stands at `target`, if they are ours to replace.
fn old_files(target: &Path, kind: FolderKind) -> Result<BTreeSet<String>> {
    let FolderKind { what, manifest, .. } = kind;
    let shown = target.display();
    if !target.is_dir() {
        bail!("{shown} is not a folder; choose another --out, or move it away");
    }
    let path = target.join(manifest);
    if path.exists() {
        return kind.listed(&read(&path)?).with_context(|| {
            format!("{manifest} in {shown} is not {what} of skillrouter; choose another --out, or move it away")
        });
    }
    for entry in fs::read_dir(target).with_context(|| format!("cannot read {shown}"))? {
        if !entry?.file_name().to_string_lossy().starts_with(STAGING) {
            bail!("{shown} exists and holds other things, but no {manifest}; choose another --out, or empty it");
        }
    }
    Ok(BTreeSet::new())
}
