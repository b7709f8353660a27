//! An index, and beside it one of the user's own skills: searched together, and numbered one after the other.

use super::{
    Index, exact,
    lexical::Corpus,
    top_k::{Hit, TopK},
    vectors::QueryVector,
};
use crate::{
    error::{Error, Result},
    terms::Terms,
};

/// The two; skills of the second come after those of the first.
pub struct Joined {
    index: Index,
    /// Complete: it has all its files.
    own: Option<Index>,
    splitter: Terms,
}

impl Joined {
    /// Without skills of the user's own.
    pub fn new(index: Index) -> Joined {
        Joined { index, own: None, splitter: Terms::default() }
    }

    /// The index.
    pub fn index(&self) -> &Index {
        &self.index
    }

    /// The index alone.
    pub fn into_index(self) -> Index {
        self.index
    }

    /// The index, to add files to it.
    pub fn index_mut(&mut self) -> &mut Index {
        &mut self.index
    }

    /// Sets the user's own skills, or takes them away.
    ///
    /// # Errors
    /// [`Error::EncoderMismatch`] when they are of another encoder, and [`Error::Unavailable`] when files are missing;
    /// then the skills stay as they were.
    pub fn set_own(&mut self, own: Option<Index>) -> Result<()> {
        if let Some(own) = &own {
            own.check_encoder(&self.index.manifest().encoder)?;
            let (got, needed) = (own.manifest().width, self.index.manifest().width);
            if got != needed {
                return Err(Error::unavailable(format!(
                    "vectors are {got} wide where the index has {needed}; build the index again with the model that is used"
                )));
            }
            if own.lexical().is_none() || own.vectors().is_none() {
                return Err(Error::unavailable("the index of your own skills is not complete"));
            }
        }
        self.own = own;
        Ok(())
    }

    /// Whether a skill is one of the user's own.
    pub fn is_own(&self, skill_idx: u32) -> bool {
        skill_idx as usize >= self.index.manifest().n_skills
    }

    /// The index that has a skill, and the skill's place in it.
    pub fn locate(&self, skill_idx: u32) -> (&Index, u32) {
        match &self.own {
            Some(own) if self.is_own(skill_idx) => (own, skill_idx - self.index.manifest().n_skills as u32),
            _ => (&self.index, skill_idx),
        }
    }

    /// The words of all skills, once the lexical file was added.
    pub fn corpus(&self) -> Option<Corpus<'_>> {
        let own = self.own.as_ref().and_then(Index::lexical);
        Some(Corpus::new(&self.splitter, std::iter::once(self.index.lexical()?).chain(own)))
    }

    /// Whether skills can be compared with the vector of a query.
    ///
    /// # Errors
    /// [`Error::Unavailable`] for a vector of another width than theirs, or one that is not made of numbers.
    pub fn check_vector(&self, vector: &QueryVector) -> Result<()> {
        let (got, width) = (vector.width(), self.index.manifest().width);
        if got != width {
            return Err(Error::unavailable(format!(
                "the vector of the query has {got} numbers where those of the index have {width}; encode the query with the encoder of the index"
            )));
        }
        match vector.is_finite() {
            true => Ok(()),
            false => Err(Error::unavailable("the vector of the query is not made of numbers; encode the query again")),
        }
    }

    /// The `k` skills with the largest dot products, best first; with `hnsw`, those that the graph of the index leads to,
    /// while the user's own are compared one by one.
    ///
    /// # Errors
    /// [`Error::Unavailable`] for vectors or links that are not there, and those of [`Joined::check_vector`].
    pub fn nearest(&self, vector: &QueryVector, k: usize, hnsw: bool) -> Result<Vec<Hit>> {
        let vectors = self.index.vectors().ok_or_else(|| Error::unavailable("the vectors are not loaded yet"))?;
        self.check_vector(vector)?;
        let hits = match hnsw {
            false => exact::search(vectors, vector, k),
            true => {
                let links = self.index.links();
                let links = links.ok_or_else(|| Error::unavailable("this index has no links; build it with --hnsw"))?;
                links.search(vector, k)
            }
        };
        let Some(own) = self.own.as_ref().and_then(Index::vectors) else { return Ok(hits) };
        let first = self.index.manifest().n_skills as u32;
        let of_own = exact::search(own, vector, k).into_iter();
        let mut top = TopK::new(k);
        for hit in hits.into_iter().chain(of_own.map(|hit| Hit { skill_idx: first + hit.skill_idx, ..hit })) {
            top.push(hit);
        }
        Ok(top.into_sorted())
    }

    /// The dot product of a skill with a query; 0 while the vectors are not there.
    pub fn similarity(&self, skill_idx: u32, vector: &QueryVector) -> f32 {
        let (index, place) = self.locate(skill_idx);
        index.vectors().map_or(0.0, |vectors| vectors.similarity(place as usize, vector))
    }
}
