//! A running block: its state as the screen reads it ([`Job`]) and as the task writes it ([`Recorder`]).

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use super::lines::LineBuffer;
use super::process::kill_group;
use super::terminal::Screen;
use crate::util::ring::Ring;

/// Newest lines that a job keeps.
pub const LINES_MAX: usize = 5_000;
/// Newest bytes that a job keeps.
pub const BYTES_MAX: usize = 2 * 1024 * 1024;

/// Bytes that may be typed before a job's terminal is there; what comes then is lost.
const EARLY_BYTES_MAX: usize = 1_024;

/// Where a line came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Out,
    /// Standard error.
    Err,
    /// Us.
    Note,
}

/// A line of output, escape sequences and all: whoever shows it must not send it on raw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputLine {
    /// Where it came from.
    pub stream: Stream,
    /// The text without its line end.
    pub text: String,
}

/// How far a job is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// At work.
    Running,
    /// Ended by itself.
    Done {
        /// The exit code; 0 is good.
        code: i32,
    },
    /// Ended by a signal that did not come from us.
    Killed {
        /// The signal's number.
        signal: i32,
    },
    /// Stopped by the user.
    Cancelled,
    /// Could not be started; the last line says why.
    Failed,
}

/// What a job has to show.
#[derive(Debug)]
pub struct JobView {
    /// How far it is.
    pub status: Status,
    /// Whole lines, the newest [`LINES_MAX`].
    pub lines: Ring<OutputLine>,
    started: Instant,
    took: Option<Duration>,
    open: [LineBuffer; 2],
    /// The terminal of its own, where it has one.
    pub screen: Option<Screen>,
    /// What was typed before there was a terminal.
    early: Vec<u8>,
}

impl JobView {
    /// Lines that no longer fit.
    pub fn dropped(&self) -> u64 {
        self.lines.pushed() - self.lines.len() as u64
    }

    /// The time it took, or has taken so far.
    pub fn elapsed(&self) -> Duration {
        self.took.unwrap_or_else(|| self.started.elapsed())
    }

    /// What was written without a line end yet.
    pub fn open_lines(&self) -> impl Iterator<Item = OutputLine> + '_ {
        [Stream::Out, Stream::Err]
            .into_iter()
            .zip(&self.open)
            .filter_map(|(stream, buffer)| buffer.open().map(|text| OutputLine { stream, text }))
    }

    /// The newest `count` lines, oldest first.
    pub fn tail(&self, count: usize) -> Vec<OutputLine> {
        let mut tail: Vec<OutputLine> = self.screen_lines().chain(self.open_lines()).collect();
        let skip = (self.lines.len() + tail.len()).saturating_sub(count);
        let mut newest: Vec<OutputLine> = self.lines.iter().skip(skip).cloned().collect();
        newest.append(&mut tail);
        newest.drain(..newest.len().saturating_sub(count));
        newest
    }

    /// Sends what was typed to the job's terminal; before there is one it waits, up to [`EARLY_BYTES_MAX`].
    pub fn type_keys(&mut self, keys: Vec<u8>) {
        match &self.screen {
            Some(screen) => drop(screen.send(keys)),
            None if self.early.len() + keys.len() <= EARLY_BYTES_MAX => self.early.extend(keys),
            None => {}
        }
    }

    /// What stands on the job's own terminal.
    fn screen_lines(&self) -> impl Iterator<Item = OutputLine> + '_ {
        let rows = self.screen.iter().flat_map(Screen::rows);
        rows.map(|text| OutputLine {
            stream: Stream::Out,
            text,
        })
    }

    /// Lines there are to show.
    pub fn line_count(&self) -> usize {
        self.lines.len() + self.screen_lines().chain(self.open_lines()).count()
    }

    fn push(&mut self, line: OutputLine) {
        let bytes = line.text.len();
        self.lines.push(line, bytes);
    }
}

struct Shared {
    view: Mutex<JobView>,
    group: Mutex<Option<u32>>,
    cancel: Notify,
    notify: Arc<dyn Fn() + Send + Sync>,
}

