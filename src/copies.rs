//! Which skills of some sources are the same one: copies, older versions and near-copies are folded into the newest.
//!
//! - An older version has the name of another skill and its path, but for a part that is a lower version (`press/1.0.0/` and
//!   `press/2.0.0/`).
//! - A copy has the same text.
//! - A near-copy has the same name, and nearly the same description and body. Descriptions are compared by their words, bodies by
//!   MinHash (Broder 1997) over runs of three words, so that thousands of skills need not be compared pair by pair.
//!
//! Skills of different names are never folded: many catalogues have one text for a hundred services.

use std::{
    cmp::Reverse,
    collections::{BTreeSet, HashMap},
};

use crate::terms::Terms;

/// Least part of the words of two descriptions that both have. Chosen, as the next one, so that versions that gained a clause are
/// folded while different skills of one name and one template are not.
const DESCRIPTION_LIKENESS: f64 = 0.6;
/// Least part of the runs of words of two bodies that both have.
const BODY_LIKENESS: f64 = 0.7;
/// Words of a run.
const RUN: usize = 3;
/// Bands of a sketch, and numbers in each: bodies with seven runs of ten in common share a band in all but one of 5,000 cases.
const BANDS: usize = 32;
const BAND: usize = 4;
/// Folders of installed copies, which give way to others.
const INSTALLED: [&str; 3] = ["node_modules", "cache", ".cache"];

/// A skill that may be a copy.
pub struct Candidate<'a> {
    /// Where it lies: its folder, with `/`.
    pub path: &'a str,
    /// What it is called in the index; of equals, that with the shortest one stays.
    pub id: &'a str,
    /// Its name.
    pub name: &'a str,
    /// Its description.
    pub description: &'a str,
    /// Its instructions.
    pub body: &'a str,
    /// The version that it states, empty when it states none.
    pub version: &'a str,
    /// Hash of all that counts for copies.
    pub content_hash: u64,
}

/// A skill that is folded into another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fold {
    /// Place of the one that stays.
    pub kept: usize,
    /// Why.
    pub kind: FoldKind,
}

/// How a skill is the same as another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum FoldKind {
    /// The same text.
    Copy,
    /// The same path but for a lower version.
    OldVersion,
    /// The same name, and so much of the bodies is alike, at most 1.
    NearCopy(f64),
}

