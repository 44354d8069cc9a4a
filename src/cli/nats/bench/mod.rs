//! `nats bench`: how fast messages go. [`sample`] is what a client measures and how it is told, [`pace`]
//! shows how far the clients are; [`operate`], [`batch`], [`subscribe`], [`consume`] and [`serve`] are the kinds
//! of client, [`jetstream`] and [`kv`] prepare streams and buckets for them.
//!
//! Every client has a connection of its own. They begin together, once all are connected.

mod batch;
mod consume;
mod jetstream;
mod kv;
mod operate;
mod options;
mod pace;
mod sample;
mod serve;
mod subscribe;

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use anyhow::anyhow;
use clap::Subcommand;
use futures_util::FutureExt;
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use super::output::{Out, log};
use super::session::Session;
use super::typed::parse_duration;
use crate::util::size;
use operate::Deed;
use options::{Common, Load, Subjects, Work};
use pace::Pace;
pub(super) use sample::Latencies;
use sample::{Sample, report};

/// Messages between two looks at the counter that all clients share.
const STRIDE: u64 = 256;

/// Benchmarks the server, for example:
///
///   nats bench sub test --msgs 1000000 --clients 2
///   nats bench pub test --msgs 1000000 --size 16
///   nats bench js pub async js.bench --create --msgs 100000
///   nats bench js consume --msgs 100000
///   nats bench kv put --msgs 10000
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
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
    /// Micro-service mode
    Service(ServiceArgs),
    /// JetStream benchmark commands
    Js(Box<jetstream::JsArgs>),
    /// KV benchmark operations
    Kv(kv::KvArgs),
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
    #[command(flatten)]
    load: Load,
    #[command(flatten)]
    subjects: Subjects,
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
struct ServiceArgs {
    #[command(flatten)]
    common: Common,
    /// Sleep for the specified interval between requests or before replying to the request
    #[arg(long, global = true, value_name = "DURATION", default_value = "0s", value_parser = parse_duration)]
    sleep: Duration,
    #[command(subcommand)]
    command: ServiceCommand,
}

#[derive(Debug, Subcommand)]
enum ServiceCommand {
    /// Send a request and wait for a reply
    Request {
        /// Subject to use for the benchmark
        subject: String,
        #[command(flatten)]
        load: Load,
    },
    /// Service requests
    Serve {
        /// Subject to use for the benchmark
        subject: String,
    },
}

/// What a client starts with.
#[derive(Clone)]
struct Start {
    session: Arc<Session>,
    subject: String,
    pace: Pace,
    together: Arc<Barrier>,
}

/// A run: its name, its mark in CSV files, and what is said before it.
struct Run<'a> {
    what: &'static str,
    mark: &'static str,
    common: &'a Common,
    clients: u64,
    messages: u64,
    size: usize,
    /// `subject=x` or `stream=x`.
    about: String,
}

impl Run<'_> {
    fn announce(&self) {
        log(&format!(
            "Starting {} benchmark [clients={}, msg-size={}, msgs={}, {}]",
            self.what,
            self.clients,
            size::format_bytes(self.size as u64),
            size::format_count(self.messages),
            self.about
        ));
    }
}

/// Runs the subcommand.
pub(super) async fn run(session: Session, args: Args) -> anyhow::Result<()> {
    match args.command {
        Command::Pub(args) => run_publishers(session, args).await,
        Command::Sub(args) => run_subscribers(session, args).await,
        Command::Service(args) => match args.command {
            ServiceCommand::Request { subject, load } => {
                let work = Work {
                    target: subject,
                    sleep: args.sleep,
                    ..load.work(&args.common)?
                };
                let messages = load.rate.messages(&args.common)?;
                let what = ("Core NATS service requester", "R");
                operators(session, what, Deed::Request, work, &args.common, messages).await
            }
            ServiceCommand::Serve { subject } => {
                run_servers(session, &args.common, args.sleep, subject).await
            }
        },
        Command::Js(args) => jetstream::run(session, *args).await,
        Command::Kv(args) => kv::run(session, args).await,
    }
}

