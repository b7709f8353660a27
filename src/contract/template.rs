//! Templates with places for the parts of a query or a skill, and their limits.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// How a skill becomes one text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocumentTemplate {
    /// Text with `{name}`, `{description}` and `{body}` in it.
    pub template: String,
    /// The description is cut to this many characters.
    pub description_max_chars: usize,
    /// The body is cut to this many characters.
    pub body_max_chars: usize,
    /// The whole is cut to this many tokens, special ones included.
    pub max_tokens: usize,
}

/// Limits of a skill's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocumentLimits {
    /// The description is cut to this many characters.
    pub description_max_chars: usize,
    /// The body is cut to this many characters.
    pub body_max_chars: usize,
}

impl DocumentTemplate {
    pub(super) fn limits(&self) -> DocumentLimits {
        let Self { description_max_chars, body_max_chars, .. } = *self;
        DocumentLimits { description_max_chars, body_max_chars }
    }

    pub(super) fn fill(&self, name: &str, description: &str, body: &str, limits: DocumentLimits) -> String {
        let places = [
            ("{name}", name),
            ("{description}", first_chars(description, limits.description_max_chars)),
            ("{body}", first_chars(body, limits.body_max_chars)),
        ];
        fill(&self.template, &places)
    }
}

/// An error unless the template has these places.
pub(super) fn require(file: &str, template: &str, places: &[&str]) -> Result<()> {
    match places.iter().find(|place| !template.contains(**place)) {
        Some(place) => Err(Error::malformed(file, format!("contract template {template:?} has no {place}"))),
        None => Ok(()),
    }
}

/// Fills the places of a template in one pass, so that `{body}` inside a description stays text.
pub(super) fn fill(template: &str, places: &[(&str, &str)]) -> String {
    let mut text = String::with_capacity(template.len() + places.iter().map(|(_, value)| value.len()).sum::<usize>());
    let mut rest = template;
    while let Some(start) = rest.find('{') {
        text.push_str(&rest[..start]);
        rest = &rest[start..];
        match places.iter().find(|(place, _)| rest.starts_with(place)) {
            Some((place, value)) => {
                text.push_str(value);
                rest = &rest[place.len()..];
            }
            None => {
                text.push('{');
                rest = &rest[1..];
            }
        }
    }
    text.push_str(rest);
    text
}

/// The first `n` characters (Unicode scalar values, as Python counts them).
pub(super) fn first_chars(text: &str, n: usize) -> &str {
    match text.char_indices().nth(n) {
        Some((end, _)) => &text[..end],
        None => text,
    }
}
