//! The `skillrouter` program.

mod cli;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use cli::Outcome;

/// Find the right agent skill for a task, offline
///
/// A first session: `skillrouter index my-skills --out index`, then
/// `skillrouter route --index index "turn these receipts into a spreadsheet"`.
#[derive(Parser)]
#[command(version)]
struct Program {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Index(cli::index::IndexArgs),
    Route(cli::route::RouteArgs),
    Eval(cli::eval::EvalArgs),
    Verify(cli::verify::VerifyArgs),
    Lint(cli::lint::LintArgs),
    FetchModel(cli::fetch_model::FetchModelArgs),
    Quantize(cli::quantize::QuantizeArgs),
    Adjust(cli::adjust::AdjustArgs),
    Embed(cli::embed::EmbedArgs),
    Rerank(cli::rerank::RerankArgs),
    Serve(cli::serve::ServeArgs),
    Bench(cli::bench::BenchArgs),
}

fn main() -> ExitCode {
    let done = |()| Outcome::Found;
    let result = match Program::parse().command {
        Command::Index(args) => cli::index::run(args).map(done),
        Command::Route(args) => cli::route::run(args),
        Command::Eval(args) => cli::eval::run(args).map(done),
        Command::Verify(args) => cli::verify::run(args),
        Command::Lint(args) => cli::lint::run(args),
        Command::FetchModel(args) => cli::fetch_model::run(args).map(done),
        Command::Quantize(args) => cli::quantize::run(args).map(done),
        Command::Adjust(args) => cli::adjust::run(args).map(done),
        Command::Embed(args) => cli::embed::run(args).map(done),
        Command::Rerank(args) => cli::rerank::run(args).map(done),
        Command::Serve(args) => cli::serve::run(args).map(done),
        Command::Bench(args) => cli::bench::run(args).map(done),
    };
    match result {
        Ok(Outcome::Found) => ExitCode::SUCCESS,
        Ok(Outcome::Nothing) => ExitCode::from(1),
        Ok(Outcome::Unsound) => ExitCode::from(2),
        Err(error) => {
            cli::output::note(format_args!("error: {error:#}"));
            ExitCode::from(2)
        }
    }
}
