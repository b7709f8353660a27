//! Approximate search over a graph (HNSW, arXiv 1603.09320), by `instant-distance`, which fixes `M` to 32.
//!
//! The file holds links only: points are row numbers, and the vectors are those of the exact search. Payload of a
//! [`Kind::Links`] file: the graph in `postcard` encoding, without its first field, `ef_search`, which is chosen when
//! the file is opened.

use std::{cell::RefCell, sync::Arc};

use instant_distance::{Builder, Point, Search};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use super::{
    top_k::Hit,
    vectors::{QueryVector, Vectors},
};
use crate::{
    error::{Error, Result},
    format::{self, Kind},
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
        let mut graph = Vec::with_capacity(payload.len() + 5);
        format::write_varint(&mut graph, ef_search as u64);
        graph.extend_from_slice(&payload);
        OPENING.set(Some(vectors.clone()));
        let graph = postcard::from_bytes::<instant_distance::Hnsw<Node>>(&graph);
        OPENING.set(None);
        let graph = graph.map_err(|error| Error::malformed(file, error))?;
        let n_linked = graph.iter().count();
        if n_linked != vectors.len() {
            return Err(Error::malformed(file, format!("it links {n_linked} skills of {}", vectors.len())));
        }
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
