//! Workers: threads with a runtime each, on which connections live.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use futures_util::FutureExt;
use tokio::runtime::{Builder, Handle};
use tokio::sync::watch;

use super::chunks::Depot;
use super::desk::Desk;
use crate::broker::conf::Options;
use crate::broker::tap::Taps;

/// More workers than this never serve connections.
const WORKERS_MAX: usize = 8;
/// Those, the watcher and the keeper.
pub const DESKS_MAX: usize = WORKERS_MAX + 2;

/// Threads of a worker on which passwords are checked. They take a good part of a second each, so that a
/// crowd of them must wait in line rather than have a thread each.
const SLOW_THREADS: usize = 2;
/// Streams of which the keeper waits for the medium at a time; further ones wait in line. Such a thread is there
/// while it is needed.
const SYNCS_MAX: usize = 16;

/// One worker.
#[derive(Debug)]
pub struct Worker {
    /// Connections on it.
    pub connections: AtomicUsize,
    runtime: Handle,
    desk: Mutex<Desk>,
}

/// All workers of a broker.
#[derive(Debug)]
pub struct Workers {
    /// Where connections live.
    pub serving: Vec<Arc<Worker>>,
    /// One without connections, for what may take its time: those who watch.
    pub watcher: Arc<Worker>,
    /// One without connections, for JetStream's timers, and what waits for the medium.
    pub keeper: Arc<Worker>,
    /// Who looks at what passes.
    pub taps: Arc<Taps>,
}

impl Worker {
    /// The worker's desk. Only tasks of this worker ask for it, so that nobody waits; and those who watch, who look
    /// at it for a moment.
    pub fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts a task on this worker, from any thread. Boxed, so that the runtime's machinery for a task is
    /// compiled once and not for every kind.
    pub fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.runtime.spawn(task.boxed());
    }
}

/// Starts one worker for each core, the watcher and the keeper. They run until `stop` says true, or its sender is gone.
pub fn start_workers(
    options: &Options,
    stop: &watch::Receiver<bool>,
) -> io::Result<(Workers, Vec<JoinHandle<()>>)> {
    let cores = std::thread::available_parallelism().map_or(2, usize::from);
    let mut threads = Vec::new();
    let taps = Arc::new(Taps::default());
    let depot = Arc::new(Depot::new(cores.clamp(1, WORKERS_MAX) + 2));
    let mut start = |number, name, slow_threads| {
        let desk = Desk::new(number, options, taps.clone(), depot.clone());
        let (worker, thread) = start_worker(desk, name, slow_threads, stop.clone())?;
        threads.push(thread);
        io::Result::Ok(worker)
    };
    let serving = 0..cores.clamp(1, WORKERS_MAX);
    let serving = serving.map(|number| start(number, format!("broker-{number}"), SLOW_THREADS));
    let serving = serving.collect::<io::Result<_>>()?;
    let watcher = start(WORKERS_MAX, "broker-watch".to_owned(), SLOW_THREADS)?;
    let keeper = start(WORKERS_MAX + 1, "broker-keep".to_owned(), SYNCS_MAX)?;
    watcher.spawn(depot.keep_tidy());
    let workers = Workers {
        serving,
        watcher,
        keeper,
        taps,
    };
    Ok((workers, threads))
}

fn start_worker(
    desk: Desk,
    name: String,
    slow_threads: usize,
    mut stop: watch::Receiver<bool>,
) -> io::Result<(Arc<Worker>, JoinHandle<()>)> {
    let runtime = Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(slow_threads)
        .build()?;
    let worker = Arc::new(Worker {
        connections: AtomicUsize::new(0),
        runtime: runtime.handle().clone(),
        desk: Mutex::new(desk),
    });
    let run = move || {
        runtime.block_on(async {
            // An error means that the broker itself is gone, which is as good a reason to stop.
            let _ = stop.wait_for(|stop| *stop).await;
        });
    };
    let thread = std::thread::Builder::new().name(name).spawn(run)?;
    Ok((worker, thread))
}

/// The worker with the fewest connections.
pub fn least_loaded(workers: &[Arc<Worker>]) -> &Arc<Worker> {
    workers
        .iter()
        .min_by_key(|worker| worker.connections.load(Ordering::Relaxed))
        .expect("start_workers starts at least one")
}
