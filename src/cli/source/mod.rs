//! Where skills come from: folders, `SKILL.md` files, `.jsonl` and `.json` files, `.zip` and `.skill` packages. A broken file
//! never stops a build, and whatever is left out is named and counted by its cause.

mod archive;
mod folder;
mod limits;
mod rows;
mod scripts;

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    fs::File,
    hash::{DefaultHasher, Hash, Hasher},
    io::{BufReader, Read},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use flate2::read::MultiGzDecoder;
use serde::Serialize;
use skillrouter::{
    copies::{self, Candidate, Fold, FoldKind},
    skill::{FILE_MAX_BYTES, Mark, Script, Skill, SkillFile},
};

pub use folder::{SKILL_FILE, Walk};
pub use scripts::scripts_beside;

use limits::{Bounded, read_limited};

/// What was found in some sources.
#[derive(Default)]
pub struct Sources {
    /// Skills with unique ids, in the order of the sources.
    pub skills: Vec<Skill>,
    /// What was left out.
    pub skipped: Vec<Skipped>,
    found: Vec<Found>,
    choice: Choice,
    /// What came out of the package that is read.
    unpacked_bytes: u64,
}

/// Which skills of the sources count.
#[derive(Clone, Default)]
pub struct Choice {
    /// Also those that lie inside others.
    pub nested: bool,
    /// None with one of these marks.
    pub without: Vec<Mark>,
    /// Also copies and older versions of others.
    pub keep_copies: bool,
}

/// A skill before its id is known to be unique.
struct Found {
    skill: Skill,
    /// Where it stands, for messages.
    place: String,
    /// Absolute path of the skill's folder, or of its row; the end of it makes an id unique.
    origin: String,
    /// The source states the id, as rows do. Elsewhere it is made of the path.
    stated: bool,
    /// Which source it comes from.
    source: usize,
}

/// Something that was left out.
#[derive(Serialize)]
pub struct Skipped {
    /// Path, with the line number for `.jsonl`.
    pub place: String,
    /// What summaries count by.
    pub cause: Cause,
    /// Why, in words.
    pub reason: String,
}

/// Why something was left out. The words are stable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// The system does not give the file.
    Unreadable,
    /// A symbolic link that leads nowhere.
    DanglingLink,
    /// A file without text.
    Empty,
    /// A file that is too large.
    TooLarge,
    /// Binary, or in an encoding that cannot be told for certain.
    Encoding,
    /// A row that is not JSON.
    NotJson,
    /// A row that is not an object.
    NotAnObject,
    /// A row with neither id nor name.
    NoName,
    /// A row with neither description nor body.
    NoText,
    /// Another skill of the same source has its id.
    SameId,
    /// The folder has another `SKILL.md` under a different spelling.
    SecondFile,
    /// Its text is that of another one.
    Copy,
    /// Its text is nearly that of another one of its name.
    NearCopy,
    /// Another one has its path but for a higher version.
    OldVersion,
    /// An ignore file hides it.
    Ignored,
    /// It lies inside another skill.
    Nested,
    /// It has a mark that the index is to be without.
    Marked,
}

impl Cause {
    /// The word for it.
    fn word(self) -> &'static str {
        match self {
            Cause::Unreadable => "unreadable",
            Cause::DanglingLink => "dangling-link",
            Cause::Empty => "empty",
            Cause::TooLarge => "too-large",
            Cause::Encoding => "encoding",
            Cause::NotJson => "not-json",
            Cause::NotAnObject => "not-an-object",
            Cause::NoName => "no-name",
            Cause::NoText => "no-text",
            Cause::SameId => "same-id",
            Cause::SecondFile => "second-file",
            Cause::Copy => "copy",
            Cause::NearCopy => "near-copy",
            Cause::OldVersion => "old-version",
            Cause::Ignored => "ignored",
            Cause::Nested => "nested",
            Cause::Marked => "marked",
        }
    }

    /// Whether somebody should mend it. Ignored, nested and marked files are left out because their owner wants it so.
    pub fn is_fault(self) -> bool {
        !self.is_fold() && !matches!(self, Cause::Ignored | Cause::Nested | Cause::Marked)
    }

    /// Whether it stands in the index as another one.
    pub fn is_fold(self) -> bool {
        matches!(self, Cause::Copy | Cause::NearCopy | Cause::OldVersion)
    }
}

