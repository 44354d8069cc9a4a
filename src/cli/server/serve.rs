//! A running server and what the system's signals make it do.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{anyhow, bail};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use super::System;
use super::ports_file::{Doors, PortsFile};
use crate::broker::conf::{Command, parse_args};
use crate::broker::net::{FATAL, Log};
use crate::broker::{self, Apply, Handle, Options, StartError};

/// Runs a server until it is told to end. Errors before there is a log are returned; later ones are in
/// the log, and end the process with 1 as nats-server does.
pub fn serve(options: Options, args: &[String]) -> anyhow::Result<()> {
    let log = Log::open(&options.log)?;
    tracing_subscriber::registry().with(log.clone()).try_init()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    // Signals that come while the server starts must find somebody who waits for them.
    let signals = runtime.block_on(async { Signals::listen() })?;
    if let Some(path) = &options.pid_file {
        fatal_if(write_pid(path), "Could not write pidfile");
    }
    let files = (options.pid_file.clone(), options.ports_file_dir.clone());
    let handle = match broker::start(options) {
        Ok(handle) => handle,
        // Certificates are part of the settings, whose mistakes come before there is a log.
        Err(error @ StartError::Tls(_)) => return Err(error.into()),
        Err(error) => fatal(&error.to_string()),
    };
    let surroundings = Arc::new(Surroundings {
        log,
        args: args.to_vec(),
        doors: Doors::of(&handle),
        pid_file: Mutex::new(files.0),
        ports: Mutex::default(),
    });
    surroundings.move_ports_file(files.1);
    let reloading = surroundings.clone();
    handle.on_reload(Box::new(move |apply| {
        reloading.reload(apply).map_err(|error| error.to_string())
    }));
    runtime.block_on(watch(signals, &handle, &surroundings));
    surroundings.move_ports_file(None);
    handle.shutdown();
    Ok(())
}

/// What the process has around the broker: its log, and the files that others find it by.
struct Surroundings {
    log: Log,
    args: Vec<String>,
    doors: Doors,
    pid_file: Mutex<Option<PathBuf>>,
    ports: Mutex<Option<PortsFile>>,
}

impl Surroundings {
    /// Reads the file again. Flags win over it, as they did at the start.
    fn reload(&self, apply: Apply<'_>) -> anyhow::Result<()> {
        let parsed = parse_args(&self.args, Options::nats_server(), &System);
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
        let (pid_file, ports_folder) = (options.pid_file.clone(), options.ports_file_dir.clone());
        apply(*options)?;
        self.move_pid_file(pid_file);
        self.move_ports_file(ports_folder);
        Ok(self.log.apply(&log_options)?)
    }

    /// Writes the process id where it is now to be found. The old file stays, as with nats-server.
    fn move_pid_file(&self, path: Option<PathBuf>) {
        let mut current = self.pid_file.lock().unwrap_or_else(PoisonError::into_inner);
        if *current == path {
            return;
        }
        if let Some(Err(error)) = path.as_deref().map(write_pid) {
            tracing::error!("Failed to write pidfile: {error}");
        }
        *current = path;
    }

    /// Takes the ports file away, unless it is in the right folder, and writes it there.
    fn move_ports_file(&self, folder: Option<PathBuf>) {
        let mut current = self.ports.lock().unwrap_or_else(PoisonError::into_inner);
        if current.as_ref().and_then(PortsFile::folder) == folder.as_deref() {
            return;
        }
        *current = None;
        *current = folder.and_then(|folder| {
            let written = PortsFile::write(&folder, &self.doors);
            written
                .inspect_err(|error| {
                    tracing::error!("Error writing ports file ({}): {error}", folder.display());
                })
                .ok()
        });
    }
}

/// Deals with signals until one of them ends the server.
async fn watch(mut signals: Signals, handle: &Handle, surroundings: &Surroundings) {
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
                if let Err(error) = surroundings.reload(&|options| handle.reload(options)) {
                    tracing::error!("Failed to reload server configuration: {error}");
                }
            }
            Trapped::Reopen => reopen(&surroundings.log),
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
