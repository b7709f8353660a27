//! The device that models run on: opening it, and moving numbers to it and back. The only file that names a backend.
//!
//! Today that is the CPU, through burn-flex, natively and in the browser.

use burn::tensor::{Tensor, TensorData};

use crate::error::{Error, Result};

/// A place where tensors live and models run.
#[derive(Clone, Debug)]
pub struct Device {
    inner: burn::tensor::Device,
}

impl Device {
    /// The CPU, one thread per call; callers run several calls at once to use more cores.
    pub fn cpu() -> Device {
        Device { inner: burn::tensor::Device::flex() }
    }

    /// The word for this device in results: `cpu`.
    pub fn kind(&self) -> &'static str {
        "cpu"
    }

    /// A tensor of the given values, row-major.
    pub fn tensor<const D: usize>(&self, values: Vec<f32>, shape: [usize; D]) -> Tensor<D> {
        Tensor::from_data(TensorData::new(values, shape), &self.inner)
    }
}

/// The values of a tensor, row-major, for a CPU kernel. Nothing is copied when the tensor has no other owner.
pub(crate) fn cpu_values<const D: usize>(x: Tensor<D>) -> Vec<f32> {
    x.into_data().try_into_vec().expect("all our tensors are f32")
}

/// Puts the result of a CPU kernel where the kernel's input was.
pub(crate) fn cpu_tensor<const D: usize>(values: Vec<f32>, shape: [usize; D]) -> Tensor<D> {
    Device::cpu().tensor(values, shape)
}

/// Reads a result back.
///
/// # Errors
/// [`Error::Device`] when the device failed on the way.
pub async fn read<const D: usize>(x: Tensor<D>) -> Result<Vec<f32>> {
    let failed = |reason: String| Error::Device { reason };
    let data = x.into_data_async().await.map_err(|error| failed(format!("{error:?}")))?;
    data.try_into_vec().map_err(|error| failed(format!("{error:?}")))
}
