//! Normalization layers.

use burn::tensor::Tensor;

use crate::device::Device;

/// Layer normalization over the last dimension, with scale and shift.
pub struct LayerNorm {
    /// `[1, 1, d]`
    weight: Tensor<3>,
    /// `[1, 1, d]`
    bias: Tensor<3>,
    eps: f32,
}

impl LayerNorm {
    /// Takes scale and shift, both `[d]`.
    pub fn new(weight: Vec<f32>, bias: Vec<f32>, eps: f32, device: &Device) -> LayerNorm {
        let d = weight.len();
        LayerNorm { weight: device.tensor(weight, [1, 1, d]), bias: device.tensor(bias, [1, 1, d]), eps }
    }

    /// # Shapes
    /// `[b, t, d]` to `[b, t, d]`.
    pub fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        let mean = x.clone().mean_dim(2);
        let x = x - mean;
        let variance = (x.clone() * x.clone()).mean_dim(2);
        x / (variance + self.eps).sqrt() * self.weight.clone() + self.bias.clone()
    }
}
