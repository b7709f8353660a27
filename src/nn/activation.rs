//! Activation functions of the feed-forward layers.

use burn::tensor::Tensor;

use crate::{device, kernel};

/// GELU with the exact error function.
///
/// # Shapes
/// `[b, t, f]` to `[b, t, f]`.
pub fn gelu(x: Tensor<3>) -> Tensor<3> {
    let shape = x.dims();
    let mut values = device::cpu_values(x);
    kernel::gelu_in_place(&mut values);
    device::cpu_tensor(values, shape)
}
