//! Leads keys, pasted text and the mouse to what has the focus.

use std::rc::Rc;

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseEvent, MouseEventKind};

use super::{App, Effect};
use crate::deck::{self, Deck, Pattern};
use crate::runner::{Job, Screen};
use crate::tui::edits::Edited;
use crate::tui::host::Window;
use crate::tui::keymap::{self, Action};
use crate::tui::markings;
use crate::tui::overlay::{self, Overlay};
use crate::tui::overview;
use crate::tui::palette::{Choice, Outcome};
use crate::tui::panes::Handled;
use crate::tui::written::{self, Written};
use crate::tui::{texts, typed};

/// Rows that a turn of the wheel goes.
const WHEEL_ROWS: isize = 3;

impl App {
    pub(super) fn on_key(&mut self, key: KeyEvent) -> Option<Effect> {
        self.message = None;
        if let Some(overlay) = self.overlay.take() {
            return self.key_over(overlay, key);
        }
        if self.host.slide_has_focus() && self.type_to_block(key) {
            return None;
        }
        if self.host.slide_has_focus() {
            if self.slides.has_laser() && self.key_to_laser(key) {
                return None;
            }
            self.keys.set_has_hits(self.slides.has_hits());
            let action = self.keys.read(key)?;
            return self.act(action);
        }
        self.key_to_window(key)
    }

    /// While a block on a terminal of its own is typed to, every key is its own but the one that leads back.
    fn type_to_block(&mut self, key: KeyEvent) -> bool {
        let Some(job) = self.typed_to() else {
            self.typing = None;
            return false;
        };
        if key.code == KeyCode::Char('g') && key.modifiers == KeyModifiers::CONTROL {
            self.typing = None;
            return true;
        }
        let mut view = job.view();
        let screen = view.screen.as_ref();
        let has_application_arrows = screen.is_some_and(Screen::wants_application_arrows);
        if let Some(bytes) = typed::bytes(key, has_application_arrows) {
            view.type_keys(bytes);
        }
        true
    }

    /// The job that keys go to.
    fn typed_to(&self) -> Option<Rc<Job>> {
        let id = self.typing.filter(|id| id.slide == self.slides.page())?;
        let entry = self.jobs.get(id).filter(|entry| entry.job.is_running())?;
        Some(Rc::clone(&entry.job))
    }

    /// Whether keys go to a block.
    pub(super) fn is_typing(&self) -> bool {
        self.host.slide_has_focus() && self.typed_to().is_some()
    }

    /// While a line is pointed at, the arrows move along the lines, and Esc ends it.
    fn key_to_laser(&mut self, key: KeyEvent) -> bool {
        match key.code {
            KeyCode::Down if key.modifiers.is_empty() => self.slides.move_laser(1),
            KeyCode::Up if key.modifiers.is_empty() => self.slides.move_laser(-1),
            KeyCode::Esc => self.slides.toggle_laser(),
            _ => return false,
        }
        true
    }

    fn key_to_window(&mut self, key: KeyEvent) -> Option<Effect> {
        if let Some(action) = keymap::global(key) {
            return self.act(action);
        }
        if key.code == KeyCode::Esc && !self.host.wants_escape() {
            return self.act(Action::FocusDeck);
        }
        // No pane has a use for it, so that it is there while text is written, too.
        if key.code == KeyCode::Char('p') && key.modifiers == KeyModifiers::CONTROL {
            return self.act(Action::Palette);
        }
        if self.host.on_key(key) == Handled::Yes {
            return None;
        }
        match key.code {
            KeyCode::Char('?') => self.act(Action::Help),
            KeyCode::Char(':') => self.act(Action::Palette),
            KeyCode::Char('q') if self.host.is_filling() => Some(Effect::Quit(0)),
            KeyCode::Char('x') if matches!(self.host.focused(), Some(Window::Output(_))) => {
                self.close_window();
                None
            }
            _ => None,
        }
    }

