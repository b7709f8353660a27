//! From a task to routes: [`Searcher`] and [`Encoder`] together, for the program and other native callers. In a page they are
//! builds of their own, and JavaScript hands the vector from one to the other.

pub use crate::answer::{Answer, Mode, RerankOptions, Reranked, Route, RouteOptions, SearchMethod, Stage, Without};
use crate::{
    contract::EncoderId,
    error::{Error, Result},
    index::{Index, joined::Joined, vectors::QueryVector},
    model::encoder::Encoder,
    searcher::{Encoded, Searcher, refuse_empty},
};

/// An index, with skills of the user's own where there are any, and the encoder that their vectors come from, as far as
/// they are loaded.
pub struct Router {
    searcher: Searcher,
    encoder: Option<Encoder>,
}

impl Router {
    /// Starts without an encoder: answers are lexical.
    pub fn new(index: Index) -> Router {
        Router { searcher: Searcher::new(index), encoder: None }
    }

    /// Adds the encoder.
    ///
    /// # Errors
    /// Those of [`Router::check_encoder`].
    pub fn set_encoder(&mut self, encoder: Encoder) -> Result<()> {
        self.check_encoder(&encoder.manifest().encoder_id()?)?;
        self.encoder = Some(encoder);
        Ok(())
    }

    /// Tells whether an encoder is the one that the index was built with, before its weights are fetched.
    ///
    /// # Errors
    /// [`Error::EncoderMismatch`].
    pub fn check_encoder(&self, encoder: &EncoderId) -> Result<()> {
        self.index().check_encoder(encoder)
    }

    /// The index.
    pub fn index(&self) -> &Index {
        self.searcher.index()
    }

    /// The index, to add files to it.
    pub fn index_mut(&mut self) -> &mut Index {
        self.searcher.index_mut()
    }

    /// The index, and the user's own skills beside it.
    pub fn skills(&self) -> &Joined {
        self.searcher.skills()
    }

    /// Both, to set the user's own.
    pub fn skills_mut(&mut self) -> &mut Joined {
        self.searcher.skills_mut()
    }

    /// The encoder, once it was added.
    pub fn encoder(&self) -> Option<&Encoder> {
        self.encoder.as_ref()
    }

    /// The best answer that can be had now: with the model if it is there, else from words alone, and then `reason`
    /// says why. The same as [`Router::encode`] and then [`Router::search`].
    ///
    /// # Errors
    /// Those of these two.
    pub async fn route(&self, query: &str, options: RouteOptions) -> Result<Answer> {
        let encoded = self.encode(query, options).await?;
        self.search(query, &encoded, options)
    }

    /// The first half of a route: the model's part.
    ///
    /// # Errors
    /// [`Error::EmptyQuery`], [`Error::Unavailable`] when only the dense leg is asked and it is not there, and those of
    /// the model.
    pub async fn encode(&self, query: &str, options: RouteOptions) -> Result<Encoded> {
        refuse_empty(query)?;
        match (options.mode, self.dense_leg()) {
            (Mode::Lexical, _) => Ok(Encoded::None { reason: None }),
            (Mode::Hybrid, Err(reason)) => Ok(Encoded::None { reason: Some(reason) }),
            (Mode::Dense, Err(reason)) => Err(Error::unavailable(reason)),
            (_, Ok(encoder)) => {
                let vector = encoder.embed_query(&encoder.contract().query(query)).await?;
                Ok(Encoded::Vector(QueryVector::new(&vector)))
            }
        }
    }

    /// The second half of a route: the search.
    ///
    /// # Errors
    /// Those of [`Searcher::search`].
    pub fn search(&self, query: &str, encoded: &Encoded, options: RouteOptions) -> Result<Answer> {
        self.searcher.search(query, encoded, options)
    }

    /// What the dense leg needs, or why it cannot be asked.
    fn dense_leg(&self) -> std::result::Result<&Encoder, String> {
        match (&self.encoder, self.index().vectors()) {
            (Some(encoder), Some(_)) => Ok(encoder),
            (None, _) => Err("the model is not loaded yet".to_owned()),
            (_, None) => Err("the vectors are not loaded yet".to_owned()),
        }
    }
}
