//! Subscribing to what a stream holds.

use std::time::Duration;

use anyhow::{anyhow, bail};
use async_nats::jetstream::stream::{RetentionPolicy, State};
use async_nats::jetstream::{self, AckKind, consumer};
use consumer::{AckPolicy, DeliverPolicy, pull};
use futures_util::{FutureExt as _, StreamExt as _};
use serde_json::{Value, json};

use crate::util::duration;
use crate::util::time::Timestamp;

use super::super::output::log;
use super::super::session::{Connection, Session};
use super::super::typed::parse_duration;
use super::show::Printer;
use super::{Limits, direct};

/// Where in a stream to begin.
#[derive(Debug, clap::Args)]
pub(super) struct StreamArgs {
    /// Subscribe to a specific stream
    #[arg(long)]
    stream: Option<String>,
    /// Use a durable consumer
    #[arg(long)]
    pub durable: Option<String>,
    /// Delivers all messages found in the Stream
    #[arg(long)]
    all: bool,
    /// Delivers only future messages
    #[arg(long)]
    new: bool,
    /// Delivers the most recent and all future messages
    #[arg(long)]
    last: bool,
    /// Deliver the most recent messages for each subject in the Stream
    #[arg(long)]
    last_per_subject: bool,
    /// Delivers messages received since a duration like 1d3h5m2s
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    since: Option<Duration>,
    /// Starts at a specific Stream sequence
    #[arg(long, value_name = "SEQUENCE")]
    start_sequence: Option<u64>,
    /// Stops consuming messages from JetStream once all messages were received
    #[arg(short = 'T', long)]
    pub terminate_at_end: bool,
    /// Subscribe using batched direct gets instead of a consumer
    #[arg(long)]
    pub direct: bool,
}

impl StreamArgs {
    /// True when any flag asks for JetStream.
    pub fn is_used(&self) -> bool {
        self.stream.is_some()
            || self.durable.is_some()
            || self.all
            || self.new
            || self.last
            || self.last_per_subject
            || self.since.is_some()
            || self.start_sequence.is_some()
            || self.direct
    }

    /// The first question of direct gets: where to begin in a stream with this state.
    pub fn first_question(&self, state: &State) -> Value {
        if let Some(sequence) = self.start_sequence {
            json!({ "seq": sequence })
        } else if self.last || self.last_per_subject {
            json!({ "seq": state.last_sequence.max(1) })
        } else if self.new {
            json!({ "seq": state.last_sequence + 1 })
        } else if let Some(since) = self.since {
            json!({ "start_time": Timestamp::now() - since })
        } else {
            json!({ "seq": state.first_sequence.max(1) })
        }
    }

    /// The policy, and how natscli tells it.
    fn policy(&self) -> anyhow::Result<(DeliverPolicy, String)> {
        Ok(if let Some(start_sequence) = self.start_sequence {
            let policy = DeliverPolicy::ByStartSequence { start_sequence };
            (policy, format!("starting at sequence {start_sequence}"))
        } else if self.last {
            (DeliverPolicy::Last, "from last received message".to_owned())
        } else if self.new {
            (DeliverPolicy::New, "for new messages".to_owned())
        } else if let Some(since) = self.since {
            let start_time = async_nats::jetstream::consumer::DeliverPolicy::ByStartTime {
                start_time: (std::time::SystemTime::now() - since).into(),
            };
            (start_time, format!("since {}", duration::format(since)))
        } else if self.last_per_subject {
            (
                DeliverPolicy::LastPerSubject,
                "for last message per subject".to_owned(),
            )
        } else {
            (DeliverPolicy::All, "from first received message".to_owned())
        })
    }
}

