//! From token vectors to one vector for each text.

use burn::tensor::Tensor;

use crate::device::Device;

/// The mean over the tokens of each text, without its padding.
///
/// # Shapes
/// `[b, t, d]` to `[b, d]`.
pub fn mean(x: Tensor<3>, lengths: &[usize], device: &Device) -> Tensor<2> {
    let [b, t, d] = x.dims();
    let mut weights = vec![0.0; b * t];
    for (row, &length) in weights.chunks_exact_mut(t).zip(lengths) {
        row[..length].fill(1.0 / length as f32);
    }
    device.tensor(weights, [b, 1, t]).matmul(x).reshape([b, d])
}

/// The first token of each text.
///
/// # Shapes
/// `[b, t, d]` to `[b, d]`.
pub fn first(x: Tensor<3>) -> Tensor<2> {
    let [b, _, d] = x.dims();
    x.slice([0..b, 0..1, 0..d]).reshape([b, d])
}

/// Scales each row to length 1; a row of zeros stays as it is.
///
/// # Shapes
/// `[b, d]` to `[b, d]`.
pub fn normalize(x: Tensor<2>) -> Tensor<2> {
    // The bound of torch.nn.functional.normalize.
    let norm = (x.clone() * x.clone()).sum_dim(1).sqrt().clamp_min(1e-12);
    x / norm
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::cpu_values;

    #[test]
    fn pooling_by_hand() {
        let device = Device::cpu();
        let x = || device.tensor(vec![1.0, 2.0, 3.0, 6.0, 90.0, 90.0, 5.0, 5.0, 70.0, 70.0, 70.0, 70.0], [2, 3, 2]);
        assert_eq!(cpu_values(mean(x(), &[2, 1], &device)), [2.0, 4.0, 5.0, 5.0]);
        assert_eq!(cpu_values(first(x())), [1.0, 2.0, 5.0, 5.0]);
        let unit = cpu_values(normalize(device.tensor(vec![3.0, 4.0, 0.0, 0.0], [2, 2])));
        assert_eq!(unit, [0.6, 0.8, 0.0, 0.0]);
    }
}
