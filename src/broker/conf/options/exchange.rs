//! What accounts let others have, and what they take from others.

use std::time::Duration;

use crate::broker::subjects::mapping::Transform;

/// How long an answer may take where the settings say nothing.
pub const RESPONSE_THRESHOLD: Duration = Duration::from_secs(120);

/// What an account lets others have.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Exports {
    /// Messages that others may receive.
    pub streams: Vec<StreamExport>,
    /// Subjects that others may send requests to.
    pub services: Vec<ServiceExport>,
}

/// What an account takes from others.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Imports {
    /// Messages of others.
    pub streams: Vec<StreamImport>,
    /// Others who answer requests.
    pub services: Vec<ServiceImport>,
}

/// Who may import an export.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ExportAccess {
    /// These accounts; everybody when there are none.
    pub accounts: Vec<String>,
    /// The token of the imported subject that must be the importer's name, counted from 1; 0 for none.
    pub account_token: usize,
}

/// Messages that others may receive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamExport {
    /// Subject or pattern.
    pub subject: String,
    /// Who may import it.
    pub access: ExportAccess,
}

/// A subject that others may send requests to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceExport {
    /// Subject or pattern.
    pub subject: String,
    /// Who may import it.
    pub access: ExportAccess,
    /// How many answers a request has.
    pub response: ResponseType,
    /// How long the next answer may take.
    pub threshold: Duration,
    /// Where to tell how long answers take.
    pub latency: Option<Latency>,
    /// A message trace may go on beyond the border.
    pub allow_trace: bool,
}

/// How many answers a request has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ResponseType {
    /// One.
    #[default]
    Singleton,
    /// Any number, up to an empty one.
    Streamed,
    /// One in several parts, up to an empty one.
    Chunked,
}

impl ResponseType {
    /// As monitoring shows it.
    pub fn name(self) -> &'static str {
        match self {
            ResponseType::Singleton => "Singleton",
            ResponseType::Streamed => "Streamed",
            ResponseType::Chunked => "Chunked",
        }
    }
}

/// Where to tell how long answers take, and how often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Latency {
    /// The subject, in the exporting account.
    pub subject: String,
    /// Per cent of the requests; 0 leaves it to the tracing headers of each.
    pub sampling: u8,
}

/// Messages of another account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamImport {
    /// Whose.
    pub account: String,
    /// What they are there; a pattern that the export covers.
    pub subject: String,
    /// What they are here; its wildcards as `*`.
    pub local: String,
    /// How the one becomes the other; `None` when they are the same, or all become [`StreamImport::local`].
    pub transform: Option<Transform>,
    /// A message trace may go on beyond the border.
    pub allow_trace: bool,
}

/// A service of another account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceImport {
    /// Whose.
    pub account: String,
    /// The subject it is asked on there; its wildcards as `*`.
    pub subject: String,
    /// The subject it is asked on here; its wildcards as `*`.
    pub local: String,
    /// How the second becomes the first; `None` when they are the same, or all become
    /// [`ServiceImport::subject`].
    pub transform: Option<Transform>,
    /// The exporter may know who asks.
    pub share: bool,
}
