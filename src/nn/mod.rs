//! Layers: tensors in, tensors out. Nothing in here knows a model, a text or a file.
//!
//! Shapes are written with these letters: `t` tokens of all texts of a batch, laid end to end (there is no padding), `b`
//! texts, `d` width, `h` heads, `g` key/value heads, `e` head width, `f` feed-forward width, `v` vocabulary, `n` outputs
//! and `k` inputs of a weight matrix.
//!
//! Each layer asks where its input is and calls the kernel for it: [`crate::kernel`] on the CPU, `crate::gpu` on a GPU.

pub mod activation;
pub mod attention;
pub mod embedding;
pub mod linear;
pub mod norm;
pub mod pool;
pub mod residual;
pub mod rope;
