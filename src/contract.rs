//! The text contract of a model: how a query and a skill become the exact text that the model was trained on.
//!
//! A wrong prefix moved one published model by 8.8 points, so text reaches a model only as [`QueryText`],
//! [`DocumentText`], [`PairDocument`] or [`PairText`], which only this file makes, and the encoder's contract is stored, hashed, in every
//! index.

use std::borrow::Cow;

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
    /// [`Error::Malformed`] naming `file`.
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

/// A skill as the reranker wants it, before it meets a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PairDocument(String);

impl PairDocument {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A task and a skill as the reranker wants them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PairText {
    /// Two texts, which the tokenizer puts together.
    Pair {
        /// The task.
        query: String,
        /// The skill.
        document: String,
    },
    /// The skill alone; the task goes through the model by itself.
    Apart(String),
    /// One text in three parts, of which only the middle one may be cut.
    Prompt {
        /// What comes before.
        prefix: String,
        /// Task and skill.
        middle: String,
        /// What comes after.
        suffix: String,
    },
}

/// How a task and a skill are put before a reranker; part of `model.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PairContract {
    /// The query is cut to this many characters; where it is read apart, the encoder's contract says what is read of it.
    pub query_max_chars: usize,
    /// So many of them are the last ones of a query that is cut, the others its first: long tasks often end with what is
    /// asked for.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub query_tail_chars: usize,
    /// The skill; `max_tokens` is for the whole, special tokens and, unless it is read apart, the query included.
    pub document: DocumentTemplate,
    /// What remains of a skill when the answer has to be fast.
    pub fast: DocumentLimits,
    /// How both become one input.
    pub form: PairForm,
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

/// How a query and a document become one input of a reranker, and which number is its score.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub enum PairForm {
    /// `[CLS] query [SEP] document [SEP]`, and the one logit of a sequence classifier.
    Pair,
    /// Each alone, and the late interaction of their tokens ([`crate::model::late`]), made an estimate of log odds by
    /// these two numbers.
    Late {
        /// What the interaction is multiplied by.
        weight: f32,
        /// What is added then.
        bias: f32,
    },
    /// A prompt for a language model, and the logit of "yes" minus that of "no" at its last token.
    Prompt {
        /// What comes before.
        prefix: String,
        /// Text with `{query}` and `{document}` in it; the only part that may be cut, at its end.
        middle: String,
        /// What comes after.
        suffix: String,
        /// Token id of "yes".
        yes: u32,
        /// Token id of "no".
        no: u32,
    },
}

/// How much of each skill the reranker reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Documents {
    /// As the model was trained.
    #[default]
    Exact,
    /// Shorter, for speed: [`PairContract::fast`].
    Fast,
}

impl PairContract {
    /// The contract of a sequence classifier, with SkillRouter's documents (arXiv 2603.22455: descriptions of 500
    /// characters, bodies of 2,000).
    pub fn pair(max_tokens: usize) -> PairContract {
        PairContract {
            query_max_chars: 2_000,
            query_tail_chars: 0,
            document: DocumentTemplate {
                template: "{name} | {description} | {body}".to_owned(),
                description_max_chars: 500,
                body_max_chars: 2_000,
                max_tokens,
            },
            fast: DocumentLimits { description_max_chars: 300, body_max_chars: 400 },
            form: PairForm::Pair,
        }
    }

    /// The contract of SkillRouter's reranker (github zhengyanzhao1997/SkillRouter at 93ef3b1, and the model card of
    /// pipizhao/SkillRouter-Reranker-0.6B), whose prompt is that of Qwen3-Reranker.
    pub fn prompt(instruction: &str, yes: u32, no: u32, max_tokens: usize) -> PairContract {
        let prefix = "<|im_start|>system\nJudge whether the Document meets the requirements based on the Query and the \
                      Instruct provided. Note that the answer can only be \"yes\" or \"no\".<|im_end|>\n\
                      <|im_start|>user\n";
        let form = PairForm::Prompt {
            prefix: prefix.to_owned(),
            middle: format!("<Instruct>: {instruction}\n\n<Query>: {{query}}\n\n<Document>: {{document}}"),
            suffix: "<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n".to_owned(),
            yes,
            no,
        };
        PairContract { form, ..PairContract::pair(max_tokens) }
    }

    /// Checks that the templates have their places and the query its first characters, so that making texts cannot fail.
    ///
    /// # Errors
    /// [`Error::Malformed`] naming `file`.
    pub fn check(&self, file: &str) -> Result<()> {
        require(file, &self.document.template, &["{name}", "{description}"])?;
        if self.query_tail_chars > self.query_max_chars {
            return Err(Error::malformed(file, "query_tail_chars is more than query_max_chars"));
        }
        match &self.form {
            PairForm::Pair | PairForm::Late { .. } => Ok(()),
            PairForm::Prompt { middle, .. } => require(file, middle, &["{query}", "{document}"]),
        }
    }

