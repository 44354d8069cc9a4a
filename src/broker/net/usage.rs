//! What this process uses, as the system counts it.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Measures memory and processor time. Where the system has no `/proc`, both are 0.
#[derive(Debug, Default)]
pub struct Meter(Mutex<Option<Measured>>);

#[derive(Debug, Clone, Copy)]
struct Measured {
    at: Instant,
    ticks: u64,
    percent: f64,
}

impl Meter {
    /// Processor time is measured over at least this long.
    const SPAN: Duration = Duration::from_secs(1);
    /// The unit of processor time in `/proc`, fixed by Linux for all programs.
    const TICKS_PER_SECOND: f64 = 100.0;

    /// Processor time since the last time that was measured, in percent of one core. The first measures
    /// nothing yet.
    pub fn cpu_percent(&self) -> f64 {
        let (now, ticks) = (Instant::now(), ticks().unwrap_or(0));
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let percent = match *last {
            Some(last) if now - last.at < Self::SPAN => return last.percent,
            Some(last) => {
                let seconds = (now - last.at).as_secs_f64();
                let spent = ticks.saturating_sub(last.ticks) as f64 / Self::TICKS_PER_SECOND;
                (spent / seconds * 100.0).round()
            }
            None => 0.0,
        };
        *last = Some(Measured {
            at: now,
            ticks,
            percent,
        });
        percent
    }
}

/// Resident memory in bytes.
pub fn memory_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kibibytes: Option<u64> = resident.and_then(|rest| rest.split_whitespace().next()?.parse().ok());
    kibibytes.unwrap_or(0) * 1024
}

/// The threads of the process: number, state as the system writes it, and name.
pub fn threads() -> String {
    let tasks = std::fs::read_dir("/proc/self/task").into_iter().flatten();
    let mut lines: Vec<String> = tasks
        .flatten()
        .filter_map(|task| {
            let stat = std::fs::read_to_string(task.path().join("stat")).ok()?;
            let (before, after) = stat.rsplit_once(") ")?;
            let (number, name) = before.split_once(" (")?;
            Some(format!("thread {number} [{}]: {name}", after.get(..1)?))
        })
        .collect();
    lines.sort();
    lines.join("\n") + "\n"
}

/// Processor time of all threads, in user and in system mode.
fn ticks() -> Option<u64> {
    /// Places of `utime` and `stime`, counted from behind the program's name.
    const USER: usize = 11;
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The name stands in parentheses and may contain anything.
    let (_, fields) = stat.rsplit_once(") ")?;
    let mut fields = fields.split(' ').skip(USER);
    Some(fields.next()?.parse::<u64>().ok()? + fields.next()?.parse::<u64>().ok()?)
}
