//! The log as nats-server writes it: `[pid] 2026/11/24 18:00:00.123456 [INF] text`.

use std::fmt;
use std::fs::OpenOptions;
use std::sync::Mutex;

use anyhow::Context;
use tracing::level_filters::LevelFilter;
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use crate::broker::conf::LogOptions;

/// Begins to log where and as much as the settings say.
pub(super) fn start(options: &LogOptions) -> anyhow::Result<()> {
    let level = match (options.trace, options.debug) {
        (true, _) => LevelFilter::TRACE,
        (false, true) => LevelFilter::DEBUG,
        (false, false) => LevelFilter::INFO,
    };
    let format = Format {
        time: options.time,
        utc: options.time_utc,
    };
    let builder = tracing_subscriber::fmt()
        .with_max_level(level)
        .with_ansi(false)
        .event_format(format);
    match &options.file {
        Some(path) => {
            let file = OpenOptions::new().create(true).append(true).open(path);
            let file = file.with_context(|| format!("unable to open log file: {}", path.display()))?;
            builder.with_writer(Mutex::new(file)).init();
        }
        None => builder.with_writer(std::io::stderr).init(),
    }
    Ok(())
}

struct Format {
    time: bool,
    utc: bool,
}

impl<S, N> FormatEvent<S, N> for Format
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        write!(writer, "[{}] ", std::process::id())?;
        if self.time {
            let zone = if self.utc {
                jiff::tz::TimeZone::UTC
            } else {
                jiff::tz::TimeZone::system()
            };
            let now = jiff::Timestamp::now().to_zoned_datetime(zone);
            write!(writer, "{} ", now.strftime("%Y/%m/%d %H:%M:%S.%6f"))?;
        }
        let label = match *event.metadata().level() {
            Level::ERROR => "[ERR] ",
            Level::WARN => "[WRN] ",
            Level::INFO => "[INF] ",
            Level::DEBUG => "[DBG] ",
            Level::TRACE => "[TRC] ",
        };
        writer.write_str(label)?;
        context.format_fields(writer.by_ref(), event)?;
        writeln!(writer)
    }
}
