//! The lexical leg, which answers before any model is there: terms of name, description and body, and BM25 over them.
//!
//! `counts` counts the terms of a skill, `builder` chooses which of them to keep, `file` writes and reads them, and
//! `corpus` scores queries with `score`; `spelling` says what misspelled words mean.

#[cfg(feature = "build")]
mod builder;
mod corpus;
mod counts;
mod file;
mod postings;
mod score;
mod spelling;

#[cfg(feature = "build")]
pub use builder::{LexicalBuilder, LexicalConfig};
pub use corpus::{Corpus, Word};
pub use counts::TermCounts;
pub use file::Lexical;
