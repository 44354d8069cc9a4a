//! `goingnats server`, also called `nats-server`: the broker alone, with nats-server's own flags,
//! files, signals and exit codes. Start with [`run`].

mod ports_file;
mod process;
mod serve;

use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::process::ExitCode;

use crate::broker::conf::{Command, ConfError, Loader, parse_args};
use crate::broker::net::check_tls;
use crate::broker::{Options, PROTOCOL_VERSION};

/// Does what the command line asks for. A server runs until the process is told to end.
pub(super) fn run(args: impl Iterator<Item = OsString>) -> ExitCode {
    let args: Vec<String> = args.map(|arg| arg.to_string_lossy().into_owned()).collect();
    let command = match parse_args(&args, Options::nats_server(), &System) {
        Ok(command) => command,
        Err(error) => return refuse(&error),
    };
    let outcome = match command {
        Command::Run { options, warnings } => {
            for warning in warnings {
                eprintln!("{warning}");
            }
            serve::serve(*options, &args)
        }
        Command::Version => {
            println!("nats-server: v{PROTOCOL_VERSION}");
            Ok(())
        }
        Command::Help(text) => {
            println!("\n{text}");
            Ok(())
        }
        Command::CheckConfig { file, digest, tls } => {
            let tls = tls.map_or(Ok(()), |tls| check_tls(&tls));
            if tls.is_ok() {
                let file = file.display();
                eprintln!("nats-server: configuration file {file} is valid ({digest})");
            }
            tls.map_err(anyhow::Error::from)
        }
        Command::Signal { signal, target } => process::send(signal, &target),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("nats-server: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// A wrong flag is answered with the help and, as Go's programs do it here, success.
fn refuse(error: &ConfError) -> ExitCode {
    match error {
        ConfError::Usage(text) => {
            eprintln!("{text}");
            println!("\n{}", crate::broker::conf::HELP);
        }
        _ => eprintln!("nats-server: {error}"),
    }
    ExitCode::from(error.exit_code())
}

/// Files and variables of this machine.
struct System;

impl Loader for System {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        std::fs::read(path)
    }

    fn variable(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }
}
