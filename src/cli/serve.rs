//! `skillrouter serve`: a folder over HTTP, for a look at the page on this machine.

use std::{
    io,
    net::SocketAddr,
    path::{Component, Path, PathBuf},
    pin::Pin,
    time::Duration,
};

use anyhow::{Context, Result, bail};
use axum::{
    Router,
    body::{Body, HttpBody},
    extract::Request,
    http::{HeaderMap, HeaderValue, Response, StatusCode, header},
    middleware::{self, Next},
    response::IntoResponse,
};
use clap::Args;
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
    service::TowerToHyperService,
};
use tokio::net::{TcpListener, TcpStream};
use tokio_io_timeout::TimeoutStream;
use tower_http::{
    compression::{CompressionLayer, Predicate, predicate::SizeAbove},
    services::{
        ServeDir,
        fs::{Backend, TokioBackend},
    },
};

/// What a page of skillrouter needs, and nothing else.
const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; connect-src 'self'; \
                      worker-src 'self'; img-src 'self' data:; manifest-src 'self'; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'";

/// How long answers that are on their way have when the server stops.
const STOP_TIMEOUT: Duration = Duration::from_secs(3);

/// Serve a folder on this machine, such as the site that `make site` puts together
///
/// For a local look only; any static host can serve the same files. Ctrl-C stops it. Answers go to this machine alone, and only
/// to the names localhost, 127.0.0.1 and [::1]. Files whose names begin with a dot (but for .well-known) and links that lead out
/// of the folder are not served.
#[derive(Args)]
pub struct ServeArgs {
    /// Folder to serve
    #[arg(default_value = "target/site")]
    dir: PathBuf,
    /// Port; 0 takes any free one
    #[arg(long, default_value_t = 8017)]
    port: u16,
    /// Content security policy of every answer, such as one that allows scripts inside of pages; empty for none
    #[arg(long, value_name = "POLICY", default_value = POLICY, hide_default_value = true)]
    policy: HeaderValue,
    /// Seconds after which a connection ends on which no request comes, or no answer is read
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    timeout: u64,
}

/// Runs the subcommand.
pub fn run(args: ServeArgs) -> Result<()> {
    if !args.dir.is_dir() {
        bail!("{} is not a folder; `make site` makes target/site", args.dir.display());
    }
    let root = args.dir.canonicalize().with_context(|| format!("cannot open {}", args.dir.display()))?;
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().context("cannot start the server")?;
    runtime.block_on(async {
        let address = SocketAddr::from(([127, 0, 0, 1], args.port));
        let listener = TcpListener::bind(address)
            .await
            .with_context(|| format!("port {} is taken; choose another with --port, or --port 0 for any", args.port))?;
        say!("http://{}/", listener.local_addr()?);
        serve(listener, site(root, args.policy), Duration::from_secs(args.timeout)).await
    })
}

/// The files, and what stands around them.
fn site(root: PathBuf, policy: HeaderValue) -> Router {
    let files = ServeDir::with_backend(root.clone(), Inside { root });
    Router::new()
        .fallback_service(files)
        .layer(CompressionLayer::new().gzip(true).br(true).compress_when(SizeAbove::new(256).and(IsText)))
        .layer(middleware::from_fn(move |request, next| answer(request, next, policy.clone())))
}

/// Accepts connections until Ctrl-C. Those that stand still end.
async fn serve(listener: TcpListener, site: Router, timeout: Duration) -> Result<()> {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(timeout);
    let graceful = GracefulShutdown::new();
    let mut stopped = std::pin::pin!(stop());
    loop {
        let stream = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                // Of that connection, or because there are too many: the others go on.
                Err(_) => {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            },
            () = &mut stopped => break,
        };
        let service = TowerToHyperService::new(site.clone());
        let connection = graceful.watch(http.serve_connection(TokioIo::new(limited(stream, timeout)), service));
        // A connection that breaks is its client's affair.
        tokio::spawn(async move { drop(connection.await) });
    }
    let _ = tokio::time::timeout(STOP_TIMEOUT, graceful.shutdown()).await;
    Ok(())
}

fn limited(stream: TcpStream, timeout: Duration) -> Pin<Box<TimeoutStream<TcpStream>>> {
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(timeout));
    Box::pin(stream)
}