async fn run_publishers(session: Session, args: PubArgs) -> anyhow::Result<()> {
    let many = &args.subjects;
    let work = Work {
        target: args.subject,
        sleep: args.sleep,
        subjects: many.multisubject.then_some(many.multisubjectmax),
        randomly: many.multisubjectrandomize,
        ..args.load.work(&args.common)?
    };
    let messages = args.load.rate.messages(&args.common)?;
    let what = ("Core NATS publisher", "P");
    operators(session, what, Deed::Publish, work, &args.common, messages).await
}

/// Clients that share the messages and do one thing with each.
async fn operators(
    session: Session,
    (what, mark): (&'static str, &'static str),
    deed: Deed,
    work: Work,
    common: &Common,
    messages: u64,
) -> anyhow::Result<()> {
    let about = match deed {
        Deed::Put | Deed::Get => "bucket",
        Deed::Read => "stream",
        _ => "subject",
    };
    let run = Run {
        what,
        mark,
        common,
        clients: common.clients.min(messages),
        messages,
        size: work.payload.len(),
        about: format!("{about}={}", work.target),
    };
    run.announce();
    let start = start(session, work.target.clone(), run.clients, messages);
    let mut crew = JoinSet::new();
    for numbers in parts(messages, run.clients) {
        crew.spawn(operate::run(start.clone(), work.clone(), deed, numbers).boxed());
    }
    finish(&run, crew, &start.pace).await
}

async fn run_subscribers(session: Session, args: SubArgs) -> anyhow::Result<()> {
    let common = &args.common;
    let run = Run {
        what: "Core NATS subscriber",
        mark: "S",
        common,
        clients: common.clients,
        messages: common.msgs,
        size: common.size()?,
        about: format!("subject={}", args.subject),
    };
    run.announce();
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
        crew.spawn(subscribe::run(start.clone(), common.msgs).boxed());
    }
    finish(&run, crew, &start.pace).await
}

async fn run_servers(
    session: Session,
    common: &Common,
    sleep: Duration,
    subject: String,
) -> anyhow::Result<()> {
    let size = common.size()?;
    let run = Run {
        what: "Core NATS service server",
        mark: "V",
        common,
        clients: common.clients,
        messages: common.msgs,
        size,
        about: format!("subject={subject}"),
    };
    run.announce();
    let start = start(session, subject, common.clients, common.msgs);
    let mut crew = JoinSet::new();
    for _ in 0..common.clients {
        let payload = vec![b' '; size].into();
        crew.spawn(serve::run(start.clone(), payload, sleep).boxed());
    }
    finish(&run, crew, &start.pace).await
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

/// Waits for all clients, and tells what they measured.
async fn finish(run: &Run<'_>, mut crew: JoinSet<anyhow::Result<Sample>>, pace: &Pace) -> anyhow::Result<()> {
    let display = run
        .common
        .progress
        .then(|| tokio::spawn(pace::show(pace.clone())));
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
    for line in report(run.what, &samples) {
        out.line(&line)?;
    }
    if let Some(path) = &run.common.csv {
        std::fs::write(path, sample::csv(run.mark, &samples))?;
        out.line(&format!("Saved metric data in csv file {}", path.display()))?;
    }
    Ok(out.flush()?)
}

/// The numbers of each client's messages; the first ones take what is left over.
fn parts(messages: u64, clients: u64) -> impl Iterator<Item = Range<u64>> {
    let (each, over) = (messages / clients, messages % clients);
    let mut first = 0;
    (0..clients).map(move |client| {
        let part = first..first + each + u64::from(client < over);
        first = part.end;
        part
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_share_the_messages() {
        assert_eq!(parts(10, 3).collect::<Vec<_>>(), [0..4, 4..7, 7..10]);
        assert_eq!(parts(2, 2).collect::<Vec<_>>(), [0..1, 1..2]);
    }
}
