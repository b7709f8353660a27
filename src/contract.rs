//! The text contract of a model: how a query and a skill become the exact text that the model was trained on.
//!
//! A wrong prefix moved one published model by 8.8 points, so text reaches a model only as [`QueryText`] or
//! [`DocumentText`], which only this file makes, and the contract's hash is stored in every index.

use serde::{Deserialize, Serialize};

use crate::{
    error::{Error, Result},
    format,
};

/// A query as the encoder wants it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryText(String);

/// A skill as the encoder wants it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentText(String);

impl QueryText {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl DocumentText {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Tells whether a skill's text changed since its vector was made.
    pub fn content_hash(&self) -> u64 {
        format::content_hash(self.0.as_bytes())
    }
}

/// How texts are put before the model; part of `model.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contract {
    /// The query side.
    pub query: QueryTemplate,
    /// The document side.
    pub document: DocumentTemplate,
    /// How token vectors become one vector.
    pub pooling: Pooling,
    /// Whether the vector is scaled to length 1, so that the dot product is the cosine.
    pub normalize: bool,
}

/// The query side of a [`Contract`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QueryTemplate {
    /// Text with `{query}` in it.
    pub template: String,
    /// The query is cut to this many characters.
    pub max_chars: usize,
    /// The whole is cut to this many tokens, special ones included.
    pub max_tokens: usize,
}

/// The document side of a [`Contract`].
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

/// How token vectors become one vector.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pooling {
    /// The mean over all tokens of the text, special ones included.
    Mean,
    /// The first token.
    Cls,
}

impl Contract {
    /// The contract of SkillRouter's documents (arXiv 2603.22455: `{name} | {description} | {body}`, descriptions of
    /// 500 and bodies of 8,000 characters, queries of 2,000) for an encoder without prefixes.
    pub fn plain(pooling: Pooling, normalize: bool, max_tokens: usize) -> Contract {
        Contract {
            query: QueryTemplate { template: "{query}".to_owned(), max_chars: 2_000, max_tokens },
            document: DocumentTemplate {
                template: "{name} | {description} | {body}".to_owned(),
                description_max_chars: 500,
                body_max_chars: 8_000,
                max_tokens,
            },
            pooling,
            normalize,
        }
    }

    /// Checks that the templates have their places, so that making texts cannot fail.
    ///
    /// # Errors
    /// [`Error::Malformed`] naming `file`.
    pub fn check(&self, file: &str) -> Result<()> {
        let missing = |template: &str, place: &str| {
            Error::malformed(file, format!("contract template {template:?} has no {place}"))
        };
        if !self.query.template.contains("{query}") {
            return Err(missing(&self.query.template, "{query}"));
        }
        for place in ["{name}", "{description}"] {
            if !self.document.template.contains(place) {
                return Err(missing(&self.document.template, place));
            }
        }
        Ok(())
    }

    /// The text of a query. Surrounding white space is dropped.
    pub fn query(&self, query: &str) -> QueryText {
        QueryText(fill(&self.query.template, &[("{query}", first_chars(query.trim(), self.query.max_chars))]))
    }

    /// The text of a skill.
    pub fn document(&self, name: &str, description: &str, body: &str) -> DocumentText {
        let places = [
            ("{name}", name),
            ("{description}", first_chars(description, self.document.description_max_chars)),
            ("{body}", first_chars(body, self.document.body_max_chars)),
        ];
        DocumentText(fill(&self.document.template, &places))
    }

    /// A document that is given as one text already, as `skillrouter embed` gets it.
    pub fn whole_document(&self, text: &str) -> DocumentText {
        DocumentText(text.to_owned())
    }

    /// SHA-256 of the contract: what an index was built with.
    pub fn hash(&self) -> String {
        format::sha256_hex(&serde_json::to_vec(self).expect("a contract serialises"))
    }
}

/// Weights of the hybrid score; see [`crate::router`] for the formula.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fusion {
    /// Weight of the dense score; the lexical score has weight 1.
    pub dense_weight: f32,
}

impl Default for Fusion {
    /// For an encoder that was not trained for skills: see `BENCHMARKS.md`, "Fusion".
    fn default() -> Self {
        Self { dense_weight: 0.3 }
    }
}

/// What an index remembers of the encoder that made its vectors.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EncoderId {
    /// Name of the model.
    pub name: String,
    /// SHA-256 over the hashes of tokenizer and weight files.
    pub weights_hash: String,
    /// [`Contract::hash`].
    pub contract_hash: String,
}

impl std::fmt::Display for EncoderId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let short = |hash: &str| hash.chars().take(8).collect::<String>();
        write!(f, "{} (weights {}, contract {})", self.name, short(&self.weights_hash), short(&self.contract_hash))
    }
}

/// Fills the places of a template in one pass, so that `{body}` inside a description stays text.
fn fill(template: &str, places: &[(&str, &str)]) -> String {
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
fn first_chars(text: &str, n: usize) -> &str {
    match text.char_indices().nth(n) {
        Some((end, _)) => &text[..end],
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_exact() {
        let mut contract = Contract::plain(Pooling::Mean, true, 256);
        assert_eq!(contract.query("  fix my css \n").as_str(), "fix my css");
        assert_eq!(contract.document("a-b", "does {body}", "# Body\n").as_str(), "a-b | does {body} | # Body\n");
        contract.query.template = "Instruct: find\nQuery:{query}".to_owned();
        contract.query.max_chars = 3;
        contract.document.description_max_chars = 2;
        contract.document.body_max_chars = 1;
        assert_eq!(contract.query("äöüß").as_str(), "Instruct: find\nQuery:äöü");
        assert_eq!(contract.document("n", "日本語", "xyz").as_str(), "n | 日本 | x");
    }

    #[test]
    fn any_change_changes_the_hash() {
        let contract = Contract::plain(Pooling::Mean, true, 256);
        let mut other = contract.clone();
        other.query.template = "{query} ".to_owned();
        assert_ne!(contract.hash(), other.hash());
        assert_ne!(contract.hash(), Contract::plain(Pooling::Cls, true, 256).hash());
        assert_eq!(contract.hash(), contract.clone().hash());
    }

    #[test]
    fn a_template_without_its_place_is_refused() {
        let mut contract = Contract::plain(Pooling::Mean, true, 256);
        contract.query.template = "search: ".to_owned();
        assert!(contract.check("model.json").unwrap_err().to_string().contains("{query}"));
    }
}
