//! The reranker: a task and skills to scores, a few skills at a time, so that the best guesses are known first and a
//! cancelled query ends soon.

use std::sync::Arc;

use crate::{
    contract::{Documents, PairContract, PairDocument, PairForm, PairText},
    device::{self, Device},
    error::{Error, Result},
    model::{
        architecture::Architecture,
        bert::BertClassifier,
        encoder::Encoder,
        late::Late,
        loader::ModelLoader,
        manifest::{ModelManifest, Scoring, SelfTest},
        qwen3::{Prefix, Qwen3},
    },
    nn::pool,
    tokenize::{Batch, Tokenizer, Tokens},
};

/// Tokens of a batch: on a CPU about what one document has, so that scores come soon; on a GPU enough to fill it.
fn batch_tokens(device: &Device) -> usize {
    match device {
        Device::Cpu => 256,
        #[cfg(feature = "gpu")]
        Device::Gpu(_) => 4_096,
    }
}

/// A common beginning that is shorter than this is not worth a pass of its own.
const MIN_PREFIX_TOKENS: usize = 16;

/// Largest difference of a score to the stored one, beside 2% of it.
const SELF_TEST_DIFFERENCE: f32 = 0.05;

/// A loaded reranker.
pub struct Reranker {
    manifest: ModelManifest,
    scoring: Scoring,
    tokenizer: Arc<Tokenizer>,
    network: Network,
    device: Device,
}

enum Network {
    Bert(Box<BertClassifier>),
    Late(Late),
    Qwen3 {
        qwen3: Box<Qwen3>,
        /// `[d]`: the head's row of "yes" minus that of "no".
        yes_no: Vec<f32>,
    },
}

/// A task and its documents on their way through a [`Reranker`].
pub struct Reranking {
    /// What follows the prefix, for each document.
    texts: Vec<Tokens>,
    prefix: Option<Prefix>,
    query: Apart,
    n_done: usize,
}

/// A task that goes through the model by itself.
enum Apart {
    /// It does not: it stands in each of the texts.
    No,
    /// Its tokens, before the first batch.
    Tokens(Tokens),
    /// The vectors of its tokens, `[q, d]`.
    Vectors(Vec<f32>),
}

/// A skill as callers give it: its text, or the parts that the contract makes a text of.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(untagged)]
pub enum Document {
    /// The text as the model is to read it.
    Text(String),
    /// The parts of a skill.
    Parts {
        /// Name of the skill.
        name: String,
        /// What it is for.
        description: String,
        /// Its instructions, where they are known.
        #[serde(default)]
        body: Option<String>,
    },
}

/// The score of one document.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Scored {
    /// Place of the document among those given.
    pub place: usize,
    /// Higher is better. Scores order the documents of one task; they say nothing across tasks.
    pub score: f32,
}

impl Reranking {
    /// Number of documents.
    pub fn n_documents(&self) -> usize {
        self.texts.len()
    }

    /// Number of tokens that all documents share and that were computed once.
    pub fn n_shared_tokens(&self) -> usize {
        self.prefix.as_ref().map_or(0, Prefix::n_tokens)
    }

    /// Number of tokens that are computed, the shared ones once.
    pub fn n_tokens(&self) -> usize {
        let n_apart = if let Apart::Tokens(query) = &self.query { query.len() } else { 0 };
        self.n_shared_tokens() + n_apart + self.texts.iter().map(Tokens::len).sum::<usize>()
    }
}

impl Reranker {
    /// Puts the reranker together.
    ///
    /// # Errors
    /// [`Error::MissingFile`], [`Error::Weights`], and [`Error::Unavailable`] for an encoder.
    pub fn new(loader: ModelLoader) -> Result<Reranker> {
        let scoring = loader.manifest().scoring()?.clone();
        let contract = &scoring.contract;
        if let PairForm::Late { .. } = contract.form {
            return Reranker::of_encoder(Arc::new(Encoder::new(loader)?));
        }
        let (manifest, tokenizer, mut weights) = loader.finish()?;
        let mut network = match &manifest.architecture {
            Architecture::Bert(config) => Network::Bert(Box::new(BertClassifier::new(config, &mut weights))),
            Architecture::Qwen3(config) => {
                let qwen3 = Box::new(Qwen3::new(config, contract.document.max_tokens, &mut weights));
                Network::Qwen3 { qwen3, yes_no: Vec::new() }
            }
        };
        let device = weights.device().clone();
        weights.finish(&manifest.name)?;
        if let (Network::Qwen3 { qwen3, yes_no }, PairForm::Prompt { yes, no, .. }) = (&mut network, &contract.form) {
            let (yes, no) = (qwen3.head_row(*yes)?, qwen3.head_row(*no)?);
            *yes_no = yes.iter().zip(no).map(|(yes, no)| yes - no).collect();
        }
        Ok(Reranker { manifest, scoring, tokenizer: Arc::new(tokenizer), network, device })
    }

