//! Matrices as they lie in files and in memory: plain data, below everything that computes with it.

mod quantized;

pub use quantized::{BLOCK, Bits, Quantized};

/// Weights as they come from a file, `[n, k]`.
#[derive(Clone, Debug)]
pub enum Matrix {
    /// f32, row by row.
    Dense {
        /// Rows: outputs.
        n: usize,
        /// Columns: inputs.
        k: usize,
        /// `[n, k]`
        weights: Vec<f32>,
    },
    /// 8 or 4 bits in blocks.
    Quantized(Quantized),
}

impl Matrix {
    /// `[n, k]`: outputs and inputs.
    pub fn shape(&self) -> [usize; 2] {
        match self {
            Matrix::Dense { n, k, .. } => [*n, *k],
            Matrix::Quantized(matrix) => [matrix.n, matrix.k],
        }
    }

    /// The rows `first..end`, as a matrix of their own.
    pub fn rows(&self, first: usize, end: usize) -> Matrix {
        match self {
            Matrix::Dense { k, weights, .. } => {
                Matrix::Dense { n: end - first, k: *k, weights: weights[first * k..end * k].to_vec() }
            }
            Matrix::Quantized(matrix) => Matrix::Quantized(matrix.rows(first, end)),
        }
    }

    /// Makes room for so many rows in all, so that appending copies nothing. A file that
    /// claims more than 2^29 weights gets no room ahead, nor one that claims more than there is.
    pub fn reserve(&mut self, n_rows: usize) {
        let [n, k] = self.shape();
        let more = n_rows.saturating_sub(n);
        if more.saturating_mul(k) > 1 << 29 {
            return;
        }
        match self {
            Matrix::Dense { weights, .. } => drop(weights.try_reserve_exact(more * k)),
            Matrix::Quantized(matrix) => {
                let _ = matrix.quants.try_reserve_exact(more * matrix.bits.row_bytes(k));
                let _ = matrix.scales.try_reserve_exact(more * matrix.n_blocks());
            }
        }
    }

    /// Appends the rows of another matrix of the same kind and width; `false` when it is another kind or width.
    #[must_use]
    pub fn append(&mut self, other: Matrix) -> bool {
        match (self, other) {
            (Matrix::Dense { n, k, weights }, Matrix::Dense { n: more, k: width, weights: rows }) if *k == width => {
                *n += more;
                weights.extend(rows);
            }
            (Matrix::Quantized(matrix), Matrix::Quantized(rows)) if (matrix.bits, matrix.k) == (rows.bits, rows.k) => {
                matrix.n += rows.n;
                matrix.quants.extend(rows.quants);
                matrix.scales.extend(rows.scales);
            }
            _ => return false,
        }
        true
    }

    /// Writes row `row` as f32 into `out`, which has `k` places.
    pub fn read_row(&self, row: usize, out: &mut [f32]) {
        match self {
            Matrix::Dense { k, weights, .. } => out.copy_from_slice(&weights[row * k..][..*k]),
            Matrix::Quantized(matrix) => matrix.dequantize_row(row, out),
        }
    }
}
