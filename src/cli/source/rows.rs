//! Rows of `.jsonl`, `.ndjson` and `.json` files, as other programs write them: `null` is empty, numbers are text, lists are
//! joined, and the names of the fields differ.

use std::{
    io::{BufRead, Cursor, Read},
    path::Path,
};

use anyhow::{Context, Result};
use serde_json::{Map, Value};
use skillrouter::skill::{FILE_MAX_BYTES, Skill, SkillFile, plain_text, read_marks};

use super::{Cause, Found, Sources, absolute, limits::mib};

/// Longest line that is read, in bytes: a `SKILL.md` of the largest size, every character escaped.
const LINE_MAX_BYTES: u64 = 6 * FILE_MAX_BYTES as u64;

/// The byte order mark of UTF-8.
const MARK: &[u8] = b"\xef\xbb\xbf";

impl Sources {
    /// One row a line.
    pub(super) fn add_lines(&mut self, source: &Path, mut reader: impl BufRead) -> Result<()> {
        let mut line = Vec::new();
        for number in 1.. {
            line.clear();
            let n_bytes = reader.by_ref().take(LINE_MAX_BYTES).read_until(b'\n', &mut line);
            let n_bytes = n_bytes
                .with_context(|| format!("cannot read line {number} of {}; is it cut off?", source.display()))?;
            if n_bytes == 0 {
                break;
            }
            let place = format!("{}:{number}", source.display());
            if n_bytes as u64 == LINE_MAX_BYTES && !line.ends_with(b"\n") {
                reader.skip_until(b'\n').with_context(|| format!("cannot read {place}; is it cut off?"))?;
                self.skip(place, Cause::TooLarge, format!("it is longer than {}", mib(LINE_MAX_BYTES)));
                continue;
            }
            let text = if number == 1 { line.strip_prefix(MARK).unwrap_or(&line) } else { &line };
            if text.trim_ascii().is_empty() {
                continue;
            }
            match serde_json::from_slice::<Value>(text) {
                Ok(row) => self.add_row(source, place, &row),
                Err(error) => self.skip(place, Cause::NotJson, format!("it is not JSON: {error}")),
            }
        }
        Ok(())
    }

    /// An array of rows, an object with an array `skills`, or a single row; anything else is read line by line.
    pub(super) fn add_json(&mut self, source: &Path, mut reader: impl Read) -> Result<()> {
        let mut bytes = Vec::new();
        reader.read_to_end(&mut bytes).with_context(|| format!("cannot read {}; is it cut off?", source.display()))?;
        let text = bytes.strip_prefix(MARK).unwrap_or(&bytes);
        let rows = match serde_json::from_slice::<Value>(text) {
            Ok(Value::Array(rows)) => rows,
            Ok(Value::Object(mut map)) if map.get("skills").is_some_and(Value::is_array) => {
                match map.remove("skills") {
                    Some(Value::Array(rows)) => rows,
                    _ => unreachable!("it is an array"),
                }
            }
            Ok(row) => vec![row],
            Err(_) => return self.add_lines(source, Cursor::new(&bytes)),
        };
        for (place, row) in rows.iter().enumerate() {
            self.add_row(source, format!("{}#{}", source.display(), place + 1), row);
        }
        Ok(())
    }

    fn add_row(&mut self, source: &Path, place: String, row: &Value) {
        let Some(row) = row.as_object() else {
            return self.skip(
                place,
                Cause::NotAnObject,
                "it is not an object; write one with id, name and description",
            );
        };
        let skill = skill_of(row);
        if skill.id.trim().is_empty() || skill.name.trim().is_empty() {
            return self.skip(place, Cause::NoName, "it has neither id nor name");
        }
        if skill.description.trim().is_empty() && skill.body.trim().is_empty() {
            return self.skip(place, Cause::NoText, "it has neither description nor body");
        }
        let origin = format!("{}/{}", absolute(source).to_string_lossy(), skill.id);
        self.found.push(Found { skill, place, origin, stated: true, source: 0 });
    }
}

/// The skill of a row. What it does not say is taken from elsewhere, as for a `SKILL.md`: the name from the id and the id from the
/// name, the description from the body.
fn skill_of(row: &Map<String, Value>) -> Skill {
    let field = |names: &[&str]| -> String {
        let mut texts = names.iter().filter_map(|name| row.get(*name)).map(|value| match value {
            // As it stands: texts of well-formed rows are not changed.
            Value::String(text) => text.clone(),
            value => plain_text(value).unwrap_or_default(),
        });
        texts.find(|text| !text.trim().is_empty()).unwrap_or_default()
    };
    let mut skill = Skill {
        id: field(&["id", "skill_id"]),
        name: field(&["name", "skill_name"]),
        description: field(&["description"]),
        body: field(&["body", "content"]),
        license: field(&["license"]),
        source: field(&["source"]),
        allowed_tools: field(&["allowed-tools", "allowed_tools"]),
        ..Skill::default()
    };
    (skill.marks, skill.superseded_by) = read_marks(row);
    let said = match skill.description.trim().is_empty() || skill.name.trim().is_empty() {
        true => SkillFile::parse("", skill.body.as_bytes()).ok(),
        false => None,
    };
    if let Some(SkillFile { skill: said, .. }) = said {
        let fill = |field: &mut String, said: String| {
            if field.trim().is_empty() {
                *field = said;
            }
        };
        fill(&mut skill.description, said.description);
        fill(&mut skill.name, said.name);
    }
    if skill.name.trim().is_empty() {
        skill.name = skill.id.rsplit('/').next().unwrap_or_default().to_owned();
    }
    if skill.id.trim().is_empty() {
        skill.id = skill.name.clone();
    }
    skill
}
