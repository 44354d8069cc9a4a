//! `nats bench js`: a stream is prepared, then the clients go.

use std::time::Duration;

use anyhow::anyhow;
use futures_util::FutureExt;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::super::session::{Connection, Session};
use super::super::stream::nanos;
use super::super::typed::{parse_bytes, parse_duration, split_subjects};
use super::batch::{self, Kind};
use super::consume::{self, How, Reading};
use super::operate::Deed;
use super::options::{Common, Load, Subjects, Work};
use super::{Run, finish, operators, parts, start};
use crate::client::templates::Random;

/// JetStream's code for a stream that is there already and is configured otherwise.
const STREAM_EXISTS: u64 = 10058;

#[derive(Debug, clap::Args)]
pub(super) struct JsArgs {
    #[command(flatten)]
    common: Common,
    /// The name of the stream to create or use
    #[arg(long, global = true, default_value = "benchstream")]
    stream: String,
    /// Sleep for the specified interval between publications
    #[arg(long, global = true, value_name = "DURATION", default_value = "0s", value_parser = parse_duration)]
    sleep: Duration,
    #[command(subcommand)]
    command: JsCommand,
}

#[derive(Debug, clap::Subcommand)]
enum JsCommand {
    /// Publish JetStream messages
    Pub {
        #[command(subcommand)]
        command: PubCommand,
    },
    /// Consume JetStream messages from a consumer using an ephemeral ordered consumer
    Ordered(OrderedArgs),
    /// Consume JetStream messages from a durable consumer using a callback
    Consume(DurableArgs),
    /// Consume JetStream messages from a durable consumer using fetch
    Fetch(DurableArgs),
    /// Retrieve messages from JetStream using gets
    Get {
        #[command(subcommand)]
        command: GetCommand,
    },
}

#[derive(Debug, clap::Subcommand)]
enum PubCommand {
    /// Use synchronous JetStream publish
    Sync(PubArgs),
    /// Use asynchronous JetStream publish
    Async(BatchArgs),
    /// Use atomic batch JetStream publish
    #[command(visible_alias = "batch")]
    Atomic(BatchArgs),
}

#[derive(Debug, clap::Subcommand)]
enum GetCommand {
    /// Use synchronous JetStream get
    Sync,
    /// Use batched JetStream direct get
    Batch {
        /// Sets the max number of messages that can be buffered in the client
        #[arg(long, default_value_t = 500)]
        batch: usize,
        /// Filter for the messages
        #[arg(long, default_value = ">")]
        filter: String,
    },
}

#[derive(Debug, clap::Args)]
struct BatchArgs {
    /// Sets the size of the batches
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u64).range(1..))]
    batch: u64,
    #[command(flatten)]
    publish: PubArgs,
}

#[derive(Debug, clap::Args)]
struct PubArgs {
    /// Subject to use for the benchmark
    subject: String,
    #[command(flatten)]
    load: Load,
    #[command(flatten)]
    subjects: Subjects,
    #[command(flatten)]
    storage: Storage,
    /// Create or update the stream first
    #[arg(long)]
    create: bool,
    /// Purge the stream before running
    #[arg(long)]
    purge: bool,
    /// Sets a message id in the header to use JS Publish de-duplication
    #[arg(long)]
    dedup: bool,
    /// Sets the duration of the stream's deduplication functionality
    #[arg(long, value_name = "DURATION", default_value = "2m", value_parser = parse_duration)]
    dedupwindow: Duration,
    /// Set the persistence mode for the stream to asynchronous
    #[arg(long)]
    persistasync: bool,
}

/// Where a stream or bucket keeps its messages.
#[derive(Debug, clap::Args)]
pub(super) struct Storage {
    /// JetStream storage
    #[arg(long, default_value = "file", value_parser = ["memory", "file"])]
    pub(super) storage: String,
    /// Number of replicas
    #[arg(long, default_value_t = 1)]
    pub(super) replicas: u64,
    /// The maximum size of the stream or KV bucket in bytes
    #[arg(long, value_name = "BYTES", default_value = "1GB", value_parser = parse_bytes)]
    pub(super) maxbytes: i64,
}

#[derive(Debug, clap::Args)]
struct OrderedArgs {
    /// Sets the max number of messages that can be buffered in the client
    #[arg(long, default_value_t = 500)]
    batch: usize,
    /// Purge the stream before running
    #[arg(long)]
    purge: bool,
    /// Filter Stream by subjects
    #[arg(long, value_name = "SUBJECTS")]
    filter: Vec<String>,
}

