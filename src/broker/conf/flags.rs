//! The command line as Go's `flag` package reads it, and the table of nats-server's flags.
//!
//! One dash or two, `-flag value` or `-flag=value`; a flag that is on or off takes a value only
//! after `=`. Reading stops at the first word that is no flag, or after `--`.

use std::path::PathBuf;

use super::draft::Draft;
use super::error::ConfError;
use super::number;
use super::options::TlsOptions;

/// Said to whoever asks for a cluster.
pub(super) const ALONE: &str = "this server stands alone and does no clustering; start nats-server for a \
                                cluster, and join it from here as a leaf node when that is supported";

/// Flags that are no settings, or that become settings only together.
#[derive(Debug, Clone, Default)]
pub(super) struct Control {
    pub config_file: Option<String>,
    pub check: bool,
    pub signal: Option<String>,
    pub version: bool,
    pub help: bool,
    pub help_tls: bool,
    cluster: Option<String>,
    routes: Option<String>,
    debug_trace: Option<bool>,
    debug_trace_verbose: Option<bool>,
    trace_verbose: Option<bool>,
    tls: TlsFlags,
}

#[derive(Debug, Clone, Default)]
struct TlsFlags {
    enabled: Option<bool>,
    given: bool,
    verify: bool,
    cert: String,
    key: String,
    ca: String,
}

/// What flags are applied to.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub draft: Draft,
    pub control: Control,
}

/// What a flag does with its value.
#[derive(Clone, Copy)]
enum Set {
    Bool(fn(&mut Line, bool)),
    Number(fn(&mut Line, i64) -> Result<(), String>),
    Text(fn(&mut Line, String)),
}

use Set::{Bool, Number, Text};

