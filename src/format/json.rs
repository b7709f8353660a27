//! JSON files (`index.json`, `model.json`): objects whose first three entries are `format`, `version` and `checksum`. The
//! checksum is the SHA-256 of the file with its own 64 digits set to `0`.

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::sha256_hex;
use crate::error::{Error, Result};

const NO_CHECKSUM: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// A kind of JSON file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JsonFormat {
    /// Its `format` entry.
    pub name: &'static str,
    /// The word for it in messages.
    pub kind: &'static str,
    /// Its `version` entry; raised when its content changes.
    pub version: u32,
}

#[derive(Serialize)]
struct Sealed<'a, T> {
    format: &'a str,
    version: u32,
    checksum: &'a str,
    #[serde(flatten)]
    content: &'a T,
}

/// Writes a JSON file of the given format.
pub fn seal_json<T: Serialize>(format: JsonFormat, content: &T) -> Vec<u8> {
    let sealed = Sealed { format: format.name, version: format.version, checksum: NO_CHECKSUM, content };
    let text = serde_json::to_string_pretty(&sealed).expect("our own types serialise") + "\n";
    text.replacen(NO_CHECKSUM, &sha256_hex(text.as_bytes()), 1).into_bytes()
}

/// Checks a JSON file of the given format and reads it.
///
/// # Errors
/// [`Error::Magic`], [`Error::Version`], [`Error::Checksum`] or [`Error::Malformed`], naming `file`.
pub fn open_json<T: DeserializeOwned>(format: JsonFormat, file: &str, bytes: &[u8]) -> Result<T> {
    #[derive(Deserialize)]
    struct Head {
        format: String,
        version: u32,
        checksum: String,
    }
    let head: Head = serde_json::from_slice(bytes).map_err(|_| match bytes.starts_with(b"{") {
        true => Error::Checksum { file: file.to_owned() },
        false => Error::Magic { file: file.to_owned(), kind: format.kind },
    })?;
    if head.format != format.name {
        return Err(Error::Magic { file: file.to_owned(), kind: format.kind });
    }
    if head.version != format.version {
        return Err(Error::Version { file: file.to_owned(), expected: format.version, got: head.version });
    }
    let text = std::str::from_utf8(bytes).map_err(|_| Error::Checksum { file: file.to_owned() })?;
    if head.checksum.len() != NO_CHECKSUM.len()
        || sha256_hex(text.replacen(&head.checksum, NO_CHECKSUM, 1).as_bytes()) != head.checksum
    {
        return Err(Error::Checksum { file: file.to_owned() });
    }
    serde_json::from_slice(bytes).map_err(|error| Error::malformed(file, error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_files_are_sealed_too() {
        let content = serde_json::json!({"n_skills": 3, "note": "text"});
        let format = JsonFormat { name: "skillrouter-test", kind: "test", version: 2 };
        let file = seal_json(format, &content);
        let read = |bytes: &[u8]| open_json::<serde_json::Value>(format, "f", bytes);
        assert_eq!(read(&file).unwrap()["n_skills"], 3);
        for position in 0..file.len() {
            for mask in [0x01, 0x20] {
                let mut damaged = file.clone();
                damaged[position] ^= mask;
                assert!(read(&damaged).is_err(), "byte {position}: {}", String::from_utf8_lossy(&damaged));
            }
        }
        assert_eq!(read(b"<html>").unwrap_err().code(), "magic");
        assert_eq!(read(&seal_json(JsonFormat { version: 1, ..format }, &content)).unwrap_err().code(), "version");
    }
}