/// Reads from a consumer of our own, or from the durable one.
pub(super) async fn run(
    session: &Session,
    connection: &Connection,
    args: &super::Args,
    printer: Printer,
    limits: Limits,
) -> anyhow::Result<()> {
    let context = context(session, connection);
    let name = stream_name(connection, args).await?;
    let stream = context.get_stream(&name).await.map_err(|e| anyhow!("{e}"))?;
    let settings = &stream.cached_info().config;
    let for_consumers = settings.retention != RetentionPolicy::Limits;
    if args.stream.durable.is_none() && (args.stream.direct || for_consumers) {
        // A consumer would take messages away from those that the stream is there for.
        if !settings.allow_direct {
            bail!("cannot enable direct gets: allow_direct is not set to true for stream {name}");
        }
        return direct::run(connection, &stream, args, printer, limits).await;
    }
    let consumer = match &args.stream.durable {
        Some(_) if !args.subjects.is_empty() => bail!("cannot specify both subjects and a durable consumer"),
        Some(durable) => {
            log(&format!(
                "Subscribing to JetStream Stream {name:?} using existing pull consumer {durable:?}"
            ));
            stream
                .get_consumer::<pull::Config>(durable)
                .await
                .map_err(|e| anyhow!("error loading durable consumer {durable:?}: {e}"))?
        }
        None => {
            let config = config(args)?;
            stream
                .create_consumer(config)
                .await
                .map_err(|e| anyhow!("failed to create consumer: {e}"))?
        }
    };
    read(consumer, args, printer, limits).await?;
    // Acknowledgements may still wait to be written.
    connection.client.flush().await?;
    Ok(())
}

fn context(session: &Session, connection: &Connection) -> jetstream::Context {
    let mut context = jetstream::with_prefix(connection.client.clone(), connection.api.prefix());
    context.set_timeout(session.timeout);
    context
}

async fn stream_name(connection: &Connection, args: &super::Args) -> anyhow::Result<String> {
    if let Some(name) = &args.stream.stream {
        return Ok(name.clone());
    }
    let Some(subject) = args.subjects.first() else {
        bail!("a stream or a subject is required");
    };
    let answer = connection
        .api
        .request("STREAM.NAMES", &json!({ "subject": subject }))
        .await?;
    match answer["streams"][0].as_str() {
        Some(name) => Ok(name.to_owned()),
        None => bail!("no stream found with subject: {subject}"),
    }
}

/// An ephemeral consumer that acknowledges nothing; the server forgets it soon after we leave.
fn config(args: &super::Args) -> anyhow::Result<pull::Config> {
    let subject = args.subjects.first().map_or(">", String::as_str);
    let (deliver_policy, told) = args.stream.policy()?;
    log(&format!("Subscribing to subject {subject} {told} "));
    Ok(pull::Config {
        deliver_policy,
        ack_policy: AckPolicy::None,
        filter_subject: subject.to_owned(),
        headers_only: args.show.headers_only || args.show.subjects_only,
        ..pull::Config::default()
    })
}

async fn read(
    consumer: consumer::Consumer<pull::Config>,
    args: &super::Args,
    mut printer: Printer,
    mut limits: Limits,
) -> anyhow::Result<()> {
    let info = consumer.cached_info();
    let acknowledge = info.config.ack_policy != AckPolicy::None;
    if args.stream.terminate_at_end && info.num_pending == 0 {
        return Ok(());
    }
    let mut messages = consumer.messages().await.map_err(|e| anyhow!("{e}"))?;
    loop {
        let next = match messages.next().now_or_never() {
            Some(next) => next,
            None => {
                printer.flush()?;
                limits.wait_for(messages.next()).await
            }
        };
        let Some(message) = next else { break };
        let message = message.map_err(|e| anyhow!("{e}"))?;
        let pending = message
            .info()
            .map_err(|e| anyhow!("Failed to parse message metadata: {e}"))?
            .pending;
        if !limits.ignores(&message.subject) {
            let number = limits.next();
            let info = message.info().map_err(|e| anyhow!("{e}"))?;
            printer.stored(number, &message, &info).await?;
        }
        if acknowledge {
            message
                .ack_with(AckKind::Ack)
                .await
                .map_err(|e| anyhow!("Acknowledging message failed: {e}"))?;
        }
        if limits.is_reached() || (args.stream.terminate_at_end && pending == 0) {
            break;
        }
    }
    printer.flush()?;
    Ok(())
}
