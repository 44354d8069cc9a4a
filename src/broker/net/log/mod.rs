//! The log in nats-server's format: `[pid] 2026/01/31 12:00:00.000000 [INF] text`.
//!
//! Everybody else says what happened with `tracing`; a [`Log`] is the layer that writes it down. It
//! knows only this program's own events, and may be turned up, down or elsewhere while it is used.
//! Start with [`Log`].

mod file;
mod syslog;

use std::fmt::{self, Write as _};
use std::io::{self, IsTerminal, Write as _};
use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

use jiff::tz::TimeZone;
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

use crate::broker::conf::LogOptions;
use file::LogFile;
use syslog::Syslog;

/// The target of events that end the server; their label is `[FTL]`.
pub const FATAL: &str = "goingnats::fatal";

/// The program's own targets begin so.
const OWN: &str = env!("CARGO_PKG_NAME");

/// Why there is no log.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The log file cannot be opened.
    #[error("error opening file: {0}")]
    File(io::Error),
    /// There is no system log, or not there.
    #[error("error connecting to syslog: \"{0}\"")]
    Syslog(io::Error),
}

/// A log. Its clones are the same log.
#[derive(Debug, Clone)]
pub struct Log(Arc<Mutex<Inner>>);

#[derive(Debug)]
struct Inner {
    options: LogOptions,
    sink: Sink,
    pid: u32,
}

#[derive(Debug)]
enum Sink {
    Stderr { colours: bool },
    File(LogFile),
    Syslog(Box<Syslog>),
}

impl Log {
    /// Opens a log as the settings say.
    pub fn open(options: &LogOptions) -> Result<Log, LogError> {
        Ok(Log(Arc::new(Mutex::new(Inner {
            sink: Sink::open(options)?,
            options: options.clone(),
            pid: std::process::id(),
        }))))
    }

    /// Goes on with other settings, in another place if they say so. After an error everything is as before.
    pub fn apply(&self, options: &LogOptions) -> Result<(), LogError> {
        let sink = Sink::open(options)?;
        let mut inner = self.inner();
        inner.sink = sink;
        inner.options = options.clone();
        drop(inner);
        tracing::callsite::rebuild_interest_cache();
        Ok(())
    }

    /// Opens the file anew, for those who have moved it away. False when there is no file.
    pub fn reopen(&self) -> Result<bool, LogError> {
        let mut inner = self.inner();
        if inner.options.file.is_none() {
            return Ok(false);
        }
        inner.sink = Sink::open(&inner.options)?;
        Ok(true)
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn level(&self) -> LevelFilter {
        let inner = self.inner();
        if inner.options.trace {
            LevelFilter::TRACE
        } else if inner.options.debug {
            LevelFilter::DEBUG
        } else {
            LevelFilter::INFO
        }
    }

    fn is_wanted(&self, metadata: &Metadata<'_>) -> bool {
        let inner = self.inner();
        metadata.target().starts_with(OWN)
            && match *metadata.level() {
                Level::TRACE => inner.options.trace,
                Level::DEBUG => inner.options.debug,
                _ => true,
            }
    }
}

impl Sink {
    fn open(options: &LogOptions) -> Result<Sink, LogError> {
        match &options.file {
            Some(path) => {
                let file = LogFile::open(path, options.size_limit, options.max_files);
                Ok(Sink::File(file.map_err(LogError::File)?))
            }
            None => Sink::without_file(options),
        }
    }

    fn without_file(options: &LogOptions) -> Result<Sink, LogError> {
        let pid = std::process::id();
        let syslog = match &options.remote_syslog {
            Some(address) => Some(Syslog::remote(address, pid)),
            None if options.syslog => Some(Syslog::local(pid)),
            None => None,
        };
        match syslog {
            Some(syslog) => Ok(Sink::Syslog(Box::new(syslog.map_err(LogError::Syslog)?))),
            None => Ok(Sink::Stderr {
                colours: io::stderr().is_terminal() || is_device(Path::new("/dev/stderr")),
            }),
        }
    }
}

/// nats-server paints its labels on every character device, not on terminals alone.
fn is_device(path: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        std::fs::metadata(path).is_ok_and(|found| found.file_type().is_char_device())
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        false
    }
}

impl Inner {
    fn write(&mut self, label: Label, text: &str) {
        if let Sink::Syslog(syslog) = &mut self.sink {
            return syslog.write(label, text);
        }
        let mut line = self.beginning(label, matches!(self.sink, Sink::Stderr { colours: true }));
        line.push_str(text);
        line.push('\n');
        match &mut self.sink {
            // Where a log cannot be written there is no better place to complain.
            Sink::Stderr { .. } => drop(io::stderr().write_all(line.as_bytes())),
            // Its lines look different, see above.
            Sink::Syslog(_) => {}
            Sink::File(file) => {
                for notice in file.write(line.as_bytes()) {
                    let line = self.beginning(Label::Info, false) + &notice + "\n";
                    if let Sink::File(file) = &mut self.sink {
                        file.write_on(line.as_bytes());
                    }
                }
            }
        }
    }

