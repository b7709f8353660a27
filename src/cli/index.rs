//! `skillrouter index`: skills become the static files of an index.

use std::{
    collections::{HashMap, HashSet},
    path::{Path, PathBuf},
    time::Instant,
};

use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};
use rayon::prelude::*;
use serde_json::json;
use skillrouter::{
    contract::DocumentText,
    format::Kind,
    index::{
        builder::{self, IndexConfig, IndexOutput, IndexedSkill, SkillTerms},
        cards::Card,
        lexical::{LexicalConfig, TermCounts},
        manifest::{INDEX_FILE, IndexManifest},
        vectors::QuantizedVector,
    },
    model::{encoder::Encoder, manifest::Role},
    risk::{self, Note},
    skill::{Mark, Skill},
    terms::Terms,
    tokenize::Tokens,
};

use super::{
    DEFAULT_MODEL,
    device::DeviceArg,
    files::{INDEX_FOLDER, NewFolder, Parts, open_encoder, open_index, read},
    progress::Progress,
    source::{Choice, Skipped, Sources, by_cause, summary},
};

/// Texts of one pass through the model; larger batches do not run faster on a CPU.
const BATCH: usize = 16;

/// Build an index: a folder of static files that the page and the command line search
///
/// Sources are folders (every SKILL.md below them, links followed), single SKILL.md files, .zip and .skill packages, and
/// rows: .jsonl, .ndjson or .json files, packed by gzip or not, with id or skill_id, name, description, body or content,
/// license and source. A folder without a SKILL.md may hold files of rows. Ignore files inside a folder are respected; those
/// above it are not.
///
/// Whatever is left out is named, and counted by its cause: unreadable, dangling-link, empty, too-large, encoding, not-json,
/// not-an-object, no-name, no-text, same-id and second-file are faults; copy, near-copy, old-version, ignored (by an ignore file),
/// nested (inside another skill) and marked (by --without) are not. Different skills of one id keep as much of their paths as
/// tells them apart.
///
/// A skill that is there several times stands in the index once, in its newest version. Copies have the same text; older versions
/// the same name and path but for a lower version; near-copies the same name and nearly the same description and instructions, which
/// MinHash compares. Copies in node_modules and caches give way to others. Rows are copies only of rows with the same id.
///
/// The folder at --out must be new, empty or an index; of an index only the files that it lists are replaced, once the new
/// ones are complete. The same skills always give the same bytes.
#[derive(Args)]
pub struct IndexArgs {
    /// Folders, SKILL.md, .jsonl, .ndjson, .json (also .gz), .zip or .skill files
    #[arg(required_unless_present = "remove")]
    sources: Vec<PathBuf>,
    /// Folder to write
    #[arg(long)]
    out: PathBuf,
    /// Model folder
    #[arg(long, default_value = DEFAULT_MODEL)]
    model: PathBuf,
    /// Where to run the model
    #[arg(long, value_enum, default_value = "cpu")]
    device: DeviceArg,
    /// Also make HNSW links, for approximate search in very large indexes
    #[arg(long)]
    hnsw: bool,
    /// Leave out the map, the picture of the index that a page can show
    #[arg(long)]
    no_map: bool,
    /// Leave out the bodies: they are searched, but the index holds no copy
    #[arg(long)]
    no_bodies: bool,
    /// Include bodies only of skills with this licence; repeat it for several (case is ignored)
    #[arg(long, value_name = "LICENSE", conflicts_with = "no_bodies")]
    bodies_only: Vec<String>,
    /// Add to the index at --out: replace skills of the same id, embed only new texts
    #[arg(long)]
    append: bool,
    /// With --append: remove the skill of this id (repeatable)
    #[arg(long, value_name = "ID", requires = "append")]
    remove: Vec<String>,
    /// Also take SKILL.md files that lie inside other skills, such as templates and examples
    #[arg(long)]
    nested: bool,
    /// Keep copies and older versions of skills as skills of their own
    #[arg(long)]
    keep_copies: bool,
    /// Leave out skills that say this of themselves; several with commas between
    #[arg(long, value_enum, value_delimiter = ',', value_name = "MARKS")]
    without: Vec<MarkArg>,
    /// Write nothing and fail when a file or row is skipped for a fault
    #[arg(long)]
    strict: bool,
    /// Number of terms of each body to keep for the word search, best first [default: all in indexes of fewer than 5,000 skills;
    /// in larger ones the words of names and descriptions, without the commonest, and the rarest of each body]
    #[arg(long)]
    keywords: Option<usize>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// What a skill says of its own use.
#[derive(Clone, Copy, ValueEnum)]
enum MarkArg {
    /// Only a person may start it (disable-model-invocation: true)
    Manual,
    /// Only an agent may start it (user-invocable: false)
    AgentOnly,
    /// For those who maintain the collection (internal: true)
    Internal,
    /// Not to be used any more (deprecated, superseded-by)
    Deprecated,
}

impl From<MarkArg> for Mark {
    fn from(mark: MarkArg) -> Mark {
        match mark {
            MarkArg::Manual => Mark::Manual,
            MarkArg::AgentOnly => Mark::AgentOnly,
            MarkArg::Internal => Mark::Internal,
            MarkArg::Deprecated => Mark::Deprecated,
        }
    }
}

/// Runs the subcommand.
pub fn run(args: IndexArgs) -> Result<()> {
    let start = Instant::now();
    let encoder = open_encoder(&args.model, args.device)?;
    let found = read_sources(&args)?;
    let existing = if args.append { Existing::read(&args.out, &encoder)? } else { Existing::default() };
    let folder = NewFolder::new(&args.out, INDEX_FOLDER)?;
    let replaced = folder.replaces().then(|| n_skills_of(&args.out));

    let n_new = found.skills.len();
    let mut skills = embed_skills(&encoder, found.skills, &existing, &args)?;
    let embedded_in = start.elapsed();
    let (frequencies, changes) = merge(&mut skills, existing, &args.remove)?;
    let lexical = args.keywords.map(|keywords| LexicalConfig { keywords, ..LexicalConfig::ALL });
    let config = IndexConfig { hnsw: args.hnsw, map: !args.no_map, no_bodies: args.no_bodies, lexical };
    let (manifest, id) = (encoder.manifest(), encoder.manifest().encoder_id()?);
    let Role::Encoder { routing, .. } = manifest.role.clone() else {
        bail!("{} is not an encoder; choose one with --model", manifest.name)
    };
    let progress = Progress::spinner("writing the index");
    let output = builder_on_one_thread(|| {
        builder::build(skills, frequencies, risk::rules(), id, routing, manifest.width(), config)
    })?;
    progress.finish();
    write(folder, &output)?;

    let skills_per_s = n_new as f64 / embedded_in.as_secs_f64();
    let changes = args.append.then_some(changes);
    report(&args, &output, &Report { skipped: &found.skipped, skills_per_s, replaced, changes });
    Ok(())
}

/// The skills of the sources. What is left out is named.
fn read_sources(args: &IndexArgs) -> Result<Sources> {
    let without = args.without.iter().map(|mark| (*mark).into()).collect();
    let choice = Choice { nested: args.nested, without, keep_copies: args.keep_copies };
    let found = Sources::read(&args.sources, choice)?;
    for skipped in &found.skipped {
        note!("skipped {}: {}", skipped.place, skipped.reason);
    }
    let faults = summary(found.skipped.iter().filter(|skipped| skipped.cause.is_fault()));
    if args.strict && !faults.is_empty() {
        bail!("--strict: skipped {faults}; mend what is named above, or build without --strict");
    }
    if found.skills.is_empty() && args.remove.is_empty() {
        let sources: Vec<String> = args.sources.iter().map(|source| source.display().to_string()).collect();
        let left_out = match summary(found.skipped.iter()) {
            skipped if skipped.is_empty() => "a skill is a folder with a SKILL.md in it".to_owned(),
            skipped => format!("skipped {skipped}, as named above"),
        };
        bail!("no skill in {}; {left_out}", sources.join(", "));
    }
    Ok(found)
}

/// Adds those skills of an existing index that are neither given again nor removed. Returns how many of the kept skills have each term
/// in their full text, and what changed.
fn merge(
    skills: &mut Vec<IndexedSkill>,
    existing: Existing,
    remove: &[String],
) -> Result<(Vec<(String, u32)>, Changes)> {
    let new: HashMap<String, (Card, u64)> =
        skills.iter().map(|skill| (skill.card.id.clone(), (skill.card.clone(), skill.content_hash))).collect();
    let mut changes = Changes { added: new.len(), ..Changes::default() };
    let mut missing: HashSet<&str> = remove.iter().map(String::as_str).collect();
    let mut frequencies = existing.frequencies;
    for skill in existing.skills {
        let id = skill.card.id.as_str();
        missing.remove(id);
        let removed = remove.iter().any(|other| other == id);
        let again = new.get(id);
        if let Some((card, content_hash)) = again {
            changes.added -= 1;
            match skill.card == *card && skill.content_hash == *content_hash {
                true => changes.unchanged += 1,
                false => changes.replaced += 1,
            }
        } else if removed {
            changes.removed += 1;
        }
        if removed || again.is_some() {
            // Of a skill that goes only the kept terms are known; the others stay counted until the next full build.
            if let SkillTerms::Kept(terms) = &skill.terms {
                terms.uncount(&mut frequencies);
            }
        } else {
            skills.push(skill);
        }
    }
    if !skills.iter().any(|skill| matches!(skill.terms, SkillTerms::Kept(_))) {
        frequencies.clear(); // Every skill's full text is at hand.
    }
    if let Some(id) = missing.into_iter().min() {
        bail!("--remove {id}: the index has no skill of this id; `skillrouter route --json` shows ids");
    }
    Ok((frequencies.into_iter().collect(), changes))
}

/// What was done, besides the files.
struct Report<'a> {
    skipped: &'a [Skipped],
    skills_per_s: f64,
    /// An index that was there before: the number of its skills, if that can be read.
    replaced: Option<Option<usize>>,
    /// With `--append`.
    changes: Option<Changes>,
}

