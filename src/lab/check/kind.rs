//! What a check looks at. Fields of streams, consumers, keys and objects are those of the server's own JSON.

use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use serde_json::Value;

use super::Check;
use super::answer::Answer;
use super::raw::Raw;
use crate::lab::compare::Expected;

/// Most parts of a bunch.
const PARTS_MAX: usize = 16;
/// How much faster or slower a tempo may be, in percent.
const TOLERANCE_PERCENT: u64 = 20;
/// Most requests that a check sends.
const ORDERS_MAX: u64 = 10_000;

/// What a check looks at.
#[derive(Debug, Clone)]
pub enum Kind {
    /// Configuration and state of a stream, and which subjects it catches.
    Stream {
        name: String,
        exists: bool,
        catches: Vec<String>,
        misses: Vec<String>,
        fields: Vec<Field>,
    },
    /// A consumer of a stream; any of them when it has no name.
    Consumer {
        stream: String,
        name: Option<String>,
        fields: Vec<Field>,
    },
    /// A consumer was given messages as fast as they were stored, give or take a share of that time.
    Tempo {
        stream: String,
        consumer: String,
        tolerance: f64,
    },
    /// The messages on a subject of a stream, reduced to one value.
    Values {
        stream: String,
        filter: String,
        reduce: String,
        is: Expected,
    },
    /// The last value of a key, its revision, operation and history.
    Key {
        bucket: String,
        key: String,
        fields: Vec<Field>,
    },
    /// Every key below `from` has the value of the same key below `to`.
    SameKeys {
        bucket: String,
        from: String,
        to: String,
    },
    /// What a bucket says of an object.
    Object {
        bucket: String,
        name: String,
        fields: Vec<Field>,
    },
    /// Messages that were published since the step began; with `within`, so many in that time.
    Published {
        subject: String,
        count: u64,
        within: Option<Duration>,
        payload: Option<Expected>,
        header: Option<(String, Expected)>,
    },
    /// Nothing was published for so long.
    Silence { subject: String, quiet: Duration },
    /// A request of the learner's was answered, in time and as expected.
    Replied {
        subject: String,
        payload: Option<Expected>,
        latency: Option<Duration>,
    },
    /// A request of the learner's found nobody, and the server said so. Only our own broker tells.
    NoResponders { subject: String },
    /// Subscriptions of the account's clients.
    Subscribed {
        catches: Vec<String>,
        misses: Vec<String>,
        pattern: Option<String>,
        queue: Option<String>,
        members: Expected,
    },
    /// Messages that subscriptions were given since they began.
    Delivered {
        subject: String,
        queue: Option<String>,
        members: Expected,
        each: u64,
        total: Expected,
    },
    /// How the messages since the step began were shared, those that have left included.
    Distribution {
        subject: String,
        queue: Option<String>,
        members: Expected,
        each: u64,
        total: Expected,
    },
    /// Connections by name.
    Connection { name: Expected, count: Expected },
    /// A request of our own and its answer.
    Request {
        subject: String,
        payload: String,
        reply: Expected,
    },
    /// Requests of our own, one after the other and each again until it is answered; `{{n}}` counts from 1.
    Orders {
        subject: String,
        payload: String,
        times: u64,
        every: Duration,
        responders: Expected,
    },
    /// Two logins at a server of the learner's: does a message get from one to the other, under the subject
    /// `arrives`?
    Crosses {
        from: String,
        to: String,
        subject: String,
        arrives: String,
        crosses: bool,
    },
    /// A login at a server of the learner's asks: what is it answered?
    Asks {
        login: String,
        subject: String,
        reply: Expected,
    },
    /// A login at a server of the learner's: may it publish there?
    MayPublish {
        login: String,
        subject: String,
        allowed: bool,
    },
    /// A file in the learner's folder.
    File {
        path: PathBuf,
        size: Option<Expected>,
        contains: Option<Expected>,
        sha256: Option<String>,
        same_as: Option<(String, String)>,
    },
    /// What the learner says.
    Answer(Answer),
    /// Several checks as one.
    Bunch(Bunch),
}

/// Several checks as one.
#[derive(Debug, Clone)]
pub struct Bunch {
    /// How many of them, or in which order.
    pub rule: Rule,
    /// The checks.
    pub parts: Vec<Check>,
}

/// When a bunch passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// `all`: every part.
    All,
    /// `any`: one of them, or as many as `min_score` says.
    AtLeast(usize),
    /// `not`: none of them.
    None,
    /// `sequence`: one after the other.
    Sequence,
}

/// A field of the server's JSON and what is expected of it.
#[derive(Debug, Clone)]
pub struct Field {
    /// Its name, looked for at the top, in `config` and in `state`.
    pub name: String,
    /// The expectation.
    pub expected: Expected,
}

