//! `nats trace`: the way of a message through the servers (ADR-41).

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use anyhow::bail;
use async_nats::{HeaderMap, StatusCode};
use futures_util::StreamExt as _;
use serde_json::Value;

use super::human::{flag, text, time};
use super::outgoing::publish_error;
use super::output::{Out, log};
use super::session::{Connection, Session};
use super::table::Columns;
use super::typed::parse_pair;
use crate::util::duration;
use crate::util::time::Timestamp;

/// Headers that ask servers to tell.
const DESTINATION: &str = "Nats-Trace-Dest";
const ONLY: &str = "Nats-Trace-Only";
/// The header that ties an event to the hop that led to it.
const HOP: &str = "Nats-Trace-Hop";
/// Most events of one message; a message goes through few servers.
const EVENTS_MAX: usize = 1_000;
/// nats-server's numbers for what a connection leads to.
const CLIENT: u64 = 0;
const ROUTER: u64 = 1;
const GATEWAY: u64 = 2;
const LEAF: u64 = 4;
const JETSTREAM: u64 = 5;

/// Trace message delivery within a NATS network; the message is delivered only with --deliver:
///
///   nats trace orders.new
///   nats trace orders.new 'hello' --deliver --timestamp
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Args {
    /// The subject to publish to
    subject: String,
    /// The message body to send
    #[arg(default_value = "")]
    payload: String,
    /// Deliver the message to the final destination
    #[arg(long)]
    deliver: bool,
    /// Show event timestamps
    #[arg(short = 'T', long)]
    timestamp: bool,
    /// Adds headers to the trace message using K:V format
    #[arg(short = 'H', long = "header", value_name = "K:V", value_parser = parse_pair)]
    headers: Vec<(String, String)>,
}

pub(super) async fn run(session: &Session, args: Args) -> anyhow::Result<()> {
    let connection = session.connect().await?;
    if !connection.client.is_server_compatible(2, 11, 0) {
        bail!("tracing messages require NATS Server 2.11");
    }
    let mut out = Out::new();
    let deliver = if args.deliver {
        "with delivery to the final destination"
    } else {
        ""
    };
    out.line(&format!(
        "Tracing message route to subject {} {deliver}\n",
        args.subject
    ))?;
    out.flush()?;
    let events = gather(session, &connection, &args).await?;
    let Some(first) = events
        .iter()
        .position(|event| text(&event["request"]["header"][HOP][0]).is_empty())
    else {
        bail!("nats: timeout");
    };
    let mut tale = Tale {
        events: &events,
        timestamps: args.timestamp,
        lines: Vec::new(),
        reached: BTreeMap::new(),
    };
    tale.tell(&events[first], 0, None);
    tale.lines.iter().try_for_each(|line| out.line(line))?;
    let arrows = [CLIENT, ROUTER, GATEWAY, LEAF, JETSTREAM].map(arrow);
    let [client, router, gateway, leaf, stream] = arrows;
    out.line(&format!(
        "\nLegend: Client: {client} Router: {router} Gateway: {gateway} Leafnode: {leaf} JetStream: {stream} Error: --X\n"
    ))?;
    if !tale.reached.is_empty() {
        let mut columns = Columns::new("Egress Count:");
        for (kind, number) in &tale.reached {
            columns.row(kind, number.to_string());
        }
        columns.print(&mut out)?;
    }
    let streams = tale.reached.get("JetStream").copied().unwrap_or(0);
    if streams > 1 {
        out.line(&format!("WARNING: The message was received by {streams} streams"))?;
    }
    Ok(out.flush()?)
}

/// Sends the message, and takes events until every hop that one tells of has told of itself.
async fn gather(session: &Session, connection: &Connection, args: &Args) -> anyhow::Result<Vec<Value>> {
    let client = &connection.client;
    let inbox = client.new_inbox();
    let mut told = client.subscribe(inbox.clone()).await?;
    let mut headers = HeaderMap::new();
    for (key, value) in &args.headers {
        headers.append(key.as_str(), value.as_str());
    }
    headers.insert(DESTINATION, inbox.as_str());
    if !args.deliver {
        headers.insert(ONLY, "true");
    }
    client
        .publish_with_headers(args.subject.clone(), headers, args.payload.clone().into())
        .await
        .map_err(publish_error)?;
    connection.confirm().await?;
    let until = tokio::time::Instant::now() + session.timeout;
    let mut events: Vec<Value> = Vec::new();
    // The first event comes from our own server and has no hop.
    let mut awaited = BTreeSet::from([String::new()]);
    while !awaited.is_empty() && events.len() < EVENTS_MAX {
        let Ok(Some(message)) = tokio::time::timeout_at(until, told.next()).await else {
            break;
        };
        if message.status == Some(StatusCode::NO_RESPONDERS) {
            continue;
        }
        if session.trace {
            log(&format!("<<< {}", String::from_utf8_lossy(&message.payload)));
        }
        let event: Value = serde_json::from_slice(&message.payload)?;
        awaited.remove(text(&event["request"]["header"][HOP][0]));
        awaited.extend(
            steps(&event, "eg")
                .map(|step| text(&step["hop"]).to_owned())
                .filter(|hop| !hop.is_empty()),
        );
        events.push(event);
    }
    if events.is_empty() {
        bail!("nats: timeout");
    }
    Ok(events)
}

