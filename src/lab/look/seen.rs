//! What a look found, and how it is said.

use serde_json::{Value, json};

use crate::client::api::ApiError;
use crate::lab::check::Field;
use crate::lab::compare::show;

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
}

impl Seen {
    pub(super) fn of(passed: bool, expected: String, seen: String) -> Seen {
        Seen {
            passed,
            expected,
            seen,
            share: None,
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
            let seen = format!("{} = {}", field.name, show(&found));
            let share = found.as_f64().unwrap_or(-1.0);
            return Seen::of(false, expected, seen).share(share, field.expected.goal());
        }
    }
    Seen::of(true, expected, "slik det skal være".to_owned())
}

pub(super) fn listed(fields: &[Field]) -> String {
    let texts: Vec<String> = fields
        .iter()
        .map(|f| format!("{} {}", f.name, f.expected))
        .collect();
    match texts.is_empty() {
        true => String::new(),
        false => format!(" med {}", texts.join(", ")),
    }
}

pub(super) fn trouble(error: &ApiError) -> String {
    match error {
        ApiError::NoResponders => "JetStream er ikke på i denne kontoen".to_owned(),
        ApiError::TimedOut => "serveren svarte ikke i tide".to_owned(),
        ApiError::Refused { description, .. } => format!("serveren sier: {description}"),
        error => error.to_string(),
    }
}
