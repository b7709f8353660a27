//! Front matter line by line: what people mean where their YAML is not YAML, and how they wrote it where it is.

use std::collections::BTreeMap;

/// The value of a field as it was written.
pub(super) struct Line {
    /// Without quotes, block marks and comments; continued lines are joined.
    pub text: String,
    /// It stands on one line, without quotes or marks.
    pub is_plain: bool,
}

/// Fields whose value people write as prose, where ` #` begins no comment.
pub(super) fn keeps_hash(key: &str) -> bool {
    matches!(key, "description" | "when_to_use")
}

fn is_known(key: &str) -> bool {
    matches!(key, "name" | "description" | "license" | "when_to_use")
}

/// How the value of a field goes on below its key.
#[derive(Clone, Copy, PartialEq)]
enum Style {
    /// Text, perhaps in quotes.
    Text,
    /// After `|` or `>`.
    Block,
    /// Nothing stands beside the key: a list, a map, or text.
    Below,
}

struct Field {
    key: String,
    style: Style,
    parts: Vec<String>,
}

/// The fields of the top level: `key: rest of the line`, and the lines below that belong to it.
pub(super) fn read_lines(yaml: &str) -> BTreeMap<String, Line> {
    let at_top = |key: &str| yaml.lines().any(|line| field_of(line).is_some_and(|(found, _)| found == key));
    let mut fields: Vec<Field> = Vec::new();
    for line in yaml.lines() {
        let current = fields.last_mut();
        let style = current.as_ref().map(|field| field.style);
        let in_block = style == Some(Style::Block);
        let text = line.trim();
        if let Some((key, value)) = field_of(line) {
            fields.push(Field::new(key, value));
        } else if let Some((key, value)) = field_of(line.trim_start())
            // A field that was indented by mistake, not one of a map.
            && is_known(key)
            && !at_top(key)
            && !matches!(style, Some(Style::Block | Style::Below))
        {
            fields.push(Field::new(key, value));
        } else if text.is_empty() || (text.starts_with('#') && !in_block) {
            // Nothing is said.
        } else if let Some(field) = current {
            field.go_on(text);
        }
    }
    fields.into_iter().map(|field| (field.key.clone(), field.finish())).collect()
}

/// Whether it can be a key without quotes.
pub(super) fn is_key(key: &str) -> bool {
    !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_')
}

/// Key and value of a line that begins a field of the top level.
fn field_of(line: &str) -> Option<(&str, &str)> {
    let (key, value) = line.split_once(':')?;
    let apart = value.is_empty() || value.starts_with([' ', '\t']) || is_known(key);
    (is_key(key) && apart).then_some((key, value.trim()))
}

impl Field {
    fn new(key: &str, value: &str) -> Field {
        let (style, first) = match value.strip_prefix(['|', '>']) {
            // Some write on behind the mark.
            Some(rest) => {
                (Style::Block, rest.trim_start_matches(['+', '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9']))
            }
            None if value.is_empty() || value.starts_with('#') => (Style::Below, ""),
            None => (Style::Text, value),
        };
        let first = first.trim();
        let first = if style == Style::Block && first.starts_with('#') { "" } else { first };
        let parts = if first.is_empty() { Vec::new() } else { vec![first.to_owned()] };
        Field { key: key.to_owned(), style, parts }
    }

    /// Takes a line below the key.
    fn go_on(&mut self, text: &str) {
        if self.style != Style::Below || is_known(&self.key) {
            return self.parts.push(text.to_owned());
        }
        let item = text.strip_prefix("- ").unwrap_or(text).trim();
        // Maps are no text.
        if !item.ends_with(':') && !item.contains(": ") {
            self.parts.push(without_comment(item));
        }
    }

    fn finish(self) -> Line {
        let Field { key, style, parts } = self;
        let n_lines = parts.len();
        let text = match style {
            Style::Below if !is_known(&key) => parts.iter().map(|part| unquote(part)).collect::<Vec<_>>().join(", "),
            Style::Below | Style::Block | Style::Text => parts.join(" "),
        };
        if style != Style::Text {
            return Line { text, is_plain: false };
        }
        let is_quoted = text.starts_with(['"', '\'']);
        let text = if keeps_hash(&key) && !is_quoted { text } else { without_comment(&text) };
        Line { text: unquote(&text), is_plain: n_lines == 1 && !is_quoted }
    }
}

/// Cuts at ` #`, unless quotes are open there.
fn without_comment(text: &str) -> String {
    let mut quote = text.chars().next().filter(|c| matches!(c, '"' | '\''));
    for (place, c) in text.char_indices().skip(1) {
        let before = &text[..place];
        if Some(c) == quote && !text[place + 1..].trim_start().starts_with(|c: char| c != '#') {
            quote = None;
        } else if c == '#' && quote.is_none() && before.ends_with([' ', '\t']) {
            return before.trim_end().to_owned();
        }
    }
    text.to_owned()
}

fn unquote(text: &str) -> String {
    let inner = |quote: char| text.strip_prefix(quote).and_then(|text| text.strip_suffix(quote));
    match (inner('"'), inner('\'')) {
        (Some(text), _) => text.replace("\\\"", "\""),
        (_, Some(text)) => text.replace("''", "'"),
        _ => text.to_owned(),
    }
}
