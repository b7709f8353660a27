//! The device that models run on, and moving numbers to it and back. The only file that names the CPU's backend.
//!
//! The CPU works through burn-flex, natively and in the browser; the GPU through burn-wgpu: WebGPU in the browser,
//! Vulkan, Metal or DirectX natively.

use burn::{
    backend::{Flex, FlexDevice, ops::FloatTensorOps as _},
    tensor::{Tensor, TensorData},
};

use crate::error::{Error, Result};
#[cfg(feature = "gpu")]
use crate::gpu::{Context, GpuTensor, Traits};

/// A place where tensors live and models run.
#[derive(Clone)]
pub enum Device {
    /// One thread of the processor per call; callers run several calls at once to use more cores.
    Cpu,
    /// A graphics processor, or software that acts as one.
    #[cfg(feature = "gpu")]
    Gpu(Context),
}

impl Device {
    /// The CPU, one thread per call.
    pub fn cpu() -> Device {
        Device::Cpu
    }

    /// The GPU that the platform prefers: [`Context::open`].
    ///
    /// # Errors
    /// [`Error::Device`] where there is none that can be used.
    #[cfg(feature = "gpu")]
    pub async fn gpu(traits: Option<Traits>) -> Result<Device> {
        Context::open(traits).await.map(Device::Gpu)
    }

    /// The word for this device in results: `cpu` or `gpu`.
    pub fn kind(&self) -> &'static str {
        match self {
            Device::Cpu => "cpu",
            #[cfg(feature = "gpu")]
            Device::Gpu(_) => "gpu",
        }
    }

    /// The name that the driver gives it, if it gives one.
    pub fn name(&self) -> &str {
        match self {
            Device::Cpu => "CPU",
            #[cfg(feature = "gpu")]
            Device::Gpu(context) => context.name(),
        }
    }

    /// A tensor of the given values, row-major.
    pub fn tensor<const D: usize>(&self, values: Vec<f32>, shape: [usize; D]) -> Tensor<D> {
        match self {
            Device::Cpu => cpu_tensor(values, shape),
            #[cfg(feature = "gpu")]
            Device::Gpu(context) => context.tensor(values, shape),
        }
    }

    /// Numbers that belong to a layer, where its kernels read them.
    pub(crate) fn place(&self, values: Vec<f32>, shape: [usize; 2]) -> Values {
        match self {
            Device::Cpu => {
                assert_eq!(values.len(), shape[0] * shape[1], "values must be {shape:?}");
                Values::Cpu(values)
            }
            #[cfg(feature = "gpu")]
            Device::Gpu(context) => Values::Gpu(Box::new(GpuTensor::new(context.tensor(values, shape), context))),
        }
    }

    /// The numbers of a tensor of this device, for a kernel. Nothing is copied when the tensor has no other owner.
    pub(crate) fn values(&self, x: Tensor<2>) -> Values {
        match self {
            Device::Cpu => Values::Cpu(cpu_values(x)),
            #[cfg(feature = "gpu")]
            Device::Gpu(context) => Values::Gpu(Box::new(GpuTensor::new(x, context))),
        }
    }
}

/// Numbers, row-major, where a kernel reads them.
pub(crate) enum Values {
    Cpu(Vec<f32>),
    #[cfg(feature = "gpu")]
    Gpu(Box<GpuTensor>),
}

impl Values {
    /// The numbers of a tensor that is where these are.
    pub(crate) fn beside(&self, x: Tensor<2>) -> Values {
        match self {
            Values::Cpu(_) => Values::Cpu(cpu_values(x)),
            #[cfg(feature = "gpu")]
            Values::Gpu(values) => Values::Gpu(Box::new(GpuTensor::new(x, values.context()))),
        }
    }
}

/// The values of a tensor, row-major. Nothing is copied when the tensor is on the CPU and has no other owner.
pub(crate) fn cpu_values<const D: usize>(x: Tensor<D>) -> Vec<f32> {
    x.into_data().try_into_vec().expect("all our tensors are f32")
}

/// A tensor on the CPU. `Tensor::from_data` would do the same, and bring the code for all other types of numbers with it: a
/// twentieth of the page's download.
pub(crate) fn cpu_tensor<const D: usize>(values: Vec<f32>, shape: [usize; D]) -> Tensor<D> {
    Tensor::from_primitive::<Flex>(Flex::float_from_data(TensorData::new(values, shape), &FlexDevice))
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
