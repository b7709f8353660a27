//! CPU kernels on plain slices, for models and for search, written once and compiled for each instruction set.
//!
//! The one idea: quantized weights meet activations of 16 bits, so that a pair of products fits the multiply-add
//! instruction that every SIMD set has (`pmaddwd`, `vpdpwssd`, `i32x4.dot_i16x8_s`, and plain code elsewhere), the
//! sums of a block fit 32 bits, and the activations lose nothing that matters: their step is 1/32767 of the row's
//! largest value, far below the step of the weights.
//!
//! This folder is the only place that names instruction sets.

mod attention;
mod dense;
mod dot;
mod elementwise;
mod matmul;
mod norm;
mod panel;

pub use attention::{Heads, attend};
pub use dense::matmul_dense;
pub use dot::{dot_bytes, dot_rows};
pub use elementwise::{add_in_place, exp_in_place, gelu_in_place, softmax_row, swiglu_in_place};
pub use matmul::matmul;
pub use norm::{layer_norm_in_place, rms_norm_in_place, rotate_in_place};
pub use panel::Panels;

/// Compiles one generic body for the instruction sets of the machine at hand and calls the best at run time.
macro_rules! dispatch {
    ($(#[$doc:meta])* $vis:vis fn $name:ident($($arg:ident: $ty:ty),* $(,)?) = $body:ident) => {
        $(#[$doc])*
        $vis fn $name($($arg: $ty),*) {
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni,fma")]
                fn avx512($($arg: $ty),*) {
                    $body::<true>($($arg),*)
                }
                #[target_feature(enable = "avx2,fma")]
                fn avx2($($arg: $ty),*) {
                    $body::<true>($($arg),*)
                }
                if is_x86_feature_detected!("avx512vnni")
                    && is_x86_feature_detected!("avx512bw")
                    && is_x86_feature_detected!("avx512vl")
                {
                    // SAFETY: the features were just found on this processor.
                    return unsafe { avx512($($arg),*) };
                }
                if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
                    // SAFETY: the features were just found on this processor.
                    return unsafe { avx2($($arg),*) };
                }
            }
            // NEON always has a fused multiply-add; SSE2 and wasm do not.
            $body::<{ cfg!(target_arch = "aarch64") }>($($arg),*)
        }
    };
}
pub(crate) use dispatch;

/// `a * b + c`, fused where the instruction set has it (elsewhere a fused one would be a slow library call).
#[inline(always)]
pub(crate) fn multiply_add<const FMA: bool>(a: f32, b: f32, c: f32) -> f32 {
    if FMA { a.mul_add(b, c) } else { a * b + c }
}