    /// Reranks with an encoder that was trained for it, and that goes on to encode.
    ///
    /// # Errors
    /// [`Error::Unavailable`] for an encoder that was not.
    pub fn of_encoder(encoder: Arc<Encoder>) -> Result<Reranker> {
        let (manifest, device) = (encoder.manifest().clone(), encoder.device().clone());
        let scoring = manifest.scoring()?.clone();
        let tokenizer = Arc::clone(encoder.tokenizer());
        let PairForm::Late { weight, bias } = scoring.contract.form else {
            unreachable!("encoders rerank by late interaction: `check_role`");
        };
        Ok(Reranker { manifest, scoring, tokenizer, network: Network::Late(Late::new(encoder, weight, bias)), device })
    }

    /// The model's manifest.
    pub fn manifest(&self) -> &ModelManifest {
        &self.manifest
    }

    /// How texts are put before it.
    pub fn contract(&self) -> &PairContract {
        &self.scoring.contract
    }

    /// How texts are put before it, and how its scores are used.
    pub fn scoring(&self) -> &Scoring {
        &self.scoring
    }

    /// Where it runs.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// A skill as it is put before the model.
    pub fn document(&self, name: &str, description: &str, body: &str, documents: Documents) -> PairDocument {
        self.contract().document(name, description, body, documents)
    }

    /// Some skills as they are put before the model.
    pub fn documents(&self, given: Vec<Document>, documents: Documents) -> Vec<PairDocument> {
        let text = |document| match document {
            Document::Text(text) => self.contract().whole_document(text),
            Document::Parts { name, description, body } => {
                self.document(&name, &description, body.as_deref().unwrap_or_default(), documents)
            }
        };
        given.into_iter().map(text).collect()
    }

    /// Token ids of a pair, or of the skill alone where the task is read apart, cut at the contract's limit.
    ///
    /// # Errors
    /// [`Error::Tokenizer`].
    pub fn pair_tokens(&self, text: &PairText) -> Result<Tokens> {
        let max_tokens = self.contract().document.max_tokens;
        match text {
            PairText::Apart(document) => self.tokenizer.encode(document, max_tokens),
            PairText::Pair { query, document } => self.tokenizer.encode_pair(query, document, max_tokens),
            PairText::Prompt { prefix, middle, suffix } => {
                let mut ids = self.tokenizer.encode_bare(prefix, max_tokens)?;
                let suffix = self.tokenizer.encode_bare(suffix, max_tokens)?;
                let room = max_tokens.saturating_sub(ids.len() + suffix.len());
                ids.extend(self.tokenizer.encode_bare(middle, room)?);
                ids.extend(suffix);
                Ok(Tokens::new(ids))
            }
        }
    }

    /// Starts with a task and some skills ([`Reranker::document`]): makes tokens, and computes what all of
    /// them begin with.
    ///
    /// # Errors
    /// [`Error::EmptyQuery`], [`Error::Tokenizer`] or [`Error::Device`].
    pub fn begin(&self, query: &str, documents: &[PairDocument]) -> Result<Reranking> {
        if query.trim().is_empty() {
            return Err(Error::EmptyQuery);
        }
        let texts = documents.iter().map(|document| self.pair_tokens(&self.contract().text(query, document)));
        let texts: Vec<Tokens> = texts.collect::<Result<_>>()?;
        let n_shared = n_shared(&texts);
        let prefix = match &self.network {
            Network::Qwen3 { qwen3, .. } if texts.len() > 1 && n_shared >= MIN_PREFIX_TOKENS => {
                let shared = Tokens::new(texts[0].ids()[..n_shared].to_vec());
                Some(qwen3.prefix(&Batch::new([&shared]))?)
            }
            _ => None,
        };
        let n_before = prefix.as_ref().map_or(0, Prefix::n_tokens);
        let texts = texts.iter().map(|text| text.from(n_before)).collect();
        let query = match &self.network {
            Network::Late(late) => Apart::Tokens(late.query_tokens(query)?),
            _ => Apart::No,
        };
        Ok(Reranking { texts, prefix, query, n_done: 0 })
    }

