//! What the library looks up in a `tokenizer.json` without asking, and panics where it is not there.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::Value;

use crate::error::{Error, Result};

fn refuse(reason: impl Into<String>) -> Result<()> {
    Err(Error::Tokenizer { reason: reason.into() })
}

/// Checks a file before it is read, since the library joins the two halves of a pair in the room of the longest token. Returns whether
/// its model is one of byte pairs.
pub fn check_pairs(bytes: &[u8]) -> Result<bool> {
    let File { model } =
        serde_json::from_slice(bytes).map_err(|error| Error::Tokenizer { reason: error.to_string() })?;
    let has_pairs = model.merges.longest > 0;
    if has_pairs && model.continuing_subword_prefix.is_some_and(|prefix| !prefix.is_empty()) {
        refuse("continuing_subword_prefix with byte pairs is not implemented")?;
    }
    if model.merges.longest > model.vocab.longest {
        refuse("a pair of it makes a token that is longer than all it has")?;
    }
    Ok(model.kind.is_some_and(|kind| kind == "BPE"))
}

/// Checks how texts and special tokens are put together, as the library writes it: templates name what there is.
pub fn check_templates(post: &Value) -> Result<()> {
    for inner in post["processors"].as_array().into_iter().flatten() {
        check_templates(inner)?;
    }
    let tokens = &post["special_tokens"];
    for (template, texts) in [("single", &["A"][..]), ("pair", &["A", "B"][..])] {
        for piece in post[template].as_array().into_iter().flatten() {
            if let Some(id) = piece["Sequence"]["id"].as_str()
                && !texts.contains(&id)
            {
                return refuse("a template of it has a second text where there is one");
            }
            let Some(id) = piece["SpecialToken"]["id"].as_str() else { continue };
            match (tokens[id]["ids"].as_array(), tokens[id]["tokens"].as_array()) {
                (Some(ids), Some(tokens)) if ids.len() == tokens.len() => {}
                _ => {
                    return refuse(format!(
                        "a template of it has the special token {id:?}, which it does not describe"
                    ));
                }
            }
        }
    }
    Ok(())
}

#[derive(Deserialize)]
struct File {
    model: Model,
}

#[derive(Deserialize)]
struct Model {
    #[serde(default, rename = "type")]
    kind: Option<String>,
    #[serde(default)]
    vocab: Vocabulary,
    #[serde(default)]
    merges: Merges,
    #[serde(default)]
    continuing_subword_prefix: Option<String>,
}

/// The longest token, in bytes. Half a million of them go by without a copy.
#[derive(Default)]
struct Vocabulary {
    longest: usize,
}

/// The longest token that a pair makes, in bytes.
#[derive(Default)]
struct Merges {
    longest: usize,
}

impl<'de> Deserialize<'de> for Vocabulary {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Vocabulary, D::Error> {
        deserializer.deserialize_any(VocabularyVisitor)
    }
}

struct VocabularyVisitor;

impl<'de> Visitor<'de> for VocabularyVisitor {
    type Value = Vocabulary;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a vocabulary")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<Vocabulary, A::Error> {
        let mut longest = 0;
        while let Some((Length(n), IgnoredAny)) = map.next_entry()? {
            longest = longest.max(n);
        }
        Ok(Vocabulary { longest })
    }

    /// Of a model without pairs.
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> std::result::Result<Vocabulary, A::Error> {
        while let Some(IgnoredAny) = list.next_element()? {}
        Ok(Vocabulary::default())
    }
}

impl<'de> Deserialize<'de> for Merges {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Merges, D::Error> {
        deserializer.deserialize_seq(MergesVisitor)
    }
}

struct MergesVisitor;

impl<'de> Visitor<'de> for MergesVisitor {
    type Value = Merges;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of pairs")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> std::result::Result<Merges, A::Error> {
        let mut longest = 0;
        while let Some(Merged(n)) = list.next_element()? {
            longest = longest.max(n);
        }
        Ok(Merges { longest })
    }
}

/// Bytes of a text.
struct Length(usize);

impl<'de> Deserialize<'de> for Length {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Length, D::Error> {
        struct TextVisitor;
        impl Visitor<'_> for TextVisitor {
            type Value = Length;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> std::result::Result<Length, E> {
                Ok(Length(text.len()))
            }
        }
        deserializer.deserialize_str(TextVisitor)
    }
}

/// Bytes of what a pair makes: two texts, or one with a space between its halves.
struct Merged(usize);

impl<'de> Deserialize<'de> for Merged {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Merged, D::Error> {
        struct PairVisitor;
        impl<'de> Visitor<'de> for PairVisitor {
            type Value = Merged;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a pair of texts")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> std::result::Result<Merged, E> {
                Ok(Merged(text.len().saturating_sub(1)))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut pair: A) -> std::result::Result<Merged, A::Error> {
                let mut sum = 0usize;
                while let Some(Length(n)) = pair.next_element()? {
                    sum = sum.saturating_add(n);
                }
                Ok(Merged(sum))
            }
        }
        deserializer.deserialize_any(PairVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(model: &str) -> Result<bool> {
        check_pairs(format!(r#"{{"version": "1.0", "model": {model}}}"#).as_bytes())
    }

    #[test]
    fn pairs_make_tokens_that_there_are() {
        let is_of_pairs = |model: &str| check(model).unwrap();
        assert!(is_of_pairs(r#"{"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2}, "merges": [["a", "b"]]}"#));
        assert!(is_of_pairs(r#"{"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2}, "merges": ["a b"]}"#));
        assert!(!is_of_pairs(r###"{"type": "WordPiece", "vocab": {"a": 0}, "continuing_subword_prefix": "##"}"###));
        assert!(!is_of_pairs(r#"{"type": "Unigram", "vocab": [["a", -1.5], ["b", -2.0]]}"#));
        for wrong in [
            r#"{"vocab": {"a": 0, "b": 1}, "merges": [["a", "b"]]}"#,
            r#"{"vocab": {"a": 0, "b": 1}, "merges": ["a b"]}"#,
            r#"{"vocab": {"a": 0, "b": 1, "ab": 2}, "merges": ["a b"], "continuing_subword_prefix": "é"}"#,
            r#"{"vocab": 7}"#,
        ] {
            assert_eq!(check(wrong).unwrap_err().code(), "tokenizer", "{wrong}");
        }
    }
}
