//! `nats trace`: the way of a message through the servers (ADR-41).

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::bail;
use async_nats::HeaderMap;

use super::outgoing::publish_error;
use super::output::{Out, log};
use super::session::Session;
use super::table::Columns;
use super::typed::parse_pair;
use crate::client::trace::{
    self, Peer, PeerKind, Question, SERVER_VERSION_MIN, Step, TraceError, TraceEvent, TraceStep,
};
use crate::util::duration;
use crate::util::time::Timestamp;

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
    let (major, minor, patch) = SERVER_VERSION_MIN;
    if !connection.client.is_server_compatible(major, minor, patch) {
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
    let mut headers = HeaderMap::new();
    for (key, value) in &args.headers {
        headers.append(key.as_str(), value.as_str());
    }
    let question = Question {
        subject: args.subject,
        headers,
        payload: args.payload.into(),
        deliver: args.deliver,
    };
    let overhear = |told: &[u8]| {
        if session.trace {
            log(&format!("<<< {}", String::from_utf8_lossy(told)));
        }
    };
    let asked = trace::ask(&connection.client, question, session.timeout, overhear).await;
    if matches!(asked, Err(TraceError::Silent)) {
        // It may be for want of a permission, which is said then.
        connection.confirm().await?;
    }
    let events = asked.map_err(|error| match error {
        TraceError::Publish(error) => publish_error(error),
        error => error.into(),
    })?;
    let Some(first) = trace::first(&events) else {
        bail!("nats: timeout");
    };
    let mut tale = Tale {
        events: &events,
        timestamps: args.timestamp,
        lines: Vec::new(),
        reached: BTreeMap::new(),
    };
    tale.tell(first, 0, None);
    tale.lines.iter().try_for_each(|line| out.line(line))?;
    let kinds = [
        PeerKind::Client,
        PeerKind::Router,
        PeerKind::Gateway,
        PeerKind::Leaf,
        PeerKind::JetStream,
    ];
    let arrows = kinds.map(arrow);
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

/// A trace in words.
struct Tale<'a> {
    events: &'a [TraceEvent],
    timestamps: bool,
    lines: Vec<String>,
    /// How many of each kind the message went out to.
    reached: BTreeMap<&'static str, u64>,
}

