//! A stream that is to be made, changed, purged or deleted: what was typed in, the API's request and the equal
//! `nats` command line out. Pure.
//!
//! A change starts from the whole configuration as the server sent it, so that fields which the form does not
//! show stay as they are.

use std::time::Duration;

use serde_json::{Value, json};

use super::texts;
use crate::proto::subject;
use crate::util::{duration, size};

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// Make a stream.
    Create,
    /// Change its configuration.
    Edit,
    /// Remove its messages.
    Purge,
    /// Remove one of its messages.
    Remove,
    /// Remove it.
    Delete,
}

/// The fields of the form, as typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Draft {
    /// Its name.
    pub name: String,
    /// Subjects with blanks or commas between.
    pub subjects: String,
    /// `file` or `memory`.
    pub storage: String,
    /// `limits`, `interest` or `work`.
    pub retention: String,
    /// Messages at most; empty for any number.
    pub messages: String,
    /// Bytes at most, such as `10MB`.
    pub bytes: String,
    /// How old they get, such as `1h`.
    pub age: String,
    /// Messages of one subject at most.
    pub per_subject: String,
    /// What happens when it is full: `old` or `new`.
    pub discard: String,
}

/// Why a draft is no stream.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DraftError {
    /// A name that NATS does not take.
    #[error("{}", texts::bad_name())]
    Name,
    /// A pattern that is none.
    #[error("{}", texts::bad_subject(.0))]
    Subject(String),
    /// None of the words that the field takes.
    #[error("{}", texts::one_of(.0))]
    Word(&'static str),
    /// Not a number.
    #[error("{}", texts::bad_number(.0))]
    Number(String),
    /// Not a duration.
    #[error("{}", texts::bad_age())]
    Age,
    /// Two ways to say which messages, of which one has to do.
    #[error("{}", texts::seq_or_keep())]
    SeqOrKeep,
}

/// What is to be asked of the API.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// What it does.
    pub deed: Deed,
    /// The stream.
    pub stream: String,
    /// Behind `$JS.API.`.
    pub subject: String,
    /// The body.
    pub body: Value,
    /// The `nats` command line that does the same.
    pub command: String,
    /// Fields that change: name, old value, new value. Empty values stand for none.
    pub changes: Vec<(String, String, String)>,
}

const STORAGES: [(&str, &str); 2] = [("file", "file"), ("memory", "memory")];
const RETENTIONS: [(&str, &str); 3] = [
    ("limits", "limits"),
    ("interest", "interest"),
    ("work", "workqueue"),
];
const DISCARDS: [(&str, &str); 2] = [("old", "old"), ("new", "new")];

impl Draft {
    /// What a new stream starts from.
    pub fn fresh() -> Draft {
        Draft {
            storage: "file".to_owned(),
            retention: "limits".to_owned(),
            discard: "old".to_owned(),
            ..Draft::default()
        }
    }

    /// What a configuration says.
    pub fn of(config: &Value) -> Draft {
        let text = |name: &str| config[name].as_str().unwrap_or_default().to_owned();
        let limit = |name: &str| config[name].as_i64().filter(|limit| *limit > 0);
        let word = |words: &[(&str, &str)], name: &str| {
            let own = text(name);
            let found = words.iter().find(|(_, wire)| *wire == own);
            found.map_or(own.clone(), |(word, _)| (*word).to_owned())
        };
        let subjects = config["subjects"].as_array().into_iter().flatten();
        Draft {
            name: text("name"),
            subjects: subjects.filter_map(Value::as_str).collect::<Vec<_>>().join(" "),
            storage: word(&STORAGES, "storage"),
            retention: word(&RETENTIONS, "retention"),
            messages: limit("max_msgs").map(|n| n.to_string()).unwrap_or_default(),
            bytes: limit("max_bytes").map(|n| n.to_string()).unwrap_or_default(),
            age: limit("max_age")
                .map(|nanos| duration::format(Duration::from_nanos(nanos.unsigned_abs())))
                .unwrap_or_default(),
            per_subject: limit("max_msgs_per_subject")
                .map(|n| n.to_string())
                .unwrap_or_default(),
            discard: word(&DISCARDS, "discard"),
        }
    }

