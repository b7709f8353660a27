//! Normalization layers.

use burn::tensor::Tensor;

use crate::{
    device::{self, Device, Values},
    kernel,
};

/// Layer normalization over the last dimension, with scale and shift.
pub struct LayerNorm {
    /// `[2, d]`: scale, then shift.
    weights: Values,
    eps: f32,
}

impl LayerNorm {
    /// Takes scale and shift, both `[d]`.
    pub fn new(weight: Vec<f32>, bias: Vec<f32>, eps: f32, device: &Device) -> LayerNorm {
        let d = weight.len();
        LayerNorm { weights: device.place([weight, bias].concat(), [2, d]), eps }
    }

    /// # Shapes
    /// `[t, d]` to `[t, d]`.
    pub fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        let shape = x.dims();
        match (self.weights.beside(x), &self.weights) {
            (Values::Cpu(mut x), Values::Cpu(weights)) => {
                let (weight, bias) = weights.split_at(shape[1]);
                kernel::layer_norm_in_place(&mut x, weight, bias, self.eps);
                device::cpu_tensor(x, shape)
            }
            #[cfg(feature = "gpu")]
            (Values::Gpu(x), Values::Gpu(weights)) => crate::gpu::layer_norm(&x, weights, self.eps).into_tensor(),
            #[cfg(feature = "gpu")]
            _ => unreachable!("a model runs on one device"),
        }
    }
}

/// Normalization by the root mean square, with a scale (arXiv 1910.07467).
pub struct RmsNorm {
    /// `[1, d]`
    weight: Values,
    eps: f32,
}

impl RmsNorm {
    /// Takes the scale, `[d]`.
    pub fn new(weight: Vec<f32>, eps: f32, device: &Device) -> RmsNorm {
        let d = weight.len();
        RmsNorm { weight: device.place(weight, [1, d]), eps }
    }

    /// Each part of `d` columns is normalized for itself: whole rows, or the heads in them.
    ///
    /// # Shapes
    /// `[t, i * d]` to `[t, i * d]`.
    pub fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        let shape = x.dims();
        match (self.weight.beside(x), &self.weight) {
            (Values::Cpu(mut x), Values::Cpu(weight)) => {
                kernel::rms_norm_in_place(&mut x, weight, self.eps);
                device::cpu_tensor(x, shape)
            }
            #[cfg(feature = "gpu")]
            (Values::Gpu(x), Values::Gpu(weight)) => crate::gpu::rms_norm(&x, weight, self.eps).into_tensor(),
            #[cfg(feature = "gpu")]
            _ => unreachable!("a model runs on one device"),
        }
    }
}
