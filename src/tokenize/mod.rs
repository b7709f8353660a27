//! Text to token ids, and ids to batches.

mod check;

use serde::{Deserialize, de::IgnoredAny};
use tokenizers::{
    Decoder, Encoding, ModelWrapper, NormalizerWrapper, PostProcessor, PostProcessorWrapper, PreTokenizerWrapper,
    TokenizerImpl, TruncationDirection, TruncationParams, TruncationStrategy, models::bpe::BPE,
    utils::truncation::truncate_encodings,
};

use crate::error::{Error, Result};

/// Token ids of one text, or of two texts as a pair, ready for a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tokens {
    ids: Vec<u32>,
    /// 0 for the first text of a pair, 1 for the second.
    type_ids: Vec<u32>,
}

impl Tokens {
    /// One text of these ids.
    pub fn new(ids: Vec<u32>) -> Tokens {
        Tokens { type_ids: vec![0; ids.len()], ids }
    }

    /// Number of tokens, special ones included.
    #[allow(clippy::len_without_is_empty, reason = "special tokens are always there")]
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// The ids.
    pub fn ids(&self) -> &[u32] {
        &self.ids
    }

    /// For each token the text that it is of: 0 for the first of a pair, 1 for the second.
    pub fn type_ids(&self) -> &[u32] {
        &self.type_ids
    }

    /// The first `n` tokens, whatever they are: for measuring.
    pub fn cut(mut self, n: usize) -> Tokens {
        self.ids.truncate(n);
        self.type_ids.truncate(n);
        self
    }

    /// The tokens from `start` on.
    pub fn from(&self, start: usize) -> Tokens {
        Tokens { ids: self.ids[start..].to_vec(), type_ids: self.type_ids[start..].to_vec() }
    }
}

/// A tokenizer as its `tokenizer.json` describes it; truncation is ours.
pub struct Tokenizer {
    inner: Inner,
}

/// The library's tokenizer for a kind of model that is known, or for any.
enum Inner {
    /// Read directly, byte pairs take half the time: for a model of any kind, the library first reads everything into
    /// a tree of values, and Qwen3's file has half a million of them.
    Bpe(Box<Library<BPE>>),
    Any(Box<Library<ModelWrapper>>),
}

type Library<M> = TokenizerImpl<M, NormalizerWrapper, PreTokenizerWrapper, PostProcessorWrapper, NoDecoder>;

/// Nothing is decoded here. The library's decoders would be code that nobody calls, and panic when they read what is no JSON.
#[derive(Deserialize)]
#[serde(from = "IgnoredAny")]
struct NoDecoder;

impl From<IgnoredAny> for NoDecoder {
    fn from(_: IgnoredAny) -> NoDecoder {
        NoDecoder
    }
}

impl Decoder for NoDecoder {
    fn decode_chain(&self, tokens: Vec<String>) -> tokenizers::Result<Vec<String>> {
        Ok(tokens)
    }
}

/// Does the same with either.
macro_rules! with_inner {
    ($inner:expr, $tokenizer:ident => $body:expr) => {
        match $inner {
            Inner::Bpe($tokenizer) => $body,
            Inner::Any($tokenizer) => $body,
        }
    };
}

impl Tokenizer {
    /// Reads a `tokenizer.json`.
    ///
    /// # Errors
    /// [`Error::Tokenizer`] when the file is not one.
    pub fn open(bytes: &[u8]) -> Result<Tokenizer> {
        let mut inner = match check::check_pairs(bytes)? {
            true => Inner::Bpe(Box::new(serde_json::from_slice(bytes).map_err(|error| tokenizer_error(error.into()))?)),
            false => {
                Inner::Any(Box::new(serde_json::from_slice(bytes).map_err(|error| tokenizer_error(error.into()))?))
            }
        };
        with_inner!(&mut inner, tokenizer => {
            tokenizer.with_padding(None);
            tokenizer.with_truncation(None).map_err(tokenizer_error)?;
            check::check_templates(&serde_json::to_value(tokenizer.get_post_processor()).unwrap_or_default())?;
        });
        Ok(Tokenizer { inner })
    }

    /// Token ids of a text with its special tokens, at most `max_tokens` of them: the text is cut at its end, the
    /// special tokens stay.
    ///
    /// # Errors
    /// [`Error::Tokenizer`] when the library refuses the text.
    pub fn encode(&self, text: &str, max_tokens: usize) -> Result<Tokens> {
        let mut encoding = self.bare(first_words(text, max_tokens))?;
        encoding.truncate(max_tokens.saturating_sub(self.n_special(false)), 0, TruncationDirection::Right);
        self.finish(encoding, None)
    }

    /// Token ids of two texts as a pair with its special tokens, at most `max_tokens` of them: the longer text is cut
    /// first, both are cut at their ends.
    ///
    /// # Errors
    /// [`Error::Tokenizer`] when the library refuses a text.
    pub fn encode_pair(&self, first: &str, second: &str, max_tokens: usize) -> Result<Tokens> {
        let parameters = TruncationParams {
            max_length: max_tokens.saturating_sub(self.n_special(true)),
            strategy: TruncationStrategy::LongestFirst,
            ..TruncationParams::default()
        };
        let (first, second) = truncate_encodings(self.bare(first)?, Some(self.bare(second)?), &parameters)
            .map_err(|error| Error::Tokenizer { reason: error.to_string() })?;
        self.finish(first, second)
    }