const KINDS: [&str; 24] = [
    "stream",
    "consumer",
    "tempo",
    "values",
    "key",
    "same_keys",
    "object",
    "published",
    "silence",
    "reply_seen",
    "subscribed",
    "delivered",
    "distribution",
    "connection",
    "request",
    "crosses",
    "asks",
    "may_publish",
    "file",
    "answer",
    "all",
    "any",
    "not",
    "sequence",
];

impl Kind {
    pub(super) fn read(raw: &mut Raw, id: &str) -> Result<Kind, String> {
        let asks = raw.has("answer");
        // A question may name the stream that its answer is computed from.
        let mut kinds = KINDS
            .iter()
            .filter(|kind| raw.has(kind) && (!asks || **kind == "answer"));
        let (Some(kind), None) = (kinds.next(), kinds.next()) else {
            return Err(format!("a check has exactly one of {}", KINDS.join(", ")));
        };
        let rule = match *kind {
            "all" => Some(Rule::All),
            "any" => Some(Rule::AtLeast(raw.count("min_score", 1)?.max(1) as usize)),
            "not" => Some(Rule::None),
            "sequence" => Some(Rule::Sequence),
            _ => None,
        };
        if let Some(rule) = rule {
            let parts = raw.take(kind).unwrap_or_default();
            return Bunch::read(kind, rule, parts, id).map(Kind::Bunch);
        }
        // `stream: NAME` and `consumer: {…}`: what follows the kind belongs to it either way.
        match raw.take(kind) {
            Some(Value::Object(inner)) => raw.extend(inner),
            Some(name) => raw.put("name", name),
            None => {}
        }
        match *kind {
            "stream" | "consumer" | "tempo" | "values" | "key" | "same_keys" | "object" => {
                Kind::stored(kind, raw)
            }
            "published" | "silence" | "reply_seen" | "request" => Kind::traffic(kind, raw),
            "subscribed" | "delivered" | "distribution" | "connection" => Kind::clients(kind, raw),
            "crosses" | "asks" | "may_publish" => Kind::logins(kind, raw),
            "file" => Kind::file(raw),
            _ => Ok(Kind::Answer(Answer::read(raw)?)),
        }
    }

    fn stored(kind: &str, raw: &mut Raw) -> Result<Kind, String> {
        Ok(match kind {
            "stream" => Kind::Stream {
                name: raw.text("name")?,
                exists: raw.flag("exists")?.unwrap_or(true),
                catches: raw.list("catches")?,
                misses: raw.list("misses")?,
                fields: raw.fields()?,
            },
            "consumer" => Kind::Consumer {
                stream: raw.text("stream")?,
                name: raw.optional_text("name"),
                fields: raw.fields()?,
            },
            "tempo" => Kind::Tempo {
                stream: raw.text("stream")?,
                consumer: raw.text("name")?,
                tolerance: raw.count("percent", TOLERANCE_PERCENT)? as f64 / 100.0,
            },
            "values" => Kind::Values {
                stream: raw.text("stream")?,
                filter: raw.text("filter")?,
                reduce: raw.text("reduce")?,
                is: raw.expected("is")?.ok_or("no is")?,
            },
            "key" => Kind::Key {
                bucket: raw.text("bucket")?,
                key: raw.text("name")?,
                fields: raw.fields()?,
            },
            "same_keys" => Kind::SameKeys {
                bucket: raw.text("bucket")?,
                from: raw.text("from")?,
                to: raw.text("to")?,
            },
            _ => Kind::Object {
                bucket: raw.text("bucket")?,
                name: raw.text("name")?,
                fields: raw.fields()?,
            },
        })
    }

    fn traffic(kind: &str, raw: &mut Raw) -> Result<Kind, String> {
        let subject = raw.text("name")?;
        Ok(match kind {
            "published" => Kind::Published {
                subject,
                count: raw.count("count", 1)?,
                within: raw.time("within")?,
                payload: raw.expected("payload")?,
                header: raw.header()?,
            },
            "silence" => Kind::Silence {
                subject,
                quiet: raw.time("for")?.ok_or("no for")?,
            },
            "reply_seen" => match raw.count("status", 200)? {
                503 => Kind::NoResponders { subject },
                200 => Kind::Replied {
                    subject,
                    payload: raw.expected("payload")?,
                    latency: raw.time("latency")?,
                },
                _ => return Err("status must be 503".to_owned()),
            },
            _ => match raw.count("times", 1)? {
                1 => Kind::Request {
                    subject,
                    payload: raw.optional_text("payload").unwrap_or_default(),
                    reply: raw.expected_or("reply", "~.")?,
                },
                times => Kind::Orders {
                    subject,
                    payload: raw.optional_text("payload").unwrap_or_default(),
                    times: times.min(ORDERS_MAX),
                    every: raw.time("every")?.unwrap_or_default(),
                    responders: raw.expected_or("distinct_responders", ">=1")?,
                },
            },
        })
    }