#[derive(Debug, clap::Args)]
struct DurableArgs {
    #[command(flatten)]
    ordered: OrderedArgs,
    /// Specify the durable consumer name to use
    #[arg(long, default_value = "nats-bench")]
    consumer: String,
    /// Acknowledgement mode for the consumer
    #[arg(long, default_value = "explicit", value_parser = ["explicit", "none", "all"])]
    acks: String,
    /// Synchronously acknowledge messages, waiting for a reply from the server
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_value_t = false, default_missing_value = "true", action = clap::ArgAction::Set)]
    doubleack: bool,
}

pub(super) async fn run(session: Session, args: JsArgs) -> anyhow::Result<()> {
    let JsArgs {
        common,
        stream,
        sleep,
        command,
    } = args;
    let patience = session.timeout;
    let reading = |how, batch, filters| Reading {
        stream: stream.clone(),
        how,
        batch,
        filters,
        patience,
        sleep,
    };
    let purge = |wanted: bool| Prepared {
        stream: &stream,
        purge: wanted,
    };
    match command {
        JsCommand::Pub { command } => publish(session, &common, &stream, sleep, command).await,
        JsCommand::Ordered(args) => {
            purge(args.purge).ready(&session).await?;
            let reading = reading(How::Ordered, args.batch, split_subjects(&args.filter));
            let what = ("JetStream ordered ephemeral consumer", "O");
            // Every reader gets every message.
            readers(session, what, reading, &common, all_to_each(&common)).await
        }
        JsCommand::Consume(args) => {
            let how = How::Consume {
                name: args.consumer.clone(),
                confirmed: args.doubleack,
            };
            purge(args.ordered.purge).ready(&session).await?;
            let what = ("JetStream durable consumer (callback)", "C");
            let reading = reading(how, args.ordered.batch, Vec::new());
            durable(session, what, reading, &common, &args).await
        }
        JsCommand::Fetch(args) => {
            let how = How::Fetch {
                name: args.consumer.clone(),
                confirmed: args.doubleack,
            };
            purge(args.ordered.purge).ready(&session).await?;
            let what = ("JetStream durable consumer (fetch)", "F");
            let reading = reading(how, args.ordered.batch, Vec::new());
            durable(session, what, reading, &common, &args).await
        }
        JsCommand::Get {
            command: GetCommand::Sync,
        } => {
            let first = purge(false).ready(&session).await?;
            let work = Work {
                target: stream.clone(),
                first,
                sleep,
                ..Work::default()
            };
            let what = ("JetStream synchronous getter", "G");
            operators(session, what, Deed::Read, work, &common, common.msgs).await
        }
        JsCommand::Get {
            command: GetCommand::Batch { batch, filter },
        } => {
            purge(false).ready(&session).await?;
            let reading = reading(How::Direct, batch, vec![filter]);
            let what = ("JetStream batched direct getter", "B");
            readers(session, what, reading, &common, all_to_each(&common)).await
        }
    }
}

fn all_to_each(common: &Common) -> Vec<u64> {
    (0..common.clients).map(|_| common.msgs).collect()
}

/// A stream that must be there.
struct Prepared<'a> {
    stream: &'a str,
    purge: bool,
}

impl Prepared<'_> {
    /// Gives the sequence of its first message.
    async fn ready(&self, session: &Session) -> anyhow::Result<u64> {
        let connection = session.connect().await?;
        let info = format!("STREAM.INFO.{}", self.stream);
        let info = connection
            .api
            .request(&info, &Value::Null)
            .await
            .map_err(|e| anyhow!("could not find stream {}: {e}", self.stream))?;
        if self.purge {
            purge(&connection, self.stream).await?;
        }
        Ok(info["state"]["first_seq"].as_u64().unwrap_or(1))
    }
}

/// Empties a stream.
pub(super) async fn purge(connection: &Connection, stream: &str) -> anyhow::Result<()> {
    let subject = format!("STREAM.PURGE.{stream}");
    connection.api.request(&subject, &Value::Null).await?;
    Ok(())
}

/// Makes a stream, or changes the one that is there.
pub(super) async fn create(connection: &Connection, config: &Value) -> anyhow::Result<()> {
    let name = config["name"].as_str().unwrap_or("");
    let api = &connection.api;
    match api.request(&format!("STREAM.CREATE.{name}"), config).await {
        Err(error) if error.code() == Some(STREAM_EXISTS) => {
            api.request(&format!("STREAM.UPDATE.{name}"), config).await?;
        }
        made => drop(made?),
    }
    Ok(())
}

