//! From token vectors to one vector for each text.

use std::ops::Range;

use burn::tensor::Tensor;

use crate::device::{self, Device, Values};

/// The mean over the tokens of each text.
///
/// # Shapes
/// `[t, d]` to `[b, d]`; `lengths` has `b` entries.
pub fn mean(x: Tensor<2>, lengths: &[usize], device: &Device) -> Tensor<2> {
    mean_of_ranges(x, ranges(lengths).collect(), device)
}

/// The first token of each text.
///
/// # Shapes
/// `[t, d]` to `[b, d]`; `lengths` has `b` entries.
pub fn first(x: Tensor<2>, lengths: &[usize], device: &Device) -> Tensor<2> {
    mean_of_ranges(x, ranges(lengths).map(|range| range.start..range.start + 1).collect(), device)
}

/// The last token of each text.
///
/// # Shapes
/// `[t, d]` to `[b, d]`; `lengths` has `b` entries.
pub fn last(x: Tensor<2>, lengths: &[usize], device: &Device) -> Tensor<2> {
    mean_of_ranges(x, ranges(lengths).map(|range| range.end - 1..range.end).collect(), device)
}

/// Scales each row of `d` to length 1; a row of zeros stays as it is.
pub fn normalize(rows: &mut [f32], d: usize) {
    for row in rows.chunks_exact_mut(d) {
        // The bound of torch.nn.functional.normalize.
        let length = row.iter().map(|x| x * x).sum::<f32>().sqrt().max(1e-12);
        row.iter_mut().for_each(|x| *x /= length);
    }
}

/// Where each text is.
fn ranges(lengths: &[usize]) -> impl Iterator<Item = Range<usize>> {
    lengths.iter().scan(0, |start, length| {
        let range = *start..*start + length;
        *start = range.end;
        Some(range)
    })
}

fn mean_of_ranges(x: Tensor<2>, ranges: Vec<Range<usize>>, device: &Device) -> Tensor<2> {
    let [_, d] = x.dims();
    match device.values(x) {
        Values::Cpu(x) => {
            let mut means = vec![0.0; ranges.len() * d];
            for (mean, range) in means.chunks_exact_mut(d).zip(&ranges) {
                for row in x[range.start * d..range.end * d].chunks_exact(d) {
                    mean.iter_mut().zip(row).for_each(|(mean, x)| *mean += x);
                }
                mean.iter_mut().for_each(|mean| *mean /= range.len() as f32);
            }
            device::cpu_tensor(means, [ranges.len(), d])
        }
        #[cfg(feature = "gpu")]
        Values::Gpu(x) => crate::gpu::mean_of_ranges(&x, &ranges).into_tensor(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::cpu_values;

    #[test]
    fn pooling_by_hand() {
        let x = || device::cpu_tensor(vec![1.0, 2.0, 3.0, 6.0, 5.0, 5.0], [3, 2]);
        assert_eq!(cpu_values(mean(x(), &[2, 1], &Device::cpu())), [2.0, 4.0, 5.0, 5.0]);
        assert_eq!(cpu_values(first(x(), &[2, 1], &Device::cpu())), [1.0, 2.0, 5.0, 5.0]);
        assert_eq!(cpu_values(last(x(), &[2, 1], &Device::cpu())), [3.0, 6.0, 5.0, 5.0]);
        let mut rows = [3.0, 4.0, 0.0, 0.0];
        normalize(&mut rows, 2);
        assert_eq!(rows, [0.6, 0.8, 0.0, 0.0]);
    }
}
