//! Pictures that code blocks make (`+image`): a block writes a file, and once its job has ended well the file is
//! read beside the screen.

use std::path::PathBuf;
use std::rc::Rc;
use std::sync::mpsc::{Receiver, Sender, channel};

use tempfile::TempDir;

use super::{Picture, read};
use crate::runner::{Job, Runner, Status};

/// Pictures that are being made at a time; what is beyond that is shown as text.
const ORDERS_MAX: usize = 16;

/// A picture that is to come.
pub struct Order {
    name: String,
    /// Where it is to be written.
    pub file: PathBuf,
}

/// Pictures in the making.
pub struct Made {
    folder: Option<TempDir>,
    count: usize,
    waiting: Vec<(Order, Rc<Job>)>,
    sender: Sender<Result<Picture, String>>,
    done: Receiver<Result<Picture, String>>,
}

impl Default for Made {
    fn default() -> Self {
        let (sender, done) = channel();
        Made {
            folder: None,
            count: 0,
            waiting: Vec::new(),
            sender,
            done,
        }
    }
}

impl Made {
    /// A place for the picture of that name; none where there is no folder to be had, or too many are awaited.
    pub fn order(&mut self, name: String) -> Option<Order> {
        if self.waiting.len() >= ORDERS_MAX {
            return None;
        }
        if self.folder.is_none() {
            self.folder = tempfile::Builder::new()
                .prefix("goingnats-pictures-")
                .tempdir()
                .ok();
        }
        self.count += 1;
        let file = self.folder.as_ref()?.path().join(self.count.to_string());
        Some(Order { name, file })
    }

    /// Waits for the job that makes it.
    pub fn await_job(&mut self, order: Order, job: Rc<Job>) {
        self.waiting.push((order, job));
    }

    /// The pictures that are there since the last time, and why others are not.
    pub fn collect(&mut self, runner: &Runner) -> Vec<Result<Picture, String>> {
        let (ended, waiting): (Vec<_>, Vec<_>) = std::mem::take(&mut self.waiting)
            .into_iter()
            .partition(|(_, job)| !job.is_running());
        self.waiting = waiting;
        for (order, job) in ended {
            // A block that failed has said why.
            if job.status() != (Status::Done { code: 0 }) {
                continue;
            }
            let sender = self.sender.clone();
            runner.beside(move || {
                let made = read(&order.name, &order.file).map_err(|error| error.to_string());
                let _ = std::fs::remove_file(&order.file);
                let _ = sender.send(made);
            });
        }
        self.done.try_iter().collect()
    }
}