async fn publish(
    session: Session,
    common: &Common,
    stream: &str,
    sleep: Duration,
    command: PubCommand,
) -> anyhow::Result<()> {
    let (args, batch) = match command {
        PubCommand::Sync(args) => (args, None),
        PubCommand::Async(args) => (args.publish, Some((Kind::Asynchronous, args.batch))),
        PubCommand::Atomic(args) => (args.publish, Some((Kind::Atomic, args.batch))),
    };
    let many = &args.subjects;
    let connection = session.connect().await?;
    if args.create {
        let subject = if many.multisubject {
            format!("{}.*", args.subject)
        } else {
            args.subject.clone()
        };
        let mut config = json!({
            "name": stream, "subjects": [subject], "storage": args.storage.storage,
            "num_replicas": args.storage.replicas, "max_bytes": args.storage.maxbytes,
            "discard": "new", "allow_direct": true, "allow_batched": true,
            "duplicate_window": nanos(args.dedupwindow),
        });
        // Whatever publishes to it now, batches may come later; atomic ones are not for a stream that is made safe later.
        let is_atomic = matches!(batch, Some((Kind::Atomic, _)));
        match args.persistasync && !is_atomic {
            true => config["persist_mode"] = "async".into(),
            false => config["allow_atomic"] = true.into(),
        }
        create(&connection, &config).await?;
    } else {
        let subject = format!("STREAM.INFO.{stream}");
        let found = connection.api.request(&subject, &Value::Null).await;
        found.map_err(|e| anyhow!("could not find stream {stream}, use --create to make it: {e}"))?;
    }
    if args.purge {
        purge(&connection, stream).await?;
    }
    drop(connection);
    let messages = args.load.rate.messages(common)?;
    let work = Work {
        target: args.subject,
        sleep,
        subjects: many.multisubject.then_some(many.multisubjectmax),
        randomly: many.multisubjectrandomize,
        ids: args.dedup.then(|| Random::from_system().id()),
        ..args.load.work(common)?
    };
    let Some((kind, batch)) = batch else {
        let what = ("JetStream synchronous publisher", "JP");
        return operators(session, what, Deed::Store, work, common, messages).await;
    };
    let run = Run {
        what: match kind {
            Kind::Asynchronous => "JetStream asynchronous publisher",
            Kind::Atomic => "JetStream atomic batch publisher",
        },
        mark: "JP",
        common,
        clients: common.clients.min(messages),
        messages,
        size: work.payload.len(),
        about: format!("batch={batch}, subject={}, stream={stream}", work.target),
    };
    run.announce();
    let start = start(session, work.target.clone(), run.clients, messages);
    let mut crew = JoinSet::new();
    for numbers in parts(messages, run.clients) {
        crew.spawn(batch::run(start.clone(), work.clone(), kind, batch, numbers).boxed());
    }
    finish(&run, crew, &start.pace).await
}

/// Makes the durable consumer that the clients share.
async fn durable(
    session: Session,
    what: (&'static str, &'static str),
    reading: Reading,
    common: &Common,
    args: &DurableArgs,
) -> anyhow::Result<()> {
    let connection = session.connect().await?;
    let (stream, name) = (&reading.stream, &args.consumer);
    let mut config = json!({
        "name": name, "durable_name": name, "deliver_policy": "all", "replay_policy": "instant",
        "ack_policy": args.acks,
    });
    if args.acks != "none" {
        let pending = (args.ordered.batch as u64).saturating_mul(common.clients);
        config["max_ack_pending"] = pending.into();
    }
    let filters = split_subjects(&args.ordered.filter);
    if !filters.is_empty() {
        config["filter_subjects"] = json!(filters);
    }
    let request = json!({ "stream_name": stream, "config": config });
    connection
        .api
        .request(&format!("CONSUMER.CREATE.{stream}.{name}"), &request)
        .await?;
    drop(connection);
    let shares = parts(common.msgs, common.clients)
        .map(|part| part.end - part.start)
        .collect();
    readers(session, what, reading, common, shares).await
}

async fn readers(
    session: Session,
    (what, mark): (&'static str, &'static str),
    reading: Reading,
    common: &Common,
    shares: Vec<u64>,
) -> anyhow::Result<()> {
    let run = Run {
        what,
        mark,
        common,
        clients: common.clients,
        messages: common.msgs,
        size: common.size()?,
        about: format!("batch={}, stream={}", reading.batch, reading.stream),
    };
    run.announce();
    let start = start(session, String::new(), common.clients, shares.iter().sum());
    let mut crew = JoinSet::new();
    for messages in shares {
        crew.spawn(consume::run(start.clone(), reading.clone(), messages).boxed());
    }
    finish(&run, crew, &start.pace).await
}