/// How skills that are the same are found.
const HOW_FOLDED: &str = "copies by their text, older versions by their path, near-copies by their description and MinHash over the instructions";

/// What `--append` did.
#[derive(Default, serde::Serialize)]
struct Changes {
    added: usize,
    replaced: usize,
    unchanged: usize,
    removed: usize,
}

/// Number of skills of the index in a folder; none when this version does not read it.
fn n_skills_of(dir: &Path) -> Option<usize> {
    Some(IndexManifest::open(&read(&dir.join(INDEX_FILE)).ok()?).ok()?.n_skills)
}

/// Links are the same each time only when one thread makes them.
fn builder_on_one_thread<T: Send>(build: impl FnOnce() -> T + Send) -> Result<T> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().context("cannot start a thread")?;
    Ok(pool.install(build))
}

/// What an index at `--out` holds already.
#[derive(Default)]
struct Existing {
    skills: Vec<IndexedSkill>,
    frequencies: HashMap<String, u32>,
    /// By content hash.
    vectors: HashMap<u64, QuantizedVector>,
}

impl Existing {
    fn read(dir: &Path, encoder: &Encoder) -> Result<Existing> {
        let index = open_index(dir, Parts::All)?;
        let (built_with, this) = (&index.manifest().encoder, encoder.manifest().encoder_id()?);
        if *built_with != this {
            bail!(
                "{} was built for encoder {built_with}, this is {this}; build it from scratch, without --append",
                dir.display()
            );
        }
        let (Some(lexical), Some(vectors)) = (index.lexical(), index.vectors()) else {
            bail!("{} is incomplete; build it from scratch, without --append", dir.display());
        };
        let (terms, frequencies) = lexical.kept_terms();
        let mut existing = Existing { frequencies: frequencies.into_iter().collect(), ..Existing::default() };
        for (skill_idx, terms) in terms.into_iter().enumerate() {
            let mut card = index.card(skill_idx as u32).context("a card is missing")?.clone();
            card.notes = risk::renumber(&card.notes, &index.manifest().rules);
            let content_hash = vectors.content_hashes()[skill_idx];
            let vector = vectors.row(skill_idx);
            existing.vectors.insert(content_hash, vector.clone());
            let body = index.body(skill_idx as u32).map(str::to_owned);
            existing.skills.push(IndexedSkill { card, body, content_hash, vector, terms: SkillTerms::Kept(terms) });
        }
        Ok(existing)
    }
}

