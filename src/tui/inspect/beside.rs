//! Several panes on one tab, and layouts: the panes of a tab saved by a name.

use super::{Body, For, Inspector, Tab, texts};
use crate::tui::host::{Host, Window};
use crate::tui::layouts::{self, Command, PANES_MAX};
use crate::tui::panes::{Pane, PaneKind};
use crate::tui::texts as app_texts;

/// Panes side by side, the first with the focus.
pub(super) fn host(kinds: &[PaneKind], open: impl Fn(PaneKind) -> Box<dyn Pane>) -> Host {
    let window = |kind: &PaneKind| Window::Live(layouts::listening(open(*kind)));
    Host::alone(kinds.iter().map(window).collect())
}

impl Inspector {
    /// The kinds of the panes on the tab that is shown.
    fn kinds(&self) -> Vec<PaneKind> {
        match &self.tabs[self.at].is_for {
            For::Pane(kind) => vec![*kind],
            For::Layout(_, kinds) => kinds.clone(),
            For::Line => Vec::new(),
        }
    }

    /// Puts a pane beside those of the tab that is shown; beside one that has its tab to itself, on a new tab.
    pub(super) fn put_beside(&mut self, kind: PaneKind) {
        let mut kinds = self.kinds();
        if kinds.contains(&kind) {
            return self.say(texts::there_already(kind.name()));
        }
        if kinds.len() == PANES_MAX {
            return self.complain(texts::too_many_panes(PANES_MAX));
        }
        kinds.push(kind);
        let is_layout = matches!(self.tabs[self.at].is_for, For::Layout(..));
        if let (true, Some(context)) = (is_layout, &self.context) {
            let pane = layouts::listening((self.setup.open_pane)(kind, context));
            let tab = &mut self.tabs[self.at];
            if let Body::Several(host) = &mut tab.body {
                host.open(Window::Live(pane));
            }
            // What was put together anew is no longer what was saved.
            tab.is_for = For::Layout(unnamed(&kinds), kinds);
        } else {
            self.open_layout(unnamed(&kinds), kinds);
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
        let kinds = host.kinds();
        match kinds.as_slice() {
            [] | [_] => {
                self.tabs.remove(self.at);
                match kinds.first() {
                    Some(kind) => self.show_kind(*kind),
                    None => self.show_tab(self.at.saturating_sub(1)),
                }
            }
            _ => tab.is_for = For::Layout(unnamed(&kinds), kinds),
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
        let kinds = layouts::panes(words);
        match kinds.as_slice() {
            [] => self.complain(texts::unreadable_layout(name, &words.join(" "))),
            [one] => self.show_kind(*one),
            _ => self.open_layout(name.to_owned(), kinds),
        }
    }

    fn open_layout(&mut self, name: String, kinds: Vec<PaneKind>) {
        let is_it =
            |tab: &Tab| matches!(&tab.is_for, For::Layout(own, panes) if *own == name && *panes == kinds);
        let index = self.tabs.iter().position(is_it).unwrap_or_else(|| {
            self.tabs.push(Tab {
                is_for: For::Layout(name, kinds),
                body: Body::Closed,
            });
            self.tabs.len() - 1
        });
        self.show_tab(index);
    }

    /// Saves the panes of the tab that is shown by a name, or forgets a layout.
    pub(super) fn keep_layout(&mut self, command: Command) {
        let kinds = self.kinds();
        let (kept, said) = match command {
            Command::Save(_) if kinds.is_empty() => return self.complain(app_texts::layout_empty()),
            Command::Save(name) => {
                let kept = self.setup.keep.set_layout(&name, Some(layouts::words(&kinds)));
                let said = texts::layout_saved(&name);
                if let For::Layout(own, _) = &mut self.tabs[self.at].is_for {
                    own.clone_from(&name);
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
fn unnamed(kinds: &[PaneKind]) -> String {
    let names: Vec<&str> = kinds.iter().map(|kind| kind.name()).collect();
    names.join(" + ")
}
