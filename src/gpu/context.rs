//! The GPU at hand: opening it, and what its tensors and kernels need to know of it. The only file that names burn's GPU backend
//! beside `gpu/mod.rs`.

use std::sync::{Arc, Mutex, OnceLock};

use burn::{
    backend::{CubeDevice, Wgpu},
    cubecl::{client::Client, server::Handle},
    tensor::{Tensor, TensorData},
};
use serde::Deserialize;

use crate::error::{Error, Result};

/// What a GPU is good at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Traits {
    /// It is a program that acts as one: workgroups that wait for each other cost it dearly.
    pub software: bool,
    /// It multiplies four pairs of 8-bit numbers at once (`dot4I8Packed` of WGSL).
    pub integer_dot: bool,
}

/// An open GPU, and what it is good at. Clones are the same GPU.
#[derive(Clone)]
pub struct Context {
    gpu: Arc<Gpu>,
    pub(super) traits: Traits,
}

/// Its device, and the queue that kernels go to.
struct Gpu {
    /// As burn makes tensors on it.
    tensors: burn::tensor::Device,
    device: CubeDevice,
    queue: Client,
    name: String,
}

impl Context {
    /// The GPU that the platform prefers. It is opened once; later calls get the same. `traits` stand in the place of what it says
    /// of itself, so that tests run the kernels of a GPU that is not there.
    ///
    /// # Errors
    /// [`Error::Device`] where there is none that can be used.
    #[allow(clippy::await_holding_lock, reason = "to make others wait is what it is for")]
    pub async fn open(traits: Option<Traits>) -> Result<Context> {
        static OPENED: OnceLock<Context> = OnceLock::new();
        // burn refuses to open a device twice, so a second caller waits here. In a browser nobody can wait.
        static OPENING: Mutex<()> = Mutex::new(());
        let alone = if cfg!(target_family = "wasm") { OPENING.try_lock().ok() } else { OPENING.lock().ok() };
        let Some(_alone) = alone else {
            return Err(Error::Device { reason: "it is being opened already".to_owned() });
        };
        if let Some(context) = OPENED.get() {
            return Ok(context.clone());
        }
        let options = burn::tensor::Device::wgpu_options();
        // Left to itself, wgpu also looks for OpenGL, which prints complaints where there is no display.
        #[cfg(all(unix, not(target_vendor = "apple")))]
        let options = options.graphics_api(burn::tensor::wgpu::WgpuBackend::Vulkan);
        let (tensors, setup) = options
            .init_with_setup_async()
            .await
            .map_err(|error| Error::Device { reason: format!("no GPU can be used: {error}") })?;
        let about = setup.adapter.get_info();
        let wgsl = setup.instance.wgsl_language_features();
        let traits = traits.unwrap_or(Traits {
            software: about.device_type == wgpu::DeviceType::Cpu,
            integer_dot: wgsl.contains(wgpu::WgslLanguageFeatures::Packed4x8IntegerDotProduct),
        });
        let name = if about.name.is_empty() { "this GPU".to_owned() } else { about.name };
        let first = Tensor::<1>::from_data(TensorData::new(vec![0f32], [1]), &tensors);
        let first = first.try_into_primitive::<Wgpu>().expect("the tensor is on the GPU");
        let gpu = Gpu { tensors, device: first.device, queue: first.client, name };
        let context = Context { gpu: Arc::new(gpu), traits };
        Ok(OPENED.get_or_init(|| context).clone())
    }

    /// The name that the driver gives it.
    pub fn name(&self) -> &str {
        &self.gpu.name
    }

    /// A tensor of the given values, row-major.
    pub fn tensor<const D: usize>(&self, values: Vec<f32>, shape: [usize; D]) -> Tensor<D> {
        Tensor::from_data(TensorData::new(values, shape), &self.gpu.tensors)
    }

    pub(super) fn device(&self) -> &CubeDevice {
        &self.gpu.device
    }

    pub(super) fn queue(&self) -> &Client {
        &self.gpu.queue
    }

    /// The same GPU, as if it were good at other things.
    #[cfg(test)]
    pub(super) fn with_traits(self, traits: Traits) -> Context {
        Context { traits, ..self }
    }

    /// Bytes in its memory.
    pub(super) fn upload(&self, bytes: &[u8]) -> Handle {
        self.gpu.queue.create_from_slice(bytes)
    }
}
