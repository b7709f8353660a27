//! Dot products of 8-bit rows with a 16-bit query: the exact search.

use super::dispatch;

dispatch! {
    /// `sums[i]` becomes the dot product of row `i` of `rows` (`[n, d]`) with `query` (`[d]`). The caller sees to it
    /// that the sums fit 32 bits.
    pub fn dot_rows(rows: &[i8], query: &[i16], sums: &mut [i32]) = dot_rows_body
}

/// The dot product of two 8-bit rows of the same length, which must be below 130,000.
pub fn dot_bytes(a: &[i8], b: &[i8]) -> i32 {
    let mut sum = 0;
    dot_bytes_into(a, b, &mut sum);
    sum
}

dispatch! {
    fn dot_bytes_into(a: &[i8], b: &[i8], sum: &mut i32) = dot_bytes_body
}

#[inline(always)]
fn dot_bytes_body<const FMA: bool>(a: &[i8], b: &[i8], sum: &mut i32) {
    *sum = a.iter().zip(b).map(|(x, y)| i32::from(*x) * i32::from(*y)).sum();
}

#[inline(always)]
fn dot_rows_body<const FMA: bool>(rows: &[i8], query: &[i16], sums: &mut [i32]) {
    for (row, sum) in rows.chunks_exact(query.len()).zip(sums) {
        *sum = dot(row, query);
    }
}

/// On x86 and Arm the compiler finds the multiply-add of pairs in this by itself.
#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
#[inline(always)]
fn dot(row: &[i8], query: &[i16]) -> i32 {
    row.iter().zip(query).map(|(x, y)| i32::from(*x) * i32::from(*y)).sum()
}

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
#[inline(always)]
fn dot(row: &[i8], query: &[i16]) -> i32 {
    use std::arch::wasm32::*;
    let mut sums = [i32x4_splat(0); 4];
    let (rows, queries) = (row.chunks_exact(32), query.chunks_exact(32));
    let rest: i32 = rows.remainder().iter().zip(queries.remainder()).map(|(x, y)| i32::from(*x) * i32::from(*y)).sum();
    for (row, query) in rows.zip(queries) {
        for (part, sum) in sums.iter_mut().enumerate() {
            // SAFETY: `row` and `query` have 32 values each, and `part` is below 4.
            let (x, y) = unsafe {
                (i16x8_load_extend_i8x8(row.as_ptr().add(part * 8)), v128_load(query.as_ptr().add(part * 8).cast()))
            };
            *sum = i32x4_add(*sum, i32x4_dot_i16x8(x, y));
        }
    }
    let sum = i32x4_add(i32x4_add(sums[0], sums[1]), i32x4_add(sums[2], sums[3]));
    rest + i32x4_extract_lane::<0>(sum)
        + i32x4_extract_lane::<1>(sum)
        + i32x4_extract_lane::<2>(sum)
        + i32x4_extract_lane::<3>(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_exact_at_the_extremes_and_for_any_length() {
        for d in [1, 7, 32, 33, 384] {
            let rows: Vec<i8> = (0..3 * d).map(|i| [127, -127, (i % 251) as u8 as i8][i / d]).collect();
            let query: Vec<i16> = (0..d).map(|i| if i % 5 == 0 { -32767 } else { 32767 - i as i16 }).collect();
            let mut sums = [0; 3];
            dot_rows(&rows, &query, &mut sums);
            for (row, got) in rows.chunks(d).zip(sums) {
                let want: i64 = row.iter().zip(&query).map(|(x, y)| i64::from(*x) * i64::from(*y)).sum();
                assert_eq!(i64::from(got), want, "width {d}");
            }
        }
    }
}
