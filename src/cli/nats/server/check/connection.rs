//! Is the way to the servers well, and what answers behind them?

use std::time::{Duration, Instant};

use anyhow::{anyhow, bail};
use async_nats::{Client, HeaderMap, RequestErrorKind};
use futures_util::StreamExt as _;
use regex::bytes::Regex;

use super::{Check, Datum};
use crate::cli::nats::session::Session;
use crate::cli::nats::typed::{parse_duration, parse_pair};
use crate::util::duration;

/// Bytes of the message that is sent to oneself.
const PROBE_BYTES: usize = 100;

#[derive(Debug, clap::Args)]
pub(super) struct ConnectionArgs {
    /// Warning threshold to allow for establishing connections
    #[arg(long, value_name = "DURATION", default_value = "500ms", value_parser = parse_duration)]
    connect_warn: Duration,
    /// Critical threshold to allow for establishing connections
    #[arg(long, value_name = "DURATION", default_value = "1s", value_parser = parse_duration)]
    connect_critical: Duration,
    /// Warning threshold to allow for server RTT
    #[arg(long, value_name = "DURATION", default_value = "500ms", value_parser = parse_duration)]
    rtt_warn: Duration,
    /// Critical threshold to allow for server RTT
    #[arg(long, value_name = "DURATION", default_value = "1s", value_parser = parse_duration)]
    rtt_critical: Duration,
    /// Warning threshold to allow for full round trip test
    #[arg(long, value_name = "DURATION", default_value = "500ms", value_parser = parse_duration)]
    req_warn: Duration,
    /// Critical threshold to allow for full round trip test
    #[arg(long, value_name = "DURATION", default_value = "1s", value_parser = parse_duration)]
    req_critical: Duration,
}

#[derive(Debug, clap::Args)]
pub(super) struct RequestArgs {
    /// The subject to send the request to
    #[arg(long)]
    pub subject: String,
    /// Payload to send in the request
    #[arg(long, default_value = "")]
    payload: String,
    /// Headers to publish in the request
    #[arg(long, value_name = "K=V", value_parser = parse_pair)]
    headers: Vec<(String, String)>,
    /// Regular expression the response should match
    #[arg(long, value_name = "REGEX")]
    match_payload: Option<Regex>,
    /// Headers that the response should have
    #[arg(long, value_name = "K=V", value_parser = parse_pair)]
    match_headers: Vec<(String, String)>,
    /// Critical threshold for response time
    #[arg(long, value_name = "DURATION", default_value = "0s", value_parser = parse_duration)]
    response_critical: Duration,
    /// Warning threshold for response time
    #[arg(long, value_name = "DURATION", default_value = "0s", value_parser = parse_duration)]
    response_warn: Duration,
}

/// A time, its limits, and the texts for too slow and fast enough.
struct Timed<'a> {
    name: &'static str,
    help: &'static str,
    took: Duration,
    warn: Duration,
    crit: Duration,
    slow: &'a dyn Fn(Duration) -> String,
    fine: String,
}

impl Timed<'_> {
    fn judge(self, check: &mut Check) {
        let limits = (self.warn.as_secs_f64(), self.crit.as_secs_f64());
        check.measured(
            Datum::new(self.name, self.took.as_secs_f64(), self.help)
                .unit("s")
                .limits(limits.0, limits.1),
        );
        let over = |limit: Duration| !limit.is_zero() && self.took >= limit;
        let broken = if over(self.crit) { self.crit } else { self.warn };
        check.graded(over(self.crit), over(self.warn), &(self.slow)(broken), &self.fine);
    }
}

/// Connects, and sends a message to itself.
pub(super) async fn connection(session: &Session, args: &ConnectionArgs) -> Check {
    let mut check = Check::new("connections", "Connection");
    if let Err(error) = connected(session, args, &mut check).await {
        check.critical(error.to_string());
    }
    check
}

