//! Tables of vectors, looked up by row; they stay quantized and are never unpacked whole.

use burn::tensor::Tensor;

use crate::{
    device::{self},
    nn::linear::Matrix,
};

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

    /// Rows `ids`, which are `[b, t]`.
    ///
    /// # Shapes
    /// Returns `[b, t, d]`.
    ///
    /// # Panics
    /// When an id is not below [`Embedding::n_rows`].
    pub fn forward(&self, ids: &[u32], [b, t]: [usize; 2]) -> Tensor<3> {
        let [_, d] = self.table.shape();
        let mut values = vec![0.0; ids.len() * d];
        for (id, row) in ids.iter().zip(values.chunks_exact_mut(d)) {
            self.table.read_row(*id as usize, row);
        }
        device::cpu_tensor(values, [b, t, d])
    }
}
