//! Skills in `.zip` files and `.skill` packages.

use std::{
    collections::HashSet,
    fs::File,
    io::{Cursor, Read, Seek},
    path::Path,
};

use anyhow::{Context, Result};
use skillrouter::skill::SkillFile;
use zip::ZipArchive;

use super::{Cause, SKILL_FILE, Sources, UNPACKED_MAX_BYTES, absolute, mib, read_limited};

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
        for (i, name) in &names {
            let place = format!("{}/{name}", package.place);
            if let Some(folder) = skill_folder(name) {
                let outer = above(folder).find(|outer| folders.contains(*outer));
                match (outer, archive.by_index(*i).map_err(|error| error.to_string())) {
                    (Some(outer), _) if !self.nested => {
                        let outer = if outer.is_empty() { "of the whole package" } else { outer };
                        let reason = format!("it lies inside the skill {outer}; --nested reads it as one of its own");
                        self.skip(place, Cause::Nested, reason);
                    }
                    _ if self.unpacked_bytes > UNPACKED_MAX_BYTES => {
                        let reason = format!(
                            "the package unpacks to more than {}; unpack it and give the folder",
                            mib(UNPACKED_MAX_BYTES)
                        );
                        self.skip(place, Cause::TooLarge, reason);
                    }
                    (_, Ok(entry)) => {
                        match read_limited(Ok(entry)).inspect(|bytes| self.unpacked_bytes += bytes.len() as u64) {
                            Ok(bytes) => self.add_entry(package, place, folder, &bytes),
                            Err(error) => self.skip(place, Cause::Unreadable, error),
                        }
                    }
                    (_, Err(error)) => self.skip(place, Cause::Unreadable, error),
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

    fn add_entry(&mut self, package: &Package, place: String, folder: &str, bytes: &[u8]) {
        let id = match folder {
            // A skill at the root has the name that it gives itself.
            "" => match SkillFile::parse(&package.stem, bytes) {
                Ok(file) if !file.skill.name.contains('/') => file.skill.name,
                _ => package.stem.clone(),
            },
            folder => folder.to_owned(),
        };
        let origin = format!("{}/{folder}", package.origin).trim_end_matches('/').to_owned();
        self.add_file(place, origin, &id, bytes);
    }
}

/// The folder of a `SKILL.md`, empty at the root; none for other files.
fn skill_folder(name: &str) -> Option<&str> {
    let (folder, file) = name.rsplit_once('/').unwrap_or(("", name));
    file.eq_ignore_ascii_case(SKILL_FILE).then_some(folder)
}

/// The folders that a folder lies in, the nearest first and the root, which is empty, last.
fn above(folder: &str) -> impl Iterator<Item = &str> {
    fn parent(folder: &str) -> Option<&str> {
        (!folder.is_empty()).then(|| folder.rsplit_once('/').map_or("", |(above, _)| above))
    }
    std::iter::successors(parent(folder), |folder| parent(folder))
}
