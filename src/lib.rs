//! Finds the right agent skill for a task, offline: embed the task, search all skills by their full text, rank.
//!
//! The way of a request: text, contract, tokens, vector, hits, rerank, routes; the modules stand in that order.
//! The core does no IO: bytes come in, values go out. JavaScript fetches, the command line reads files.
//!
//! ```no_run
//! # async fn example(index_json: &[u8], lexical: &[u8]) -> skillrouter::Result<()> {
//! use skillrouter::{index::Index, router::{RouteOptions, Router}};
//!
//! let mut index = Index::open(index_json)?;
//! let file = index.manifest().files.lexical[0].file.clone();
//! index.add_file(&file, lexical)?; // Words alone give a first answer; vectors and an encoder are added in the same way.
//! let answer = Router::new(index).route("turn these receipts into a spreadsheet", RouteOptions::default()).await?;
//! println!("{}", answer.routes[0].name);
//! # Ok(())
//! # }
//! ```
//!
//! Features follow the rooms, so that each build contains what it uses: `search` without models, `models` without an index.

pub mod error;
pub mod format;

pub mod skill;

pub mod risk;

#[cfg(feature = "build")]
pub mod copies;
#[cfg(feature = "search")]
pub mod terms;

pub mod fit;

pub mod contract;
pub mod routing;
#[cfg(feature = "models")]
pub mod tokenize;

#[cfg(feature = "models")]
pub mod device;
#[cfg(feature = "gpu")]
pub mod gpu;
pub mod kernel;
pub mod matrix;
#[cfg(feature = "models")]
pub mod nn;

pub mod model;

#[cfg(feature = "search")]
pub mod index;

#[cfg(feature = "build")]
pub mod collection;

pub mod answer;
#[cfg(feature = "search")]
pub mod searcher;

#[cfg(all(feature = "search", feature = "models"))]
pub mod router;

#[cfg(feature = "web")]
mod web;

pub use error::{Error, Result};
