//! A client that reads a stream: with a consumer of its own, a shared durable one, or in batches without any.

use std::time::{Duration, Instant};

use anyhow::{anyhow, bail};
use async_nats::StatusCode;
use async_nats::jetstream::consumer::pull::OrderedConfig;
use async_nats::jetstream::consumer::{AckPolicy, pull};
use async_nats::jetstream::stream::Stream;
use async_nats::jetstream::{self, Message};
use futures_util::StreamExt as _;
use serde_json::json;

use super::super::output::log;
use super::super::session::Connection;
use super::sample::Sample;
use super::{STRIDE, Start};

/// What a reader of a stream needs to know.
#[derive(Debug, Clone)]
pub(super) struct Reading {
    pub stream: String,
    pub how: How,
    /// Messages that may be on their way.
    pub batch: usize,
    pub filters: Vec<String>,
    /// No message for so long means that there are no more.
    pub patience: Duration,
    /// After each message.
    pub sleep: Duration,
}

#[derive(Debug, Clone)]
pub(super) enum How {
    /// An ephemeral consumer that keeps the order.
    Ordered,
    /// The durable consumer of this name, message by message.
    Consume { name: String, confirmed: bool },
    /// The same in batches.
    Fetch { name: String, confirmed: bool },
    /// Direct gets, many messages to an answer.
    Direct,
}

/// Counts what came, and when the first did.
struct Tally {
    wanted: u64,
    messages: u64,
    bytes: u64,
    begun: Option<Instant>,
    start: Start,
}

impl Tally {
    /// Counts one more; true when there are enough.
    fn add(&mut self, size: usize) -> bool {
        self.begun.get_or_insert_with(Instant::now);
        self.messages += 1;
        self.bytes += size as u64;
        if self.messages.is_multiple_of(STRIDE) {
            self.start.pace.add(STRIDE);
        }
        self.is_full()
    }

    fn is_full(&self) -> bool {
        self.messages >= self.wanted
    }

    fn sample(self) -> Sample {
        if self.messages < self.wanted {
            log(&format!(
                "Received {} messages, fewer than the {} expected",
                self.messages, self.wanted
            ));
        }
        self.start.pace.add(self.messages % STRIDE);
        Sample {
            messages: self.messages,
            bytes: self.bytes,
            took: self.begun.map(|begun| begun.elapsed()).unwrap_or_default(),
            latencies: None,
        }
    }
}

/// Reads this many messages, or as many as there are.
pub(super) async fn run(start: Start, reading: Reading, messages: u64) -> anyhow::Result<Sample> {
    let connection = start.session.connect().await?;
    let context = jetstream::with_prefix(connection.client.clone(), connection.api.prefix());
    let stream = context
        .get_stream(&reading.stream)
        .await
        .map_err(|e| anyhow!("{e}"))?;
    start.together.wait().await;
    let mut tally = Tally {
        wanted: messages,
        messages: 0,
        bytes: 0,
        begun: None,
        start,
    };
    match &reading.how {
        How::Ordered => ordered(&stream, &reading, &mut tally).await?,
        How::Consume { name, confirmed } => consume(&stream, &reading, name, *confirmed, &mut tally).await?,
        How::Fetch { name, confirmed } => fetch(&stream, &reading, name, *confirmed, &mut tally).await?,
        How::Direct => direct(&connection, &reading, &mut tally).await?,
    }
    connection.client.flush().await?;
    Ok(tally.sample())
}

async fn ordered(stream: &Stream, reading: &Reading, tally: &mut Tally) -> anyhow::Result<()> {
    let consumer = stream
        .create_consumer(OrderedConfig {
            filter_subjects: reading.filters.clone(),
            ..OrderedConfig::default()
        })
        .await?;
    let name = consumer.cached_info().name.clone();
    let mut messages = consumer.messages().await?;
    while let Ok(Some(message)) = tokio::time::timeout(reading.patience, messages.next()).await {
        if tally.add(message?.payload.len()) {
            break;
        }
        rest(reading).await;
    }
    // The library makes another one after an error; the server forgets that by itself.
    let _ = stream.delete_consumer(&name).await;
    Ok(())
}

