//! Late interaction (ColBERT, arXiv 2004.12832): how well a skill answers a task by the vectors of their single tokens,
//! which the encoder makes of each text alone.
//!
//! A skill's vectors do not depend on the task, so those of the skills that were read last are kept: a task in
//! new words meets many of them again.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::{
    error::Result,
    model::encoder::Encoder,
    tokenize::{Batch, Tokens},
};

/// Skills whose vectors are kept: 12 MB of a model of width 384 that reads 128 tokens of each.
const MAX_KEPT: usize = 64;

/// An encoder as a reranker: the score of a skill is `weight * interaction + bias`.
pub struct Late {
    encoder: Arc<Encoder>,
    weight: f32,
    bias: f32,
    kept: Mutex<Kept>,
}

/// The vectors `[t, d]` of skills that were read, by their token ids.
#[derive(Default)]
struct Kept {
    documents: HashMap<Vec<u32>, (Arc<[f32]>, u64)>,
    /// Counts the uses; the document that was used longest ago goes first.
    now: u64,
}

impl Kept {
    fn get(&mut self, document: &Tokens) -> Option<Arc<[f32]>> {
        self.now += 1;
        let (vectors, used) = self.documents.get_mut(document.ids())?;
        *used = self.now;
        Some(Arc::clone(vectors))
    }

    fn insert(&mut self, document: &Tokens, vectors: Arc<[f32]>) {
        self.now += 1;
        self.documents.insert(document.ids().to_vec(), (vectors, self.now));
        if self.documents.len() > MAX_KEPT {
            let oldest = self.documents.iter().min_by_key(|(_, (_, used))| *used).map(|(ids, _)| ids.clone());
            oldest.map(|ids| self.documents.remove(&ids));
        }
    }
}

impl Late {
    /// Reranks with an encoder.
    pub fn new(encoder: Arc<Encoder>, weight: f32, bias: f32) -> Late {
        Late { encoder, weight, bias, kept: Mutex::default() }
    }

    /// The encoder.
    pub fn encoder(&self) -> &Arc<Encoder> {
        &self.encoder
    }

    /// Token ids of a task.
    ///
    /// # Errors
    /// [`crate::Error::Tokenizer`].
    pub fn query_tokens(&self, query: &str) -> Result<Tokens> {
        self.encoder.query_tokens(&self.encoder.contract().query(query))
    }

    /// The vectors of a task's tokens, `[q, d]`.
    ///
    /// # Errors
    /// Those of [`Encoder::token_vectors`].
    pub async fn query(&self, query: &Tokens) -> Result<Vec<f32>> {
        Ok(self.vectors(&Batch::new([query])).await?.concat())
    }

    /// Tokens that have to go through the model for a skill: none, if its vectors were kept.
    pub fn n_new_tokens(&self, document: &Tokens) -> usize {
        if self.kept().documents.contains_key(document.ids()) { 0 } else { document.len() }
    }

    /// The scores of some skills for the vectors of a task.
    ///
    /// # Errors
    /// Those of [`Encoder::token_vectors`].
    pub async fn scores(&self, query: &[f32], documents: &[Tokens]) -> Result<Vec<f32>> {
        let known: Vec<Option<Arc<[f32]>>> = documents.iter().map(|document| self.kept().get(document)).collect();
        let new: Vec<&Tokens> =
            documents.iter().zip(&known).filter(|(_, known)| known.is_none()).map(|(document, _)| document).collect();
        let mut computed = match new.is_empty() {
            true => Vec::new(),
            false => self.vectors(&Batch::new(new.iter().copied())).await?,
        }
        .into_iter()
        .map(Arc::<[f32]>::from);
        let d = self.encoder.manifest().width();
        let score = |(document, known): (&Tokens, Option<Arc<[f32]>>)| {
            let vectors = known.or_else(|| {
                let vectors = computed.next()?;
                self.kept().insert(document, Arc::clone(&vectors));
                Some(vectors)
            });
            self.weight * interaction(query, &vectors.unwrap_or_default(), d) + self.bias
        };
        Ok(documents.iter().zip(known).map(score).collect())
    }

