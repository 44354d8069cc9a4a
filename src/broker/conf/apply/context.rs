//! What is noted on the way through a file.

use crate::broker::conf::error::{ConfError, Diagnostic};
use crate::broker::conf::value::{Map, Value};

/// Collects what is wrong and what is odd.
#[derive(Debug, Default)]
pub(super) struct Context {
    pub errors: Vec<Diagnostic>,
    pub warnings: Vec<Diagnostic>,
}

impl Context {
    /// Calls `setting` for every key. What it refuses is noted.
    pub fn each(
        &mut self,
        map: &Map,
        mut setting: impl FnMut(&mut Context, &str, &Value) -> Result<(), Diagnostic>,
    ) {
        for (key, value) in map.iter() {
            if let Err(error) = setting(self, key, value) {
                self.errors.push(error);
            }
        }
    }

    /// Notes that a setting is odd.
    pub fn warn(&mut self, field: &str, value: &Value, reason: impl AsRef<str>) {
        let reason = reason.as_ref();
        self.warnings
            .push(at(value, format!("invalid use of field {field:?}: {reason}")));
    }

    /// The warnings, or everything when there are errors.
    pub fn finish(self) -> Result<Vec<Diagnostic>, ConfError> {
        if self.errors.is_empty() {
            return Ok(self.warnings);
        }
        Err(ConfError::File(
            self.warnings.into_iter().chain(self.errors).collect(),
        ))
    }
}

/// A diagnostic with the place of a value.
pub(super) fn at(value: &Value, message: impl Into<String>) -> Diagnostic {
    Diagnostic {
        place: Some(value.place.clone()),
        message: message.into(),
    }
}

/// As [`at`], for a return.
pub(super) fn refuse<T>(value: &Value, message: impl Into<String>) -> Result<T, Diagnostic> {
    Err(at(value, message))
}

/// A key we do not know. It may be there only to be referred to.
pub(super) fn unknown(key: &str, value: &Value) -> Result<(), Diagnostic> {
    unknown_as(value, format!("unknown field {key:?}"))
}

/// As [`unknown`], for blocks that have a message of their own.
pub(super) fn unknown_as(value: &Value, message: impl Into<String>) -> Result<(), Diagnostic> {
    if value.is_variable {
        return Ok(());
    }
    refuse(value, message)
}

/// What is said to whoever sets up something that is still to come: to start without it would be
/// worse than not to start.
pub fn not_built(what: &str) -> String {
    format!("{what} is not supported by this server yet; remove it, or start nats-server")
}
