//! The tasks of a pane: they end with their handle, and share state with the screen half.

use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_nats::connection::State;
use futures_util::FutureExt;
use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::task::AbortHandle;

use crate::tui::panes::PaneContext;

/// How often rates and the state of the connection are looked at.
pub const PULSE: Duration = Duration::from_millis(500);

/// A running task, ended when this is dropped.
#[derive(Debug)]
pub struct Task(AbortHandle);

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Starts work that goes on to its end, whatever becomes of who started it. Boxed, so that the runtime's machinery for
/// a task is compiled once and not for every piece of work.
pub fn detach(runtime: &Handle, work: impl Future<Output = ()> + Send + 'static) -> AbortHandle {
    runtime.spawn(work.boxed()).abort_handle()
}

impl PaneContext {
    /// Starts a task on the client runtime.
    pub(crate) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) -> Task {
        Task(detach(&self.runtime, work))
    }

    /// True while the server is there.
    pub(crate) fn is_connected(&self) -> bool {
        self.client.connection_state() == State::Connected
    }

    /// True where the server is our own broker.
    pub(crate) fn has_broker(&self) -> bool {
        self.broker
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .is_some()
    }

    /// Asks for a frame whenever `sample` says that something changed, or the connection came or went.
    pub(crate) fn pulse(&self, mut sample: impl FnMut() -> bool + Send + 'static) -> Task {
        let context = self.clone();
        self.spawn(async move {
            let mut ticks = tokio::time::interval(PULSE);
            ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
            let mut connected = context.is_connected();
            loop {
                ticks.tick().await;
                let was = std::mem::replace(&mut connected, context.is_connected());
                if sample() || was != connected {
                    context.waker.wake();
                }
            }
        })
    }
}

/// State that tasks write and the screen reads, under a lock that is held for moments only.
///
/// Who waits is next: a task that takes the lock again and again does so behind a screen that has asked for it, and
/// never overtakes it. So the screen waits for one such moment at most.
#[derive(Debug, Default)]
pub struct Shared<T>(Arc<Guarded<T>>);

#[derive(Debug, Default)]
struct Guarded<T> {
    /// Held by whoever is next, until the state is theirs.
    door: Mutex<()>,
    state: Mutex<T>,
}

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Shared(Arc::clone(&self.0))
    }
}

impl<T> Shared<T> {
    /// Shares `state`.
    pub fn new(state: T) -> Shared<T> {
        Shared(Arc::new(Guarded {
            door: Mutex::default(),
            state: Mutex::new(state),
        }))
    }

    /// The state. A task that panicked while it held the lock leaves counters behind that are still
    /// worth showing.
    pub fn lock(&self) -> MutexGuard<'_, T> {
        let _next = self.0.door.lock().unwrap_or_else(PoisonError::into_inner);
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether somebody looks, so that a task does not ask the server in vain, and whether something is to be asked for
/// at once. Clones share it.
#[derive(Debug, Clone)]
pub struct Watched(Arc<Looks>);

#[derive(Debug)]
struct Looks {
    /// The pane was drawn since this was read.
    drawn: AtomicBool,
    hurry: Notify,
}

impl Default for Watched {
    fn default() -> Self {
        Watched(Arc::new(Looks {
            drawn: AtomicBool::new(true),
            hurry: Notify::new(),
        }))
    }
}

impl Watched {
    /// The pane was drawn.
    pub fn seen(&self) {
        self.0.drawn.store(true, Ordering::Relaxed);
    }

    /// Something is to be asked for at once.
    pub fn hurry(&self) {
        self.0.hurry.notify_one();
    }

    /// Waits until it is time to ask again: after `pause`, as soon as the pane was drawn meanwhile, or in a hurry.
    pub async fn next(&self, pause: Duration) {
        loop {
            let hurried = tokio::time::timeout(pause, self.0.hurry.notified()).await.is_ok();
            if self.0.drawn.swap(false, Ordering::Relaxed) || hurried {
                return;
            }
        }
    }
}

/// A rate per second, from a counter that is looked at now and then.
#[derive(Debug, Default)]
pub struct Rate {
    last: Option<(std::time::Instant, u64)>,
    per_second: f64,
}

impl Rate {
    /// Samples the counter. True when the rate changed.
    pub fn sample(&mut self, now: std::time::Instant, total: u64) -> bool {
        let before = self.per_second;
        if let Some((at, then)) = self.last {
            let seconds = now.duration_since(at).as_secs_f64();
            if seconds < 0.05 {
                return false;
            }
            self.per_second = total.saturating_sub(then) as f64 / seconds;
        }
        self.last = Some((now, total));
        (self.per_second - before).abs() >= 0.5
    }

    /// Per second, rounded.
    pub fn per_second(&self) -> u64 {
        self.per_second.round() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_waits_is_let_in_before_whoever_comes_later() {
        let state = Shared::new(Vec::new());
        let held = state.lock();
        let come = |name: &'static str| {
            let state = state.clone();
            std::thread::spawn(move || state.lock().push(name))
        };
        let screen = come("screen");
        // It has the door once nobody else can have it.
        while state.0.door.try_lock().is_ok() {
            std::thread::yield_now();
        }
        let task = come("task");
        drop(held);
        screen.join().unwrap();
        task.join().unwrap();
        assert_eq!(*state.lock(), ["screen", "task"]);
    }

    #[tokio::test]
    async fn nobody_is_asked_while_nobody_looks() {
        let watched = Watched::default();
        watched.next(Duration::ZERO).await;
        const LONG: Duration = Duration::from_secs(3_600);
        assert!(watched.next(LONG).now_or_never().is_none());
        watched.hurry();
        watched.next(LONG).await;
        watched.seen();
        watched.next(Duration::ZERO).await;
    }

    #[test]
    fn a_rate_falls_to_zero_when_nothing_comes() {
        let mut rate = Rate::default();
        let start = std::time::Instant::now();
        assert!(!rate.sample(start, 1_000));
        assert!(rate.sample(start + Duration::from_secs(2), 3_000));
        assert_eq!(rate.per_second(), 1_000);
        assert!(rate.sample(start + Duration::from_secs(3), 3_000));
        assert_eq!(rate.per_second(), 0);
        assert!(!rate.sample(start + Duration::from_secs(4), 3_000));
    }
}
