//! The text contract of a model: how a query and a skill become the exact text that the model was trained on.
//!
//! A wrong prefix moved one published model by 8.8 points, so text reaches a model only as [`QueryText`],
//! [`DocumentText`], [`PairDocument`] or [`PairText`], which only this room makes, and the encoder's contract is stored, hashed, in every
//! index.

mod encoder;
mod pair;
mod template;

pub use encoder::{Contract, DocumentText, EncoderId, Pooling, QueryTemplate, QueryText};
pub use pair::{Documents, PairContract, PairDocument, PairForm, PairText};
pub use template::{DocumentLimits, DocumentTemplate};
