//! How far all clients are, on one line of the terminal.

use std::io::{self, IsTerminal as _, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use crate::util::size;

/// Between two drawings.
const REFRESH: Duration = Duration::from_millis(200);
/// Cells of the bar.
const BAR_CELLS: u64 = 40;

/// Messages done, counted by every client.
#[derive(Clone)]
pub(super) struct Pace(Arc<Shared>);

struct Shared {
    done: AtomicU64,
    total: u64,
    ended: Notify,
}

impl Pace {
    pub fn new(total: u64) -> Pace {
        Pace(Arc::new(Shared {
            done: AtomicU64::new(0),
            total,
            ended: Notify::new(),
        }))
    }

    /// Counts messages; call it for many at a time.
    pub fn add(&self, messages: u64) {
        self.0.done.fetch_add(messages, Ordering::Relaxed);
    }

    /// Makes [`show`] draw a last time.
    pub fn end(&self) {
        self.0.ended.notify_one();
    }

    fn line(&self, elapsed: Duration) -> String {
        let (done, total) = (self.0.done.load(Ordering::Relaxed), self.0.total.max(1));
        let percent = done.saturating_mul(100) / total;
        let filled = (done.saturating_mul(BAR_CELLS) / total).min(BAR_CELLS);
        let bar = "=".repeat(filled as usize) + &"-".repeat((BAR_CELLS - filled) as usize);
        let rate = done as f64 / elapsed.as_secs_f64().max(f64::EPSILON);
        format!(
            "[{bar}] {percent:>3}% {} / {} {} msgs/sec",
            size::format_count(done),
            size::format_count(total),
            size::format_count(rate as u64),
        )
    }
}

/// Draws until [`Pace::end`]; only a terminal gets what is overwritten.
pub(super) async fn show(pace: Pace) {
    let begun = Instant::now();
    let terminal = io::stderr().is_terminal();
    loop {
        let ended = tokio::time::timeout(REFRESH, pace.0.ended.notified())
            .await
            .is_ok();
        if terminal {
            // A closed standard error is no reason to stop.
            let _ = write!(io::stderr(), "\r{}", pace.line(begun.elapsed()));
        }
        if ended {
            if terminal {
                let _ = writeln!(io::stderr());
            }
            return;
        }
    }
}

/// Keeps a client from sending more than so many messages a second.
pub(super) struct Throttle {
    per_second: f64,
    begun: Instant,
}

impl Throttle {
    /// A rate of 0 is no limit.
    pub fn new(per_second: f64) -> Throttle {
        Throttle {
            per_second,
            begun: Instant::now(),
        }
    }

    /// Waits until so many messages may have been sent.
    pub async fn keep(&self, sent: u64) {
        if self.per_second > 0.0 {
            let due = Duration::from_secs_f64(sent as f64 / self.per_second);
            let early = due.saturating_sub(self.begun.elapsed());
            if !early.is_zero() {
                tokio::time::sleep(early).await;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_how_far() {
        let pace = Pace::new(2_000);
        pace.add(1_000);
        let line = pace.line(Duration::from_secs(1));
        let bar = format!("[{}{}]", "=".repeat(20), "-".repeat(20));
        assert_eq!(line, format!("{bar}  50% 1,000 / 2,000 1,000 msgs/sec"));
    }
}