/// How many were left out for each cause.
pub fn by_cause(skipped: &[Skipped]) -> BTreeMap<&'static str, usize> {
    let mut counts = BTreeMap::new();
    for skipped in skipped {
        *counts.entry(skipped.cause.word()).or_default() += 1;
    }
    counts
}

/// The same in a line.
pub fn summary<'a>(skipped: impl IntoIterator<Item = &'a Skipped>) -> String {
    let mut counts: BTreeMap<Cause, usize> = BTreeMap::new();
    for skipped in skipped {
        *counts.entry(skipped.cause).or_default() += 1;
    }
    let counts: Vec<String> = counts.into_iter().map(|(cause, n)| format!("{n} {}", cause.word())).collect();
    counts.join(", ")
}

impl Sources {
    /// Reads all sources.
    pub fn read(sources: &[impl AsRef<Path>], choice: Choice) -> Result<Sources> {
        let mut found = Sources { choice, ..Sources::default() };
        for (number, source) in sources.iter().enumerate() {
            let first = found.found.len();
            found.add_source(source.as_ref())?;
            found.found[first..].iter_mut().for_each(|found| found.source = number);
        }
        found.settle();
        Ok(found)
    }

    fn add_source(&mut self, source: &Path) -> Result<()> {
        let name = source.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
        if source.is_dir() {
            return self.add_folder(source);
        }
        if !source.exists() {
            bail!("{} does not exist", source.display());
        }
        if name == SKILL_FILE.to_lowercase() {
            let folder = absolute(source);
            let folder = folder.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy().into_owned();
            self.add_skill_file(source, &folder);
            return Ok(());
        }
        if name.ends_with(".zip") || name.ends_with(".skill") {
            return self.add_package(source);
        }
        if !self.add_rows(source, &name)? {
            bail!("{} is not a folder, .jsonl, .ndjson, .json, .zip or .skill file, nor a SKILL.md", source.display());
        }
        Ok(())
    }

    /// Reads a file of rows, which may be packed by gzip; false when its name is that of another kind.
    fn add_rows(&mut self, source: &Path, name: &str) -> Result<bool> {
        let (name, packed) = match name.strip_suffix(".gz") {
            Some(name) => (name, true),
            None => (name, false),
        };
        let kind = name.rsplit_once('.').map_or("", |(_, kind)| kind);
        if !matches!(kind, "jsonl" | "ndjson" | "json") {
            return Ok(false);
        }
        let file = File::open(source).with_context(|| format!("cannot read {}", source.display()))?;
        let reader: Box<dyn Read> = match packed {
            true => Box::new(Bounded::new(MultiGzDecoder::new(file))),
            false => Box::new(file),
        };
        match kind {
            "json" => self.add_json(source, reader)?,
            _ => self.add_lines(source, BufReader::new(reader))?,
        }
        Ok(true)
    }

    fn add_folder(&mut self, folder: &Path) -> Result<()> {
        let walk = Walk::new(folder, self.choice.nested);
        self.skipped.extend(walk.skipped);
        let rows_only = walk.skills.is_empty() && walk.packages.is_empty();
        for path in walk.skills {
            let relative = path.parent().and_then(|parent| parent.strip_prefix(folder).ok()).unwrap_or(Path::new(""));
            let id = match relative.to_string_lossy().replace('\\', "/") {
                // The folder is the skill itself.
                id if id.is_empty() => file_name(&absolute(folder)),
                id => id,
            };
            self.add_skill_file(&path, &id);
        }
        for path in walk.packages {
            if let Err(error) = self.add_package(&path) {
                self.skip(path.display().to_string(), Cause::Unreadable, format!("{error:#}"));
            }
        }
        // Beside skills, a file of rows is most likely something else.
        for path in walk.rows.iter().filter(|_| rows_only) {
            self.add_rows(path, &file_name(path).to_lowercase())?;
        }
        Ok(())
    }

