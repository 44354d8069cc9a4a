//! What can be asked for in words: a filter, a search, a file to save to or to play; and what is done with the
//! chosen message.

use std::path::PathBuf;
use std::sync::Arc;

use ratatui::crossterm::event::{KeyCode, KeyEvent};

use super::look::Looking;
use super::window::Entry;
use super::{Mode, SubscribePane, file, look, texts};
use crate::client::filter::Filter;
use crate::tui::panes::{Handled, Wish};
use crate::tui::widgets::field::Field;
use crate::tui::widgets::number;

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asks {
    /// What to show.
    Filter,
    /// What to look for.
    Search,
    /// Where to save.
    Save,
    /// What to play.
    Replay,
}

impl Asks {
    /// The name of the field.
    pub fn label(self) -> &'static str {
        match self {
            Asks::Filter => texts::filter(),
            Asks::Search => texts::search(),
            Asks::Save => texts::save(),
            Asks::Replay => texts::replay(),
        }
    }

    /// What an empty field says.
    fn hint(self) -> &'static str {
        match self {
            Asks::Filter | Asks::Search => texts::filter_hint(),
            Asks::Save => texts::save_hint(),
            Asks::Replay => texts::replay_hint(),
        }
    }
}

impl SubscribePane {
    /// The payload to the clipboard; of a tree the path where one is, of bytes those that are marked.
    pub(super) fn copy(&mut self) {
        let path = self
            .view
            .look
            .path()
            .filter(|_| matches!(self.view.mode, Mode::Zoom));
        let is_whole = matches!(self.view.mode, Mode::Zoom);
        let text = match path {
            Some(path) => Some(path.to_owned()),
            None => self.chosen().map(|entry| {
                let marked = self.view.look.marked(&entry.payload, &entry.headers);
                let all = || String::from_utf8_lossy(&entry.payload).into_owned();
                marked.filter(|_| is_whole).unwrap_or_else(all)
            }),
        };
        self.wish = text.map(Wish::Copy);
    }

    pub(super) fn resend(&mut self) {
        let Some(entry) = self.chosen() else { return };
        match look::draft(&entry) {
            Some(draft) => self.wish = Some(Wish::Publish(draft)),
            None => self.view.problem = Some(texts::no_text().to_owned()),
        }
    }

    pub(super) fn ask(&mut self, what: Asks) {
        let now = match what {
            Asks::Filter => self.view.filter.as_ref().map_or("", Filter::text).to_owned(),
            Asks::Search => String::new(),
            Asks::Save => {
                let zone = self.view.zone.clone();
                let now = jiff::Timestamp::now().to_zoned_datetime(zone);
                now.strftime("meldinger-%Y%m%d-%H%M%S.ndjson").to_string()
            }
            Asks::Replay => String::new(),
        };
        let field = Field::line(&now).placeholder(what.hint());
        self.view.mode = Mode::Ask {
            what,
            field: Box::new(field),
        };
    }

    pub(super) fn ask_key(&mut self, key: KeyEvent) -> Handled {
        let Mode::Ask { what, field } = &mut self.view.mode else {
            return Handled::No;
        };
        match key.code {
            KeyCode::Esc => self.view.mode = Mode::List,
            KeyCode::Enter => {
                let (what, text) = (*what, field.content());
                match self.do_asked(what, text.trim()) {
                    Ok(()) => self.view.mode = Mode::List,
                    Err(problem) => self.view.problem = Some(problem),
                }
            }
            _ => return Handled::from(field.on_key(key)),
        }
        Handled::Yes
    }

    fn do_asked(&mut self, what: Asks, text: &str) -> Result<(), String> {
        let read = |text: &str| Filter::parse(text).map_err(|error| texts::no_filter(&error.to_string()));
        self.view.problem = None;
        match what {
            Asks::Filter => {
                self.view.filter = match text.is_empty() {
                    true => None,
                    false => Some(read(text)?),
                };
                self.view.held = None;
            }
            Asks::Search => {
                if !text.is_empty() {
                    self.view.search = Some(read(text)?);
                }
                self.search(false);
            }
            Asks::Save => {
                self.hold();
                if let Some(held) = &self.view.held {
                    let (older, entries) = (held.older.clone(), held.entries.clone());
                    self.save(text.into(), older, entries);
                }
            }
            Asks::Replay => {
                self.context.access.check().map_err(|error| error.to_string())?;
                let (path, speed) = file::read_order(text).ok_or(texts::replay_hint())?;
                let replay = file::replay(self.context.clone(), path.to_owned(), speed, self.notice.clone());
                self.work = Some(self.context.spawn(replay));
            }
        }
        Ok(())
    }

    /// To the next hit; the view is held meanwhile.
    pub(super) fn search(&mut self, on: bool) {
        let Some(search) = self.view.search.clone() else {
            self.view.problem = Some(texts::no_search().to_owned());
            return;
        };
        // The newest message may itself be a hit, so from the end the search goes over it.
        let is_fresh = self.view.held.is_none();
        self.hold();
        if let Some(held) = &mut self.view.held {
            let at = held.selection.index(held.entries.len()).unwrap_or(0);
            let from = if is_fresh && !on { at + 1 } else { at };
            self.view.looking = Some(Looking::begin(search, from, on));
            self.look_on();
        }
    }

    /// Writes to a file on a thread that may wait for the disk.
    fn save(&mut self, path: PathBuf, older: Vec<Arc<Entry>>, newer: Vec<Arc<Entry>>) {
        let (notice, waker) = (self.notice.clone(), self.context.waker.clone());
        let filter = self.view.filter.clone();
        self.context.runtime.spawn_blocking(move || {
            let mut entries = look::filtered(older.into_iter(), filter.as_ref());
            entries.extend(newer);
            let shown = path.display().to_string();
            *notice.lock() = Some(match file::save(&path, &entries) {
                Ok(()) => (texts::saved(&number::count(entries.len() as u64), &shown), false),
                Err(error) => (texts::not_saved(&shown, &error.to_string()), true),
            });
            waker.wake();
        });
    }
}
