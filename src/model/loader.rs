//! Loading a model: files come one by one, each is checked, its tensors go to the device, and none has to be kept.

use crate::{
    device::Device,
    error::{Error, Result},
    format::FileEntry,
    model::{
        manifest::{MODEL_FILE, ModelManifest},
        weights::Weights,
    },
    tokenize::Tokenizer,
};

/// A model that gets its files. [`crate::model::encoder::Encoder::new`] and [`crate::model::reranker::Reranker::new`]
/// take it once it has them all.
pub struct ModelLoader {
    manifest: ModelManifest,
    tokenizer: Option<Tokenizer>,
    weights: Weights,
    missing: Vec<FileEntry>,
}

impl ModelLoader {
    /// Starts with the bytes of `model.json`.
    ///
    /// # Errors
    /// Those of [`ModelManifest::open`], [`Error::Unsupported`], and [`Error::Malformed`] for weights that are too small.
    pub fn new(model_json: &[u8], device: &Device) -> Result<ModelLoader> {
        let manifest = ModelManifest::open(model_json)?;
        manifest.architecture.check(&manifest.name)?;
        // What is put together for a model that is larger than its files would be thrown away again, and may fill the memory.
        let least_bytes = manifest.architecture.least_bytes();
        if manifest.weights.iter().fold(0, |sum: u64, entry| sum.saturating_add(entry.bytes)) < least_bytes {
            return Err(Error::malformed(
                MODEL_FILE,
                format!("its layers need weights of {least_bytes} bytes at least"),
            ));
        }
        let weights = Weights::new(device, manifest.architecture.is_table());
        let missing = manifest.files().cloned().collect();
        Ok(ModelLoader { manifest, tokenizer: None, weights, missing })
    }

    /// The model's manifest.
    pub fn manifest(&self) -> &ModelManifest {
        &self.manifest
    }

    /// The files that are still to be added, in the order in which to add them.
    pub fn missing(&self) -> &[FileEntry] {
        &self.missing
    }

    /// Adds a file.
    ///
    /// # Errors
    /// Those of [`FileEntry::check`], of the tokenizer and of [`Weights::add_file`]; another file than the
    /// next one is [`Error::Malformed`].
    pub fn add_file(&mut self, file: &str, bytes: &[u8]) -> Result<()> {
        self.next(file)?.check(bytes)?;
        self.add_checked_file(file, bytes)
    }

    /// Adds a file whose hash the caller has compared: a page does that with the browser's own SHA-256, which is many
    /// times as fast as one in WebAssembly.
    ///
    /// # Errors
    /// Those of [`ModelLoader::add_file`], but for the hash.
    pub fn add_checked_file(&mut self, file: &str, bytes: &[u8]) -> Result<()> {
        self.next(file)?;
        if file == self.manifest.tokenizer.file {
            self.tokenizer = Some(Tokenizer::open(bytes)?);
        } else {
            self.weights.add_file(file, bytes)?;
        }
        self.missing.remove(0);
        Ok(())
    }

    fn next(&self, file: &str) -> Result<&FileEntry> {
        let next = self.missing.first().filter(|entry| entry.file == file);
        next.ok_or_else(|| Error::malformed(file, "it is not the file that the model needs next"))
    }

    /// What was loaded.
    ///
    /// # Errors
    /// [`Error::MissingFile`].
    pub(super) fn finish(self) -> Result<(ModelManifest, Tokenizer, Weights)> {
        if let Some(entry) = self.missing.first() {
            return Err(Error::MissingFile { file: entry.file.clone() });
        }
        let tokenizer = self.tokenizer.ok_or(Error::MissingFile { file: self.manifest.tokenizer.file.clone() })?;
        Ok((self.manifest, tokenizer, self.weights))
    }
}
