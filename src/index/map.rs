//! A picture of an index: a point in the plane for every skill, near those of skills that are alike.
//!
//! The layout is that of UMAP (McInnes, Healy and Melville 2018, arXiv 1802.03426) with `a = b = 1`, so that it takes no
//! powers and comes out the same on every machine: skills start at their two principal components; then each is drawn to
//! its nearest neighbours and pushed from skills taken at random, less and less. Only who is near whom means something;
//! directions and far distances do not.
//!
//! Payload of a [`Kind::Map`] file: `n` as u32, then for each skill `x` and `y` as u16.

use super::{
    exact,
    vectors::{QueryVector, Vectors},
};
use crate::{
    error::{Error, Result},
    format::{self, Kind, Reader},
};

/// Neighbours that draw a skill.
const N_NEIGHBOURS: usize = 12;
/// Rounds of drawing and pushing; UMAP takes 200 for large data.
const N_EPOCHS: usize = 200;
/// Pushes for each pull, as in UMAP.
const N_PUSHES: usize = 5;
/// Longest step along an axis, as in UMAP.
const MAX_STEP: f32 = 4.0;
/// Half the width of the first layout, as in UMAP.
const START_EXTENT: f32 = 10.0;
/// Rounds of power iteration for a principal component; it only has to be about right.
const N_POWER_ROUNDS: usize = 12;

type Point = [f32; 2];

/// Lays all skills out and writes the file.
pub fn file(vectors: &Vectors, seed: u64) -> Vec<u8> {
    let points = layout(vectors, seed);
    let mut payload = (points.len() as u32).to_le_bytes().to_vec();
    for coordinate in to_grid(&points) {
        payload.extend(coordinate.to_le_bytes());
    }
    format::seal(Kind::Map, &payload)
}

/// Reads a file: `x` and `y` of each skill, from 0 to 65535.
///
/// # Errors
/// Those of [`format::open`], and [`Error::Malformed`].
pub fn read(file: &str, bytes: &[u8]) -> Result<Vec<u16>> {
    let payload = format::open(Kind::Map, file, bytes)?;
    let mut reader = Reader::new(file, &payload);
    let n = reader.u32()? as usize;
    let coordinates = reader.rest();
    if coordinates.len() != n.saturating_mul(4) {
        return Err(Error::malformed(file, "it has not as many points as it says"));
    }
    Ok(coordinates.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect())
}

fn layout(vectors: &Vectors, seed: u64) -> Vec<Point> {
    let mut points = principal_plane(vectors);
    let pulls = neighbours(vectors);
    let mut random = Random(seed);
    for epoch in 0..N_EPOCHS {
        let rate = 1.0 - epoch as f32 / N_EPOCHS as f32;
        for &(a, b) in &pulls {
            let step = pull(points[a], points[b]);
            for axis in 0..2 {
                points[a][axis] += rate * step[axis];
                points[b][axis] -= rate * step[axis];
            }
            for _ in 0..N_PUSHES {
                let other = random.below(points.len());
                if other != a {
                    let step = push(points[a], points[other]);
                    points[a].iter_mut().zip(step).for_each(|(x, step)| *x += rate * step);
                }
            }
        }
    }
    points
}

/// Down the slope of `-ln(1 / (1 + d^2))`.
fn pull(from: Point, to: Point) -> Point {
    let (difference, squared) = apart(from, to);
    difference.map(|x| (-2.0 * x / (1.0 + squared)).clamp(-MAX_STEP, MAX_STEP))
}

/// Down the slope of `-ln(1 - 1 / (1 + d^2))`; the small number is UMAP's and keeps it finite.
fn push(from: Point, to: Point) -> Point {
    let (difference, squared) = apart(from, to);
    difference.map(|x| (2.0 * x / ((0.001 + squared) * (1.0 + squared))).clamp(-MAX_STEP, MAX_STEP))
}

fn apart(from: Point, to: Point) -> (Point, f32) {
    let difference = [from[0] - to[0], from[1] - to[1]];
    (difference, difference[0] * difference[0] + difference[1] * difference[1])
}

/// Each skill with each of its nearest, by cosine.
fn neighbours(vectors: &Vectors) -> Vec<(usize, usize)> {
    let nearest = |skill: usize| {
        let hits = exact::search(vectors, &QueryVector::new(&dense(vectors, skill)), N_NEIGHBOURS + 1);
        hits.into_iter().map(|hit| hit.skill_idx as usize).filter(move |other| *other != skill).take(N_NEIGHBOURS)
    };
    (0..vectors.len()).flat_map(|skill| nearest(skill).map(move |other| (skill, other))).collect()
}

fn dense(vectors: &Vectors, skill: usize) -> Vec<f32> {
    let row = vectors.row(skill);
    row.quants.iter().map(|quant| f32::from(*quant) * row.scale).collect()
}

