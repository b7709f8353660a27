//! Skills of the user's own, on their way to an index: files in, texts to embed out, vectors in, an index out.
//!
//! They come from sources (a folder, a zip), and a source that is read again replaces what it gave before. A text that was
//! embedded once is not embedded again, whichever source it comes from.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    hash::{DefaultHasher, Hash, Hasher},
};

use crate::{
    contract::{Contract, EncoderId},
    copies::{self, Candidate},
    error::{Error, Result},
    index::{
        Index,
        builder::{self, IndexConfig, IndexOutput, IndexedSkill, SkillTerms},
        cards::Card,
        lexical::TermCounts,
        vectors::QuantizedVector,
    },
    model::manifest::{ModelManifest, Role},
    risk,
    routing::Routing,
    skill::{SkillFile, SkillText},
    terms::Terms,
};

/// Skills, and the vectors of as many of their texts as have one.
pub struct Collection {
    encoder: EncoderId,
    contract: Contract,
    routing: Routing,
    width: usize,
    /// By id.
    skills: BTreeMap<String, Entry>,
    /// By content hash.
    vectors: HashMap<u64, QuantizedVector>,
    /// Content hashes of the texts that were given out last.
    asked: Vec<u64>,
}

struct Entry {
    card: Card,
    body: String,
    content_hash: u64,
    /// The version that it states, of a skill that was just read.
    version: String,
}

/// A skill that is a copy or an older version of another one.
#[derive(serde::Serialize)]
pub struct FoldedSkill {
    /// Its id.
    pub id: String,
    /// Id of the one that stays.
    pub kept: String,
}

impl Collection {
    /// An empty one, for an encoder.
    ///
    /// # Errors
    /// [`Error::Unavailable`] for a reranker.
    pub fn new(manifest: &ModelManifest) -> Result<Collection> {
        let encoder = manifest.encoder_id()?;
        let Role::Encoder { contract, routing, .. } = manifest.role.clone() else {
            unreachable!("only an encoder has an id");
        };
        let (skills, vectors, asked) = (BTreeMap::new(), HashMap::new(), Vec::new());
        Ok(Collection { encoder, contract, routing, width: manifest.width(), skills, vectors, asked })
    }

    /// Takes over the skills of a complete index that [`Collection::finish`] made; their vectors too, if they are of the
    /// same encoder.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when a file of it is missing.
    pub fn keep(&mut self, index: &Index) -> Result<()> {
        let same_encoder = index.manifest().encoder == self.encoder;
        let missing =
            || Error::unavailable("an index of your own skills is not complete; delete it and add them again");
        let vectors = index.vectors().ok_or_else(missing)?;
        for skill_idx in 0..index.manifest().n_skills {
            let (Some(card), Some(body)) = (index.card(skill_idx as u32), index.body(skill_idx as u32)) else {
                return Err(missing());
            };
            let mut card = card.clone();
            card.notes = risk::renumber(&card.notes, &index.manifest().rules);
            if same_encoder {
                self.vectors.insert(vectors.content_hashes()[skill_idx], vectors.row(skill_idx));
            }
            self.insert(card, body.to_owned(), String::new());
        }
        Ok(())
    }

    /// Forgets the skills of a source.
    pub fn remove(&mut self, source: &str) {
        self.skills.retain(|_, entry| entry.card.source != source);
    }

    /// Adds a `SKILL.md`. `path` is that of its folder within the source, empty when the source is the skill itself.
    ///
    /// # Errors
    /// [`Error::Malformed`] for a file that is no skill, and when the source has one of that path already.
    pub fn add(&mut self, source: &str, path: &str, bytes: &[u8]) -> Result<String> {
        let id = if path.is_empty() { source.to_owned() } else { format!("{source}/{path}") };
        let mut skill = SkillFile::parse(&id, bytes)?.skill;
        if self.skills.contains_key(&id) {
            return Err(Error::malformed(&id, "another skill has this path already"));
        }
        skill.source = source.to_owned();
        let card = Card::new(&skill, risk::notes(&skill));
        self.insert(card, skill.body, skill.version);
        Ok(id)
    }

