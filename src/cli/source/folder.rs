//! The skills below a folder: links followed, hidden folders included (skills live in `.claude/skills`), ignore files respected
//! as far as they lie inside the folder, and what they hide named.

use std::{
    collections::{HashMap, HashSet},
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
    rc::Rc,
};

use ignore::{
    Match,
    gitignore::{Gitignore, GitignoreBuilder},
};

use super::{Cause, Skipped};

/// Name of the file that makes a folder a skill. Other spellings are read too.
pub const SKILL_FILE: &str = "SKILL.md";
/// Files that hide others, the strongest first.
const IGNORE_FILES: [&str; 3] = [".ignore", ".gitignore", ".git/info/exclude"];

/// What a folder holds.
#[derive(Default)]
pub struct Walk {
    /// `SKILL.md` files, by path.
    pub skills: Vec<PathBuf>,
    /// `.skill` files that lie in no skill.
    pub packages: Vec<PathBuf>,
    /// `.jsonl` files and the like that lie in no skill.
    pub rows: Vec<PathBuf>,
    /// What was left out.
    pub skipped: Vec<Skipped>,
    nested: bool,
    /// `SKILL.md` files as they were met.
    met: Vec<Met>,
    /// Folders that links led to, and how they were met.
    linked: HashSet<(PathBuf, bool, bool)>,
    /// Links that lead nowhere.
    dangling: HashSet<PathBuf>,
}

/// A `SKILL.md` on the way.
struct Met {
    path: PathBuf,
    /// The file itself, after all links.
    real: PathBuf,
    through_link: bool,
    left_out: Option<(Cause, String)>,
}

/// What is known of a folder from those above it.
#[derive(Clone, Default)]
struct Above {
    /// Ignore files of the folders above, the nearest last.
    ignores: Vec<Rc<Gitignore>>,
    /// The ignore file that hides the folder.
    hidden_by: Option<PathBuf>,
    /// The skill that the folder lies in.
    inside: Option<PathBuf>,
    through_link: bool,
}

impl Walk {
    /// Walks through a folder; with `nested`, skills inside of others count too.
    pub fn new(folder: &Path, nested: bool) -> Walk {
        let mut walk = Walk { nested, ..Walk::default() };
        let mut above = Above::default();
        let (global, _) = GitignoreBuilder::new(folder).build_global();
        above.ignores.push(Rc::new(global));
        walk.visit(folder, &above);
        walk.settle();
        walk
    }

    fn visit(&mut self, folder: &Path, above: &Above) {
        let entries = fs::read_dir(folder).and_then(|entries| entries.collect::<Result<Vec<_>, _>>());
        let mut paths: Vec<PathBuf> = match entries {
            Ok(entries) => entries.into_iter().map(|entry| entry.path()).collect(),
            Err(error) => return self.skip(folder, Cause::Unreadable, error),
        };
        paths.sort();
        let (mut folders, mut files) = (Vec::new(), Vec::new());
        for path in paths {
            match fs::metadata(&path) {
                Ok(kind) if kind.is_dir() => folders.push(path),
                Ok(kind) if kind.is_file() => files.push(path),
                Ok(_) => {}
                Err(error) if path.is_symlink() => self.meet_dangling(&path, &error, above),
                Err(error) => self.skip(&path, Cause::Unreadable, error),
            }
        }

        let mut below = above.clone();
        let skill = |path: &&PathBuf| path.file_name().is_some_and(|name| name.eq_ignore_ascii_case(SKILL_FILE));
        let mut spellings: Vec<&PathBuf> = files.iter().filter(skill).collect();
        spellings.sort_by_key(|path| !path.ends_with(SKILL_FILE));
        if let Some((first, others)) = spellings.split_first() {
            self.meet(first, above);
            for other in others {
                let reason = format!("{} lies beside it, which is read", first.display());
                self.skip(other, Cause::SecondFile, reason);
            }
            below.inside.get_or_insert_with(|| folder.to_owned());
        }
        // Those of the skill's own folder do not hide the skill itself, but what lies below.
        below.ignores.extend(ignores(folder));
        if spellings.is_empty() && above.inside.is_none() {
            for path in &files {
                self.meet_other(path, &below);
            }
        }
        for path in folders {
            if path.file_name().is_some_and(|name| name == ".git") {
                continue;
            }
            let hidden_by = below.hidden_by.clone().or_else(|| hidden_by(&below.ignores, &path, true));
            let mut below = Above { hidden_by, ..below.clone() };
            if path.is_symlink() {
                let (Ok(target), Ok(here)) = (path.canonicalize(), folder.canonicalize()) else { continue };
                let way = (target.clone(), below.hidden_by.is_some(), below.inside.is_some());
                // A cycle, or the same folder again.
                if here.starts_with(&target) || !self.linked.insert(way) {
                    continue;
                }
                below.through_link = true;
            }
            self.visit(&path, &below);
        }
    }

