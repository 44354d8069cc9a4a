//! Is what is stored well: the last message on a subject, and a bucket?

use std::time::Duration;

use anyhow::{anyhow, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use regex::bytes::Regex;
use serde_json::{Value, json};

use super::limits::float;
use super::{Check, Datum};
use crate::cli::nats::human::{text, time};
use crate::cli::nats::typed::parse_duration;
use crate::client::api::{Api, ApiError};
use crate::proto::{headers, subject};
use crate::util::duration;
use crate::util::time::Timestamp;

/// JetStream's codes for what is not there.
const NO_MESSAGE: u64 = 10037;

const NO_STREAM: u64 = 10059;

#[derive(Debug, clap::Args)]
pub(super) struct MessageArgs {
    /// The streams to check
    #[arg(long)]
    stream: String,
    /// The subject to fetch a message from
    #[arg(long, default_value = ">")]
    subject: String,
    /// Warning threshold for message age as a duration
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    age_warn: Option<Duration>,
    /// Critical threshold for message age as a duration
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    age_critical: Option<Duration>,
    /// Regular expression to check the content against
    #[arg(long, default_value = ".")]
    content: Regex,
    /// Use message body as a unix timestamp instead of message metadata
    #[arg(long)]
    body_timestamp: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct KvArgs {
    /// Checks a specific bucket
    #[arg(long)]
    pub bucket: String,
    /// Critical threshold for number of values in the bucket
    #[arg(long, default_value_t = -1, allow_hyphen_values = true)]
    values_critical: i64,
    /// Warning threshold for number of values in the bucket
    #[arg(long, default_value_t = -1, allow_hyphen_values = true)]
    values_warn: i64,
    /// Requires a key to have any non-delete value set
    #[arg(long)]
    key: Option<String>,
}

/// The last message on a subject; none when there is none.
async fn last(api: &Api, stream: &str, subject: &str) -> Result<Option<Value>, ApiError> {
    let request = json!({ "last_by_subj": subject });
    match api.request(&format!("STREAM.MSG.GET.{stream}"), &request).await {
        Ok(mut answer) => Ok(Some(answer["message"].take())),
        Err(error) if error.code() == Some(NO_MESSAGE) => Ok(None),
        Err(error) => Err(error),
    }
}

pub(super) async fn message(api: &Api, args: &MessageArgs, check: &mut Check) -> anyhow::Result<()> {
    if !subject::is_valid_literal(args.subject.as_bytes()) {
        bail!("Check failed: invalid subject {:?}", args.subject);
    }
    let found = last(api, &args.stream, &args.subject).await;
    let Some(message) = found.map_err(|e| anyhow!("msg load failed: {e}"))? else {
        bail!("no message found");
    };
    let body = STANDARD.decode(text(&message["data"]))?;
    let stored = if args.body_timestamp {
        let seconds: i64 = String::from_utf8_lossy(&body)
            .trim()
            .parse()
            .map_err(|e| anyhow!("invalid timestamp body: {e}"))?;
        Some(Timestamp::from_nanos(seconds.saturating_mul(1_000_000_000)))
    } else {
        time(&message["time"])
    };
    let age = stored.map_or(Duration::ZERO, |stored| Timestamp::now().since(stored));
    let rounded = Duration::from_millis(u64::try_from(age.as_millis()).unwrap_or(u64::MAX));
    let limit = |given: Option<Duration>| given.unwrap_or_default().as_secs_f64();
    let (warn, crit) = (limit(args.age_warn), limit(args.age_critical));
    check.measured(
        Datum::new("age", rounded.as_secs_f64(), "The age of the message")
            .unit("s")
            .limits(warn, crit),
    );
    check.measured(Datum::new("size", body.len() as f64, "The size of the message").unit("B"));
    let said = format!("{} old", duration::format(rounded));
    if crit > 0.0 && age.as_secs_f64() > crit {
        check.critical(said);
    } else if warn > 0.0 && age.as_secs_f64() > warn {
        check.warn(said);
    }
    if !args.content.is_match(&body) {
        check.critical(format!("does not match regex: {}", args.content));
    }
    if check.is_well() {
        check.ok(format!("Valid message on {} > {}", args.stream, args.subject));
    }
    Ok(())
}

pub(super) async fn kv(api: &Api, args: &KvArgs, check: &mut Check) -> anyhow::Result<()> {
    let stream = format!("KV_{}", args.bucket);
    let info = match api.request(&format!("STREAM.INFO.{stream}"), &Value::Null).await {
        Ok(info) => info,
        Err(error) if error.code() == Some(NO_STREAM) => bail!("bucket {} not found", args.bucket),
        Err(error) => bail!("could not load bucket: {error}"),
    };
    check.ok(format!("bucket {}", args.bucket));
    let values = float(&info["state"]["messages"]);
    let (warn, crit) = (args.values_warn, args.values_critical);
    let help = "How many values are stored in the bucket";
    check.measured(Datum::new("values", values, help).limits(warn.max(0) as f64, crit.max(0) as f64));
    if let Some(key) = &args.key {
        match last(api, &stream, &format!("$KV.{}.{key}", args.bucket)).await {
            Ok(Some(message)) => match operation(&message)?.as_deref() {
                Some("DEL") => check.critical(format!("key {key} is deleted")),
                Some("PURGE") => check.critical(format!("key {key} is purged")),
                _ => check.ok(format!("key {key} found")),
            },
            Ok(None) => check.critical(format!("key {key} not found")),
            Err(error) => check.critical(format!("key {key} not loaded: {error}")),
        }
    }
    if warn > -1 || crit > -1 {
        let reaches = |limit: i64| {
            let few = crit < warn;
            limit > -1
                && if few {
                    values <= limit as f64
                } else {
                    values >= limit as f64
                }
        };
        let said = format!("{values} values");
        check.graded(reaches(crit), reaches(warn), &said, &said);
    }
    let bytes = float(&info["state"]["bytes"]);
    check.measured(Datum::new("bytes", bytes, "Bytes stored in the bucket").unit("B"));
    let replicas = float(&info["config"]["num_replicas"]);
    check.measured(Datum::new("replicas", replicas, ""));
    Ok(())
}

/// What the message of a key says has happened to it.
fn operation(message: &Value) -> anyhow::Result<Option<String>> {
    let block = STANDARD.decode(text(&message["hdrs"]))?;
    Ok(headers::get_str(&block, "KV-Operation").map(str::to_owned))
}
