//! The report on a message's way through the server (ADR-41, `msgtrace.go`).

use std::collections::BTreeMap;

use serde::Serialize;

use super::events::{ServerInfo, encode};
use crate::proto::api::is_default;
use crate::util::time::Timestamp;

/// A report in the making.
#[derive(Debug)]
pub struct TraceReport {
    request: Request,
    ingress: Step,
    steps: Vec<Step>,
}

#[derive(Debug, Serialize)]
struct Request {
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    header: BTreeMap<String, Vec<String>>,
    #[serde(skip_serializing_if = "is_default")]
    msgsize: usize,
}

#[derive(Debug, Serialize)]
struct Step {
    r#type: &'static str,
    ts: Timestamp,
    #[serde(flatten)]
    what: What,
}

/// What happened to the message in one step.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum What {
    Ingress {
        kind: u8,
        cid: u64,
        #[serde(skip_serializing_if = "String::is_empty")]
        name: String,
        acc: String,
        subj: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        error: Option<String>,
    },
    Mapping {
        to: String,
    },
    Export {
        acc: String,
        to: String,
    },
    Service {
        acc: String,
        from: String,
        to: String,
    },
    Stored(Stored),
    Egress(Egress),
}

/// What a stream did with the message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Stored {
    /// Its name.
    pub stream: String,
    /// The subject under which it was stored; empty when it was not.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub subject: String,
    /// It is an interest stream, and no consumer wants the message.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub nointerest: bool,
    /// Why it was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// A subscription on the message's way.
#[derive(Debug, Serialize)]
pub struct Egress {
    /// The kind of connection; 0 is a client.
    pub kind: u8,
    /// The connection's id.
    pub cid: u64,
    /// Its name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Subject or pattern.
    pub sub: String,
    /// The queue group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue: Option<String>,
    /// Why it did not get the message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<&'static str>,
}

/// Who published what.
#[derive(Debug)]
pub struct Origin<'a> {
    /// The publisher's client id.
    pub cid: u64,
    /// The name of its connection.
    pub name: String,
    /// Its account.
    pub account: &'a str,
    /// The subject as it came.
    pub subject: &'a [u8],
    /// All headers.
    pub headers: BTreeMap<String, Vec<String>>,
    /// Size of headers and body in bytes.
    pub size: usize,
}

#[derive(Serialize)]
struct Whole<'a> {
    server: &'a ServerInfo,
    request: &'a Request,
    events: Vec<&'a Step>,
}

impl TraceReport {
    /// A message has come in.
    pub fn new(origin: Origin<'_>) -> TraceReport {
        let ingress = What::Ingress {
            kind: 0,
            cid: origin.cid,
            name: origin.name,
            acc: origin.account.to_owned(),
            subj: lossy(origin.subject),
            error: None,
        };
        TraceReport {
            request: Request {
                header: origin.headers,
                msgsize: origin.size,
            },
            ingress: Step::new("in", ingress),
            steps: Vec::new(),
        }
    }

    /// It was not let in.
    pub fn refused(&mut self, reason: String) {
        if let What::Ingress { error, .. } = &mut self.ingress.what {
            *error = Some(reason);
        }
    }

    /// Its subject was mapped.
    pub fn mapped(&mut self, to: &[u8]) {
        self.steps.push(Step::new("sm", What::Mapping { to: lossy(to) }));
    }

    /// Another account imports it, under this subject.
    pub fn exported(&mut self, account: &str, to: &[u8]) {
        let export = What::Export {
            acc: account.to_owned(),
            to: lossy(to),
        };
        self.steps.push(Step::new("se", export));
    }

    /// It went on to a service of another account.
    pub fn passed_on(&mut self, account: &str, from: &[u8], to: &[u8]) {
        let service = What::Service {
            acc: account.to_owned(),
            from: lossy(from),
            to: lossy(to),
        };
        self.steps.push(Step::new("si", service));
    }

    /// A stream was offered it.
    pub fn stored(&mut self, stored: Stored) {
        self.steps.push(Step::new("js", What::Stored(stored)));
    }

    /// It was sent to a client, or was not.
    pub fn left(&mut self, egress: Egress) {
        self.steps.push(Step::new("eg", What::Egress(egress)));
    }

    /// The report as JSON.
    pub fn body(&self, server: &ServerInfo) -> Vec<u8> {
        encode(&Whole {
            server,
            request: &self.request,
            events: std::iter::once(&self.ingress).chain(&self.steps).collect(),
        })
    }
}

impl Step {
    fn new(r#type: &'static str, what: What) -> Step {
        Step {
            r#type,
            ts: Timestamp::now(),
            what,
        }
    }
}

fn lossy(text: &[u8]) -> String {
    String::from_utf8_lossy(text).into_owned()
}