    fn meet(&mut self, path: &Path, above: &Above) {
        let hidden_by = above.hidden_by.clone().or_else(|| hidden_by(&above.ignores, path, false));
        let left_out = match (&above.inside, hidden_by) {
            (Some(skill), _) if !self.nested => Some((
                Cause::Nested,
                format!("it lies inside the skill {}; --nested reads it as one of its own", skill.display()),
            )),
            (_, Some(file)) => Some((Cause::Ignored, hidden(&file))),
            _ => None,
        };
        let real = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let through_link = above.through_link || path.is_symlink();
        self.met.push(Met { path: path.to_owned(), real, through_link, left_out });
    }

    /// A link that cannot be followed, once, however many ways lead to it.
    fn meet_dangling(&mut self, path: &Path, error: &std::io::Error, above: &Above) {
        let real = path.parent().and_then(|folder| folder.canonicalize().ok());
        let real = real.zip(path.file_name()).map_or_else(|| path.to_owned(), |(folder, name)| folder.join(name));
        if above.hidden_by.is_some() || !self.dangling.insert(real) {
            return;
        }
        match error.kind() {
            ErrorKind::NotFound => self.skip(path, Cause::DanglingLink, "it is a link that leads nowhere"),
            _ => self.skip(path, Cause::DanglingLink, format!("it is a link that cannot be followed: {error}")),
        }
    }

    /// A file that is no `SKILL.md`.
    fn meet_other(&mut self, path: &Path, around: &Above) {
        let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
        let is_package = name.ends_with(".skill");
        let plain = name.strip_suffix(".gz").unwrap_or(&name);
        if !is_package && !plain.ends_with(".jsonl") && !plain.ends_with(".ndjson") {
            return;
        }
        let hidden_by = around.hidden_by.clone().or_else(|| hidden_by(&around.ignores, path, false));
        match hidden_by {
            Some(file) if is_package => self.skip(path, Cause::Ignored, hidden(&file)),
            Some(_) => {}
            None if is_package => self.packages.push(path.to_owned()),
            None => self.rows.push(path.to_owned()),
        }
    }

    fn skip(&mut self, path: &Path, cause: Cause, reason: impl std::fmt::Display) {
        self.skipped.push(Skipped { place: path.display().to_string(), cause, reason: reason.to_string() });
    }

    /// A file that several ways lead to is met once: by its own path if there is one, and left out only if all ways are.
    fn settle(&mut self) {
        let mut best: HashMap<PathBuf, Met> = HashMap::new();
        let rank = |met: &Met| {
            let n_parts = met.path.components().count();
            (met.left_out.is_some(), met.through_link, n_parts, met.path.clone())
        };
        for met in std::mem::take(&mut self.met) {
            match best.get_mut(&met.real) {
                Some(other) if rank(&met) < rank(other) => *other = met,
                Some(_) => {}
                None => drop(best.insert(met.real.clone(), met)),
            }
        }
        let mut met: Vec<Met> = best.into_values().collect();
        met.sort_by(|a, b| a.path.cmp(&b.path));
        for Met { path, left_out, .. } in met {
            match left_out {
                Some((cause, reason)) => self.skip(&path, cause, reason),
                None => self.skills.push(path),
            }
        }
    }
}

fn hidden(file: &Path) -> String {
    format!("{} hides it; give its folder as a source of its own to read it", file.display())
}

/// The ignore files of a folder, the strongest last.
fn ignores(folder: &Path) -> Vec<Rc<Gitignore>> {
    let read = |name: &str| {
        let path = folder.join(name);
        path.is_file().then(|| {
            let mut builder = GitignoreBuilder::new(folder);
            // Lines that are no patterns are left out, as git does.
            let _ = builder.add(path);
            builder.build().ok().map(Rc::new)
        })
    };
    IGNORE_FILES.iter().rev().filter_map(|name| read(name).flatten()).collect()
}

/// The ignore file that hides a path: the nearest one that says something of it decides.
fn hidden_by(ignores: &[Rc<Gitignore>], path: &Path, is_dir: bool) -> Option<PathBuf> {
    for ignore in ignores.iter().rev() {
        match ignore.matched(path, is_dir) {
            Match::Ignore(pattern) => {
                return Some(pattern.from().map_or_else(|| ignore.path().to_owned(), Path::to_owned));
            }
            Match::Whitelist(_) => return None,
            Match::None => {}
        }
    }
    None
}
