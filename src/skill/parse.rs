//! Reads a `SKILL.md`.
//!
//! The format is the one of agentskills.io (`docs/specification.mdx` at 69ef37e): YAML between two `---` lines, then
//! Markdown. Files in the wild have unquoted colons, tabs, a byte order mark, no front matter at all; all of them are
//! read, and what was guessed is reported.

use serde_json::{Map, Value};

use super::{DESCRIPTION_MAX_CHARS, Skill};
use crate::error::{Error, Result};

/// Largest `SKILL.md` that is read, in bytes. The largest of 105,000 public files is well under a tenth of it.
pub const FILE_MAX_BYTES: usize = 4 << 20;

/// A `SKILL.md` as it was read: the skill, what its front matter said, and what had to be guessed.
#[derive(Clone, Debug)]
pub struct SkillFile {
    /// The skill, with `id` and `name` from the folder where the file gives none.
    pub skill: Skill,
    /// The front matter as read; empty when there is none.
    pub frontmatter: Map<String, Value>,
    /// What was wrong with the file and how it was read all the same.
    pub guesses: Vec<String>,
    /// Line of the file on which the body begins, from 1.
    pub body_line: usize,
}

impl SkillFile {
    /// Reads a `SKILL.md`. `id` is the path of its folder; its last part stands in for a missing name.
    ///
    /// # Errors
    /// [`Error::Malformed`] when the file is empty, too large, or not text.
    pub fn parse(id: &str, bytes: &[u8]) -> Result<SkillFile> {
        let mut guesses = Vec::new();
        let text = decode(id, bytes, &mut guesses)?;
        let (yaml, body) = split_frontmatter(&text);
        let frontmatter = read_frontmatter(yaml, &mut guesses);
        let field = |name: &str| frontmatter.get(name).and_then(plain_text).unwrap_or_default();
        let mut description = field("description");
        // A field of the wild that says what `description` should: when the skill is to be used.
        let when_to_use = field("when_to_use");
        if !when_to_use.is_empty() && !description.contains(&when_to_use) {
            description = format!("{description} {when_to_use}").trim().to_owned();
        }
        if description.is_empty() {
            guesses.push("it has no description: the first paragraph was taken".to_owned());
            description = first_paragraph(body).to_owned();
        }
        let before_body = text.len() - body.trim_start().len();
        let body_line = 1 + text[..before_body].matches('\n').count();
        let name = match field("name") {
            name if name.is_empty() => id.rsplit('/').next().unwrap_or(id).to_owned(),
            name => name,
        };
        let skill = Skill {
            id: id.to_owned(),
            name,
            description,
            body: body.trim().to_owned(),
            license: field("license"),
            source: String::new(),
            allowed_tools: field("allowed-tools"),
        };
        Ok(SkillFile { skill, frontmatter, guesses, body_line })
    }
}

/// The text of a file, with `\n` for all line ends.
fn decode(id: &str, bytes: &[u8], guesses: &mut Vec<String>) -> Result<String> {
    if bytes.len() > FILE_MAX_BYTES {
        let n_bytes = bytes.len();
        let reason = format!("it has {n_bytes} bytes; the longest SKILL.md that is read has {FILE_MAX_BYTES}");
        return Err(Error::malformed(id, reason));
    }
    if bytes.contains(&0) {
        return Err(Error::malformed(id, "it is binary, not text; save SKILL.md as UTF-8"));
    }
    let text = String::from_utf8_lossy(bytes);
    if matches!(text, std::borrow::Cow::Owned(_)) {
        guesses.push("it is not valid UTF-8: wrong bytes were replaced".to_owned());
    }
    let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n").replace('\r', "\n");
    match text.trim().is_empty() {
        true => Err(Error::malformed(id, "it is empty; write a name, a description and instructions")),
        false => Ok(text),
    }
}

fn read_frontmatter(yaml: Option<&str>, guesses: &mut Vec<String>) -> Map<String, Value> {
    let Some(yaml) = yaml else {
        guesses.push("it has no front matter: name and description were taken from the folder and the text".to_owned());
        return Map::new();
    };
    parse_yaml(yaml).unwrap_or_else(|reason| {
        guesses.push(format!("its front matter is not YAML ({reason}): it was read line by line"));
        parse_lines(yaml)
    })
}

/// Splits at the `---` lines. A file whose front matter never ends has none.
fn split_frontmatter(text: &str) -> (Option<&str>, &str) {
    let text = text.trim_start();
    let Some(rest) =
        text.strip_prefix("---").and_then(|rest| rest.trim_start_matches([' ', '\t', '-']).strip_prefix('\n'))
    else {
        return (None, text);
    };
    let mut start = 0;
    for line in rest.split_inclusive('\n') {
        if line.trim_end() == "---" || line.trim_end() == "..." {
            return (Some(&rest[..start]), &rest[start + line.len()..]);
        }
        start += line.len();
    }
    (None, text)
}

fn parse_yaml(yaml: &str) -> std::result::Result<Map<String, Value>, String> {
    let value: Value = serde_saphyr::from_str(yaml).map_err(|error| {
        // The first line of the message says it; the rest draws the place with arrows.
        error.to_string().lines().next().unwrap_or_default().to_owned()
    })?;
    match value {
        Value::Object(map) => Ok(map),
        Value::Null => Ok(Map::new()),
        _ => Err("it is not a map".to_owned()),
    }
}

