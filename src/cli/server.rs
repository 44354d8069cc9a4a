//! `goingnats server`, and `nats-server`: the broker alone.

use std::ffi::OsString;
use std::process::ExitCode;

use super::{PROTOCOL_VERSION, VERSION};

/// Runs the broker with nats-server's own flags.
pub(super) fn run(mut args: impl Iterator<Item = OsString>) -> ExitCode {
    if args.any(|arg| matches!(arg.to_str(), Some("-v" | "-version" | "--version"))) {
        println!("nats-server: v{PROTOCOL_VERSION} (goingnats {VERSION})");
        return ExitCode::SUCCESS;
    }
    eprintln!("nats-server: the broker is not built in yet");
    ExitCode::FAILURE
}
