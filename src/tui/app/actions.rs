//! Does what a key means.

use std::sync::Arc;
use std::time::Duration;

use super::{App, Effect};
use crate::deck;
use crate::lab;
use crate::tui::completion::Completer;
use crate::tui::faults::{Turned, slow_client};
use crate::tui::host::Window;
use crate::tui::keymap::Action;
use crate::tui::labs;
use crate::tui::layouts::{self, Place};
use crate::tui::overlay::{Help, Overlay};
use crate::tui::overview::Overview;
use crate::tui::palette::Palette;
use crate::tui::panes::publish::Draft;
use crate::tui::panes::{PaneKind, Wish};
use crate::tui::status::ServerState;
use crate::tui::texts;
use crate::tui::trust::Trust;
use crate::tui::widgets::field::Field;
use crate::tui::{clipboard, clock};

impl App {
    pub(super) fn act(&mut self, action: Action) -> Option<Effect> {
        match action.moves() && !self.may_steer() {
            true => None,
            false => self.perform(action),
        }
    }

    /// Does it, whoever wants it.
    pub(super) fn perform(&mut self, action: Action) -> Option<Effect> {
        match action {
            Action::Next(steps) => self.slides.step(signed(steps)),
            Action::Previous(steps) => self.slides.step(-signed(steps)),
            Action::GoTo(number) => self.slides.go_to(number.saturating_sub(1)),
            Action::First => self.slides.go_to(0),
            Action::Last => self.slides.go_to(usize::MAX),
            Action::Back => {
                if !self.slides.go_back() {
                    self.say(texts::nowhere_back());
                }
            }
            Action::ScrollDown => self.slides.scroll_half(true),
            Action::ScrollUp => self.slides.scroll_half(false),
            Action::ScrollRight => self.slides.shift(true),
            Action::ScrollLeft => self.slides.shift(false),
            Action::ChooseNext => self.slides.choose(true),
            Action::ChoosePrevious => self.slides.choose(false),
            Action::Search => self.overlay = Some(Overlay::Search(Field::line(""))),
            Action::SearchNext => self.search_on(deck::search),
            Action::SearchPrevious => self.search_on(deck::search_back),
            Action::Run => self.run_chosen(),
            Action::RunAll => self.run_all(),
            Action::Detach => self.detach(),
            Action::Yank => return self.yank(),
            Action::Interrupt => return self.interrupt(),
            Action::Quit => return Some(Effect::Quit(0)),
            Action::Suspend => return Some(Effect::Suspend),
            Action::Redraw => return Some(Effect::Redraw),
            Action::Panic => panic!("F12 was pressed"),
            Action::Help => self.help(),
            Action::Black => self.overlay = Some(Overlay::Black),
            Action::Palette => self.open_palette(),
            Action::Overview => self.overlay = Some(Overlay::Overview(Overview::new(self.slides.page()))),
            Action::Laser => self.slides.toggle_laser(),
            Action::Source => self.slides.toggle_source(),
            Action::Pane(kind) => self.toggle_pane(kind),
            Action::SlideLab => self.open_slide_lab(),
            Action::Alone => self.host.toggle_hidden(),
            Action::FocusNext => self.host.cycle(true),
            Action::FocusPrevious => self.host.cycle(false),
            Action::FocusDeck => self.host.focus_slide(),
            Action::Edit => self.edit(),
            Action::Revert => self.revert(),
            Action::Control => self.take_or_give(),
            Action::Remote => self.toggle_remote(),
            Action::ServerSwitch => self.turn_server(),
            Action::SlowClient => self.toggle_slow_client(),
            Action::PollAnew => {
                let said = match self.living.begin_anew() {
                    true => texts::poll_anew(),
                    false => texts::no_poll(),
                };
                self.say(said);
            }
            Action::Escape => self.slides.show_hits(None),
        }
        None
    }

    fn help(&mut self) {
        let help = match self.host.title() {
            Some(title) => Help::of_window(&title, &self.host.keys()),
            None => Help::of_slide(),
        };
        self.overlay = Some(Overlay::Help(help));
    }

