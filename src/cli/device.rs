//! `--device`: where models run.

use anyhow::Result;
use clap::ValueEnum;
use skillrouter::device::Device;

/// Where to run a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DeviceArg {
    /// The processor
    Cpu,
    /// The graphics processor, through Vulkan, Metal or DirectX
    Gpu,
}

impl DeviceArg {
    /// Opens the device.
    pub fn open(self) -> Result<Device> {
        match self {
            DeviceArg::Cpu => Ok(Device::cpu()),
            #[cfg(feature = "gpu")]
            DeviceArg::Gpu => Ok(pollster::block_on(Device::gpu(None))?),
            #[cfg(not(feature = "gpu"))]
            DeviceArg::Gpu => anyhow::bail!("this build has no GPU support; build it with --features gpu"),
        }
    }
}
