//! From rows to means of ranges of rows.

use std::ops::Range;

use super::{Constants, GpuTensor, Launch};

/// The mean over each range of rows, none of which is empty.
///
/// # Shapes
/// `x` `[t, d]` to `[ranges, d]`.
pub fn mean_of_ranges(x: &GpuTensor, ranges: &[Range<usize>]) -> GpuTensor {
    let [_, d] = x.shape();
    let mut info = vec![ranges.len() as u32];
    info.extend(ranges.iter().flat_map(|range| [range.start as u32, range.len() as u32]));
    Launch {
        source: |_: &Constants| include_str!("pool.wgsl").to_owned(),
        constants: &[("d", d)],
        info: &info,
        count: [d.div_ceil(64), ranges.len(), 1],
        shape: [ranges.len(), d],
    }
    .run(&x.context, &[&x.inner.handle])
}
