//! Parse, run, exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    goingnats::cli::run(std::env::args_os())
}
