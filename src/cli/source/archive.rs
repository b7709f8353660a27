//! Skills in `.zip` files and `.skill` packages.

use std::{
    collections::{HashMap, HashSet},
    fs::File,
    io::{Cursor, Read, Seek},
    path::Path,
};

use anyhow::{Context, Result};
use skillrouter::skill::{SCRIPT_MAX_BYTES, Script, SkillFile, is_script};
use zip::ZipArchive;

use super::{
    Cause, SKILL_FILE, Sources, absolute,
    limits::{UNPACKED_MAX_BYTES, mib, read_at_most, read_limited},
    scripts::gather,
};

/// Largest package inside of an archive that is read, in bytes.
const PACKAGE_MAX_BYTES: u64 = 64 << 20;

/// An archive, and where it stands.
struct Package {
    /// For messages.
    place: String,
    /// For ids.
    origin: String,
    /// Its name without the ending: the skill's, if that lies at its root and has none.
    stem: String,
}

impl Sources {
    /// Reads a package on disk.
    pub(super) fn add_package(&mut self, source: &Path) -> Result<()> {
        let file = File::open(source).with_context(|| format!("cannot read {}", source.display()))?;
        let archive = ZipArchive::new(file).with_context(|| format!("{} is not a zip file", source.display()))?;
        let stem = source.file_stem().map_or_else(|| "skill".to_owned(), |stem| stem.to_string_lossy().into_owned());
        let (place, origin) = (source.display().to_string(), absolute(source).to_string_lossy().into_owned());
        self.unpacked_bytes = 0;
        self.add_archive(&Package { place, origin, stem }, archive, true);
        Ok(())
    }

    fn add_archive<R: Read + Seek>(&mut self, package: &Package, mut archive: ZipArchive<R>, with_packages: bool) {
        let mut names = Vec::new();
        for i in 0..archive.len() {
            let name = archive.by_index(i).map_err(|error| error.to_string());
            let name = name.and_then(|entry| match entry.name() {
                Ok(name) => Ok(name.replace('\\', "/")),
                Err(error) => Err(error.to_string()),
            });
            match name {
                Ok(name) => names.push((i, name)),
                Err(error) => self.skip(format!("{}#{i}", package.place), Cause::Unreadable, error),
            }
        }
        // macOS keeps what its own file system knows of each file there.
        names.retain(|(_, name)| !name.starts_with("__MACOSX/") && !name.ends_with('/'));
        let folders: HashSet<String> =
            names.iter().filter_map(|(_, name)| skill_folder(name)).map(str::to_owned).collect();
        let files = files_of_skills(&names, &folders);
        for (i, name) in &names {
            let place = format!("{}/{name}", package.place);
            if let Some(folder) = skill_folder(name) {
                let outer = above(folder).find(|outer| folders.contains(*outer));
                if let Some(outer) = outer
                    && !self.choice.nested
                {
                    let outer = if outer.is_empty() { "of the whole package" } else { outer };
                    let reason = format!("it lies inside the skill {outer}; --nested reads it as one of its own");
                    self.skip(place, Cause::Nested, reason);
                    continue;
                }
                if self.unpacked_bytes > UNPACKED_MAX_BYTES {
                    let limit = mib(UNPACKED_MAX_BYTES);
                    let reason = format!("the package unpacks to more than {limit}; unpack it and give the folder");
                    self.skip(place, Cause::TooLarge, reason);
                    continue;
                }
                match read_limited(archive.by_index(*i).map_err(std::io::Error::other)) {
                    Ok(bytes) => {
                        let mut script_bytes = 0;
                        let scripts = |body: &str| {
                            let scripts = scripts_of(&mut archive, files.get(folder), body);
                            script_bytes = scripts.iter().map(|script| script.text.len()).sum();
                            scripts
                        };
                        self.add_entry(package, place, folder, &bytes, scripts);
                        self.unpacked_bytes += (bytes.len() + script_bytes) as u64;
                    }
                    Err(error) => self.skip(place, Cause::Unreadable, error),
                }
            } else if with_packages && name.to_lowercase().ends_with(".skill") {
                let mut bytes = Vec::new();
                let read = archive.by_index(*i).map_err(|error| error.to_string()).and_then(|entry| {
                    entry.take(PACKAGE_MAX_BYTES).read_to_end(&mut bytes).map_err(|error| error.to_string())
                });
                let opened = read.and_then(|_| ZipArchive::new(Cursor::new(bytes)).map_err(|error| error.to_string()));
                let file = name.rsplit('/').next().unwrap_or(name);
                let stem = file[..file.len() - ".skill".len()].to_owned();
                match opened {
                    Ok(inner) => {
                        let origin = format!("{}/{name}", package.origin);
                        self.add_archive(&Package { place, origin, stem }, inner, false);
                    }
                    Err(error) => self.skip(place, Cause::Unreadable, error),
                }
            }
        }
    }

    fn add_entry(
        &mut self,
        package: &Package,
        place: String,
        folder: &str,
        bytes: &[u8],
        scripts: impl FnOnce(&str) -> Vec<Script>,
    ) {
        let id = match folder {
            // A skill at the root has the name that it gives itself.
            "" => match SkillFile::parse(&package.stem, bytes) {
                Ok(file) if !file.skill.name.contains('/') => file.skill.name,
                _ => package.stem.clone(),
            },
            folder => folder.to_owned(),
        };
        let origin = format!("{}/{folder}", package.origin).trim_end_matches('/').to_owned();
        self.add_file(place, origin, &id, bytes, scripts);
    }
}

/// The files of each skill by its folder, with their paths within it: those of no skill inside of it.
fn files_of_skills<'a>(
    names: &'a [(usize, String)],
    folders: &HashSet<String>,
) -> HashMap<&'a str, Vec<(&'a str, usize)>> {
    let mut files: HashMap<&str, Vec<(&str, usize)>> = HashMap::new();
    for (i, name) in names {
        if let Some(folder) = above(name).find(|folder| folders.contains(*folder)) {
            files.entry(folder).or_default().push((name[folder.len()..].trim_start_matches('/'), *i));
        }
    }
    files
}

/// The folders that a path lies in, the nearest first and the root, which is empty, last.
fn above(path: &str) -> impl Iterator<Item = &str> {
    fn parent(path: &str) -> Option<&str> {
        (!path.is_empty()).then(|| path.rsplit_once('/').map_or("", |(above, _)| above))
    }
    std::iter::successors(parent(path), |path| parent(path))
}

/// The scripts among the files of a skill.
fn scripts_of<R: Read + Seek>(
    archive: &mut ZipArchive<R>,
    files: Option<&Vec<(&str, usize)>>,
    body: &str,
) -> Vec<Script> {
    let files: HashMap<&str, usize> =
        files.into_iter().flatten().copied().filter(|(path, _)| is_script(path, body)).collect();
    gather(files.keys().map(|path| (*path).to_owned()).collect(), |path| {
        read_at_most(archive.by_index(files[path]).map_err(std::io::Error::other), SCRIPT_MAX_BYTES).ok()
    })
}

/// The folder of a `SKILL.md`, empty at the root; none for other files.
fn skill_folder(name: &str) -> Option<&str> {
    let (folder, file) = name.rsplit_once('/').unwrap_or(("", name));
    file.eq_ignore_ascii_case(SKILL_FILE).then_some(folder)
}
