//! Checks as a lab file writes them: one YAML mapping each, whose kind is the one key that names a kind.
//!
//! [`Check`] is what all have in common, [`Kind`] (`kind.rs`) what each looks at, [`Answer`] (`answer.rs`) a
//! question to the learner; `raw.rs` takes the mapping apart. Nothing here looks at anything: `look` does.
//! Start with [`Check`].

mod answer;
mod kind;
mod raw;

use std::time::Duration;

use serde_json::Value;

pub use answer::{Answer, AnswerKind};
pub use kind::{Bunch, Field, Kind, Rule};
use raw::Raw;

/// One check.
#[derive(Debug, Clone)]
pub struct Check {
    /// Unique in its step.
    pub id: String,
    /// What is checked, in bokmål, for the learner. Empty for a part of another check.
    pub say: String,
    /// What it looks at.
    pub kind: Kind,
    /// Once passed, always passed: for what happens, as opposed to what is.
    pub latch: bool,
    /// True from the start and to stay so.
    pub keeps: bool,
    /// How long it must be as expected before it has passed.
    pub hold: Duration,
    /// What to tell while it has not passed, besides what was expected and seen.
    pub tip: Option<String>,
}

impl Check {
    /// Reads a check.
    ///
    /// # Errors
    /// What is wrong, in English for the author.
    pub fn parse(value: Value) -> Result<Check, String> {
        let mut raw = Raw::of(value)?;
        let id = raw.text("id")?;
        Check::read(&mut raw, &id).map_err(|error| format!("check {id}: {error}"))
    }

    /// Reads a part of another check: it needs neither an id nor a text of its own.
    fn part(value: Value, id: String) -> Result<Check, String> {
        let mut raw = Raw::of(value)?;
        let say = raw.optional_text("say").unwrap_or_default();
        raw.put("say", say);
        Check::read(&mut raw, &id)
    }

    fn read(raw: &mut Raw, id: &str) -> Result<Check, String> {
        let say = raw.optional_text("say");
        let tip = raw.optional_text("tip");
        let latch = raw.flag("latch")?;
        let keeps = raw.flag("keeps")?.unwrap_or(false);
        let hold = raw.time("hold")?.unwrap_or_default();
        let kind = Kind::read(raw, id)?;
        if let Some(unknown) = raw.left() {
            return Err(format!("unknown field {unknown:?}"));
        }
        let say = match (say, &kind) {
            (Some(say), _) => say,
            (None, Kind::Answer(answer)) => answer.prompt.clone(),
            (None, _) => return Err("no say".to_owned()),
        };
        Ok(Check {
            id: id.to_owned(),
            say,
            latch: latch.unwrap_or(kind.is_event()),
            keeps,
            hold,
            tip,
            kind,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_bunch_reads_its_parts_and_latches_when_all_of_them_happen() {
        let bunch = |rule: &str| json!({"id": "a", "say": "x", rule: [{"published": "a"}, {"published": "b", "count": 3}]});
        let check = Check::parse(bunch("any")).unwrap();
        let Kind::Bunch(read) = &check.kind else {
            panic!("{check:?}")
        };
        assert_eq!(
            (read.rule, read.parts.len(), check.latch),
            (Rule::AtLeast(1), 2, true)
        );
        let mixed = json!({"id": "a", "say": "x", "all": [{"published": "a"}, {"stream": "S"}]});
        assert!(!Check::parse(mixed).unwrap().latch);
        let not = json!({"id": "a", "say": "x", "not": {"stream": "S"}});
        assert!(matches!(
            Check::parse(not).unwrap().kind,
            Kind::Bunch(Bunch { rule: Rule::None, .. })
        ));
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (check, said) in [
            (json!({"id": "a", "say": "x"}), "exactly one of"),
            (
                json!({"id": "a", "say": "x", "stream": "S", "published": "s"}),
                "exactly one of",
            ),
            (json!({"id": "a", "published": "s"}), "no say"),
            (
                json!({"id": "a", "say": "x", "published": "s", "cuont": 3}),
                "unknown field \"cuont\"",
            ),
            (json!({"id": "a", "say": "x", "silence": "s"}), "no for"),
            (
                json!({"id": "a", "say": "x", "silence": "s", "for": "long"}),
                "for must be a time",
            ),
            (json!({"id": "a", "say": "x", "any": []}), "any has no parts"),
            (
                json!({"id": "a", "say": "x", "any": [{"answer": "?"}]}),
                "a question cannot be a part",
            ),
            (
                json!({"id": "a", "say": "x", "file": "../x"}),
                "outside the lab's folder",
            ),
            (
                json!({"id": "a", "say": "x", "file": "/etc/passwd"}),
                "outside the lab's folder",
            ),
        ] {
            let error = Check::parse(check.clone()).unwrap_err();
            assert!(error.contains(said), "{check}: {error}");
        }
    }
}
