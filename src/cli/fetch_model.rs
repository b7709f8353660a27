//! `skillrouter fetch-model`: a repository on the Hugging Face hub becomes a model folder of ours.

use std::{
    env,
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use clap::Args;
use hf_hub::{
    Repo, RepoType,
    api::sync::{ApiBuilder, ApiRepo},
};
use sha2::{Digest, Sha256};

use super::convert::{ConvertArgs, convert, print};

/// Download a model from the Hugging Face hub and convert it in one go
///
/// Files go to the cache of Hugging Face's own tools (HF_HOME, else ~/.cache/huggingface). A broken download continues
/// where it stopped, and files in the cache are not fetched again. HF_TOKEN opens private repositories;
/// HF_ENDPOINT names another server. The model is then converted as by `skillrouter quantize`.
#[derive(Args)]
#[command(
    after_help = "Example:\n  skillrouter fetch-model pipizhao/SkillRouter-Embedding-0.6B --role encoder --bits 4 --license Apache-2.0"
)]
pub struct FetchModelArgs {
    /// Repository, such as sentence-transformers/all-MiniLM-L6-v2
    repo: String,
    /// Branch, tag or commit
    #[arg(long, default_value = "main")]
    revision: String,
    /// Folder to write [default: models/ and the repository's name]
    #[arg(long)]
    out: Option<PathBuf>,
    #[command(flatten)]
    convert: ConvertArgs,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Times that a file is asked for again after its connection broke, at the place where it broke.
const RETRIES: usize = 5;

/// Files that are read besides the weights; all but the first two need not be there.
const FILES: [&str; 6] = [
    "config.json",
    "tokenizer.json",
    "modules.json",
    "1_Pooling/config.json",
    "sentence_bert_config.json",
    "config_sentence_transformers.json",
];

/// Runs the subcommand.
pub fn run(mut args: FetchModelArgs) -> Result<()> {
    let Some((_, name)) = args.repo.split_once('/') else {
        bail!("{} is not the name of a repository; give OWNER/NAME as on the hub", args.repo);
    };
    let out = args.out.take().unwrap_or_else(|| Path::new("models").join(name));
    let progress = !args.json && io::IsTerminal::is_terminal(&io::stderr());
    let mut builder = ApiBuilder::from_env().with_retries(RETRIES).with_progress(progress);
    if let Ok(token) = env::var("HF_TOKEN") {
        builder = builder.with_token(Some(token));
    }
    let repo = Repo::with_revision(args.repo.clone(), RepoType::Model, args.revision.clone());
    let repo = builder.build().context("the download could not be prepared")?.repo(repo);
    let (folder, commit) = download(&repo, &args.repo, &args.revision)?;
    if args.convert.origin.is_empty() {
        args.convert.origin = format!("{} at {commit}", args.repo);
    }
    print(&convert(&folder, &out, &args.convert)?, args.json);
    Ok(())
}

/// Downloads what is not there yet, and returns the folder and the commit.
fn download(repo: &ApiRepo, name: &str, revision: &str) -> Result<(PathBuf, String)> {
    let unreachable = || {
        format!(
            "{name} at revision {revision} cannot be read; check its name and the connection, and for a private \
             repository set HF_TOKEN"
        )
    };
    let info = repo.info().with_context(unreachable)?;
    let listed: Vec<&str> = info.siblings.iter().map(|file| file.rfilename.as_str()).collect();
    for needed in &FILES[..2] {
        if !listed.contains(needed) {
            bail!("{name} has no {needed}; skillrouter reads models in the transformers layout");
        }
    }
    let weights: Vec<&str> =
        listed.iter().copied().filter(|file| file.ends_with(".safetensors") && !file.contains('/')).collect();
    if weights.is_empty() {
        bail!("{name} has no *.safetensors; skillrouter reads no other format");
    }
    let wanted = FILES.into_iter().filter(|file| listed.contains(file)).chain(weights);
    let mut folder = None;
    for file in wanted {
        let path = repo
            .get(file)
            .with_context(|| format!("{file} of {name} could not be downloaded; run the command again to continue"))?;
        check(&path)?;
        if file == FILES[0] {
            folder = path.parent().map(Path::to_owned);
        }
    }
    Ok((folder.context("the cache has no folder for the model")?, info.sha))
}

/// Compares a large file with its SHA-256, which is its name in the cache; small files have another hash there.
fn check(path: &Path) -> Result<()> {
    let stored = fs::canonicalize(path)?;
    let name = stored.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    if name.len() != 64 || !name.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok(());
    }
    let mut hasher = Sha256::new();
    io::copy(&mut File::open(&stored)?, &mut HashWriter(&mut hasher))?;
    let hash: String = hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    if hash == name {
        return Ok(());
    }
    fs::remove_file(&stored)?;
    bail!("{} arrived damaged and was deleted; try again", path.display());
}

struct HashWriter<'a>(&'a mut Sha256);

impl Write for HashWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
