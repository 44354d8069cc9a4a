//! `nats bench`: how fast messages go. [`sample`] is what a client measures and how it is told, [`pace`]
//! shows how far the clients are; [`publish`] and [`subscribe`] are the kinds of client.
//!
//! Every client has a connection of its own. They begin together, once all are connected.

mod pace;
mod publish;
mod sample;
mod subscribe;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{anyhow, bail};
use clap::Subcommand;
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use super::output::{Out, log};
use super::session::Session;
use super::typed::{parse_bytes, parse_duration};
use crate::util::size;
use pace::Pace;
use sample::{Sample, report};

/// Most clients of one run.
const CLIENTS_MAX: i64 = 10_000;
/// Largest message, in bytes; servers take far less.
const SIZE_MAX: i64 = 64 << 20;

/// Benchmarks the server.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Publish Core NATS messages
    Pub(PubArgs),
    /// Subscribe to Core NATS messages
    Sub(SubArgs),
}

#[derive(Debug, clap::Args)]
struct PubArgs {
    /// Subject to use for the benchmark
    subject: String,
    #[command(flatten)]
    common: Common,
    /// Sleep for the specified interval between publications
    #[arg(long, value_name = "DURATION", default_value = "0s", value_parser = parse_duration)]
    sleep: Duration,
    /// Each message is published on a subject that ends in its number
    #[arg(long)]
    multisubject: bool,
    /// The maximum number of subjects to use in multi-subject mode (0 means no max)
    #[arg(long, value_name = "SUBJECTS", default_value_t = 100_000)]
    multisubjectmax: u64,
}

#[derive(Debug, clap::Args)]
struct SubArgs {
    /// Subject to use for the benchmark
    subject: String,
    #[command(flatten)]
    common: Common,
    /// Subscribe to the subjects of multi-subject mode
    #[arg(long)]
    multisubject: bool,
}

#[derive(Debug, clap::Args)]
struct Common {
    /// Number of concurrent clients
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=CLIENTS_MAX as u64))]
    clients: u64,
    /// Number of messages to publish or subscribe to
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u64).range(1..))]
    msgs: u64,
    /// Size of the test messages
    #[arg(long, default_value = "128B", value_parser = parse_bytes)]
    size: i64,
    /// Show how far the clients are (--no-progress turns it off)
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_value_t = true, default_missing_value = "true", action = clap::ArgAction::Set)]
    progress: bool,
    /// Save benchmark data to CSV file
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
}

impl Common {
    fn size(&self) -> anyhow::Result<usize> {
        match usize::try_from(self.size) {
            Ok(size) if self.size <= SIZE_MAX => Ok(size),
            _ => bail!("invalid message size"),
        }
    }
}

/// What a client starts with.
#[derive(Clone)]
struct Start {
    session: Arc<Session>,
    subject: String,
    pace: Pace,
    together: Arc<Barrier>,
}

/// Runs the subcommand.
pub(super) async fn run(session: Session, args: Args) -> anyhow::Result<()> {
    match args.command {
        Command::Pub(args) => run_publishers(session, args).await,
        Command::Sub(args) => run_subscribers(session, args).await,
    }
}

async fn run_publishers(session: Session, args: PubArgs) -> anyhow::Result<()> {
    let common = args.common;
    let clients = common.clients.min(common.msgs);
    let work = publish::Work {
        size: common.size()?,
        sleep: args.sleep,
        subjects: args.multisubject.then_some(args.multisubjectmax),
    };
    log(&banner(
        "Core NATS publisher",
        clients,
        &common,
        &args.subject,
        work.size,
    ));
    let start = start(session, args.subject, clients, common.msgs);
    let mut crew = JoinSet::new();
    let mut first = 0;
    for messages in shares(common.msgs, clients) {
        crew.spawn(publish::run(start.clone(), work.clone(), first..first + messages));
        first += messages;
    }
    finish("Core NATS publisher", "P", crew, &start.pace, &common).await
}

async fn run_subscribers(session: Session, args: SubArgs) -> anyhow::Result<()> {
    let (common, size) = (&args.common, args.common.size()?);
    log(&banner(
        "Core NATS subscriber",
        common.clients,
        common,
        &args.subject,
        size,
    ));
    let subject = if args.multisubject {
        format!("{}.*", args.subject)
    } else {
        args.subject.clone()
    };
    // Every subscriber gets every message.
    let total = common.msgs.saturating_mul(common.clients);
    let start = start(session, subject, common.clients, total);
    let mut crew = JoinSet::new();
    for _ in 0..common.clients {
        crew.spawn(subscribe::run(start.clone(), common.msgs));
    }
    finish("Core NATS subscriber", "S", crew, &start.pace, common).await
}

fn start(session: Session, subject: String, clients: u64, total: u64) -> Start {
    let clients = usize::try_from(clients).unwrap_or(usize::MAX);
    Start {
        session: Arc::new(session.buffering(subscribe::MESSAGES_WAITING_MAX)),
        subject,
        pace: Pace::new(total),
        together: Arc::new(Barrier::new(clients)),
    }
}

fn banner(what: &str, clients: u64, common: &Common, subject: &str, size: usize) -> String {
    format!(
        "Starting {what} benchmark [clients={clients}, msg-size={}, msgs={}, subject={subject}]",
        size::format_bytes(size as u64),
        size::format_count(common.msgs)
    )
}

/// Waits for all clients, and tells what they measured.
async fn finish(
    what: &str,
    prefix: &str,
    mut crew: JoinSet<anyhow::Result<Sample>>,
    pace: &Pace,
    common: &Common,
) -> anyhow::Result<()> {
    let display = common.progress.then(|| tokio::spawn(pace::show(pace.clone())));
    let mut samples = Vec::new();
    let mut failed = None;
    while let Some(ended) = crew.join_next().await {
        match ended
            .map_err(|e| anyhow!("a client came to a bad end: {e}"))
            .flatten()
        {
            Ok(sample) => samples.push(sample),
            // The others may wait for the one that failed.
            Err(error) => {
                failed = Some(error);
                break;
            }
        }
    }
    if let Some(display) = display {
        pace.end();
        display.await?;
    }
    if let Some(error) = failed {
        return Err(error);
    }
    let mut out = Out::new();
    out.line("")?;
    for line in report(what, &samples) {
        out.line(&line)?;
    }
    if let Some(path) = &common.csv {
        std::fs::write(path, sample::csv(prefix, &samples))?;
        out.line(&format!("Saved metric data in csv file {}", path.display()))?;
    }
    Ok(out.flush()?)
}

/// The messages of each client; the first ones take what is left over.
fn shares(messages: u64, clients: u64) -> impl Iterator<Item = u64> {
    let (each, over) = (messages / clients, messages % clients);
    (0..clients).map(move |client| each + u64::from(client < over))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_share_the_messages() {
        assert_eq!(shares(10, 3).collect::<Vec<_>>(), [4, 3, 3]);
        assert_eq!(shares(2, 2).collect::<Vec<_>>(), [1, 1]);
    }
}
