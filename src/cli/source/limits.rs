//! How much of a source is read.

use std::io::{self, Read};

use skillrouter::skill::FILE_MAX_BYTES;

/// Most bytes that are taken out of one packed source: a small file can unpack to any amount.
pub const UNPACKED_MAX_BYTES: u64 = 2 << 30;

/// A size for messages.
pub fn mib(bytes: u64) -> String {
    format!("{} MiB", bytes >> 20)
}

/// Reads no more than it may, and then fails.
pub struct Bounded<R> {
    inner: R,
    left: u64,
}

impl<R> Bounded<R> {
    /// Reads what one packed source may unpack to.
    pub fn new(inner: R) -> Bounded<R> {
        Bounded { inner, left: UNPACKED_MAX_BYTES }
    }
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(bytes)?;
        self.left = self.left.checked_sub(n as u64).ok_or_else(|| {
            io::Error::other(format!("it unpacks to more than {}; split it", mib(UNPACKED_MAX_BYTES)))
        })?;
        Ok(n)
    }
}

/// Reads to the end, but no more than tells that a file is too large.
pub fn read_limited(reader: io::Result<impl Read>) -> io::Result<Vec<u8>> {
    read_at_most(reader, FILE_MAX_BYTES + 1)
}

/// Reads no more than the first `max_bytes`.
pub fn read_at_most(reader: io::Result<impl Read>, max_bytes: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reader?.take(max_bytes as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}
