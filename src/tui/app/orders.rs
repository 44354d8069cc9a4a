//! What second screens and the remote control want of the stage, and who of them steers.

use std::time::Instant;

use super::App;
use crate::tui::keymap::Action;
use crate::tui::overlay::Overlay;
use crate::tui::stage::texts as control_words;
use crate::tui::stage::{Command, Refusal, RemoteCode, Seat, Taken};
use crate::tui::trust::Trust;

impl App {
    /// Follows what came in, and answers.
    pub(super) fn follow_orders(&mut self) {
        let now = Instant::now();
        while let Some(order) = self.stage.next_order() {
            let outcome = match order.command {
                Command::Take => self.take_control(order.seat, now),
                Command::Give => self.give_control(&order.seat, now),
                command => self.follow_order(command, &order.seat),
            };
            order.answer.send(outcome);
        }
    }

    fn follow_order(&mut self, command: Command, seat: &Seat) -> Result<String, Refusal> {
        if let Some(holder) = self.held_by_another(seat) {
            return Err(Refusal::Held(holder));
        }
        let is_black = matches!(self.overlay, Some(Overlay::Black));
        // A black screen gives way to the next slide, too.
        if is_black {
            self.overlay = None;
        }
        let action = match command {
            Command::Black if is_black => return Ok(self.told_place()),
            Command::Black => {
                self.overlay = Some(Overlay::Black);
                return Ok(control_words::remote_black().to_owned());
            }
            Command::Run => return self.run_for_screen(),
            Command::Next(steps) => Action::Next(steps),
            Command::Previous(steps) => Action::Previous(steps),
            Command::GoTo(number) => Action::GoTo(number),
            Command::First => Action::First,
            Command::Last => Action::Last,
            Command::Choose => Action::ChooseNext,
            Command::Take | Command::Give => return Err(Refusal::Unknown),
        };
        self.perform(action);
        Ok(self.told_place())
    }

    fn told_place(&self) -> String {
        control_words::remote_at(self.slides.page() + 1, self.slides.deck().slides.len())
    }

    /// A second screen runs what the deck may run; the question whether it may is for the stage alone.
    fn run_for_screen(&mut self) -> Result<String, Refusal> {
        if self.trust != Trust::Given {
            return Err(Refusal::NotTrusted);
        }
        if self.slides.chosen().is_none() {
            return Ok(control_words::remote_nothing_to_run().to_owned());
        }
        self.run_chosen();
        Ok(self.told_place())
    }

    /// The name of the one who steers, where that is not the one of this seat.
    fn held_by_another(&self, seat: &Seat) -> Option<String> {
        let control = self.stage.who_steers();
        let holder = control.holder().filter(|_| !control.may_steer(seat));
        holder.map(Seat::name)
    }

    /// Whether the stage's own keys lead to other slides; says who does where they do not.
    pub(super) fn may_steer(&mut self) -> bool {
        match self.held_by_another(&Seat::Stage) {
            Some(holder) => {
                self.say(control_words::control_of_other(&holder));
                false
            }
            None => true,
        }
    }

    /// The stage takes the control, or hands it over.
    pub(super) fn take_or_give(&mut self) {
        let now = Instant::now();
        let is_ours = self.stage.who_steers().holder() == Some(&Seat::Stage);
        let said = match is_ours {
            true => self.give_control(&Seat::Stage, now),
            false => self.take_control(Seat::Stage, now),
        };
        match said {
            Ok(text) => self.say(text),
            Err(refusal) => self.complain(refusal.text()),
        }
    }

    fn take_control(&mut self, seat: Seat, now: Instant) -> Result<String, Refusal> {
        match self.stage.control().take(seat, now) {
            Taken::Yes => Ok(control_words::control_taken().to_owned()),
            Taken::Asked(holder) => Ok(control_words::control_asked(&holder.name())),
            Taken::Busy(holder) => Ok(control_words::control_busy(&holder.name())),
        }
    }

    fn give_control(&mut self, seat: &Seat, now: Instant) -> Result<String, Refusal> {
        if !self.stage.control().give(seat, now) {
            return Err(Refusal::NotHeld);
        }
        Ok(match self.stage.who_steers().holder() {
            Some(holder) => control_words::control_given_to(&holder.name()),
            None => control_words::control_free().to_owned(),
        })
    }

    /// Opens the stage to a remote control with a new code, or closes it.
    pub(super) fn toggle_remote(&mut self) {
        if self.stage.remote().is_some() {
            self.stage.set_remote(None);
            return self.say(control_words::remote_went_off());
        }
        match RemoteCode::random() {
            Ok(code) => {
                self.say(control_words::remote_on(code.text()));
                self.stage.set_remote(Some(code));
            }
            Err(_) => self.complain(control_words::remote_no_randomness()),
        }
    }

    /// Who steers, for the status line: what is only to be known, and what is a question to the stage.
    pub(super) fn control_marks(&self) -> (Option<String>, Option<String>) {
        let control = self.stage.who_steers();
        let Some(holder) = control.holder() else {
            return (None, None);
        };
        let is_ours = *holder == Seat::Stage;
        let asked = control.asking().filter(|_| is_ours);
        let known = match is_ours {
            true => control_words::you_steer().to_owned(),
            false => control_words::steers(&holder.name()),
        };
        (
            Some(known).filter(|_| asked.is_none()),
            asked.map(|asking| control_words::wants_control(&asking.name())),
        )
    }
}