    /// A skill, for [`PairContract::text`].
    pub fn document(&self, name: &str, description: &str, body: &str, documents: Documents) -> PairDocument {
        let limits = match documents {
            Documents::Exact => self.document.limits(),
            Documents::Fast => self.fast,
        };
        PairDocument(self.document.fill(name, description, body, limits))
    }

    /// A skill that is given as one text already, as `skillrouter rerank` gets it.
    pub fn whole_document(&self, text: String) -> PairDocument {
        PairDocument(text)
    }

    /// The text of a task and a skill. White space around the task is dropped.
    pub fn text(&self, query: &str, PairDocument(document): &PairDocument) -> PairText {
        let query = ends(query.trim(), self.query_max_chars, self.query_tail_chars);
        match &self.form {
            PairForm::Pair => PairText::Pair { query: query.into_owned(), document: document.clone() },
            PairForm::Late { .. } => PairText::Apart(document.clone()),
            PairForm::Prompt { prefix, middle, suffix, .. } => PairText::Prompt {
                prefix: prefix.clone(),
                middle: fill(middle, &[("{query}", &query), ("{document}", document)]),
                suffix: suffix.clone(),
            },
        }
    }
}

impl DocumentTemplate {
    fn limits(&self) -> DocumentLimits {
        let Self { description_max_chars, body_max_chars, .. } = *self;
        DocumentLimits { description_max_chars, body_max_chars }
    }

    fn fill(&self, name: &str, description: &str, body: &str, limits: DocumentLimits) -> String {
        let places = [
            ("{name}", name),
            ("{description}", first_chars(description, limits.description_max_chars)),
            ("{body}", first_chars(body, limits.body_max_chars)),
        ];
        fill(&self.template, &places)
    }
}

/// An error unless the template has these places.
fn require(file: &str, template: &str, places: &[&str]) -> Result<()> {
    match places.iter().find(|place| !template.contains(**place)) {
        Some(place) => Err(Error::malformed(file, format!("contract template {template:?} has no {place}"))),
        None => Ok(()),
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

/// A text of at most `n` characters as it is; of a longer one the first and, after " … ", the last `n_tail`, `n` in all.
fn ends(text: &str, n: usize, n_tail: usize) -> Cow<'_, str> {
    let head = first_chars(text, n);
    if n_tail == 0 || head.len() == text.len() {
        return Cow::Borrowed(head);
    }
    let tail = text.char_indices().rev().nth(n_tail - 1).map_or(text, |(start, _)| &text[start..]);
    Cow::Owned(format!("{} … {tail}", first_chars(text, n - n_tail)))
}

fn is_zero(n: &usize) -> bool {
    *n == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_query_keeps_both_ends() {
        let mut contract = PairContract::pair(100);
        (contract.query_max_chars, contract.query_tail_chars) = (6, 2);
        let document = contract.whole_document("d".to_owned());
        let check = |query: &str, expected: &str| match contract.text(query, &document) {
            PairText::Pair { query, .. } => assert_eq!(query, expected),
            _ => panic!("a pair has a query"),
        };
        check("äbcdef", "äbcdef");
        check(" äbcdefgö\n", "äbcd … gö");
        contract.query_tail_chars = 7;
        assert!(contract.check("model.json").unwrap_err().to_string().contains("query_tail_chars"));
    }

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
    fn the_prompt_is_exact() {
        let mut contract = PairContract::prompt("judge", 1, 2, 100);
        contract.query_max_chars = 5;
        let document = contract.document("a", "does {query}", "# Body", Documents::Exact);
        let PairText::Prompt { prefix, middle, suffix } = contract.text(" merge files ", &document) else {
            panic!("a prompt has three parts")
        };
        assert!(
            prefix.starts_with("<|im_start|>system\nJudge whether the Document meets the requirements based on the ")
        );
        assert!(prefix.ends_with(" can only be \"yes\" or \"no\".<|im_end|>\n<|im_start|>user\n"));
        assert_eq!(middle, "<Instruct>: judge\n\n<Query>: merge\n\n<Document>: a | does {query} | # Body");
        assert_eq!(suffix, "<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n");
        contract.fast = DocumentLimits { description_max_chars: 4, body_max_chars: 0 };
        assert_eq!(contract.document("a", "does {query}", "# Body", Documents::Fast).as_str(), "a | does | ");
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
