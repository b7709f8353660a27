//! GPU kernels: WGSL source and its launching through burn's extension points. The twin of [`crate::kernel`].
//!
//! Every kernel binds its buffers in the order of its arguments, all as `storage, read_write`, because burn keeps several
//! tensors in one buffer; the last two are `info`, a list of u32 with the sizes of this launch, and the result. Sizes that
//! do not change between launches are constants in the source. No kernel needs subgroups or f16, and none has more than
//! 64 invocations in a workgroup or 16 KiB of its memory, so all run wherever WebGPU does. Which kernel does a piece of
//! work depends on what the GPU is good at: [`Traits`].

mod attention;
mod context;
mod elementwise;
mod matmul;
mod norm;
mod pool;

use std::{
    collections::BTreeMap,
    fmt::{Arguments, Write},
};

use burn::{
    backend::{TensorMetadata, Wgpu},
    cubecl::{
        CubeCount, CubeDim,
        prelude::KernelId,
        server::{Handle, KernelArguments},
    },
    tensor::{DType, Shape, Tensor},
};
use burn_wgpu::{CubeTensor, KernelSource, SourceKernel, SourceTemplate, into_contiguous};

pub use attention::attend;
pub use context::{Context, Traits};
pub use elementwise::{add, gelu, swiglu};
pub use matmul::{GpuMatrix, matmul};
pub use norm::{layer_norm, rms_norm, rotate};
pub use pool::mean_of_ranges;

/// A tensor on the GPU, row-major without gaps.
#[derive(Clone)]
pub struct GpuTensor {
    inner: CubeTensor,
    context: Context,
}

impl GpuTensor {
    /// Takes over a tensor that is on this GPU.
    ///
    /// # Panics
    /// When it is somewhere else.
    pub fn new<const D: usize>(x: Tensor<D>, context: &Context) -> GpuTensor {
        let inner = x.try_into_primitive::<Wgpu>().expect("the tensor is on the GPU");
        GpuTensor { inner: into_contiguous(inner), context: context.clone() }
    }

    /// As a tensor of burn.
    pub fn into_tensor<const D: usize>(self) -> Tensor<D> {
        Tensor::from_primitive::<Wgpu>(self.inner)
    }

    /// The GPU that it is on.
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// `[t, d]`
    pub fn shape(&self) -> [usize; 2] {
        let shape = self.inner.shape();
        [shape[0], shape[1]]
    }
}

/// A kernel's source and how it is cut into workgroups.
struct Launch<'a> {
    /// Writes the WGSL, in which an entry of `constants` stands as `{{ name }}`.
    source: fn(&Constants) -> String,
    /// Sizes that stay the same from launch to launch.
    constants: &'a [(&'static str, usize)],
    /// Sizes of this launch.
    info: &'a [u32],
    /// Workgroups.
    count: [usize; 3],
    /// Shape of the result.
    shape: [usize; 2],
}

/// Largest number of workgroups along one dimension that every WebGPU device takes.
const MAX_COUNT: usize = 65_535;

impl Launch<'_> {
    /// Runs the kernel, with these inputs before `info` and the result.
    fn run(self, context: &Context, inputs: &[&Handle]) -> GpuTensor {
        let (queue, device) = (context.queue(), context.device());
        let info: Vec<u8> = self.info.iter().flat_map(|value| value.to_le_bytes()).collect();
        let info = context.upload(&info);
        let n_values = self.shape[0] * self.shape[1];
        let out = queue.empty((n_values * size_of::<f32>()).max(16));
        let buffers = inputs.iter().copied().chain([&info, &out]).map(|handle| handle.clone().binding()).collect();
        let kernel = Wgsl { source: self.source, constants: self.constants.iter().copied().collect() };
        let [x, y, z] = self.count.map(|count| {
            assert!(count <= MAX_COUNT, "{count} workgroups are too many");
            count as u32
        });
        queue.launch(
            Box::new(SourceKernel::new(kernel, CubeDim::new_1d(64))),
            CubeCount::Static(x, y, z),
            KernelArguments::new().with_buffers(buffers),
        );
        let shape = Shape::from(self.shape);
        let inner = CubeTensor::new_contiguous(queue.clone(), device.clone(), shape, out, DType::F32);
        GpuTensor { inner, context: context.clone() }
    }
}

/// Workgroups for `n` of something, spread over two dimensions; a kernel finds its place as `x + y * 32768`.
fn spread(n: usize) -> [usize; 3] {
    const WIDTH: usize = 32_768;
    [n.min(WIDTH), n.div_ceil(WIDTH), 1]
}

/// Sizes in the source of a kernel, by name.
type Constants = BTreeMap<&'static str, usize>;

/// Adds a line to a part of a kernel's source.
fn line(part: &mut String, text: Arguments) {
    writeln!(part, "{text}").expect("a string takes everything");
}

struct Wgsl {
    source: fn(&Constants) -> String,
    constants: Constants,
}

impl KernelSource for Wgsl {
    fn source(&self) -> SourceTemplate {
        let template = SourceTemplate::new((self.source)(&self.constants));
        self.constants.iter().fold(template, |template, (name, value)| template.register(*name, value.to_string()))
    }

    fn id(&self) -> KernelId {
        KernelId::new::<Self>().info((self.source as usize, self.constants.clone()))
    }

    fn lang(&self) -> &'static str {
        "wgsl"
    }
}

#[cfg(test)]
mod tests {
    use super::{Context, Traits};

    /// Those of a GPU in software, and those of a graphics card.
    const ALL_TRAITS: [Traits; 2] =
        [Traits { software: true, integer_dot: false }, Traits { software: false, integer_dot: true }];

    pub(super) fn gpu() -> Context {
        pollster::block_on(Context::open(None)).expect("tests need Vulkan: install Debian's mesa-vulkan-drivers")
    }

    /// The GPU at hand, once for each kind of kernels.
    pub(super) fn gpus() -> [Context; 2] {
        ALL_TRAITS.map(|traits| gpu().with_traits(traits))
    }
}
