//! The texts of an encoder: a query, and a skill.

use serde::{Deserialize, Serialize};

use super::template::{DocumentTemplate, fill, first_chars, require};
use crate::{error::Result, format};

/// A query as the encoder wants it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryText(String);

/// A skill as the encoder wants it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentText(String);

impl QueryText {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl DocumentText {
    /// The text.
    pub fn as_str(&self) -> &str {
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

/// How token vectors become one vector.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pooling {
    /// The mean over all tokens of the text, special ones included.
    Mean,
    /// The first token.
    Cls,
    /// The last token.
    Last,
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
    /// [`Error::Malformed`](crate::error::Error::Malformed) naming `file`.
    pub fn check(&self, file: &str) -> Result<()> {
        require(file, &self.query.template, &["{query}"])?;
        require(file, &self.document.template, &["{name}", "{description}"])
    }

    /// The text of a query. Surrounding white space is dropped.
    ///
    /// ```
    /// use skillrouter::contract::{Contract, Pooling};
    ///
    /// let mut contract = Contract::plain(Pooling::Mean, true, 256);
    /// contract.query.template = "query: {query}".to_owned();
    /// assert_eq!(contract.query(" merge two files ").as_str(), "query: merge two files");
    /// ```
    pub fn query(&self, query: &str) -> QueryText {
        QueryText(fill(&self.query.template, &[("{query}", first_chars(query.trim(), self.query.max_chars))]))
    }

    /// The text of a skill.
    pub fn document(&self, name: &str, description: &str, body: &str) -> DocumentText {
        DocumentText(self.document.fill(name, description, body, self.document.limits()))
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
