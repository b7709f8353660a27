//! What the two public validators of the specification say of a `SKILL.md`, and some advice.

use serde::Serialize;

use super::{
    COMPATIBILITY_MAX_CHARS, DESCRIPTION_MAX_CHARS, NAME_MAX_CHARS,
    parse::{SkillFile, plain_text},
};

impl SkillFile {
    /// What a strict reader of the specification objects to, by the two public validators, which disagree.
    pub fn lint(&self) -> Vec<Finding> {
        let mut findings: Vec<Finding> =
            self.guesses.iter().map(|guess| Finding::error(Validator::Both, guess.clone())).collect();
        let mut find = |validator, message: String| findings.push(Finding::error(validator, message));
        let folder = self.skill.id.rsplit('/').next().unwrap_or_default();

        match self.frontmatter.get("name").and_then(plain_text) {
            None => find(Validator::Both, "name is missing".to_owned()),
            Some(name) => lint_name(&name, folder, &mut find),
        }
        match self.frontmatter.get("description").and_then(plain_text) {
            None => find(Validator::Both, "description is missing".to_owned()),
            Some(text) if text.trim().is_empty() => find(Validator::Both, "description is empty".to_owned()),
            Some(text) => {
                let n_chars = text.chars().count();
                if n_chars > DESCRIPTION_MAX_CHARS {
                    find(
                        Validator::Both,
                        format!("description has {n_chars} characters, more than {DESCRIPTION_MAX_CHARS}"),
                    );
                }
                if text.contains(['<', '>']) {
                    find(Validator::Ascii, "description contains < or >".to_owned());
                }
            }
        }
        if let Some(n_chars) =
            self.frontmatter.get("compatibility").and_then(plain_text).map(|text| text.chars().count())
            && n_chars > COMPATIBILITY_MAX_CHARS
        {
            find(
                Validator::Both,
                format!("compatibility has {n_chars} characters, more than {COMPATIBILITY_MAX_CHARS}"),
            );
        }
        for key in self.frontmatter.keys() {
            if !matches!(
                key.as_str(),
                "name" | "description" | "license" | "compatibility" | "metadata" | "allowed-tools"
            ) {
                find(Validator::Reference, format!("unknown field {key}; put it under metadata"));
            }
        }
        if let Some(metadata) = self.frontmatter.get("metadata")
            && !metadata
                .as_object()
                .is_some_and(|map| map.values().all(|value| !value.is_object() && !value.is_array()))
        {
            find(Validator::Reference, "metadata is not a map of text to text".to_owned());
        }
        let n_lines = self.skill.body.lines().count();
        if n_lines > 500 {
            findings.push(Finding::warning(format!("body has {n_lines} lines; over 500, move parts to references/")));
        }
        if self.skill.body.is_empty() {
            findings.push(Finding::warning("body is empty: an agent would have nothing to follow".to_owned()));
        }
        if self.skill.license.is_empty() {
            findings.push(Finding::warning("no license: others cannot know whether they may use it".to_owned()));
        }
        findings
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
