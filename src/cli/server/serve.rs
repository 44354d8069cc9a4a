//! A running server and what the system's signals make it do.

use std::path::Path;

use anyhow::{Context, anyhow, bail};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use super::System;
use super::ports_file::PortsFile;
use crate::broker::conf::{Command, parse_args};
use crate::broker::net::{FATAL, Log};
use crate::broker::{self, Apply, Handle, Options};

/// Runs a server until it is told to end. Errors before there is a log are returned; later ones are in
/// the log, and end the process with 1 as nats-server does.
pub fn serve(options: Options, args: &[String]) -> anyhow::Result<()> {
    let log = Log::open(&options.log).context("error opening file")?;
    tracing_subscriber::registry().with(log.clone()).try_init()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    // Signals that come while the server starts must find somebody who waits for them.
    let signals = runtime.block_on(async { Signals::listen() })?;
    if let Some(path) = &options.pid_file {
        fatal_if(write_pid(path), "Could not write pidfile");
    }
    let ports_folder = options.ports_file_dir.clone();
    let handle = match broker::start(options) {
        Ok(handle) => handle,
        Err(error) => fatal(&error.to_string()),
    };
    let (log_too, args_too) = (log.clone(), args.to_vec());
    handle.on_reload(Box::new(move |apply| {
        reload(apply, &log_too, &args_too).map_err(|error| error.to_string())
    }));
    let ports = ports_folder.and_then(|folder| write_ports(&folder, &handle));
    runtime.block_on(watch(signals, &handle, &log, args));
    drop(ports);
    handle.shutdown();
    Ok(())
}

/// Deals with signals until one of them ends the server.
async fn watch(mut signals: Signals, handle: &Handle, log: &Log, args: &[String]) {
    let mut leaving = None;
    loop {
        let trapped = tokio::select! {
            trapped = signals.next() => trapped,
            () = over(&mut leaving) => return,
        };
        tracing::info!("Trapped {:?} signal", trapped.text());
        match trapped {
            Trapped::Interrupt => return,
            // A server that is leaving in good order is not to be hurried.
            Trapped::Terminate if leaving.is_some() => {}
            Trapped::Terminate => return,
            Trapped::Hangup => {
                if let Err(error) = reload(&|options| handle.reload(options), log, args) {
                    tracing::error!("Failed to reload server configuration: {error}");
                }
            }
            Trapped::Reopen => reopen(log),
            Trapped::LameDuck if leaving.is_some() => {}
            Trapped::LameDuck => leaving = Some(handle.lame_duck()),
        }
    }
}

/// Waits until lame duck mode is over; for ever when it has not begun.
async fn over(leaving: &mut Option<oneshot::Receiver<()>>) {
    match leaving {
        Some(leaving) => drop(leaving.await),
        None => std::future::pending().await,
    }
}

/// Reads the file again. Flags win over it, as they did at the start.
fn reload(apply: Apply<'_>, log: &Log, args: &[String]) -> anyhow::Result<()> {
    let parsed = parse_args(args, Options::nats_server(), &System);
    // An error of the file has a line of its own for each thing that is wrong.
    let command = parsed.map_err(|error| anyhow!("{}", error.to_string().trim_end()))?;
    let Command::Run { options, warnings } = command else {
        bail!("the command line does not ask for a server");
    };
    if options.config_file.is_none() {
        bail!("can only reload config when a file is provided using -c or --config");
    }
    for warning in warnings {
        tracing::warn!("{warning}");
    }
    let log_options = options.log.clone();
    apply(*options)?;
    Ok(log.apply(&log_options)?)
}

fn reopen(log: &Log) {
    match log.reopen() {
        Ok(true) => tracing::info!("File log re-opened"),
        Ok(false) => tracing::info!("File log re-open ignored, not a file logger"),
        Err(error) => tracing::error!("File log could not be re-opened: {error}"),
    }
}

fn write_pid(path: &Path) -> std::io::Result<()> {
    std::fs::write(path, std::process::id().to_string())
}

fn write_ports(folder: &Path, handle: &Handle) -> Option<PortsFile> {
    let written = PortsFile::write(folder, handle.address(), handle.monitor_address());
    written
        .inspect_err(|error| tracing::error!("Error writing ports file ({}): {error}", folder.display()))
        .ok()
}

fn fatal_if(outcome: std::io::Result<()>, what: &str) {
    if let Err(error) = outcome {
        fatal(&format!("{what}: {error}"));
    }
}

/// Says why in the log, and ends the process.
fn fatal(text: &str) -> ! {
    tracing::error!(target: FATAL, "{text}");
    std::process::exit(1)
}

/// The signals that a server knows.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hangup: Signal,
    reopen: Signal,
    lame_duck: Signal,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trapped {
    Interrupt,
    Terminate,
    Hangup,
    Reopen,
    LameDuck,
}

impl Trapped {
    /// The signal as Go writes it.
    fn text(self) -> &'static str {
        match self {
            Trapped::Interrupt => "interrupt",
            Trapped::Terminate => "terminated",
            Trapped::Hangup => "hangup",
            Trapped::Reopen => "user defined signal 1",
            Trapped::LameDuck => "user defined signal 2",
        }
    }
}

impl Signals {
    fn listen() -> std::io::Result<Signals> {
        Ok(Signals {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
            reopen: signal(SignalKind::user_defined1())?,
            lame_duck: signal(SignalKind::user_defined2())?,
        })
    }

    async fn next(&mut self) -> Trapped {
        tokio::select! {
            _ = self.interrupt.recv() => Trapped::Interrupt,
            _ = self.terminate.recv() => Trapped::Terminate,
            _ = self.hangup.recv() => Trapped::Hangup,
            _ = self.reopen.recv() => Trapped::Reopen,
            _ = self.lame_duck.recv() => Trapped::LameDuck,
        }
    }
}
