//! What the two public validators of the specification say of a `SKILL.md`, and some advice.

use serde::Serialize;
use serde_json::Value;

use super::{COMPATIBILITY_MAX_CHARS, DESCRIPTION_MAX_CHARS, NAME_MAX_CHARS, parse::SkillFile, value::plain_text};

/// The fields of the specification.
const FIELDS: [&str; 6] = ["name", "description", "license", "compatibility", "metadata", "allowed-tools"];
/// Longest body that the specification recommends, in lines.
const BODY_MAX_LINES: usize = 500;

impl SkillFile {
    /// What a strict reader of the specification objects to, by the two public validators, which disagree.
    pub fn lint(&self) -> Vec<Finding> {
        let mut findings: Vec<Finding> =
            self.guesses.iter().map(|guess| Finding::error(Validator::Both, guess.clone())).collect();
        let mut find = |validator, message: String| findings.push(Finding::error(validator, message));
        self.lint_required(&mut find);
        self.lint_optional(&mut find);
        findings.extend(self.advice().into_iter().map(Finding::warning));
        findings
    }

    /// Name and description.
    fn lint_required(&self, find: &mut impl FnMut(Validator, String)) {
        let folder = self.skill.id.rsplit('/').next().unwrap_or_default();
        match self.frontmatter.get("name").and_then(plain_text) {
            None => find(Validator::Both, "name is missing".to_owned()),
            Some(name) => lint_name(&name, folder, find),
        }
        match self.frontmatter.get("description").and_then(plain_text) {
            None => find(Validator::Both, "description is missing".to_owned()),
            Some(text) if text.trim().is_empty() => find(Validator::Both, "description is empty".to_owned()),
            Some(text) => {
                lint_length("description", &text, DESCRIPTION_MAX_CHARS, find);
                if text.contains(['<', '>']) {
                    find(Validator::Ascii, "description contains < or >".to_owned());
                }
            }
        }
    }

    /// The other fields.
    fn lint_optional(&self, find: &mut impl FnMut(Validator, String)) {
        if let Some(text) = self.frontmatter.get("compatibility").and_then(plain_text) {
            lint_length("compatibility", &text, COMPATIBILITY_MAX_CHARS, find);
        }
        for key in self.frontmatter.keys().filter(|key| !FIELDS.contains(&key.as_str())) {
            find(Validator::Reference, format!("unknown field {key}; put it under metadata"));
        }
        let is_map_of_text = |metadata: &Value| {
            metadata.as_object().is_some_and(|map| map.values().all(|value| !value.is_object() && !value.is_array()))
        };
        if self.frontmatter.get("metadata").is_some_and(|metadata| !is_map_of_text(metadata)) {
            find(Validator::Reference, "metadata is not a map of text to text".to_owned());
        }
    }

    fn advice(&self) -> Vec<String> {
        let n_lines = self.skill.body.lines().count();
        let long = (n_lines > BODY_MAX_LINES)
            .then(|| format!("body has {n_lines} lines; over {BODY_MAX_LINES}, move parts to references/"));
        let empty = self.skill.body.is_empty();
        let empty = empty.then(|| "body is empty: an agent would have nothing to follow".to_owned());
        let unlicensed = self.skill.license.is_empty();
        let unlicensed = unlicensed.then(|| "no license: others cannot know whether they may use it".to_owned());
        [long, empty, unlicensed].into_iter().flatten().collect()
    }
}

/// Which of the two public validators objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Validator {
    /// Both do.
    Both,
    /// The reference validator: letters of any script, no unknown fields.
    Reference,
    /// The other one: ASCII names, no angle brackets in descriptions.
    Ascii,
    /// Neither; it is our advice.
    Advice,
}

/// One objection to a skill.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Who objects.
    pub validator: Validator,
    /// What is wrong, and what to do about it.
    pub message: String,
}

impl Finding {
    fn error(validator: Validator, message: String) -> Self {
        Self { validator, message }
    }

    fn warning(message: String) -> Self {
        Self { validator: Validator::Advice, message }
    }
}

fn lint_length(field: &str, text: &str, max_chars: usize, find: &mut impl FnMut(Validator, String)) {
    let n_chars = text.chars().count();
    if n_chars > max_chars {
        find(Validator::Both, format!("{field} has {n_chars} characters, more than {max_chars}"));
    }
}

fn lint_name(name: &str, folder: &str, find: &mut impl FnMut(Validator, String)) {
    let n_chars = name.chars().count();
    if n_chars == 0 || n_chars > NAME_MAX_CHARS {
        find(Validator::Both, format!("name has {n_chars} characters; it needs 1 to {NAME_MAX_CHARS}"));
    }
    if name.starts_with('-') || name.ends_with('-') || name.contains("--") {
        find(Validator::Both, format!("name {name} has a hyphen at its end or two in a row"));
    }
    let allowed = |c: char| c == '-' || c.is_numeric() || (c.is_alphabetic() && !c.is_uppercase());
    if !name.chars().all(allowed) {
        find(Validator::Both, format!("name {name} has characters other than lower-case letters, digits and hyphens"));
    } else if !name.is_ascii() {
        find(Validator::Ascii, format!("name {name} has letters outside ASCII"));
    }
    if name != folder {
        find(Validator::Both, format!("name {name} differs from its folder {folder}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lint_gives_both_verdicts() {
        let verdicts = |text: &str| -> Vec<(Validator, String)> {
            let file = SkillFile::parse("tools/pdf-merge", text.as_bytes()).unwrap();
            file.lint()
                .into_iter()
                .filter(|f| f.validator != Validator::Advice)
                .map(|f| (f.validator, f.message))
                .collect()
        };
        assert_eq!(verdicts("---\nname: pdf-merge\ndescription: Joins files.\n---\nbody"), []);
        let check = |text: &str, validator: Validator, words: &str| {
            let found = verdicts(text);
            assert!(found.iter().any(|(v, m)| *v == validator && m.contains(words)), "{text}: {found:?}");
        };
        check("---\nname: pdf-merge\ndescription: a <b>\n---\nc", Validator::Ascii, "< or >");
        check("---\nname: pdf-merge\ndescription: a\nversion: 2\n---\nc", Validator::Reference, "version");
        check("---\nname: Pdf-Merge\ndescription: a\n---\nc", Validator::Both, "lower-case");
        check("---\nname: größe\ndescription: a\n---\nc", Validator::Ascii, "ASCII");
        check("---\nname: pdf--merge\ndescription: a\n---\nc", Validator::Both, "two in a row");
        check("---\nname: other\ndescription: a\n---\nc", Validator::Both, "folder");
        check("---\nname: pdf-merge\n---\nc", Validator::Both, "description is missing");
        check(&format!("---\nname: pdf-merge\ndescription: {}\n---\nc", "a".repeat(1025)), Validator::Both, "1025");
    }
}
