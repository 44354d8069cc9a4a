//! Leads keys, pasted text and the mouse to what has the focus.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseEvent, MouseEventKind};
use ratatui::layout::Position;

use super::commands::{self, Do};
use super::{Body, For, Inspector, Over, TABS, Tab, texts};
use crate::client::payload;
use crate::tui::app::Effect;
use crate::tui::completion::Completer;
use crate::tui::keymap::{self, Action};
use crate::tui::layouts;
use crate::tui::markings;
use crate::tui::overlay::{self, Help};
use crate::tui::palette::{Outcome, Palette};
use crate::tui::panes::{Handled, KeyHelp};
use crate::tui::texts as app_texts;
use crate::tui::written::{self, Written};

impl Inspector {
    pub(super) fn on_key(&mut self, key: KeyEvent) -> Option<Effect> {
        self.message = None;
        if let Some(over) = self.over.take() {
            return self.key_over(over, key);
        }
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            // While changes are allowed a pane may mean something else by it.
            KeyCode::Char('r') if control => {
                if !self.setup.access.may_write() || self.pane_key(key) == Handled::No {
                    self.toggle_writes();
                } else {
                    return self.grant();
                }
            }
            // No pane has a use for it, so that it is there while text is written, too.
            KeyCode::Char('p') if control => self.open_palette(),
            KeyCode::Char('b') if control => self.open_beside_list(),
            // A text field deletes a word by it.
            KeyCode::Char('w') if control && !self.takes_text() => self.close_beside(),
            KeyCode::Char('l') if control => return Some(Effect::Redraw),
            KeyCode::Char('c') if control => return self.interrupt(),
            _ => match keymap::global(key) {
                Some(action) => return self.act(action),
                None => return self.key_to_pane(key),
            },
        }
        None
    }

    /// What the function keys and their kin mean here; what belongs to a deck means nothing.
    fn act(&mut self, action: Action) -> Option<Effect> {
        let tabs = self.tabs.len();
        match action {
            Action::Help => self.help(),
            Action::Pane(kind) => self.show_kind(kind),
            Action::FocusNext => self.step(true, (self.at + 1) % tabs),
            Action::FocusPrevious => self.step(false, (self.at + tabs - 1) % tabs),
            Action::Suspend => return Some(Effect::Suspend),
            Action::Panic => panic!("F12 was pressed"),
            _ => {}
        }
        None
    }

    /// To the next pane of this tab, or to the tab beside.
    fn step(&mut self, on: bool, tab: usize) {
        match &mut self.tabs[self.at].body {
            Body::Several(host) if !host.is_at_end(on) => host.cycle(on),
            _ => {
                self.show_tab(tab);
                if let Body::Several(host) = &mut self.tabs[self.at].body {
                    host.focus_end(!on);
                }
            }
        }
    }

    /// True while letters are text.
    pub(super) fn takes_text(&self) -> bool {
        match &self.tabs[self.at].body {
            Body::Live(pane) => pane.takes_text(),
            Body::Several(host) => host.takes_text(),
            Body::Output(_) | Body::Closed => false,
        }
    }

    fn pane_key(&mut self, key: KeyEvent) -> Handled {
        match &mut self.tabs[self.at].body {
            Body::Several(host) if key.code == KeyCode::Esc && !host.wants_escape() => Handled::No,
            Body::Several(host) => host.on_key(key),
            Body::Live(pane) if key.code == KeyCode::Esc && !pane.wants_escape() => Handled::No,
            Body::Live(pane) => pane.on_key(key),
            Body::Output(pane) => pane.on_key(key),
            Body::Closed => Handled::No,
        }
    }

    fn key_to_pane(&mut self, key: KeyEvent) -> Option<Effect> {
        if self.pane_key(key) == Handled::Yes {
            return self.grant();
        }
        match key.code {
            KeyCode::Char('?') => self.help(),
            KeyCode::Char(':') => self.open_palette(),
            KeyCode::Char('q') => return Some(Effect::Quit(0)),
            KeyCode::Char('x') if matches!(self.tabs[self.at].body, Body::Output(_)) => {
                self.tabs.remove(self.at);
                self.show_tab(self.at.saturating_sub(1));
            }
            _ => {}
        }
        None
    }

    /// Stops the line that runs on this tab; without one, leaves.
    fn interrupt(&mut self) -> Option<Effect> {
        match &self.tabs[self.at].body {
            Body::Output(pane) if pane.job().is_running() => {
                pane.job().cancel();
                None
            }
            _ => Some(Effect::Quit(0)),
        }
    }

    fn key_over(&mut self, over: Over, key: KeyEvent) -> Option<Effect> {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        if key.code == KeyCode::Esc || (control && key.code == KeyCode::Char('c')) {
            return None;
        }
        match over {
            Over::Help(mut help) => {
                if help.on_key(key) {
                    self.over = Some(Over::Help(help));
                }
            }
            Over::Palette(mut palette) => match palette.on_key(key) {
                Outcome::Open => self.over = Some(Over::Palette(palette)),
                Outcome::Chosen(choice) => return self.choose(choice),
                Outcome::Line(line) => self.run_line(&line),
                Outcome::Unknown(text) => self.obey(&text),
            },
            Over::Writes => match overlay::answer(key.code) {
                Some(true) => {
                    self.setup.access.allow(true);
                    self.say(texts::writes_allowed());
                }
                Some(false) => {}
                None => self.over = Some(Over::Writes),
            },
        }
        None
    }

    /// What was written on the palette that is neither an entry nor a line.
    fn obey(&mut self, text: &str) {
        match written::read(text) {
            Some(Written::Clock(by)) => self.turn_clock(by),
            Some(Written::Layout(command)) => self.keep_layout(command),
            Some(Written::Marking(command)) => match markings::obey(command, &self.setup.keep) {
                Ok(said) => self.say(said),
                Err(why) => self.complain(why),
            },
            None => self.complain(texts::unknown(text)),
        }
    }

    fn choose(&mut self, choice: Do) -> Option<Effect> {
        match choice {
            Do::Tab(kind) => self.show_kind(kind),
            Do::Beside(kind) => self.put_beside(kind),
            Do::CloseBeside => self.close_beside(),
            Do::Layout(name) => self.show_layout(&name),
            Do::ForgetLayout(name) => self.keep_layout(layouts::Command::Forget(name)),
            Do::Reopen => {
                if self.tabs[self.at].is_for != For::Line {
                    self.tabs[self.at].body = Body::Closed;
                    self.open_tab();
                }
            }
            Do::Writes => self.toggle_writes(),
            Do::Clock(by) => self.turn_clock(by),
            Do::Key(key) => {
                self.pane_key(key);
                return self.grant();
            }
            Do::Mouse => {
                self.mouse = !self.mouse;
                self.say(if self.mouse {
                    app_texts::mouse_on()
                } else {
                    app_texts::mouse_off()
                });
                return Some(Effect::Mouse(self.mouse));
            }
            Do::Help => self.help(),
            Do::Redraw => return Some(Effect::Redraw),
            Do::Suspend => return Some(Effect::Suspend),
            Do::Context(name) => self.switch(&name),
            Do::Theme(name) => self.set_theme(name),
            Do::Quit => return Some(Effect::Quit(0)),
        }
        None
    }

    /// Allowing changes asks first; forbidding them does not.
    fn toggle_writes(&mut self) {
        match self.setup.access.may_write() {
            true => {
                self.setup.access.allow(false);
                self.say(texts::writes_forbidden());
            }
            false => self.over = Some(Over::Writes),
        }
    }

    fn help(&mut self) {
        let title = self.title();
        let help = Help::of_tab(&title, &self.pane_keys(), &commands::everywhere());
        self.over = Some(Over::Help(help));
    }

    fn open_palette(&mut self) {
        let layouts = self.setup.keep.layouts().into_iter().map(|(name, _)| name);
        let layouts: Vec<String> = layouts.collect();
        let entries = commands::entries(TABS, &layouts, &self.setup.contexts, &self.pane_keys());
        let completer = Completer::new(self.setup.grammar, self.context.as_ref(), &self.setup.contexts);
        let palette = Palette::of(entries)
            .hint(texts::palette_hint())
            .completing(completer);
        self.over = Some(Over::Palette(Box::new(palette)));
    }

    /// The palette with nothing but what can be put beside.
    fn open_beside_list(&mut self) {
        let palette = Palette::of(commands::beside(TABS).collect()).hint(texts::beside_ask());
        self.over = Some(Over::Palette(Box::new(palette)));
    }

    /// The keys of the pane that is shown, the most useful first.
    pub(super) fn pane_keys(&self) -> Vec<KeyHelp> {
        match &self.tabs[self.at].body {
            Body::Live(pane) => pane.keys(),
            Body::Several(host) => host.keys(),
            Body::Output(pane) => pane.keys(),
            Body::Closed => Vec::new(),
        }
    }

    /// The title of what is shown.
    pub(super) fn title(&self) -> String {
        let tab = &self.tabs[self.at];
        match &tab.body {
            Body::Live(pane) => pane.title(),
            Body::Several(host) => host.title().unwrap_or_default(),
            Body::Output(pane) => pane.title(),
            Body::Closed => self.name(tab),
        }
    }

    /// What a tab is called.
    pub(super) fn name(&self, tab: &Tab) -> String {
        match (&tab.is_for, &tab.body) {
            (For::Pane(kind), _) => kind.name().to_owned(),
            (For::Layout(name, _), _) => payload::neutralise(name).into_owned(),
            (For::Line, Body::Output(pane)) => pane.title(),
            (For::Line, _) => String::new(),
        }
    }

    pub(super) fn on_paste(&mut self, text: &str) {
        match &mut self.over {
            Some(Over::Palette(palette)) => palette.on_paste(text),
            Some(_) => {}
            None => match &mut self.tabs[self.at].body {
                Body::Live(pane) => pane.on_paste(text),
                Body::Several(host) => host.on_paste(text),
                Body::Output(_) | Body::Closed => {}
            },
        }
    }

    pub(super) fn on_mouse(&mut self, mouse: MouseEvent) {
        if self.over.is_some() {
            return;
        }
        let at = Position::new(mouse.column, mouse.row);
        let name = self.names.iter().find(|(area, _)| area.contains(at));
        if let (Some((_, index)), MouseEventKind::Down(_)) = (name, mouse.kind) {
            return self.show_tab(*index);
        }
        if !self.inside.contains(at) {
            return;
        }
        let inside = self.inside;
        match &mut self.tabs[self.at].body {
            Body::Live(pane) => {
                pane.on_mouse(mouse, inside);
            }
            Body::Several(host) => {
                host.on_mouse(mouse, matches!(mouse.kind, MouseEventKind::Down(_)));
            }
            Body::Output(pane) => {
                pane.on_mouse(mouse);
            }
            Body::Closed => {}
        }
    }
}