impl Shared {
    fn view(&self) -> MutexGuard<'_, JobView> {
        self.view.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn group(&self) -> MutexGuard<'_, Option<u32>> {
        self.group.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The screen's end of a job. Dropping it kills whatever still runs.
pub struct Job {
    shared: Arc<Shared>,
}

impl Job {
    pub(super) fn new(notify: Arc<dyn Fn() + Send + Sync>) -> Job {
        Job {
            shared: Arc::new(Shared {
                view: Mutex::new(JobView {
                    status: Status::Running,
                    lines: Ring::new(LINES_MAX, BYTES_MAX),
                    started: Instant::now(),
                    took: None,
                    open: Default::default(),
                    screen: None,
                    early: Vec::new(),
                }),
                group: Mutex::new(None),
                cancel: Notify::new(),
                notify,
            }),
        }
    }

    /// A job of the past, as it is kept: what it wrote, how it ended, and after what time.
    pub fn ended(lines: impl IntoIterator<Item = OutputLine>, status: Status, took: Duration) -> Job {
        let job = Job::new(Arc::new(|| {}));
        let mut view = job.view();
        lines.into_iter().for_each(|line| view.push(line));
        (view.status, view.took) = (status, Some(took));
        drop(view);
        job
    }

    pub(super) fn recorder(&self) -> Recorder {
        Recorder {
            shared: Arc::clone(&self.shared),
        }
    }

    /// Reads what there is to show. The lock is held as long as the value lives: keep it short.
    pub fn view(&self) -> MutexGuard<'_, JobView> {
        self.shared.view()
    }

    /// How far it is.
    pub fn status(&self) -> Status {
        self.view().status
    }

    /// True while it is at work.
    pub fn is_running(&self) -> bool {
        self.status() == Status::Running
    }

    /// Stops the job and everything it started: asked first, killed after a moment.
    pub fn cancel(&self) {
        self.shared.cancel.notify_one();
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        self.cancel();
        if let Some(group) = self.shared.group().take() {
            kill_group(group);
        }
    }
}

/// The task's end of a job.
#[derive(Clone)]
pub(super) struct Recorder {
    shared: Arc<Shared>,
}

impl Recorder {
    /// Adds a line of ours.
    pub fn note(&self, text: impl Into<String>) {
        self.shared.view().push(OutputLine {
            stream: Stream::Note,
            text: text.into(),
        });
        (self.shared.notify)();
    }

    /// Adds a line as if the block had written it.
    pub fn say(&self, text: impl Into<String>) {
        self.shared.view().push(OutputLine {
            stream: Stream::Out,
            text: text.into(),
        });
        (self.shared.notify)();
    }

    /// Adds what came out of a pipe.
    pub fn bytes(&self, stream: Stream, bytes: &[u8]) {
        let mut view = self.shared.view();
        let JobView { lines, open, .. } = &mut *view;
        let buffer = &mut open[usize::from(stream == Stream::Err)];
        buffer.push(bytes, |text| {
            let weight = text.len();
            lines.push(OutputLine { stream, text }, weight);
        });
        drop(view);
        (self.shared.notify)();
    }

    /// Gives the job a terminal.
    pub fn open_screen(&self, screen: Screen) {
        let mut view = self.shared.view();
        let early = std::mem::take(&mut view.early);
        if !early.is_empty() {
            screen.send(early);
        }
        view.screen = Some(screen);
        drop(view);
        (self.shared.notify)();
    }

    /// Adds what came on the job's terminal.
    pub fn screen_bytes(&self, bytes: &[u8]) {
        if let Some(screen) = &mut self.shared.view().screen {
            screen.take(bytes);
        }
        (self.shared.notify)();
    }

    /// The program on the terminal is gone.
    pub fn close_screen(&self) {
        if let Some(screen) = &mut self.shared.view().screen {
            screen.close();
        }
    }

    /// Ends lines that have no end, as a process that is gone leaves them.
    pub fn close_lines(&self) {
        let mut view = self.shared.view();
        let rest: Vec<OutputLine> = view.open_lines().collect();
        for buffer in &mut view.open {
            buffer.finish();
        }
        for line in rest {
            view.push(line);
        }
    }

    /// Names the process group that must not outlive the job.
    pub fn set_group(&self, group: Option<u32>) {
        *self.shared.group() = group;
    }

    /// Waits until the user wants the job stopped.
    pub async fn cancelled(&self) {
        self.shared.cancel.notified().await;
    }

    /// Ends the job.
    pub fn finish(&self, status: Status) {
        self.close_lines();
        let mut view = self.shared.view();
        view.status = status;
        view.took = Some(view.started.elapsed());
        drop(view);
        (self.shared.notify)();
    }
}
