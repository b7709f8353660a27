//! Layers: tensors in, tensors out. Nothing in here knows a model, a text or a file.
//!
//! Shapes are written with these letters: `b` batch, `t` tokens, `d` width, `h` heads, `e` head width,
//! `f` feed-forward width, `v` vocabulary, `n` outputs, `k` inputs of a weight matrix.

pub mod activation;
pub mod attention;
pub mod embedding;
pub mod linear;
pub mod norm;
pub mod pool;
pub mod quant;
