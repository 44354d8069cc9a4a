//! The keys of a bucket on the screen: levels that open and close, and a value that is set back to what it was.

use ratatui::crossterm::event::KeyCode;

use super::model::{Bucket, Entry, Operation};
use super::watch::Write;
use super::{KeyValuePane, View, texts};
use crate::tui::panes::Handled;
use crate::tui::panes::key_tree::Row;

impl KeyValuePane {
    /// What the selected row of the tree is, where one is shown: its path, and whether it is a key, has keys below and
    /// shows them.
    pub(super) fn selected_level(&self) -> Option<(String, bool, bool, bool)> {
        let state = self.state.lock();
        let open = state.open.as_ref().filter(|_| state.shows_keys())?;
        let row = self.view.selected_row(open)?;
        Some((
            row.path.to_owned(),
            row.item.is_some(),
            row.below > 0,
            row.is_open,
        ))
    }

    /// To the right opens a level, and goes to the first key below one that is open; on a key it shows the history.
    pub(super) fn go_in(&mut self) -> Handled {
        match self.selected_level() {
            Some((path, _, true, false)) => {
                self.view.shape.toggle(&path);
                Handled::Yes
            }
            Some((_, _, true, true)) => self.move_selection(KeyCode::Down.into()),
            _ => self.enter(),
        }
    }

    /// To the left closes a level; elsewhere it goes to the level that the row belongs to.
    pub(super) fn go_out(&mut self) {
        let Some((path, _, has_below, is_open)) = self.selected_level() else {
            return;
        };
        if has_below && is_open {
            return self.view.shape.toggle(&path);
        }
        let state = self.state.lock();
        let Some(open) = &state.open else { return };
        let rows = self.view.rows(open);
        let Some(at) = self.view.keys.index(rows.len()) else {
            return;
        };
        let above = rows[..at].iter().rposition(|row| row.depth < rows[at].depth);
        if let Some(above) = above {
            self.view.keys.set(above);
        }
    }

    /// Closes every level, or opens all where one is closed.
    pub(super) fn fold_all(&mut self) {
        if !self.view.shape.closed.is_empty() {
            return self.view.shape.closed.clear();
        }
        let state = self.state.lock();
        if let Some(open) = &state.open {
            let levels = self.view.rows(open).into_iter().filter(|row| row.below > 0);
            let paths: Vec<String> = levels.map(|row| row.path.to_owned()).collect();
            self.view.shape.closed.extend(paths);
        }
    }

    /// From the tree to the flat list, or back; the selected key stays selected.
    pub(super) fn change_shape(&mut self) {
        let key = self.selected_key();
        self.view.shape.is_flat = !self.view.shape.is_flat;
        let state = self.state.lock();
        if let (Some(key), Some(open)) = (key, &state.open) {
            let at = self.view.rows(open).iter().position(|row| row.path == key);
            self.view.keys.set(at.unwrap_or(0));
        }
    }

    /// The selected revision becomes the value again, unless somebody changes the key meanwhile.
    pub(super) fn revert(&mut self) {
        if let Err(forbidden) = self.context.access.check() {
            self.view.problem = Some(forbidden.to_string());
            return;
        }
        let write = {
            let state = self.state.lock();
            let Some((key, revisions)) = &state.history else {
                return;
            };
            let Some(at) = self.view.revisions.index(revisions.len()) else {
                return;
            };
            let (Some(newest), chosen) = (revisions.last(), &revisions[at]) else {
                return;
            };
            let value = match std::str::from_utf8(&chosen.value) {
                Ok(value) if chosen.operation == Operation::Put && at + 1 < revisions.len() => {
                    value.to_owned()
                }
                Ok(_) => {
                    drop(state);
                    self.view.problem = Some(texts::nothing_to_revert().to_owned());
                    return;
                }
                Err(_) => {
                    drop(state);
                    self.view.problem = Some(texts::no_text().to_owned());
                    return;
                }
            };
            match newest.operation {
                Operation::Put => Write::Update {
                    key: key.clone(),
                    value,
                    revision: newest.revision,
                },
                Operation::Delete | Operation::Purge => Write::Create {
                    key: key.clone(),
                    value,
                },
            }
        };
        self.state.lock().history = None;
        self.spawn_write(write);
    }
}

impl View {
    /// The keys of a bucket as they are shown.
    pub(super) fn rows<'a>(&self, bucket: &'a Bucket) -> Vec<Row<'a, &'a Entry>> {
        let keys = bucket.rows(self.shows_deleted).into_iter();
        let mut keys: Vec<(&str, &Entry)> = keys.map(|(key, entry)| (key.as_str(), entry)).collect();
        self.shape.rows(&mut keys)
    }

    pub(super) fn selected_row<'a>(&self, bucket: &'a Bucket) -> Option<Row<'a, &'a Entry>> {
        let mut rows = self.rows(bucket);
        let index = self.keys.index(rows.len())?;
        Some(rows.swap_remove(index))
    }
}
