//! The outside of every file that we write: magic, version, length, checksum.
//!
//! Binary files (weights, and the chunks of an index) are a 32-byte header and a payload:
//!
//! | offset | type | meaning |
//! |---|---|---|
//! | 0 | 4 bytes | magic, see [`Kind`] |
//! | 4 | u16 | version, [`Kind::version`] |
//! | 6 | u8 | packing of the payload: 0 stored, 1 raw deflate (RFC 1951) |
//! | 7 | u8 | zero |
//! | 8 | u64 | bytes of the payload as stored |
//! | 16 | u64 | bytes of the payload once unpacked |
//! | 24 | u32 | zero |
//! | 28 | u32 | CRC-32 (IEEE) of bytes 0 to 28 and of the payload |
//! | 32 | | payload |
//!
//! Integers are little-endian. JSON files have an outside of their own: [`JsonFormat`].

mod codec;
mod json;

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};

pub(crate) use codec::Reader;
#[cfg(feature = "search")]
pub(crate) use codec::{write_string, write_varint};
pub use json::{JsonFormat, open_json, seal_json};

const HEADER_BYTES: usize = 32;

/// Largest payload that we unpack, against files made to exhaust memory. Our writers stay under 64 MiB.
const MAX_UNPACKED_BYTES: u64 = 1 << 30;

/// What a binary file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Tensors of a model.
    Weights,
    /// Quantized vectors of an index.
    Vectors,
    /// Terms and postings of an index.
    Lexical,
    /// HNSW links of an index.
    Links,
    /// Skill cards of an index.
    Cards,
    /// Skill bodies of an index.
    Bodies,
    /// Where the skills of an index lie in a picture of it.
    Map,
}

impl Kind {
    fn magic(self) -> [u8; 4] {
        match self {
            Kind::Weights => *b"SKRW",
            Kind::Vectors => *b"SKRV",
            Kind::Lexical => *b"SKRL",
            Kind::Links => *b"SKRH",
            Kind::Cards => *b"SKRC",
            Kind::Bodies => *b"SKRB",
            Kind::Map => *b"SKRM",
        }
    }

    /// Version of this kind; raised when its layout or its meaning changes. Version 2 of cards holds risk notes, version 3 marks and
    /// the files of notes; version 2 of lexical files has folded terms.
    pub fn version(self) -> u32 {
        match self {
            Kind::Cards => 3,
            Kind::Lexical => 2,
            Kind::Weights | Kind::Vectors | Kind::Links | Kind::Bodies | Kind::Map => 1,
        }
    }

    /// The word for this kind in messages and file names.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Weights => "weights",
            Kind::Vectors => "vectors",
            Kind::Lexical => "lexical",
            Kind::Links => "links",
            Kind::Cards => "cards",
            Kind::Bodies => "bodies",
            Kind::Map => "map",
        }
    }

    /// Text and postings shrink when deflated; quantized numbers do not.
    fn packed(self) -> bool {
        matches!(self, Kind::Lexical | Kind::Links | Kind::Cards | Kind::Bodies)
    }
}

/// Wraps a payload into a file of the given kind.
pub fn seal(kind: Kind, payload: &[u8]) -> Vec<u8> {
    // Level 9 of deflate: built once, downloaded often.
    let stored = match kind.packed() {
        true => Cow::Owned(miniz_oxide::deflate::compress_to_vec(payload, 9)),
        false => Cow::Borrowed(payload),
    };
    let mut file = Vec::with_capacity(HEADER_BYTES + stored.len());
    file.extend(kind.magic());
    file.extend((kind.version() as u16).to_le_bytes());
    file.extend([kind.packed() as u8, 0]);
    file.extend((stored.len() as u64).to_le_bytes());
    file.extend((payload.len() as u64).to_le_bytes());
    file.extend([0; 4]);
    file.extend(checksum(&file, &stored).to_le_bytes());
    file.extend_from_slice(&stored);
    file
}

