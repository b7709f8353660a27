//! An index in memory: it starts from `index.json` and gets its files one by one, as they arrive.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    cards::{self, Card},
    hnsw::{EF_SEARCH, Hnsw},
    lexical::Lexical,
    manifest::IndexManifest,
    map,
    vectors::Vectors,
};
use crate::{
    contract::EncoderId,
    error::{Error, Result},
    format::{FileEntry, Kind},
    risk::{self, Risk},
};

/// An index, as far as its files have been added.
pub struct Index {
    manifest: IndexManifest,
    lexical: Option<Lexical>,
    vectors: VectorsState,
    links: Option<Hnsw>,
    cards: BTreeMap<usize, Vec<Card>>,
    bodies: BTreeMap<usize, Vec<Option<String>>>,
    map: Option<Vec<u16>>,
}

enum VectorsState {
    /// So many files have come.
    Partial(Vectors, usize),
    Complete(Arc<Vectors>),
}

impl Index {
    /// Starts with the bytes of `index.json`.
    ///
    /// # Errors
    /// Those of [`IndexManifest::open`].
    pub fn open(index_json: &[u8]) -> Result<Index> {
        let manifest = IndexManifest::open(index_json)?;
        let vectors = match manifest.files.vectors.is_empty() {
            true => VectorsState::Complete(Arc::new(Vectors::new(manifest.width))),
            false => VectorsState::Partial(Vectors::new(manifest.width), 0),
        };
        let (cards, bodies) = (BTreeMap::new(), BTreeMap::new());
        Ok(Index { manifest, lexical: None, vectors, links: None, cards, bodies, map: None })
    }

    /// The manifest.
    pub fn manifest(&self) -> &IndexManifest {
        &self.manifest
    }

    /// Tells whether an encoder is the one that the index was built with.
    ///
    /// # Errors
    /// [`Error::EncoderMismatch`].
    pub fn check_encoder(&self, encoder: &EncoderId) -> Result<()> {
        let built_with = &self.manifest.encoder;
        match built_with == encoder {
            true => Ok(()),
            false => {
                Err(Error::EncoderMismatch { index_encoder: built_with.to_string(), encoder: encoder.to_string() })
            }
        }
    }

    /// Adds a file that the manifest lists; vectors in order, links after them. Its checksum is checked here, its
    /// SHA-256 by the caller that fetched it.
    ///
    /// # Errors
    /// Those of the format, and [`Error::Malformed`] when the file is not one of this index, or not the next one.
    pub fn add_file(&mut self, file: &str, bytes: &[u8]) -> Result<()> {
        let files = &self.manifest.files;
        let found = files.all().find(|(_, entry)| entry.file == file);
        let Some((kind, entry)) = found else {
            return Err(Error::malformed(file, "it is not a file of this index"));
        };
        if entry.bytes != bytes.len() as u64 {
            let (expected_bytes, got_bytes) = (entry.bytes, bytes.len() as u64);
            return Err(Error::Truncated { file: file.to_owned(), expected_bytes, got_bytes });
        }
        let position = |files: &[FileEntry]| files.iter().position(|entry| entry.file == file).unwrap_or_default();
        let n_skills = self.manifest.n_skills;
        match kind {
            Kind::Lexical => {
                let lexical = Lexical::open(file, bytes)?;
                check_count(file, lexical.len(), n_skills)?;
                self.lexical = Some(lexical);
            }
            Kind::Vectors => self.add_vectors(file, bytes)?,
            Kind::Links => {
                let Some(vectors) = self.vectors() else {
                    return Err(Error::malformed(file, "links come after the vectors"));
                };
                self.links = Some(Hnsw::open(file, bytes, vectors.clone(), EF_SEARCH)?);
            }
            Kind::Cards => {
                let shard = position(&files.cards);
                let cards = cards::read_cards(file, bytes, self.manifest.rules.len())?;
                check_count(file, cards.len(), shard_len(&self.manifest.shards.cards, shard, n_skills))?;
                self.cards.insert(shard, cards);
            }
            Kind::Bodies => {
                let shard = position(&files.bodies);
                let bodies = cards::read_bodies(file, bytes)?;
                check_count(file, bodies.len(), shard_len(&self.manifest.shards.bodies, shard, n_skills))?;
                self.bodies.insert(shard, bodies);
            }
            Kind::Map => {
                let map = map::read(file, bytes)?;
                check_count(file, map.len() / 2, n_skills)?;
                self.map = Some(map);
            }
            Kind::Weights => return Err(Error::malformed(file, "an index has no weights")),
        }
        Ok(())
    }

