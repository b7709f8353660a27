//! The one linear layer: every weight product of every model goes through [`Linear::forward`].

use burn::tensor::Tensor;

use crate::{
    device::{self, Device},
    kernel,
    nn::quant::Q8,
};

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
    /// 8 bits in blocks.
    Q8(Q8),
}

impl Matrix {
    /// `[n, k]`: outputs and inputs.
    pub fn shape(&self) -> [usize; 2] {
        match self {
            Matrix::Dense { n, k, .. } => [*n, *k],
            Matrix::Q8(matrix) => [matrix.n, matrix.k],
        }
    }

    /// The rows `first..end`, as a matrix of their own.
    pub fn rows(&self, first: usize, end: usize) -> Matrix {
        match self {
            Matrix::Dense { k, weights, .. } => {
                Matrix::Dense { n: end - first, k: *k, weights: weights[first * k..end * k].to_vec() }
            }
            Matrix::Q8(matrix) => Matrix::Q8(Q8 {
                n: end - first,
                k: matrix.k,
                quants: matrix.quants[first * matrix.k..end * matrix.k].to_vec(),
                scales: matrix.scales[first * matrix.n_blocks()..end * matrix.n_blocks()].to_vec(),
            }),
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
            (Matrix::Q8(matrix), Matrix::Q8(rows)) if matrix.k == rows.k => {
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
            Matrix::Q8(matrix) => matrix.dequantize_row(row, out),
        }
    }
}

enum Weight {
    /// `[1, k, n]`: transposed for the product, and ready to be broadcast over the batch.
    Dense(Tensor<3>),
    Q8(kernel::Panels),
}

/// `x W^T + b`, with `W` `[n, k]` dense or quantized and `b` `[n]`.
pub struct Linear {
    weight: Weight,
    bias: Option<Vec<f32>>,
}

impl Linear {
    /// Puts weights and bias on a device.
    pub fn new(matrix: Matrix, bias: Option<Vec<f32>>, device: &Device) -> Linear {
        let weight = match matrix {
            Matrix::Dense { n, k, weights } => Weight::Dense(device.tensor(weights, [1, n, k]).swap_dims(1, 2)),
            Matrix::Q8(matrix) => Weight::Q8(kernel::Panels::new(&matrix)),
        };
        Linear { weight, bias }
    }

    /// # Shapes
    /// `[b, t, k]` to `[b, t, n]`.
    pub fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        let [b, t, _] = x.dims();
        match &self.weight {
            Weight::Dense(weight) => {
                let [_, _, n] = weight.dims();
                let y = x.matmul(weight.clone());
                match &self.bias {
                    Some(bias) => y + device::cpu_tensor(bias.clone(), [1, 1, n]),
                    None => y,
                }
            }
            Weight::Q8(panels) => {
                let y = kernel::matmul_q8(&device::cpu_values(x), panels, self.bias.as_deref());
                device::cpu_tensor(y, [b, t, panels.n])
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dense_and_quantized_agree_within_the_step_of_the_weights() {
        let (n, k) = (24, 96);
        let device = Device::cpu();
        let weights: Vec<f32> = (0..n * k).map(|i| ((i * 7919 % 1009) as f32 - 504.0) / 1000.0).collect();
        let bias: Vec<f32> = (0..n).map(|i| i as f32 / 10.0).collect();
        let x: Vec<f32> = (0..2 * 3 * k).map(|i| ((i * 31 % 17) as f32 - 8.0) / 8.0).collect();
        let q8 = Q8::quantize(&weights, n, k);
        let run = |matrix| {
            let y = Linear::new(matrix, Some(bias.clone()), &device).forward(device.tensor(x.clone(), [2, 3, k]));
            assert_eq!(y.dims(), [2, 3, n]);
            device::cpu_values(y)
        };
        let dense = run(Matrix::Dense { n, k, weights });
        let quantized = run(Matrix::Q8(q8));
        for (a, b) in dense.iter().zip(&quantized) {
            // Half a step of each weight, 0.504 / 254, against 96 activations of at most 1.
            assert!((a - b).abs() < 0.504 / 254.0 * 96.0 * 0.6, "{a} and {b}");
        }
    }
}
