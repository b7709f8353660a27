//! The matrix of skill vectors in 8 bits, one scale a row.
//!
//! Payload of a [`Kind::Vectors`] file (a slice of the rows):
//!
//! | type | meaning |
//! |---|---|
//! | u32 | `n`, rows in this file |
//! | u32 | `d`, width |
//! | `n` x u64 | content hash of the text that each row was made from, see `DocumentText::content_hash` |
//! | `n` x f32 | scale of each row |
//! | `n` x `d` x i8 | quants, row by row; the vector is about `quants * scale` |

use crate::{
    error::{Error, Result},
    format::{self, Kind, Reader},
    kernel,
};

/// Vectors `[n, d]` in 8 bits.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Vectors {
    /// `d`
    width: usize,
    /// `[n]`
    content_hashes: Vec<u64>,
    /// `[n]`
    scales: Vec<f32>,
    /// `[n, d]`
    quants: Vec<i8>,
}

/// One vector in 8 bits.
#[derive(Clone, Debug, PartialEq)]
pub struct QuantizedVector {
    /// The vector is about `quants * scale`.
    pub scale: f32,
    /// `[d]`
    pub quants: Vec<i8>,
}

impl QuantizedVector {
    /// Rounds a vector to 8 bits.
    pub fn new(vector: &[f32]) -> QuantizedVector {
        let max = vector.iter().fold(0f32, |max, x| max.max(x.abs()));
        let inverse = if max > 0.0 { 127.0 / max } else { 0.0 };
        let quants = vector.iter().map(|x| (x * inverse).round().clamp(-127.0, 127.0) as i8).collect();
        QuantizedVector { scale: max / 127.0, quants }
    }
}

/// A query in 16 bits, so that only the skills' side is rounded noticeably.
#[derive(Clone, Debug)]
pub struct QueryVector {
    scale: f32,
    quants: Vec<i16>,
}

impl QueryVector {
    /// Rounds a vector to 16 bits, or a little less where long sums could leave 32 bits.
    pub fn new(vector: &[f32]) -> QueryVector {
        let largest = (i32::MAX as f32 / 127.0 / vector.len().max(1) as f32).floor().min(32767.0);
        let max = vector.iter().fold(0f32, |max, x| max.max(x.abs()));
        let inverse = if max > 0.0 { largest / max } else { 0.0 };
        let quants = vector.iter().map(|x| (x * inverse).round() as i16).collect();
        QueryVector { scale: max / largest, quants }
    }

    /// `d`
    pub fn width(&self) -> usize {
        self.quants.len()
    }
}

impl Vectors {
    /// An empty matrix of the given width.
    pub fn new(width: usize) -> Vectors {
        Vectors { width, ..Vectors::default() }
    }

    /// Appends a row.
    ///
    /// # Panics
    /// When the vector has another width.
    pub fn push(&mut self, content_hash: u64, vector: &QuantizedVector) {
        assert_eq!(vector.quants.len(), self.width, "all vectors have one width");
        self.content_hashes.push(content_hash);
        self.scales.push(vector.scale);
        self.quants.extend(&vector.quants);
    }

    /// `n`
    pub fn len(&self) -> usize {
        self.scales.len()
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.scales.is_empty()
    }

    /// `d`
    pub fn width(&self) -> usize {
        self.width
    }

    /// The content hashes, row by row.
    pub fn content_hashes(&self) -> &[u64] {
        &self.content_hashes
    }

    /// Row `row` as it is stored.
    pub fn row(&self, row: usize) -> QuantizedVector {
        QuantizedVector { scale: self.scales[row], quants: self.quants(row).to_vec() }
    }

    fn quants(&self, row: usize) -> &[i8] {
        &self.quants[row * self.width..][..self.width]
    }

    /// Dot products of all rows with a query of the same width, `[n]`.
    ///
    /// # Panics
    /// When the query has another width.
    pub fn similarities(&self, query: &QueryVector) -> Vec<f32> {
        assert_eq!(query.quants.len(), self.width, "query and skills have one width");
        let mut sums = vec![0; self.len()];
        kernel::dot_rows(&self.quants, &query.quants, &mut sums);
        sums.iter().zip(&self.scales).map(|(sum, scale)| *sum as f32 * (scale * query.scale)).collect()
    }

