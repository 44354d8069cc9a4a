//! A screen that follows the stage: the loop that the speaker's and the audience's share.

use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::Duration;

use anyhow::{Context, Result};
use ratatui::Frame;
use ratatui::crossterm::event::{Event as TerminalEvent, KeyCode, KeyEvent, KeyModifiers};
use tokio::runtime::Handle;
use tokio::sync::mpsc::Sender;

use super::event::{EVENTS_MAX, Event, News, Waker};
use super::input;
use super::links::Links;
use super::panes::task::detach;
use super::stage::follow::{FromStage, Me, WANTED_MAX, follow};
use super::stage::{Code, Command};
use super::terminal::TerminalGuard;
use crate::client::ConnectSettings;

/// How often the clock is brought up to date.
const CLOCK_TIME: Duration = Duration::from_secs(1);

/// What is shown of the stage.
pub trait Screen {
    /// Takes what the stage says.
    fn hear(&mut self, said: FromStage);

    /// Takes a key that does not quit, and says what the stage should do about it.
    fn on_key(&mut self, _key: KeyEvent) -> Option<Command> {
        None
    }

    /// Learns how to ask for a frame and where tasks run, before the first frame.
    fn prepare(&mut self, _waker: Waker, _runtime: Handle) {}

    /// Learns where links are noted, before the first frame.
    fn set_links(&mut self, _links: Links) {}

    /// Draws everything.
    fn draw(&mut self, frame: &mut Frame<'_>);
}

/// Follows the stage until the user has seen enough. Returns the exit code.
///
/// # Errors
/// There is no terminal, or it fails.
pub fn run(connection: ConnectSettings, code: Code, me: Me, mut screen: impl Screen) -> Result<u8> {
    let (sender, events) = sync_channel(EVENTS_MAX);
    let (orders, wanted) = tokio::sync::mpsc::channel(WANTED_MAX);
    let runtime = tokio::runtime::Runtime::new().context("cannot start threads")?;
    input::catch_signals(&sender).context("cannot catch signals")?;
    let mut guard = TerminalGuard::enter().context("cannot take over the terminal")?;
    screen.set_links(guard.links());
    let wake = sender.clone();
    let waker = Waker::new(move || {
        let _ = wake.try_send(Event::Wake);
    });
    screen.prepare(waker.clone(), runtime.handle().clone());
    input::start(&sender).context("cannot listen to the terminal")?;
    detach(runtime.handle(), follow(connection, code, me, wanted, sender));
    loop {
        waker.take();
        guard.screen().draw(|frame| screen.draw(frame))?;
        match events.recv_timeout(CLOCK_TIME) {
            Ok(event) => {
                if let Some(code) = take(&mut screen, event, &orders) {
                    return Ok(code);
                }
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return Ok(1),
        }
    }
}

/// Takes an event; a number is the exit code.
fn take(screen: &mut impl Screen, event: Event, orders: &Sender<Command>) -> Option<u8> {
    match event {
        Event::Terminal(TerminalEvent::Key(key)) if !key.is_release() => {
            let control = key.modifiers.contains(KeyModifiers::CONTROL);
            if key.code == KeyCode::Char('q') || (control && key.code == KeyCode::Char('c')) {
                return Some(0);
            }
            if let Some(command) = screen.on_key(key) {
                // Whoever presses keys faster than the stage follows is not helped by more of them.
                let _ = orders.try_send(command);
            }
        }
        Event::TerminalGone => return Some(1),
        Event::Signal(signal) => return Some(u8::try_from(128 + signal).unwrap_or(1)),
        Event::News(News::Stage(said)) => screen.hear(said),
        _ => {}
    }
    None
}