/// Waits for Ctrl-C; without signals it waits for ever, and the process is ended from outside.
async fn stop() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// Answers a request that is for this machine, with the headers that files leave out.
async fn answer(request: Request, next: Next, policy: HeaderValue) -> Response<Body> {
    if !is_for_this_machine(&request) {
        let reason = "this server answers to localhost, 127.0.0.1 and [::1] only\n";
        return (StatusCode::MISDIRECTED_REQUEST, reason).into_response();
    }
    let never_changes = is_named_by_its_hash(request.uri().path());
    let mut response = next.run(request).await;
    let is_there = response.status().is_success() || response.status() == StatusCode::NOT_MODIFIED;
    // What a static host would do at best: all other files are checked for freshness, so that an edit shows at once.
    let caching = if is_there && never_changes { "public, max-age=31536000, immutable" } else { "no-cache" };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if !policy.is_empty() {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    state_charset(headers);
    weaken_etag(headers);
    response
}

/// Whether a request was meant for this machine. A page of another site can have its name lead here (DNS rebinding), and would
/// read what is served; its own name stands in the request then.
fn is_for_this_machine(request: &Request) -> bool {
    let is_ours = |name: &str| {
        let host = match name.rsplit_once(':') {
            Some((host, port)) if port.parse::<u16>().is_ok() => host,
            _ => name,
        };
        ["localhost", "127.0.0.1", "[::1]"].iter().any(|ours| host.eq_ignore_ascii_case(ours))
    };
    let mut stated = request.headers().get_all(header::HOST).into_iter();
    let host = stated.next().and_then(|host| host.to_str().ok());
    host.is_some_and(is_ours)
        && stated.next().is_none()
        && request.uri().authority().is_none_or(|authority| is_ours(authority.as_str()))
}

/// Whether a file has the first half of its hash at the end of its name, as `FileEntry::new` gives it.
fn is_named_by_its_hash(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    let hash = name.rsplit_once('.').and_then(|(stem, _)| stem.rsplit_once('-')).map(|(_, hash)| hash);
    hash.is_some_and(|hash| hash.len() == 16 && hash.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')))
}

/// Texts are UTF-8, which older kinds of text have to say.
fn state_charset(headers: &mut HeaderMap) {
    let stated = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if stated.starts_with("text/")
        && !stated.contains("charset")
        && let Ok(kind) = HeaderValue::from_str(&format!("{stated}; charset=utf-8"))
    {
        headers.insert(header::CONTENT_TYPE, kind);
    }
}

/// A tag of the file is a weak one of its packed bytes.
fn weaken_etag(headers: &mut HeaderMap) {
    let tag = headers.get(header::ETAG).and_then(|tag| tag.to_str().ok());
    if let Some(tag) = tag.filter(|tag| !tag.starts_with("W/"))
        && headers.contains_key(header::CONTENT_ENCODING)
        && let Ok(weak) = HeaderValue::from_str(&format!("W/{tag}"))
    {
        headers.insert(header::ETAG, weak);
    }
}

/// Packs what becomes smaller. Vectors and weights do not, and the other files of an index are packed already.
#[derive(Clone, Copy)]
struct IsText;

impl Predicate for IsText {
    fn should_compress<B: HttpBody>(&self, response: &Response<B>) -> bool {
        const KINDS: [&str; 5] =
            ["text/", "application/javascript", "application/json", "application/wasm", "application/manifest+json"];
        let kind = response.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        KINDS.iter().any(|text| kind.starts_with(text)) || kind == "image/svg+xml"
    }
}

/// The files of a folder, without those that are not for others.
#[derive(Clone)]
struct Inside {
    /// Without links.
    root: PathBuf,
}

impl Inside {
    /// An error as of a file that is not there, unless the path is of this folder after all links, and no dot file's.
    fn check(&self, path: &Path) -> io::Result<()> {
        let below = path.strip_prefix(&self.root).unwrap_or(path);
        let is_hidden = |part: Component| match part {
            Component::Normal(name) => name.as_encoded_bytes().starts_with(b".") && name != ".well-known",
            _ => true,
        };
        if below.components().any(is_hidden) || !path.canonicalize()?.starts_with(&self.root) {
            return Err(io::ErrorKind::NotFound.into());
        }
        Ok(())
    }
}

impl Backend for Inside {
    type File = <TokioBackend as Backend>::File;
    type Metadata = <TokioBackend as Backend>::Metadata;
    type OpenFuture = <TokioBackend as Backend>::OpenFuture;
    type MetadataFuture = <TokioBackend as Backend>::MetadataFuture;

    fn open(&self, path: PathBuf) -> Self::OpenFuture {
        let checked = self.check(&path);
        Box::pin(async move {
            checked?;
            TokioBackend.open(path).await
        })
    }

    fn metadata(&self, path: PathBuf) -> Self::MetadataFuture {
        let checked = self.check(&path);
        Box::pin(async move {
            checked?;
            TokioBackend.metadata(path).await
        })
    }
}
