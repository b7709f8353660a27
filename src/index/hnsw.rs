//! Approximate search over a graph (HNSW, arXiv 1603.09320), by `instant-distance`, which fixes `M` to 32.
//!
//! The file holds links only: points are row numbers, and the vectors are those of the exact search. Payload of a
//! [`Kind::Links`] file: the graph in `postcard` encoding, without its first field, `ef_search`, which is chosen when
//! the file is opened. `instant-distance` trusts what it reads, so `check_links` walks the bytes before.

use std::{cell::RefCell, sync::Arc};

use instant_distance::{Builder, Point, Search};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use super::{
    top_k::Hit,
    vectors::{QueryVector, Vectors},
};
use crate::{
    error::{Error, Result},
    format::{self, Kind, Reader},
};

/// Candidates that a search keeps. At 80,000 skills 100 gives the recall that `BENCHMARKS.md` states.
pub const EF_SEARCH: usize = 100;
/// Candidates that are considered for the links of a new point; the default of `instant-distance`.
pub const EF_CONSTRUCTION: usize = 100;

/// The graph with the vectors that it is about.
pub struct Hnsw {
    graph: instant_distance::Hnsw<Node>,
    vectors: Arc<Vectors>,
}

/// A point of the graph, or what is searched for.
#[derive(Clone)]
enum Node {
    Row { vectors: Arc<Vectors>, row: u32 },
    Query(Arc<QueryVector>),
}

impl Point for Node {
    fn distance(&self, other: &Node) -> f32 {
        1.0 - match (self, other) {
            (Node::Row { vectors, row }, Node::Row { row: other, .. }) => {
                vectors.similarity_of_rows(*row as usize, *other as usize)
            }
            (Node::Row { vectors, row }, Node::Query(query)) | (Node::Query(query), Node::Row { vectors, row }) => {
                vectors.similarity(*row as usize, query)
            }
            (Node::Query(_), Node::Query(_)) => unreachable!("only one point of a search is the query"),
        }
    }
}

impl Serialize for Node {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        match self {
            Node::Row { row, .. } => serializer.serialize_u32(*row),
            Node::Query(_) => unreachable!("queries are not part of a graph"),
        }
    }
}

thread_local! {
    /// The vectors that rows belong to while a graph is read: `serde` has no other way to hand them down through the
    /// types of `instant-distance`.
    static OPENING: RefCell<Option<Arc<Vectors>>> = const { RefCell::new(None) };
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Node, D::Error> {
        let row = u32::deserialize(deserializer)?;
        let vectors = OPENING.with_borrow(Clone::clone).ok_or_else(|| D::Error::custom("vectors are not there"))?;
        if row as usize >= vectors.len() {
            return Err(D::Error::custom("a point is outside of the index"));
        }
        Ok(Node::Row { vectors, row })
    }
}

impl Hnsw {
    /// Builds the graph. On one thread the same vectors and seed give the same graph.
    pub fn build(vectors: Arc<Vectors>, ef_construction: usize, seed: u64) -> Hnsw {
        let points = (0..vectors.len() as u32).map(|row| Node::Row { vectors: vectors.clone(), row }).collect();
        let builder = Builder::default().ef_construction(ef_construction).ef_search(EF_SEARCH).seed(seed);
        let (graph, _) = builder.build_hnsw(points);
        Hnsw { graph, vectors }
    }

    /// Opens a file over the vectors that it was built for.
    ///
    /// # Errors
    /// Those of [`format::open`], and [`Error::Malformed`].
    pub fn open(file: &str, bytes: &[u8], vectors: Arc<Vectors>, ef_search: usize) -> Result<Hnsw> {
        let payload = format::open(Kind::Links, file, bytes)?;
        check_links(file, &payload, vectors.len())?;
        let mut graph = Vec::with_capacity(payload.len() + 5);
        format::write_varint(&mut graph, ef_search as u64);
        graph.extend_from_slice(&payload);
        OPENING.set(Some(vectors.clone()));
        let graph = postcard::from_bytes::<instant_distance::Hnsw<Node>>(&graph);
        OPENING.set(None);
        let graph = graph.map_err(|error| Error::malformed(file, error))?;
        Ok(Hnsw { graph, vectors })
    }

    /// Writes the file.
    pub fn to_file(&self) -> Vec<u8> {
        let graph = postcard::to_allocvec(&self.graph).expect("a graph serialises");
        let mut ef_search = Vec::new();
        format::write_varint(&mut ef_search, EF_SEARCH as u64);
        format::seal(Kind::Links, &graph[ef_search.len()..])
    }

    /// The `k` skills that seem to have the largest dot products; at most `ef_search` of them.
    pub fn search(&self, query: &QueryVector, k: usize) -> Vec<Hit> {
        let mut search = Search::default();
        let query = Arc::new(query.clone());
        let found = self.graph.search(&Node::Query(query.clone()), &mut search);
        let mut hits: Vec<Hit> = found
            .map(|item| match item.point {
                Node::Row { row, .. } => Hit { skill_idx: *row, score: self.vectors.similarity(*row as usize, &query) },
                Node::Query(_) => unreachable!("queries are not part of a graph"),
            })
            .collect();
        hits.sort();
        hits.truncate(k);
        hits
    }
}

