//! What lies over a stream or its consumers: the decision log, or a replay.

use ratatui::Frame;
use ratatui::crossterm::event::KeyEvent;
use ratatui::layout::Rect;

use super::decisions::{Log, LogKey};
use super::replay::Replay;
use super::{KeyHelp, Wish};
use crate::tui::theme::Theme;

/// One of them.
pub enum Above {
    /// Why consumers have messages or not.
    Why(Log),
    /// The stream played again.
    Replay(Replay),
}

impl Above {
    /// For the border.
    pub fn title(&self) -> String {
        match self {
            Above::Why(log) => log.title(),
            Above::Replay(replay) => replay.title(),
        }
    }

    /// Takes a key. Gives whether it stays, and what it wants.
    pub fn on_key(&mut self, key: KeyEvent) -> (bool, Option<Wish>) {
        match self {
            Above::Why(log) => match log.on_key(key) {
                LogKey::Stay => (true, None),
                LogKey::Close => (false, None),
                LogKey::Turn(by) => (true, Some(Wish::TurnClock(by))),
            },
            Above::Replay(replay) => (replay.on_key(key), None),
        }
    }

    /// The keys, the most useful first.
    pub fn keys(&self) -> Vec<KeyHelp> {
        match self {
            Above::Why(log) => log.keys(),
            Above::Replay(replay) => replay.keys(),
        }
    }

    /// Draws it.
    pub fn draw(&mut self, frame: &mut Frame<'_>, area: Rect, theme: &Theme) {
        match self {
            Above::Why(log) => log.draw(frame, area, theme),
            Above::Replay(replay) => replay.draw(frame, area, theme),
        }
    }
}