/// The skills along the two directions in which they differ most.
fn principal_plane(vectors: &Vectors) -> Vec<Point> {
    let (n, d) = (vectors.len(), vectors.width());
    let mut rows: Vec<Vec<f32>> = (0..n).map(|skill| dense(vectors, skill)).collect();
    let mut points = vec![[0.0; 2]; n];
    for i in 0..d {
        let mean = rows.iter().map(|row| row[i]).sum::<f32>() / n.max(1) as f32;
        rows.iter_mut().for_each(|row| row[i] -= mean);
    }
    for axis in 0..2 {
        // Any start that is not at right angles to the direction will do.
        let mut direction: Vec<f32> = (0..d).map(|i| 1.0 / (i + axis + 1) as f32).collect();
        for _ in 0..N_POWER_ROUNDS {
            let mut next = vec![0.0; d];
            for row in &rows {
                let along = dot(row, &direction);
                next.iter_mut().zip(row).for_each(|(next, x)| *next += along * x);
            }
            let length = dot(&next, &next).sqrt();
            if length == 0.0 {
                break; // All skills are one.
            }
            direction = next.iter().map(|x| x / length).collect();
        }
        let length = dot(&direction, &direction).sqrt().max(f32::MIN_POSITIVE);
        direction.iter_mut().for_each(|x| *x /= length);
        for (row, point) in rows.iter_mut().zip(&mut points) {
            point[axis] = dot(row, &direction);
            row.iter_mut().zip(&direction).for_each(|(x, direction)| *x -= point[axis] * direction);
        }
    }
    let extent = points.iter().flatten().fold(f32::MIN_POSITIVE, |extent, x| extent.max(x.abs()));
    points.iter_mut().flatten().for_each(|x| *x *= START_EXTENT / extent);
    points
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// One scale for both axes, so that distances stay as they are.
fn to_grid(points: &[Point]) -> impl Iterator<Item = u16> {
    let along = |axis: usize| points.iter().map(move |point| point[axis]);
    let least = [0, 1].map(|axis| along(axis).fold(f32::INFINITY, f32::min));
    let most = [0, 1].map(|axis| along(axis).fold(f32::NEG_INFINITY, f32::max));
    let extent = (most[0] - least[0]).max(most[1] - least[1]).max(f32::MIN_POSITIVE);
    let scale = f32::from(u16::MAX) / extent;
    let margin = [0, 1].map(|axis| (extent - (most[axis] - least[axis])) / 2.0);
    points
        .iter()
        .flat_map(move |point| [0, 1].map(|axis| ((point[axis] - least[axis] + margin[axis]) * scale).round() as u16))
}

/// SplitMix64 (Steele, Lea and Flood 2014).
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((x ^ (x >> 31)) % n as u64) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::{super::vectors::QuantizedVector, *};

    /// Three bundles of 30 vectors, each around a direction of its own.
    fn bundles() -> Vectors {
        let mut vectors = Vectors::new(16);
        let mut random = Random(7);
        for place in 0..90 {
            let mut vector: Vec<f32> = (0..16).map(|_| random.below(1000) as f32 / 2500.0).collect();
            vector[place % 3] += 2.0;
            vectors.push(0, &QuantizedVector::new(&vector));
        }
        vectors
    }

    fn distance(points: &[u16], a: usize, b: usize) -> f32 {
        let difference = |axis: usize| f32::from(points[2 * a + axis]) - f32::from(points[2 * b + axis]);
        difference(0).hypot(difference(1))
    }

    #[test]
    fn skills_that_are_alike_lie_together() {
        let points = read("f", &file(&bundles(), 1)).unwrap();
        assert_eq!(points.len(), 180);
        let nearest_are_alike = |skill: usize| {
            let mut others: Vec<usize> = (0..90).filter(|other| *other != skill).collect();
            others.sort_by(|&a, &b| distance(&points, skill, a).total_cmp(&distance(&points, skill, b)));
            others[..10].iter().filter(|other| **other % 3 == skill % 3).count()
        };
        let n_alike: usize = (0..90).map(nearest_are_alike).sum();
        assert!(n_alike > 850, "{n_alike} of 900");
        assert!(points.contains(&0) && points.contains(&u16::MAX), "the longer axis is filled");
    }

    #[test]
    fn the_same_skills_give_the_same_map() {
        assert_eq!(file(&bundles(), 1), file(&bundles(), 1));
    }

    #[test]
    fn few_skills_have_a_map_too() {
        for n in 0..3 {
            let mut vectors = Vectors::new(4);
            (0..n).for_each(|_| vectors.push(0, &QuantizedVector::new(&[0.5; 4])));
            assert_eq!(read("f", &file(&vectors, 1)).unwrap().len(), 2 * n);
        }
    }

    #[test]
    fn a_file_with_too_few_points_is_refused() {
        let bytes = format::seal(Kind::Map, &[2, 0, 0, 0, 1, 1, 1, 1]);
        assert_eq!(read("f", &bytes).unwrap_err().code(), "malformed");
    }
}
