//! What a look found, and how it is said.

use std::time::Duration;

use serde_json::{Value, json};

use crate::client::api::ApiError;
use crate::lab::check::Field;
use crate::lab::compare::show;
use crate::lab::texts;
use crate::util::duration;

/// Fields that the server gives in nanoseconds.
const NANOSECONDS: [&str; 6] = [
    "ack_wait",
    "max_age",
    "duplicate_window",
    "inactive_threshold",
    "max_expires",
    "subject_delete_marker_ttl",
];

/// What a look found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Seen {
    /// It is as expected.
    pub passed: bool,
    /// What was expected, in bokmål.
    pub expected: String,
    /// What there is, in bokmål.
    pub seen: String,
    /// How far a count has come.
    pub share: Option<(u64, u64)>,
    /// Who did how much, the most first.
    pub board: Vec<(String, u64)>,
    /// It cannot be told on this server; `seen` says what is missing.
    pub unable: bool,
}

impl Seen {
    pub(super) fn of(passed: bool, expected: String, seen: String) -> Seen {
        Seen {
            passed,
            expected,
            seen,
            ..Seen::default()
        }
    }

    /// A look that this server does not allow.
    pub(super) fn unable(expected: String, why: String) -> Seen {
        Seen {
            unable: true,
            ..Seen::of(false, expected, why)
        }
    }

    pub(super) fn share(self, now: f64, goal: Option<f64>) -> Seen {
        let share = goal.filter(|goal| *goal > 1.0 && now >= 0.0);
        Seen {
            share: share.map(|goal| (now.min(goal) as u64, goal as u64)),
            ..self
        }
    }
}

/// The first field that is not as expected, else all of them.
pub(super) fn fields_of(info: &Value, fields: &[Field], expected: String) -> Seen {
    let value = |name: &str| {
        [
            &info[name],
            &info["config"][name],
            &info["state"][name],
            &info["options"][name],
        ]
        .into_iter()
        .find(|value| !value.is_null())
        .cloned()
        .unwrap_or_default()
    };
    for field in fields {
        let found = value(&field.name);
        // Go leaves out what is zero, empty or false.
        let zero = found.is_null()
            && [json!(0), json!(false), json!("")]
                .iter()
                .any(|v| field.expected.accepts(v));
        if !zero && !field.expected.accepts(&found) {
            let seen = format!("{} = {}", field.name, shown(&field.name, &found));
            let share = found.as_f64().unwrap_or(-1.0);
            return Seen::of(false, expected, seen).share(share, field.expected.least());
        }
    }
    Seen::of(true, expected, texts::as_wanted().to_owned())
}

/// A field's value; times in the form that a check gives them in.
fn shown(name: &str, value: &Value) -> String {
    match value.as_u64() {
        Some(nanos) if NANOSECONDS.contains(&name) => duration::format(Duration::from_nanos(nanos)),
        _ => show(value),
    }
}

pub(super) fn listed(fields: &[Field]) -> String {
    let wishes: Vec<String> = fields
        .iter()
        .map(|f| format!("{} {}", f.name, f.expected))
        .collect();
    match wishes.is_empty() {
        true => String::new(),
        false => texts::with(&wishes.join(", ")),
    }
}

pub(super) fn trouble(error: &ApiError) -> String {
    match error {
        ApiError::NoResponders => texts::no_jetstream().to_owned(),
        ApiError::Refused { code: 10039, .. } => texts::no_jetstream().to_owned(),
        ApiError::TimedOut => texts::too_late().to_owned(),
        ApiError::Refused { description, .. } => texts::server_says(description),
        error => error.to_string(),
    }
}
