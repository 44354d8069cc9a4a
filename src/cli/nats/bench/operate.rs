//! A client that does one thing after the other: publishes, asks, stores, puts or gets.

use std::ops::Range;
use std::time::Instant;

use anyhow::{anyhow, bail};
use async_nats::jetstream::{self, kv};
use async_nats::{HeaderMap, RequestErrorKind};
use bytes::Bytes;
use serde_json::json;

use super::super::session::Connection;
use super::pace::Throttle;
use super::sample::{Latencies, Sample};
use super::{STRIDE, Start, Work};
use crate::client::api::accept;
use crate::client::templates::Random;

/// What is done with each message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Deed {
    /// Publishes without waiting for anything.
    Publish,
    /// Asks and waits for the answer.
    Request,
    /// Publishes to a stream and waits until it is stored.
    Store,
    /// Reads the message with this number from a stream.
    Read,
    /// Puts a value under a key.
    Put,
    /// Gets the value of a key.
    Get,
}

/// A connected client, ready to begin.
struct Client {
    connection: Connection,
    payload: Bytes,
    bucket: Option<kv::Store>,
    random: Random,
}

/// Works through the messages with these numbers; ends when the server has taken the last.
pub(super) async fn run(start: Start, work: Work, deed: Deed, numbers: Range<u64>) -> anyhow::Result<Sample> {
    let connection = start.session.connect().await?;
    let bucket = match deed {
        Deed::Put | Deed::Get => Some(bucket(&connection, &work.target).await?),
        _ => None,
    };
    let mut client = Client {
        payload: work.payload.clone(),
        connection,
        bucket,
        random: Random::from_system(),
    };
    let mut latencies = Latencies::default();
    let (mut messages, mut bytes) = (0, 0);
    start.together.wait().await;
    let begun = Instant::now();
    let throttle = Throttle::new(work.per_second);
    for number in numbers {
        let before = Instant::now();
        bytes += client.once(&work, deed, number).await?;
        latencies.add(before.elapsed());
        messages += 1;
        if messages % STRIDE == 0 {
            start.pace.add(STRIDE);
        }
        throttle.keep(messages).await;
        if !work.sleep.is_zero() {
            tokio::time::sleep(work.sleep).await;
        }
    }
    start.pace.add(messages % STRIDE);
    client.connection.confirm().await?;
    Ok(Sample {
        messages,
        bytes,
        took: begun.elapsed(),
        latencies: Some(latencies),
    })
}

async fn bucket(connection: &Connection, name: &str) -> anyhow::Result<kv::Store> {
    let context = jetstream::with_prefix(connection.client.clone(), connection.api.prefix());
    context
        .get_key_value(name)
        .await
        .map_err(|_| anyhow!("nats: bucket not found"))
}

impl Client {
    /// Gives the bytes of payload that went over the wire.
    async fn once(&mut self, work: &Work, deed: Deed, number: u64) -> anyhow::Result<u64> {
        let client = &self.connection.client;
        let (payload, size) = (self.payload.clone(), self.payload.len() as u64);
        match deed {
            Deed::Publish => {
                let subject = work.subject(number, &mut self.random);
                match work.headers_of(number) {
                    Some(headers) => client.publish_with_headers(subject, headers, payload).await?,
                    None => client.publish(subject, payload).await?,
                }
                Ok(size)
            }
            Deed::Request | Deed::Store => {
                let subject = work.subject(number, &mut self.random);
                let answer = ask(client, subject, work.headers_of(number), payload).await?;
                if deed == Deed::Store {
                    accept(serde_json::from_slice(&answer)?)?;
                }
                Ok(size)
            }
            Deed::Read => {
                let subject = format!("{}.DIRECT.GET.{}", self.connection.api.prefix(), work.target);
                let question = serde_json::to_vec(&json!({ "seq": work.first + number }))?;
                Ok(ask(client, subject, None, question.into()).await?.len() as u64)
            }
            Deed::Put | Deed::Get => {
                let key = work.key(number, &mut self.random);
                let Some(bucket) = &self.bucket else {
                    bail!("no bucket is open");
                };
                if deed == Deed::Put {
                    bucket.put(key, payload).await?;
                    return Ok(size);
                }
                match bucket.get(key.as_str()).await? {
                    Some(value) => Ok(value.len() as u64),
                    None => bail!("key {key} not found, put as many messages first"),
                }
            }
        }
    }
}

async fn ask(
    client: &async_nats::Client,
    subject: String,
    headers: Option<HeaderMap>,
    payload: Bytes,
) -> anyhow::Result<Bytes> {
    let mut request = async_nats::Request::new().payload(payload);
    if let Some(headers) = headers {
        request = request.headers(headers);
    }
    let answer = client
        .send_request(subject, request)
        .await
        .map_err(|error| match error.kind() {
            RequestErrorKind::NoResponders => anyhow!("nats: no responders available for request"),
            RequestErrorKind::TimedOut => anyhow!("nats: timeout"),
            _ => anyhow!("nats: {error}"),
        })?;
    match answer.status {
        Some(status) => bail!(
            "{} {}",
            status.as_u16(),
            answer.description.as_deref().unwrap_or("")
        ),
        None => Ok(answer.payload),
    }
}
