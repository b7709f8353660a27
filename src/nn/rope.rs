//! Rotary position embedding (arXiv 2104.09864), split-half as in Hugging Face.

use burn::tensor::Tensor;

use crate::{
    device::{self, Device, Values},
    kernel,
};

/// The angles of all positions.
pub struct Rope {
    /// `[positions, e]`: cosines, then sines.
    angles: Values,
    head_width: usize,
}

impl Rope {
    /// Angles `position / theta^(2 i / e)` of `n_positions` positions.
    pub fn new(n_positions: usize, head_width: usize, theta: f32, device: &Device) -> Rope {
        let half = head_width / 2;
        // As in transformers: frequencies and angles are f32, so that far positions are off by the same.
        let frequencies: Vec<f32> = (0..half).map(|i| 1.0 / theta.powf(2.0 * i as f32 / head_width as f32)).collect();
        let mut angles = Vec::with_capacity(n_positions * head_width);
        for position in 0..n_positions {
            let angle = |frequency: &f32| f64::from(position as f32 * frequency);
            angles.extend(frequencies.iter().map(|frequency| angle(frequency).cos() as f32));
            angles.extend(frequencies.iter().map(|frequency| angle(frequency).sin() as f32));
        }
        Rope { angles: device.place(angles, [n_positions, head_width]), head_width }
    }

    /// Turns each row by the angle of its position.
    ///
    /// # Shapes
    /// `x` `[t, h * e]`; `positions` has `t` entries.
    pub fn forward(&self, x: Tensor<2>, positions: &[u32]) -> Tensor<2> {
        let shape = x.dims();
        match (self.angles.beside(x), &self.angles) {
            (Values::Cpu(mut x), Values::Cpu(angles)) => {
                kernel::rotate_in_place(&mut x, positions, angles, self.head_width);
                device::cpu_tensor(x, shape)
            }
            #[cfg(feature = "gpu")]
            (Values::Gpu(x), Values::Gpu(angles)) => crate::gpu::rotate(&x, positions, angles).into_tensor(),
            #[cfg(feature = "gpu")]
            _ => unreachable!("a model runs on one device"),
        }
    }
}
