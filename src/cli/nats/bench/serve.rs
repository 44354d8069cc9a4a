//! Clients that answer requests until the user stops them.

use std::time::Duration;

use futures_util::StreamExt as _;

use super::super::output::log;
use super::Start;
use super::sample::Sample;

/// The group that shares the requests.
const GROUP: &str = "bench-service";

/// Answers every request with a payload of the same size after this time.
pub(super) async fn run(start: Start, payload: bytes::Bytes, sleep: Duration) -> anyhow::Result<Sample> {
    let connection = start.session.connect().await?;
    let client = &connection.client;
    let mut requests = client
        .queue_subscribe(start.subject.clone(), GROUP.to_owned())
        .await?;
    connection.confirm().await?;
    if start.together.wait().await.is_leader() {
        log("Waiting for requests");
    }
    let mut sample = Sample {
        messages: 0,
        bytes: 0,
        took: Duration::ZERO,
        latencies: None,
    };
    while let Some(request) = requests.next().await {
        if !sleep.is_zero() {
            tokio::time::sleep(sleep).await;
        }
        if let Some(reply) = request.reply {
            client.publish(reply, payload.clone()).await?;
        }
        sample.messages += 1;
        sample.bytes += request.payload.len() as u64;
    }
    Ok(sample)
}
