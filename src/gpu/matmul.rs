//! The product with a dense or quantized matrix, which is dequantized while it is read.

use std::fmt::Write;

use burn::cubecl::server::Handle;

use super::{Constants, GpuTensor, Launch};
use crate::{
    device::Device,
    nn::{
        linear::Matrix,
        quant::{BLOCK, Bits},
    },
};

/// A matrix `[n, k]` on a GPU.
pub struct GpuMatrix {
    n: usize,
    k: usize,
    bits: usize,
    weights: Handle,
    scales: Handle,
}

impl GpuMatrix {
    /// Uploads a matrix.
    ///
    /// # Panics
    /// When `k` is not a multiple of 8; [`crate::model::config::Architecture::check`] refuses such models.
    pub fn new(matrix: &Matrix, device: &Device) -> GpuMatrix {
        let like = GpuTensor::new(device.tensor(vec![0.0], [1, 1]));
        let [n, k] = matrix.shape();
        assert!(k.is_multiple_of(8), "rows of {k} are not whole words");
        let floats = |values: &[f32]| values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>();
        let halves = |values: &[half::f16]| {
            let mut bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
            bytes.resize(bytes.len().next_multiple_of(4), 0);
            bytes
        };
        let (bits, weights, scales) = match matrix {
            Matrix::Dense { weights, .. } => {
                (32, like.upload(&floats(weights)), like.upload(&halves(&[half::f16::ONE])))
            }
            Matrix::Quantized(matrix) => {
                let bits = match matrix.bits {
                    Bits::Eight => 8,
                    Bits::Four => 4,
                };
                (bits, like.upload(&matrix.quants), like.upload(&halves(&matrix.scales)))
            }
        };
        GpuMatrix { n, k, bits, weights, scales }
    }
}

/// The product with the transposed matrix, and a bias.
///
/// # Shapes
/// `x` `[m, k]` to `[m, n]`; `bias` `[1, n]`.
pub fn matmul(x: &GpuTensor, matrix: &GpuMatrix, bias: &GpuTensor) -> GpuTensor {
    let [m, k] = x.shape();
    assert_eq!(k, matrix.k, "x must be [m, {}]", matrix.k);
    let n = matrix.n;
    // Measured on Mesa's software GPU, MiniLM at 256 tokens: tiles of 4 x 1 take 1811 ms, 4 x 4 831 ms, 8 x 4 739 ms. Small
    // products keep the smaller ones, so that there are invocations enough to fill a GPU.
    let [rows, columns] = if m * n >= 1 << 18 { [8, 4] } else { [4, 4] };
    let step = if matrix.bits == 4 { 8 } else { 4 };
    Launch {
        source,
        constants: &[("n", n), ("k", k), ("bits", matrix.bits), ("step", step), ("rows", rows), ("columns", columns)],
        info: &[m as u32],
        count: [n.div_ceil(8 * columns), m.div_ceil(8 * rows), 1],
        shape: [m, n],
    }
    .run(x, &[&x.inner.handle, &matrix.weights, &matrix.scales, &bias.inner.handle])
}

/// `matmul.wgsl` with its tile written out.
fn source(constants: &Constants) -> String {
    const { assert!(BLOCK == 32) };
    let (rows, columns, bits) = (constants["rows"], constants["columns"], constants["bits"]);
    let mut parts = [const { String::new() }; 5];
    let [starts, clear, multiply, scale, store] = &mut parts;
    for r in 0..rows {
        line(starts, format_args!("let x{r} = min(row + {r}u, m - 1u) * (K / 4u);"));
    }
    for c in 0..columns {
        line(starts, format_args!("let n{c} = min(column + {c}u, N - 1u);"));
        match bits {
            32 => line(multiply, format_args!("let w{c} = f32_at(n{c} * N_WORDS + step * 4u);")),
            8 => line(multiply, format_args!("let w{c} = i8_of(w[n{c} * N_WORDS + step]);")),
            _ => {
                line(multiply, format_args!("let q{c} = w[n{c} * N_WORDS + step];"));
                line(multiply, format_args!("let w{c} = i4_of(q{c});"));
                line(multiply, format_args!("let v{c} = i4_of(q{c} >> 16u);"));
            }
        }
        line(scale, format_args!("let f{c} = scale(n{c}, block);"));
    }
    for r in 0..rows {
        match bits {
            4 => {
                line(multiply, format_args!("let a{r} = x[x{r} + step * 2u];"));
                line(multiply, format_args!("let b{r} = x[x{r} + step * 2u + 1u];"));
            }
            _ => line(multiply, format_args!("let a{r} = x[x{r} + step];")),
        }
        for c in 0..columns {
            line(starts, format_args!("var s{r}{c} = 0.0;"));
            line(clear, format_args!("var p{r}{c} = 0.0;"));
            line(multiply, format_args!("p{r}{c} += dot(a{r}, w{c});"));
            if bits == 4 {
                line(multiply, format_args!("p{r}{c} += dot(b{r}, v{c});"));
            }
            line(scale, format_args!("s{r}{c} += p{r}{c} * f{c};"));
            line(store, format_args!("if (row + {r}u < m && column + {c}u < N) {{"));
            line(store, format_args!("    y[(row + {r}u) * N + n{c}] = s{r}{c} + bias[n{c}];"));
            line(store, format_args!("}}"));
        }
    }
    let names = ["@starts", "@clear", "@multiply", "@scale", "@store"];
    names
        .iter()
        .zip(&parts)
        .fold(include_str!("matmul.wgsl").to_owned(), |source, (name, part)| source.replace(&format!("{name}\n"), part))
}

fn line(part: &mut String, text: std::fmt::Arguments) {
    writeln!(part, "{text}").expect("a string takes everything");
}
