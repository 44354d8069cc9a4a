//! `goingnats store`: looking over and copying the folder that a server keeps its streams in.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Subcommand};

use crate::broker::store::{self, Finding, Report};
use crate::util::size;

/// Something is damaged.
const DAMAGED: u8 = 1;
/// It could not be looked at.
const FAILED: u8 = 2;

/// A server's store folder; a server may be running on it
#[derive(Args)]
pub struct StoreArgs {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Read every record and tell what is damaged; writes nothing. Exits with 0 when all is sound, 1 when
    /// something is damaged, 2 when the folder cannot be read
    Check {
        /// The server's store_dir, or the jetstream folder in it
        dir: PathBuf,
    },
    /// Copy all streams to a new folder that a server can be started with
    Copy {
        /// The server's store_dir, or the jetstream folder in it
        dir: PathBuf,
        /// The new store_dir; must be empty or not there
        to: PathBuf,
    },
}

/// Runs the command.
///
/// # Errors
/// When standard output is closed.
pub fn run(args: &StoreArgs) -> Result<ExitCode> {
    let mut out = std::io::stdout().lock();
    let done = match &args.command {
        Command::Check { dir } => store::check(dir).map(|reports| check(&reports, &mut out)),
        Command::Copy { dir, to } => copy(dir, to, &mut out),
    };
    match done {
        Ok(code) => Ok(ExitCode::from(code?)),
        Err(error) => {
            eprintln!("goingnats: {error}");
            Ok(ExitCode::from(FAILED))
        }
    }
}

fn check(reports: &[Report], out: &mut dyn Write) -> Result<u8> {
    for report in reports {
        describe(report, out)?;
    }
    let damages = reports
        .iter()
        .flat_map(|report| &report.findings)
        .filter(|f| f.is_damage)
        .count();
    writeln!(out, "{} streams, {damages} damaged places", reports.len())?;
    Ok(if damages > 0 { DAMAGED } else { 0 })
}

fn describe(report: &Report, out: &mut dyn Write) -> Result<()> {
    let Report {
        account,
        stream,
        messages,
        sequences: (first, last),
        ..
    } = report;
    writeln!(
        out,
        "{account} > {stream}: {messages} messages ({first} to {last}), {} consumers, {} segments, {}",
        report.consumers,
        report.segments,
        size::format_bytes(report.bytes)
    )?;
    for finding in &report.findings {
        writeln!(out, "  {}", line(finding))?;
    }
    Ok(())
}

fn line(finding: &Finding) -> String {
    let Finding { file, what, .. } = finding;
    let kind = if finding.is_damage { "damage" } else { "note" };
    let place = finding
        .place
        .map(|(at, length)| format!(" at {at}, {length} bytes"))
        .unwrap_or_default();
    let messages = match finding.sequences {
        Some((first, last)) if first == last => format!(", message {first}"),
        Some((first, last)) => format!(", messages among {first} to {last}"),
        None => String::new(),
    };
    format!("{kind}: {}{place}: {what}{messages}", file.display())
}

fn copy(dir: &Path, to: &Path, out: &mut dyn Write) -> Result<Result<u8>, store::StoreError> {
    let copied = store::copy(dir, to)?;
    let told = writeln!(
        out,
        "{} streams, {}",
        copied.streams,
        size::format_bytes(copied.bytes)
    );
    Ok(told.map(|()| 0).map_err(Into::into))
}
