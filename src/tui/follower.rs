//! A screen that follows the stage: the loop that the speaker's and the audience's share.

use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::Duration;

use anyhow::{Context, Result};
use ratatui::Frame;
use ratatui::crossterm::event::{Event as TerminalEvent, KeyCode, KeyEvent, KeyModifiers};

use super::event::{EVENTS_MAX, Event, News};
use super::input;
use super::links::Links;
use super::stage::follow::{FromStage, follow};
use super::stage::{Code, Follower};
use super::terminal::TerminalGuard;
use crate::client::ConnectSettings;

/// How often the clock is brought up to date.
const CLOCK_TIME: Duration = Duration::from_secs(1);

/// What is shown of the stage.
pub trait Screen {
    /// Takes what the stage says.
    fn hear(&mut self, said: FromStage);

    /// Takes a key that does not quit.
    fn on_key(&mut self, _key: KeyEvent) {}

    /// Learns where links are noted, before the first frame.
    fn set_links(&mut self, _links: Links) {}

    /// Draws everything.
    fn draw(&mut self, frame: &mut Frame<'_>);
}

/// Follows the stage until the user has seen enough. Returns the exit code.
///
/// # Errors
/// There is no terminal, or it fails.
pub fn run(connection: ConnectSettings, code: Code, who: Follower, mut screen: impl Screen) -> Result<u8> {
    let (sender, events) = sync_channel(EVENTS_MAX);
    let runtime = tokio::runtime::Runtime::new().context("cannot start threads")?;
    input::catch_signals(&sender).context("cannot catch signals")?;
    let mut guard = TerminalGuard::enter().context("cannot take over the terminal")?;
    screen.set_links(guard.links());
    input::start(&sender).context("cannot listen to the terminal")?;
    runtime.spawn(follow(connection, code, who, sender));
    loop {
        guard.screen().draw(|frame| screen.draw(frame))?;
        match events.recv_timeout(CLOCK_TIME) {
            Ok(event) => {
                if let Some(code) = take(&mut screen, event) {
                    return Ok(code);
                }
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return Ok(1),
        }
    }
}

/// Takes an event; a number is the exit code.
fn take(screen: &mut impl Screen, event: Event) -> Option<u8> {
    match event {
        Event::Terminal(TerminalEvent::Key(key)) if !key.is_release() => {
            let control = key.modifiers.contains(KeyModifiers::CONTROL);
            if key.code == KeyCode::Char('q') || (control && key.code == KeyCode::Char('c')) {
                return Some(0);
            }
            screen.on_key(key);
        }
        Event::TerminalGone => return Some(1),
        Event::Signal(signal) => return Some(u8::try_from(128 + signal).unwrap_or(1)),
        Event::News(News::Stage(said)) => screen.hear(said),
        _ => {}
    }
    None
}