    /// The request that makes the stream, or that makes `base` like this.
    ///
    /// # Errors
    /// Something that was typed means nothing.
    pub fn request(&self, base: Option<&Value>) -> Result<Request, DraftError> {
        let name = self.name.trim();
        let bad = |c: char| c.is_whitespace() || matches!(c, '.' | '*' | '>' | '/' | '\\') || c.is_control();
        if name.is_empty() || name.contains(bad) || name.len() > 255 {
            return Err(DraftError::Name);
        }
        let subjects = self.subjects()?;
        let mut config = base.cloned().unwrap_or_else(|| json!({}));
        config["name"] = name.into();
        let is_fed_otherwise = config["mirror"].is_object() || config["sources"].is_array();
        if !subjects.is_empty() || !is_fed_otherwise {
            // As natscli and the server have it, a stream without subjects takes its own name.
            config["subjects"] = match subjects.is_empty() {
                true => json!([name]),
                false => json!(subjects),
            };
        }
        config["storage"] = word(&self.storage, &STORAGES, "file, memory")?.into();
        config["retention"] = word(&self.retention, &RETENTIONS, "limits, interest, work")?.into();
        config["discard"] = word(&self.discard, &DISCARDS, "old, new")?.into();
        config["max_msgs"] = number(&self.messages)?.unwrap_or(-1).into();
        config["max_bytes"] = bytes(&self.bytes)?.unwrap_or(-1).into();
        config["max_msgs_per_subject"] = number(&self.per_subject)?.unwrap_or(-1).into();
        config["max_age"] = age(&self.age)?.into();
        if base.is_none() {
            config["num_replicas"] = 1.into();
        }
        let deed = if base.is_some() { Deed::Edit } else { Deed::Create };
        let verb = if base.is_some() { "UPDATE" } else { "CREATE" };
        let changes = changes(base, &config);
        Ok(Request {
            deed,
            stream: name.to_owned(),
            subject: format!("STREAM.{verb}.{name}"),
            command: self.command(name, base, &changes),
            changes,
            body: config,
        })
    }

    fn subjects(&self) -> Result<Vec<String>, DraftError> {
        let words = self.subjects.split([' ', ',']).filter(|word| !word.is_empty());
        words
            .map(|word| match subject::is_valid_pattern(word.as_bytes()) {
                true => Ok(word.to_owned()),
                false => Err(DraftError::Subject(word.to_owned())),
            })
            .collect()
    }

    /// The command line: every flag of a new stream, the changed ones of an old.
    fn command(&self, name: &str, base: Option<&Value>, changes: &[(String, String, String)]) -> String {
        let mut line = match base {
            None => format!("nats stream add {name}"),
            Some(_) => format!("nats stream edit {name} --force"),
        };
        let is_changed = |field: &str| base.is_none() || changes.iter().any(|(own, _, _)| own == field);
        let or_none = |text: &str| {
            if text.trim().is_empty() {
                "-1".to_owned()
            } else {
                text.trim().to_owned()
            }
        };
        let subjects = match self.subjects.split([' ', ',']).any(|word| !word.is_empty()) {
            true => self
                .subjects
                .split([' ', ','])
                .filter(|word| !word.is_empty())
                .collect::<Vec<_>>()
                .join(","),
            false => name.to_owned(),
        };
        for (field, flag, value) in [
            ("subjects", "--subjects", format!("'{subjects}'")),
            ("storage", "--storage", self.storage.trim().to_owned()),
            ("retention", "--retention", self.retention.trim().to_owned()),
            ("discard", "--discard", self.discard.trim().to_owned()),
            ("max_msgs", "--max-msgs", or_none(&self.messages.replace(" ", ""))),
            ("max_bytes", "--max-bytes", or_none(&self.bytes)),
            ("max_age", "--max-age", or_none(&self.age)),
            (
                "max_msgs_per_subject",
                "--max-msgs-per-subject",
                or_none(&self.per_subject),
            ),
        ] {
            let is_default = base.is_none() && value == "-1";
            if is_changed(field) && !is_default {
                line += &format!(" {flag}={value}");
            }
        }
        if base.is_none() {
            line += " --defaults";
        }
        line
    }
}

