//! Several panes on one tab, and layouts: the panes of a tab saved by a name.

use super::{Body, For, Inspector, Tab, texts};
use crate::tui::host::{Host, Window};
use crate::tui::layouts::{self, Command, PANES_MAX, Place};
use crate::tui::panes::{Pane, PaneKind};
use crate::tui::texts as app_texts;

/// Panes side by side, the first with the focus.
pub(super) fn host(places: &[Place], open: impl Fn(PaneKind) -> Box<dyn Pane>) -> Host {
    let window = |place: &Place| Window::Live(layouts::listening(open(place.kind), &place.arguments));
    Host::alone(places.iter().map(window).collect())
}

impl Inspector {
    /// The panes on the tab that is shown, as they stand.
    fn places(&self) -> Vec<Place> {
        let tab = &self.tabs[self.at];
        match (&tab.is_for, &tab.body) {
            (_, Body::Several(host)) => host.places(),
            (For::Pane(kind), Body::Live(pane)) => vec![Place {
                kind: *kind,
                arguments: pane.arguments(),
            }],
            (For::Pane(kind), _) => vec![Place::of(*kind)],
            (For::Layout(_, places), _) => places.clone(),
            (For::Line, _) => Vec::new(),
        }
    }

    /// Puts a pane beside those of the tab that is shown; beside one that has its tab to itself, on a new tab.
    pub(super) fn put_beside(&mut self, kind: PaneKind) {
        let mut places = self.places();
        if places.iter().any(|place| place.kind == kind) {
            return self.say(texts::there_already(kind.name()));
        }
        if places.len() == PANES_MAX {
            return self.complain(texts::too_many_panes(PANES_MAX));
        }
        places.push(Place::of(kind));
        let is_layout = matches!(self.tabs[self.at].is_for, For::Layout(..));
        if let (true, Some(context)) = (is_layout, &self.context) {
            let pane = layouts::listening((self.setup.open_pane)(kind, context), &[]);
            let tab = &mut self.tabs[self.at];
            if let Body::Several(host) = &mut tab.body {
                host.open(Window::Live(pane));
            }
            // What was put together anew is no longer what was saved.
            tab.is_for = For::Layout(unnamed(&places), places);
        } else {
            self.open_layout(unnamed(&places), places);
        }
        self.say(texts::beside_hint());
    }

    /// Closes the pane with the focus among several; with the last but one the tab goes.
    pub(super) fn close_beside(&mut self) {
        let tab = &mut self.tabs[self.at];
        let Body::Several(host) = &mut tab.body else {
            return self.say(texts::nothing_to_close());
        };
        host.close_focused();
        let places = host.places();
        match places.as_slice() {
            [] | [_] => {
                self.tabs.remove(self.at);
                match places.first() {
                    Some(place) => self.show_kind(place.kind),
                    None => self.show_tab(self.at.saturating_sub(1)),
                }
            }
            _ => tab.is_for = For::Layout(unnamed(&places), places),
        }
    }

    /// Shows the layout that was saved by this name.
    pub(super) fn show_layout(&mut self, name: &str) {
        let saved = self.setup.keep.layouts();
        let Some((_, words)) = saved.iter().find(|(own, _)| own == name) else {
            let names: Vec<&str> = saved.iter().map(|(name, _)| name.as_str()).collect();
            return self.complain(match names.is_empty() {
                true => texts::no_layouts(name),
                false => texts::no_layout(name, &names.join(", ")),
            });
        };
        let places = layouts::places(words);
        match places.as_slice() {
            [] => self.complain(texts::unreadable_layout(name, &words.join(" "))),
            [one] if one.arguments.is_empty() => self.show_kind(one.kind),
            _ => self.open_layout(name.to_owned(), places),
        }
    }

    fn open_layout(&mut self, name: String, places: Vec<Place>) {
        let is_it =
            |tab: &Tab| matches!(&tab.is_for, For::Layout(own, panes) if *own == name && *panes == places);
        let index = self.tabs.iter().position(is_it).unwrap_or_else(|| {
            self.tabs.push(Tab {
                is_for: For::Layout(name, places),
                body: Body::Closed,
            });
            self.tabs.len() - 1
        });
        self.show_tab(index);
    }

    /// Saves the panes of the tab that is shown by a name, or forgets a layout.
    pub(super) fn keep_layout(&mut self, command: Command) {
        let places = self.places();
        let (kept, said) = match command {
            Command::Save(_) if places.is_empty() => return self.complain(app_texts::layout_empty()),
            Command::Save(name) => {
                let kept = self.setup.keep.set_layout(&name, Some(layouts::words(&places)));
                let said = texts::layout_saved(&name);
                if let For::Layout(own, shown) = &mut self.tabs[self.at].is_for {
                    own.clone_from(&name);
                    *shown = places;
                }
                (kept, said)
            }
            Command::Forget(name) => {
                let is_known = self.setup.keep.layouts().iter().any(|(own, _)| *own == name);
                if !is_known {
                    return self.show_layout(&name);
                }
                let kept = self.setup.keep.set_layout(&name, None);
                (kept, app_texts::layout_forgotten(&name))
            }
        };
        match kept {
            Ok(()) => self.say(said),
            Err(error) => self.complain(error.to_string()),
        }
    }
}

/// What panes that nobody has named are called.
fn unnamed(places: &[Place]) -> String {
    let names: Vec<&str> = places.iter().map(|place| place.kind.name()).collect();
    names.join(" + ")
}