async fn connected(session: &Session, args: &ConnectionArgs, check: &mut Check) -> anyhow::Result<()> {
    let begun = Instant::now();
    let connection = session
        .connect()
        .await
        .map_err(|e| anyhow!("connection failed: {e}"))?;
    let took = begun.elapsed();
    let url = session.servers().join(",");
    Timed {
        name: "connect_time",
        help: "Time taken to connect to NATS",
        took,
        warn: args.connect_warn,
        crit: args.connect_critical,
        slow: &|limit| {
            format!(
                "connected to {url}, connect time exceeded {}",
                limit.as_secs_f64()
            )
        },
        fine: format!("connected to {url} in {}", duration::format(took)),
    }
    .judge(check);

    let took = connection
        .round_trip()
        .await
        .map_err(|e| anyhow!("rtt failed: {e}"))?;
    Timed {
        name: "rtt",
        help: "The round-trip-time of the connection",
        took,
        warn: args.rtt_warn,
        crit: args.rtt_critical,
        slow: &|limit| format!("rtt time exceeded {}", limit.as_secs_f64()),
        fine: format!("rtt time {}", duration::format(took)),
    }
    .judge(check);

    let client = &connection.client;
    let inbox = client.new_inbox();
    let mut received = client
        .subscribe(inbox.clone())
        .await
        .map_err(|e| anyhow!("could not subscribe to {inbox}: {e}"))?;
    let probe: bytes::Bytes = inbox.bytes().cycle().take(PROBE_BYTES).collect();
    let begun = Instant::now();
    client
        .publish(inbox.clone(), probe.clone())
        .await
        .map_err(|e| anyhow!("could not publish to {inbox}: {e}"))?;
    let Ok(Some(message)) = tokio::time::timeout(session.timeout, received.next()).await else {
        bail!("did not receive from {inbox}: nats: timeout");
    };
    let took = begun.elapsed();
    if message.payload != probe {
        check.critical("did not receive expected message");
    }
    let seconds = took.as_secs_f64();
    Timed {
        name: "request_time",
        help: "Time taken for a full Request-Reply operation",
        took,
        warn: args.req_warn,
        crit: args.req_critical,
        slow: &|_| format!("round trip request took {seconds:.6}"),
        fine: format!("round trip took {seconds:.6}s"),
    }
    .judge(check);
    Ok(())
}

pub(super) async fn request(
    client: &Client,
    timeout: Duration,
    args: &RequestArgs,
    check: &mut Check,
) -> anyhow::Result<()> {
    let mut request = async_nats::Request::new()
        .payload(args.payload.clone().into())
        .timeout(Some(timeout));
    if !args.headers.is_empty() {
        let mut headers = HeaderMap::new();
        for (key, value) in &args.headers {
            headers.append(key.as_str(), value.as_str());
        }
        request = request.headers(headers);
    }
    let begun = Instant::now();
    let answer = client.send_request(args.subject.clone(), request).await;
    let took = begun.elapsed();
    let rounded = Duration::from_millis(u64::try_from(took.as_millis()).unwrap_or(u64::MAX));
    let (warn, crit) = (args.response_warn, args.response_critical);
    check.measured(
        Datum::new("time", rounded.as_secs_f64(), "How long the request took")
            .unit("s")
            .limits(warn.as_secs_f64(), crit.as_secs_f64()),
    );
    let answer = answer.map_err(|error| match error.kind() {
        RequestErrorKind::NoResponders => {
            anyhow!("could not send request: nats: no responders available for request")
        }
        RequestErrorKind::TimedOut => anyhow!("could not send request: nats: timeout"),
        _ => anyhow!("could not send request: {error}"),
    })?;
    let matches = |wanted: &Regex| wanted.is_match(&answer.payload);
    if args.match_payload.as_ref().is_some_and(|wanted| !matches(wanted)) {
        check.critical("response does not match regexp");
    }
    for (key, wanted) in &args.match_headers {
        let found = answer
            .headers
            .as_ref()
            .and_then(|headers| headers.get(key.as_str()));
        let found = found.map_or("", |value| value.as_str());
        if found != wanted {
            check.critical(format!("invalid header {key:?} = {found:?}"));
        }
    }
    let said = format!("response took {}", duration::format(rounded));
    if !crit.is_zero() && took > crit {
        check.critical(said);
    } else if !warn.is_zero() && took > warn {
        check.warn(said);
    }
    if check.is_well() {
        check.ok("Valid response");
    }
    Ok(())
}