    fn add_vectors(&mut self, file: &str, bytes: &[u8]) -> Result<()> {
        let files = &self.manifest.files.vectors;
        let VectorsState::Partial(vectors, n_files) = &mut self.vectors else { return Ok(()) };
        match files.get(*n_files) {
            Some(next) if next.file == file => {}
            Some(next) => return Err(Error::malformed(file, format!("{} comes before it", next.file))),
            None => return Err(Error::malformed(file, "the vectors of this index are not as many as it says")),
        }
        vectors.append_file(file, bytes)?;
        *n_files += 1;
        if *n_files == files.len() {
            check_count(file, vectors.len(), self.manifest.n_skills)?;
            self.vectors = VectorsState::Complete(Arc::new(std::mem::take(vectors)));
        }
        Ok(())
    }

    /// The lexical leg, once its file was added.
    pub fn lexical(&self) -> Option<&Lexical> {
        self.lexical.as_ref()
    }

    /// The vectors, once all their files were added.
    pub fn vectors(&self) -> Option<&Arc<Vectors>> {
        match &self.vectors {
            VectorsState::Complete(vectors) => Some(vectors),
            VectorsState::Partial(..) => None,
        }
    }

    /// The graph, once its file was added.
    pub fn links(&self) -> Option<&Hnsw> {
        self.links.as_ref()
    }

    /// Where each skill lies in the plane, `[n, 2]`, once its file was added; see [`super::map`].
    pub fn map(&self) -> Option<&[u16]> {
        self.map.as_deref()
    }

    /// The file that holds the card of a skill.
    pub fn card_file(&self, skill_idx: u32) -> Option<&FileEntry> {
        self.manifest.files.cards.get(shard_of(&self.manifest.shards.cards, skill_idx)?)
    }

    /// The card of a skill, once its file was added.
    pub fn card(&self, skill_idx: u32) -> Option<&Card> {
        let shard = shard_of(&self.manifest.shards.cards, skill_idx)?;
        self.cards.get(&shard)?.get((skill_idx - self.manifest.shards.cards[shard]) as usize)
    }

    /// The risk notes of a skill in words, gravest first, once its card was added.
    pub fn risks(&self, skill_idx: u32) -> Vec<Risk<'_>> {
        let Some(card) = self.card(skill_idx) else { return Vec::new() };
        card.notes.iter().filter_map(|note| risk::show(*note, &self.manifest.rules, &card.files)).collect()
    }

    /// The file that holds the body of a skill; none when bodies were left out.
    pub fn body_file(&self, skill_idx: u32) -> Option<&FileEntry> {
        self.manifest.files.bodies.get(shard_of(&self.manifest.shards.bodies, skill_idx)?)
    }

    /// The body of a skill, once its file was added; none when it was left out.
    pub fn body(&self, skill_idx: u32) -> Option<&str> {
        let shard = shard_of(&self.manifest.shards.bodies, skill_idx)?;
        self.bodies.get(&shard)?.get((skill_idx - self.manifest.shards.bodies[shard]) as usize)?.as_deref()
    }
}

fn shard_of(firsts: &[u32], skill_idx: u32) -> Option<usize> {
    firsts.partition_point(|first| *first <= skill_idx).checked_sub(1)
}

fn shard_len(firsts: &[u32], shard: usize, n_skills: usize) -> usize {
    firsts.get(shard + 1).map_or(n_skills, |next| *next as usize) - firsts[shard] as usize
}

fn check_count(file: &str, got: usize, expected: usize) -> Result<()> {
    match got == expected {
        true => Ok(()),
        false => Err(Error::malformed(file, format!("it holds {got} skills where the index says {expected}"))),
    }
}
