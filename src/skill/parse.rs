//! Reads a `SKILL.md`.
//!
//! The format is the one of agentskills.io (`docs/specification.mdx` at 69ef37e): YAML between two `---` lines, then
//! Markdown. Files in the wild have unquoted colons, tabs, a byte order mark, no front matter at all; all of them are
//! read, and what was guessed is reported.

use serde_json::{Map, Value};

use super::{
    DESCRIPTION_MAX_CHARS, Skill, encoding,
    frontmatter::{Parts, split},
    lines::{keeps_hash, read_lines},
    marks::read_marks,
    value::plain_text,
};
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
}

impl SkillFile {
    /// Reads a `SKILL.md`. `id` is the path of its folder; its last part stands in for a missing name.
    ///
    /// # Errors
    /// [`Error::Malformed`] when the file is empty, too large, or not text.
    pub fn parse(id: &str, bytes: &[u8]) -> Result<SkillFile> {
        let mut guesses = Vec::new();
        let text = decode(id, bytes, &mut guesses)?;
        let Parts { yaml, body, guess } = split(&text);
        guesses.extend(guess.map(str::to_owned));
        let (frontmatter, is_yaml) = read_frontmatter(yaml.as_deref(), &mut guesses);
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
        let body_line = 1 + text[..before_body].matches('\n').count() as u32;
        let name = match field("name") {
            name if name.is_empty() => id.rsplit('/').next().unwrap_or(id).to_owned(),
            name => name,
        };
        let (marks, superseded_by) = read_marks(&frontmatter);
        let skill = Skill {
            id: id.to_owned(),
            name,
            description,
            body: body.trim().to_owned(),
            license: field("license"),
            source: String::new(),
            allowed_tools: field("allowed-tools"),
            body_line,
            marks,
            superseded_by,
            version: version(&frontmatter),
            fields: yaml.map(|yaml| other_texts(&yaml, is_yaml, &frontmatter)).unwrap_or_default(),
            scripts: Vec::new(),
        };
        Ok(SkillFile { skill, frontmatter, guesses })
    }
}

/// The text of a file, with `\n` for all line ends.
fn decode(id: &str, bytes: &[u8], guesses: &mut Vec<String>) -> Result<String> {
    if bytes.len() > FILE_MAX_BYTES {
        let n_bytes = bytes.len();
        let reason = format!("it has {n_bytes} bytes; the longest SKILL.md that is read has {FILE_MAX_BYTES}");
        return Err(Error::malformed(id, reason));
    }
    let (text, guess) = encoding::decode(bytes).map_err(|reason| Error::malformed(id, reason))?;
    guesses.extend(guess);
    let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n").replace('\r', "\n");
    match text.trim().is_empty() {
        true => Err(Error::malformed(id, "it is empty; write a name, a description and instructions")),
        false => Ok(text),
    }
}

/// The fields, and whether they were read as YAML.
fn read_frontmatter(yaml: Option<&str>, guesses: &mut Vec<String>) -> (Map<String, Value>, bool) {
    let Some(yaml) = yaml else {
        guesses.push("it has no front matter: name and description were taken from the folder and the text".to_owned());
        return (Map::new(), true);
    };
    let lines = read_lines(yaml);
    let Some(mut map) = parse_yaml(yaml) else {
        guesses.push(
            "its front matter is not YAML: it was read line by line; put values with a colon or a quote in them into quotes"
                .to_owned(),
        );
        let mut map: Map<_, _> = lines.into_iter().map(|(key, line)| (key, Value::String(line.text))).collect();
        if let Some(metadata) = parse_block(yaml, "metadata") {
            map.insert("metadata".to_owned(), metadata);
        }
        return (map, false);
    };
    for (key, value) in &mut map {
        let Some(line) = lines.get(key) else { continue };
        match value {
            // `1.10`, `007` and `on` are what their author wrote.
            Value::Number(_) => *value = Value::String(line.text.clone()),
            Value::Bool(flag) if line.text != flag.to_string() => *value = Value::String(line.text.clone()),
            Value::String(text) if keeps_hash(key) && line.is_plain && is_cut_at_hash(text, &line.text) => {
                guesses
                    .push(format!("{key} is cut at \" #\" by readers of YAML: all of it was read; put it into quotes"));
                text.clone_from(&line.text);
            }
            _ => {}
        }
    }
    (map, true)
}

