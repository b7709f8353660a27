//! The texts of a reranker: a task and a skill together.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::template::{DocumentLimits, DocumentTemplate, fill, first_chars, require};
use crate::error::{Error, Result};

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
}