async fn durable(
    stream: &Stream,
    name: &str,
) -> anyhow::Result<(jetstream::consumer::Consumer<pull::Config>, bool)> {
    let consumer = stream
        .get_consumer::<pull::Config>(name)
        .await
        .map_err(|e| anyhow!("{e}"))?;
    let acknowledges = consumer.cached_info().config.ack_policy != AckPolicy::None;
    Ok((consumer, acknowledges))
}

async fn consume(
    stream: &Stream,
    reading: &Reading,
    name: &str,
    confirmed: bool,
    tally: &mut Tally,
) -> anyhow::Result<()> {
    let (consumer, acknowledges) = durable(stream, name).await?;
    let mut messages = consumer
        .stream()
        .max_messages_per_batch(reading.batch)
        .messages()
        .await?;
    while let Ok(Some(message)) = tokio::time::timeout(reading.patience, messages.next()).await {
        let message = message?;
        if acknowledges {
            acknowledge(&message, confirmed).await?;
        }
        if tally.add(message.payload.len()) {
            break;
        }
        rest(reading).await;
    }
    Ok(())
}

async fn fetch(
    stream: &Stream,
    reading: &Reading,
    name: &str,
    confirmed: bool,
    tally: &mut Tally,
) -> anyhow::Result<()> {
    let (consumer, acknowledges) = durable(stream, name).await?;
    while !tally.is_full() {
        let left = usize::try_from(tally.wanted - tally.messages).unwrap_or(usize::MAX);
        let mut batch = consumer
            .fetch()
            .max_messages(reading.batch.min(left))
            .expires(reading.patience)
            .messages()
            .await?;
        let before = tally.messages;
        while let Some(message) = batch.next().await {
            let message = message.map_err(|e| anyhow!("{e}"))?;
            if acknowledges {
                acknowledge(&message, confirmed).await?;
            }
            tally.add(message.payload.len());
            rest(reading).await;
        }
        if tally.messages == before {
            break;
        }
    }
    Ok(())
}

async fn acknowledge(message: &Message, confirmed: bool) -> anyhow::Result<()> {
    let done = if confirmed {
        message.double_ack().await
    } else {
        message.ack().await
    };
    done.map_err(|e| anyhow!("{e}"))
}

async fn rest(reading: &Reading) {
    if !reading.sleep.is_zero() {
        tokio::time::sleep(reading.sleep).await;
    }
}

/// Many messages to one question (ADR-31); the last answer of a batch has a status.
async fn direct(connection: &Connection, reading: &Reading, tally: &mut Tally) -> anyhow::Result<()> {
    /// "No content": the batch is complete.
    const ENDED: u16 = 204;
    let client = &connection.client;
    let subject = format!("{}.DIRECT.GET.{}", connection.api.prefix(), reading.stream);
    let filter = reading.filters.first().map_or(">", String::as_str);
    let mut next = 1;
    while !tally.is_full() {
        let inbox = client.new_inbox();
        let mut answers = client.subscribe(inbox.clone()).await?;
        let left = usize::try_from(tally.wanted - tally.messages).unwrap_or(usize::MAX);
        let question = json!({ "batch": reading.batch.min(left), "seq": next, "next_by_subj": filter });
        client
            .publish_with_reply(subject.clone(), inbox, serde_json::to_vec(&question)?.into())
            .await?;
        let before = tally.messages;
        while let Ok(Some(answer)) = tokio::time::timeout(reading.patience, answers.next()).await {
            match answer.status {
                None => {}
                Some(status) if status.as_u16() == ENDED || status == StatusCode::NOT_FOUND => break,
                Some(status) => bail!(
                    "{} {}",
                    status.as_u16(),
                    answer.description.as_deref().unwrap_or("")
                ),
            }
            let sequence = answer
                .headers
                .as_ref()
                .and_then(|headers| headers.get("Nats-Sequence"))
                .and_then(|sequence| sequence.as_str().parse::<u64>().ok());
            next = sequence.map_or(next, |sequence| sequence + 1);
            tally.add(answer.payload.len());
        }
        if tally.messages == before {
            break;
        }
        rest(reading).await;
    }
    Ok(())
}
