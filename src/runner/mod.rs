//! Running a code block: languages, working folder, and a PATH with our own `nats` and `nats-server`.
//!
//! A block becomes a [`plan`] (pure), the plan becomes a [`Job`]: a task on the client runtime that
//! starts the processes, keeps a bounded window of what they wrote, and can be cancelled with
//! everything it started. Nothing here knows the screen; whoever shows a job is told through a
//! callback that there is something new. Start with [`Runner::start`]. [`preprocess`] is for what a deck
//! wants run before it is read, and [`draw`] for diagrams that an installed program is to draw.

mod folders;
mod go_module;
mod job;
mod language;
mod lines;
mod native;
mod plan;
mod preprocess;
mod process;
mod terminal;
mod texts;
mod toolbox;

pub use folders::{cache_folder, data_folder};
pub use job::{Job, JobView, OutputLine, Status, Stream};
pub use plan::{Environment, Tools, is_runnable, runs_until_stopped};
pub use preprocess::{Unfilled, draw, preprocess};
pub use terminal::{Screen, TerminalSize};
pub use toolbox::{Toolbox, find_program, path_with};

use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use tokio::runtime::Handle;

/// A code block as the runner sees it: the word after the fence, and what is to be run, hidden
/// lines included.
#[derive(Debug, Clone, Copy)]
pub struct Block<'a> {
    /// The fence's language; empty when it has none.
    pub language: &'a str,
    /// The source.
    pub source: &'a str,
}

/// Where a block's output goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outlet {
    /// To the job, line by line.
    Job,
    /// Standard output to a file, as it may be no text.
    File(PathBuf),
    /// To a terminal of its own, which the job shows.
    Terminal(TerminalSize),
}

/// Starts jobs.
#[derive(Clone)]
pub struct Runner {
    runtime: Handle,
    notify: Arc<dyn Fn() + Send + Sync>,
    beside: Arc<Beside>,
}

/// How much of what was started beside the screen has not ended.
#[derive(Default)]
struct Beside {
    open: Mutex<usize>,
    ended: Condvar,
}

/// One of them; it has ended when this goes, however that comes about.
struct Open(Arc<Beside>);

impl Drop for Open {
    fn drop(&mut self) {
        *self.0.open.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        self.0.ended.notify_all();
    }
}

impl Runner {
    /// A runner whose jobs live on `runtime` and call `notify` whenever they have something to show.
    pub fn new(runtime: Handle, notify: impl Fn() + Send + Sync + 'static) -> Runner {
        Runner {
            runtime,
            notify: Arc::new(notify),
            beside: Arc::default(),
        }
    }

    /// Starts a block. What cannot be run gives a job that has ended with the reason.
    pub fn start(&self, block: Block<'_>, environment: &Environment) -> Job {
        self.start_into(Outlet::Job, block, environment)
    }

    /// Starts a block whose output goes elsewhere than to the job's lines.
    pub fn start_into(&self, outlet: Outlet, block: Block<'_>, environment: &Environment) -> Job {
        let job = Job::new(Arc::clone(&self.notify));
        let plan = plan::plan(block, environment);
        let work = process::carry_out(plan, environment.clone(), job.recorder(), outlet);
        // Boxed, as all work beside the screen, so that what runs it is compiled once.
        self.runtime.spawn(work.boxed());
        job
    }

    /// Does what takes time beside the screen, and calls the runner's `notify` when it is done.
    pub fn beside(&self, work: impl FnOnce() + Send + 'static) {
        let notify = Arc::clone(&self.notify);
        *self.beside.open.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        let open = Open(Arc::clone(&self.beside));
        self.runtime.spawn_blocking(move || {
            work();
            drop(open);
            notify();
        });
    }

    /// Waits until all that was started beside the screen has ended, at most so long: a runtime that is shut down
    /// does not begin what still waits.
    pub fn wait_beside(&self, limit: Duration) {
        let open = self.beside.open.lock().unwrap_or_else(PoisonError::into_inner);
        let wait = self
            .beside
            .ended
            .wait_timeout_while(open, limit, |open| *open > 0);
        drop(wait);
    }

    /// Starts one line of shell, as typed on the palette.
    pub fn start_line(&self, line: &str, environment: &Environment) -> Job {
        let block = Block {
            language: "sh",
            source: line,
        };
        self.start(block, environment)
    }
}

#[cfg(test)]
mod tests;