    /// Dot product of row `row` with a query of the same width.
    ///
    /// # Panics
    /// When the query has another width.
    pub fn similarity(&self, row: usize, query: &QueryVector) -> f32 {
        let mut sum = [0];
        kernel::dot_rows(self.quants(row), &query.quants, &mut sum);
        sum[0] as f32 * (self.scales[row] * query.scale)
    }

    /// Dot product of two rows.
    pub fn similarity_of_rows(&self, a: usize, b: usize) -> f32 {
        kernel::dot_bytes(self.quants(a), self.quants(b)) as f32 * (self.scales[a] * self.scales[b])
    }

    /// The file of rows `first..end`.
    pub fn to_file(&self, first: usize, end: usize) -> Vec<u8> {
        let mut payload = Vec::with_capacity((end - first) * (self.width + 12) + 8);
        payload.extend(((end - first) as u32).to_le_bytes());
        payload.extend((self.width as u32).to_le_bytes());
        payload.extend(self.content_hashes[first..end].iter().flat_map(|hash| hash.to_le_bytes()));
        payload.extend(self.scales[first..end].iter().flat_map(|scale| scale.to_le_bytes()));
        payload.extend(self.quants[first * self.width..end * self.width].iter().map(|&quant| quant as u8));
        format::seal(Kind::Vectors, &payload)
    }

    /// Appends the rows of a file.
    ///
    /// # Errors
    /// Those of [`format::open`], and [`Error::Malformed`].
    pub fn append_file(&mut self, file: &str, bytes: &[u8]) -> Result<()> {
        let payload = format::open(Kind::Vectors, file, bytes)?;
        let mut reader = Reader::new(file, &payload);
        let (n, width) = (reader.u32()? as usize, reader.u32()? as usize);
        if width != self.width {
            return Err(Error::malformed(file, format!("its vectors are {width} wide, the index says {}", self.width)));
        }
        let content_hashes = reader.u64s(n)?;
        let scales = reader.f32s(n)?;
        let quants = reader.bytes(n.saturating_mul(width))?;
        if !reader.rest().is_empty() {
            return Err(Error::malformed(file, "bytes follow its last row"));
        }
        self.content_hashes.extend(content_hashes);
        self.scales.extend(scales);
        self.quants.extend(quants.iter().map(|&byte| byte as i8));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(n: usize, seed: u32) -> Vec<f32> {
        let mut state = seed;
        (0..n)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 8) as f32 / (1 << 23) as f32 - 1.0
            })
            .collect()
    }

    /// f32 is the oracle: the similarity differs by no more than the rounding of the row.
    #[test]
    fn similarity_is_that_of_f32_within_the_rounding() {
        for width in [8, 50, 384, 1024] {
            let mut vectors = Vectors::new(width);
            let rows: Vec<Vec<f32>> = (0..5).map(|i| numbers(width, i)).collect();
            for row in &rows {
                vectors.push(1, &QuantizedVector::new(row));
            }
            let query = numbers(width, 99);
            let got = vectors.similarities(&QueryVector::new(&query));
            for (row, got) in rows.iter().zip(got) {
                let want: f32 = row.iter().zip(&query).map(|(x, y)| x * y).sum();
                let bound = 0.5 / 127.0 * query.iter().map(|y| y.abs()).sum::<f32>() + 1e-3;
                assert!((got - want).abs() <= bound, "{got} for {want}");
            }
        }
    }

    #[test]
    fn files_hold_slices_and_come_back() {
        let mut vectors = Vectors::new(6);
        for i in 0..5 {
            vectors.push(u64::from(i), &QuantizedVector::new(&numbers(6, i)));
        }
        let mut read = Vectors::new(6);
        read.append_file("a", &vectors.to_file(0, 2)).unwrap();
        read.append_file("b", &vectors.to_file(2, 5)).unwrap();
        assert_eq!(read, vectors);
        assert_eq!(Vectors::new(7).append_file("a", &vectors.to_file(0, 2)).unwrap_err().code(), "malformed");
    }
}
