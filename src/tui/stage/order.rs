//! What the stage can be told to do, as it stands on the wire: `goingnats.deck.next`, and so on.
//!
//! An order comes in one of two ways on the same subjects. A second screen seals it with the speaker's code, and a
//! number that grows, so that nobody can say it again. Any other client sends the code of the remote control and
//! what the order needs: `nats request goingnats.deck.goto "482913 12"`.

use serde::{Deserialize, Serialize};

use super::gate::Shut;
use super::texts;

/// The subjects of all orders.
pub const ORDERS_SUBJECT: &str = "goingnats.deck.*";
/// What they begin with.
pub const ORDERS_PREFIX: &str = "goingnats.deck.";
/// Bytes of an order that are read; longer ones are refused.
pub const ORDER_BYTES_MAX: usize = 1_024;
/// The header that a code can stand in, instead of the first word.
pub const CODE_HEADER: &str = "Code";

/// One order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// So many steps on.
    Next(usize),
    /// So many steps back.
    Previous(usize),
    /// To the slide of that number, from 1.
    GoTo(usize),
    /// To the first slide.
    First,
    /// To the last slide.
    Last,
    /// A black screen, and back.
    Black,
    /// Run the chosen block. Only a second screen may.
    Run,
    /// Choose the next block.
    Choose,
    /// The control for the one who says it.
    Take,
    /// The control for the one who asks for it, or for all.
    Give,
}

impl Command {
    /// The order of a subject's last token, with what stands behind the code.
    pub fn read(token: &str, argument: &str) -> Option<Command> {
        let argument = argument.trim();
        let count = || match argument {
            "" => Some(1),
            number => number.parse().ok().filter(|number| *number > 0),
        };
        let plain = |command| Some(command).filter(|_| argument.is_empty());
        match token {
            "next" => count().map(Command::Next),
            "prev" | "previous" => count().map(Command::Previous),
            "goto" => argument
                .parse()
                .ok()
                .filter(|number| *number > 0)
                .map(Command::GoTo),
            "first" => plain(Command::First),
            "last" => plain(Command::Last),
            "black" => plain(Command::Black),
            "run" => plain(Command::Run),
            "choose" => plain(Command::Choose),
            "take" => plain(Command::Take),
            "give" => plain(Command::Give),
            _ => None,
        }
    }

    /// The subject's last token, and the argument.
    pub fn write(self) -> (&'static str, String) {
        match self {
            Command::Next(steps) => ("next", steps.to_string()),
            Command::Previous(steps) => ("prev", steps.to_string()),
            Command::GoTo(number) => ("goto", number.to_string()),
            Command::First => ("first", String::new()),
            Command::Last => ("last", String::new()),
            Command::Black => ("black", String::new()),
            Command::Run => ("run", String::new()),
            Command::Choose => ("choose", String::new()),
            Command::Take => ("take", String::new()),
            Command::Give => ("give", String::new()),
        }
    }

    /// Whether it does more than to show what the deck shows.
    pub fn runs_code(self) -> bool {
        self == Command::Run
    }
}

/// What a second screen seals.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sealed {
    /// The screen's number.
    pub seat: u64,
    /// Who sits there.
    pub name: String,
    /// Grows with everything that the screen says.
    pub number: u64,
    /// What the order needs.
    #[serde(default)]
    pub argument: String,
}

/// Where an order is sealed for: its subject, in this one talk.
pub fn place(subject: &str, session: &str) -> String {
    format!("{subject} {session}")
}

/// The code and the argument of a message from any client. The header may hold the code; else it is the first word.
pub fn plain<'a>(header: Option<&'a str>, payload: &'a str) -> (&'a str, &'a str) {
    let payload = payload.trim();
    match header {
        Some(code) => (code.trim(), payload),
        None => payload
            .split_once(char::is_whitespace)
            .map_or((payload, ""), |(code, argument)| (code, argument.trim())),
    }
}

/// Why an order is not followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The code does not open.
    Shut(Shut),
    /// It is no order.
    Unknown,
    /// It is too long.
    TooLong,
    /// It was said before, or by nobody known.
    Stale,
    /// Somebody else steers.
    Held(String),
    /// A remote control runs no code.
    RunsCode,
    /// The deck may not run code yet.
    NotTrusted,
    /// The stage has too much to do.
    Busy,
    /// The one who gives has nothing to give.
    NotHeld,
}

impl Refusal {
    /// For a client that looks at codes rather than words, as HTTP has them.
    pub fn code(&self) -> &'static str {
        match self {
            Refusal::Shut(Shut::Locked(_)) => "429",
            Refusal::Shut(Shut::NoCode) => "401",
            Refusal::Shut(_) | Refusal::RunsCode | Refusal::NotTrusted | Refusal::Stale => "403",
            Refusal::Unknown | Refusal::TooLong => "400",
            Refusal::Held(_) | Refusal::NotHeld => "409",
            Refusal::Busy => "503",
        }
    }

    /// In words.
    pub fn text(&self) -> String {
        match self {
            Refusal::Shut(Shut::Off) => texts::remote_is_off().to_owned(),
            Refusal::Shut(Shut::NoCode) => texts::remote_no_code().to_owned(),
            Refusal::Shut(Shut::Wrong) => texts::remote_wrong_code().to_owned(),
            Refusal::Shut(Shut::Locked(seconds)) => texts::remote_locked(*seconds),
            Refusal::Shut(Shut::Spent) => texts::remote_spent().to_owned(),
            Refusal::Unknown => texts::remote_unknown().to_owned(),
            Refusal::TooLong => texts::remote_too_long().to_owned(),
            Refusal::Stale => texts::remote_stale().to_owned(),
            Refusal::Held(name) => texts::control_of(name),
            Refusal::RunsCode => texts::remote_runs_nothing().to_owned(),
            Refusal::NotTrusted => texts::remote_not_trusted().to_owned(),
            Refusal::Busy => texts::remote_busy().to_owned(),
            Refusal::NotHeld => texts::control_not_yours().to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_are_read_as_they_are_written() {
        let all = [
            Command::Next(1),
            Command::Previous(3),
            Command::GoTo(12),
            Command::First,
            Command::Last,
            Command::Black,
            Command::Run,
            Command::Choose,
            Command::Take,
            Command::Give,
        ];
        for command in all {
            let (token, argument) = command.write();
            assert_eq!(Command::read(token, &argument), Some(command));
        }
        assert_eq!(Command::read("next", ""), Some(Command::Next(1)));
        for (token, argument) in [
            ("goto", ""),
            ("goto", "0"),
            ("goto", "tolv"),
            ("next", "-1"),
            ("first", "1"),
            ("quit", ""),
        ] {
            assert_eq!(Command::read(token, argument), None, "{token} {argument}");
        }
    }

    #[test]
    fn a_code_stands_in_front_or_in_the_header() {
        assert_eq!(plain(None, " 482913  12\n"), ("482913", "12"));
        assert_eq!(plain(None, "482913"), ("482913", ""));
        assert_eq!(plain(None, ""), ("", ""));
        assert_eq!(plain(Some("482913"), "12"), ("482913", "12"));
    }
}