fn is_cut_at_hash(cut: &str, whole: &str) -> bool {
    whole.strip_prefix(cut.trim()).is_some_and(|rest| rest.trim_start().starts_with('#'))
}

fn parse_yaml(yaml: &str) -> Option<Map<String, Value>> {
    match serde_saphyr::from_str(yaml).ok()? {
        Value::Object(map) => Some(map),
        Value::Null => Some(Map::new()),
        _ => None,
    }
}

/// A field with a map, where the rest is not YAML.
fn parse_block(yaml: &str, key: &str) -> Option<Value> {
    let is_key = |line: &str| line.strip_prefix(key).is_some_and(|rest| rest.trim_end() == ":");
    let mut lines = yaml.lines().skip_while(|line| !is_key(line));
    let first = lines.next()?;
    let below = lines.take_while(|line| line.starts_with([' ', '\t']) || line.trim().is_empty());
    let block: Vec<&str> = std::iter::once(first).chain(below).collect();
    parse_yaml(&block.join("\n"))?.remove(key).filter(Value::is_object)
}

fn version(frontmatter: &Map<String, Value>) -> String {
    let below = frontmatter.get("metadata").and_then(Value::as_object);
    let value = frontmatter.get("version").or_else(|| below?.get("version"));
    value.and_then(plain_text).unwrap_or_default()
}