    /// Token ids of a text without special tokens around it, at most `max_tokens` of them.
    ///
    /// # Errors
    /// [`Error::Tokenizer`] when the library refuses the text.
    pub fn encode_bare(&self, text: &str, max_tokens: usize) -> Result<Vec<u32>> {
        let mut encoding = self.bare(text)?;
        encoding.truncate(max_tokens, 0, TruncationDirection::Right);
        Ok(encoding.get_ids().to_vec())
    }

    /// A text without special tokens around it.
    fn bare(&self, text: &str) -> Result<Encoding> {
        with_inner!(&self.inner, tokenizer => tokenizer.encode_fast(text, false)).map_err(tokenizer_error)
    }

    /// Number of special tokens around one text, or around a pair.
    fn n_special(&self, pair: bool) -> usize {
        let post = with_inner!(&self.inner, tokenizer => tokenizer.get_post_processor());
        post.map_or(0, |post| post.added_tokens(pair))
    }

    fn finish(&self, first: Encoding, second: Option<Encoding>) -> Result<Tokens> {
        let encoding = with_inner!(&self.inner, tokenizer => tokenizer.post_process(first, second, true));
        let encoding = encoding.map_err(tokenizer_error)?;
        Ok(Tokens { ids: encoding.get_ids().to_vec(), type_ids: encoding.get_type_ids().to_vec() })
    }
}

/// The text up to the white space after `n` words; the words that follow cannot give one of the first `n` tokens, and
/// need not be looked at. A word counts when it has an ASCII letter or digit, since such a word has a token of its own
/// in every tokenizer that splits at white space, whatever it does to other characters.
fn first_words(text: &str, n: usize) -> &str {
    let mut n_words = 0;
    let mut counts = false;
    for (place, byte) in text.bytes().enumerate() {
        if byte.is_ascii_alphanumeric() {
            counts = true;
        } else if byte.is_ascii_whitespace() && counts {
            n_words += 1;
            counts = false;
            if n_words == n {
                return &text[..place];
            }
        }
    }
    text
}

fn tokenizer_error(error: tokenizers::Error) -> Error {
    Error::Tokenizer { reason: error.to_string() }
}

/// Token ids of several texts, end to end: there is no padding, so texts of any length go together at no cost.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// `[t]`
    pub ids: Vec<u32>,
    /// `[t]`; see [`Tokens`].
    pub type_ids: Vec<u32>,
    /// Tokens of each text; their sum is `t`.
    pub lengths: Vec<usize>,
}

impl Batch {
    /// Lays some texts end to end.
    pub fn new<'a>(texts: impl IntoIterator<Item = &'a Tokens>) -> Batch {
        let mut batch = Batch::default();
        for text in texts {
            batch.ids.extend_from_slice(&text.ids);
            batch.type_ids.extend_from_slice(&text.type_ids);
            batch.lengths.push(text.len());
        }
        batch
    }

    /// The place of each token in its text, from 0.
    pub fn positions(&self) -> Vec<u32> {
        self.lengths.iter().flat_map(|length| 0..*length as u32).collect()
    }

    /// Checks that a model can take the batch.
    ///
    /// # Errors
    /// [`Error::Tokenizer`] for ids outside of the vocabulary, and for texts that are too long or empty.
    pub fn check(&self, vocab_size: usize, max_tokens: usize) -> Result<()> {
        let fail = |reason: String| Err(Error::Tokenizer { reason });
        if let Some(id) = self.ids.iter().find(|&&id| id as usize >= vocab_size) {
            return fail(format!(
                "token id {id} is outside of the model's vocabulary; the tokenizer is another model's"
            ));
        }
        match self.lengths.iter().copied().max().unwrap_or(0) {
            longest if longest > max_tokens => fail(format!("text of {longest} tokens; the model takes {max_tokens}")),
            _ if self.lengths.contains(&0) => fail("text without any token".to_owned()),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_are_laid_end_to_end() {
        let texts = [Tokens::new(vec![5, 6, 7]), Tokens::new(vec![8])];
        let batch = Batch::new(&texts);
        assert_eq!((batch.ids.as_slice(), batch.lengths.as_slice()), ([5, 6, 7, 8].as_slice(), [3, 1].as_slice()));
        assert_eq!(batch.positions(), [0, 1, 2, 0]);
        assert!(batch.check(9, 3).is_ok());
        assert!(batch.check(8, 3).is_err() && batch.check(9, 2).is_err());
    }

    #[test]
    fn only_the_words_that_can_matter_are_read() {
        for (text, n, expected) in [
            ("one two  three", 2, "one two"),
            ("one two", 2, "one two"),
            ("— one … 二\u{200b} two\tthree", 2, "— one … 二\u{200b} two"),
            ("one", 0, "one"),
            ("", 3, ""),
        ] {
            assert_eq!(first_words(text, n), expected, "{text}");
        }
    }

    #[test]
    fn a_file_that_is_no_tokenizer_is_an_error() {
        assert_eq!(Tokenizer::open(b"{}").err().unwrap().code(), "tokenizer");
    }
}
