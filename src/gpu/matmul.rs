//! The product with a dense or quantized matrix, which is dequantized while it is read.
//!
//! Two kinds of numbers (`matmul_float.wgsl`, `matmul_integer.wgsl`) meet three ways to share the work
//! (`matmul_registers.wgsl`, `matmul_tiled.wgsl`, `matmul_rows.wgsl`); [`source`] puts two together.

use burn::cubecl::server::Handle;

use super::{Constants, Context, GpuTensor, Launch, Traits, line, spread};
use crate::matrix::{BLOCK, Bits, Matrix};

/// A matrix `[n, k]` on a GPU.
pub struct GpuMatrix {
    n: usize,
    k: usize,
    bits: usize,
    weights: Handle,
    scales: Handle,
    context: Context,
}

impl GpuMatrix {
    /// Uploads a matrix.
    ///
    /// # Panics
    /// When `k` is not a multiple of 8; [`crate::model::architecture::Architecture::check`] refuses such models.
    pub fn new(matrix: &Matrix, context: &Context) -> GpuMatrix {
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
                (32, context.upload(&floats(weights)), context.upload(&halves(&[half::f16::ONE])))
            }
            Matrix::Quantized(matrix) => {
                let bits = match matrix.bits {
                    Bits::Eight => 8,
                    Bits::Four => 4,
                };
                (bits, context.upload(&matrix.quants), context.upload(&halves(&matrix.scales)))
            }
        };
        GpuMatrix { n, k, bits, weights, scales, context: context.clone() }
    }

    /// The GPU that it is on.
    pub fn context(&self) -> &Context {
        &self.context
    }
}

/// The product with the transposed matrix, and a bias.
///
/// # Shapes
/// `x` `[m, k]` to `[m, n]`; `bias` `[1, n]`.
pub fn matmul(x: &GpuTensor, matrix: &GpuMatrix, bias: &GpuTensor) -> GpuTensor {
    let ([m, _], traits) = (x.shape(), x.context.traits);
    // In software, four products at once are slower than one by one: by half in Chromium's SwiftShader.
    let integer = traits.integer_dot && !traits.software && matrix.bits < 32;
    matmul_with(Tiling::of(m, matrix.n, traits), integer, x, matrix, bias)
}

fn matmul_with(tiling: Tiling, integer: bool, x: &GpuTensor, matrix: &GpuMatrix, bias: &GpuTensor) -> GpuTensor {
    let ([m, k], n) = (x.shape(), matrix.n);
    assert_eq!(k, matrix.k, "x must be [m, {}]", matrix.k);
    let quantized = integer.then(|| quantize(x));
    let x = quantized.as_ref().unwrap_or(x);
    let Shape { kernel, rows, columns, invocations: [down, across] } = tiling.shape();
    Launch {
        source,
        constants: &[
            ("n", n),
            ("k", k),
            ("bits", matrix.bits),
            ("integer", usize::from(integer)),
            ("kernel", kernel as usize),
            ("rows", rows),
            ("columns", columns),
        ],
        info: &[m as u32],
        count: [n.div_ceil(across * columns), m.div_ceil(down * rows), 1],
        shape: [m, n],
    }
    .run(&x.context, &[&x.inner.handle, &matrix.weights, &matrix.scales, &bias.inner.handle])
}

/// `[m, k]` of f32 as `matmul_integer.wgsl` reads it: four activations in two words, then one scale for each row and block.
fn quantize(x: &GpuTensor) -> GpuTensor {
    let [m, k] = x.shape();
    let n_blocks = k.div_ceil(BLOCK);
    Launch {
        source: |_: &Constants| include_str!("quantize.wgsl").to_owned(),
        constants: &[("k", k)],
        info: &[m as u32],
        count: spread((m * n_blocks).div_ceil(64)),
        shape: [m, k / 2 + n_blocks],
    }
    .run(&x.context, &[&x.inner.handle])
}

/// How the invocations of a product share its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tiling {
    /// For GPUs in software.
    Registers { rows: usize },
    /// For products that keep a GPU busy.
    Tiled,
    /// For few rows.
    Rows { rows: usize },
}

/// The files of the three kernels.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kernel {
    Registers,
    Tiled,
    Rows,
}

