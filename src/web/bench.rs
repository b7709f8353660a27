//! Times the search itself, without the way between page and worker.

use wasm_bindgen::prelude::*;
use web_sys::{Window, WorkerGlobalScope};

use crate::index::{
    exact,
    vectors::{QuantizedVector, QueryVector, Vectors},
};

/// Milliseconds of `runs` exact searches over `n_skills` random vectors.
#[wasm_bindgen]
pub fn bench_scan(n_skills: u32, width: u32, runs: u32) -> Vec<f64> {
    let mut state = 1u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    let mut vectors = Vectors::new(width as usize);
    let mut vector = vec![0.0; width as usize];
    for skill_idx in 0..n_skills {
        vector.fill_with(&mut next);
        vectors.push(u64::from(skill_idx), &QuantizedVector::new(&vector));
    }
    let mut times = Vec::new();
    for _ in 0..runs {
        vector.fill_with(&mut next);
        let query = QueryVector::new(&vector);
        let start = now_ms();
        std::hint::black_box(exact::search(&vectors, &query, 50));
        times.push(now_ms() - start);
    }
    times
}

/// `performance.now()`, in a page and in a worker; 0 where there is none.
fn now_ms() -> f64 {
    let global = js_sys::global();
    let performance = match global.dyn_ref::<Window>() {
        Some(window) => window.performance(),
        None => global.unchecked_ref::<WorkerGlobalScope>().performance(),
    };
    performance.map_or(0.0, |performance| performance.now())
}