    fn add_skill_file(&mut self, path: &Path, id: &str) {
        let place = path.display().to_string();
        let origin = absolute(path).parent().map(|folder| folder.to_string_lossy().into_owned()).unwrap_or_default();
        match read_limited(File::open(path)) {
            Ok(bytes) => self.add_file(place, origin, id, &bytes, |body| scripts_beside(path, body)),
            Err(error) => self.skip(place, Cause::Unreadable, error),
        }
    }

    /// Adds a `SKILL.md`; `scripts` gives those of a skill with such a body.
    fn add_file(
        &mut self,
        place: String,
        origin: String,
        id: &str,
        bytes: &[u8],
        scripts: impl FnOnce(&str) -> Vec<Script>,
    ) {
        match SkillFile::parse(id, bytes) {
            Ok(SkillFile { mut skill, .. }) => {
                skill.scripts = scripts(&skill.body);
                self.found.push(Found { skill, place, origin, stated: false, source: 0 });
            }
            Err(error) => {
                let cause = match bytes {
                    bytes if bytes.len() > FILE_MAX_BYTES => Cause::TooLarge,
                    bytes if bytes.trim_ascii().is_empty() => Cause::Empty,
                    _ => Cause::Encoding,
                };
                match error {
                    skillrouter::Error::Malformed { reason, .. } => self.skip(place, cause, reason),
                    error => self.skip(place, cause, error),
                }
            }
        }
    }

    fn skip(&mut self, place: String, cause: Cause, reason: impl std::fmt::Display) {
        self.skipped.push(Skipped { place, cause, reason: reason.to_string() });
    }

    /// Folds copies, and makes ids unique.
    fn settle(&mut self) {
        let mut found = std::mem::take(&mut self.found);
        let mut left_out: Vec<Option<(Cause, String)>> =
            found.iter().map(|found| marked(&found.skill, &self.choice.without)).collect();
        fold_rows(&found, &mut left_out);
        if !self.choice.keep_copies {
            fold_files(&found, &mut left_out);
        }
        make_unique(&mut found, &mut left_out);
        for (Found { skill, place, .. }, left_out) in found.into_iter().zip(left_out) {
            match left_out {
                None => self.skills.push(skill),
                Some((cause, reason)) => self.skip(place, cause, reason),
            }
        }
    }
}

/// Why a skill is left out if it has one of these marks.
fn marked(skill: &Skill, without: &[Mark]) -> Option<(Cause, String)> {
    let mark = skill.marks.iter().find(|mark| without.contains(mark))?;
    let successor = match skill.superseded_by.as_str() {
        "" => String::new(),
        successor => format!(" (use {successor})"),
    };
    Some((Cause::Marked, format!("{}{successor}; --without leaves such skills out", mark.phrase())))
}

/// Files that are the same skill are one; see [`copies`].
fn fold_files(found: &[Found], left_out: &mut [Option<(Cause, String)>]) {
    let places: Vec<usize> =
        (0..found.len()).filter(|place| left_out[*place].is_none() && !found[*place].stated).collect();
    let candidates: Vec<Candidate<'_>> = places.iter().map(|place| candidate(&found[*place])).collect();
    for (place, fold) in places.iter().zip(copies::fold(&candidates)) {
        let Some(Fold { kept, kind }) = fold else { continue };
        let kept = &found[places[kept]].place;
        left_out[*place] = Some(match kind {
            FoldKind::Copy => (Cause::Copy, format!("it is a copy of {kept}")),
            FoldKind::OldVersion => (Cause::OldVersion, format!("it is an older version of {kept}")),
            FoldKind::NearCopy(likeness) => {
                let percent = (likeness * 100.0).round();
                (Cause::NearCopy, format!("it is nearly a copy of {kept}: {percent}% of the instructions are alike"))
            }
        });
    }
}

