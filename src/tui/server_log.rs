//! What our own broker writes into its log, kept for the screen: the newest lines, within bounds.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tracing::level_filters::LevelFilter;
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

use crate::broker::log_text;
use crate::util::ring::Ring;
use crate::util::time::Timestamp;

/// Lines that are kept.
const LINES_MAX: usize = 2_000;
/// Bytes of them.
const BYTES_MAX: usize = 1024 * 1024;
/// The program's own targets begin so.
const OWN: &str = concat!(env!("CARGO_PKG_NAME"), "::broker");

/// A line of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// When it was written.
    pub at: Timestamp,
    /// How grave it is.
    pub level: Level,
    /// What it says.
    pub text: String,
}

/// The log. Clones are the same one.
#[derive(Clone)]
pub struct ServerLog(Arc<Inner>);

struct Inner {
    lines: Mutex<Ring<LogLine>>,
    debug: AtomicBool,
}

impl Default for ServerLog {
    fn default() -> ServerLog {
        ServerLog(Arc::new(Inner {
            lines: Mutex::new(Ring::new(LINES_MAX, BYTES_MAX)),
            debug: AtomicBool::new(false),
        }))
    }
}

impl ServerLog {
    /// A log that takes what the broker of this process says from now on.
    pub fn install() -> ServerLog {
        let log = ServerLog::default();
        // Where somebody else takes it already, there is none to show.
        let _ = tracing_subscriber::registry().with(log.clone()).try_init();
        log
    }

    /// What was written, the oldest first, and how many lines there were in all.
    pub fn lines(&self) -> (Vec<LogLine>, u64) {
        let lines = self.0.lines.lock().unwrap_or_else(PoisonError::into_inner);
        (lines.iter().cloned().collect(), lines.pushed())
    }

    /// How many lines were written.
    pub fn written(&self) -> u64 {
        self.0
            .lines
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pushed()
    }

    /// Takes lines for debugging too, or no longer.
    pub fn toggle_debug(&self) {
        self.0.debug.fetch_xor(true, Ordering::Relaxed);
        tracing::callsite::rebuild_interest_cache();
    }

    /// Are lines for debugging taken?
    pub fn is_debugging(&self) -> bool {
        self.0.debug.load(Ordering::Relaxed)
    }

    fn level(&self) -> LevelFilter {
        match self.is_debugging() {
            true => LevelFilter::DEBUG,
            false => LevelFilter::INFO,
        }
    }
}

impl<S: Subscriber> Layer<S> for ServerLog {
    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        metadata.target().starts_with(OWN) && *metadata.level() <= self.level()
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.level())
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let text = log_text(event);
        let weight = text.len() + size_of::<LogLine>();
        let line = LogLine {
            at: Timestamp::now(),
            level: *event.metadata().level(),
            text,
        };
        let mut lines = self.0.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.push(line, weight);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_broker_is_heard_and_debugging_only_on_demand() {
        let log = ServerLog::default();
        let subscriber = tracing_subscriber::registry().with(log.clone());
        let _guard = tracing::subscriber::set_default(subscriber);
        let say = |n: u64| {
            tracing::info!(target: "goingnats::broker::net", n, "Server is ready");
            tracing::debug!(target: "goingnats::broker::net", "client {n}");
            tracing::error!(target: "goingnats::tui", "somebody else");
        };
        say(1);
        log.toggle_debug();
        say(2);
        log.toggle_debug();
        say(3);
        let (lines, written) = log.lines();
        let texts: Vec<&str> = lines.iter().map(|line| line.text.as_str()).collect();
        assert_eq!(
            texts,
            [
                "Server is ready n=1",
                "Server is ready n=2",
                "client 2",
                "Server is ready n=3"
            ]
        );
        assert_eq!((written, log.written()), (4, 4));
    }
}
