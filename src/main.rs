//! Parse, run, exit code.

use std::path::Path;
use std::process::ExitCode;

use clap::Parser;
use goingnats::cli::present::{self, PresentArgs};

#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    present: PresentArgs,
}

fn main() -> ExitCode {
    let mut args = std::env::args();
    let called = args.next().unwrap_or_default();
    let named = Path::new(&called)
        .file_stem()
        .is_some_and(|name| name == "nats-server");
    if named || args.next().is_some_and(|arg| arg == "server") {
        return goingnats::cli::server::run(args);
    }
    match present::run(Arguments::parse().present) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("goingnats: {error:#}");
            ExitCode::FAILURE
        }
    }
}