/// All flags of nats-server 2.14.
const FLAGS: &[(&[&str], Set)] = &[
    (&["h", "help"], Bool(|l, on| l.control.help = on)),
    (&["v", "version"], Bool(|l, on| l.control.version = on)),
    (&["help_tls"], Bool(|l, on| l.control.help_tls = on)),
    (&["t"], Bool(|l, on| l.control.check = on)),
    (&["c", "config"], Text(|l, v| l.control.config_file = given(v))),
    (&["sl", "signal"], Text(|l, v| l.control.signal = given(v))),
    // Network
    (
        &["a", "addr", "net"],
        Text(|l, v| l.draft.options.host = given(v).unwrap_or_else(|| l.draft.defaults.host.clone())),
    ),
    (&["p", "port"], Number(set_port)),
    (
        &["n", "name", "server_name"],
        Text(|l, v| l.draft.options.server_name = given(v)),
    ),
    (
        &["client_advertise"],
        Text(|l, v| l.draft.options.client_advertise = given(v)),
    ),
    (
        &["m", "http_port"],
        Number(|l, n| {
            l.draft.options.monitor.http_port = port(n)?;
            Ok(())
        }),
    ),
    (
        &["ms", "https_port"],
        Number(|l, n| {
            l.draft.options.monitor.https_port = port(n)?;
            Ok(())
        }),
    ),
    (
        &["profile"],
        Number(|l, n| {
            l.draft.options.monitor.profile_port = port(n)?;
            Ok(())
        }),
    ),
    (&["P", "pid"], Text(|l, v| l.draft.options.pid_file = path(v))),
    (
        &["ports_file_dir"],
        Text(|l, v| l.draft.options.ports_file_dir = path(v)),
    ),
    // Log
    (&["D", "debug"], Bool(|l, on| l.draft.options.log.debug = on)),
    (&["V", "trace"], Bool(|l, on| l.draft.options.log.trace = on)),
    (&["VV"], Bool(|l, on| l.control.trace_verbose = Some(on))),
    (&["DV"], Bool(|l, on| l.control.debug_trace = Some(on))),
    (&["DVV"], Bool(|l, on| l.control.debug_trace_verbose = Some(on))),
    (&["T", "logtime"], Bool(|l, on| l.draft.options.log.time = on)),
    (&["logtime_utc"], Bool(|l, on| l.draft.options.log.time_utc = on)),
    (&["l", "log"], Text(|l, v| l.draft.options.log.file = path(v))),
    (
        &["log_size_limit"],
        Number(|l, n| {
            l.draft.options.log.size_limit = n.try_into().unwrap_or(0);
            Ok(())
        }),
    ),
    (
        &["max_traced_msg_len"],
        Number(|l, n| {
            l.draft.options.log.max_traced_msg_len = n.try_into().unwrap_or(0);
            Ok(())
        }),
    ),
    (&["s", "syslog"], Bool(|l, on| l.draft.options.log.syslog = on)),
    (
        &["r", "remote_syslog"],
        Text(|l, v| l.draft.options.log.remote_syslog = given(v)),
    ),
    // Login
    (&["user"], Text(|l, v| l.draft.options.auth.user = given(v))),
    (
        &["pass"],
        Text(|l, v| l.draft.options.auth.password = given(v).map(Into::into)),
    ),
    (
        &["auth"],
        Text(|l, v| l.draft.options.auth.token = given(v).map(Into::into)),
    ),
    // JetStream
    (&["js", "jetstream"], Bool(|l, on| l.draft.jetstream_enabled = on)),
    (&["sd", "store_dir"], Text(|l, v| l.draft.store_dir = path(v))),
    // TLS
    (
        &["tls"],
        Bool(|l, on| {
            l.control.tls.enabled = Some(on);
            l.control.tls.given |= on;
        }),
    ),
    (
        &["tlsverify"],
        Bool(|l, on| {
            l.control.tls.verify = on;
            l.control.tls.given = true;
        }),
    ),
    (
        &["tlscert"],
        Text(|l, v| {
            l.control.tls.cert = v;
            l.control.tls.given = true;
        }),
    ),
    (
        &["tlskey"],
        Text(|l, v| {
            l.control.tls.key = v;
            l.control.tls.given = true;
        }),
    ),
    (
        &["tlscacert"],
        Text(|l, v| {
            l.control.tls.ca = v;
            l.control.tls.given = true;
        }),
    ),
    // Cluster: only what would start one matters.
    (
        &["cluster", "cluster_listen"],
        Text(|l, v| l.control.cluster = given(v)),
    ),
    (&["routes"], Text(|l, v| l.control.routes = given(v))),
    (&["cluster_name", "cluster_advertise"], Text(|_, _| {})),
    (&["no_advertise"], Bool(|_, _| {})),
    (&["connect_retries"], Number(|_, _| Ok(()))),
];

fn given(value: String) -> Option<String> {
    Some(value).filter(|v| !v.is_empty())
}

fn path(value: String) -> Option<PathBuf> {
    given(value).map(PathBuf::from)
}

/// A port as nats-server takes it: 0 is none, -1 a free one. Ours says `None` and 0.
pub(super) fn port(number: i64) -> Result<Option<u16>, String> {
    match number {
        0 => Ok(None),
        -1 => Ok(Some(0)),
        1..=0xFFFF => Ok(Some(number as u16)),
        _ => Err(format!("invalid port {number}")),
    }
}

fn set_port(line: &mut Line, number: i64) -> Result<(), String> {
    line.draft.options.port = port(number)?.unwrap_or(line.draft.defaults.port);
    Ok(())
}

/// A value as it was found on the command line.
#[derive(Debug, Clone)]
enum Given {
    Bool(bool),
    Number(i64),
    Text(String),
}

/// Flags in the order they came, their values read but not yet applied, since they have to be
/// applied twice: to find the file, and to win over it.
pub(super) struct Flags {
    set: Vec<(&'static str, Set, Given)>,
    /// Words after the flags.
    pub words: Vec<String>,
}

impl Flags {
    pub fn read(args: &[String]) -> Result<Flags, ConfError> {
        let mut set = Vec::new();
        let mut rest = args.iter();
        loop {
            let words = rest.as_slice();
            let Some(arg) = rest.next() else {
                return Ok(Flags {
                    set,
                    words: Vec::new(),
                });
            };
            if !arg.starts_with('-') || arg.len() < 2 {
                return Ok(Flags {
                    set,
                    words: words.to_vec(),
                });
            }
            if arg == "--" {
                return Ok(Flags {
                    set,
                    words: rest.as_slice().to_vec(),
                });
            }
            let body = arg.strip_prefix("--").unwrap_or(&arg[1..]);
            if body.is_empty() || body.starts_with(['-', '=']) {
                return Err(ConfError::Usage(format!("bad flag syntax: {arg}")));
            }
            let (name, value) = match body.split_once('=') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None => (body, None),
            };
            let (name, setter) = find(name)?;
            set.push((name, setter, read_value(name, setter, value, &mut rest)?));
        }
    }

