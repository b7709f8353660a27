//! Where skills come from: folders, `.jsonl`, `.jsonl.gz` and `.zip`. A broken file never stops a build.

use std::{
    fs::File,
    io::{BufRead, BufReader, Read},
    path::Path,
};

use anyhow::{Context, Result, bail};
use flate2::read::MultiGzDecoder;
use skillrouter::{
    Error,
    skill::{FILE_MAX_BYTES, Skill, SkillFile},
};

/// Name of the file that makes a folder a skill.
const SKILL_FILE: &str = "SKILL.md";

/// What was found in some sources.
#[derive(Default)]
pub struct Sources {
    /// Skills with unique ids, in the order of the sources.
    pub skills: Vec<Skill>,
    /// Files that could not be used: where, and why.
    pub skipped: Vec<Skipped>,
    ids: std::collections::HashSet<String>,
}

/// A file or line that could not be used.
#[derive(serde::Serialize)]
pub struct Skipped {
    /// Path, with the line number for `.jsonl`.
    pub place: String,
    /// Why.
    pub reason: String,
}

impl Sources {
    /// Reads all sources.
    pub fn read(sources: &[impl AsRef<Path>]) -> Result<Sources> {
        let mut found = Sources::default();
        for source in sources {
            let source = source.as_ref();
            let name = source.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let open = || File::open(source).with_context(|| format!("cannot read {}", source.display()));
            match name {
                _ if source.is_dir() => found.add_folder(source),
                name if name.ends_with(".jsonl") => found.add_lines(source, BufReader::new(open()?))?,
                name if name.ends_with(".jsonl.gz") => {
                    found.add_lines(source, BufReader::new(MultiGzDecoder::new(open()?)))?;
                }
                name if name.ends_with(".zip") => found.add_zip(source, open()?)?,
                _ if !source.exists() => bail!("{} does not exist", source.display()),
                _ => bail!("{} is not a folder, .jsonl, .jsonl.gz or .zip file", source.display()),
            }
        }
        Ok(found)
    }

    fn skip(&mut self, place: String, reason: impl std::fmt::Display) {
        self.skipped.push(Skipped { place, reason: reason.to_string() });
    }

    fn add(&mut self, place: String, skill: Skill) {
        if !self.ids.insert(skill.id.clone()) {
            return self.skip(place, format!("another skill has the id {} already", skill.id));
        }
        self.skills.push(skill);
    }

    fn add_file(&mut self, place: String, id: &str, bytes: &[u8]) {
        match SkillFile::parse(id, bytes) {
            Ok(file) => self.add(place, file.skill),
            Err(Error::Malformed { reason, .. }) => self.skip(place, reason),
            Err(error) => self.skip(place, error),
        }
    }

    /// Every `SKILL.md` below a folder, hidden folders included (skills live in `.claude/skills`), `.gitignore` kept.
    fn add_folder(&mut self, folder: &Path) {
        let walk = ignore::WalkBuilder::new(folder)
            .hidden(false)
            .require_git(false)
            .filter_entry(|entry| entry.file_name() != ".git")
            .sort_by_file_name(Ord::cmp)
            .build();
        for entry in walk {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    self.skip(folder.display().to_string(), error);
                    continue;
                }
            };
            if entry.file_name() != SKILL_FILE || !entry.file_type().is_some_and(|kind| kind.is_file()) {
                continue;
            }
            let path = entry.path();
            let relative = path.parent().and_then(|parent| parent.strip_prefix(folder).ok()).unwrap_or(Path::new(""));
            let id = match relative.to_string_lossy().replace('\\', "/") {
                // The folder is the skill itself.
                id if id.is_empty() => std::path::absolute(folder)
                    .ok()
                    .and_then(|folder| Some(folder.file_name()?.to_string_lossy().into_owned()))
                    .unwrap_or_else(|| "skill".to_owned()),
                id => id,
            };
            let place = path.display().to_string();
            match read_limited(File::open(path)) {
                Ok(bytes) => self.add_file(place, &id, &bytes),
                Err(error) => self.skip(place, error),
            }
        }
    }

    fn add_lines(&mut self, source: &Path, mut reader: impl BufRead) -> Result<()> {
        let mut line = Vec::new();
        for number in 1.. {
            line.clear();
            let n_bytes = reader.read_until(b'\n', &mut line);
            let n_bytes = n_bytes
                .with_context(|| format!("cannot read line {number} of {}; is it cut off?", source.display()))?;
            if n_bytes == 0 {
                break;
            }
            if line.trim_ascii().is_empty() {
                continue;
            }
            let place = format!("{}:{number}", source.display());
            match serde_json::from_slice::<Skill>(&line) {
                Ok(skill) if skill.id.is_empty() || skill.name.trim().is_empty() => {
                    self.skip(place, "id or name is empty")
                }
                Ok(skill) => self.add(place, skill),
                Err(error) => self.skip(place, error),
            }
        }
        Ok(())
    }

    fn add_zip(&mut self, source: &Path, file: File) -> Result<()> {
        let mut archive =
            zip::ZipArchive::new(file).with_context(|| format!("{} is not a zip file", source.display()))?;
        for i in 0..archive.len() {
            let entry = match archive.by_index(i) {
                Ok(entry) => entry,
                Err(error) => {
                    self.skip(format!("{}#{i}", source.display()), error);
                    continue;
                }
            };
            let name = match entry.name() {
                Ok(name) => name.replace('\\', "/"),
                Err(error) => {
                    self.skip(format!("{}#{i}", source.display()), error);
                    continue;
                }
            };
            let Some(folder) =
                name.strip_suffix(SKILL_FILE).filter(|folder| folder.is_empty() || folder.ends_with('/'))
            else {
                continue;
            };
            let stem = source.file_stem().and_then(|stem| stem.to_str()).unwrap_or("skill");
            let id = match folder.trim_end_matches('/') {
                "" => stem.to_owned(),
                folder => folder.to_owned(),
            };
            let place = format!("{}/{name}", source.display());
            match read_limited(Ok(entry)) {
                Ok(bytes) => self.add_file(place, &id, &bytes),
                Err(error) => self.skip(place, error),
            }
        }
        Ok(())
    }
}

/// Reads to the end, but no more than tells that a file is too large.
fn read_limited(reader: std::io::Result<impl Read>) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reader?.take(FILE_MAX_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}
