//! The loop: wait for an event, update, draw.

use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use ratatui::Frame;

use super::app::{App, Effect, Setup};
use super::background::{Background, Client, Running};
use super::event::{EVENTS_MAX, Event, Waker};
use super::input;
use super::inspect::{self, Inspector};
use super::lines::{self, Lines};
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

/// What can have the screen: an event changes it, a frame shows it.
pub trait Show {
    /// Takes one event, and never waits.
    fn update(&mut self, event: Event) -> Option<Effect>;

    /// Draws everything.
    fn draw(&mut self, frame: &mut Frame<'_>);

    /// True while something on the screen counts seconds.
    fn has_clock(&self) -> bool;

    /// True while the screen moves by itself.
    fn is_moving(&self) -> bool {
        false
    }

    /// Learns what the terminal can do, before the first frame.
    fn prepare(&mut self, _guard: &mut TerminalGuard) {}
}

/// Shows the deck until the user has seen enough. Returns the exit code.
///
/// # Errors
/// There is no terminal, or it fails, or there are no threads to be had.
pub fn run(setup: Setup, background: Background) -> Result<u8> {
    let (deck, first_page) = (setup.deck.clone(), setup.first_page);
    show(
        |_, runner| App::new(setup, runner),
        |client| background.start(client, deck, first_page),
    )
}

/// Shows the panes alone. Returns the exit code.
///
/// # Errors
/// As [`run`].
pub fn inspect(setup: inspect::Setup, background: Background) -> Result<u8> {
    show(
        |client, runner| Inspector::new(setup, client, runner),
        |client| background.start_server(client),
    )
}

/// Reads the deck aloud: lines of text to standard output, and words from standard input. Returns the exit code.
///
/// # Errors
/// As [`run`], and nobody listens any more.
pub fn lines(setup: Setup, background: Background) -> Result<u8> {
    let (deck, first_page) = (setup.deck.clone(), setup.first_page);
    let Ground {
        sender,
        events,
        runtime,
        runner,
        client,
        waker,
    } = Ground::new()?;
    let mut reader = Lines::new(setup, runner, std::io::stdout());
    input::catch_signals(&sender).context("cannot catch signals")?;
    reader.begin()?;
    lines::listen(&sender)?;
    drop(sender);
    let running = background.start(client, deck, first_page);
    let outcome = loop {
        let event = events.recv().context("nobody sends events any more")?;
        waker.take();
        match reader.take(event) {
            Ok(None) => {}
            Ok(Some(code)) => break Ok(code),
            Err(error) => break Err(error),
        }
    };
    drop(reader);
    runtime.shutdown_timeout(CLIENTS_GRACE);
    running.stop();
    outcome
}

/// What every show stands on.
struct Ground {
    sender: SyncSender<Event>,
    events: Receiver<Event>,
    waker: Waker,
    runtime: tokio::runtime::Runtime,
    runner: Runner,
    client: Client,
}

impl Ground {
    fn new() -> Result<Ground> {
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
        let client = Client {
            events: sender.clone(),
            runtime: runtime.handle().clone(),
            waker: waker.clone(),
        };
        Ok(Ground {
            sender,
            events,
            waker,
            runtime,
            runner,
            client,
        })
    }
}

fn show<S: Show>(
    open: impl FnOnce(&Client, Runner) -> S,
    background: impl FnOnce(Client) -> Running,
) -> Result<u8> {
    let Ground {
        sender,
        events,
        waker,
        runtime,
        runner,
        client,
    } = Ground::new()?;
    let mut app = open(&client, runner);

    input::catch_signals(&sender).context("cannot catch signals")?;
    let mut guard = TerminalGuard::enter().context("cannot take over the terminal")?;
    app.prepare(&mut guard);
    guard.screen().draw(|frame| app.draw(frame))?;
    input::start(&sender).context("cannot listen to the terminal")?;
    drop(sender);
    let running = background(client);
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
    fn run(mut self, app: &mut impl Show, guard: &mut TerminalGuard) -> Result<u8> {
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
                // Whoever asked for a frame while one was pending sent no event of its own.
                if self.waker.take()
                    && let Some(effect) = app.update(Event::Wake)
                    && let Some(code) = perform(effect, guard)?
                {
                    return Ok(code);
                }
                guard.screen().draw(|frame| app.draw(frame))?;
                self.last_frame = now;
            }
        }
    }

    /// The next event; none when it is time for a frame without one.
    fn wait(&self, app: &impl Show) -> Result<Option<Event>> {
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
fn least_time(app: &impl Show) -> Duration {
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
        Effect::Mouse(on) => guard.set_mouse(on)?,
    }
    Ok(None)
}
