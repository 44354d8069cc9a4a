//! Checks as a lab file writes them: one YAML mapping each, whose kind is the one key that names a kind.

use serde_json::{Map, Value};

use super::compare::Expected;

/// One check.
#[derive(Debug, Clone)]
pub struct Check {
    /// Unique in its step.
    pub id: String,
    /// What is checked, in bokmål, for the learner.
    pub say: String,
    /// What it looks at.
    pub kind: Kind,
    /// Once passed, always passed: for what happens, as opposed to what is.
    pub latch: bool,
    /// True from the start and to stay so.
    pub keeps: bool,
    /// What to tell while it has not passed, besides what was expected and seen.
    pub tip: Option<String>,
}

/// What a check looks at. Fields are those of the server's own JSON.
#[derive(Debug, Clone)]
pub enum Kind {
    /// Configuration and state of a stream.
    Stream {
        name: String,
        exists: bool,
        fields: Vec<Field>,
    },
    /// A consumer of a stream; any of them when it has no name.
    Consumer {
        stream: String,
        name: Option<String>,
        fields: Vec<Field>,
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
    /// Messages that were published since the step began.
    Published {
        subject: String,
        count: u64,
        payload: Option<Expected>,
        header: Option<(String, Expected)>,
    },
    /// Subscriptions of the account's clients.
    Subscribed {
        catches: Vec<String>,
        misses: Vec<String>,
        pattern: Option<String>,
        queue: Option<String>,
        members: Expected,
    },
    /// Messages that subscriptions were given.
    Delivered {
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
    /// Two logins at a server of the learner's: does a message get from one to the other?
    Crosses {
        from: String,
        to: String,
        subject: String,
        crosses: bool,
    },
    /// A login at a server of the learner's: may it publish there?
    MayPublish {
        login: String,
        subject: String,
        allowed: bool,
    },
    /// What the learner says.
    Answer(Answer),
}

/// A question to the learner.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The question.
    pub prompt: String,
    /// What is right.
    pub kind: AnswerKind,
    /// Why, told once it is answered rightly.
    pub why: Option<String>,
}

/// How an answer is judged.
#[derive(Debug, Clone)]
pub enum AnswerKind {
    /// As expected.
    Text(Expected),
    /// The number of a choice, from 1.
    Choice { choices: Vec<String>, right: usize },
    /// A number that is computed from a stream: how, which stream, which subjects, and how exactly.
    Computed {
        reduce: String,
        stream: String,
        filter: String,
        tolerance: f64,
    },
    /// A pattern that catches these subjects and none of those.
    Pattern {
        catches: Vec<String>,
        misses: Vec<String>,
    },
}

/// A field of the server's JSON and what is expected of it.
#[derive(Debug, Clone)]
pub struct Field {
    /// Its name, looked for at the top, in `config` and in `state`.
    pub name: String,
    /// The expectation.
    pub expected: Expected,
}

/// The mapping of one check while it is read.
struct Raw(Map<String, Value>);

const KINDS: [&str; 14] = [
    "stream",
    "consumer",
    "values",
    "key",
    "same_keys",
    "object",
    "published",
    "subscribed",
    "delivered",
    "connection",
    "request",
    "crosses",
    "may_publish",
    "answer",
];

impl Check {
    /// Reads a check.
    ///
    /// # Errors
    /// What is wrong, in English for the author.
    pub fn parse(value: Value) -> Result<Check, String> {
        let Value::Object(map) = value else {
            return Err("a check must be a mapping".to_owned());
        };
        let mut raw = Raw(map);
        let id = raw.text("id")?;
        let named = |error: String| format!("check {id}: {error}");
        Check::read(&mut raw, &id).map_err(named)
    }