/// Outputs of one invocation (of eight together, in `matmul_rows.wgsl`), and how many invocations stand beside each other.
struct Shape {
    kernel: Kernel,
    rows: usize,
    columns: usize,
    invocations: [usize; 2],
}

/// Workgroups from which on a product is tiled: about as many as a large GPU has units. Not measured on one yet.
const MIN_TILES: usize = 96;

impl Tiling {
    fn of(m: usize, n: usize, traits: Traits) -> Tiling {
        let Shape { rows, columns, invocations: [down, across], .. } = Tiling::Tiled.shape();
        match () {
            // Measured on Mesa's software GPU, MiniLM at 256 tokens: tiles of 4 x 1 take 1811 ms, 4 x 4 831 ms, 8 x 4 739 ms.
            // Small products keep the smaller ones, so that there are invocations enough for all cores.
            () if traits.software => Tiling::Registers { rows: if m * n >= 1 << 18 { 8 } else { 4 } },
            () if m.div_ceil(down * rows) * n.div_ceil(across * columns) >= MIN_TILES => Tiling::Tiled,
            () => Tiling::Rows { rows: m.next_power_of_two().min(8) },
        }
    }

    fn shape(self) -> Shape {
        match self {
            Tiling::Registers { rows } => Shape { kernel: Kernel::Registers, rows, columns: 4, invocations: [8, 8] },
            Tiling::Tiled => Shape { kernel: Kernel::Tiled, rows: 8, columns: 4, invocations: [8, 8] },
            Tiling::Rows { rows } => Shape { kernel: Kernel::Rows, rows, columns: 1, invocations: [1, 8] },
        }
    }
}

