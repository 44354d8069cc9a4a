//! JetStream's clock on our own broker, turned forward from the stage: what would happen in an hour happens now.
//! The broker's clock never goes back, so the screen says how far ahead it is for as long as it runs.

use std::sync::PoisonError;
use std::time::Duration;

use super::panes::PaneContext;
use super::panes::access::ReadOnly;
use super::texts;
use crate::util::duration;

/// By how much it can be turned with one choice.
pub const STEPS: [Duration; 6] = [
    Duration::from_secs(10),
    Duration::from_secs(30),
    Duration::from_secs(60),
    Duration::from_secs(10 * 60),
    Duration::from_secs(60 * 60),
    Duration::from_secs(24 * 60 * 60),
];
/// By how much it can be turned at most with one command: a year.
const TURN_MAX: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// Why the clock stands as it did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotTurned {
    /// Another server's clock is the world's.
    #[error("{}", texts::clock_not_ours())]
    NotOurs,
    /// Nothing may be changed.
    #[error("{0}")]
    ReadOnly(#[from] ReadOnly),
}

/// Turns the clock, and says how far ahead it is then.
///
/// # Errors
/// The broker is not ours, or nothing may be changed.
pub fn turn(context: &PaneContext, by: Duration) -> Result<Duration, NotTurned> {
    let broker = context.broker.lock().unwrap_or_else(PoisonError::into_inner);
    let broker = broker.as_ref().ok_or(NotTurned::NotOurs)?;
    context.access.check()?;
    broker.turn_clock(by);
    Ok(broker.clock_ahead())
}

/// Reads a command such as `klokke 90s` or `clock 2h`.
pub fn read(line: &str) -> Option<Duration> {
    let mut words = line.split_whitespace();
    let (Some("klokke" | "klokka" | "clock"), Some(by), None) = (words.next(), words.next(), words.next())
    else {
        return None;
    };
    let by = duration::parse(by.trim_start_matches('+')).ok()?;
    (!by.is_zero() && by <= TURN_MAX).then_some(by)
}

/// What a choice of so much is called.
pub fn entry(by: Duration) -> String {
    texts::clock_entry(&duration::format(by))
}

/// What was done.
pub fn turned(by: Duration, ahead: Duration) -> String {
    texts::clock_turned(&said(by), &said(ahead))
}

/// In whole seconds, or in milliseconds below one.
fn said(time: Duration) -> String {
    duration::format(match time.as_secs() {
        0 => Duration::from_millis(u64::from(time.subsec_millis())),
        seconds => Duration::from_secs(seconds),
    })
}

/// The mark that stays on the screen while the clock is ahead.
pub fn mark(ahead: Duration) -> Option<String> {
    (!ahead.is_zero()).then(|| texts::clock_mark(&said(ahead)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::panes::testing::disconnected;

    #[test]
    fn a_command_says_by_how_much() {
        assert_eq!(read("klokke 90s"), Some(Duration::from_secs(90)));
        assert_eq!(read(" clock  +2h "), Some(Duration::from_secs(7_200)));
        for line in [
            "klokke",
            "klokke 0s",
            "klokke 9000000h",
            "klokke -1s",
            "klokke 1s 2s",
            "kontekst 1s",
        ] {
            assert_eq!(read(line), None, "{line}");
        }
    }

    #[test]
    fn another_server_keeps_its_time_and_says_why() {
        let (_runtime, context) = disconnected();
        assert_eq!(turn(&context, STEPS[0]), Err(NotTurned::NotOurs));
        assert_eq!(mark(Duration::ZERO), None);
        assert!(mark(STEPS[2]).unwrap().contains("1m0s"));
    }
}
