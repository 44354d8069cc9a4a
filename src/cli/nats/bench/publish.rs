//! A client that publishes as fast as the server takes it.

use std::ops::Range;
use std::time::{Duration, Instant};

use async_nats::Subject;
use bytes::Bytes;

use super::Start;
use super::sample::{Latencies, Sample};

/// Messages between two looks at the counter that all clients share.
const STRIDE: u64 = 256;

/// What every publisher does.
#[derive(Debug, Clone)]
pub(super) struct Work {
    /// Bytes of a message.
    pub size: usize,
    /// After each message.
    pub sleep: Duration,
    /// In multi-subject mode: how many subjects there are, 0 for as many as messages.
    pub subjects: Option<u64>,
}

/// Publishes the messages with these numbers; ends when the server has taken the last.
pub(super) async fn run(start: Start, work: Work, numbers: Range<u64>) -> anyhow::Result<Sample> {
    let connection = start.session.connect().await?;
    let payload = Bytes::from(vec![b' '; work.size]);
    let plain = Subject::validated(start.subject.as_str())?;
    let mut latencies = Latencies::default();
    let messages = numbers.end - numbers.start;
    start.together.wait().await;
    let begun = Instant::now();
    for number in numbers {
        let subject = match work.subjects {
            None => plain.clone(),
            Some(0) => format!("{plain}.{number}").into(),
            Some(subjects) => format!("{plain}.{}", number % subjects).into(),
        };
        let before = Instant::now();
        connection.client.publish(subject, payload.clone()).await?;
        latencies.add(before.elapsed());
        if (number + 1).is_multiple_of(STRIDE) {
            start.pace.add(STRIDE);
        }
        if !work.sleep.is_zero() {
            tokio::time::sleep(work.sleep).await;
        }
    }
    connection.confirm().await?;
    Ok(Sample {
        messages,
        bytes: messages.saturating_mul(work.size as u64),
        took: begun.elapsed(),
        latencies: Some(latencies),
    })
}
