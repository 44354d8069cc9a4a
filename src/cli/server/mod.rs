//! `goingnats server`, also called `nats-server`: the broker alone, with nats-server's own flags,
//! configuration files and log lines. Start with [`run`].

mod log;

use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, bail};
use tokio::signal::unix::{SignalKind, signal};

use super::VERSION;
use crate::broker::conf::{self, Command, Loader, SignalTarget};
use crate::broker::{self, Options, PROTOCOL_VERSION};

/// Does what the arguments ask for; a server runs until the process is told to end.
pub(super) fn run(args: impl Iterator<Item = OsString>) -> ExitCode {
    let args: Vec<String> = args.map(|arg| arg.to_string_lossy().into_owned()).collect();
    match conf::parse_args(&args, Options::nats_server(), &Disk) {
        Ok(command) => obey(command).map_or_else(refuse, |()| ExitCode::SUCCESS),
        Err(error) => refuse(error.into()),
    }
}

fn refuse(error: anyhow::Error) -> ExitCode {
    eprintln!("nats-server: {error:#}");
    ExitCode::FAILURE
}

/// Files and variables as they are.
struct Disk;

impl Loader for Disk {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        std::fs::read(path)
    }

    fn variable(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }
}

fn obey(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Run { options, warnings } => {
            for warning in warnings {
                eprintln!("{warning}");
            }
            serve(*options)
        }
        Command::Version => {
            println!("nats-server: v{PROTOCOL_VERSION} (goingnats {VERSION})");
            Ok(())
        }
        Command::Help(text) => {
            print!("{text}");
            Ok(())
        }
        Command::CheckConfig { file, digest } => {
            println!(
                "nats-server: configuration file {} is valid ({digest})",
                file.display()
            );
            Ok(())
        }
        Command::Signal { target, .. } => match target {
            SignalTarget::Process(process) => bail!("signals are not sent yet; use kill {process}"),
            _ => bail!("signals are not sent yet; use kill"),
        },
    }
}

fn serve(options: Options) -> anyhow::Result<()> {
    log::start(&options.log)?;
    let pid_file = options.pid_file.clone();
    let ports_folder = options.ports_file_dir.clone();
    tracing::info!("Starting nats-server");
    tracing::info!("  Version:  {PROTOCOL_VERSION}");
    let handle = broker::start(options)?;
    tracing::info!("  Name:     {}", handle.server_name());
    tracing::info!("  ID:       {}", handle.server_id());
    if let Some(path) = &pid_file {
        std::fs::write(path, std::process::id().to_string())
            .with_context(|| format!("could not write pidfile: {}", path.display()))?;
    }
    let ports_file = ports_folder.map(|folder| folder.join(ports_file_name()));
    if let Some(path) = &ports_file {
        let ports = serde_json::json!({ "nats": [handle.url()] });
        std::fs::write(path, ports.to_string())
            .with_context(|| format!("could not write ports file: {}", path.display()))?;
    }
    tracing::info!("Listening for client connections on {}", handle.address());
    tracing::info!("Server is ready");
    wait_for_the_end()?;
    tracing::info!("Initiating Shutdown...");
    handle.shutdown();
    for path in [pid_file, ports_file].into_iter().flatten() {
        // Nobody is left who could do anything about a file that stays.
        let _ = std::fs::remove_file(path);
    }
    tracing::info!("Server Exiting..");
    Ok(())
}

/// The name under which test harnesses look for the ports: program and process.
fn ports_file_name() -> String {
    format!("nats-server_{}.ports", std::process::id())
}

fn wait_for_the_end() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        Ok(())
    })
}
