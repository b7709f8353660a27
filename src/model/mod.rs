//! Models: their manifests and weight files, the architectures, and encoder and reranker on top of them.

pub mod architecture;
pub mod manifest;

#[cfg(feature = "models")]
pub mod bert;
#[cfg(feature = "models")]
pub mod encoder;
#[cfg(feature = "models")]
pub mod late;
#[cfg(feature = "models")]
pub mod loader;
#[cfg(feature = "models")]
pub mod qwen3;
#[cfg(feature = "models")]
pub mod reranker;
#[cfg(feature = "models")]
pub mod weights;
