//! `nats events`: what servers tell of connections, streams and consumers.

use std::time::Duration;

use anyhow::{anyhow, bail};
use async_nats::jetstream;
use async_nats::jetstream::consumer::DeliverPolicy;
use async_nats::jetstream::consumer::pull::OrderedConfig;
use futures_util::StreamExt as _;
use futures_util::stream::select_all;
use regex::{Regex, RegexBuilder};
use serde_json::Value;

use super::human::{local, text};
use super::output::Out;
use super::session::{Connection, Session};
use super::table::Columns;
use super::typed::parse_duration;
use crate::util::time::Timestamp;

/// Shows events as they come, for example:
///
///   nats events --js-advisory --short
///   nats events --all --json --filter LAGER
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Args {
    /// Show all events
    #[arg(short, long)]
    all: bool,
    /// Produce JSON output
    #[arg(short, long)]
    json: bool,
    /// Short event format
    #[arg(long)]
    short: bool,
    /// Filter across the entire event using regular expressions
    #[arg(long, value_name = "REGEX", default_value = ".")]
    filter: String,
    /// Shows JetStream metric events
    #[arg(long)]
    js_metric: bool,
    /// Shows advisory events
    #[arg(long)]
    js_advisory: bool,
    /// Shows NATS Server advisories (--no-srv-advisory turns it off)
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_value_t = true, default_missing_value = "true", action = clap::ArgAction::Set)]
    srv_advisory: bool,
    /// Show Advisories and Metrics received on specific subjects
    #[arg(long)]
    subjects: Vec<String>,
    /// Reads events from a Stream only
    #[arg(long)]
    stream: Option<String>,
    /// When reading a Stream reads from a certain duration ago
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    since: Option<Duration>,
}

impl Args {
    /// What to listen on, and natscli's words for it.
    fn sources(&self) -> Vec<(String, String)> {
        let mut sources = Vec::new();
        let mut listen = |what: &str, subject: &str| sources.push((what.to_owned(), subject.to_owned()));
        if self.js_advisory || self.all {
            listen("Advisories", "$JS.EVENT.ADVISORY.>");
        }
        if self.js_metric || self.all {
            listen("Metrics", "$JS.EVENT.METRIC.>");
        }
        if self.srv_advisory || self.all {
            listen("Client Connection events", "$SYS.ACCOUNT.*.CONNECT");
            listen("Client Disconnection events", "$SYS.ACCOUNT.*.DISCONNECT");
            listen("Authentication Errors events", "$SYS.SERVER.*.CLIENT.AUTH.ERR");
        }
        for subject in &self.subjects {
            listen("advisories", subject);
        }
        sources
    }
}

/// Shows events until the user stops it.
pub(super) async fn run(session: &Session, args: Args) -> anyhow::Result<()> {
    let filter = RegexBuilder::new(&args.filter)
        .case_insensitive(true)
        .build()
        .map_err(|e| anyhow!("invalid body regular expression: {e}"))?;
    let chosen = args.all || args.js_advisory || args.js_metric || !args.subjects.is_empty();
    if !chosen && !args.srv_advisory && args.stream.is_none() {
        bail!("no events were chosen");
    }
    let connection = session.connect().await?;
    let mut show = Show {
        out: Out::new(),
        filter,
        json: args.json,
        short: args.short,
    };
    match &args.stream {
        Some(_) if chosen => {
            bail!("cannot specify both Stream and specific advisories or extra subjects")
        }
        Some(stream) => replay(&connection, stream, args.since, &mut show).await,
        None => follow(&connection, &args, &mut show).await,
    }
}

async fn follow(connection: &Connection, args: &Args, show: &mut Show) -> anyhow::Result<()> {
    let mut subscriptions = Vec::new();
    for (what, subject) in args.sources() {
        show.say(&format!("Listening for {what} on {subject}"))?;
        subscriptions.push(connection.client.subscribe(subject).await?);
    }
    let mut messages = select_all(subscriptions);
    while let Some(message) = messages.next().await {
        show.event(&message.payload)?;
    }
    Ok(())
}

