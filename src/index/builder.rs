//! Puts an index together: skills and their vectors in, files out. The same skills give the same bytes, in whatever
//! order they come.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{
    cards::{self, Card},
    hnsw::{EF_CONSTRUCTION, Hnsw},
    lexical::{LexicalBuilder, LexicalConfig, TermCounts},
    manifest::{INDEX_FILE, IndexFiles, IndexManifest, Shards},
    map,
    vectors::{QuantizedVector, Vectors},
};
use crate::{
    contract::EncoderId,
    format::{FileEntry, Kind, content_hash},
    risk::Rule,
    routing::Routing,
};

/// Skills in a shard of cards, on average. About 100 KB to fetch for a page of results, at most ten times that.
const CARDS_PER_SHARD: usize = 512;
/// Skills in a shard of bodies, on average.
const BODIES_PER_SHARD: usize = 128;
/// Largest vectors file in bytes, so that static hosts and their caches take it gladly.
const VECTORS_FILE_BYTES: usize = 8 << 20;
/// Seed of the random choices of graph and map.
const SEED: u64 = 0x5eed;

/// A skill with all that the index keeps of it.
pub struct IndexedSkill {
    /// What a person sees.
    pub card: Card,
    /// `None` when it must not be passed on.
    pub body: Option<String>,
    /// Content hash of the text that the vector was made from.
    pub content_hash: u64,
    /// The vector.
    pub vector: QuantizedVector,
    /// Terms for the lexical leg.
    pub terms: SkillTerms,
}

/// Where a skill's terms come from.
pub enum SkillTerms {
    /// From its full text.
    Counted(TermCounts),
    /// From an earlier index.
    Kept(TermCounts),
}

/// Settings of a build.
#[derive(Clone, Copy, Debug, Default)]
pub struct IndexConfig {
    /// Make HNSW links.
    pub hnsw: bool,
    /// Make a map.
    pub map: bool,
    /// Write no bodies at all.
    pub no_bodies: bool,
    /// What the lexical leg keeps, instead of what suits the number of skills.
    pub lexical: Option<LexicalConfig>,
}

/// A finished index: named files, `index.json` last.
pub struct IndexOutput {
    /// The manifest.
    pub manifest: IndexManifest,
    /// Name and bytes of every file.
    pub files: Vec<(String, Vec<u8>)>,
}

/// Builds the files of an index. Ids must be unique. `kept_frequencies` are the document frequencies of the earlier
/// index that [`SkillTerms::Kept`] comes from. `rules` are those that the notes of the cards are numbered by.
pub fn build(
    mut skills: Vec<IndexedSkill>,
    kept_frequencies: Vec<(String, u32)>,
    rules: &[Rule],
    encoder: EncoderId,
    routing: Routing,
    width: usize,
    config: IndexConfig,
) -> IndexOutput {
    // The order of hashes mixes skills of all sources and topics, and a new skill changes one shard of each kind.
    skills.sort_by_cached_key(|skill| (id_hash(skill), skill.card.id.clone()));
    let mut output = Output::default();
    let lexical_config = config.lexical.unwrap_or_else(|| LexicalConfig::for_skills(skills.len()));

    output.add(Kind::Lexical, lexical_file(&mut skills, kept_frequencies, lexical_config));
    let mut vectors = Vectors::new(width);
    for skill in &skills {
        vectors.push(skill.content_hash, &skill.vector);
    }
    let rows = (VECTORS_FILE_BYTES / (width + 12)).max(1);
    for first in (0..skills.len()).step_by(rows) {
        output.add(Kind::Vectors, vectors.to_file(first, skills.len().min(first + rows)));
    }
    if config.map {
        output.add(Kind::Map, map::file(&vectors, SEED));
    }
    if config.hnsw {
        output.add(Kind::Links, Hnsw::build(Arc::new(vectors), EF_CONSTRUCTION, SEED).to_file());
    }
    let rules = keep_used_rules(&mut skills, rules);
    let card_shards = shard_starts(&skills, CARDS_PER_SHARD);
    for shard in slices(&skills, &card_shards) {
        output.add(Kind::Cards, cards::cards_file(shard.iter().map(|skill| &skill.card)));
    }
    let body_shards = if config.no_bodies { Vec::new() } else { shard_starts(&skills, BODIES_PER_SHARD) };
    for shard in slices(&skills, &body_shards) {
        output.add(Kind::Bodies, cards::bodies_file(shard.iter().map(|skill| skill.body.as_deref())));
    }

    let shards = Shards { cards: card_shards, bodies: body_shards };
    let manifest =
        IndexManifest { n_skills: skills.len(), width, encoder, routing, rules, shards, files: output.entries };
    let mut files = output.files;
    files.push((INDEX_FILE.to_owned(), manifest.to_bytes()));
    IndexOutput { manifest, files }
}

