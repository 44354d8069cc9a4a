//! The loop: wait for an event, update, draw.

use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::app::{App, Effect, Setup};
use super::background::{Background, Client};
use super::event::{EVENTS_MAX, Event, Waker};
use super::input;
use super::terminal::{self, TerminalGuard};
use crate::runner::Runner;

/// Shortest time between two frames that nobody pressed a key for: 30 a second.
const FRAME_TIME_MIN: Duration = Duration::from_millis(33);
/// The same while one slide takes the place of another.
const MOVING_TIME: Duration = Duration::from_millis(16);
/// How often seconds on the screen are brought up to date.
const CLOCK_TIME: Duration = Duration::from_secs(1);
/// How long the panes' and the jobs' tasks may take to end.
const CLIENTS_GRACE: Duration = Duration::from_millis(500);
/// Threads of the panes' and the jobs' runtime.
const CLIENT_THREADS: usize = 2;

/// Shows the deck until the user has seen enough. Returns the exit code.
///
/// # Errors
/// There is no terminal, or it fails, or there are no threads to be had.
pub fn run(setup: Setup, background: Background) -> Result<u8> {
    let (sender, events) = sync_channel(EVENTS_MAX);
    let waker = waker(sender.clone());
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(CLIENT_THREADS)
        .thread_name("client")
        .enable_all()
        .build()
        .context("cannot start threads")?;
    let wake = waker.clone();
    let runner = Runner::new(runtime.handle().clone(), move || wake.wake());
    let (deck, first_page) = (setup.deck.clone(), setup.first_page);
    let protocol = setup.protocol;
    let mut app = App::new(setup, runner);

    input::catch_signals(&sender).context("cannot catch signals")?;
    let mut guard = TerminalGuard::enter().context("cannot take over the terminal")?;
    app.set_links(guard.links());
    app.set_full(guard.full(protocol));
    guard.screen().draw(|frame| app.draw(frame))?;
    input::start(&sender).context("cannot listen to the terminal")?;
    let client = Client {
        events: sender,
        runtime: runtime.handle().clone(),
        waker: waker.clone(),
    };
    let running = background.start(client, deck, first_page);
    let outcome = Loop {
        events,
        waker,
        last_frame: Instant::now(),
    }
    .run(&mut app, &mut guard);

    drop(guard);
    // The jobs first, so that none outlives the show; then our own clients, then what all spoke to.
    drop(app);
    runtime.shutdown_timeout(CLIENTS_GRACE);
    running.stop();
    for panic in terminal::take_background_panics() {
        eprintln!("goingnats: {panic}");
    }
    outcome
}

fn waker(events: SyncSender<Event>) -> Waker {
    Waker::new(move || {
        let _ = events.try_send(Event::Wake);
    })
}

struct Loop {
    events: Receiver<Event>,
    waker: Waker,
    last_frame: Instant,
}

impl Loop {
    fn run(mut self, app: &mut App, guard: &mut TerminalGuard) -> Result<u8> {
        loop {
            let mut is_urgent = false;
            let mut next = self.wait(app)?;
            while let Some(event) = next {
                is_urgent |= event.wants_frame();
                if let Some(effect) = app.update(event)
                    && let Some(code) = perform(effect, guard)?
                {
                    return Ok(code);
                }
                next = self.events.try_recv().ok();
            }
            let now = Instant::now();
            let is_due = now.duration_since(self.last_frame) >= least_time(app);
            if is_urgent || is_due {
                self.waker.take();
                guard.screen().draw(|frame| app.draw(frame))?;
                self.last_frame = now;
            }
        }
    }

    /// The next event; none when it is time for a frame without one.
    fn wait(&self, app: &App) -> Result<Option<Event>> {
        let since = self.last_frame.elapsed();
        let limit = if self.waker.is_pending() || app.is_moving() {
            least_time(app).saturating_sub(since)
        } else if app.has_clock() {
            CLOCK_TIME.saturating_sub(since)
        } else {
            return self
                .events
                .recv()
                .map(Some)
                .context("nobody sends events any more");
        };
        match self.events.recv_timeout(limit) {
            Ok(event) => Ok(Some(event)),
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) => bail!("nobody sends events any more"),
        }
    }
}

/// The shortest time between two frames that nobody pressed a key for.
fn least_time(app: &App) -> Duration {
    match app.is_moving() {
        true => MOVING_TIME,
        false => FRAME_TIME_MIN,
    }
}

/// Does what the app wants; a number is the exit code.
fn perform(effect: Effect, guard: &mut TerminalGuard) -> Result<Option<u8>> {
    match effect {
        Effect::Quit(code) => return Ok(Some(code)),
        Effect::Suspend => guard.suspend()?,
        Effect::Retake => guard.retake()?,
        Effect::Redraw => guard.redraw()?,
        Effect::Copy(text) => guard.copy(&text)?,
    }
    Ok(None)
}
