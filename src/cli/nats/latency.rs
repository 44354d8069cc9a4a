//! `nats latency`: how long a message takes from one server to another.

use std::time::{Duration, Instant, SystemTime};

use anyhow::{anyhow, bail};
use bytes::Bytes;
use futures_util::StreamExt as _;

use super::bench::Latencies;
use super::output::log;
use super::session::{Connection, Session};
use super::typed::parse_duration;
use crate::util::{duration, size};

/// Bytes of the time that every message carries.
const STAMP_BYTES: usize = 8;
/// Most messages of one test.
const MESSAGES_MAX: u64 = 100_000_000;
/// How long the way between the servers may need to open, and how often it is tried.
const ROUTE_WAIT: Duration = Duration::from_secs(2);
const ROUTE_RETRY: Duration = Duration::from_millis(10);

/// Perform latency tests between two NATS servers, for example:
///
///   nats latency --server-b nats://other:4222 --rate 5000 --duration 10s
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Args {
    /// The second server to subscribe on
    #[arg(long, value_name = "URL")]
    server_b: String,
    /// Message size
    #[arg(long, default_value_t = STAMP_BYTES)]
    size: usize,
    /// Rate of messages per second
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u64).range(1..))]
    rate: u64,
    /// Test duration
    #[arg(long, value_name = "DURATION", default_value = "5s", value_parser = parse_duration)]
    duration: Duration,
}

/// Both ends are this process, so that one clock measures.
pub(super) async fn run(session: &Session, args: Args) -> anyhow::Result<()> {
    if args.size < STAMP_BYTES {
        bail!("message Payload Size must be at least {STAMP_BYTES} bytes");
    }
    let messages = (args.duration.as_secs_f64() * args.rate as f64) as u64;
    if messages == 0 || messages > MESSAGES_MAX {
        bail!("the test would send {messages} messages");
    }
    let begun = Instant::now();
    let one = session
        .connect()
        .await
        .map_err(|e| anyhow!("first connection failed: {e}"))?;
    let two = session
        .connect_to(&args.server_b)
        .await
        .map_err(|e| anyhow!("second connection failed: {e}"))?;
    log("==============================");
    log(&format!("Pub Server RTT : {}", told(one.round_trip().await?)));
    log(&format!("Sub Server RTT : {}", told(two.round_trip().await?)));
    let subject = two.client.new_inbox();
    let mut received = two.client.subscribe(subject.clone()).await?;
    two.confirm().await?;
    open_route(&one, &two).await?;
    let band = size::format_bytes(args.rate.saturating_mul(args.size as u64).saturating_mul(2));
    log(&format!(
        "Message Payload: {}",
        size::format_bytes(args.size as u64)
    ));
    log(&format!("Target Duration: {}", duration::format(args.duration)));
    log(&format!("Target Msgs/Sec: {}", args.rate));
    log(&format!("Target Band/Sec: {band}"));
    log("==============================");

    let sending = Instant::now();
    let publish = publish(&one, &subject, &args, messages);
    let listen = async {
        let mut times = Latencies::default();
        for _ in 0..messages {
            let waited = tokio::time::timeout(args.duration + session.timeout, received.next()).await;
            let Ok(Some(message)) = waited else {
                bail!("a message did not arrive");
            };
            times.add(now().saturating_sub(stamp(&message.payload)));
        }
        Ok(times)
    };
    let (sent, times) = tokio::join!(publish, listen);
    let (sent, times) = (sent?, times?);
    let heard = sending.elapsed();
    log("HDR Percentiles:");
    for percent in [10.0, 50.0, 75.0, 90.0, 99.0, 99.9, 99.99, 99.999, 100.0] {
        let name = format!("{percent}:");
        log(&format!("{name:<9} {}", told(times.percentile(percent))));
    }
    log("==============================");
    let rate = (messages as f64 / sent.as_secs_f64().max(1e-9)) as u64;
    let band = size::format_bytes(rate.saturating_mul(args.size as u64).saturating_mul(2));
    log(&format!("Actual Msgs/Sec: {rate}"));
    log(&format!("Actual Band/Sec: {band}"));
    log(&format!("Minimum Latency: {}", told(times.percentile(0.0))));
    log(&format!("Median Latency : {}", told(times.percentile(50.0))));
    log(&format!("Mean Latency   : {}", told(times.mean())));
    log(&format!("Maximum Latency: {}", told(times.percentile(100.0))));
    log(&format!("1st Sent Wall Time : {}", told(sending - begun)));
    log(&format!("Last Sent Wall Time: {}", told(sent)));
    log(&format!("Last Recv Wall Time: {}", told(heard)));
    Ok(())
}

/// Sends at an even pace; gives the time that it took.
async fn publish(from: &Connection, subject: &str, args: &Args, messages: u64) -> anyhow::Result<Duration> {
    let begun = Instant::now();
    let mut payload = vec![b' '; args.size];
    for number in 0..messages {
        let nanos = u64::try_from(now().as_nanos()).unwrap_or(u64::MAX);
        payload[..STAMP_BYTES].copy_from_slice(&nanos.to_le_bytes());
        from.client
            .publish(subject.to_owned(), Bytes::copy_from_slice(&payload))
            .await?;
        from.client.flush().await?;
        let due = Duration::from_secs_f64((number + 1) as f64 / args.rate as f64);
        let early = due.saturating_sub(begun.elapsed());
        if !early.is_zero() {
            tokio::time::sleep(early).await;
        }
    }
    Ok(begun.elapsed())
}

/// Servers of a cluster tell each other of subscriptions, which takes a moment.
async fn open_route(from: &Connection, to: &Connection) -> anyhow::Result<()> {
    if from.client.server_info().server_id == to.client.server_info().server_id {
        return Ok(());
    }
    let probe = to.client.new_inbox();
    let mut arrived = to.client.subscribe(probe.clone()).await?;
    to.confirm().await?;
    let begun = Instant::now();
    while begun.elapsed() < ROUTE_WAIT {
        from.client.publish(probe.clone(), Bytes::new()).await?;
        from.client.flush().await?;
        if tokio::time::timeout(ROUTE_RETRY, arrived.next()).await.is_ok() {
            return Ok(());
        }
    }
    bail!("couldn't receive end-to-end test message")
}

fn now() -> Duration {
    SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default()
}

/// When a message was sent, from its first bytes.
fn stamp(payload: &[u8]) -> Duration {
    let bytes = payload.first_chunk::<STAMP_BYTES>().copied().unwrap_or_default();
    Duration::from_nanos(u64::from_le_bytes(bytes))
}

/// To the microsecond, which is what clocks and schedulers are good for.
fn told(time: Duration) -> String {
    let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
    duration::format(Duration::from_micros(micros))
}
