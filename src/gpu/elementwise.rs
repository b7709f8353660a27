//! Activation functions, and residual connections.

use burn::cubecl::server::Handle;

use super::{Constants, GpuTensor, Launch, spread};

/// GELU with the exact error function.
pub fn gelu(x: &GpuTensor) -> GpuTensor {
    elementwise(x, &x.context.upload(&[0; 16]), 0)
}

/// `silu(gate) * up`.
pub fn swiglu(gate: &GpuTensor, up: &GpuTensor) -> GpuTensor {
    elementwise(gate, &up.inner.handle, 1)
}

/// `x + y`.
pub fn add(x: &GpuTensor, y: &GpuTensor) -> GpuTensor {
    elementwise(x, &y.inner.handle, 2)
}

fn elementwise(a: &GpuTensor, b: &Handle, kind: usize) -> GpuTensor {
    let shape = a.shape();
    let n = shape[0] * shape[1] / 4;
    Launch {
        source: |_: &Constants| include_str!("elementwise.wgsl").to_owned(),
        constants: &[("kind", kind)],
        info: &[n as u32],
        count: spread(n.div_ceil(64)),
        shape,
    }
    .run(&a.context, &[&a.inner.handle, b])
}
