//! Reading and writing on disk: whole folders appear at once or not at all.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use skillrouter::{
    device::Device,
    format::Kind,
    index::{Index, manifest::INDEX_FILE},
    model::{encoder::Encoder, loader::ModelLoader, manifest::MODEL_FILE, reranker::Reranker},
};

use super::device::DeviceArg;

/// Reads a file; the error names it.
pub fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

/// Reads all files of the model in a folder.
pub fn open_loader(dir: &Path, device: &Device) -> Result<ModelLoader> {
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

/// A folder being written: it gets its name only when it is complete, and what stood there before goes only then.
pub struct NewFolder {
    target: PathBuf,
    folder: tempfile::TempDir,
}

impl NewFolder {
    /// Starts a folder beside `target`. `is_ours` tells whether an existing folder may be replaced.
    pub fn new(target: &Path, is_ours: impl Fn(&Path) -> bool) -> Result<NewFolder> {
        if target.exists() && !is_ours(target) && fs::read_dir(target).map_or(true, |mut dir| dir.next().is_some()) {
            bail!("{} exists and holds other things; choose another --out, or empty it", target.display());
        }
        let target = std::path::absolute(target)?;
        let parent = target.parent().context("the output folder has no parent")?;
        fs::create_dir_all(parent).with_context(|| format!("cannot create {}", parent.display()))?;
        let folder = tempfile::Builder::new()
            .prefix(".skillrouter-")
            .tempdir_in(parent)
            .with_context(|| format!("cannot write to {}", parent.display()))?;
        Ok(NewFolder { target, folder })
    }

    /// Where it is until it is finished.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes one file.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<()> {
        fs::write(self.folder.path().join(name), bytes)
            .with_context(|| format!("cannot write {name} for {}; is there space left?", self.target.display()))
    }

    /// Gives the folder its name.
    pub fn finish(self) -> Result<()> {
        let fail = || format!("cannot put {} in place", self.target.display());
        // A temporary folder is private; what we publish is not.
        #[cfg(unix)]
        fs::set_permissions(self.folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755))
            .with_context(fail)?;
        let old = self.folder.path().with_extension("old");
        let had_old = self.target.exists();
        if had_old {
            fs::rename(&self.target, &old).with_context(fail)?;
        }
        if let Err(error) = fs::rename(self.folder.path(), &self.target) {
            if had_old {
                fs::rename(&old, &self.target).with_context(fail)?;
            }
            return Err(error).with_context(fail);
        }
        // The temporary name is gone; there is nothing left to clean up under it.
        let _ = self.folder.keep();
        if had_old {
            fs::remove_dir_all(&old).with_context(|| format!("cannot remove {}", old.display()))?;
        }
        Ok(())
    }
}