/// The texts of the front matter but those that have fields of their own: values at any depth, then lines that are comments. What is
/// not YAML has values only at the top, so lines below them count too.
fn other_texts(yaml: &str, is_yaml: bool, frontmatter: &Map<String, Value>) -> Vec<String> {
    fn collect(value: &Value, texts: &mut Vec<String>) {
        match value {
            Value::String(text) => texts.push(text.clone()),
            Value::Array(values) => values.iter().for_each(|value| collect(value, texts)),
            Value::Object(map) => map.values().for_each(|value| collect(value, texts)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
    let mut texts = Vec::new();
    for (_, value) in frontmatter.iter().filter(|(key, _)| !matches!(key.as_str(), "description" | "when_to_use")) {
        collect(value, &mut texts);
    }
    let is_left = |line: &&str| line.trim_start().starts_with('#') || (!is_yaml && line.starts_with([' ', '\t']));
    texts.extend(yaml.lines().filter(is_left).map(|line| line.trim().to_owned()));
    texts
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
        check("---\nname: a\ndescription: [\"Joins files.\", And more.]\n---\nc", "a", "Joins files. And more.", "c");
    }

    #[test]
    fn front_matter_in_other_forms_is_read_and_named() {
        let check_guess = |text: &str, word: &str| {
            check(text, "a", "Prints labels.", "# Steps\n\nPrint.");
            let guesses = parse(text).guesses;
            assert!(guesses.len() == 1 && guesses[0].contains(word), "{guesses:?}");
        };
        check_guess(
            "+++\nname = \"a\"\ndescription = 'Prints labels.' # c\n[metadata]\nname = \"b\"\n+++\n\n# Steps\n\nPrint.\n",
            "TOML",
        );
        check_guess("```yaml\n---\nname: a\ndescription: Prints labels.\n---\n```\n\n# Steps\n\nPrint.\n", "fence");
        check_guess("~~~\n---\nname: a\ndescription: Prints labels.\n---\n# Steps\n\nPrint.", "fence");
        assert_eq!(parse("```yaml\n---\nname: a\ndescription: b\n---\n```\n\n# Steps").skill.body_line, 8);
        check("```sh\nls\n```\n\nLists.", "pdf-merge", "```sh\nls\n```", "```sh\nls\n```\n\nLists.");
    }

    /// What people write and YAML reads otherwise, or not at all.
    #[test]
    fn front_matter_says_what_its_author_wrote() {
        let nested = "metadata:\n  author:\n    name: Some Author\n  env:\n    - name: KEY\n  description: remark\n  license: other";
        check(
            &format!("---\nname: ferry\ndescription: Plans trips: ferries\n{nested}\n---\nc"),
            "ferry",
            "Plans trips: ferries",
            "c",
        );
        check(
            "---\nname: strike # short\ndescription: >-\n  Finds a way.\n  Use when: stranded.\n  name: the stop.\nversion: \"1\" \"x\"\n---\nc",
            "strike",
            "Finds a way. Use when: stranded. name: the stop.",
            "c",
        );
        check(
            "---\nname: \"toll\"\ndescription: \"Tolls: \"cars\", lorries\"\n---\nc",
            "toll",
            "Tolls: \"cars\", lorries",
            "c",
        );
        check(
            "---\nname: inline\ndescription: | Plans: by train\n  and on foot.\n---\nc",
            "inline",
            "Plans: by train and on foot.",
            "c",
        );
        check(
            "---\nname: two\ndescription: Books passes\n  for groups: schools\n  of ten\n---\nc",
            "two",
            "Books passes for groups: schools of ten",
            "c",
        );
        check("---\nname:no-space\ndescription:Reserves seats.\n---\nc", "no-space", "Reserves seats.", "c");
        check("---\nname: at\ndescription: @railway helper\n---\nc", "at", "@railway helper", "c");
        for scalar in ["1.10", "007", "0x1F", "on", "yes", "12e3", "1_000"] {
            check(&format!("---\nname: {scalar}\ndescription: b\n---\nc"), scalar, "b", "c");
            check(&format!("---\nname: {scalar} # c\ndescription: b: d\n---\nc"), scalar, "b: d", "c");
        }
        let cut = parse("---\nname: chat\ndescription: Posts to the #quayside channel\n---\nc");
        assert_eq!(cut.skill.description, "Posts to the #quayside channel");
        assert!(cut.guesses[0].contains("description is cut at \" #\""), "{:?}", cut.guesses);
        let tools = parse("---\nname: a\ndescription: b: c\nallowed-tools:\n  - Bash\n  - Read\n---\nc");
        assert_eq!(tools.skill.allowed_tools, "Bash, Read");
        assert!(parse("---\nname: a\ndescription: 'it''s # fine'\n---\nc").guesses.is_empty());
        let words = parse("---\nname: a\ndescription: b: c\n---\nc").guesses.join(" ");
        assert!(!words.contains("mapping") && words.contains("quotes"), "{words}");
    }

    #[test]
    fn the_line_of_the_body_is_known() {
        assert_eq!(parse("---\nname: a\ndescription: b\n---\n\n\n# Body").skill.body_line, 7);
        assert_eq!(parse("\u{feff}---\r\nname: a\r\ndescription: b\r\n---\r\nc\r\n\r\n").skill.body_line, 5);
        assert_eq!(parse("Just text.").skill.body_line, 1);
    }

    #[test]
    fn the_tools_are_known() {
        let tools = |text: &str| parse(text).skill.allowed_tools;
        assert_eq!(tools("---\nname: a\nallowed-tools: Read Bash(git:*)\n---\nc"), "Read Bash(git:*)");
        assert_eq!(tools("---\nname: a\nallowed-tools: [Read, Bash]\n---\nc"), "Read, Bash");
        assert_eq!(tools("---\nname: a\n---\nc"), "");
    }

    #[test]
    fn the_other_texts_of_the_front_matter_are_kept() {
        let fields = |text: &str| {
            let mut fields = parse(text).skill.fields;
            fields.sort();
            fields
        };
        let nested = "---\nname: a\ndescription: b\n# note\ncompatibility: c\nmetadata:\n  d: [e, {f: g}]\n---\nh";
        assert_eq!(fields(nested), ["# note", "a", "c", "e", "g"]);
        assert_eq!(fields("---\nname: a\ndescription: b: c\nmetadata:\n  d: e\n---\nh"), ["a", "d: e", "e"]);
        assert_eq!(fields("no front matter"), [""; 0]);
        let marks = parse("---\nname: a\ndescription: b: c\nmetadata:\n  internal: true\n---\nh").skill.marks;
        assert_eq!(marks, [super::super::Mark::Internal]);
    }

    #[test]
    fn what_is_no_text_is_refused() {
        for bytes in
            [&b""[..], b" \n\t", b"\x00\x01binary", b"\xc6\xcf\xcc\xd1 in GBK", &vec![b'a'; FILE_MAX_BYTES + 1]]
        {
            assert_eq!(SkillFile::parse("x", bytes).unwrap_err().code(), "malformed");
        }
        let latin = SkillFile::parse("x", b"caf\xe9 for all").unwrap();
        assert_eq!((latin.skill.body.as_str(), latin.guesses[0].contains("UTF-8")), ("café for all", true));
    }
}