impl Tale<'_> {
    /// An event, and below it what it led to; `begun` is when the step before was.
    fn tell(&mut self, event: &TraceEvent, depth: usize, begun: Option<Timestamp>) {
        let ingress = event.ingress();
        let begun = ingress.and_then(|(_, step)| step.at).or(begun).or(event.time);
        if let Some((from, step)) = ingress {
            let mut line = connection(from);
            if !event.cluster.is_empty() && matches!(from.kind, PeerKind::Client | PeerKind::Gateway) {
                line += &format!(" cluster:{:?}", event.cluster);
            }
            line += &format!(" server:{:?} version:{:?}", event.server, event.version);
            self.say(depth, line, step, begun);
            self.complain(depth, "", step, begun);
        }
        // Kind by kind, as natscli tells it.
        for step in &event.steps {
            if let Step::Mapped { to } = &step.what {
                self.say(depth, format!("    Mapping subject:{to:?}"), step, begun);
            }
        }
        for step in &event.steps {
            if let Step::ServiceImport { from, to, account } = &step.what {
                let line = format!("    Service Import from:{from:?} to:{to:?} account:{account:?}");
                self.say(depth, line, step, begun);
            }
        }
        for step in &event.steps {
            if let Step::StreamExport { to, account } = &step.what {
                let line = format!("    Stream Export subject:{to:?} account:{account:?}");
                self.say(depth, line, step, begun);
            }
        }
        for step in &event.steps {
            if let Step::JetStream {
                stream,
                subject,
                no_interest,
            } = &step.what
            {
                let action = if *no_interest { "no interest" } else { "stored" };
                let line = format!(
                    "{} JetStream action:{action:?} stream:{stream:?} subject:{subject:?}",
                    arrow(PeerKind::JetStream)
                );
                self.say(depth, line, step, begun);
                self.complain(depth, "", step, begun);
                *self.reached.entry("JetStream").or_default() += 1;
            }
        }
        if event.is_unheard() {
            self.lines.push("    ".repeat(depth) + "--X No active interest");
        }
        for step in &event.steps {
            self.egress(step, depth, begun);
        }
    }

    fn egress(&mut self, step: &TraceStep, depth: usize, begun: Option<Timestamp>) {
        let Step::Egress {
            to,
            account,
            subject,
            queue,
            hop,
        } = &step.what
        else {
            return;
        };
        let mut line = format!("{} {}", arrow(to.kind), connection(to));
        for (label, value) in [("account", account), ("subject", subject), ("queue", queue)] {
            if !value.is_empty() {
                line += &format!(" {label}:{value:?}");
            }
        }
        self.say(depth, line, step, begun);
        self.complain(depth, "  ", step, begun);
        *self.reached.entry(name(to.kind)).or_default() += 1;
        if let Some(led_to) = trace::behind(self.events, hop) {
            self.tell(led_to, depth + 1, step.at);
        }
    }

    fn complain(&mut self, depth: usize, indent: &str, step: &TraceStep, begun: Option<Timestamp>) {
        if !step.error.is_empty() {
            self.say(depth, format!("{indent}--X Error: {}", step.error), step, begun);
        }
    }

    fn say(&mut self, depth: usize, line: String, step: &TraceStep, begun: Option<Timestamp>) {
        let mark = if self.timestamps {
            format!("[{}] ", after(begun, step.at))
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

/// `Client "name" cid:5`.
fn connection(peer: &Peer) -> String {
    let letter = match peer.kind {
        PeerKind::Router => "rid",
        PeerKind::Gateway => "gid",
        PeerKind::Leaf => "lid",
        PeerKind::Client | PeerKind::JetStream | PeerKind::Internal => "cid",
    };
    let named = match peer.name.as_str() {
        "" => String::new(),
        name => format!(" {name:?}"),
    };
    format!("{}{named} {letter}:{}", name(peer.kind), peer.id)
}

fn name(kind: PeerKind) -> &'static str {
    match kind {
        PeerKind::Client => "Client",
        PeerKind::Router => "Router",
        PeerKind::Gateway => "Gateway",
        PeerKind::Leaf => "Leafnode",
        PeerKind::JetStream => "JetStream",
        PeerKind::Internal => "Internal",
    }
}

fn arrow(kind: PeerKind) -> &'static str {
    match kind {
        PeerKind::Client => "--C",
        PeerKind::JetStream => "--J",
        PeerKind::Router => "-->",
        PeerKind::Gateway => "==>",
        PeerKind::Leaf => "~~>",
        PeerKind::Internal => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_trace_is_told_hop_by_hop() {
        let told = [
            json!({"server": {"name": "a", "ver": "2.14.5"}, "request": {}, "events": [
                {"type": "in", "ts": "2026-11-24T19:00:00Z", "kind": 0, "cid": 4, "name": "me"},
                {"type": "js", "ts": "2026-11-24T19:00:00.000010Z", "stream": "S", "subject": "x"},
                {"type": "eg", "ts": "2026-11-24T19:00:00.000020Z", "kind": 4, "cid": 9, "name": "b", "hop": "1"}]}),
            json!({"server": {"name": "b", "ver": "2.14.5"}, "request": {"header": {"Nats-Trace-Hop": ["1"]}}, "events": [
                {"type": "in", "ts": "2026-11-24T18:59:00Z", "kind": 4, "cid": 2},
                {"type": "eg", "ts": "2026-11-24T18:59:00Z", "kind": 0, "cid": 7, "sub": "x.*", "error": "not allowed"}]}),
        ];
        let events: Vec<TraceEvent> = told.iter().map(TraceEvent::read).collect();
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
        let event = TraceEvent::read(&json!({"server": {}, "events": [{"type": "in", "kind": 0, "cid": 1}]}));
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
