//! What can be wrong with a command line or a file.

use std::fmt;

use super::value::Place;

/// Why no settings came of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfError {
    /// A flag that there is not, or one with a wrong value. nats-server prints this to standard
    /// error, its help to standard output, and ends with 0.
    #[error("{0}")]
    Usage(String),
    /// The file is readable but says something wrong. One line each, warnings first, as
    /// nats-server prints them.
    #[error("{}", lines(.0))]
    File(Vec<Diagnostic>),
    /// Anything else. Ends with 1, as [`ConfError::File`] does.
    #[error("{0}")]
    Refused(String),
}

impl ConfError {
    /// The exit code of nats-server.
    pub fn exit_code(&self) -> u8 {
        match self {
            ConfError::Usage(_) => 0,
            ConfError::File(_) | ConfError::Refused(_) => 1,
        }
    }
}

fn lines(diagnostics: &[Diagnostic]) -> String {
    diagnostics.iter().map(|d| format!("{d}\n")).collect()
}

/// One thing that is wrong, or merely odd.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Where it stands, when it stands anywhere.
    pub place: Option<Place>,
    /// What is the matter.
    pub message: String,
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Some(place) => write!(f, "{place}: {}", self.message),
            None => f.write_str(&self.message),
        }
    }
}
