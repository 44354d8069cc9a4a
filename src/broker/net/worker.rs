//! Workers: threads with a runtime each, on which connections live.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use tokio::runtime::{Builder, Handle};
use tokio::sync::watch;

use super::desk::Desk;

/// More workers than this are never started.
pub const WORKERS_MAX: usize = 8;

/// Threads of a worker on which passwords are checked. They take a good part of a second each, so that a
/// crowd of them must wait in line rather than have a thread each.
const SLOW_THREADS: usize = 2;

/// One worker.
#[derive(Debug)]
pub struct Worker {
    /// Connections on it.
    pub connections: AtomicUsize,
    runtime: Handle,
    desk: Mutex<Desk>,
}

impl Worker {
    /// The worker's desk. Only tasks of this worker ask for it, so nobody ever waits.
    pub fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts a task on this worker, from any thread.
    pub fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.runtime.spawn(task);
    }
}

/// The workers, and the threads they run on.
pub type Workers = (Vec<Arc<Worker>>, Vec<JoinHandle<()>>);

/// Starts one worker for each core. They run until `stop` says true, or its sender is gone.
pub fn start_workers(stop: &watch::Receiver<bool>) -> io::Result<Workers> {
    let cores = std::thread::available_parallelism().map_or(2, usize::from);
    let mut workers = Vec::new();
    let mut threads = Vec::new();
    for number in 0..cores.clamp(1, WORKERS_MAX) {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .max_blocking_threads(SLOW_THREADS)
            .build()?;
        workers.push(Arc::new(Worker {
            connections: AtomicUsize::new(0),
            runtime: runtime.handle().clone(),
            desk: Mutex::new(Desk::new(number)),
        }));
        let mut stop = stop.clone();
        let run = move || {
            runtime.block_on(async {
                // An error means that the broker itself is gone, which is as good a reason to stop.
                let _ = stop.wait_for(|stop| *stop).await;
            });
        };
        threads.push(
            std::thread::Builder::new()
                .name(format!("broker-{number}"))
                .spawn(run)?,
        );
    }
    Ok((workers, threads))
}

/// The worker with the fewest connections.
pub fn least_loaded(workers: &[Arc<Worker>]) -> &Arc<Worker> {
    workers
        .iter()
        .min_by_key(|worker| worker.connections.load(Ordering::Relaxed))
        .expect("start_workers starts at least one")
}
