//! Models: their manifests and weight files, the architectures, and encoder and reranker on top of them.

pub mod bert;
pub mod config;
pub mod encoder;
pub mod late;
pub mod loader;
pub mod qwen3;
pub mod reranker;
pub mod weights;