    fn clients(kind: &str, raw: &mut Raw) -> Result<Kind, String> {
        Ok(match kind {
            "subscribed" => Kind::Subscribed {
                catches: raw.list("catches")?,
                misses: raw.list("misses")?,
                pattern: raw.optional_text("name"),
                queue: raw.optional_text("queue"),
                members: raw.expected_or("members", ">=1")?,
            },
            "delivered" => Kind::Delivered {
                subject: raw.text("name")?,
                queue: raw.optional_text("queue"),
                members: raw.expected_or("members", ">=1")?,
                each: raw.count("each", 1)?,
                total: raw.expected_or("total", ">=1")?,
            },
            "distribution" => Kind::Distribution {
                subject: raw.text("name")?,
                queue: raw.optional_text("queue"),
                members: raw.expected_or("members", ">=1")?,
                each: raw.count("each", 1)?,
                total: raw.expected_or("total", ">=1")?,
            },
            _ => Kind::Connection {
                name: raw.expected("name")?.ok_or("no name")?,
                count: raw.expected_or("count", ">=1")?,
            },
        })
    }

    fn logins(kind: &str, raw: &mut Raw) -> Result<Kind, String> {
        let subject = raw.text("subject")?;
        Ok(match kind {
            "crosses" => Kind::Crosses {
                from: raw.text("from")?,
                to: raw.text("to")?,
                arrives: raw.optional_text("as").unwrap_or_else(|| subject.clone()),
                subject,
                crosses: raw.flag("is")?.unwrap_or(true),
            },
            "asks" => Kind::Asks {
                login: raw.text("login")?,
                subject,
                reply: raw.expected("reply")?.ok_or("no reply")?,
            },
            _ => Kind::MayPublish {
                login: raw.text("login")?,
                subject,
                allowed: raw.flag("is")?.unwrap_or(true),
            },
        })
    }

    fn file(raw: &mut Raw) -> Result<Kind, String> {
        let path = PathBuf::from(raw.text("name")?);
        if !is_inside(&path) {
            return Err(format!("{} is outside the lab's folder", path.display()));
        }
        let same_as = match raw.take("same_as") {
            None => None,
            Some(value) => {
                let part = |key: &str| value[key].as_str().map(str::to_owned);
                let both = part("bucket").zip(part("object"));
                Some(both.ok_or("same_as must be {bucket: …, object: …}")?)
            }
        };
        Ok(Kind::File {
            path,
            size: raw.expected("size")?,
            contains: raw.expected("contains")?,
            sha256: raw.optional_text("sha256"),
            same_as,
        })
    }

    /// True for what happens, as opposed to what is: such a check stays passed.
    pub(super) fn is_event(&self) -> bool {
        match self {
            Kind::Stream { .. }
            | Kind::Consumer { .. }
            | Kind::Values { .. }
            | Kind::SameKeys { .. }
            | Kind::Silence { .. }
            | Kind::Subscribed { .. }
            | Kind::Connection { .. } => false,
            Kind::Bunch(bunch) => {
                bunch.rule == Rule::Sequence || bunch.parts.iter().all(|part| part.kind.is_event())
            }
            _ => true,
        }
    }

    /// True when looking sends messages, which should be done seldom.
    pub fn is_probe(&self) -> bool {
        match self {
            Kind::Request { .. } | Kind::Crosses { .. } | Kind::Asks { .. } | Kind::MayPublish { .. } => true,
            Kind::Bunch(bunch) => bunch.parts.iter().any(|part| part.kind.is_probe()),
            _ => false,
        }
    }

    /// True when it counts what subscriptions are given from the step's beginning.
    pub fn counts_deliveries(&self) -> bool {
        match self {
            Kind::Distribution { .. } => true,
            Kind::Bunch(bunch) => bunch.parts.iter().any(|part| part.kind.counts_deliveries()),
            _ => false,
        }
    }
}

impl Bunch {
    fn read(kind: &str, rule: Rule, parts: Value, id: &str) -> Result<Bunch, String> {
        let parts = match parts {
            Value::Array(parts) => parts,
            one => vec![one],
        };
        if parts.is_empty() || parts.len() > PARTS_MAX {
            return Err(format!("{kind} has no parts, or over {PARTS_MAX}"));
        }
        let read = |(number, part): (usize, Value)| {
            let part = Check::part(part, format!("{id}.{number}"))?;
            match part.kind {
                Kind::Answer(_) => Err("a question cannot be a part".to_owned()),
                _ => Ok(part),
            }
        };
        let parts = (1..).zip(parts).map(read).collect::<Result<_, _>>()?;
        Ok(Bunch { rule, parts })
    }
}

fn is_inside(path: &Path) -> bool {
    path.components().all(|part| matches!(part, Component::Normal(_)))
}
