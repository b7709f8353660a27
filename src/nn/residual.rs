//! Residual connections.

use burn::tensor::Tensor;

use crate::{
    device::{self, Device, Values},
    kernel,
};

/// `x + y`: what a block adds to what it was given.
///
/// # Shapes
/// Both `[t, d]`, to `[t, d]`.
pub fn add(x: Tensor<2>, y: Tensor<2>, device: &Device) -> Tensor<2> {
    let shape = x.dims();
    match (device.values(x), device.values(y)) {
        // Of the two, `y` has no other owner most of the time, so it need not be copied.
        (Values::Cpu(x), Values::Cpu(mut y)) => {
            kernel::add_in_place(&mut y, &x);
            device::cpu_tensor(y, shape)
        }
        #[cfg(feature = "gpu")]
        (Values::Gpu(x), Values::Gpu(y)) => crate::gpu::add(&x, &y).into_tensor(),
        #[cfg(feature = "gpu")]
        _ => unreachable!("a model runs on one device"),
    }
}
