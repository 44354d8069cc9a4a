//! Who steers the talk. At first everybody who may; from when somebody takes the control only they, until they let
//! it go, give it to the one who asks for it, or are gone. The stage itself can always take it back, since whoever
//! sits there can end the talk anyway.

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::texts;

/// How long a second screen may be silent; it says once a second that it is there.
const SILENCE_MAX: Duration = Duration::from_secs(6);
/// How long somebody's wish for the control is kept up.
const ASKING_TIME: Duration = Duration::from_secs(30);
/// Letters of a name.
const NAME_LETTERS_MAX: usize = 24;

/// A place that the talk can be steered from.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Seat {
    /// The stage itself.
    Stage,
    /// A second screen.
    Screen {
        /// A number that no other screen has.
        id: u64,
        /// Who sits there.
        name: String,
    },
    /// Whoever knows the code of the remote control.
    Remote,
}

impl PartialEq for Seat {
    /// A screen is known by its number, whatever it calls itself.
    fn eq(&self, other: &Seat) -> bool {
        match (self, other) {
            (Seat::Stage, Seat::Stage) | (Seat::Remote, Seat::Remote) => true,
            (Seat::Screen { id, .. }, Seat::Screen { id: other, .. }) => id == other,
            _ => false,
        }
    }
}

impl Eq for Seat {}

impl Seat {
    /// A second screen; of its name only what fits in a line.
    pub fn screen(id: u64, name: &str) -> Seat {
        let letters = name.chars().filter(|letter| !letter.is_control());
        Seat::Screen {
            id,
            name: letters.take(NAME_LETTERS_MAX).collect(),
        }
    }

    /// What it is called on a screen.
    pub fn name(&self) -> String {
        match self {
            Seat::Stage => texts::seat_stage().to_owned(),
            Seat::Screen { name, .. } if name.trim().is_empty() => texts::seat_screen().to_owned(),
            Seat::Screen { name, .. } => name.clone(),
            Seat::Remote => texts::seat_remote().to_owned(),
        }
    }
}

/// What became of a wish for the control.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taken {
    /// It is theirs.
    Yes,
    /// This one has it, and was asked.
    Asked(Seat),
    /// This one has it, and somebody else asks already.
    Busy(Seat),
}

/// Who steers, and who would like to.
#[derive(Debug, Default)]
pub struct Control {
    holder: Option<Seat>,
    /// When the holder was heard last; of no matter for those that cannot be heard.
    heard: Option<Instant>,
    asking: Option<(Seat, Instant)>,
}

impl Control {
    /// Who has the control; none while all share it.
    pub fn holder(&self) -> Option<&Seat> {
        self.holder.as_ref()
    }

    /// Who would like to have it.
    pub fn asking(&self) -> Option<&Seat> {
        self.asking.as_ref().map(|(seat, _)| seat)
    }

    /// Whether what is known changes by itself, with time.
    pub fn wears_off(&self) -> bool {
        self.asking.is_some() || matches!(self.holder, Some(Seat::Screen { .. }))
    }

    /// Whether that seat may steer.
    pub fn may_steer(&self, seat: &Seat) -> bool {
        self.holder.as_ref().is_none_or(|holder| holder == seat)
    }

    /// The control for that seat, or the question for it.
    pub fn take(&mut self, seat: Seat, now: Instant) -> Taken {
        match &self.holder {
            Some(holder) if *holder != seat && seat != Seat::Stage => {
                let holder = holder.clone();
                if self.asking().is_some_and(|asking| *asking != seat) {
                    return Taken::Busy(holder);
                }
                self.asking = Some((seat, now));
                Taken::Asked(holder)
            }
            _ => {
                self.hand_to(Some(seat), now);
                Taken::Yes
            }
        }
    }

