//! A skill: what a `SKILL.md` says, taken apart leniently for the index and judged strictly by `lint`.

#[cfg(feature = "build")]
mod encoding;
#[cfg(feature = "build")]
mod frontmatter;
#[cfg(feature = "build")]
mod lines;
#[cfg(feature = "build")]
mod lint;
mod marks;
#[cfg(feature = "build")]
mod parse;
mod scripts;
#[cfg(feature = "build")]
mod value;

use serde::{Deserialize, Serialize};

#[cfg(feature = "build")]
pub use lint::{Finding, Validator};
pub use marks::Mark;
#[cfg(feature = "build")]
pub use marks::read_marks;
#[cfg(feature = "search")]
pub(crate) use marks::{from_bits, to_bits};
#[cfg(feature = "build")]
pub use parse::{FILE_MAX_BYTES, SkillFile};
pub use scripts::Script;
#[cfg(feature = "build")]
pub use scripts::{SCRIPT_MAX_BYTES, SCRIPTS_MAX, is_script};
#[cfg(feature = "build")]
pub use value::plain_text;

/// Longest `name` that the specification allows, in characters.
pub const NAME_MAX_CHARS: usize = 64;
/// Longest `description` that the specification allows, in characters.
pub const DESCRIPTION_MAX_CHARS: usize = 1024;
/// Longest `compatibility` that the specification allows, in characters.
pub const COMPATIBILITY_MAX_CHARS: usize = 500;

/// One skill as the index and the models see it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skill {
    /// Unique within an index: the folder's path, or what the source says.
    pub id: String,
    /// Short name, such as `pdf-merge-split`.
    pub name: String,
    /// What the skill does and when to use it.
    pub description: String,
    /// The Markdown instructions.
    #[serde(default)]
    pub body: String,
    /// Licence as stated, empty when it is not.
    #[serde(default)]
    pub license: String,
    /// Where it comes from: a repository or an address, empty when unknown.
    #[serde(default)]
    pub source: String,
    /// Tools that it may use without asking, as stated; empty when it states none.
    #[serde(default, rename = "allowed-tools", skip_serializing_if = "String::is_empty")]
    pub allowed_tools: String,
    /// Line of its file on which the body begins, from 1; 0 where the body has no file around it.
    #[serde(skip)]
    pub body_line: u32,
    /// What it says of its own use.
    #[serde(skip)]
    pub marks: Vec<Mark>,
    /// The skill that it says to use instead, empty when it names none.
    #[serde(skip)]
    pub superseded_by: String,
    /// The version that it states, empty when it states none.
    #[serde(skip)]
    pub version: String,
    /// The other texts of its front matter, for risk notes.
    #[serde(skip)]
    pub fields: Vec<String>,
    /// The scripts that lie beside it, as far as the source has them, for risk notes.
    #[serde(skip)]
    pub scripts: Vec<Script>,
}

/// What a model reads of a skill, in the parts that its contract puts together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SkillText {
    /// Name of the skill.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Its instructions.
    pub body: String,
}