/// Checks a file and returns its payload.
///
/// # Errors
/// [`Error::Magic`], [`Error::Version`], [`Error::Truncated`] or [`Error::Checksum`], naming `file`.
pub fn open<'a>(kind: Kind, file: &str, bytes: &'a [u8]) -> Result<Cow<'a, [u8]>> {
    if !bytes.starts_with(&kind.magic()) {
        return Err(Error::Magic { file: file.to_owned(), kind: kind.name() });
    }
    let truncated =
        |expected_bytes| Error::Truncated { file: file.to_owned(), expected_bytes, got_bytes: bytes.len() as u64 };
    if bytes.len() < HEADER_BYTES {
        return Err(truncated(HEADER_BYTES as u64));
    }
    let (header, stored) = bytes.split_at(HEADER_BYTES);
    let version = u16::from_le_bytes([header[4], header[5]]) as u32;
    if version != kind.version() {
        return Err(Error::Version { file: file.to_owned(), expected: kind.version(), got: version });
    }
    let stored_bytes = u64::from_le_bytes(header[8..16].try_into().expect("eight bytes"));
    if stored_bytes != stored.len() as u64 {
        return Err(truncated(stored_bytes.saturating_add(HEADER_BYTES as u64)));
    }
    let damaged = || Error::Checksum { file: file.to_owned() };
    if checksum(&header[..28], stored).to_le_bytes() != header[28..32] {
        return Err(damaged());
    }
    let unpacked_bytes = u64::from_le_bytes(header[16..24].try_into().expect("eight bytes"));
    match header[6] {
        0 if unpacked_bytes == stored_bytes => Ok(Cow::Borrowed(stored)),
        1 if unpacked_bytes <= MAX_UNPACKED_BYTES => {
            let payload = miniz_oxide::inflate::decompress_to_vec_with_limit(stored, unpacked_bytes as usize)
                .map_err(|_| damaged())?;
            if payload.len() as u64 != unpacked_bytes {
                return Err(damaged());
            }
            Ok(Cow::Owned(payload))
        }
        _ => Err(Error::malformed(file, "its header is not one that skillrouter writes; write it again")),
    }
}

fn checksum(header: &[u8], stored: &[u8]) -> u32 {
    let mut crc = crc32fast::Hasher::new();
    crc.update(header);
    crc.update(stored);
    crc.finalize()
}

/// SHA-256 of some bytes, as 64 lower-case hexadecimal digits.
pub fn sha256_hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The first eight bytes of the SHA-256 of some bytes, for telling texts apart.
pub fn content_hash(bytes: &[u8]) -> u64 {
    u64::from_be_bytes(Sha256::digest(bytes)[..8].try_into().expect("eight bytes"))
}

/// A file that a manifest lists.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileEntry {
    /// Name, relative to the manifest; it holds the start of the hash, so a name never changes its contents.
    pub file: String,
    /// Size in bytes.
    pub bytes: u64,
    /// SHA-256 of the whole file, in hexadecimal.
    pub sha256: String,
}

impl FileEntry {
    /// Describes a file; its name becomes `{stem}-{hash}.{extension}`.
    pub fn new(stem: &str, extension: &str, bytes: &[u8]) -> FileEntry {
        let sha256 = sha256_hex(bytes);
        FileEntry { file: format!("{stem}-{}.{extension}", &sha256[..16]), bytes: bytes.len() as u64, sha256 }
    }

    /// Checks that these are the bytes that were listed.
    ///
    /// # Errors
    /// [`Error::Truncated`] or [`Error::Checksum`], naming the file.
    pub fn check(&self, bytes: &[u8]) -> Result<()> {
        if bytes.len() as u64 != self.bytes {
            let (expected_bytes, got_bytes) = (self.bytes, bytes.len() as u64);
            return Err(Error::Truncated { file: self.file.clone(), expected_bytes, got_bytes });
        }
        if sha256_hex(bytes) != self.sha256 {
            return Err(Error::Checksum { file: self.file.clone() });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flipped_byte_and_every_cut_is_found() {
        for kind in [Kind::Vectors, Kind::Cards] {
            let file = seal(kind, b"some payload, some payload, some payload");
            assert_eq!(&*open(kind, "f", &file).unwrap(), b"some payload, some payload, some payload");
            for position in 0..file.len() {
                for mask in [0x01, 0x20, 0x80] {
                    let mut damaged = file.clone();
                    damaged[position] ^= mask;
                    assert!(open(kind, "f", &damaged).is_err(), "byte {position} of {kind:?}");
                }
                assert!(open(kind, "f", &file[..position]).is_err(), "cut at {position}");
            }
        }
    }

    #[test]
    fn the_error_says_what_is_wrong() {
        let file = seal(Kind::Cards, b"text");
        let check = |bytes: &[u8], code: &str| assert_eq!(open(Kind::Cards, "f", bytes).unwrap_err().code(), code);
        check(b"<!doctype html>", "magic");
        check(&seal(Kind::Bodies, b"text"), "magic");
        check(&file[..20], "truncated");
        check(&file[..file.len() - 1], "truncated");
        for version in [0, 1, 2, 4] {
            let mut other = file.clone();
            other[4] = version;
            check(&other, "version");
        }
        let mut damaged = file.clone();
        *damaged.last_mut().unwrap() ^= 1;
        check(&damaged, "checksum");
    }
}