/// The request that purges a stream: of everything, or of what `only` says, which is a subject, `seq=N` for what came
/// before that sequence, `keep=N` for all but the newest so many, or a subject with one of them.
///
/// # Errors
/// The subject is none, a number is none, or both numbers are there, of which the server takes one.
pub fn purge(stream: &str, only: &str) -> Result<Request, DraftError> {
    let mut body = json!({});
    let mut flags = String::new();
    for word in only.split_whitespace() {
        let number = |text: &str| {
            text.parse::<u64>()
                .map_err(|_| DraftError::Number(text.to_owned()))
        };
        let (field, flag, value) = match word.split_once('=') {
            Some(("seq", text)) => ("seq", format!(" --seq={text}"), json!(number(text)?)),
            Some(("keep", text)) => ("keep", format!(" --keep={text}"), json!(number(text)?)),
            _ if subject::is_valid_pattern(word.as_bytes()) && body["filter"].is_null() => {
                ("filter", format!(" --subject='{word}'"), json!(word))
            }
            _ => return Err(DraftError::Subject(only.trim().to_owned())),
        };
        body[field] = value;
        flags += &flag;
    }
    if !body["seq"].is_null() && !body["keep"].is_null() {
        return Err(DraftError::SeqOrKeep);
    }
    Ok(Request {
        deed: Deed::Purge,
        stream: stream.to_owned(),
        subject: format!("STREAM.PURGE.{stream}"),
        body,
        command: format!("nats stream purge {stream} --force{flags}"),
        changes: Vec::new(),
    })
}

/// The request that deletes one message.
pub fn remove(stream: &str, sequence: u64) -> Request {
    Request {
        deed: Deed::Remove,
        stream: stream.to_owned(),
        subject: format!("STREAM.MSG.DELETE.{stream}"),
        body: json!({ "seq": sequence }),
        command: format!("nats stream rmm {stream} {sequence} --force"),
        changes: Vec::new(),
    }
}

/// The request that deletes a stream.
pub fn delete(stream: &str) -> Request {
    Request {
        deed: Deed::Delete,
        stream: stream.to_owned(),
        subject: format!("STREAM.DELETE.{stream}"),
        body: Value::Null,
        command: format!("nats stream rm {stream} --force"),
        changes: Vec::new(),
    }
}

fn word(typed: &str, words: &[(&str, &str)], known: &'static str) -> Result<String, DraftError> {
    let typed = typed.trim().to_lowercase();
    let found = words.iter().find(|(word, wire)| *word == typed || *wire == typed);
    found
        .map(|(_, wire)| (*wire).to_owned())
        .ok_or(DraftError::Word(known))
}

fn number(typed: &str) -> Result<Option<i64>, DraftError> {
    let text = typed.replace(' ', "");
    match text.as_str() {
        "" | "-1" => Ok(None),
        text => match text.parse::<i64>() {
            Ok(number) if number > 0 => Ok(Some(number)),
            _ => Err(DraftError::Number(text.to_owned())),
        },
    }
}

fn bytes(typed: &str) -> Result<Option<i64>, DraftError> {
    match typed.trim() {
        "" | "-1" => Ok(None),
        text => size::parse_bytes(text)
            .filter(|bytes| *bytes > 0)
            .map(Some)
            .ok_or_else(|| DraftError::Number(text.to_owned())),
    }
}

fn age(typed: &str) -> Result<i64, DraftError> {
    match typed.trim() {
        "" | "-1" => Ok(0),
        text => {
            let age = duration::parse(text).map_err(|_| DraftError::Age)?;
            i64::try_from(age.as_nanos()).map_err(|_| DraftError::Age)
        }
    }
}