    /// The holder gives the control to the one who asks for it, or to all where nobody does. False when that seat
    /// has nothing to give.
    pub fn give(&mut self, seat: &Seat, now: Instant) -> bool {
        if self.holder.as_ref() != Some(seat) {
            return false;
        }
        let asking = self.asking.take();
        self.hand_to(asking.map(|(seat, _)| seat), now);
        true
    }

    /// That seat is there.
    pub fn hear(&mut self, seat: &Seat, now: Instant) {
        if self.holder.as_ref() == Some(seat) {
            self.heard = Some(now);
        }
    }

    /// Forgets who is gone, and who has asked for long in vain. True when that changed anything.
    pub fn tidy(&mut self, now: Instant) -> bool {
        let is_old = |then: Instant, limit| now.saturating_duration_since(then) > limit;
        let had = (self.holder.is_some(), self.asking.is_some());
        self.asking.take_if(|(_, since)| is_old(*since, ASKING_TIME));
        let is_screen = matches!(self.holder, Some(Seat::Screen { .. }));
        if is_screen && self.heard.is_none_or(|heard| is_old(heard, SILENCE_MAX)) {
            let asking = self.asking.take();
            self.hand_to(asking.map(|(seat, _)| seat), now);
        }
        had != (self.holder.is_some(), self.asking.is_some())
    }

    fn hand_to(&mut self, seat: Option<Seat>, now: Instant) {
        self.asking.take_if(|(asking, _)| Some(&*asking) == seat.as_ref());
        (self.holder, self.heard) = (seat, Some(now));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn screen(id: u64) -> Seat {
        Seat::screen(id, "Kari")
    }

    #[test]
    fn one_holds_the_control_and_hands_it_over() {
        let now = Instant::now();
        let mut control = Control::default();
        let seats = [Seat::Stage, Seat::Remote, screen(1), screen(2)];
        assert!(seats.iter().all(|seat| control.may_steer(seat)), "all at first");
        assert_eq!(control.take(screen(1), now), Taken::Yes);
        let may: Vec<bool> = seats.iter().map(|seat| control.may_steer(seat)).collect();
        assert_eq!(may, [false, false, true, false]);

        assert_eq!(control.take(screen(2), now), Taken::Asked(screen(1)));
        assert_eq!(control.take(Seat::Remote, now), Taken::Busy(screen(1)));
        assert!(!control.give(&screen(2), now), "only who has it can give it");
        assert!(control.give(&screen(1), now));
        assert!(control.may_steer(&screen(2)) && !control.may_steer(&screen(1)));
        assert_eq!(control.asking(), None);

        assert_eq!(
            control.take(Seat::Stage, now),
            Taken::Yes,
            "the stage need not ask"
        );
        assert!(control.give(&Seat::Stage, now));
        assert_eq!(
            control.holder(),
            None,
            "with nobody asking it is everybody's again"
        );
    }

    #[test]
    fn who_is_gone_has_no_control_and_questions_grow_old() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut control = Control::default();
        control.take(screen(1), at(0));
        control.hear(&screen(1), at(5));
        control.hear(&screen(2), at(9));
        assert!(!control.tidy(at(10)), "it was heard five seconds ago");
        control.take(screen(2), at(10));
        control.tidy(at(12));
        assert_eq!(
            control.holder(),
            Some(&screen(2)),
            "the one who asks gets what is left"
        );
        assert!(control.tidy(at(30)));
        assert_eq!(control.holder(), None);

        control.take(Seat::Remote, at(100));
        control.take(screen(1), at(100));
        assert!(!control.tidy(at(120)), "a remote control says nothing by itself");
        assert!(control.tidy(at(140)));
        assert_eq!((control.holder(), control.asking()), (Some(&Seat::Remote), None));
    }

    #[test]
    fn names_are_short_and_plain() {
        let Seat::Screen { name, .. } = Seat::screen(1, &format!("a\x1b[31m{}", "b".repeat(100))) else {
            panic!("not a screen");
        };
        assert!(!name.contains('\x1b') && name.len() == NAME_LETTERS_MAX, "{name}");
    }
}
