//! Tables of vectors, looked up by row; they stay quantized, on the CPU, and are never unpacked whole: that of Qwen3 is
//! larger than what a WebGPU device binds (128 MiB).

use crate::matrix::Matrix;

/// A table `[v, d]`.
pub struct Embedding {
    table: Matrix,
}

impl Embedding {
    /// Takes over a table.
    pub fn new(table: Matrix) -> Embedding {
        Embedding { table }
    }

    /// Number of rows, `v`.
    pub fn n_rows(&self) -> usize {
        self.table.shape()[0]
    }

    /// Rows `ids` one after the other.
    ///
    /// # Shapes
    /// `[t]` to `[t, d]`.
    ///
    /// # Panics
    /// When an id is not below [`Embedding::n_rows`].
    pub fn rows(&self, ids: &[u32]) -> Vec<f32> {
        let [_, d] = self.table.shape();
        let mut values = vec![0.0; ids.len() * d];
        for (id, row) in ids.iter().zip(values.chunks_exact_mut(d)) {
            self.table.read_row(*id as usize, row);
        }
        values
    }
}