    /// The scores of the next documents, in the order in which they were given; `None` when all are done.
    ///
    /// # Errors
    /// [`Error::Tokenizer`] or [`Error::Device`]. Then nothing is lost: the same call tries the same documents again.
    pub async fn next(&self, reranking: &mut Reranking) -> Result<Option<Vec<Scored>>> {
        let start = reranking.n_done;
        let mut n_tokens = 0;
        let limit = batch_tokens(&self.device);
        let fits = |text: &&Tokens| {
            n_tokens += self.n_new_tokens(text);
            n_tokens <= limit
        };
        let n_texts = reranking.texts[start..].iter().take_while(fits).count().max(1);
        let end = (start + n_texts).min(reranking.texts.len());
        if start == end {
            return Ok(None);
        }
        if let (Apart::Tokens(query), Network::Late(late)) = (&reranking.query, &self.network) {
            reranking.query = Apart::Vectors(late.query(query).await?);
        }
        let scores = self.score(&reranking.texts[start..end], reranking).await?;
        reranking.n_done = end;
        Ok(Some(scores.into_iter().zip(start..).map(|(score, place)| Scored { place, score }).collect()))
    }

    /// All scores of a task's documents, in their order.
    ///
    /// # Errors
    /// Those of [`Reranker::begin`] and [`Reranker::next`].
    pub async fn scores(&self, query: &str, documents: &[PairDocument]) -> Result<Vec<f32>> {
        let mut reranking = self.begin(query, documents)?;
        let mut scores = Vec::new();
        while let Some(batch) = self.next(&mut reranking).await? {
            scores.extend(batch.iter().map(|scored| scored.score));
        }
        Ok(scores)
    }

    /// Tokens of a text that have to go through the model.
    fn n_new_tokens(&self, text: &Tokens) -> usize {
        match &self.network {
            Network::Late(late) => late.n_new_tokens(text),
            _ => text.len(),
        }
    }

    async fn score(&self, texts: &[Tokens], reranking: &Reranking) -> Result<Vec<f32>> {
        match &self.network {
            Network::Late(late) => {
                let Apart::Vectors(query) = &reranking.query else { unreachable!("the task goes first") };
                late.scores(query, texts).await
            }
            Network::Bert(bert) => device::read(bert.forward(&Batch::new(texts))?).await,
            Network::Qwen3 { qwen3, yes_no } => {
                let batch = Batch::new(texts);
                let last = pool::last(qwen3.forward(&batch, reranking.prefix.as_ref())?, &batch.lengths, &self.device);
                let rows = device::read(qwen3.normed(last)).await?;
                Ok(rows
                    .chunks_exact(yes_no.len())
                    .map(|row| row.iter().zip(yes_no).map(|(x, w)| x * w).sum())
                    .collect())
            }
        }
    }

    /// What `model.json` is to hold for [`Reranker::self_test`].
    ///
    /// # Errors
    /// Those of [`Reranker::scores`].
    pub async fn make_self_test(&self, query: &str, document: &str) -> Result<SelfTest> {
        let expected = self.scores(query, &[self.contract().whole_document(document.to_owned())]).await?;
        Ok(SelfTest { query: query.to_owned(), document: Some(document.to_owned()), expected })
    }

    /// Compares what the device makes of a stored pair with what it has to be. A model without one passes.
    ///
    /// # Errors
    /// [`Error::Device`] when it is something else.
    pub async fn self_test(&self) -> Result<()> {
        if let Network::Late(late) = &self.network {
            return late.encoder().self_test().await;
        }
        let Some(SelfTest { query, document: Some(document), expected }) = &self.manifest.self_test else {
            return Ok(());
        };
        let got = self.scores(query, &[self.contract().whole_document(document.clone())]).await?;
        let close = |(got, want): (&f32, &f32)| (got - want).abs() <= SELF_TEST_DIFFERENCE + 0.02 * want.abs();
        if got.len() == expected.len() && got.iter().zip(expected).all(close) {
            return Ok(());
        }
        let name = self.device.name();
        Err(Error::Device { reason: format!("self-test failed: {name} computes wrong numbers ({got:?})") })
    }
}

/// Number of tokens that all texts begin with; each keeps at least one of its own.
fn n_shared(texts: &[Tokens]) -> usize {
    let Some((first, others)) = texts.split_first() else { return 0 };
    let shared = |text: &Tokens| first.ids().iter().zip(text.ids()).take_while(|(a, b)| a == b).count();
    let shortest = texts.iter().map(Tokens::len).min().unwrap_or(0);
    others.iter().map(shared).min().unwrap_or(first.len()).min(shortest.saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_texts_share_leaves_each_a_token() {
        let texts = |all: &[&[u32]]| all.iter().map(|ids| Tokens::new(ids.to_vec())).collect::<Vec<_>>();
        assert_eq!(n_shared(&texts(&[&[1, 2, 3, 4], &[1, 2, 5]])), 2);
        assert_eq!(n_shared(&texts(&[&[1, 2, 3], &[1, 2]])), 1);
        assert_eq!(n_shared(&texts(&[&[1, 2], &[1, 2]])), 1);
        assert_eq!(n_shared(&texts(&[&[1], &[2]])), 0);
        assert_eq!(n_shared(&[]), 0);
    }
}
