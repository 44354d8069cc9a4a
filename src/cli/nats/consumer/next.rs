//! `nats consumer next`.

use std::time::Duration;

use anyhow::{anyhow, bail};
use async_nats::StatusCode;
use async_nats::jetstream::{self, AckKind, Message};
use futures_util::StreamExt as _;
use jiff::ZonedDateTime;
use serde_json::json;

use super::super::output::{Out, header_lines};
use super::super::stream::nanos;
use super::super::typed::parse_duration;
use super::Consumers;
use crate::client::templates::Random;
use crate::util::{duration, size};

#[derive(Debug, clap::Args)]
pub(super) struct NextArgs {
    /// Stream name
    stream: String,
    /// Consumer name
    consumer: String,
    /// Acknowledge received message (--no-ack turns it off)
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    ack: Option<bool>,
    /// Perform a Negative Acknowledgement on the message
    #[arg(long)]
    nak: bool,
    /// Terms the message
    #[arg(long)]
    term: bool,
    /// Show only the message
    #[arg(short, long)]
    raw: bool,
    /// Wait up to this period to acknowledge messages
    #[arg(long, value_name = "DURATION", value_parser = parse_duration, default_value = "0s")]
    wait: Duration,
    /// Number of messages to try to fetch from the pull consumer
    #[arg(long, default_value_t = 1)]
    count: u64,
}

/// What is answered to a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    Nothing,
    Ack,
    Nak,
    Term,
}

impl NextArgs {
    /// One message, as `consumer sub` takes it.
    pub fn one(stream: &str, consumer: &str, ack: bool, raw: bool) -> NextArgs {
        NextArgs {
            stream: stream.to_owned(),
            consumer: consumer.to_owned(),
            ack: Some(ack),
            nak: false,
            term: false,
            raw,
            wait: Duration::ZERO,
            count: 1,
        }
    }

    fn answer(&self) -> anyhow::Result<Answer> {
        match (self.ack, self.nak, self.term) {
            (Some(true), _, true) | (_, true, true) => {
                bail!("can not both Acknowledge and Terminate message")
            }
            (_, _, true) => Ok(Answer::Term),
            (_, true, _) => Ok(Answer::Nak),
            (Some(false), ..) => Ok(Answer::Nothing),
            _ => Ok(Answer::Ack),
        }
    }
}

pub(super) async fn run(consumers: &Consumers, args: NextArgs) -> anyhow::Result<()> {
    let answer = args.answer()?;
    let mut out = Out::new();
    let mut random = Random::from_system();
    for _ in 0..args.count.max(1) {
        let message = fetch(consumers, &args).await?;
        show(&mut out, &message, args.raw)?;
        out.flush()?;
        reply(consumers, &args, answer, &message, &mut random, &mut out).await?;
        out.flush()?;
    }
    Ok(())
}

async fn fetch(consumers: &Consumers, args: &NextArgs) -> anyhow::Result<Message> {
    let client = &consumers.connection.client;
    let inbox = client.new_inbox();
    let mut replies = client.subscribe(inbox.clone()).await?;
    let subject = format!(
        "{}.CONSUMER.MSG.NEXT.{}.{}",
        consumers.api().prefix(),
        args.stream,
        args.consumer
    );
    let request = json!({ "batch": 1, "expires": nanos(consumers.timeout) });
    client
        .publish_with_reply(subject, inbox, serde_json::to_vec(&request)?.into())
        .await?;
    let waited = tokio::time::timeout(consumers.timeout, replies.next()).await;
    let Ok(Some(message)) = waited else {
        bail!("no message received: nats: timeout");
    };
    match (message.status, message.description.as_deref()) {
        (None, _) => Ok(Message {
            message,
            context: jetstream::new(client.clone()),
        }),
        (Some(StatusCode::NO_RESPONDERS), _) => {
            let known = consumers.info(&args.stream, &args.consumer).await?;
            if known["config"]["deliver_subject"].is_string() {
                bail!("consumer {:?} is not a Pull consumer", args.consumer);
            }
            bail!("no message received: nats: no responders available for request")
        }
        (Some(StatusCode::TIMEOUT), _) => bail!("no message received: nats: timeout"),
        (Some(status), description) => Err(anyhow!(
            "no message received: {} {}",
            status.as_u16(),
            description.unwrap_or("")
        )),
    }
}

/// A message with what is known of its delivery, or its body alone.
pub(super) fn show(out: &mut Out, message: &Message, raw: bool) -> anyhow::Result<()> {
    if raw {
        return Ok(out.body(&message.payload)?);
    }
    out.line(&heading(message))?;
    let headers = header_lines(message.headers.as_ref());
    if !headers.is_empty() {
        out.line("\nHeaders:\n")?;
        headers
            .iter()
            .try_for_each(|line| out.line(&format!("  {line}")))?;
        out.line("\nData:\n")?;
    }
    out.line("")?;
    Ok(out.line(&String::from_utf8_lossy(&message.payload))?)
}

fn heading(message: &Message) -> String {
    let subject = message.subject.as_str();
    let now = ZonedDateTime::now();
    match message.info() {
        Ok(info) => format!(
            "[{}] subj: {subject} / tries: {} / cons seq: {} / str seq: {} / pending: {}",
            now.strftime("%H:%M:%S"),
            info.delivered,
            info.consumer_sequence,
            info.stream_sequence,
            size::format_count(info.pending),
        ),
        Err(_) => format!("--- subject: {subject}"),
    }
}

async fn reply(
    consumers: &Consumers,
    args: &NextArgs,
    answer: Answer,
    message: &Message,
    random: &mut Random,
    out: &mut Out,
) -> anyhow::Result<()> {
    let (kind, told) = match answer {
        Answer::Nothing => return Ok(()),
        Answer::Ack => (AckKind::Ack, "Acknowledged message"),
        Answer::Nak => (AckKind::Nak(None), "Negative Acknowledged message"),
        Answer::Term => (AckKind::Term, "Terminated message"),
    };
    let Some(subject) = message.reply.clone() else {
        bail!("could not Acknowledge message: nats: message does not have a reply");
    };
    let wait_nanos = u64::try_from(args.wait.as_nanos()).unwrap_or(u64::MAX);
    let wait = Duration::from_nanos(random.below(wait_nanos));
    tokio::time::sleep(wait).await;
    consumers.connection.client.publish(subject, kind.into()).await?;
    consumers.connection.confirm().await?;
    if !args.raw {
        let delay = if wait.is_zero() {
            String::new()
        } else {
            format!(" after {} delay", duration::format(wait))
        };
        out.line(&format!("\n{told}{delay}\n"))?;
    }
    Ok(())
}
