//! `nats subscribe`: what flows on subjects, or what a stream holds.
//!
//! [`show`] prints messages, [`stream`] reads them from JetStream; both kinds end in [`Limits`].

mod direct;
mod live;
mod show;
mod stream;

use std::time::Duration;

use anyhow::{anyhow, bail};
use async_nats::{Message, Subscriber};
use futures_util::stream::{SelectAll, select_all};
use futures_util::{FutureExt as _, StreamExt as _};

use crate::proto::subject;

use super::output::log;
use super::session::{Connection, Session};
use super::typed::{parse_duration, split_subjects};
use show::Printer;

/// Shows messages as they come, for example:
///
///   nats sub 'orders.>'
///   nats sub orders.new --queue workers
///   nats sub --stream ORDERS --all --terminate-at-end
///   nats sub '>' --report-subjects
///
/// JetStream is used when one of --stream, --durable, --all, --new, --last, --since,
/// --last-per-subject or --start-sequence is given: an ephemeral consumer without acknowledgement,
/// or the durable one.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Args {
    /// Subjects to subscribe to
    subjects: Vec<String>,
    /// Subscribe to a named queue group
    #[arg(long)]
    queue: Option<String>,
    /// Quit after receiving this many messages
    #[arg(long, default_value_t = 0)]
    count: u64,
    /// Unsubscribe after this amount of time without any traffic
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    wait: Option<Duration>,
    /// Subscribes to a generated inbox
    #[arg(short, long)]
    inbox: bool,
    /// Subjects whose messages are not shown
    #[arg(short = 'I', long = "ignore-subject", value_name = "SUBJECT")]
    ignore_subjects: Vec<String>,
    /// Match replies to requests
    #[arg(long)]
    match_replies: bool,
    /// Acknowledge JetStream message that have the correct metadata
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_value_t = false, default_missing_value = "true", action = clap::ArgAction::Set)]
    ack: bool,
    #[command(flatten)]
    live: live::LiveArgs,
    #[command(flatten)]
    show: show::ShowArgs,
    #[command(flatten)]
    stream: stream::StreamArgs,
}

/// Subscribes until a limit is reached or the user stops it.
pub(super) async fn run(session: &Session, mut args: Args) -> anyhow::Result<()> {
    check(&args)?;
    let connection = session.connect().await?;
    let printer = Printer::new(&args.show);
    let limits = Limits::new(&args);
    if args.live.is_used() {
        return live::run(&connection, &args, limits).await;
    }
    if args.stream.is_used() {
        return stream::run(session, &connection, &args, printer, limits).await;
    }
    if args.subjects.is_empty() {
        args.subjects.push(connection.client.new_inbox());
    }
    let core = Core::subscribe(&connection, &args).await?;
    // Said only once it is true, so that whoever reads it may publish.
    if (!args.show.raw && args.show.dump.is_none()) || args.inbox {
        log(&heading(&args));
    }
    core.run(&connection, &args, printer, limits).await
}

/// natscli's refusals of what does not go together.
fn check(args: &Args) -> anyhow::Result<()> {
    let jetstream = args.stream.is_used();
    if args.subjects.is_empty() && !args.inbox && !jetstream {
        bail!("subject is required");
    }
    for (wrong, said) in [
        (
            args.subjects.len() > 1 && jetstream,
            "streams subscribe support only 1 subject",
        ),
        (
            args.stream.terminate_at_end && !jetstream,
            "--terminate-at-end is only supported for JetStream subscriptions",
        ),
        (
            args.inbox && jetstream,
            "generating inboxes is not compatible with JetStream subscriptions",
        ),
        (
            args.queue.is_some() && jetstream,
            "queue group subscriptions are not supported with JetStream",
        ),
        (
            args.match_replies && jetstream,
            "cannot enable --match-replies for JetStream streams",
        ),
        (
            args.live.is_used() && jetstream,
            "reports and graphs are made of core subscriptions only",
        ),
        (
            args.stream.direct && args.stream.durable.is_some(),
            "cannot use direct get when a durable name is supplied",
        ),
        (
            args.show.timestamp && args.show.delta_time,
            "timestamp and delta-time flags are mutually exclusive",
        ),
    ] {
        if wrong {
            bail!("{said}");
        }
    }
    Ok(())
}

fn heading(args: &Args) -> String {
    let subjects = args.subjects.join(", ");
    let acknowledged = if args.ack {
        " with acknowledgement of JetStream messages"
    } else {
        ""
    };
    let ignored = if args.ignore_subjects.is_empty() {
        String::new()
    } else {
        format!("\nIgnored subjects: {}", args.ignore_subjects.join(", "))
    };
    format!("Subscribing on {subjects}{acknowledged} {ignored}")
}

/// When a subscription ends by itself, and what it passes over.
struct Limits {
    count: u64,
    idle: Option<Duration>,
    ignored: Vec<String>,
    received: u64,
}

