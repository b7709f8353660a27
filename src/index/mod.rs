//! The skill index: vectors, terms and cards in static files, and the searches over them. No burn in here.

#[cfg(feature = "build")]
pub mod builder;
pub mod cards;
pub mod exact;
pub mod hnsw;
pub mod joined;
pub mod lexical;
pub mod manifest;
pub mod map;
pub mod top_k;
pub mod vectors;

mod open;

pub use open::Index;