    /// The overlay was taken out; it goes back unless the key closes it.
    fn key_over(&mut self, overlay: Overlay, key: KeyEvent) -> Option<Effect> {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        let closes = key.code == KeyCode::Esc || (control && key.code == KeyCode::Char('c'));
        if control && key.code == KeyCode::Char('z') {
            self.overlay = Some(overlay);
            return Some(Effect::Suspend);
        }
        match overlay {
            // Any key brings the slide back; a clicker sends the same one again.
            Overlay::Black => None,
            Overlay::Edit(mut editor) => {
                match editor.on_key(key) {
                    Edited::Open => self.overlay = Some(Overlay::Edit(editor)),
                    Edited::Done(text, runs) => self.take_edited(editor.id, text, runs),
                }
                None
            }
            _ if closes => None,
            Overlay::Help(mut help) => {
                if help.on_key(key) {
                    self.overlay = Some(Overlay::Help(help));
                }
                None
            }
            Overlay::Overview(mut overview) => {
                match overview.on_key(key, self.slides.deck()) {
                    overview::Outcome::Open => self.overlay = Some(Overlay::Overview(overview)),
                    overview::Outcome::Chosen(page) => self.slides.go_to(page),
                    overview::Outcome::Nothing => self.say(texts::no_title_fits()),
                }
                None
            }
            Overlay::Search(field) if key.code == KeyCode::Enter => {
                self.search(&field.content());
                None
            }
            Overlay::Search(mut field) => {
                field.on_key(key);
                self.overlay = Some(Overlay::Search(field));
                None
            }
            Overlay::Palette(mut palette) => {
                match palette.on_key(key) {
                    Outcome::Open => self.overlay = Some(Overlay::Palette(palette)),
                    Outcome::Chosen(choice) => return self.choose(choice),
                    Outcome::Line(line) => self.run_line(&line),
                    Outcome::Unknown(text) => self.obey(&text),
                }
                None
            }
            Overlay::Trust(blocks) => {
                match overlay::answer(key.code) {
                    Some(true) => self.trust_and_run(blocks),
                    Some(false) => {}
                    None => self.overlay = Some(Overlay::Trust(blocks)),
                }
                None
            }
        }
    }

    /// Does what was chosen on the palette.
    fn choose(&mut self, choice: Choice) -> Option<Effect> {
        match choice {
            Choice::Action(action) => return self.act(action),
            Choice::Slide(page) => {
                if self.may_steer() {
                    self.slides.go_to(page);
                }
            }
            Choice::Clock(by) => self.turn_clock(by),
            Choice::Key(key) => drop(self.host.on_key(key)),
            Choice::Layout(places) => self.lay_out(&places),
            Choice::Mouse => {
                self.mouse_off = !self.mouse_off;
                self.say(if self.mouse_off {
                    texts::mouse_off()
                } else {
                    texts::mouse_on()
                });
                return Some(Effect::Mouse(!self.mouse_off));
            }
        }
        None
    }

    /// What was written on the palette that is neither an entry nor a line.
    fn obey(&mut self, text: &str) {
        match written::read(text) {
            Some(Written::Clock(by)) => self.turn_clock(by),
            Some(Written::Layout(command)) => self.keep_layout(command),
            Some(Written::Marking(command)) => {
                let Some(context) = &self.context else {
                    return self.say(texts::waiting_for_server());
                };
                match markings::obey(command, &context.keep) {
                    Ok(said) => self.say(said),
                    Err(why) => self.complain(why),
                }
            }
            None => self.complain(texts::unknown_command(text)),
        }
    }

    /// As in `slides`: nothing typed does nothing, and the slide shown is never a hit.
    fn search(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        match Pattern::new(text) {
            Ok(pattern) => {
                self.pattern = Some(pattern);
                self.search_on(deck::search);
            }
            Err(error) => {
                let reason = error.to_string();
                let last = reason.lines().last().unwrap_or_default();
                self.complain(texts::bad_pattern(last));
            }
        }
    }

    /// To the next hit in a direction.
    pub(super) fn search_on(&mut self, search: fn(&Deck, usize, &Pattern) -> Option<usize>) {
        let Some(pattern) = &self.pattern else {
            self.say(texts::no_search_yet());
            return;
        };
        let pattern = pattern.clone();
        let Some(page) = search(self.slides.deck(), self.slides.page(), &pattern) else {
            self.say(texts::no_match());
            return;
        };
        self.slides.go_to(page);
        let hits = deck::hits(self.slides.deck(), &pattern);
        let nth = hits.iter().position(|hit| *hit == page).map_or(0, |at| at + 1);
        self.say(texts::hit(nth, hits.len()));
        self.slides.show_hits(Some(pattern));
    }

    pub(super) fn on_paste(&mut self, text: &str) {
        let typed_to = self.typed_to().filter(|_| self.host.slide_has_focus());
        match &mut self.overlay {
            Some(Overlay::Palette(palette)) => palette.on_paste(text),
            Some(Overlay::Search(field)) => field.on_paste(text),
            Some(Overlay::Edit(editor)) => editor.on_paste(text),
            Some(Overlay::Overview(overview)) => overview.on_paste(text),
            Some(_) => {}
            None => match typed_to {
                Some(job) => job.view().type_keys(text.into()),
                None => self.host.on_paste(text),
            },
        }
    }

    pub(super) fn on_mouse(&mut self, mouse: MouseEvent) {
        if self.overlay.is_some() {
            return;
        }
        let is_click = matches!(mouse.kind, MouseEventKind::Down(_));
        if self.host.on_mouse(mouse, is_click) {
            return;
        }
        match mouse.kind {
            MouseEventKind::ScrollDown => self.slides.scroll_rows(WHEEL_ROWS),
            MouseEventKind::ScrollUp => self.slides.scroll_rows(-WHEEL_ROWS),
            MouseEventKind::Drag(_) => self.slides.point_at(mouse.row),
            _ if is_click => self.host.focus_slide(),
            _ => {}
        }
    }
}