    pub fn apply(&self, line: &mut Line) -> Result<(), ConfError> {
        for (name, setter, value) in &self.set {
            match (setter, value) {
                (Bool(set), Given::Bool(on)) => set(line, *on),
                (Text(set), Given::Text(text)) => set(line, text.clone()),
                (Number(set), Given::Number(n)) => {
                    set(line, *n).map_err(|e| ConfError::Refused(format!("flag -{name}: {e}")))?;
                }
                _ => unreachable!("a value is read as its flag takes it"),
            }
        }
        Ok(())
    }
}

fn find(name: &str) -> Result<(&'static str, Set), ConfError> {
    for (names, setter) in FLAGS {
        if let Some(known) = names.iter().find(|known| **known == name) {
            return Ok((known, *setter));
        }
    }
    Err(ConfError::Usage(format!(
        "flag provided but not defined: -{name}"
    )))
}

fn read_value(
    name: &str,
    setter: Set,
    value: Option<String>,
    rest: &mut std::slice::Iter<'_, String>,
) -> Result<Given, ConfError> {
    if let Bool(_) = setter {
        let Some(value) = value else {
            return Ok(Given::Bool(true));
        };
        return truth(&value).map(Given::Bool).ok_or_else(|| {
            ConfError::Usage(format!(
                "invalid boolean value {value:?} for -{name}: parse error"
            ))
        });
    }
    let value = value
        .or_else(|| rest.next().cloned())
        .ok_or_else(|| ConfError::Usage(format!("flag needs an argument: -{name}")))?;
    if let Number(_) = setter {
        return number::flag(&value)
            .map(Given::Number)
            .map_err(|e| ConfError::Usage(format!("invalid value {value:?} for flag -{name}: {e}")));
    }
    Ok(Given::Text(value))
}

fn truth(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}

impl Line {
    /// Works in the flags that mean something only together with others.
    pub fn combine(&mut self) -> Result<(), ConfError> {
        let control = &self.control;
        let log = &mut self.draft.options.log;
        if let Some(on) = control.debug_trace {
            (log.debug, log.trace) = (on, on);
        }
        if let Some(on) = control.debug_trace_verbose {
            (log.debug, log.trace, log.trace_verbose) = (on, on, on);
        }
        if let Some(on) = control.trace_verbose {
            (log.trace, log.trace_verbose) = (on, on);
        }
        if control.cluster.is_some() || control.routes.is_some() {
            return Err(ConfError::Refused(ALONE.to_owned()));
        }
        self.combine_tls()
    }

    fn combine_tls(&mut self) -> Result<(), ConfError> {
        let flags = &self.control.tls;
        if flags.enabled == Some(false) {
            self.draft.options.tls = None;
            return Ok(());
        }
        if !flags.given {
            return Ok(());
        }
        let missing = match (flags.cert.is_empty(), flags.key.is_empty()) {
            (true, _) => "TLS Server certificate must be present and valid",
            (_, true) => "TLS Server private key must be present and valid",
            _ => {
                self.draft.options.tls = Some(flags.options());
                return Ok(());
            }
        };
        Err(ConfError::Refused(missing.to_owned()))
    }
}

impl TlsFlags {
    fn options(&self) -> TlsOptions {
        TlsOptions {
            certificates: vec![super::options::CertificatePair {
                cert_file: self.cert.clone().into(),
                key_file: self.key.clone().into(),
            }],
            ca_file: path(self.ca.clone()),
            verify: self.verify,
            ..TlsOptions::default()
        }
    }
}