fn candidate(Found { skill, origin, .. }: &Found) -> Candidate<'_> {
    let mut hasher = DefaultHasher::new();
    let Skill { name, description, body, license, allowed_tools, scripts, .. } = skill;
    ([name, description, body, license, allowed_tools], scripts).hash(&mut hasher);
    let (path, id, version) = (origin, &skill.id, &skill.version);
    Candidate { path, id, name, description, body, version, content_hash: hasher.finish() }
}

/// Rows of the same id and text are one, whatever the order of the sources.
fn fold_rows(found: &[Found], left_out: &mut [Option<(Cause, String)>]) {
    let mut rows: Vec<usize> =
        (0..found.len()).filter(|place| left_out[*place].is_none() && found[*place].stated).collect();
    rows.sort_by_key(|place| &found[*place].origin);
    let mut first: HashMap<[&str; 6], usize> = HashMap::new();
    for place in rows {
        let Skill { id, name, description, body, license, allowed_tools, .. } = &found[place].skill;
        let kept = *first.entry([id, name, description, body, license, allowed_tools]).or_insert(place);
        if kept != place {
            left_out[place] = Some((Cause::Copy, format!("it is a copy of {}", found[kept].place)));
        }
    }
}

/// Different skills of one id keep as much of their paths as tells them apart, whatever the order of the sources. Within a file
/// of rows, the first one of an id stays.
fn make_unique(found: &mut [Found], left_out: &mut [Option<(Cause, String)>]) {
    let mut by_id: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (place, Found { skill, .. }) in found.iter().enumerate().filter(|(place, _)| left_out[*place].is_none()) {
        by_id.entry(skill.id.clone()).or_default().push(place);
    }
    let mut taken: HashSet<String> = by_id.keys().cloned().collect();
    for (id, places) in by_id.into_iter().filter(|(_, places)| places.len() > 1) {
        let mut sources = HashMap::new();
        let (mut kept, mut seen) = (Vec::new(), HashMap::new());
        for place in places {
            let Found { source, stated, place: shown, .. } = &found[place];
            let first: &String = sources.entry((*source, *stated)).or_insert_with(|| shown.clone());
            let same_file = *stated && first != shown;
            match same_file {
                true => {
                    left_out[place] = Some((Cause::SameId, format!("another skill has the id {id} already: {first}")))
                }
                false => kept.push(place),
            }
        }
        if kept.len() < 2 {
            continue;
        }
        let tail = |place: usize, n: usize| {
            let parts: Vec<&str> = found[place].origin.split('/').filter(|part| !part.is_empty()).collect();
            parts[parts.len().saturating_sub(n)..].join("/")
        };
        let n_parts = id.matches('/').count() + 1;
        let is_free = |n: &usize| {
            let ids: HashSet<String> = kept.iter().map(|place| tail(*place, *n)).collect();
            ids.len() == kept.len() && ids.is_disjoint(&taken)
        };
        let n = (n_parts + 1..n_parts + 64).find(is_free);
        let ids: Vec<String> = kept.iter().map(|place| n.map_or_else(|| id.clone(), |n| tail(*place, n))).collect();
        for (place, new) in kept.into_iter().zip(ids) {
            if let Some(first) = seen.insert(new.clone(), place) {
                seen.insert(new, first);
                let first = &found[first].place;
                left_out[place] = Some((Cause::SameId, format!("another skill has the id {id} already: {first}")));
                continue;
            }
            taken.insert(new.clone());
            found[place].skill.id = new;
        }
    }
}

/// The last part of a path.
fn file_name(path: &Path) -> String {
    path.file_name().map_or_else(|| "skill".to_owned(), |name| name.to_string_lossy().into_owned())
}

/// A path from the root, with links as they are named.
pub fn absolute(path: &Path) -> PathBuf {
    let has_dots = path.components().any(|part| part == std::path::Component::ParentDir);
    let absolute = if has_dots { path.canonicalize() } else { std::path::absolute(path) };
    absolute.unwrap_or_else(|_| path.to_owned())
}
