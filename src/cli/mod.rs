//! The command line program: one file for each subcommand. This is where files are read and written.

/// [`output::say`] with the arguments of `println!`.
macro_rules! say {
    ($($line:tt)*) => { $crate::cli::output::say(format_args!($($line)*)) };
}

/// [`output::note`] with the arguments of `eprintln!`.
macro_rules! note {
    ($($line:tt)*) => { $crate::cli::output::note(format_args!($($line)*)) };
}

pub mod adjust;
pub mod bench;
mod convert;
pub mod device;
pub mod embed;
pub mod eval;
pub mod fetch_model;
mod files;
pub mod index;
pub mod lint;
pub mod output;
mod progress;
pub mod quantize;
pub mod rerank;
pub mod route;
pub mod serve;
mod source;
pub mod verify;

/// The model that commands take when none is named.
const DEFAULT_MODEL: &str = "models/skillrouter-mini-encoder";

/// How a command ended, as the exit code says it. Errors are 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// 0: done, or something was found.
    Found,
    /// 1: nothing was found.
    Nothing,
    /// 2: what was checked is not sound.
    Unsound,
}