/// Fields whose values differ, as they are written on the wire.
fn changes(base: Option<&Value>, config: &Value) -> Vec<(String, String, String)> {
    let Some(fields) = config.as_object() else {
        return Vec::new();
    };
    let shown = |value: Option<&Value>| match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    let old = |name: &str| base.and_then(|base| base.get(name));
    fields
        .iter()
        .filter(|(name, value)| base.is_none() || old(name) != Some(*value))
        .map(|(name, value)| (name.clone(), shown(old(name)), shown(Some(value))))
        .filter(|(_, old, new)| old != new)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft() -> Draft {
        Draft {
            name: "SENSORS".to_owned(),
            subjects: "sensors.> temp.*".to_owned(),
            messages: "1 000".to_owned(),
            bytes: "1KB".to_owned(),
            age: "1h".to_owned(),
            ..Draft::fresh()
        }
    }

    #[test]
    fn a_new_stream_and_the_command_that_makes_it() {
        let request = draft().request(None).unwrap();
        assert_eq!(request.subject, "STREAM.CREATE.SENSORS");
        assert_eq!(request.body["subjects"], json!(["sensors.>", "temp.*"]));
        assert_eq!(request.body["max_age"], 3_600_000_000_000_i64);
        assert_eq!(
            (
                request.body["max_msgs"].as_i64(),
                request.body["max_bytes"].as_i64()
            ),
            (Some(1_000), Some(1_024))
        );
        assert_eq!(
            request.command,
            "nats stream add SENSORS --subjects='sensors.>,temp.*' --storage=file --retention=limits --discard=old \
             --max-msgs=1 000 --max-bytes=1KB --max-age=1h --defaults"
                .replace("1 000", "1000")
        );
    }

    #[test]
    fn a_change_keeps_what_the_form_does_not_show() {
        let mut base = draft().request(None).unwrap().body;
        base["allow_direct"] = true.into();
        let mut changed = Draft::of(&base);
        assert_eq!(Draft::of(&base).request(Some(&base)).unwrap().changes, []);
        changed.messages.clear();
        changed.retention = "work".to_owned();
        let request = changed.request(Some(&base)).unwrap();
        assert_eq!(request.body["allow_direct"], true);
        assert_eq!(
            request.changes,
            [
                ("max_msgs".to_owned(), "1000".to_owned(), "-1".to_owned()),
                (
                    "retention".to_owned(),
                    "limits".to_owned(),
                    "workqueue".to_owned()
                ),
            ]
        );
        assert_eq!(
            request.command,
            "nats stream edit SENSORS --force --retention=work --max-msgs=-1"
        );
    }

    #[test]
    fn what_means_nothing_is_not_asked() {
        let with = |change: &dyn Fn(&mut Draft)| {
            let mut draft = draft();
            change(&mut draft);
            draft.request(None).unwrap_err()
        };
        assert_eq!(with(&|d| d.name = "a.b".to_owned()), DraftError::Name);
        assert_eq!(
            with(&|d| d.subjects = "a..b".to_owned()),
            DraftError::Subject("a..b".to_owned())
        );
        assert_eq!(
            with(&|d| d.storage = "tape".to_owned()),
            DraftError::Word("file, memory")
        );
        assert_eq!(
            with(&|d| d.messages = "mange".to_owned()),
            DraftError::Number("mange".to_owned())
        );
        assert_eq!(with(&|d| d.age = "lenge".to_owned()), DraftError::Age);
        assert_eq!(
            purge("S", "a b").unwrap_err(),
            DraftError::Subject("a b".to_owned())
        );
        assert_eq!(
            purge("S", "a.>").unwrap().command,
            "nats stream purge S --force --subject='a.>'"
        );
        let some = purge("S", "a.> keep=5").unwrap();
        assert_eq!(some.body, json!({ "filter": "a.>", "keep": 5 }));
        assert_eq!(
            purge("S", "seq=7").unwrap().command,
            "nats stream purge S --force --seq=7"
        );
        for wrong in ["a.> b.>", "seq=x", "seq=1 keep=2", "hva=3 a..b"] {
            assert!(purge("S", wrong).is_err(), "{wrong}");
        }
        assert_eq!(remove("S", 7).command, "nats stream rmm S 7 --force");
        assert_eq!(delete("S").command, "nats stream rm S --force");
    }
}