/// The steps of one kind: `in`, `sm`, `si`, `se`, `js` or `eg`.
fn steps<'a>(event: &'a Value, kind: &'a str) -> impl Iterator<Item = &'a Value> {
    let steps = event["events"].as_array().into_iter().flatten();
    steps.filter(move |step| text(&step["type"]) == kind)
}

/// A trace in words.
struct Tale<'a> {
    events: &'a [Value],
    timestamps: bool,
    lines: Vec<String>,
    /// How many of each kind the message went out to.
    reached: BTreeMap<&'static str, u64>,
}

impl Tale<'_> {
    /// An event, and below it what it led to; `begun` is when the step before was.
    fn tell(&mut self, event: &Value, depth: usize, begun: Option<Timestamp>) {
        let server = &event["server"];
        let ingress = steps(event, "in").next();
        let begun = ingress
            .and_then(|step| time(&step["ts"]))
            .or(begun)
            .or_else(|| time(&server["time"]));
        if let Some(step) = ingress {
            let mut line = connection(step);
            let cluster = text(&server["cluster"]);
            let kind = kind_of(step);
            if !cluster.is_empty() && (kind == CLIENT || kind == GATEWAY) {
                line += &format!(" cluster:{cluster:?}");
            }
            line += &format!(
                " server:{:?} version:{:?}",
                text(&server["name"]),
                text(&server["ver"])
            );
            self.say(depth, line, step, begun);
            self.complain(depth, "", step, begun);
        }
        for step in steps(event, "sm") {
            let line = format!("    Mapping subject:{:?}", text(&step["to"]));
            self.say(depth, line, step, begun);
        }
        for step in steps(event, "si") {
            let (from, to) = (text(&step["from"]), text(&step["to"]));
            let account = text(&step["acc"]);
            let line = format!("    Service Import from:{from:?} to:{to:?} account:{account:?}");
            self.say(depth, line, step, begun);
        }
        for step in steps(event, "se") {
            let (to, account) = (text(&step["to"]), text(&step["acc"]));
            let line = format!("    Stream Export subject:{to:?} account:{account:?}");
            self.say(depth, line, step, begun);
        }
        for step in steps(event, "js") {
            let action = if flag(&step["nointerest"]) {
                "no interest"
            } else {
                "stored"
            };
            let (stream, subject) = (text(&step["stream"]), text(&step["subject"]));
            let line = format!(
                "{} JetStream action:{action:?} stream:{stream:?} subject:{subject:?}",
                arrow(JETSTREAM)
            );
            self.say(depth, line, step, begun);
            self.complain(depth, "", step, begun);
            *self.reached.entry("JetStream").or_default() += 1;
        }
        self.egress(event, depth, ingress, begun);
    }

    fn egress(&mut self, event: &Value, depth: usize, ingress: Option<&Value>, begun: Option<Timestamp>) {
        let accepted = ingress.is_some_and(|step| kind_of(step) == CLIENT && text(&step["error"]).is_empty());
        if accepted && steps(event, "eg").next().is_none() {
            self.lines.push("    ".repeat(depth) + "--X No active interest");
        }
        for step in steps(event, "eg") {
            let kind = kind_of(step);
            let mut line = format!("{} {}", arrow(kind), connection(step));
            for (label, field) in [("account", "acc"), ("subject", "sub"), ("queue", "queue")] {
                let value = text(&step[field]);
                if !value.is_empty() {
                    line += &format!(" {label}:{value:?}");
                }
            }
            self.say(depth, line, step, begun);
            self.complain(depth, "  ", step, begun);
            *self.reached.entry(name(kind)).or_default() += 1;
            let hop = text(&step["hop"]);
            let events = self.events;
            let led_to = events
                .iter()
                .find(|event| !hop.is_empty() && text(&event["request"]["header"][HOP][0]) == hop);
            if let Some(led_to) = led_to {
                self.tell(led_to, depth + 1, time(&step["ts"]));
            }
        }
    }

    fn complain(&mut self, depth: usize, indent: &str, step: &Value, begun: Option<Timestamp>) {
        let error = text(&step["error"]);
        if !error.is_empty() {
            self.say(depth, format!("{indent}--X Error: {error}"), step, begun);
        }
    }

    fn say(&mut self, depth: usize, line: String, step: &Value, begun: Option<Timestamp>) {
        let mark = if self.timestamps {
            format!("[{}] ", after(begun, time(&step["ts"])))
        } else {
            String::new()
        };
        self.lines.push(format!("{}{mark}{line}", "    ".repeat(depth)));
    }
}