    fn open_palette(&mut self) {
        let keys = self.host.keys();
        let titles = self.slides.deck().slides.iter().map(|slide| slide.title());
        let saved = self.context.as_ref().map(|context| context.keep.layouts());
        let layouts = layouts::named(&self.slides.deck().front.layouts, saved.unwrap_or_default());
        let completer = Completer::new(self.grammar, self.context.as_ref(), &[]);
        let palette = Palette::new(titles, layouts, &keys).completing(completer);
        self.overlay = Some(Overlay::Palette(Box::new(palette)));
    }

    /// Opens a pane, gives an open one the focus, closes the one that has it.
    pub(super) fn toggle_pane(&mut self, kind: PaneKind) {
        match (self.host.find(kind), &self.context) {
            // The labs stay where they are all there is.
            (Some(index), _) if kind == PaneKind::Labs && self.host.is_filling() => {
                self.host.give_focus(index);
            }
            (Some(index), _) if self.host.has_focus(index) => self.close_window(),
            (Some(index), _) => self.host.give_focus(index),
            (None, Some(_)) if !self.host.has_room() => self.say(texts::no_room()),
            (None, Some(context)) => {
                // While a lab is open, what is opened works in its account.
                let in_lab = context.labs.context().filter(|_| kind != PaneKind::Labs);
                let pane = (self.open_pane)(kind, in_lab.as_ref().unwrap_or(context));
                self.host.open(Window::Live(pane));
            }
            (None, None) => match &self.server.state {
                ServerState::Failed(reason) => {
                    let text = texts::no_server(reason);
                    self.complain(text);
                }
                _ => self.say(texts::waiting_for_server()),
            },
        }
    }

    /// Does what panes want; what the terminal has to do of it is handed on.
    pub(super) fn grant_wishes(&mut self) -> Option<Effect> {
        let mut effect = None;
        while let Some(wish) = self.host.wish() {
            match wish {
                Wish::Run(lines) => self.run_line(&lines),
                Wish::Open(kind) if self.host.find(kind).is_none() && self.host.has_room() => {
                    self.toggle_pane(kind);
                    if let Some(labs) = self.host.find(PaneKind::Labs) {
                        self.host.give_focus(labs);
                    }
                }
                Wish::Open(_) => {}
                Wish::Copy(text) => {
                    self.say(clipboard::copied(&text));
                    effect = Some(Effect::Copy(text));
                }
                Wish::TurnClock(by) => self.turn_clock(by),
                Wish::Publish(draft) => self.hand_over(PaneKind::Publish, &draft),
                Wish::Request(draft) => self.hand_over(PaneKind::Request, &draft),
            }
        }
        effect
    }

    /// Opens these panes beside the slide, and closes those that another layout has opened.
    pub(super) fn lay_out(&mut self, places: &[Place]) {
        let Some(context) = &self.context else {
            return;
        };
        // One that is to be told something else is opened anew.
        let stays = |kind: PaneKind, laid_out: &[Place]| {
            let is_it = |place: &&Place| place.kind == kind;
            match (places.iter().find(is_it), laid_out.iter().find(is_it)) {
                (Some(wanted), Some(there)) => wanted.arguments == there.arguments,
                (wanted, _) => wanted.is_some(),
            }
        };
        let laid_out = std::mem::take(&mut self.laid_out);
        self.host
            .close_kinds(|kind| laid_out.iter().any(|place| place.kind == kind) && !stays(kind, &laid_out));
        self.laid_out = laid_out.clone();
        self.laid_out.retain(|place| stays(place.kind, &laid_out));
        for place in places {
            let kind = place.kind;
            if self.host.find(kind).is_some() || !self.host.has_room() {
                continue;
            }
            let in_lab = context.labs.context().filter(|_| kind != PaneKind::Labs);
            let pane = (self.open_pane)(kind, in_lab.as_ref().unwrap_or(context));
            let pane = layouts::listening(pane, &place.arguments);
            self.host.open_beside(Window::Live(pane));
            self.laid_out.push(place.clone());
        }
    }

