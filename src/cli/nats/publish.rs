//! `nats publish`.

use std::time::{Duration, Instant};

use anyhow::bail;
use serde_json::Value;

use crate::client::api;
use crate::client::templates::Random;
use crate::util::time::Timestamp;
use crate::util::{duration, size};

use super::human::amount;
use super::outgoing::{Draft, Outgoing, publish_error};
use super::output::log;
use super::schedule;
use super::session::{Connection, Session};
use super::stdin::{Bodies, SendOn};
use super::typed::parse_duration;

/// With more messages than this, and no pause between them, one line speaks for all; natscli shows a
/// progress bar then.
const LOGGED_MAX: u64 = 20;

/// Publishes messages; body, subject and header values may be templates:
///
///   nats pub test --count 10 "Message {{Count}} @ {{Time}}"
///
/// Template functions are Count, TimeStamp, Unix, UnixNano, Time, ID and Random MIN MAX.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Args {
    /// Subject to publish to
    subject: String,
    /// Message body; read from standard input when absent
    body: Option<String>,
    /// Sets a custom reply to subject
    #[arg(long, value_name = "SUBJECT")]
    reply: Option<String>,
    /// Adds headers to the message using K:V format
    #[arg(short = 'H', long = "header", value_name = "K:V")]
    headers: Vec<String>,
    /// Publish multiple messages
    #[arg(long, default_value_t = 1)]
    count: u64,
    /// When publishing multiple messages, sleep between publishes
    #[arg(long, value_name = "DURATION", value_parser = parse_duration, default_value = "0s")]
    sleep: Duration,
    /// Adds a random delay of up to this duration between publishes, in addition to --sleep
    #[arg(long, value_name = "DURATION", value_parser = parse_duration, default_value = "0s")]
    jitter: Duration,
    /// Publish messages to JetStream, and wait for its acknowledgement
    #[arg(short = 'J', long)]
    jetstream: bool,
    /// Atomic batch publish to JetStream (implies --jetstream)
    #[arg(long, conflicts_with = "reply")]
    atomic: bool,
    #[command(flatten)]
    schedule: schedule::ScheduleArgs,
    /// Show just the output received
    #[arg(short, long)]
    quiet: bool,
    /// Force reading from stdin
    #[arg(long)]
    force_stdin: bool,
    /// When to send data from stdin
    #[arg(long, value_enum, default_value_t)]
    send_on: SendOn,
    /// Templates in body and subject (--no-templates turns them off)
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_value_t = true, default_missing_value = "true", action = clap::ArgAction::Set)]
    templates: bool,
}

/// Publishes what was asked for.
pub(super) async fn run(session: &Session, args: Args) -> anyhow::Result<()> {
    args.schedule.check()?;
    if args.atomic && args.schedule.is_used() {
        bail!("atomic batch publishing does not support schedules");
    }
    let connection = session.connect().await?;
    let mut bodies = Bodies::choose(args.body.clone(), args.force_stdin, args.send_on, args.quiet);
    let mut run = Run {
        logged: !args.quiet && (args.count <= LOGGED_MAX || !args.sleep.is_zero()),
        args,
        connection,
        timeout: session.timeout,
        random: Random::from_system(),
    };
    if run.args.atomic {
        return run.publish_batch(&mut bodies).await;
    }
    while let Some(body) = bodies.next().await? {
        run.publish_all(body).await?;
    }
    run.connection.confirm().await
}

struct Run {
    args: Args,
    connection: Connection,
    timeout: Duration,
    random: Random,
    /// A log line for each message.
    logged: bool,
}

impl Run {
    async fn publish_all(&mut self, body: Vec<u8>) -> anyhow::Result<()> {
        let draft = Draft::new(&self.args.subject, body, &self.args.headers, self.args.templates)?;
        let count = self.args.count.max(1);
        let (start, mut bytes) = (Instant::now(), 0);
        for number in 1..=count {
            let begun = Instant::now();
            let mut message = draft.message(number, &mut self.random)?;
            bytes += message.payload.len() as u64;
            self.args.schedule.add_to(&mut message, Timestamp::now());
            if self.args.jetstream || self.args.schedule.is_used() {
                self.store(message).await?;
            } else {
                self.send(message).await?;
            }
            if number < count {
                self.pause(begun).await;
            }
        }
        if !self.logged && !self.args.quiet {
            self.connection.confirm().await?;
            let (count, bytes) = (size::format_count(count), size::format_bytes(bytes));
            let took = duration::format(rounded(start.elapsed()));
            log(&format!(
                "Published {count} messages with {bytes} to {:?} in {took}",
                self.args.subject
            ));
        }
        Ok(())
    }