/// Numbers, weights and a kernel, with the kernel's tile written out.
fn source(constants: &Constants) -> String {
    const { assert!(BLOCK == 32) };
    let (rows, columns) = (constants["rows"], constants["columns"]);
    let is = |kernel: Kernel| constants["kernel"] == kernel as usize;
    // Rows and columns of an invocation in `matmul_tiled.wgsl` are 8 apart.
    let apart = if is(Kernel::Tiled) { 8 } else { 1 };
    let mut parts = [const { String::new() }; 5];
    let [starts, clear, multiply, scale, store] = &mut parts;
    for r in 0..rows {
        line(starts, format_args!("let r{r} = min(row + {}u, m - 1u);", r * apart));
        line(starts, format_args!("let x{r} = r{r} * N_STEPS;"));
        line(scale, format_args!("let g{r} = activation_scale(r{r}, block);"));
        match is(Kernel::Tiled) {
            true => line(multiply, format_args!("let a{r} = tile_x[step * TILE_ROWS + invocation / 8u + {}u];", r * 8)),
            false => line(multiply, format_args!("let a{r} = activations(x{r}, step);")),
        }
    }
    for c in 0..columns {
        line(starts, format_args!("let n{c} = min(column + {}u, N - 1u);", c * apart));
        line(starts, format_args!("let v{c} = n{c} * N_WORDS;"));
        line(scale, format_args!("let f{c} = weight_scale(n{c}, block);"));
        match is(Kernel::Tiled) {
            true => {
                line(multiply, format_args!("let w{c} = tile_w[step * TILE_COLUMNS + invocation % 8u + {}u];", c * 8))
            }
            false => line(multiply, format_args!("let w{c} = weights(v{c}, step);")),
        }
        for r in 0..rows {
            line(starts, format_args!("var s{r}{c} = 0.0;"));
            line(clear, format_args!("var p{r}{c} = Sum();"));
            line(multiply, format_args!("p{r}{c} += product(a{r}, w{c});"));
            line(scale, format_args!("s{r}{c} += f32(p{r}{c}) * (f{c} * g{r});"));
            if is(Kernel::Rows) {
                line(store, format_args!("parts[{r}u * 64u + invocation] = s{r}{c};"));
                continue;
            }
            let (down, across) = (r * apart, c * apart);
            line(store, format_args!("if (row + {down}u < m && column + {across}u < N) {{"));
            line(store, format_args!("    y[(row + {down}u) * N + n{c}] = s{r}{c} + bias[n{c}];"));
            line(store, format_args!("}}"));
        }
    }
    let numbers = match constants["integer"] {
        0 => include_str!("matmul_float.wgsl"),
        _ => include_str!("matmul_integer.wgsl"),
    };
    let kernel = match () {
        () if is(Kernel::Registers) => include_str!("matmul_registers.wgsl"),
        () if is(Kernel::Tiled) => include_str!("matmul_tiled.wgsl"),
        () => include_str!("matmul_rows.wgsl"),
    };
    let source = [numbers, include_str!("matmul_weights.wgsl"), kernel].join("\n");
    let names = ["@starts", "@clear", "@multiply", "@scale", "@store"];
    names.iter().zip(&parts).fold(source, |source, (name, part)| source.replace(&format!("{name}\n"), part))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{device, gpu::tests::gpu, matrix::Quantized};

    const TILINGS: [Tiling; 5] = [
        Tiling::Registers { rows: 4 },
        Tiling::Registers { rows: 8 },
        Tiling::Tiled,
        Tiling::Rows { rows: 1 },
        Tiling::Rows { rows: 8 },
    ];

    /// The oracle: dequantize, then multiply in f64. Every format, every kernel, shapes that fill no tile.
    #[test]
    fn the_product_is_that_of_the_dequantized_matrix() {
        let gpu = gpu();
        for (m, n, k) in [(1, 16, 64), (3, 40, 200), (15, 33, 136), (130, 5, 8), (66, 1030, 72)] {
            let numbers = |n: usize, step: usize| (0..n).map(move |i| ((i * step % 1009) as f32 - 504.0) / 700.0);
            let (x, weights): (Vec<f32>, Vec<f32>) =
                (numbers(m * k, 7919).collect(), numbers(n * k, 104_729).collect());
            let bias: Vec<f32> = (0..n).map(|i| i as f32 / 100.0).collect();
            let quantized = |bits| Matrix::Quantized(Quantized::new(bits, &weights, n, k));
            let dense = Matrix::Dense { n, k, weights: weights.clone() };
            let upload = |values: &[f32], shape| GpuTensor::new(gpu.tensor(values.to_vec(), shape), &gpu);
            let (gpu_x, gpu_bias) = (upload(&x, [m, k]), upload(&bias, [1, n]));
            for (matrix, integer) in [
                (dense, false),
                (quantized(Bits::Eight), false),
                (quantized(Bits::Four), false),
                (quantized(Bits::Eight), true),
                (quantized(Bits::Four), true),
            ] {
                let mut row = vec![0.0; k];
                let mut want = vec![0.0; m * n];
                for j in 0..n {
                    matrix.read_row(j, &mut row);
                    for i in 0..m {
                        let products = x[i * k..][..k].iter().zip(&row).map(|(a, b)| f64::from(*a) * f64::from(*b));
                        want[i * n + j] = products.sum::<f64>() + f64::from(bias[j]);
                    }
                }
                // Sums of at most 200 products below 0.52, each rounded to 2^-24 of the running sum; activations of 16 bits are
                // off by 2^-16 of their block's largest at most, and seldom all in one direction.
                let tolerance = if integer { 5e-4 } else { 1e-4 };
                let matrix = GpuMatrix::new(&matrix, &gpu);
                for tiling in TILINGS {
                    let y = matmul_with(tiling, integer, &gpu_x, &matrix, &gpu_bias);
                    for (at, (got, want)) in device::cpu_values(y.into_tensor::<2>()).iter().zip(&want).enumerate() {
                        let place = || format!("{tiling:?}, {} bits, [{m}, {n}, {k}] at {at}", matrix.bits);
                        assert!((f64::from(*got) - want).abs() < tolerance, "{}: {got} for {want}", place());
                    }
                }
            }
        }
    }

    #[test]
    fn work_is_shared_as_the_gpu_likes_it() {
        let of = |m, software| Tiling::of(m, 1024, Traits { software, integer_dot: false });
        assert_eq!(of(16, true), Tiling::Registers { rows: 4 });
        assert_eq!(of(256, true), Tiling::Registers { rows: 8 });
        assert_eq!(of(1, false), Tiling::Rows { rows: 1 });
        assert_eq!(of(64, false), Tiling::Rows { rows: 8 });
        assert_eq!(of(512, false), Tiling::Tiled);
    }
}
