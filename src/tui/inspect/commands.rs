//! What can be done in the inspector, as data: the help shows it, the palette runs it.

use std::time::Duration;

use ratatui::crossterm::event::KeyEvent;

use super::texts;
use crate::tui::clock;
use crate::tui::commands::{Command, key};
use crate::tui::keymap;
use crate::tui::palette::Entry;
use crate::tui::panes::{KeyHelp, PaneKind};
use crate::tui::texts as app_texts;
use crate::tui::theme;

/// What an entry of the palette does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Do {
    /// Shows this tab.
    Tab(PaneKind),
    /// Puts this pane beside those of the tab.
    Beside(PaneKind),
    /// Closes the pane with the focus, where there are several.
    CloseBeside,
    /// Shows a layout that was saved.
    Layout(String),
    /// Forgets it.
    ForgetLayout(String),
    /// Closes the pane of the tab and opens it anew.
    Reopen,
    /// Allows or forbids changes.
    Writes,
    /// Turns JetStream's clock forward by so much.
    Clock(Duration),
    /// Listens to the mouse, or leaves it to the terminal.
    Mouse,
    /// The keys of the tab.
    Help,
    /// A key of the pane that is shown.
    Key(KeyEvent),
    /// Draws everything anew.
    Redraw,
    /// To the shell and back.
    Suspend,
    /// To the server of this context.
    Context(String),
    /// In these colours.
    Theme(&'static str),
    /// Leaves.
    Quit,
}

/// The keys that hold on every tab.
pub fn everywhere() -> Vec<Command> {
    vec![
        key("Tab shift+Tab", texts::next_tab()),
        key("F2 F3 F4 F6 F7 F8", texts::tabs_by_key()),
        key("ctrl+b", texts::beside_key()),
        key("ctrl+w", texts::close_beside()),
        key("ctrl+r", texts::toggle_writes()),
        key(": ctrl+p", texts::palette()),
        key("F1 ?", texts::these_keys()),
        key("ctrl+l", texts::redraw()),
        key("ctrl+z", texts::suspend()),
        key("q ctrl+c", texts::quit()),
    ]
}

/// Everything that can be chosen by name.
pub fn entries(
    tabs: &[PaneKind],
    layouts: &[String],
    contexts: &[String],
    pane: &[KeyHelp],
) -> Vec<Entry<Do>> {
    let entry = |keys: &str, name: String, choice: Do| Entry {
        keys: keys.to_owned(),
        name,
        choice,
    };
    let mut entries: Vec<Entry<Do>> = tabs
        .iter()
        .map(|kind| entry(kind.key(), kind.name().to_owned(), Do::Tab(*kind)))
        .collect();
    entries.extend(pane.iter().filter_map(|(keys, name)| {
        let key = keymap::of_label(keys)?;
        Some(entry(keys, (*name).to_owned(), Do::Key(key)))
    }));
    let layout = |name: &String| entry("", app_texts::layout_entry(name), Do::Layout(name.clone()));
    entries.extend(layouts.iter().map(layout));
    entries.extend(beside(tabs));
    entries.extend([
        entry("ctrl+w", texts::close_beside().to_owned(), Do::CloseBeside),
        entry("", texts::reopen().to_owned(), Do::Reopen),
        entry("ctrl+r", texts::toggle_writes().to_owned(), Do::Writes),
        entry("", texts::toggle_mouse().to_owned(), Do::Mouse),
        entry("F1", texts::these_keys().to_owned(), Do::Help),
        entry("ctrl+l", texts::redraw().to_owned(), Do::Redraw),
        entry("ctrl+z", texts::suspend().to_owned(), Do::Suspend),
    ]);
    entries.extend(
        clock::STEPS
            .iter()
            .map(|by| entry("", clock::entry(*by), Do::Clock(*by))),
    );
    entries.extend(
        contexts
            .iter()
            .map(|name| entry("", texts::context(name), Do::Context(name.clone()))),
    );
    let forget = |name: &String| entry("", texts::forget_layout(name), Do::ForgetLayout(name.clone()));
    entries.extend(layouts.iter().map(forget));
    let themes = theme::NAMES.iter();
    entries.extend(themes.map(|name| entry("", texts::theme(name), Do::Theme(name))));
    entries.push(entry("q", texts::quit().to_owned(), Do::Quit));
    entries
}

/// The panes that can be put beside those of the tab.
pub fn beside(tabs: &[PaneKind]) -> impl Iterator<Item = Entry<Do>> {
    tabs.iter().map(|kind| Entry {
        keys: String::new(),
        name: texts::beside(kind.name()),
        choice: Do::Beside(*kind),
    })
}