/// What the index keeps of each skill; texts that have no vector yet are embedded.
fn embed_skills(
    encoder: &Encoder,
    skills: Vec<Skill>,
    existing: &Existing,
    args: &IndexArgs,
) -> Result<Vec<IndexedSkill>> {
    let notes: Vec<Vec<Note>> = skills.par_iter().map(risk::notes).collect();
    let texts = texts(encoder, &skills, existing)?;
    let mut vectors: Vec<Option<QuantizedVector>> =
        texts.iter().map(|(hash, _)| existing.vectors.get(hash).cloned()).collect();
    for (place, vector) in embed(encoder, &texts)? {
        vectors[place] = Some(vector);
    }
    let splitter = Terms::default();
    let indexed = |(((skill, vector), (content_hash, _)), notes): (((Skill, Option<_>), (u64, _)), _)| {
        let terms = TermCounts::of(&splitter, &skill.name, &skill.description, &skill.body);
        let card = Card::new(&skill, notes);
        let may_pass_on = args.bodies_only.is_empty()
            || args.bodies_only.iter().any(|license| license.eq_ignore_ascii_case(&skill.license));
        let body = may_pass_on.then_some(skill.body);
        let vector = vector.context("a skill was not embedded")?;
        Ok(IndexedSkill { card, body, content_hash, vector, terms: SkillTerms::Counted(terms) })
    };
    skills.into_iter().zip(vectors).zip(texts).zip(notes).map(indexed).collect()
}