    fn beginning(&self, label: Label, colours: bool) -> String {
        let mut line = format!("[{}] ", self.pid);
        if self.options.time {
            line.push_str(&time_of(jiff::Timestamp::now(), self.options.time_utc));
        }
        let (name, colour) = label.look();
        let written = if colours {
            write!(line, "[\x1b[{colour}m{name}\x1b[0m] ")
        } else {
            write!(line, "[{name}] ")
        };
        written.expect("a String takes everything");
        line
    }
}

/// The zone of this machine, read from its file, as Go does. Asked for by its name it would cost the first line of
/// the log a walk through the names of all zones.
static LOCAL: LazyLock<TimeZone> = LazyLock::new(|| {
    let is_named = std::env::var_os("TZ").is_some();
    let file = std::fs::read("/etc/localtime").ok().filter(|_| !is_named);
    let zone = file.and_then(|file| TimeZone::tzif("Local", &file).ok());
    zone.unwrap_or_else(TimeZone::system)
});

fn time_of(now: jiff::Timestamp, utc: bool) -> String {
    let zone = if utc { TimeZone::UTC } else { LOCAL.clone() };
    now.to_zoned_datetime(zone)
        .strftime("%Y/%m/%d %H:%M:%S.%6f ")
        .to_string()
}

#[derive(Debug, Clone, Copy)]
enum Label {
    Fatal,
    Error,
    Warning,
    Info,
    Debug,
    Trace,
}

impl Label {
    fn of(metadata: &Metadata<'_>) -> Label {
        match *metadata.level() {
            _ if metadata.target() == FATAL => Label::Fatal,
            Level::ERROR => Label::Error,
            Level::WARN => Label::Warning,
            Level::INFO => Label::Info,
            Level::DEBUG => Label::Debug,
            Level::TRACE => Label::Trace,
        }
    }

    /// Its three letters, and their colour for a terminal.
    fn look(self) -> (&'static str, &'static str) {
        match self {
            Label::Fatal => ("FTL", "31"),
            Label::Error => ("ERR", "31"),
            Label::Warning => ("WRN", "0;93"),
            Label::Info => ("INF", "32"),
            Label::Debug => ("DBG", "36"),
            Label::Trace => ("TRC", "33"),
        }
    }
}

impl<S: Subscriber> Layer<S> for Log {
    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        self.is_wanted(metadata)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.level())
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        self.inner().write(Label::of(event.metadata()), &text_of(event));
    }
}

/// What an event says: its message, and behind it the fields it names.
pub fn text_of(event: &Event<'_>) -> String {
    let mut text = Text::default();
    event.record(&mut text);
    text.message.push_str(&text.fields);
    text.message
}

#[derive(Default)]
struct Text {
    message: String,
    fields: String,
}

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let written = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            name => write!(self.fields, " {name}={value:?}"),
        };
        written.expect("a String takes everything");
    }
}

#[cfg(test)]
mod tests {
    use tracing_subscriber::layer::SubscriberExt;

    use super::*;

    #[test]
    fn lines_look_as_nats_server_writes_them() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let mut options = LogOptions {
            file: Some(path.clone()),
            time: false,
            ..LogOptions::default()
        };
        let log = Log::open(&options).unwrap();
        let subscriber = tracing_subscriber::registry().with(log.clone());
        let _guard = tracing::subscriber::set_default(subscriber);
        tracing::info!("Server is ready");
        tracing::debug!("not wanted");
        tracing::warn!(code = 5, "odd");
        tracing::error!(target: FATAL, "over");
        tracing::error!(target: "other", "somebody else's");
        options.debug = true;
        log.apply(&options).unwrap();
        tracing::debug!("wanted");
        let pid = std::process::id();
        let expected = [
            "[INF] Server is ready",
            "[WRN] odd code=5",
            "[FTL] over",
            "[DBG] wanted",
        ]
        .map(|line| format!("[{pid}] {line}\n"))
        .concat();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), expected);

        std::fs::rename(&path, folder.path().join("moved")).unwrap();
        assert!(log.reopen().unwrap());
        tracing::info!("anew");
        assert_eq!(
            std::fs::read_to_string(&path).unwrap(),
            format!("[{pid}] [INF] anew\n")
        );
    }

    #[test]
    fn time_has_six_decimals() {
        let moment = jiff::Timestamp::from_microsecond(1_795_543_200_000_042).unwrap();
        assert_eq!(time_of(moment, true), "2026/11/24 18:00:00.000042 ");
    }
}
