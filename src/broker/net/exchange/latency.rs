//! How long the answers of a service take (ADR-3): told on a subject of the account that exports it.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

use super::info::RequestInfo;
use crate::broker::conf::Latency;
use crate::broker::jetstream::Delivery;
use crate::broker::net::account::Account;
use crate::broker::net::connection::Connection;
use crate::broker::net::desk::{Desk, Pace};
use crate::broker::net::server::Server;
use crate::proto::headers;
use crate::util::time::Timestamp;

/// The headers that made a request one to be measured.
type Headers = BTreeMap<String, Vec<String>>;

/// A request whose time is taken.
#[derive(Debug)]
pub struct Tracked {
    subject: String,
    requestor: RequestInfo,
    header: Headers,
    sent: Timestamp,
    server: Arc<str>,
}

/// What became of it.
pub enum Measured<'a> {
    /// It was answered, by this client.
    Answered(Option<(&'a Arc<Connection>, &'a Server)>),
    /// It has no reply subject.
    BadRequest,
    /// Nobody listens for the answer any more.
    InterestLost,
    /// Nobody answers there.
    NoResponders,
    /// The answer did not come in time.
    TimedOut,
}

/// The event, as nats-server words it. Durations are in nanoseconds.
#[derive(Debug, Serialize)]
struct Event<'a> {
    r#type: &'static str,
    id: String,
    timestamp: Timestamp,
    status: u16,
    #[serde(skip_serializing_if = "str::is_empty")]
    description: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    requestor: Option<&'a RequestInfo>,
    #[serde(skip_serializing_if = "Option::is_none")]
    responder: Option<RequestInfo>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    header: &'a Headers,
    start: Timestamp,
    service: u64,
    system: u64,
    total: u64,
}

impl Tracked {
    /// A request that is sent now.
    pub fn new(latency: &Latency, requestor: RequestInfo, header: Headers, server: Arc<str>) -> Tracked {
        Tracked {
            subject: latency.subject.clone(),
            requestor,
            header,
            sent: Timestamp::now(),
            server,
        }
    }