/// The content hash of each skill's text, and the tokens of those that have no vector yet.
fn texts(encoder: &Encoder, skills: &[Skill], existing: &Existing) -> Result<Vec<(u64, Option<Tokens>)>> {
    let contract = encoder.contract();
    let progress = Progress::bar("reading", skills.len());
    let text = |skill: &Skill| {
        let text: DocumentText = contract.document(&skill.name, &skill.description, &skill.body);
        let hash = text.content_hash();
        let tokens = match existing.vectors.contains_key(&hash) {
            true => None,
            false => Some(encoder.document_tokens(&text).with_context(|| skill.id.clone())?),
        };
        progress.add(1);
        Ok((hash, tokens))
    };
    let texts = skills.par_iter().map(text).collect::<Result<_>>()?;
    progress.finish();
    Ok(texts)
}

/// The vectors of texts by their places: on all cores, longest texts first, so that no core ends late.
fn embed(encoder: &Encoder, texts: &[(u64, Option<Tokens>)]) -> Result<Vec<(usize, QuantizedVector)>> {
    let mut todo: Vec<(usize, &Tokens)> =
        texts.iter().enumerate().filter_map(|(place, (_, tokens))| Some((place, tokens.as_ref()?))).collect();
    todo.sort_by_key(|(place, tokens)| (std::cmp::Reverse(tokens.len()), *place));
    let progress = Progress::bar("embedding", todo.len());
    let embed = |batch: &[(usize, &Tokens)]| {
        let tokens: Vec<Tokens> = batch.iter().map(|(_, tokens)| (*tokens).clone()).collect();
        let vectors = pollster::block_on(encoder.embed(&tokens))?;
        progress.add(batch.len());
        let rows = vectors.chunks_exact(encoder.manifest().width()).map(QuantizedVector::new);
        Ok(batch.iter().map(|(place, _)| *place).zip(rows).collect())
    };
    let batches: Vec<Vec<(usize, QuantizedVector)>> = todo.par_chunks(BATCH).map(embed).collect::<Result<_>>()?;
    progress.finish();
    Ok(batches.concat())
}

fn write(folder: NewFolder, output: &IndexOutput) -> Result<()> {
    for (name, bytes) in &output.files {
        folder.write(name, bytes)?;
    }
    folder.finish()
}

fn report(args: &IndexArgs, output: &IndexOutput, report: &Report) {
    let Report { skipped, skills_per_s, replaced, changes } = report;
    let n_skipped = skipped.len();
    let n_skills = output.manifest.n_skills;
    let total: usize = output.files.iter().map(|(_, bytes)| bytes.len()).sum();
    let of = |kind| output.manifest.files.bytes_of(kind);
    if args.json {
        let bytes = json!({
            "total": total, "vectors": of(Kind::Vectors), "lexical": of(Kind::Lexical), "links": of(Kind::Links),
            "cards": of(Kind::Cards), "bodies": of(Kind::Bodies), "map": of(Kind::Map),
        });
        let mut report = json!({
            "n_skills": n_skills, "n_skipped": n_skipped, "skipped": by_cause(skipped), "skills_per_s": skills_per_s,
            "bytes": bytes, "out": args.out, "replaced_index": replaced.is_some(),
        });
        if let Some(changes) = changes {
            report["changes"] = json!(changes);
        }
        say!("{report}");
        return;
    }
    say!("{}: {n_skills} skills, {n_skipped} skipped, {skills_per_s:.1} skills/s", args.out.display());
    for kind in [Kind::Vectors, Kind::Lexical, Kind::Links, Kind::Cards, Kind::Bodies, Kind::Map] {
        if of(kind) > 0 {
            let size = size(of(kind));
            say!("  {:8} {size:>12}  {:>6.0} bytes a skill", kind.name(), of(kind) as f64 / n_skills.max(1) as f64);
        }
    }
    match (changes, replaced) {
        (Some(Changes { added, replaced, unchanged, removed }), _) => {
            say!("added {added}, replaced {replaced}, removed {removed}; {unchanged} were there already as they are");
        }
        (None, Some(Some(n_skills))) => say!("it replaces an index of {n_skills} skills that was there"),
        (None, Some(None)) => say!("it replaces an index that was there"),
        (None, None) => {}
    }
    let n_folded = skipped.iter().filter(|skipped| skipped.cause.is_fold()).count();
    if n_folded > 0 {
        say!("folded {n_folded} into the newest skill of their name: {HOW_FOLDED}; --keep-copies keeps them");
    }
    if n_skipped > 0 {
        say!("skipped {n_skipped}: {}", summary(*skipped));
    }
}

/// A number of bytes, for people.
fn size(n_bytes: u64) -> String {
    match n_bytes {
        0..1_000 => format!("{n_bytes} bytes"),
        1_000..1_000_000 => format!("{:.1} KB", n_bytes as f64 / 1e3),
        _ => format!("{:.2} MB", n_bytes as f64 / 1e6),
    }
}