/// How long after the beginning; clocks of two servers may disagree.
fn after(begun: Option<Timestamp>, then: Option<Timestamp>) -> String {
    match (begun, then) {
        (Some(begun), Some(then)) if then < begun => "Skew".to_owned(),
        (Some(begun), Some(then)) => {
            let micros = u64::try_from(then.since(begun).as_micros()).unwrap_or(u64::MAX);
            duration::format(Duration::from_micros(micros))
        }
        _ => "0s".to_owned(),
    }
}

fn kind_of(step: &Value) -> u64 {
    step["kind"].as_u64().unwrap_or(u64::MAX)
}

/// `Client "name" cid:5`.
fn connection(step: &Value) -> String {
    let kind = kind_of(step);
    let letter = match kind {
        ROUTER => "rid",
        GATEWAY => "gid",
        LEAF => "lid",
        _ => "cid",
    };
    let named = match text(&step["name"]) {
        "" => String::new(),
        name => format!(" {name:?}"),
    };
    format!("{}{named} {letter}:{}", name(kind), step["cid"])
}

fn name(kind: u64) -> &'static str {
    match kind {
        CLIENT => "Client",
        ROUTER => "Router",
        GATEWAY => "Gateway",
        LEAF => "Leafnode",
        JETSTREAM => "JetStream",
        _ => "Internal",
    }
}

fn arrow(kind: u64) -> &'static str {
    match kind {
        CLIENT => "--C",
        JETSTREAM => "--J",
        ROUTER => "-->",
        GATEWAY => "==>",
        LEAF => "~~>",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_trace_is_told_hop_by_hop() {
        let events = [
            json!({"server": {"name": "a", "ver": "2.14.5"}, "request": {}, "events": [
                {"type": "in", "ts": "2026-11-24T19:00:00Z", "kind": 0, "cid": 4, "name": "me"},
                {"type": "js", "ts": "2026-11-24T19:00:00.000010Z", "stream": "S", "subject": "x"},
                {"type": "eg", "ts": "2026-11-24T19:00:00.000020Z", "kind": 4, "cid": 9, "name": "b", "hop": "1"}]}),
            json!({"server": {"name": "b", "ver": "2.14.5"}, "request": {"header": {"Nats-Trace-Hop": ["1"]}}, "events": [
                {"type": "in", "ts": "2026-11-24T18:59:00Z", "kind": 4, "cid": 2},
                {"type": "eg", "ts": "2026-11-24T18:59:00Z", "kind": 0, "cid": 7, "sub": "x.*", "error": "not allowed"}]}),
        ];
        let mut tale = Tale {
            events: &events,
            timestamps: true,
            lines: Vec::new(),
            reached: BTreeMap::new(),
        };
        tale.tell(&events[0], 0, None);
        assert_eq!(
            tale.lines,
            [
                r#"[0s] Client "me" cid:4 server:"a" version:"2.14.5""#,
                r#"[10µs] --J JetStream action:"stored" stream:"S" subject:"x""#,
                r#"[20µs] ~~> Leafnode "b" lid:9"#,
                r#"    [0s] Leafnode lid:2 server:"b" version:"2.14.5""#,
                r#"    [0s] --C Client cid:7 subject:"x.*""#,
                "    [0s]   --X Error: not allowed",
            ]
        );
        assert_eq!(tale.reached["Leafnode"], 1);
    }

    #[test]
    fn nobody_there_is_said() {
        let event = json!({"server": {}, "events": [{"type": "in", "kind": 0, "cid": 1}]});
        let mut tale = Tale {
            events: &[],
            timestamps: false,
            lines: Vec::new(),
            reached: BTreeMap::new(),
        };
        tale.tell(&event, 0, None);
        assert_eq!(tale.lines[1], "--X No active interest");
    }
}