/// `key: rest of the line`, with indented lines continuing the value: what people mean when their YAML is not YAML.
fn parse_lines(yaml: &str) -> Map<String, Value> {
    let mut map = Map::new();
    let mut current: Option<(String, String)> = None;
    for line in yaml.lines() {
        // Known fields may be indented by mistake; other indented lines belong to the value above them.
        let known = |key: &str| matches!(key.trim(), "name" | "description" | "license" | "when_to_use");
        let plain = |key: &str| !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_');
        let key =
            line.split_once(':').filter(|(key, _)| known(key) || plain(key)).map(|(key, value)| (key.trim(), value));
        match (key, &mut current) {
            (Some((key, value)), _) => {
                if let Some((key, value)) = current.replace((key.to_owned(), value.trim().to_owned())) {
                    map.insert(key, Value::String(unquote(&value)));
                }
            }
            (None, Some((_, value))) => {
                if matches!(value.as_str(), "|" | ">" | "|-" | ">-") {
                    value.clear();
                }
                *value = format!("{value} {}", line.trim()).trim().to_owned();
            }
            (None, None) => {}
        }
    }
    if let Some((key, value)) = current {
        map.insert(key, Value::String(unquote(&value)));
    }
    map
}

fn unquote(value: &str) -> String {
    let inner = |quote: char| value.strip_prefix(quote).and_then(|value| value.strip_suffix(quote));
    inner('"').or(inner('\'')).unwrap_or(value).to_owned()
}

/// A scalar as text; lists are joined with commas, and maps are no text.
pub(super) fn plain_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Array(values) => Some(values.iter().filter_map(plain_text).collect::<Vec<_>>().join(", ")),
        Value::Null | Value::Object(_) => None,
    }
}

fn first_paragraph(body: &str) -> &str {
    let paragraph = body.split("\n\n").map(str::trim).find(|part| !part.is_empty() && !part.starts_with('#'));
    let paragraph = paragraph.unwrap_or_else(|| body.trim_start_matches(['#', ' ']).lines().next().unwrap_or_default());
    match paragraph.char_indices().nth(DESCRIPTION_MAX_CHARS) {
        Some((end, _)) => &paragraph[..end],
        None => paragraph,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> SkillFile {
        SkillFile::parse("tools/pdf-merge", text.as_bytes()).unwrap()
    }

    fn check(text: &str, name: &str, description: &str, body: &str) {
        let skill = parse(text).skill;
        assert_eq!(
            (skill.name.as_str(), skill.description.as_str(), skill.body.as_str()),
            (name, description, body),
            "{text}"
        );
    }

    #[test]
    fn files_of_the_wild_are_read() {
        check(
            "---\nname: pdf-merge\ndescription: Joins files.\n---\n\n# Body\n",
            "pdf-merge",
            "Joins files.",
            "# Body",
        );
        check("\u{feff}---\r\nname: a\r\ndescription: b\r\n---\r\nc", "a", "b", "c");
        check("---\nname: a\ndescription: Use when: files are many\n---\nc", "a", "Use when: files are many", "c");
        check("---\nname: a\ndescription: >\n  two\n  lines\n---\nc", "a", "two lines", "c");
        check("---\nname: a\n\tdescription: b\n---\nc", "a", "b", "c");
        check("---\nname: a\ndescription: b\nmetadata:\n  openclaw:\n    requires: {bins: [x]}\n---\nc", "a", "b", "c");
        check("---\nname: a\ndescription: b\nwhen_to_use: on mondays\n---\nc", "a", "b on mondays", "c");
        check("---\nname: 7\ndescription: [b, c]\n---\nd", "7", "b, c", "d");
        check("# Merge\n\nJoins files.\n\nMore.", "pdf-merge", "Joins files.", "# Merge\n\nJoins files.\n\nMore.");
        check("---\nname: never ends\n", "pdf-merge", "---\nname: never ends", "---\nname: never ends");
        check("---\n---\nonly a body", "pdf-merge", "only a body", "only a body");
    }

    #[test]
    fn the_line_of_the_body_is_known() {
        assert_eq!(parse("---\nname: a\ndescription: b\n---\n\n\n# Body").body_line, 7);
        assert_eq!(parse("\u{feff}---\r\nname: a\r\ndescription: b\r\n---\r\nc\r\n\r\n").body_line, 5);
        assert_eq!(parse("Just text.").body_line, 1);
    }

    #[test]
    fn the_tools_are_known() {
        let tools = |text: &str| parse(text).skill.allowed_tools;
        assert_eq!(tools("---\nname: a\nallowed-tools: Read Bash(git:*)\n---\nc"), "Read Bash(git:*)");
        assert_eq!(tools("---\nname: a\nallowed-tools: [Read, Bash]\n---\nc"), "Read, Bash");
        assert_eq!(tools("---\nname: a\n---\nc"), "");
    }

    #[test]
    fn what_is_no_text_is_refused() {
        for bytes in [&b""[..], b" \n\t", b"\x00\x01binary", &vec![b'a'; FILE_MAX_BYTES + 1]] {
            assert_eq!(SkillFile::parse("x", bytes).unwrap_err().code(), "malformed");
        }
        assert!(SkillFile::parse("x", b"caf\xe9 for all").unwrap().guesses[0].contains("UTF-8"));
    }
}