    /// The vectors of the tokens that count, `[t, d]` for each text.
    async fn vectors(&self, batch: &Batch) -> Result<Vec<Vec<f32>>> {
        let rows = self.encoder.token_vectors(batch).await?;
        let inner = inner_rows(&rows, &batch.lengths, self.encoder.manifest().width());
        Ok(inner.map(<[f32]>::to_vec).collect())
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The mean over the task's tokens of the cosine to the token of the skill that is nearest, from -1 to 1; 0 for a task
/// without tokens.
///
/// # Shapes
/// `query` is `[q, d]` and `document` `[t, d]`, rows of length 1.
pub fn interaction(query: &[f32], document: &[f32], d: usize) -> f32 {
    let nearest = |token: &[f32]| document.chunks_exact(d).map(|other| dot(token, other)).fold(-1.0, f32::max);
    let n = query.len() / d;
    query.chunks_exact(d).map(nearest).sum::<f32>() / n.max(1) as f32
}

/// Eight sums side by side, so that the compiler makes vector instructions of it.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0; 8];
    for (a, b) in a.chunks_exact(8).zip(b.chunks_exact(8)) {
        for (sum, (a, b)) in sums.iter_mut().zip(a.iter().zip(b)) {
            *sum += a * b;
        }
    }
    sums.iter().sum()
}

/// The rows between the first and the last token of each text, which are the same in every text.
///
/// # Shapes
/// `rows` is `[t, d]`; `lengths` has an entry for each text.
pub fn inner_rows<'a>(rows: &'a [f32], lengths: &'a [usize], d: usize) -> impl Iterator<Item = &'a [f32]> {
    lengths.iter().scan(0, move |start, &length| {
        let (first, end) = (*start + 1, (*start + length).max(*start + 2) - 1);
        *start += length;
        Some(&rows[(first * d).min(rows.len())..(end * d).min(rows.len())])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const D: usize = 8;

    fn rows(tokens: &[[f32; 2]]) -> Vec<f32> {
        tokens.iter().flat_map(|[x, y]| [*x, *y, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]).collect()
    }

    #[test]
    fn each_token_takes_the_nearest() {
        let query = rows(&[[1.0, 0.0], [0.6, 0.8]]);
        let document = rows(&[[0.0, 1.0], [0.8, 0.6], [-1.0, 0.0]]);
        // 0.8 and 0.96.
        assert!((interaction(&query, &document, D) - 0.88).abs() < 1e-6);
        assert_eq!(interaction(&[], &document, D), 0.0);
        assert_eq!(interaction(&query, &[], D), -1.0);
    }

    #[test]
    fn the_skills_that_were_used_last_are_kept() {
        let document = |id: usize| Tokens::new(vec![id as u32]);
        let mut kept = Kept::default();
        for id in 0..MAX_KEPT {
            kept.insert(&document(id), vec![id as f32].into());
        }
        assert_eq!(kept.get(&document(0)).as_deref(), Some(&[0.0][..]));
        kept.insert(&document(MAX_KEPT), vec![0.5].into());
        assert!(kept.get(&document(0)).is_some() && kept.get(&document(MAX_KEPT)).is_some());
        assert_eq!((kept.get(&document(1)), kept.documents.len()), (None, MAX_KEPT));
    }

    #[test]
    fn the_first_and_the_last_token_do_not_count() {
        let all = rows(&[[1.0, 0.0], [2.0, 0.0], [3.0, 0.0], [4.0, 0.0], [5.0, 0.0], [6.0, 0.0]]);
        let inner: Vec<&[f32]> = inner_rows(&all, &[3, 2, 1], D).collect();
        assert_eq!(inner, [&all[D..2 * D], &[], &[]]);
    }
}
