//! Softmax attention: bidirectional or causal, with grouped key/value heads and a shared prefix.

use super::{Constants, GpuTensor, Launch};
use crate::kernel::Heads;

/// Attention of texts that stand end to end; see [`crate::kernel::attend`].
///
/// # Shapes
/// `q` and the result are `[t, h * e]`, the keys and values of `own` and `prefix` `[.., g * e]`.
pub fn attend(
    q: &GpuTensor,
    own: [&GpuTensor; 2],
    prefix: Option<[&GpuTensor; 2]>,
    lengths: &[usize],
    heads: Heads,
) -> GpuTensor {
    let [t, width] = q.shape();
    let n_prefix = prefix.map_or(0, |[keys, _]| keys.shape()[0]);
    let mut info = vec![t as u32, n_prefix as u32];
    let mut start = 0;
    for &length in lengths {
        for row in start..start + length {
            let end = if heads.causal { row + 1 } else { start + length };
            info.extend([start as u32, end as u32]);
        }
        start += length;
    }
    // Something must be bound where there is no prefix, and no buffer may be bound twice.
    let [prefix_keys, prefix_values] = match prefix {
        Some(pair) => pair.map(|tensor| tensor.inner.handle.clone()),
        None => [q.upload(&[0; 16]), q.upload(&[0; 16])],
    };
    let [keys, values] = own.map(|tensor| &tensor.inner.handle);
    Launch {
        source,
        constants: &[("n_heads", heads.n_heads), ("n_kv_heads", heads.n_kv_heads), ("head_width", heads.head_width)],
        info: &info,
        count: [t.div_ceil(64), heads.n_heads, 1],
        shape: [t, width],
    }
    .run(q, &[&q.inner.handle, keys, values, &prefix_keys, &prefix_values])
}

/// `attention.wgsl` with its steps written out: WGSL passes no arrays of a buffer to a function.
fn source(_: &Constants) -> String {
    let step = |keys: &str, values: &str| {
        include_str!("attention_step.wgsl").replace("@keys", keys).replace("@values", values)
    };
    include_str!("attention.wgsl")
        .replace("@prefix\n", &step("prefix_keys", "prefix_values"))
        .replace("@own\n", &step("keys", "values"))
}
