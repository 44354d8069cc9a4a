//! A client that publishes to a stream in batches: waiting once for all acknowledgements, or atomically.

use std::ops::Range;
use std::time::Instant;

use async_nats::HeaderMap;
use async_nats::jetstream::{self, Context};
use futures_util::future::try_join_all;

use super::super::session::Connection;
use super::pace::Throttle;
use super::sample::{Latencies, Sample};
use super::{Start, Work};
use crate::client::api::accept;
use crate::client::templates::Random;

/// The headers of an atomic batch (ADR-50).
const BATCH_ID: &str = "Nats-Batch-Id";
const BATCH_SEQUENCE: &str = "Nats-Batch-Sequence";
const BATCH_COMMIT: &str = "Nats-Batch-Commit";

/// How the messages of a batch belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Each is stored by itself.
    Asynchronous,
    /// All are stored, or none.
    Atomic,
}

/// Works through the messages with these numbers; a batch is one operation.
pub(super) async fn run(
    start: Start,
    work: Work,
    kind: Kind,
    batch: u64,
    numbers: Range<u64>,
) -> anyhow::Result<Sample> {
    let connection = start.session.connect().await?;
    let context = jetstream::with_prefix(connection.client.clone(), connection.api.prefix());
    let mut random = Random::from_system();
    let mut latencies = Latencies::default();
    let messages = numbers.end - numbers.start;
    let mut next = numbers.start;
    start.together.wait().await;
    let begun = Instant::now();
    let throttle = Throttle::new(work.per_second);
    while next < numbers.end {
        let part = next..numbers.end.min(next.saturating_add(batch));
        let before = Instant::now();
        match kind {
            Kind::Asynchronous => asynchronous(&context, &work, part.clone(), &mut random).await?,
            Kind::Atomic => atomic(&connection, &work, part.clone(), &mut random).await?,
        }
        latencies.add(before.elapsed());
        start.pace.add(part.end - part.start);
        next = part.end;
        throttle.keep(next - numbers.start).await;
        if !work.sleep.is_zero() {
            tokio::time::sleep(work.sleep).await;
        }
    }
    Ok(Sample {
        messages,
        bytes: messages.saturating_mul(work.payload.len() as u64),
        took: begun.elapsed(),
        latencies: Some(latencies),
    })
}

async fn asynchronous(
    context: &Context,
    work: &Work,
    part: Range<u64>,
    random: &mut Random,
) -> anyhow::Result<()> {
    let mut acknowledgements = Vec::new();
    for number in part {
        let headers = work.headers_of(number).unwrap_or_default();
        let subject = work.subject(number, random);
        let sent = context
            .publish_with_headers(subject, headers, work.payload.clone())
            .await?;
        acknowledgements.push(sent.into_future());
    }
    try_join_all(acknowledgements).await?;
    Ok(())
}

async fn atomic(
    connection: &Connection,
    work: &Work,
    part: Range<u64>,
    random: &mut Random,
) -> anyhow::Result<()> {
    let id = random.id();
    let client = &connection.client;
    let last = part.end - 1;
    for (index, number) in part.enumerate() {
        let mut headers: HeaderMap = work.headers_of(number).unwrap_or_default();
        headers.insert(BATCH_ID, id.as_str());
        headers.insert(BATCH_SEQUENCE, (index + 1).to_string());
        let subject = work.subject(number, random);
        if number < last {
            client
                .publish_with_headers(subject, headers, work.payload.clone())
                .await?;
            continue;
        }
        headers.insert(BATCH_COMMIT, "1");
        let request = async_nats::Request::new()
            .headers(headers)
            .payload(work.payload.clone());
        let answer = client.send_request(subject, request).await?;
        accept(serde_json::from_slice(&answer.payload)?)?;
    }
    Ok(())
}
