//! Normalization and rotation of rows.

use super::{Constants, GpuTensor, Launch, spread};

/// Layer normalization.
///
/// # Shapes
/// `x` `[t, d]`; `weights` `[2, d]`: scale, then shift.
pub fn layer_norm(x: &GpuTensor, weights: &GpuTensor, eps: f32) -> GpuTensor {
    let [_, d] = weights.shape();
    norm(x, weights, d, eps, 0)
}

/// Normalization of rows of `d` by their root mean square.
///
/// # Shapes
/// `x` `[t, i * d]`, where each of the `i` parts of a row is normalized for itself; `weights` `[1, d]`.
pub fn rms_norm(x: &GpuTensor, weights: &GpuTensor, eps: f32) -> GpuTensor {
    let [_, d] = weights.shape();
    norm(x, weights, d, eps, 1)
}

fn norm(x: &GpuTensor, weights: &GpuTensor, d: usize, eps: f32, kind: usize) -> GpuTensor {
    let [t, width] = x.shape();
    let n_rows = t * width / d;
    Launch {
        source: |_: &Constants| include_str!("norm.wgsl").to_owned(),
        constants: &[("d", d), ("kind", kind)],
        info: &[n_rows as u32, eps.to_bits()],
        count: spread(n_rows),
        shape: [t, width],
    }
    .run(&x.context, &[&x.inner.handle, &weights.inner.handle])
}

/// Rotary position embedding; see [`crate::kernel::rotate_in_place`].
///
/// # Shapes
/// `x` `[t, h * e]`; `angles` `[positions, e]`; `positions` has `t` entries.
pub fn rotate(x: &GpuTensor, positions: &[u32], angles: &GpuTensor) -> GpuTensor {
    let [t, width] = x.shape();
    let [_, head_width] = angles.shape();
    let info: Vec<u32> = std::iter::once(t as u32).chain(positions.iter().copied()).collect();
    Launch {
        source: |_: &Constants| include_str!("rotate.wgsl").to_owned(),
        constants: &[("head_width", head_width), ("width", width)],
        info: &info,
        count: spread((t * width / 2).div_ceil(64)),
        shape: [t, width],
    }
    .run(&x.context, &[&x.inner.handle, &angles.inner.handle])
}