    fn read(raw: &mut Raw, id: &str) -> Result<Check, String> {
        let say = raw.optional_text("say");
        let tip = raw.optional_text("tip");
        let latch = raw.flag("latch")?;
        let keeps = raw.flag("keeps")?.unwrap_or(false);
        let asks = raw.0.contains_key("answer");
        // A question may name the stream that its answer is computed from.
        let mut kinds = KINDS
            .iter()
            .filter(|kind| raw.0.contains_key(**kind) && (!asks || **kind == "answer"));
        let (Some(kind), None) = (kinds.next(), kinds.next()) else {
            return Err(format!("a check has exactly one of {}", KINDS.join(", ")));
        };
        // `stream: NAME` and `consumer: {…}`: what follows the kind belongs to it either way.
        match raw.0.remove(*kind) {
            Some(Value::Object(inner)) => raw.0.extend(inner),
            Some(name) => drop(raw.0.insert("name".to_owned(), name)),
            None => {}
        }
        let kind = Kind::read(kind, raw)?;
        if let Some(unknown) = raw.0.keys().next() {
            return Err(format!("unknown field {unknown:?}"));
        }
        let is_event = !matches!(
            kind,
            Kind::Stream { .. }
                | Kind::Consumer { .. }
                | Kind::Values { .. }
                | Kind::SameKeys { .. }
                | Kind::Subscribed { .. }
                | Kind::Connection { .. }
        );
        let say = match (&say, &kind) {
            (Some(say), _) => say.clone(),
            (None, Kind::Answer(answer)) => answer.prompt.clone(),
            (None, _) => return Err("no say".to_owned()),
        };
        Ok(Check {
            id: id.to_owned(),
            say,
            latch: latch.unwrap_or(is_event),
            keeps,
            tip,
            kind,
        })
    }
}

impl Kind {
    fn read(kind: &str, raw: &mut Raw) -> Result<Kind, String> {
        Ok(match kind {
            "stream" => Kind::Stream {
                name: raw.text("name")?,
                exists: raw.flag("exists")?.unwrap_or(true),
                fields: raw.fields()?,
            },
            "consumer" => Kind::Consumer {
                stream: raw.text("stream")?,
                name: raw.optional_text("name"),
                fields: raw.fields()?,
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
            "object" => Kind::Object {
                bucket: raw.text("bucket")?,
                name: raw.text("name")?,
                fields: raw.fields()?,
            },
            "published" => Kind::Published {
                subject: raw.text("name")?,
                count: raw.count("count", 1)?,
                payload: raw.expected("payload")?,
                header: raw.header()?,
            },
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
            "connection" => Kind::Connection {
                name: raw.expected("name")?.ok_or("no name")?,
                count: raw.expected_or("count", ">=1")?,
            },
            "request" => Kind::Request {
                subject: raw.text("name")?,
                payload: raw.optional_text("payload").unwrap_or_default(),
                reply: raw.expected_or("reply", "~.")?,
            },
            "crosses" => Kind::Crosses {
                from: raw.text("from")?,
                to: raw.text("to")?,
                subject: raw.text("subject")?,
                crosses: raw.flag("is")?.unwrap_or(true),
            },
            "may_publish" => Kind::MayPublish {
                login: raw.text("login")?,
                subject: raw.text("subject")?,
                allowed: raw.flag("is")?.unwrap_or(true),
            },
            _ => Kind::Answer(Answer::read(raw)?),
        })
    }
}

impl Answer {
    fn read(raw: &mut Raw) -> Result<Answer, String> {
        let choices = raw.list("choices")?;
        let kind = if !choices.is_empty() {
            let right = raw.count("right", 0)? as usize;
            if !(1..=choices.len()).contains(&right) {
                return Err("right is no choice".to_owned());
            }
            AnswerKind::Choice { choices, right }
        } else if let Some(reduce) = raw.optional_text("reduce") {
            AnswerKind::Computed {
                reduce,
                stream: raw.text("stream")?,
                filter: raw.text("filter")?,
                tolerance: raw.0.remove("tolerance").and_then(|t| t.as_f64()).unwrap_or(0.0),
            }
        } else if let Some(expected) = raw.expected("is")? {
            AnswerKind::Text(expected)
        } else {
            AnswerKind::Pattern {
                catches: raw.list("catches")?,
                misses: raw.list("misses")?,
            }
        };
        Ok(Answer {
            prompt: raw.text("name")?,
            kind,
            why: raw.optional_text("why"),
        })
    }
}

impl Raw {
    fn text(&mut self, key: &str) -> Result<String, String> {
        self.optional_text(key).ok_or_else(|| format!("no {key}"))
    }

    fn optional_text(&mut self, key: &str) -> Option<String> {
        match self.0.remove(key)? {
            Value::String(text) => Some(text),
            other => Some(other.to_string()),
        }
    }

    fn flag(&mut self, key: &str) -> Result<Option<bool>, String> {
        match self.0.remove(key) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(flag)),
            Some(_) => Err(format!("{key} must be true or false")),
        }
    }

    fn count(&mut self, key: &str, otherwise: u64) -> Result<u64, String> {
        match self.0.remove(key) {
            None => Ok(otherwise),
            Some(value) => value.as_u64().ok_or_else(|| format!("{key} must be a number")),
        }
    }

    fn list(&mut self, key: &str) -> Result<Vec<String>, String> {
        let Some(value) = self.0.remove(key) else {
            return Ok(Vec::new());
        };
        serde_json::from_value(value).map_err(|_| format!("{key} must be a list of texts"))
    }

    fn expected(&mut self, key: &str) -> Result<Option<Expected>, String> {
        self.0
            .remove(key)
            .map(|value| Expected::parse(&value))
            .transpose()
    }

    fn expected_or(&mut self, key: &str, otherwise: &str) -> Result<Expected, String> {
        match self.expected(key)? {
            Some(expected) => Ok(expected),
            None => Expected::parse(&otherwise.into()),
        }
    }

    fn header(&mut self) -> Result<Option<(String, Expected)>, String> {
        let Some(value) = self.0.remove("header") else {
            return Ok(None);
        };
        let pair = value.as_object().and_then(|map| map.iter().next());
        let (name, expected) = pair.ok_or("header must be {Name: expected}")?;
        Ok(Some((name.clone(), Expected::parse(expected)?)))
    }

    /// Everything that is left.
    fn fields(&mut self) -> Result<Vec<Field>, String> {
        let field =
            |(name, value): (String, Value)| Expected::parse(&value).map(|expected| Field { name, expected });
        std::mem::take(&mut self.0).into_iter().map(field).collect()
    }
}