    /// All messages, stored together or not at all (ADR-50).
    async fn publish_batch(&mut self, bodies: &mut Bodies) -> anyhow::Result<()> {
        let mut messages = Vec::new();
        while let Some(body) = bodies.next().await? {
            let draft = Draft::new(&self.args.subject, body, &self.args.headers, self.args.templates)?;
            for number in 1..=self.args.count.max(1) {
                messages.push(draft.message(number, &mut self.random)?);
            }
        }
        let id = self.random.id();
        let last = messages.len();
        for (index, mut message) in messages.into_iter().enumerate() {
            let headers = message.headers.get_or_insert_default();
            headers.insert("Nats-Batch-Id", id.as_str());
            headers.insert("Nats-Batch-Sequence", (index + 1).to_string());
            if index + 1 < last {
                self.send(message).await?;
                continue;
            }
            headers.insert("Nats-Batch-Commit", "1");
            let ack = self.acknowledged(message).await?;
            if !self.args.quiet {
                let number = |field: &str| size::format_count(amount(&ack[field]));
                log(&format!(
                    "Wrote batch ID: {} Messages: {} Sequence: {}",
                    ack["batch"].as_str().unwrap_or(""),
                    number("count"),
                    number("seq")
                ));
            }
        }
        Ok(())
    }

    async fn send(&self, message: Outgoing) -> anyhow::Result<()> {
        let Outgoing {
            subject,
            headers,
            payload,
        } = message;
        let line = self.logged.then(|| published(payload.len(), &subject));
        let client = &self.connection.client;
        match (self.args.reply.clone(), headers) {
            (None, None) => client.publish(subject, payload).await,
            (None, Some(headers)) => client.publish_with_headers(subject, headers, payload).await,
            (Some(reply), None) => client.publish_with_reply(subject, reply, payload).await,
            (Some(reply), Some(headers)) => {
                client
                    .publish_with_reply_and_headers(subject, reply, headers, payload)
                    .await
            }
        }
        .map_err(publish_error)?;
        if let Some(line) = line {
            self.connection.confirm().await?;
            log(&line);
        }
        Ok(())
    }

    async fn store(&self, message: Outgoing) -> anyhow::Result<()> {
        if self.logged {
            log(&published(message.payload.len(), &message.subject));
        }
        let ack = self.acknowledged(message).await?;
        if self.logged {
            log(&stored(&ack));
        }
        Ok(())
    }

    /// What a stream says to the message.
    async fn acknowledged(&self, message: Outgoing) -> anyhow::Result<Value> {
        let Outgoing {
            subject,
            headers,
            payload,
        } = message;
        let mut request = async_nats::Request::new()
            .payload(payload)
            .timeout(Some(self.timeout));
        if let Some(headers) = headers {
            request = request.headers(headers);
        }
        let answer = self
            .connection
            .client
            .send_request(subject, request)
            .await
            .map_err(|error| match error.kind() {
                async_nats::RequestErrorKind::NoResponders => api::ApiError::NoResponders,
                async_nats::RequestErrorKind::TimedOut => api::ApiError::TimedOut,
                _ => api::ApiError::Request(error),
            })?;
        let ack = api::accept(serde_json::from_slice(&answer.payload)?)?;
        if ack["stream"].as_str().is_none_or(str::is_empty) {
            bail!("invalid publish acknowledgement");
        }
        Ok(ack)
    }

    /// The pause counts from when the message was begun, so that the pace holds.
    async fn pause(&mut self, begun: Instant) {
        let jitter_nanos = u64::try_from(self.args.jitter.as_nanos()).unwrap_or(u64::MAX);
        let pause = self.args.sleep + Duration::from_nanos(self.random.below(jitter_nanos));
        let left = pause.saturating_sub(begun.elapsed());
        if !left.is_zero() {
            tokio::time::sleep(left).await;
        }
    }
}

fn published(bytes: usize, subject: &str) -> String {
    format!("Published {bytes} bytes to {subject:?}")
}

fn stored(ack: &Value) -> String {
    let sequence = size::format_count(amount(&ack["seq"]));
    let mut line = format!(
        "Stored in Stream: {} Sequence: {sequence}",
        ack["stream"].as_str().unwrap_or("")
    );
    if let Some(domain) = ack["domain"].as_str().filter(|domain| !domain.is_empty()) {
        line += &format!(" Domain: {domain:?}");
    }
    if ack["duplicate"] == true {
        line += " Duplicate: true";
    }
    if let Some(value) = ack["val"].as_str().filter(|value| !value.is_empty()) {
        line += &format!(" Counter Value: {value}");
    }
    line
}

/// Milliseconds are enough to read.
fn rounded(duration: Duration) -> Duration {
    Duration::from_millis(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX).max(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn acknowledgements_are_told_as_natscli_tells_them() {
        for (ack, line) in [
            (
                json!({"stream":"S","seq":1234}),
                "Stored in Stream: S Sequence: 1,234",
            ),
            (
                json!({"stream":"S","seq":1,"duplicate":true}),
                "Stored in Stream: S Sequence: 1 Duplicate: true",
            ),
            (
                json!({"stream":"S","seq":1,"domain":"hub","val":"5"}),
                r#"Stored in Stream: S Sequence: 1 Domain: "hub" Counter Value: 5"#,
            ),
        ] {
            assert_eq!(stored(&ack), line);
        }
    }
}