impl Limits {
    fn new(args: &Args) -> Limits {
        Limits {
            count: args.count,
            idle: args.wait,
            ignored: split_subjects(&args.ignore_subjects),
            received: 0,
        }
    }

    fn ignores(&self, name: &str) -> bool {
        self.ignored
            .iter()
            .any(|pattern| subject::collide(name.as_bytes(), pattern.as_bytes()))
    }

    /// Counts one more message and gives its number.
    fn next(&mut self) -> u64 {
        self.received += 1;
        self.received
    }

    fn is_reached(&self) -> bool {
        self.count > 0 && self.received >= self.count
    }

    /// The next item; none at the end, or when nothing came for too long.
    async fn wait_for<T>(&self, next: impl Future<Output = Option<T>>) -> Option<T> {
        match self.idle {
            Some(idle) => tokio::time::timeout(idle, next).await.ok().flatten(),
            None => next.await,
        }
    }
}

/// Subscriptions of core NATS.
struct Core {
    client: async_nats::Client,
    messages: SelectAll<Subscriber>,
    /// Requests that wait for their reply, with their numbers; used by `--match-replies`.
    unanswered: Vec<(u64, Message)>,
}

/// Most requests that are remembered for their replies; the oldest is shown without one after that.
const UNANSWERED_MAX: usize = 10_000;

impl Core {
    async fn subscribe(connection: &Connection, args: &Args) -> anyhow::Result<Core> {
        let client = connection.client.clone();
        let mut subscriptions = Vec::new();
        for subject in &args.subjects {
            let subscription = match &args.queue {
                Some(queue) => client.queue_subscribe(subject.clone(), queue.clone()).await,
                None => client.subscribe(subject.clone()).await,
            };
            subscriptions.push(subscription.map_err(|e| anyhow!("nats: {e}"))?);
        }
        if args.match_replies {
            let inboxes = inbox_pattern(&client);
            if !args.show.raw {
                log(&format!("Matching replies with inbox prefix {inboxes}"));
            }
            subscriptions.push(
                client
                    .subscribe(inboxes)
                    .await
                    .map_err(|e| anyhow!("nats: {e}"))?,
            );
        }
        connection.confirm().await?;
        Ok(Core {
            client,
            messages: select_all(subscriptions),
            unanswered: Vec::new(),
        })
    }

    async fn run(
        mut self,
        connection: &Connection,
        args: &Args,
        mut printer: Printer,
        mut limits: Limits,
    ) -> anyhow::Result<()> {
        loop {
            // Output is handed on whenever the next message is not at hand yet.
            let message = match self.messages.next().now_or_never() {
                Some(message) => message,
                None => {
                    printer.flush()?;
                    limits.wait_for(self.messages.next()).await
                }
            };
            let Some(message) = message else { break };
            if limits.ignores(&message.subject) || connection.is_probe(&message.subject) {
                continue;
            }
            self.receive(args, message, &mut printer, &mut limits).await?;
            if limits.is_reached() && self.unanswered.is_empty() {
                break;
            }
        }
        printer.flush()?;
        Ok(())
    }

    async fn receive(
        &mut self,
        args: &Args,
        message: Message,
        printer: &mut Printer,
        limits: &mut Limits,
    ) -> anyhow::Result<()> {
        if args.match_replies {
            let request = self
                .unanswered
                .iter()
                .position(|(_, request)| request.reply.as_ref() == Some(&message.subject));
            if let Some(at) = request {
                let (number, request) = self.unanswered.remove(at);
                printer.message(number, &request).await?;
                printer.reply(number, &message).await?;
                return Ok(());
            }
            if is_inbox(&self.client, &message.subject) {
                return Ok(());
            }
        }
        if limits.is_reached() {
            return Ok(());
        }
        let number = limits.next();
        let is_stored = message
            .reply
            .as_ref()
            .is_some_and(|reply| reply.starts_with("$JS.ACK."));
        if let (true, true, Some(reply)) = (args.ack, is_stored, &message.reply) {
            self.client.publish(reply.clone(), bytes::Bytes::new()).await?;
        }
        if args.match_replies && message.reply.is_some() {
            self.unanswered.push((number, message));
            if self.unanswered.len() > UNANSWERED_MAX {
                let (number, request) = self.unanswered.remove(0);
                printer.message(number, &request).await?;
            }
            return Ok(());
        }
        printer.message(number, &message).await
    }
}

/// The pattern of all inboxes with this client's prefix.
fn inbox_pattern(client: &async_nats::Client) -> String {
    let inbox = client.new_inbox();
    let prefix = inbox.rsplit_once('.').map_or("_INBOX", |(prefix, _)| prefix);
    format!("{prefix}.>")
}

fn is_inbox(client: &async_nats::Client, name: &str) -> bool {
    subject::matches(inbox_pattern(client).as_bytes(), name.as_bytes())
}
