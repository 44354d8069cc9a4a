//! What is listened to: patterns are written, changed, muted and removed, and some say what is left out.

use ratatui::crossterm::event::{KeyCode, KeyEvent};

use super::window::{self, PATTERNS_MAX};
use super::{Mode, SubscribePane, feed, texts};
use crate::proto::subject;
use crate::tui::panes::Handled;

/// What begins a pattern that is left out of the view.
const IGNORES: char = '!';

impl SubscribePane {
    pub(super) fn add(&mut self, text: &str) -> bool {
        let text = text.trim();
        if let Some(ignored) = text.strip_prefix(IGNORES) {
            return self.ignore(ignored);
        }
        let (subject, queue) = match parse_pattern(text) {
            Ok(parsed) => parsed,
            Err(problem) => {
                self.view.problem = Some(problem.to_owned());
                return false;
            }
        };
        let Some(id) = self.window.lock().add(&subject, queue.as_deref()) else {
            self.view.problem = Some(texts::too_many_patterns(PATTERNS_MAX));
            return false;
        };
        self.view.problem = None;
        let feed = feed::run(self.context.clone(), self.window.clone(), id, subject, queue);
        self.feeds.push((id, self.context.spawn(feed)));
        true
    }

    /// Leaves out of the view what fits.
    pub(super) fn ignore(&mut self, text: &str) -> bool {
        let fits = match parse_pattern(text) {
            Ok((subject, None)) => self.window.lock().ignore(&subject),
            Ok((_, Some(_))) => {
                self.view.problem = Some(texts::write_subject().to_owned());
                return false;
            }
            Err(problem) => {
                self.view.problem = Some(problem.to_owned());
                return false;
            }
        };
        self.view.problem = (!fits).then(|| texts::too_many_patterns(PATTERNS_MAX));
        fits
    }

    pub(super) fn remove(&mut self, id: u64) {
        self.feeds.retain(|(feed, _)| *feed != id);
        self.window.lock().remove(id);
    }

    pub(super) fn pattern_key(&mut self, key: KeyEvent) -> Handled {
        let patterns: Vec<(u64, String)> = {
            let window = self.window.lock();
            window.patterns.iter().map(|p| (p.id, pattern_text(p))).collect()
        };
        let at = self.view.pattern.min(patterns.len().saturating_sub(1));
        let selected = patterns.get(at);
        match (key.code, selected) {
            (KeyCode::Left | KeyCode::Up, _) => self.view.pattern = at.saturating_sub(1),
            (KeyCode::Right | KeyCode::Down, _) => self.view.pattern = at + 1,
            (KeyCode::Char('a'), _) => self.view.mode = Mode::edit("", None),
            (KeyCode::Char(' '), Some((id, _))) => {
                self.window.lock().toggle(*id);
                self.view.held = None;
            }
            (KeyCode::Enter | KeyCode::Char('e'), Some((id, text))) => {
                self.view.mode = Mode::edit(text, Some(*id));
            }
            (KeyCode::Delete | KeyCode::Backspace | KeyCode::Char('x'), Some((id, _))) => self.remove(*id),
            (KeyCode::Esc | KeyCode::Char('p'), _) => self.view.mode = Mode::List,
            _ => return Handled::No,
        }
        Handled::Yes
    }

    pub(super) fn edit_key(&mut self, key: KeyEvent) -> Handled {
        let Mode::Edit { field, replaces } = &mut self.view.mode else {
            return Handled::No;
        };
        match key.code {
            KeyCode::Esc => {
                self.view.mode = Mode::List;
                self.view.problem = None;
            }
            KeyCode::Enter => {
                let (text, replaces) = (field.content(), *replaces);
                // The old one goes first, so that the last free place is enough.
                if let Some(id) =
                    replaces.filter(|_| parse_pattern(text.trim().trim_start_matches(IGNORES)).is_ok())
                {
                    self.remove(id);
                }
                if self.add(&text) {
                    self.view.mode = Mode::List;
                    self.view.held = None;
                }
            }
            _ if field.on_key(key) => {}
            _ => return Handled::No,
        }
        Handled::Yes
    }
}

/// Reads `subject` or `subject queue`, as in NATS' own SUB. The error is for the screen.
pub fn parse_pattern(text: &str) -> Result<(String, Option<String>), &'static str> {
    let mut words = text.split_whitespace();
    let (Some(pattern), queue, None) = (words.next(), words.next(), words.next()) else {
        return Err(texts::write_subject());
    };
    if !subject::is_valid_pattern(pattern.as_bytes()) {
        return Err(texts::bad_pattern());
    }
    Ok((pattern.to_owned(), queue.map(str::to_owned)))
}

pub(super) fn pattern_text(pattern: &window::Pattern) -> String {
    match &pattern.queue {
        _ if pattern.ignores => format!("{IGNORES}{}", pattern.subject),
        Some(queue) => format!("{} {queue}", pattern.subject),
        None => pattern.subject.clone(),
    }
}
