//! `nats consumer sub`: messages of a consumer, whether it is pulled from or pushes.

use anyhow::anyhow;
use async_nats::StatusCode;
use async_nats::jetstream::{self, Message};
use bytes::Bytes;
use futures_util::StreamExt as _;
use serde_json::Value;

use super::super::human::{nanos, text, title};
use super::super::output::Out;
use super::Consumers;
use super::next::{self, NextArgs};

/// The header with the subject that a push consumer waits to hear from.
const STALLED: &str = "Nats-Consumer-Stalled";

#[derive(Debug, clap::Args)]
pub(super) struct SubArgs {
    /// Stream name
    stream: Option<String>,
    /// Consumer name
    consumer: Option<String>,
    /// Acknowledge received message (--no-ack turns it off)
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_value_t = true, default_missing_value = "true", action = clap::ArgAction::Set)]
    ack: bool,
    /// Show only the message
    #[arg(short, long)]
    raw: bool,
    /// Deliver group of the consumer
    #[arg(long, value_name = "GROUP")]
    deliver_group: Option<String>,
}

pub(super) async fn run(consumers: &Consumers, args: SubArgs) -> anyhow::Result<()> {
    let info = consumers
        .choose(args.stream.as_deref(), args.consumer.as_deref())
        .await?;
    let acknowledges = args.ack && text(&info["config"]["ack_policy"]) != "none";
    if text(&info["config"]["deliver_subject"]).is_empty() {
        let (stream, name) = (text(&info["stream_name"]), text(&info["name"]));
        let one = NextArgs::one(stream, name, acknowledges, args.raw);
        return next::run(consumers, one).await;
    }
    pushed(consumers, &info, &args, acknowledges).await
}

/// Shows what is pushed until the user stops it.
async fn pushed(
    consumers: &Consumers,
    info: &Value,
    args: &SubArgs,
    acknowledges: bool,
) -> anyhow::Result<()> {
    let config = &info["config"];
    let target = text(&config["deliver_subject"]).to_owned();
    let group = match &args.deliver_group {
        Some(group) => group,
        None => text(&config["deliver_group"]),
    };
    let client = &consumers.connection.client;
    let subscribed = match group {
        "" => client.subscribe(target.clone()).await,
        group => client.queue_subscribe(target.clone(), group.to_owned()).await,
    };
    let mut messages = subscribed.map_err(|e| anyhow!("could not subscribe: {e}"))?;
    let mut out = Out::new();
    if !args.raw {
        let policy = text(&config["ack_policy"]);
        out.line(&format!(
            "Subscribing to topic {target} auto acknowledgment: {acknowledges}\n"
        ))?;
        out.line(&format!("Consumer Info:\n  Ack Policy: {}", title(policy)))?;
        if policy != "none" {
            out.line(&format!("    Ack Wait: {}", nanos(&config["ack_wait"])))?;
        }
        out.line("")?;
        out.flush()?;
    }
    while let Some(message) = messages.next().await {
        if message.status == Some(StatusCode::IDLE_HEARTBEAT) {
            let stalled = message
                .headers
                .as_ref()
                .and_then(|headers| headers.get(STALLED))
                .map(|subject| subject.as_str().into());
            if let Some(subject) = stalled.or(message.reply) {
                client.publish(subject, Bytes::new()).await?;
            }
            continue;
        }
        let reply = message.reply.clone();
        let message = Message {
            message,
            context: jetstream::new(client.clone()),
        };
        next::show(&mut out, &message, args.raw)?;
        out.flush()?;
        if let (true, Some(reply)) = (acknowledges, reply) {
            client.publish(reply, Bytes::new()).await?;
        }
    }
    Ok(())
}