/// Links of a point in the layers above the lowest, `M` of the paper; `instant-distance` fixes it. In the lowest a point
/// has twice as many.
const M: usize = 32;

/// Checks what a search follows blindly. The payload is `n` and `n` rows; `n` and their links in the lowest layer; the number of
/// layers above, and for each the number of its points, the first ones of all, and their links. Each layer holds the points of
/// the one above it, and links lead to points of their own layer. A search starts at point 0, which all layers have.
fn check_links(file: &str, payload: &[u8], n_skills: usize) -> Result<()> {
    let wrong =
        |what: String| Error::malformed(file, format!("{what}; write it again with `skillrouter index --hnsw`"));
    let mut numbers = Reader::new(file, payload);
    let n_linked = numbers.varint()?;
    if n_linked != n_skills as u64 {
        return Err(wrong(format!("it links {n_linked} skills of {n_skills}")));
    }
    for _ in 0..n_linked {
        numbers.varint()?; // A row; reading the graph checks it.
    }
    let check_layer = |numbers: &mut Reader, n_points: u64, n_links: usize| {
        for _ in 0..n_points {
            for _ in 0..n_links {
                let link = numbers.varint()?;
                if link >= n_points && link != u64::from(u32::MAX) {
                    return Err(wrong(format!("a link of it leads to point {link} of {n_points}")));
                }
            }
        }
        Ok(())
    };
    let n_lowest = numbers.varint()?;
    if n_lowest != n_linked {
        return Err(wrong(format!("its lowest layer has {n_lowest} points of {n_linked}")));
    }
    check_layer(&mut numbers, n_lowest, 2 * M)?;
    let mut n_below = n_lowest;
    for _ in 0..numbers.varint()? {
        let n_points = numbers.varint()?;
        if n_points == 0 || n_points > n_below {
            return Err(wrong(format!("a layer of it has {n_points} points, the one below {n_below}")));
        }
        check_layer(&mut numbers, n_points, M)?;
        n_below = n_points;
    }
    match numbers.rest() {
        [] => Ok(()),
        rest => Err(wrong(format!("{} bytes follow its links", rest.len()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::{exact, vectors::QuantizedVector};

    fn vectors(n: usize, width: usize) -> Arc<Vectors> {
        let mut vectors = Vectors::new(width);
        let mut state = 7u32;
        for i in 0..n {
            let row: Vec<f32> = (0..width)
                .map(|_| {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    (state >> 8) as f32 / (1 << 23) as f32 - 1.0
                })
                .collect();
            vectors.push(i as u64, &QuantizedVector::new(&row));
        }
        Arc::new(vectors)
    }

    /// Exact search is the oracle: of its ten best, nine are found.
    #[test]
    fn recall_against_exact() {
        let vectors = vectors(2000, 32);
        let graph = Hnsw::build(vectors.clone(), EF_CONSTRUCTION, 1);
        let mut found = 0;
        for row in 0..50 {
            let row: Vec<f32> = vectors.row(row * 40).quants.iter().map(|&x| f32::from(x)).collect();
            let query = QueryVector::new(&row);
            let exact: Vec<u32> = exact::search(&vectors, &query, 10).iter().map(|hit| hit.skill_idx).collect();
            found += graph.search(&query, 10).iter().filter(|hit| exact.contains(&hit.skill_idx)).count();
        }
        assert!(found >= 450, "{found} of 500");
    }

    /// Files that were changed and then sealed again: each is refused, or searched without a panic.
    #[test]
    fn changed_links_are_refused_or_harmless() {
        let vectors = vectors(300, 16);
        let file = Hnsw::build(vectors.clone(), EF_CONSTRUCTION, 1).to_file();
        let payload = format::open(Kind::Links, "f", &file).unwrap().into_owned();
        let query = QueryVector::new(&[0.5; 16]);
        let mut state = 11u32;
        let mut random = |below: usize| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as usize % below
        };
        let mut n_refused = 0;
        for _ in 0..400 {
            let mut changed = payload.clone();
            for _ in 0..1 + random(3) {
                let place = random(changed.len());
                match random(3) {
                    0 => changed[place] ^= 1 << random(8),
                    1 => changed[place] = random(256) as u8,
                    _ => drop(changed.remove(place)),
                }
            }
            match Hnsw::open("f", &format::seal(Kind::Links, &changed), vectors.clone(), EF_SEARCH) {
                Ok(graph) => assert!(graph.search(&query, 20).len() <= 20),
                Err(error) => {
                    assert_eq!(error.code(), "malformed");
                    n_refused += 1;
                }
            }
        }
        assert!(n_refused > 100, "{n_refused} of 400");
    }

    #[test]
    fn files_come_back_and_fit_only_their_vectors() {
        let vectors_ = vectors(300, 16);
        let graph = Hnsw::build(vectors_.clone(), EF_CONSTRUCTION, 1);
        let file = graph.to_file();
        let read = Hnsw::open("f", &file, vectors_.clone(), EF_SEARCH).unwrap();
        let query = QueryVector::new(&[0.5; 16]);
        assert_eq!(read.search(&query, 20), graph.search(&query, 20));
        for n in [299, 301] {
            assert_eq!(Hnsw::open("f", &file, vectors(n, 16), EF_SEARCH).err().unwrap().code(), "malformed");
        }
    }
}
