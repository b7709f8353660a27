//! Where the front matter of a `SKILL.md` is, in the forms that people write.

use std::borrow::Cow;

use super::lines::is_key;

/// Front matter and body.
pub(super) struct Parts<'a> {
    /// As YAML; none where the file has no front matter, or one that never ends.
    pub yaml: Option<Cow<'a, str>>,
    /// What follows: the end of the text.
    pub body: &'a str,
    /// What its author should mend.
    pub guess: Option<&'static str>,
}

/// Splits at the `---` lines. These may stand in a code fence, and the front matter may be TOML, between `+++` lines.
pub(super) fn split(text: &str) -> Parts<'_> {
    let text = text.trim_start();
    if let Some((yaml, body)) = between(text, "---", &["---", "..."]) {
        return Parts { yaml: Some(yaml.into()), body, guess: None };
    }
    if let Some((toml, body)) = between(text, "+++", &["+++"]) {
        let guess = Some("its front matter is TOML: it was read line by line; write YAML between two `---` lines");
        return Parts { yaml: Some(toml_as_yaml(toml).into()), body, guess };
    }
    if let Some((yaml, body)) = fenced(text) {
        let guess = Some("its front matter stands in a code fence: take the fence away");
        return Parts { yaml: Some(yaml.into()), body, guess };
    }
    Parts { yaml: None, body: text, guess: None }
}

/// What stands between a first line of such a mark and the next line that is one of `ends`, and what follows.
fn between<'a>(text: &'a str, mark: &str, ends: &[&str]) -> Option<(&'a str, &'a str)> {
    let last = mark.chars().next_back();
    let rest = text.strip_prefix(mark)?.trim_start_matches(|c| matches!(c, ' ' | '\t') || Some(c) == last);
    let rest = rest.strip_prefix('\n')?;
    let mut start = 0;
    for line in rest.split_inclusive('\n') {
        if ends.contains(&line.trim_end()) {
            return Some((&rest[..start], &rest[start + line.len()..]));
        }
        start += line.len();
    }
    None
}

/// Front matter at the beginning of a fence that opens the file; the fence may end behind it.
fn fenced(text: &str) -> Option<(&str, &str)> {
    let (fence, rest) = text.split_once('\n')?;
    let mark = ["```", "~~~"].into_iter().find(|mark| fence.starts_with(mark))?;
    let (yaml, body) = between(rest.trim_start(), "---", &["---", "..."])?;
    let after = body.trim_start().strip_prefix(mark).and_then(|after| after.split_once('\n').or(Some((after, ""))));
    match after {
        Some((rest_of_line, after)) if rest_of_line.trim().is_empty() => Some((yaml, after)),
        _ => Some((yaml, body)),
    }
}

/// The fields of the top level, `key = value` line by line; their strings are written alike in both languages.
fn toml_as_yaml(toml: &str) -> String {
    let fields = toml.lines().take_while(|line| !line.trim_start().starts_with('['));
    let lines = fields.map(|line| match line.split_once('=') {
        Some((key, value)) if is_key(key.trim()) => format!("{}: {}\n", key.trim(), value.trim()),
        _ => format!("{line}\n"),
    });
    lines.collect()
}
