//! Activation functions of the feed-forward layers.

use burn::tensor::Tensor;

use crate::{
    device::{self, Device, Values},
    kernel,
};

/// GELU with the exact error function.
///
/// # Shapes
/// `[t, f]` to `[t, f]`.
pub fn gelu(x: Tensor<2>, device: &Device) -> Tensor<2> {
    let shape = x.dims();
    match device.values(x) {
        Values::Cpu(mut x) => {
            kernel::gelu_in_place(&mut x);
            device::cpu_tensor(x, shape)
        }
        #[cfg(feature = "gpu")]
        Values::Gpu(x) => crate::gpu::gelu(&x).into_tensor(),
    }
}

/// The hyperbolic tangent, as BERT's pooler has it.
///
/// # Shapes
/// `[b, d]` to `[b, d]`.
pub fn tanh(x: Tensor<2>) -> Tensor<2> {
    x.tanh()
}

/// `silu(gate) * up`: the gate of SwiGLU (arXiv 2002.05202).
///
/// # Shapes
/// Both `[t, f]`, to `[t, f]`.
pub fn swiglu(gate: Tensor<2>, up: Tensor<2>, device: &Device) -> Tensor<2> {
    let shape = gate.dims();
    match (device.values(gate), device.values(up)) {
        (Values::Cpu(mut gate), Values::Cpu(up)) => {
            kernel::swiglu_in_place(&mut gate, &up);
            device::cpu_tensor(gate, shape)
        }
        #[cfg(feature = "gpu")]
        (Values::Gpu(gate), Values::Gpu(up)) => crate::gpu::swiglu(&gate, &up).into_tensor(),
        #[cfg(feature = "gpu")]
        _ => unreachable!("a model runs on one device"),
    }
}
