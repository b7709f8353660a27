//! `skillrouter serve`: a folder over HTTP, for a look at the page on this machine.

use std::{net::SocketAddr, path::PathBuf};

use anyhow::{Context, Result, bail};
use axum::{
    Router,
    http::{HeaderValue, header},
};
use clap::Args;
use tower_http::{services::ServeDir, set_header::SetResponseHeaderLayer};

/// Serve a folder on this machine, such as the site that `make site` puts together
///
/// For a local look only; any static host can serve the same files. Ctrl-C stops it.
#[derive(Args)]
pub struct ServeArgs {
    /// Folder to serve
    #[arg(default_value = "target/site")]
    dir: PathBuf,
    /// Port; 0 takes any free one
    #[arg(long, default_value_t = 8017)]
    port: u16,
}

/// Runs the subcommand.
pub fn run(args: ServeArgs) -> Result<()> {
    if !args.dir.is_dir() {
        bail!("{} is not a folder; `make site` makes target/site", args.dir.display());
    }
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().context("cannot start the server")?;
    runtime.block_on(async {
        let address = SocketAddr::from(([127, 0, 0, 1], args.port));
        let listener = tokio::net::TcpListener::bind(address)
            .await
            .with_context(|| format!("port {} is taken; choose another with --port, or --port 0 for any", args.port))?;
        say!("http://{}/", listener.local_addr()?);
        // What a static host would do at best: files are checked for freshness, so that an edit shows at once.
        let fresh = SetResponseHeaderLayer::overriding(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        let app = Router::new().fallback_service(ServeDir::new(&args.dir)).layer(fresh);
        axum::serve(listener, app).with_graceful_shutdown(stop()).await.context("the server failed")
    })
}

/// Waits for Ctrl-C; without signals it waits for ever, and the process is ended from outside.
async fn stop() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
