//! Risk notes: facts in the text of a skill that a careful reader wants to see, each with the line that shows it.
//!
//! A note is no verdict: a skill that downloads and runs a script may be perfectly honest. Notes are found when an index
//! is built and when a skill is linted, by the rules of `rules.json`, `structure.rs` and `hidden.rs`; a page that only searches has no
//! rules.
//! An index keeps them as numbers beside its cards and the words for them in `index.json`, and [`show`] puts the
//! two together.
//!
//! Categories are those of "Agent Skills in the Wild" (Liu et al. 2026, arXiv 2601.10338), and one for facts that are
//! worth knowing and no sign of bad intent.

#[cfg(feature = "build")]
mod find;
#[cfg(feature = "build")]
mod hidden;
#[cfg(feature = "build")]
mod reading;
#[cfg(feature = "build")]
mod structure;

use serde::{Deserialize, Serialize};

#[cfg(feature = "build")]
pub use find::{CitedNote, MAX_NOTES, find, notes, renumber, rules};

/// What a rule is about, gravest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Category {
    /// The text works on the agent against its user.
    PromptInjection,
    /// Something leaves the machine that should stay.
    DataExfiltration,
    /// More rights than the task needs.
    PrivilegeEscalation,
    /// Code or instructions come from elsewhere.
    SupplyChain,
    /// Worth knowing before use.
    Hygiene,
}

/// A rule as an index describes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// Stable word in kebab-case.
    pub id: String,
    /// What it is about.
    pub category: Category,
    /// The fact, as a phrase that follows the name of a skill: `downloads and runs remote code`.
    pub title: String,
}

/// A rule that a skill answers to, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Note {
    /// Place of the rule in the table that the note goes with: the program's own, or that of an index.
    pub rule: u16,
    /// File that shows it first, from 1 in the list of files that the note goes with; 0 is `SKILL.md`.
    pub file: u16,
    /// Line of that file from 1, or of the body where a skill came without a file; 0 is the front matter.
    pub line: u32,
    /// Lines that show it, of `SKILL.md` or of all scripts.
    pub count: u32,
}

/// A note in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Risk<'a> {
    /// [`Rule::id`].
    pub rule: &'a str,
    /// [`Rule::category`].
    pub category: Category,
    /// [`Rule::title`].
    pub title: &'a str,
    /// Path of the file beside `SKILL.md` that shows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<&'a str>,
    /// [`Note::line`].
    pub line: u32,
    /// [`Note::count`].
    pub count: u32,
}

/// A note in the words of the tables that it goes with; none when they have no such rule or file.
pub fn show<'a>(note: Note, rules: &'a [Rule], files: &'a [String]) -> Option<Risk<'a>> {
    let Rule { id, category, title } = rules.get(usize::from(note.rule))?;
    let file = match note.file {
        0 => None,
        place => Some(files.get(usize::from(place) - 1)?.as_str()),
    };
    Some(Risk { rule: id, category: *category, title, file, line: note.line, count: note.count })
}
