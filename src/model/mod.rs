//! Models: their manifests and weight files, the architectures, and the encoder on top of them.

pub mod bert;
pub mod config;
pub mod encoder;
pub mod weights;
