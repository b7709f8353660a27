//! The one linear layer: every weight product of every model goes through [`Linear::forward`].

use burn::tensor::Tensor;

use crate::{
    device::{self, Device},
    kernel,
    matrix::Matrix,
};

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
    Gpu(Box<crate::gpu::GpuMatrix>),
}

impl Weight {
    /// Puts a matrix on a device.
    pub fn new(matrix: Matrix, device: &Device) -> Weight {
        let shape = matrix.shape();
        let layout = match (device, matrix) {
            #[cfg(feature = "gpu")]
            (Device::Gpu(context), matrix) => Layout::Gpu(Box::new(crate::gpu::GpuMatrix::new(&matrix, context))),
            (Device::Cpu, Matrix::Dense { weights, .. }) => Layout::Dense(weights),
            (Device::Cpu, Matrix::Quantized(matrix)) => Layout::Panels(kernel::Panels::new(&matrix)),
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
    bias: Bias,
}

enum Bias {
    /// `[n]`, where there is one.
    Cpu(Option<Vec<f32>>),
    /// `[1, n]`, zeros where there is none: a kernel has the same list of bindings for every launch.
    #[cfg(feature = "gpu")]
    Gpu(Box<crate::gpu::GpuTensor>),
}

impl Linear {
    /// Puts weight and bias together.
    pub fn new(weight: Weight, bias: Option<Vec<f32>>) -> Linear {
        let bias = match &weight.layout {
            Layout::Dense(_) | Layout::Panels(_) => Bias::Cpu(bias),
            #[cfg(feature = "gpu")]
            Layout::Gpu(matrix) => {
                let [n, _] = weight.shape;
                let bias = matrix.context().tensor(bias.unwrap_or_else(|| vec![0.0; n]), [1, n]);
                Bias::Gpu(Box::new(crate::gpu::GpuTensor::new(bias, matrix.context())))
            }
        };
        Linear { weight, bias }
    }

    /// # Shapes
    /// `[t, k]` to `[t, n]`.
    pub fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        let ([t, k], [n, _]) = (x.dims(), self.weight.shape);
        match (&self.weight.layout, &self.bias) {
            (Layout::Dense(weights), Bias::Cpu(bias)) => {
                let y = kernel::matmul_dense(&device::cpu_values(x), weights, k, bias.as_deref());
                device::cpu_tensor(y, [t, n])
            }
            (Layout::Panels(panels), Bias::Cpu(bias)) => {
                let y = kernel::matmul(&device::cpu_values(x), panels, bias.as_deref());
                device::cpu_tensor(y, [t, n])
            }
            #[cfg(feature = "gpu")]
            (Layout::Gpu(matrix), Bias::Gpu(bias)) => {
                let x = crate::gpu::GpuTensor::new(x, matrix.context());
                crate::gpu::matmul(&x, matrix, bias).into_tensor()
            }
            #[cfg(feature = "gpu")]
            _ => unreachable!("weight and bias are on one device"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matrix::{Bits, Quantized};

    #[test]
    fn dense_and_quantized_agree_within_the_step_of_the_weights() {
        let (n, k) = (24, 96);
        let device = Device::cpu();
        let weights: Vec<f32> = (0..n * k).map(|i| ((i * 7919 % 1009) as f32 - 504.0) / 1000.0).collect();
        let bias: Vec<f32> = (0..n).map(|i| i as f32 / 10.0).collect();
        let x: Vec<f32> = (0..6 * k).map(|i| ((i * 31 % 17) as f32 - 8.0) / 8.0).collect();
        let run = |matrix| {
            let linear = Linear::new(Weight::new(matrix, &device), Some(bias.clone()));
            let y = linear.forward(device.tensor(x.clone(), [6, k]));
            assert_eq!(y.dims(), [6, n]);
            device::cpu_values(y)
        };
        let dense = run(Matrix::Dense { n, k, weights: weights.clone() });
        // Half a step of each weight against 96 activations of at most 1; the steps are those of `matrix/quantized.rs`.
        for (bits, step) in [(Bits::Eight, 0.504 / 127.0), (Bits::Four, 0.504 / 6.0)] {
            let quantized = run(Matrix::Quantized(Quantized::new(bits, &weights, n, k)));
            for (a, b) in dense.iter().zip(&quantized) {
                assert!((a - b).abs() < step * 96.0 * 0.3, "{bits:?}: {a} and {b}");
            }
        }
    }
}