fn id_hash(skill: &IndexedSkill) -> u64 {
    content_hash(skill.card.id.as_bytes())
}

/// The rules that some skill answers to; the notes are numbered by these from now on.
fn keep_used_rules(skills: &mut [IndexedSkill], rules: &[Rule]) -> Vec<Rule> {
    let used: BTreeSet<u16> = skills.iter().flat_map(|skill| &skill.card.notes).map(|note| note.rule).collect();
    let places: BTreeMap<u16, u16> = used.iter().copied().zip(0..).collect();
    for note in skills.iter_mut().flat_map(|skill| &mut skill.card.notes) {
        note.rule = places[&note.rule];
    }
    used.into_iter().map(|rule| rules[usize::from(rule)].clone()).collect()
}

fn lexical_file(skills: &mut [IndexedSkill], kept_frequencies: Vec<(String, u32)>, config: LexicalConfig) -> Vec<u8> {
    let mut builder = LexicalBuilder::default();
    let mut kept = Vec::new();
    let mut kept_places = Vec::new();
    let mut order = vec![0; skills.len()];
    let mut n_counted = 0;
    for (place, skill) in skills.iter_mut().enumerate() {
        match std::mem::replace(&mut skill.terms, SkillTerms::Kept(TermCounts::default())) {
            SkillTerms::Counted(terms) => {
                builder.push(&skill.card.name, terms);
                order[place] = n_counted;
                n_counted += 1;
            }
            SkillTerms::Kept(terms) => {
                kept.push((skill.card.name.clone(), terms));
                kept_places.push(place);
            }
        }
    }
    for (i, place) in kept_places.into_iter().enumerate() {
        order[place] = n_counted + i;
    }
    builder.push_kept(kept, kept_frequencies);
    builder.finish(&order, config)
}

/// Starts of the shards: equal slices of the space of hashes, as many as make `per_shard` skills each on average.
fn shard_starts(skills: &[IndexedSkill], per_shard: usize) -> Vec<u32> {
    let n_shards = (skills.len() / per_shard).max(1).next_power_of_two();
    let bits = n_shards.trailing_zeros();
    let shard_of = |skill: &IndexedSkill| id_hash(skill).checked_shr(64 - bits).unwrap_or(0) as usize;
    (0..n_shards).map(|shard| skills.partition_point(|skill| shard_of(skill) < shard) as u32).collect()
}

fn slices<'a>(skills: &'a [IndexedSkill], starts: &'a [u32]) -> impl Iterator<Item = &'a [IndexedSkill]> {
    let ends = starts.iter().skip(1).map(|start| *start as usize).chain(std::iter::once(skills.len()));
    starts.iter().zip(ends).map(|(start, end)| &skills[*start as usize..end])
}

#[derive(Default)]
struct Output {
    entries: IndexFiles,
    files: Vec<(String, Vec<u8>)>,
}

impl Output {
    fn add(&mut self, kind: Kind, bytes: Vec<u8>) {
        let entry = FileEntry::new(kind.name(), "bin", &bytes);
        self.files.push((entry.file.clone(), bytes));
        match kind {
            Kind::Lexical => &mut self.entries.lexical,
            Kind::Vectors => &mut self.entries.vectors,
            Kind::Links => &mut self.entries.links,
            Kind::Cards => &mut self.entries.cards,
            Kind::Bodies => &mut self.entries.bodies,
            Kind::Map => &mut self.entries.map,
            Kind::Weights => unreachable!("an index has no weights"),
        }
        .push(entry);
    }
}
