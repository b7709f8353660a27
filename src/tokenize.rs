//! Text to token ids, and ids to padded batches. The only padding code.

use tokenizers::PostProcessor;

use crate::error::{Error, Result};

/// A tokenizer as its `tokenizer.json` describes it; truncation and padding are ours.
pub struct Tokenizer {
    inner: tokenizers::Tokenizer,
    /// How many special tokens surround one text.
    n_special: usize,
}

impl Tokenizer {
    /// Reads a `tokenizer.json`.
    ///
    /// # Errors
    /// [`Error::Tokenizer`] when the file is not one.
    pub fn open(bytes: &[u8]) -> Result<Tokenizer> {
        let mut inner = tokenizers::Tokenizer::from_bytes(bytes).map_err(tokenizer_error)?;
        inner.with_padding(None);
        inner.with_truncation(None).map_err(tokenizer_error)?;
        let n_special = inner.get_post_processor().map_or(0, |post| post.added_tokens(false));
        Ok(Tokenizer { inner, n_special })
    }

    /// Token ids of a text with its special tokens, at most `max_tokens` of them: the text is cut at its end, the
    /// special tokens stay.
    ///
    /// # Errors
    /// [`Error::Tokenizer`] when the library refuses the text.
    pub fn encode(&self, text: &str, max_tokens: usize) -> Result<Vec<u32>> {
        let text = first_words(text, max_tokens);
        let mut encoding = self.inner.encode_fast(text, false).map_err(tokenizer_error)?;
        encoding.truncate(max_tokens.saturating_sub(self.n_special), 0, tokenizers::TruncationDirection::Right);
        let encoding = self.inner.post_process(encoding, None, true).map_err(tokenizer_error)?;
        Ok(encoding.get_ids().to_vec())
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

/// Token ids of several texts, padded at the end to the longest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// `[b, t]`, row after row. Padding is id 0; attention never sees it, so its value does not matter.
    pub ids: Vec<u32>,
    /// Tokens of each text, without padding.
    pub lengths: Vec<usize>,
    /// `t`: the longest length.
    pub n_tokens: usize,
}

impl Batch {
    /// Pads some texts into one batch.
    pub fn new<T: AsRef<[u32]>>(texts: &[T]) -> Batch {
        let lengths: Vec<usize> = texts.iter().map(|ids| ids.as_ref().len()).collect();
        let n_tokens = lengths.iter().copied().max().unwrap_or(0);
        let mut ids = vec![0; texts.len() * n_tokens];
        for (row, text) in texts.iter().enumerate() {
            let text = text.as_ref();
            ids[row * n_tokens..][..text.len()].copy_from_slice(text);
        }
        Batch { ids, lengths, n_tokens }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_are_padded_at_the_end() {
        let batch = Batch::new(&[vec![5, 6, 7], vec![8]]);
        assert_eq!(batch, Batch { ids: vec![5, 6, 7, 8, 0, 0], lengths: vec![3, 1], n_tokens: 3 });
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
