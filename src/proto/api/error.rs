//! Errors of the JetStream API.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

#[path = "error_table.rs"]
mod table;

pub use table::*;

/// A row of the error table. Its description may hold `{placeholders}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ErrorKind {
    /// nats-server's name of it.
    pub name: &'static str,
    /// Status in the manner of HTTP.
    pub code: u16,
    /// The number that clients look at.
    pub err_code: u16,
    /// The text, perhaps with one or two `{placeholders}`.
    pub description: &'static str,
}

impl ErrorKind {
    /// The error, for a description without placeholders.
    pub fn err(&self) -> ApiError {
        ApiError {
            code: self.code,
            err_code: self.err_code,
            description: Cow::Borrowed(self.description),
        }
    }

    /// The error with `values` put in for the description's placeholders, in their order.
    pub fn with(&self, values: &[&dyn fmt::Display]) -> ApiError {
        let mut description = String::with_capacity(self.description.len() + 16);
        let mut rest = self.description;
        for value in values {
            let Some((before, behind)) = rest.split_once('{') else {
                break;
            };
            description.push_str(before);
            description.push_str(&value.to_string());
            rest = behind.split_once('}').map_or("", |(_, tail)| tail);
        }
        description.push_str(rest);
        ApiError {
            code: self.code,
            err_code: self.err_code,
            description: Cow::Owned(description),
        }
    }

    /// As [`ErrorKind::with`] for the common case of one placeholder.
    pub fn because(&self, reason: impl fmt::Display) -> ApiError {
        self.with(&[&reason])
    }
}

/// The `error` of an API answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error("{description} ({err_code})")]
pub struct ApiError {
    /// Status in the manner of HTTP.
    pub code: u16,
    /// The number of [`ErrorKind`].
    #[serde(default)]
    pub err_code: u16,
    /// The text for people.
    #[serde(default)]
    pub description: Cow<'static, str>,
}

impl ApiError {
    /// Is this an error of that kind?
    pub fn is(&self, kind: &ErrorKind) -> bool {
        self.err_code == kind.err_code
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_whole_and_in_order() {
        assert_eq!(ALL.len(), 222);
        assert_eq!((ALL[0].err_code, ALL[221].err_code), (10002, 10223));
        assert!(ALL.windows(2).all(|w| w[0].err_code + 1 == w[1].err_code));
        assert_eq!(STREAM_NOT_FOUND.err().err_code, 10059);
    }

    #[test]
    fn placeholders_are_filled_in_order() {
        let overlap = STREAM_EXTERNAL_API_OVERLAP.with(&[&"$JS.x", &"$JS.API"]);
        assert_eq!(
            overlap.description,
            "stream external api prefix $JS.x must not overlap with $JS.API"
        );
        assert_eq!(
            serde_json::to_string(&STREAM_WRONG_LAST_SEQUENCE.because(7)).unwrap(),
            r#"{"code":400,"err_code":10071,"description":"wrong last sequence: 7"}"#
        );
    }
}
