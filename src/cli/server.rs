//! `goingnats server`, also called `nats-server`: the broker alone.

use std::ffi::OsString;
use std::process::ExitCode;

use anyhow::{Context, bail};
use tokio::signal::unix::{SignalKind, signal};

use crate::broker::conf::JetStreamOptions;
use crate::broker::{self, Options};

/// Runs the broker until the process is told to end.
pub(super) fn run(args: impl Iterator<Item = OsString>) -> ExitCode {
    let args = args.map(|arg| arg.to_string_lossy().into_owned());
    match options(args).and_then(serve) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("nats-server: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// nats-server's own flags, with one dash or two.
fn options(mut args: impl Iterator<Item = String>) -> anyhow::Result<Options> {
    let mut options = Options {
        host: "0.0.0.0".to_owned(),
        ..Options::default()
    };
    while let Some(arg) = args.next() {
        let flag = arg.trim_start_matches('-');
        let (flag, given) = flag
            .split_once('=')
            .map_or((flag, None), |(f, v)| (f, Some(v.to_owned())));
        let mut value = || {
            given
                .clone()
                .or_else(|| args.next())
                .context(format!("{arg} needs a value"))
        };
        match flag {
            "a" | "addr" | "net" => options.host = value()?,
            "p" | "port" => {
                let port = value()?;
                options.port = if port == "-1" {
                    0
                } else {
                    port.parse().context("port")?
                };
            }
            "n" | "name" | "server_name" => options.server_name = Some(value()?),
            "js" | "jetstream" => {
                options.jetstream.get_or_insert_default();
            }
            "sd" | "store_dir" => {
                let jetstream: &mut JetStreamOptions = options.jetstream.get_or_insert_default();
                jetstream.store_dir = Some(value()?.into());
            }
            _ => bail!("flag provided but not defined: -{flag}"),
        }
    }
    Ok(options)
}

fn serve(options: Options) -> anyhow::Result<()> {
    let handle = broker::start(options)?;
    eprintln!("[INF] Listening for client connections on {}", handle.address());
    eprintln!(
        "[INF] Server id: {}, name: {}",
        handle.server_id(),
        handle.server_name()
    );
    eprintln!("[INF] Server is ready");
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
        anyhow::Ok(())
    })?;
    handle.shutdown();
    Ok(())
}
