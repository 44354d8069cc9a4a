//! Parse, run, exit code.

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut args = std::env::args();
    let called = args.next().unwrap_or_default();
    let named = Path::new(&called).file_stem().is_some_and(|name| name == "nats-server");
    if named || args.next().is_some_and(|arg| arg == "server") {
        return goingnats::cli::server::run(args);
    }
    eprintln!("usage: goingnats server …");
    ExitCode::FAILURE
}
