//! Numbers and strings of a payload: little-endian values, LEB128 varints, and strings with their length before them.

use crate::error::{Error, Result};

/// Reads little-endian values off the front of a payload; every read past the end is the same error.
pub(crate) struct Reader<'a> {
    file: &'a str,
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) fn new(file: &'a str, payload: &'a [u8]) -> Self {
        Self { file, rest: payload }
    }

    pub(crate) fn bytes(&mut self, n_bytes: usize) -> Result<&'a [u8]> {
        if n_bytes > self.rest.len() {
            return Err(Error::malformed(self.file, "it ends before its contents do; write it again"));
        }
        let (head, rest) = self.rest.split_at(n_bytes);
        self.rest = rest;
        Ok(head)
    }

    pub(crate) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub(crate) fn u32(&mut self) -> Result<u32> {
        Ok(u32::from_le_bytes(self.bytes(4)?.try_into().expect("four bytes")))
    }

    pub(crate) fn f32s(&mut self, n: usize) -> Result<Vec<f32>> {
        let bytes = self.bytes(n.saturating_mul(4))?;
        Ok(bytes.chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().expect("four bytes"))).collect())
    }

    #[cfg(feature = "search")]
    pub(crate) fn u64s(&mut self, n: usize) -> Result<Vec<u64>> {
        let bytes = self.bytes(n.saturating_mul(8))?;
        Ok(bytes.chunks_exact(8).map(|b| u64::from_le_bytes(b.try_into().expect("eight bytes"))).collect())
    }

    #[cfg(feature = "search")]
    /// LEB128.
    pub(crate) fn varint(&mut self) -> Result<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.bytes(1)?[0];
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(Error::malformed(self.file, "a number in it has no end; write it again"))
    }

    #[cfg(feature = "search")]
    pub(crate) fn string(&mut self) -> Result<&'a str> {
        let n_bytes = self.varint()? as usize;
        let file = self.file;
        std::str::from_utf8(self.bytes(n_bytes)?).map_err(|error| Error::malformed(file, error))
    }
}

/// Appends a number as LEB128, for [`Reader::varint`].
#[cfg(feature = "search")]
pub(crate) fn write_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Appends a string with its length, for [`Reader::string`].
#[cfg(feature = "search")]
pub(crate) fn write_string(out: &mut Vec<u8>, text: &str) {
    write_varint(out, text.len() as u64);
    out.extend_from_slice(text.as_bytes());
}

#[cfg(all(test, feature = "search"))]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_strings_come_back() {
        let mut out = Vec::new();
        for value in [0, 127, 128, 300, u64::MAX] {
            write_varint(&mut out, value);
        }
        write_string(&mut out, "naïve");
        let mut reader = Reader::new("f", &out);
        for value in [0, 127, 128, 300, u64::MAX] {
            assert_eq!(reader.varint().unwrap(), value);
        }
        assert_eq!(reader.string().unwrap(), "naïve");
        assert_eq!(reader.varint().unwrap_err().code(), "malformed");
    }
}
