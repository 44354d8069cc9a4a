//! `nats stream get` and `view`.

use std::time::Duration;

use anyhow::{anyhow, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::{Value, json};

use super::super::ask::confirm;
use super::super::human::{ago, amount, span, text, time};
use super::super::output::{Out, is_interactive};
use super::super::translate::{Translate, parse_translate, shown};
use super::super::typed::parse_duration;
use super::{Streams, name_of};
use crate::client::api::ApiError;
use crate::proto::headers;
use crate::util::time::Timestamp;

/// JetStream's code for "no message found".
const NO_MESSAGE: u64 = 10037;

#[derive(Debug, clap::Args)]
pub(super) struct GetArgs {
    /// Stream name
    stream: Option<String>,
    /// Message Sequence to retrieve
    id: Option<u64>,
    /// Retrieves the message for a specific subject
    #[arg(short = 'S', long, value_name = "SUBJECT")]
    last_for: Option<String>,
    /// Produce JSON output
    #[arg(short, long)]
    json: bool,
    /// Translate the message data by running it through the given command before output
    #[arg(long, value_name = "COMMAND", value_parser = parse_translate)]
    translate: Option<Translate>,
}

#[derive(Debug, clap::Args)]
pub(super) struct ViewArgs {
    /// Stream name
    stream: Option<String>,
    /// Page size
    #[arg(default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=25))]
    size: u64,
    /// Start at a specific message Sequence
    #[arg(long)]
    id: Option<u64>,
    /// Start with messages received since a duration like 1d3h5m2s
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    since: Option<Duration>,
    /// Show the raw data received
    #[arg(long)]
    raw: bool,
    /// Filter the stream using a subject
    #[arg(long)]
    subject: Option<String>,
    /// Translate the message data by running it through the given command before output
    #[arg(long, value_name = "COMMAND", value_parser = parse_translate)]
    translate: Option<Translate>,
}

pub(super) async fn get(streams: &Streams, args: GetArgs) -> anyhow::Result<()> {
    let name = name_of(&streams.choose(args.stream.as_deref()).await?).to_owned();
    let (request, what) = match (args.id, &args.last_for) {
        (Some(id), _) => (json!({ "seq": id }), id.to_string()),
        (None, Some(subject)) => (json!({ "last_by_subj": subject }), subject.clone()),
        (None, None) => bail!("no ID or subject specified"),
    };
    let message = fetch(streams, &name, &request)
        .await
        .map_err(|e| anyhow!("could not retrieve {name}#{what}: {e}"))?;
    let mut out = Out::new();
    if args.json {
        out.json(&message)?;
        return Ok(out.flush()?);
    }
    let age = time(&message["time"]).map_or_else(String::new, |then| span(Timestamp::now().since(then)));
    out.line(&format!(
        "Item: {name}#{} received {} ({age}) on Subject {}\n",
        message["seq"],
        text(&message["time"]),
        text(&message["subject"])
    ))?;
    let lines = header_lines(&message)?;
    if !lines.is_empty() {
        out.line("Headers:")?;
        lines.iter().try_for_each(|line| out.line(&format!("  {line}")))?;
        out.line("")?;
    }
    out.block(&payload(&message, args.translate.as_ref(), &name).await?)?;
    Ok(out.flush()?)
}

/// Pages through a stream; without a terminal everything is one page.
pub(super) async fn view(streams: &Streams, args: ViewArgs) -> anyhow::Result<()> {
    let name = name_of(&streams.choose(args.stream.as_deref()).await?).to_owned();
    let mut out = Out::new();
    let mut next = start(&args);
    let mut shown: u64 = 0;
    loop {
        let message = match fetch(streams, &name, &next).await {
            Ok(message) => message,
            Err(error) if error.code() == Some(NO_MESSAGE) => break,
            Err(error) => return Err(error.into()),
        };
        let payload = payload(&message, args.translate.as_ref(), &name).await?;
        show(&mut out, &message, &payload, args.raw)?;
        shown += 1;
        let sequence = amount(&message["seq"]);
        next = json!({ "seq": sequence + 1, "next_by_subj": filter(&args) });
        if shown.is_multiple_of(args.size) {
            out.flush()?;
            if is_interactive() && !confirm("Next Page?")? {
                return Ok(());
            }
        }
    }
    if !args.raw {
        out.line(if shown == 0 {
            "No messages found"
        } else {
            "Reached the end of the stream"
        })?;
    }
    Ok(out.flush()?)
}

fn start(args: &ViewArgs) -> Value {
    match (args.id, args.since) {
        (None, Some(since)) => {
            json!({ "start_time": Timestamp::now() - since, "next_by_subj": filter(args) })
        }
        (id, _) => json!({ "seq": id.unwrap_or(1), "next_by_subj": filter(args) }),
    }
}

fn filter(args: &ViewArgs) -> &str {
    args.subject.as_deref().unwrap_or(">")
}

/// The body of a message, translated where that is asked for.
async fn payload(message: &Value, translate: Option<&Translate>, stream: &str) -> anyhow::Result<Bytes> {
    let payload = Bytes::from(decoded(message, "data")?);
    shown(translate, &payload, text(&message["subject"]), stream).await
}

fn show(out: &mut Out, message: &Value, payload: &[u8], raw: bool) -> anyhow::Result<()> {
    if raw {
        return Ok(out.body(payload)?);
    }
    let now = json!({ "ts": Timestamp::now() });
    out.line(&format!(
        "[{}] Subject: {} Received: {} ({} ago)",
        message["seq"],
        text(&message["subject"]),
        text(&message["time"]),
        ago(&message["time"], &now),
    ))?;
    let lines = header_lines(message)?;
    if !lines.is_empty() {
        out.line("")?;
        lines.iter().try_for_each(|line| out.line(&format!("  {line}")))?;
    }
    out.line("")?;
    Ok(out.block(payload)?)
}

async fn fetch(streams: &Streams, stream: &str, request: &Value) -> Result<Value, ApiError> {
    let mut answer = streams
        .api
        .request(&format!("STREAM.MSG.GET.{stream}"), request)
        .await?;
    Ok(answer["message"].take())
}

fn decoded(message: &Value, field: &str) -> anyhow::Result<Vec<u8>> {
    Ok(STANDARD.decode(text(&message[field]))?)
}

fn header_lines(message: &Value) -> anyhow::Result<Vec<String>> {
    let block = decoded(message, "hdrs")?;
    Ok(headers::iter(&block)
        .map(|(key, value)| {
            format!(
                "{}: {}",
                String::from_utf8_lossy(key),
                String::from_utf8_lossy(value)
            )
        })
        .collect())
}