    /// The panes of the slide that is shown, where the deck names some and another slide was shown before.
    pub(super) fn lay_out_slide(&mut self) {
        let page = self.slides.page();
        if self.context.is_none() || self.laid_out_page == Some(page) {
            return;
        }
        self.laid_out_page = Some(page);
        // What a deck from outside listens to on somebody's server is theirs to allow.
        let may_listen = self.environment.embedded || self.trust == Trust::Given;
        let names = self.slides.deck().front.layouts.by_slide.get(&(page + 1));
        let places = names.filter(|_| may_listen).map(|names| layouts::places(names));
        self.lay_out(&places.unwrap_or_default());
    }

    /// Saves what is open as a layout, or forgets one.
    pub(super) fn keep_layout(&mut self, command: layouts::Command) {
        let Some(context) = &self.context else {
            return self.say(texts::waiting_for_server());
        };
        let open = self.host.places();
        let (kept, said) = match command {
            layouts::Command::Save(_) if open.is_empty() => return self.say(texts::layout_empty()),
            layouts::Command::Save(name) => {
                let kept = context.keep.set_layout(&name, Some(layouts::words(&open)));
                (kept, texts::layout_saved(&name))
            }
            layouts::Command::Forget(name) => (
                context.keep.set_layout(&name, None),
                texts::layout_forgotten(&name),
            ),
        };
        match kept {
            Ok(()) => self.say(said),
            Err(error) => self.complain(error.to_string()),
        }
    }

    /// Turns JetStream's clock forward, where the broker is ours.
    pub(super) fn turn_clock(&mut self, by: Duration) {
        let Some(context) = &self.context else {
            return self.say(texts::waiting_for_server());
        };
        match clock::turn(context, by) {
            Ok(ahead) => {
                self.clock_ahead = ahead;
                self.say(clock::turned(by, ahead));
            }
            Err(why) => self.complain(why.to_string()),
        }
    }

    /// Our own broker goes away, or comes back.
    fn turn_server(&mut self) {
        let in_lab = self
            .context
            .as_ref()
            .is_some_and(|context| context.labs.url().is_some());
        match &self.switch {
            None => self.say(texts::server_not_ours()),
            // Its account would not come back.
            Some(_) if in_lab => self.say(texts::server_in_lab()),
            Some(switch) => {
                self.clock_ahead = Duration::ZERO;
                let said = match switch.turn() {
                    Turned::Off => texts::server_turned_off(),
                    Turned::On => texts::server_turned_on(),
                    Turned::Busy => texts::server_turns(),
                };
                self.say(said);
            }
        }
    }

    /// A client that wants everything and reads nothing, or none any more.
    fn toggle_slow_client(&mut self) {
        if self.slow_client.take().is_some() {
            return self.say(texts::slow_client_gone());
        }
        match &self.context {
            Some(context) if self.switch.is_some() => {
                self.slow_client = Some(slow_client(&self.server.url, context));
                self.say(texts::slow_client_there());
            }
            _ => self.say(texts::server_not_ours()),
        }
    }

    fn hand_over(&mut self, kind: PaneKind, draft: &Draft) {
        match self.host.find(kind) {
            Some(index) => self.host.give_focus(index),
            None => self.toggle_pane(kind),
        }
        self.host.prefill(draft);
    }

    /// Opens the lab of the slide.
    fn open_slide_lab(&mut self) {
        let Some(context) = self.context.clone() else {
            return self.say(texts::waiting_for_server());
        };
        // Of several, the first that is not finished.
        let progress = context.labs.progress();
        let of_slide = lab::of_slide(context.labs.labs(), self.slides.slide());
        let undone = of_slide.iter().find(|lab| progress.passed(lab) < lab.steps.len());
        let Some(lab) = undone.or(of_slide.first()).map(|lab| Arc::clone(lab)) else {
            return self.say(labs::no_lab_here());
        };
        if context.labs.session().is_none_or(|open| open.lab.id != lab.id) {
            context.labs.open(&lab, &context);
        }
        match self.host.find(PaneKind::Labs) {
            Some(index) => self.host.give_focus(index),
            None => self.toggle_pane(PaneKind::Labs),
        }
    }

    /// Closes the window with the focus; a job it showed goes back under its block.
    pub(super) fn close_window(&mut self) {
        if let Some(Window::Output(pane)) = self.host.close_focused() {
            self.jobs.reattach(pane.job());
        }
    }
}

fn signed(steps: usize) -> isize {
    isize::try_from(steps).unwrap_or(isize::MAX)
}
