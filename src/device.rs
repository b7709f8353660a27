//! The device that models run on: opening it, and moving numbers to it and back. The only file that names a backend.
//!
//! The CPU works through burn-flex, natively and in the browser; the GPU through burn-wgpu: WebGPU in the browser,
//! Vulkan, Metal or DirectX natively.

use burn::{
    backend::{Flex, FlexDevice, ops::FloatTensorOps as _},
    tensor::{Tensor, TensorData},
};

use crate::error::{Error, Result};
#[cfg(feature = "gpu")]
use crate::gpu::{self, GpuTensor, Traits};

/// A place where tensors live and models run.
#[derive(Clone, Debug)]
pub struct Device {
    #[cfg(feature = "gpu")]
    inner: burn::tensor::Device,
    kind: DeviceKind,
    name: String,
}

/// What a [`Device`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceKind {
    /// One thread of the processor per call; callers run several calls at once to use more cores.
    Cpu,
    /// A graphics processor, or software that acts as one.
    #[cfg(feature = "gpu")]
    Gpu,
}

impl Device {
    /// The CPU, one thread per call.
    pub fn cpu() -> Device {
        Device {
            #[cfg(feature = "gpu")]
            inner: burn::tensor::Device::flex(),
            kind: DeviceKind::Cpu,
            name: "CPU".to_owned(),
        }
    }

    /// The GPU that the platform prefers. It is opened once; later calls get the same.
    ///
    /// # Errors
    /// [`Error::Device`] where there is none that can be used.
    #[cfg(feature = "gpu")]
    pub async fn gpu() -> Result<Device> {
        // What a driver lacks of integer dot products is made up for natively when shaders are translated.
        Device::gpu_with(|software| Traits { software, integer_dot: true }).await
    }

    /// The same where the caller says what it is good at, knowing whether the adapter is a software one.
    ///
    /// # Errors
    /// Those of [`Device::gpu`].
    #[cfg(feature = "gpu")]
    #[allow(clippy::await_holding_lock, reason = "to make others wait is what it is for")]
    pub async fn gpu_with(traits: impl FnOnce(bool) -> Traits) -> Result<Device> {
        static OPENED: std::sync::OnceLock<Device> = std::sync::OnceLock::new();
        // burn refuses to open a device twice; whoever comes second waits here. In a browser nobody can wait.
        static OPENING: std::sync::Mutex<()> = std::sync::Mutex::new(());
        let alone = if cfg!(target_family = "wasm") { OPENING.try_lock().ok() } else { OPENING.lock().ok() };
        let Some(_alone) = alone else {
            return Err(Error::Device { reason: "it is being opened already".to_owned() });
        };
        if let Some(device) = OPENED.get() {
            return Ok(device.clone());
        }
        let options = burn::tensor::Device::wgpu_options();
        // Left to itself, wgpu also looks for OpenGL, which prints complaints where there is no display.
        #[cfg(all(unix, not(target_vendor = "apple")))]
        let options = options.graphics_api(burn::tensor::wgpu::WgpuBackend::Vulkan);
        let (inner, setup) = options
            .init_with_setup_async()
            .await
            .map_err(|error| Error::Device { reason: format!("no GPU can be used: {error}") })?;
        let about = setup.adapter.get_info();
        let software = about.device_type == burn::tensor::wgpu::wgpu::DeviceType::Cpu;
        gpu::set_traits(traits(software));
        let name = match about.name {
            name if name.is_empty() => "this GPU".to_owned(),
            name => name,
        };
        let device = Device { inner, kind: DeviceKind::Gpu, name };
        Ok(OPENED.get_or_init(|| device).clone())
    }

    /// The word for this device in results: `cpu` or `gpu`.
    pub fn kind(&self) -> &'static str {
        match self.kind {
            DeviceKind::Cpu => "cpu",
            #[cfg(feature = "gpu")]
            DeviceKind::Gpu => "gpu",
        }
    }

    /// The name that the driver gives it, if it gives one.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// For decisions that differ by device.
    pub(crate) fn device_kind(&self) -> DeviceKind {
        self.kind
    }

    /// A tensor of the given values, row-major.
    pub fn tensor<const D: usize>(&self, values: Vec<f32>, shape: [usize; D]) -> Tensor<D> {
        let data = TensorData::new(values, shape);
        match self.kind {
            // `Tensor::from_data` would do the same, and bring the code for all other types of numbers with it: a
            // twentieth of the page's download.
            DeviceKind::Cpu => Tensor::from_primitive::<Flex>(Flex::float_from_data(data, &FlexDevice)),
            #[cfg(feature = "gpu")]
            DeviceKind::Gpu => Tensor::from_data(data, &self.inner),
        }
    }
}

/// A tensor's numbers, where they are.
pub(crate) enum Values {
    /// Row-major.
    Cpu(Vec<f32>),
    #[cfg(feature = "gpu")]
    Gpu(Box<GpuTensor>),
}

/// The numbers of a tensor, for a kernel. Nothing is copied when the tensor has no other owner.
pub(crate) fn values(x: Tensor<2>) -> Values {
    #[cfg(feature = "gpu")]
    if GpuTensor::holds(&x) {
        return Values::Gpu(Box::new(GpuTensor::new(x)));
    }
    Values::Cpu(cpu_values(x))
}

/// The values of a tensor on the CPU, row-major. Nothing is copied when the tensor has no other owner.
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