    fn event(&self, how: &Measured<'_>) -> Event<'_> {
        let (status, description) = match how {
            Measured::Answered(_) => (200, ""),
            Measured::BadRequest => (400, "Bad Request"),
            Measured::InterestLost => (408, "Request Timeout"),
            Measured::NoResponders => (503, "Service Unavailable"),
            Measured::TimedOut => (504, "Service Timeout"),
        };
        let now = Timestamp::now();
        let asked = self.requestor.rtt;
        let mut event = Event {
            r#type: "io.nats.server.metric.v1.service_latency",
            id: nuid::next().to_string(),
            timestamp: now,
            status,
            description,
            requestor: Some(&self.requestor),
            responder: None,
            header: &self.header,
            start: Timestamp::from_nanos(self.sent.nanos() - i64::try_from(asked).unwrap_or(0)),
            service: 0,
            system: 0,
            total: 0,
        };
        if let Measured::Answered(responder) = how {
            let took = u64::try_from(now.since(self.sent).as_nanos()).unwrap_or(u64::MAX);
            let responder = responder.map(|(connection, _)| RequestInfo::new(connection, &self.server, true));
            let answered = responder.as_ref().map_or(0, |responder| responder.rtt);
            event.service = took.saturating_sub(answered);
            event.total = asked.saturating_add(took);
            if answered > 0 {
                let system = Timestamp::now().since(now).as_nanos();
                event.system = u64::try_from(system).unwrap_or(u64::MAX);
                event.total += event.system;
            }
            event.responder = responder;
        }
        event
    }
}

impl Desk {
    /// Tells how long a request took, in the account that exports the service.
    pub(super) fn tell_latency(&mut self, exporter: &Arc<Account>, tracked: &Tracked, how: &Measured<'_>) {
        // Strings and numbers only: nothing can go wrong.
        let body = serde_json::to_vec(&tracked.event(how)).unwrap_or_default();
        let subject = tracked.subject.as_bytes();
        self.send(exporter, &Delivery::open(subject, b"", &body), Pace::AtOnce);
    }
}

/// Is a request to be measured? Then with the headers that say so. `draw` is a number below 100.
pub fn is_sampled(latency: &Latency, draw: usize, block: &[u8]) -> Option<Headers> {
    let sampling = usize::from(latency.sampling);
    if sampling >= 100 || (sampling > 0 && draw <= sampling) {
        return Some(Headers::new());
    }
    by_headers(block)
}

/// The tracing headers of Jaeger, Zipkin and W3C, in the order in which nats-server asks them. Their keys may be written
/// in any case: W3C's own is a small one.
fn by_headers(block: &[u8]) -> Option<Headers> {
    const B3: [&str; 4] = ["X-B3-Sampled", "X-B3-Traceid", "X-B3-Parentspanid", "X-B3-Spanid"];
    let all = canonical(block);
    let get = |key: &str| Some(all.get(key)?.first()?.as_str());
    let copy = |keys: &[&str]| -> Headers {
        let found = keys.iter().filter_map(|key| all.get_key_value(*key));
        found.map(|(key, values)| (key.clone(), values.clone())).collect()
    };
    if let Some(trace) = get("Uber-Trace-Id") {
        let parts: Vec<&str> = trace.split(':').collect();
        let is_on = matches!(parts[..], [_, _, _, flags] if (1..=2).contains(&flags.len())
            && u8::from_str_radix(flags, 16).is_ok_and(|flags| flags & 1 == 1));
        let carried = all.keys().filter(|key| key.starts_with("Uberctx-"));
        let keys: Vec<&str> = carried.map(String::as_str).chain(["Uber-Trace-Id"]).collect();
        return is_on.then(|| copy(&keys));
    }
    match get("X-B3-Sampled") {
        Some("1") => return Some(copy(&B3)),
        Some("0") => return None,
        _ => {}
    }
    if all.contains_key("X-B3-Traceid") {
        return Some(copy(&B3));
    }
    if let Some(b3) = get("B3") {
        let parts: Vec<&str> = b3.split('-').collect();
        let is_off = matches!(parts[..], ["0"] | [_, _, "0", ..]);
        return (!is_off).then(|| copy(&["B3"]));
    }
    let parts: Vec<&str> = get("Traceparent")?.split('-').collect();
    let is_on = matches!(parts[..], [_, _, _, flags] if flags.len() == 2
        && i8::from_str_radix(flags, 16).is_ok_and(|flags| flags & 1 == 1));
    is_on.then(|| copy(&["Traceparent", "Tracestate"]))
}

/// All headers, their keys as Go writes them: words with a big first letter. The event has them like that, too.
fn canonical(block: &[u8]) -> Headers {
    let mut all = Headers::new();
    for (key, value) in headers::iter(block) {
        let mut starts_word = true;
        let key = key.iter().map(|byte| {
            let written = match starts_word {
                true => byte.to_ascii_uppercase(),
                false => byte.to_ascii_lowercase(),
            };
            starts_word = *byte == b'-';
            written
        });
        let key: Vec<u8> = key.collect();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        all.entry(text(&key)).or_default().push(text(value));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tracing_headers_decide_where_no_number_does() {
        let latency = Latency {
            subject: "lat".to_owned(),
            sampling: 0,
        };
        for (key, value, sampled) in [
            (
                "Uber-Trace-Id",
                "479fefe9525eddb:5adb976bfc1f95c1:479fefe9525eddb:1",
                true,
            ),
            ("Uber-Trace-Id", "479fefe9525eddb:479fefe9525eddb:0:0", false),
            ("X-B3-Sampled", "1", true),
            ("X-B3-Sampled", "0", false),
            ("X-B3-TraceId", "80f198ee56343ba864fe8b2a57d3eff7", true),
            (
                "B3",
                "80f198ee56343ba864fe8b2a57d3eff7-e457b5a2e4d86bd1-1-05e3ac9a4f6e3b90",
                true,
            ),
            (
                "B3",
                "80f198ee56343ba864fe8b2a57d3eff7-e457b5a2e4d86bd1-0-05e3ac9a4f6e3b90",
                false,
            ),
            ("B3", "0", false),
            (
                "Traceparent",
                "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                true,
            ),
            (
                "Traceparent",
                "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00",
                false,
            ),
            ("Other", "1", false),
        ] {
            for key in [key.to_owned(), key.to_ascii_lowercase()] {
                let block = headers::Builder::new().add(&key, value).build();
                let found = is_sampled(&latency, 0, &block);
                assert_eq!(found.is_some(), sampled, "{key}: {value}");
                let mut carried = found.iter().flatten();
                assert!(
                    carried.all(|(found, values)| found.eq_ignore_ascii_case(&key) && values == &[value])
                );
            }
        }
        let block = b"NATS/1.0\r\ntraceparent: 00-4bf9-00f0-01\r\ntracestate: a=1\r\nother: x\r\n\r\n";
        let found = is_sampled(&latency, 0, block).unwrap();
        let keys: Vec<&str> = found.keys().map(String::as_str).collect();
        assert_eq!(keys, ["Traceparent", "Tracestate"]);
        let half = Latency {
            sampling: 50,
            ..latency
        };
        assert!(is_sampled(&half, 50, b"").is_some() && is_sampled(&half, 51, b"").is_none());
    }
}