    /// Forgets the skills of a source that are copies or older versions of others of it; see [`copies`]. Those of other
    /// sources stay, since one source may go without the other.
    pub fn fold_source(&mut self, source: &str) -> Vec<FoldedSkill> {
        let of_source: Vec<&Entry> = self.skills.values().filter(|entry| entry.card.source == source).collect();
        let candidates: Vec<Candidate<'_>> = of_source.iter().map(|entry| candidate(entry)).collect();
        let folded: Vec<FoldedSkill> = std::iter::zip(&of_source, copies::fold(&candidates))
            .filter_map(|(entry, fold)| {
                let kept = of_source[fold?.kept].card.id.clone();
                Some(FoldedSkill { id: entry.card.id.clone(), kept })
            })
            .collect();
        for FoldedSkill { id, .. } in &folded {
            self.skills.remove(id);
        }
        folded
    }

    fn insert(&mut self, card: Card, body: String, version: String) {
        let content_hash = self.contract.document(&card.name, &card.description, &body).content_hash();
        self.skills.insert(card.id.clone(), Entry { card, body, content_hash, version });
    }

    /// Number of skills.
    pub fn len(&self) -> usize {
        self.skills.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.skills.is_empty()
    }

    /// The sources with the number of their skills, by name.
    pub fn sources(&self) -> BTreeMap<&str, usize> {
        let mut sources = BTreeMap::new();
        for entry in self.skills.values() {
            *sources.entry(entry.card.source.as_str()).or_default() += 1;
        }
        sources
    }

    /// Number of different texts that have no vector yet.
    pub fn n_pending(&self) -> usize {
        self.pending().map(|entry| entry.content_hash).collect::<HashSet<u64>>().len()
    }

    fn pending(&self) -> impl Iterator<Item = &Entry> {
        self.skills.values().filter(|entry| !self.vectors.contains_key(&entry.content_hash))
    }

    /// The next texts that need a vector, at most `max`; none when all have one. See [`Collection::add_vectors`].
    pub fn next_texts(&mut self, max: usize) -> Vec<SkillText> {
        let mut seen = HashSet::new();
        let next = self.pending().filter(|entry| seen.insert(entry.content_hash)).take(max);
        let (asked, texts) = next
            .map(|Entry { card, body, content_hash, .. }| {
                let (name, description) = (card.name.clone(), card.description.clone());
                (*content_hash, SkillText { name, description, body: body.clone() })
            })
            .unzip();
        self.asked = asked;
        texts
    }

    /// The vectors of the texts that [`Collection::next_texts`] gave last, row by row.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when they are not as many, or not numbers.
    ///
    /// # Shapes
    /// `[b, d]`
    pub fn add_vectors(&mut self, vectors: &[f32]) -> Result<()> {
        if vectors.len() != self.asked.len() * self.width || !vectors.iter().all(|x| x.is_finite()) {
            return Err(Error::unavailable("the vectors are not those of the texts; add the skills again"));
        }
        for (content_hash, vector) in self.asked.drain(..).zip(vectors.chunks_exact(self.width)) {
            self.vectors.insert(content_hash, QuantizedVector::new(vector));
        }
        Ok(())
    }

    /// The files of an index of all skills.
    ///
    /// # Errors
    /// [`Error::Unavailable`] while a text has no vector.
    pub fn finish(&self) -> Result<IndexOutput> {
        let splitter = Terms::default();
        let indexed = |Entry { card, body, content_hash, .. }: &Entry| {
            let vector = self.vectors.get(content_hash).cloned();
            let vector =
                vector.ok_or_else(|| Error::unavailable("some skills were not embedded yet; go on with them"))?;
            let terms = SkillTerms::Counted(TermCounts::of(&splitter, &card.name, &card.description, body));
            Ok(IndexedSkill {
                card: card.clone(),
                body: Some(body.clone()),
                content_hash: *content_hash,
                vector,
                terms,
            })
        };
        let skills = self.skills.values().map(indexed).collect::<Result<Vec<_>>>()?;
        let (encoder, routing) = (self.encoder.clone(), self.routing.clone());
        Ok(builder::build(skills, Vec::new(), risk::rules(), encoder, routing, self.width, IndexConfig::default()))
    }
}

fn candidate(Entry { card, body, version, .. }: &Entry) -> Candidate<'_> {
    let Card { id, name, description, license, .. } = card;
    let mut hasher = DefaultHasher::new();
    [name, description, license, body].hash(&mut hasher);
    Candidate { path: id, id, name, description, body, version, content_hash: hasher.finish() }
}
