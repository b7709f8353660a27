//! `index.json`: the one file of an index that is always fetched fresh. All others are named by their content.

use serde::{Deserialize, Serialize};

use crate::{
    contract::EncoderId,
    error::{Error, Result},
    format::{self, FileEntry, JsonFormat, Kind},
    risk::Rule,
    routing::Routing,
};

/// Name of the manifest within an index folder.
pub const INDEX_FILE: &str = "index.json";
/// `format` of the manifest.
pub const INDEX_FORMAT: JsonFormat = JsonFormat { name: "skillrouter-index", kind: "index", version: 3 };

/// The contents of `index.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IndexManifest {
    /// Number of skills.
    pub n_skills: usize,
    /// Width of the vectors.
    pub width: usize,
    /// The encoder that made them.
    pub encoder: EncoderId,
    /// How the legs are mixed with this encoder.
    pub routing: Routing,
    /// The risk rules that skills of this index answer to; the notes on the cards are numbered by them.
    pub rules: Vec<Rule>,
    /// Where the shards of cards and bodies begin.
    pub shards: Shards,
    /// The files.
    pub files: IndexFiles,
}

/// How cards and bodies are cut into shards.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shards {
    /// First skill of each cards file.
    pub cards: Vec<u32>,
    /// First skill of each bodies file.
    pub bodies: Vec<u32>,
}

/// The files of an index.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct IndexFiles {
    /// One file.
    pub lexical: Vec<FileEntry>,
    /// Slices of the rows, in order.
    pub vectors: Vec<FileEntry>,
    /// None, or one file.
    pub links: Vec<FileEntry>,
    /// Shards, in order.
    pub cards: Vec<FileEntry>,
    /// Shards, in order; none when bodies were left out.
    pub bodies: Vec<FileEntry>,
    /// None, or one file.
    #[serde(default)]
    pub map: Vec<FileEntry>,
}

impl IndexFiles {
    /// All files with their kinds.
    pub fn all(&self) -> impl Iterator<Item = (Kind, &FileEntry)> {
        [
            (Kind::Lexical, &self.lexical),
            (Kind::Vectors, &self.vectors),
            (Kind::Links, &self.links),
            (Kind::Cards, &self.cards),
            (Kind::Bodies, &self.bodies),
            (Kind::Map, &self.map),
        ]
        .into_iter()
        .flat_map(|(kind, files)| files.iter().map(move |entry| (kind, entry)))
    }

    /// Bytes of the files of one kind.
    pub fn bytes_of(&self, kind: Kind) -> u64 {
        self.all().filter(|(of, _)| *of == kind).map(|(_, entry)| entry.bytes).sum()
    }
}

impl IndexManifest {
    /// Reads and checks an `index.json`.
    ///
    /// # Errors
    /// Those of [`format::open_json`], and [`Error::Malformed`].
    pub fn open(bytes: &[u8]) -> Result<IndexManifest> {
        let manifest: IndexManifest = format::open_json(INDEX_FORMAT, INDEX_FILE, bytes)?;
        let in_order = |firsts: &[u32], files: &[FileEntry]| {
            firsts.len() == files.len()
                && firsts.first().is_none_or(|first| *first == 0)
                && firsts.is_sorted()
                && firsts.last().is_none_or(|last| (*last as usize) <= manifest.n_skills)
        };
        if !in_order(&manifest.shards.cards, &manifest.files.cards)
            || !in_order(&manifest.shards.bodies, &manifest.files.bodies)
        {
            return Err(Error::malformed(INDEX_FILE, "its shards do not match its files"));
        }
        // Places of skills are u32 everywhere.
        if u32::try_from(manifest.n_skills).is_err() || manifest.files.vectors.is_empty() != (manifest.n_skills == 0) {
            return Err(Error::malformed(INDEX_FILE, "its vectors do not match its number of skills"));
        }
        let plain = |file: &str| !file.is_empty() && !file.contains(['/', '\\']) && !file.starts_with('.');
        if let Some((_, entry)) = manifest.files.all().find(|(_, entry)| !plain(&entry.file)) {
            return Err(Error::malformed(INDEX_FILE, format!("{:?} is not a plain file name", entry.file)));
        }
        Ok(manifest)
    }

    /// Writes it.
    pub fn to_bytes(&self) -> Vec<u8> {
        format::seal_json(INDEX_FORMAT, self)
    }
}
