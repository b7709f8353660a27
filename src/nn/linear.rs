//! The one linear layer: every weight product of every model goes through [`Linear::forward`].

use burn::tensor::Tensor;

use crate::{
    device::{self, Device, DeviceKind},
    kernel,
    nn::quant::Quantized,
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
    /// claims more than 2^29 weights gets no room ahead.
    pub fn reserve(&mut self, n_rows: usize) {
        let [n, k] = self.shape();
        let more = n_rows.saturating_sub(n);
        if more.saturating_mul(k) > 1 << 29 {
            return;
        }
        match self {
            Matrix::Dense { weights, .. } => weights.reserve_exact(more * k),
            Matrix::Quantized(matrix) => {
                matrix.quants.reserve_exact(more * matrix.bits.row_bytes(k));
                matrix.scales.reserve_exact(more * matrix.n_blocks());
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

/// A [`Matrix`] as its device wants it.
pub struct Weight {
    shape: [usize; 2],
    layout: Layout,
}

enum Layout {
    /// `[n, k]`
    Dense(Vec<f32>),
    Panels(kernel::Panels),
    #[cfg(feature = "gpu")]
    Gpu(crate::gpu::GpuMatrix),
}

impl Weight {
    /// Puts a matrix on a device.
    pub fn new(matrix: Matrix, device: &Device) -> Weight {
        let shape = matrix.shape();
        let layout = match (device.device_kind(), matrix) {
            #[cfg(feature = "gpu")]
            (DeviceKind::Gpu, matrix) => Layout::Gpu(crate::gpu::GpuMatrix::new(&matrix, device)),
            (DeviceKind::Cpu, Matrix::Dense { weights, .. }) => Layout::Dense(weights),
            (DeviceKind::Cpu, Matrix::Quantized(matrix)) => Layout::Panels(kernel::Panels::new(&matrix)),
        };
        Weight { shape, layout }
    }

    /// `[n, k]`: outputs and inputs.
    pub fn shape(&self) -> [usize; 2] {
        self.shape
    }
}

/// `x W^T + b`, with `W` `[n, k]` dense or quantized and `b` `[n]`.
pub struct Linear {
    weight: Weight,
    /// `[1, n]`
    bias: Option<Tensor<2>>,
}

impl Linear {
    /// Puts weight and bias together.
    pub fn new(weight: Weight, bias: Option<Vec<f32>>, device: &Device) -> Linear {
        let [n, _] = weight.shape;
        // A GPU kernel always adds one: a list of bindings is the same for every launch of a kernel.
        let bias = bias.or((device.device_kind() != DeviceKind::Cpu).then(|| vec![0.0; n]));
        let bias = bias.map(|bias| {
            let n = bias.len();
            device.tensor(bias, [1, n])
        });
        Linear { weight, bias }
    }

    /// # Shapes
    /// `[t, k]` to `[t, n]`.
    pub fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        let ([t, k], [n, _]) = (x.dims(), self.weight.shape);
        match &self.weight.layout {
            Layout::Dense(weights) => {
                let bias = self.bias.clone().map(device::cpu_values);
                let y = kernel::matmul_dense(&device::cpu_values(x), weights, k, bias.as_deref());
                device::cpu_tensor(y, [t, n])
            }
            Layout::Panels(panels) => {
                let bias = self.bias.clone().map(device::cpu_values);
                let y = kernel::matmul(&device::cpu_values(x), panels, bias.as_deref());
                device::cpu_tensor(y, [t, n])
            }
            #[cfg(feature = "gpu")]
            Layout::Gpu(matrix) => match (device::values(x), self.bias.clone().map(device::values)) {
                (device::Values::Gpu(x), Some(device::Values::Gpu(bias))) => {
                    crate::gpu::matmul(&x, matrix, &bias).into_tensor()
                }
                _ => unreachable!("a model runs on one device"),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::quant::Bits;

    #[test]
    fn dense_and_quantized_agree_within_the_step_of_the_weights() {
        let (n, k) = (24, 96);
        let device = Device::cpu();
        let weights: Vec<f32> = (0..n * k).map(|i| ((i * 7919 % 1009) as f32 - 504.0) / 1000.0).collect();
        let bias: Vec<f32> = (0..n).map(|i| i as f32 / 10.0).collect();
        let x: Vec<f32> = (0..6 * k).map(|i| ((i * 31 % 17) as f32 - 8.0) / 8.0).collect();
        let run = |matrix| {
            let linear = Linear::new(Weight::new(matrix, &device), Some(bias.clone()), &device);
            let y = linear.forward(device.tensor(x.clone(), [6, k]));
            assert_eq!(y.dims(), [6, n]);
            device::cpu_values(y)
        };
        let dense = run(Matrix::Dense { n, k, weights: weights.clone() });
        // Half a step of each weight against 96 activations of at most 1; the steps are those of `quant.rs`.
        for (bits, step) in [(Bits::Eight, 0.504 / 127.0), (Bits::Four, 0.504 / 6.0)] {
            let quantized = run(Matrix::Quantized(Quantized::new(bits, &weights, n, k)));
            for (a, b) in dense.iter().zip(&quantized) {
                assert!((a - b).abs() < step * 96.0 * 0.3, "{bits:?}: {a} and {b}");
            }
        }
    }
}
