//! The one error type of the crate: what happened, with the numbers, and what to do about it.

/// Result with this crate's [`Error`].
pub type Result<T> = std::result::Result<T, Error>;

/// Everything that can go wrong in the library, one variant for each thing that a user can do about it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file starts with other bytes than its kind requires.
    #[error("{file} is not a skillrouter {kind} file; check the path, or write it again")]
    Magic {
        /// Name of the file.
        file: String,
        /// What the file should have been.
        kind: &'static str,
    },
    /// The file is of a format version that this build does not read.
    #[error(
        "{file} has format version {got} and this build reads version {expected}; write it again with this version (`skillrouter index` makes an index, `quantize` a model), or update skillrouter"
    )]
    Version {
        /// Name of the file.
        file: String,
        /// The version that this build reads.
        expected: u32,
        /// The version that the file states.
        got: u32,
    },
    /// The file is shorter or longer than it says.
    #[error(
        "{file} has {got_bytes} bytes where {expected_bytes} are needed; it was cut off or changed: fetch or write it again"
    )]
    Truncated {
        /// Name of the file.
        file: String,
        /// Bytes that the file should have.
        expected_bytes: u64,
        /// Bytes that it has.
        got_bytes: u64,
    },
    /// The bytes of the file are not those that were written.
    #[error("{file} is damaged: its checksum does not match; fetch or write it again")]
    Checksum {
        /// Name of the file.
        file: String,
    },
    /// The file is whole, but what it says makes no sense.
    #[error("{file} cannot be used: {reason}")]
    Malformed {
        /// Name of the file.
        file: String,
        /// What is wrong with it, and what to do.
        reason: String,
    },
    /// A file that an index or a model lists was not given.
    #[error("{file} is missing; fetch it again, or rebuild what it belongs to")]
    MissingFile {
        /// Name of the file.
        file: String,
    },
    /// The index holds vectors of another encoder or of another text contract.
    #[error(
        "index was built for encoder {index_encoder}, but this is {encoder}; rebuild it with `skillrouter index`, or use the model that it names"
    )]
    EncoderMismatch {
        /// What the index was built for: model name and hashes.
        index_encoder: String,
        /// The encoder at hand.
        encoder: String,
    },
    /// The model's architecture, or an option of it, is not implemented.
    #[error(
        "model {model} needs {feature}, which skillrouter does not implement; docs/command-line.md lists the models that load"
    )]
    Unsupported {
        /// Name of the model.
        model: String,
        /// The configuration entry and its value.
        feature: String,
    },
    /// The weights do not fit the architecture. Nothing was loaded.
    #[error("weights of {model} do not fit its configuration: {}; convert the model again with `skillrouter quantize`", problems.join("; "))]
    Weights {
        /// Name of the model.
        model: String,
        /// One sentence for each missing, unused or wrong-shaped tensor.
        problems: Vec<String>,
    },
    /// The tokenizer file cannot be read, or refused a text.
    #[error("tokenizer: {reason}")]
    Tokenizer {
        /// What the tokenizer library says.
        reason: String,
    },
    /// The query has no text.
    #[error("the task is empty; describe in a few words what you want to do")]
    EmptyQuery,
    /// A search was asked for that this index or this router cannot do.
    #[error("{what}")]
    Unavailable {
        /// What is not there and how to get it.
        what: String,
    },
    /// The device failed while it ran the model.
    #[error("device: {reason}; try again, or use the CPU")]
    Device {
        /// What the device says.
        reason: String,
    },
}

impl Error {
    /// A stable word for programs; the message may change, this does not.
    pub fn code(&self) -> &'static str {
        match self {
            Error::Magic { .. } => "magic",
            Error::Version { .. } => "version",
            Error::Truncated { .. } => "truncated",
            Error::Checksum { .. } => "checksum",
            Error::Malformed { .. } => "malformed",
            Error::MissingFile { .. } => "missing-file",
            Error::EncoderMismatch { .. } => "encoder-mismatch",
            Error::Unsupported { .. } => "unsupported",
            Error::Weights { .. } => "weights",
            Error::Tokenizer { .. } => "tokenizer",
            Error::EmptyQuery => "empty-query",
            Error::Unavailable { .. } => "unavailable",
            Error::Device { .. } => "device",
        }
    }

    pub(crate) fn unavailable(what: impl Into<String>) -> Error {
        Error::Unavailable { what: what.into() }
    }

    pub(crate) fn malformed(file: &str, reason: impl std::fmt::Display) -> Error {
        Error::Malformed { file: file.to_owned(), reason: reason.to_string() }
    }
}