async fn replay(
    connection: &Connection,
    name: &str,
    since: Option<Duration>,
    show: &mut Show,
) -> anyhow::Result<()> {
    match since {
        Some(since) => show.say(&format!(
            "Listening for Events in stream {name} since {}",
            local(Some(Timestamp::now() - since))
        ))?,
        None => show.say(&format!("Listening for Events in stream {name}"))?,
    }
    let context = jetstream::with_prefix(connection.client.clone(), connection.api.prefix());
    let stream = context
        .get_stream(name)
        .await
        .map_err(|_| anyhow!("nats: stream not found"))?;
    let policy = match since {
        Some(since) => DeliverPolicy::ByStartTime {
            start_time: (std::time::SystemTime::now() - since).into(),
        },
        None => DeliverPolicy::All,
    };
    let consumer = stream
        .create_consumer(OrderedConfig {
            deliver_policy: policy,
            ..OrderedConfig::default()
        })
        .await?;
    let mut messages = consumer.messages().await?;
    while let Some(message) = messages.next().await {
        show.event(&message?.payload)?;
    }
    Ok(())
}

/// The form of events.
struct Show {
    out: Out,
    filter: Regex,
    json: bool,
    short: bool,
}

impl Show {
    /// A line for people; JSON stays JSON.
    fn say(&mut self, line: &str) -> anyhow::Result<()> {
        if !self.json {
            self.out.line(line)?;
            self.out.flush()?;
        }
        Ok(())
    }

    fn event(&mut self, payload: &[u8]) -> anyhow::Result<()> {
        let body = String::from_utf8_lossy(payload);
        if !self.filter.is_match(&body) {
            return Ok(());
        }
        match serde_json::from_str::<Value>(&body) {
            _ if self.json => self.out.line(&body)?,
            Ok(event) if self.short => self.out.line(&short(&event))?,
            Ok(event) => {
                long(&event).print(&mut self.out)?;
                self.out.line("")?;
            }
            Err(error) => self
                .out
                .line(&format!("Event error: parsing failed: {error}\n\n{body}"))?,
        }
        Ok(self.out.flush()?)
    }
}

/// The last word of an event's type: `io.nats.jetstream.advisory.v1.api_audit` is `api_audit`.
fn kind(event: &Value) -> &str {
    text(&event["type"]).rsplit('.').next().unwrap_or_default()
}

fn when(event: &Value) -> &str {
    match text(&event["timestamp"]) {
        "" => text(&event["server"]["time"]),
        time => time,
    }
}

/// Fields that the heading tells already.
const IN_HEADING: [&str; 3] = ["type", "timestamp", "id"];

/// Fields of an audit that are too long for one line.
const WHOLE_BODIES: [&str; 2] = ["request", "response"];

/// One line: time, kind, and what is plain in the event.
fn short(event: &Value) -> String {
    let mut line = format!("[{}] [{}]", when(event), kind(event));
    for (name, value) in event.as_object().into_iter().flatten() {
        let told = IN_HEADING.contains(&name.as_str()) || WHOLE_BODIES.contains(&name.as_str());
        if !told && !value.is_object() && !value.is_array() {
            line.push_str(&format!(" {name}: {}", plain(value)));
        }
    }
    line
}

/// Every field with its place, nested ones in sections.
fn long(event: &Value) -> Columns {
    let heading = format!("[{}] [{}] {}", when(event), text(&event["id"]), kind(event));
    let mut columns = Columns::new(heading);
    let fields = || event.as_object().into_iter().flatten();
    for (name, value) in fields().filter(|(_, value)| !value.is_object()) {
        columns.row_if(!IN_HEADING.contains(&name.as_str()), name, plain(value));
    }
    for (name, value) in fields() {
        let Some(nested) = value.as_object() else {
            continue;
        };
        columns.section(name);
        for (name, value) in nested {
            columns.row(name, plain(value));
        }
    }
    columns
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_event_in_one_line() {
        let event = json!({
            "type": "io.nats.jetstream.advisory.v1.stream_action", "id": "x", "timestamp": "2026-11-24T19:00:00Z",
            "stream": "LAGER", "action": "create", "client": {"host": "h"}
        });
        assert_eq!(
            short(&event),
            "[2026-11-24T19:00:00Z] [stream_action] action: create stream: LAGER"
        );
    }
}
