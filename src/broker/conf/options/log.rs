//! What is logged, and where to.

use std::path::PathBuf;

/// The log's settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogOptions {
    /// Lines marked `[DBG]`.
    pub debug: bool,
    /// Lines marked `[TRC]`: the protocol as it passes.
    pub trace: bool,
    /// The system account's protocol too.
    pub trace_verbose: bool,
    /// Of a traced message its headers only.
    pub trace_headers: bool,
    /// Longest printed payload of a traced message in bytes; 0 for no limit.
    pub max_traced_msg_len: usize,
    /// Each line begins with the time.
    pub time: bool,
    /// That time is UTC, not local.
    pub time_utc: bool,
    /// File to write to instead of standard error.
    pub file: Option<PathBuf>,
    /// Bytes after which the file is put aside and begun anew; 0 for never.
    pub size_limit: u64,
    /// Files kept, the current one included; 0 for all.
    pub max_files: u64,
    /// Write to the system's log.
    pub syslog: bool,
    /// Address of a remote system log, like `udp://127.0.0.1:514`.
    pub remote_syslog: Option<String>,
}

impl Default for LogOptions {
    fn default() -> LogOptions {
        LogOptions {
            debug: false,
            trace: false,
            trace_verbose: false,
            trace_headers: false,
            max_traced_msg_len: 0,
            time: true,
            time_utc: false,
            file: None,
            size_limit: 0,
            max_files: 0,
            syslog: false,
            remote_syslog: None,
        }
    }
}
