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

/// Rows that are read at once, from as many places: the processor fetches ahead within a page of memory only, so four
/// streams wait a quarter as often as one.
const STREAMS: usize = 4;

#[inline(always)]
fn dot_rows_body<const FMA: bool>(rows: &[i8], query: &[i16], sums: &mut [i32]) {
    let d = query.len();
    let n_each = sums.len() / STREAMS;
    for i in 0..n_each {
        let places: [usize; STREAMS] = std::array::from_fn(|stream| stream * n_each + i);
        let streams = places.map(|place| &rows[place * d..][..d]);
        for (place, sum) in places.into_iter().zip(dots(streams, query)) {
            sums[place] = sum;
        }
    }
    for i in n_each * STREAMS..sums.len() {
        [sums[i]] = dots([&rows[i * d..][..d]], query);
    }
}

/// On x86 and Arm the compiler finds the multiply-add of pairs in this by itself.
#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
#[inline(always)]
fn dots<const N: usize>(rows: [&[i8]; N], query: &[i16]) -> [i32; N] {
    rows.map(|row| row.iter().zip(query).map(|(x, y)| i32::from(*x) * i32::from(*y)).sum())
}

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
#[inline(always)]
fn dots<const N: usize>(rows: [&[i8]; N], query: &[i16]) -> [i32; N] {
    use std::arch::wasm32::*;
    let d = query.len();
    for row in rows {
        assert_eq!(row.len(), d, "rows and query have one width");
    }
    let whole = d / 16 * 16;
    let mut sums = [i32x4_splat(0); N];
    for column in (0..whole).step_by(16) {
        for (row, sum) in rows.iter().zip(&mut sums) {
            // SAFETY: `column + 16` is at most `d`, the length of the row and of the query.
            unsafe {
                let row = row.as_ptr().add(column);
                let query = query.as_ptr().add(column);
                let low = i32x4_dot_i16x8(i16x8_load_extend_i8x8(row), v128_load(query.cast()));
                let high = i32x4_dot_i16x8(i16x8_load_extend_i8x8(row.add(8)), v128_load(query.add(8).cast()));
                *sum = i32x4_add(*sum, i32x4_add(low, high));
            }
        }
    }
    std::array::from_fn(|i| {
        let rest: i32 = rows[i][whole..].iter().zip(&query[whole..]).map(|(x, y)| i32::from(*x) * i32::from(*y)).sum();
        let sum = sums[i];
        rest + i32x4_extract_lane::<0>(sum)
            + i32x4_extract_lane::<1>(sum)
            + i32x4_extract_lane::<2>(sum)
            + i32x4_extract_lane::<3>(sum)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_exact_at_the_extremes_and_for_any_length() {
        for d in [1, 7, 32, 33, 384] {
            let rows: Vec<i8> = (0..6 * d).map(|i| [127, -127, (i % 251) as u8 as i8][i / d % 3]).collect();
            let query: Vec<i16> = (0..d).map(|i| if i % 5 == 0 { -32767 } else { 32767 - i as i16 }).collect();
            let mut sums = [0; 6];
            dot_rows(&rows, &query, &mut sums);
            for (row, got) in rows.chunks(d).zip(sums) {
                let want: i64 = row.iter().zip(&query).map(|(x, y)| i64::from(*x) * i64::from(*y)).sum();
                assert_eq!(i64::from(got), want, "width {d}");
            }
        }
    }
}
