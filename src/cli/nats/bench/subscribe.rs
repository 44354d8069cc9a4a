//! A client that counts what it receives.

use std::time::Instant;

use anyhow::bail;
use futures_util::StreamExt as _;

use super::super::output::log;
use super::sample::Sample;
use super::{STRIDE, Start};

/// Messages that may wait for a subscriber before the library drops them.
pub(super) const MESSAGES_WAITING_MAX: usize = 1 << 20;

/// Receives this many messages; the time runs from the first.
pub(super) async fn run(start: Start, messages: u64) -> anyhow::Result<Sample> {
    let connection = start.session.connect().await?;
    let mut received = connection.client.subscribe(start.subject.clone()).await?;
    connection.confirm().await?;
    if start.together.wait().await.is_leader() {
        log("Waiting for messages");
    }
    let mut begun = None;
    let mut bytes = 0;
    for number in 1..=messages {
        let Some(message) = received.next().await else {
            bail!("nats: connection closed");
        };
        begun.get_or_insert_with(Instant::now);
        bytes += message.payload.len() as u64;
        if number.is_multiple_of(STRIDE) {
            start.pace.add(STRIDE);
        }
    }
    Ok(Sample {
        messages,
        bytes,
        took: begun.map(|begun| begun.elapsed()).unwrap_or_default(),
        latencies: None,
    })
}