/// Finds what is to be folded, whatever the order of the skills.
pub fn fold(skills: &[Candidate<'_>]) -> Vec<Option<Fold>> {
    let mut order: Vec<usize> = (0..skills.len()).collect();
    order.sort_by_cached_key(|place| rank(&skills[*place]));
    let mut folds: Vec<Option<Fold>> = vec![None; skills.len()];
    let mut newest: HashMap<(String, u64), usize> = HashMap::new();
    for &place in &order {
        let Some((path, _)) = versioned(skills[place].path) else { continue };
        let kept = *newest.entry((path, name_hash(&skills[place]))).or_insert(place);
        folds[place] = (kept != place).then_some(Fold { kept, kind: FoldKind::OldVersion });
    }
    let mut of_name: HashMap<u64, usize> = HashMap::new();
    skills.iter().for_each(|skill| *of_name.entry(name_hash(skill)).or_default() += 1);
    let mut finder = Finder::default();
    for place in order {
        if folds[place].is_none() && of_name[&name_hash(&skills[place])] > 1 {
            folds[place] = finder.add(place, skills);
        }
    }
    // What an older version was folded into may be a copy itself.
    for place in 0..skills.len() {
        while let Some(Fold { kept, kind }) = folds[place]
            && let Some(further) = folds[kept]
        {
            folds[place] = Some(Fold { kept: further.kept, kind });
        }
    }
    folds
}

/// What orders skills that are the same: the one that stays first.
fn rank(skill: &Candidate<'_>) -> (bool, Reverse<Vec<u64>>, usize, String, String) {
    let is_installed = skill.path.split('/').any(|part| INSTALLED.contains(&part));
    let version =
        versioned(skill.path).map(|(_, version)| version).or_else(|| numbers(skill.version)).unwrap_or_default();
    (is_installed, Reverse(version), skill.id.matches('/').count(), skill.id.to_owned(), skill.path.to_owned())
}

/// A path with a star for its last version, and that version.
fn versioned(path: &str) -> Option<(String, Vec<u64>)> {
    let mut parts: Vec<&str> = path.split('/').collect();
    let (place, name, version) = parts.iter().enumerate().rev().find_map(|(place, part)| {
        let (name, version) = part.rsplit_once('@').unwrap_or(("", part));
        let is_plain = version.contains('.') || version.starts_with('v');
        Some((place, name, numbers(version).filter(|_| is_plain)?))
    })?;
    let star = format!("{name}@*");
    parts[place] = &star;
    Some((parts.join("/"), version))
}

/// The numbers of a version such as `1.10.0`, `v2` or `1.2.0-beta.1`; a version before its release comes before it.
fn numbers(version: &str) -> Option<Vec<u64>> {
    let version = version.trim();
    let version = version.strip_prefix('v').unwrap_or(version);
    let end = version.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(version.len());
    let (release, rest) = version.split_at(end);
    let mut numbers: Vec<u64> = release.split('.').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    if !(rest.is_empty() || rest.starts_with(['-', '+'])) {
        return None;
    }
    numbers.resize(numbers.len().max(4), 0);
    numbers.push(u64::from(!rest.starts_with('-')));
    Some(numbers)
}

/// A name as people tell names apart: by its letters and digits.
fn name_hash(skill: &Candidate<'_>) -> u64 {
    let letters: String = skill.name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    fnv(FNV_START, letters.as_bytes())
}

/// The skills that stay, and what near-copies of them are found by.
#[derive(Default)]
struct Finder {
    splitter: Terms,
    by_content: HashMap<u64, usize>,
    /// By hash of the name, number of the band, and what is in it.
    bands: HashMap<(u64, usize, [u32; BAND]), Vec<usize>>,
    sketches: HashMap<usize, Sketch>,
}

impl Finder {
    /// Folds a skill into one that came before, or keeps it.
    fn add(&mut self, place: usize, skills: &[Candidate<'_>]) -> Option<Fold> {
        let skill = &skills[place];
        if let Some(&kept) = self.by_content.get(&skill.content_hash) {
            return Some(Fold { kept, kind: FoldKind::Copy });
        }
        let (name, sketch) = (name_hash(skill), Sketch::of(skill, &self.splitter));
        let keys: Vec<_> = sketch.bands().enumerate().map(|(band, numbers)| (name, band, numbers)).collect();
        let near: BTreeSet<usize> = keys.iter().filter_map(|key| self.bands.get(key)).flatten().copied().collect();
        let found = near.into_iter().find_map(|kept| {
            let other = &self.sketches[&kept];
            let likeness = sketch.body_likeness(other);
            let is_near = likeness >= BODY_LIKENESS && sketch.description_likeness(other) >= DESCRIPTION_LIKENESS;
            is_near.then_some(Fold { kept, kind: FoldKind::NearCopy(likeness) })
        });
        if found.is_none() {
            self.by_content.insert(skill.content_hash, place);
            keys.into_iter().for_each(|key| self.bands.entry(key).or_default().push(place));
            self.sketches.insert(place, sketch);
        }
        found
    }
}

/// What skills are compared by.
struct Sketch {
    description: BTreeSet<String>,
    /// The least hash of all runs of words, by each of the hash functions.
    body: Vec<u32>,
}

impl Sketch {
    fn of(skill: &Candidate<'_>, splitter: &Terms) -> Sketch {
        let words: Vec<&str> =
            skill.body.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
        let mut body = vec![u32::MAX; BANDS * BAND];
        for run in words.windows(RUN.min(words.len().max(1))) {
            let mut state = run.iter().fold(FNV_START, |hash, word| fnv(fnv(hash, word.as_bytes()), b" "));
            for least in &mut body {
                state = split_mix(state);
                *least = (*least).min((state >> 32) as u32);
            }
        }
        Sketch { description: splitter.of(skill.description).into_iter().collect(), body }
    }

    fn bands(&self) -> impl Iterator<Item = [u32; BAND]> {
        self.body.chunks_exact(BAND).map(|band| band.try_into().expect("a band"))
    }

    fn body_likeness(&self, other: &Sketch) -> f64 {
        let n_same = self.body.iter().zip(&other.body).filter(|(a, b)| a == b).count();
        n_same as f64 / self.body.len() as f64
    }

    fn description_likeness(&self, other: &Sketch) -> f64 {
        let n_common = self.description.intersection(&other.description).count();
        let n_all = self.description.len() + other.description.len() - n_common;
        if n_all == 0 { 1.0 } else { n_common as f64 / n_all as f64 }
    }
}

/// FNV-1a: its offset, and a step for each byte. It gives the same numbers everywhere.
const FNV_START: u64 = 0xcbf2_9ce4_8422_2325;

fn fnv(hash: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(hash, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

/// SplitMix64 (Steele et al. 2014): the next of a row of hashes.
fn split_mix(state: u64) -> u64 {
    let z = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEPS: &str = "# Steps\n\n1. Read the input.\n2. Do the work.\n3. Say what was done.";

    fn skill<'a>(path: &'a str, name: &'a str, description: &'a str, body: &'a str) -> Candidate<'a> {
        let content_hash = fnv(FNV_START, format!("{name}\n{description}\n{body}").as_bytes());
        Candidate { path, id: path, name, description, body, version: "", content_hash }
    }

    /// What is folded into what, by path, whatever the order.
    fn check(skills: &[Candidate<'_>], expected: &[(&str, &str, &str)]) {
        let folded = |skills: &[Candidate<'_>]| {
            let kind = |kind| match kind {
                FoldKind::Copy => "copy",
                FoldKind::OldVersion => "old",
                FoldKind::NearCopy(_) => "near",
            };
            let named = skills.iter().zip(fold(skills)).filter_map(|(skill, fold)| {
                let Fold { kept, kind: by } = fold?;
                Some((skill.path.to_owned(), skills[kept].path.to_owned(), kind(by)))
            });
            named.collect::<BTreeSet<_>>()
        };
        let mut all: BTreeSet<(String, String, &str)> = BTreeSet::new();
        all.extend(expected.iter().map(|(path, kept, kind)| ((*path).to_owned(), (*kept).to_owned(), *kind)));
        assert_eq!(folded(skills), all);
        let reversed: Vec<Candidate<'_>> = skills.iter().rev().map(|s| Candidate { ..*s }).collect();
        assert_eq!(folded(&reversed), all);
    }

    #[test]
    fn versions_and_installed_copies_are_folded_into_the_newest() {
        let newest = "Presses flowers, leaves and moss. Use for a herbarium sheet.";
        let (old, older) =
            ("Presses flowers and leaves. Use for a herbarium sheet.", "Presses flowers. Use for a herbarium sheet.");
        check(
            &[
                skill("cache/press/1.9.0/herbarium", "herbarium", older, STEPS),
                skill("cache/press/1.10.0/herbarium", "herbarium", old, "Another text."),
                skill("cache/press/2.0.0/herbarium", "herbarium", newest, STEPS),
                skill("market/press/skills/herbarium", "herbarium", newest, STEPS),
                skill("market/node_modules/dep/herbarium", "herbarium", newest, STEPS),
                skill("market/press/skills/other", "other", "Draws plates.", STEPS),
            ],
            &[
                ("cache/press/1.9.0/herbarium", "market/press/skills/herbarium", "old"),
                ("cache/press/1.10.0/herbarium", "market/press/skills/herbarium", "old"),
                ("cache/press/2.0.0/herbarium", "market/press/skills/herbarium", "copy"),
                ("market/node_modules/dep/herbarium", "market/press/skills/herbarium", "copy"),
            ],
        );
        check(
            &[skill("a/v1/x", "x", "One.", "b"), skill("a/v2/x", "x", "Two.", "c"), skill("a/v2/y", "y", "Two.", "c")],
            &[("a/v1/x", "a/v2/x", "old")],
        );
        check(
            &[skill("p@1.0.0/x", "x", "One.", "b"), skill("p@1.0.1/x", "x", "Two.", "c")],
            &[("p@1.0.0/x", "p@1.0.1/x", "old")],
        );
        check(&[skill("2024/x", "x", "One trip.", "b"), skill("2025/x", "x", "Two walks.", "c")], &[]);
    }

    #[test]
    fn near_copies_are_folded_and_different_skills_of_one_name_are_not() {
        let long: String = (0..200).map(|i| format!("word{i} ")).collect();
        let changed = long.replace("word77 ", "other ") + "and an end";
        let grown = format!("{long}{}", (0..400).map(|i| format!("new{i} ")).collect::<String>());
        let versioned = |path, version, body| Candidate { version, ..skill(path, "pack", "Packs a bag.", body) };
        check(
            &[versioned("a", "1.9", &long), versioned("b", "1.10", &changed), versioned("c", "", &grown)],
            &[("a", "b", "near")],
        );
        check(
            &[
                skill("user/pack", "pack", "Packs china for a house move.", STEPS),
                skill("project/pack", "pack", "Packs a rucksack for the mountains.", STEPS),
                skill("github", "github-helper", "Helps with a service.", &long),
                skill("gitlab", "gitlab-helper", "Helps with a service.", &long),
            ],
            &[],
        );
        check(&[skill("a", "x", "One.", ""), skill("b", "x", "One.", "c d")], &[]);
    }

    #[test]
    fn versions_are_numbers() {
        let order = ["1.2.0-beta.1", "1.2", "1.9.3", "v1.10", "2"];
        assert!(order.map(|version| numbers(version).unwrap()).is_sorted());
        for other in ["", "latest", "1.x", "2024a", "a1b2c3d"] {
            assert_eq!(numbers(other), None, "{other}");
        }
    }
}
