//! What the speaker can do, as data: the help shows it, the palette runs it.

use super::keymap::Action;
use super::panes::PaneKind;

/// One thing to do.
pub struct Command {
    /// The keys, as they are written on a keyboard.
    pub keys: &'static str,
    /// What it does, in bokmål.
    pub name: &'static str,
    /// For the palette; none where a name alone says too little.
    pub action: Option<Action>,
}

const fn command(keys: &'static str, name: &'static str, action: Action) -> Command {
    Command {
        keys,
        name,
        action: Some(action),
    }
}

const fn key(keys: &'static str, name: &'static str) -> Command {
    Command {
        keys,
        name,
        action: None,
    }
}

/// Everything, in the order of the help.
pub static COMMANDS: &[Command] = &[
    key(
        "mellomrom ↓ → j l n PgDn",
        "neste lysbilde; med tall foran: så mange",
    ),
    key("↑ ← k h p N PgUp", "forrige lysbilde"),
    command("gg Home", "første lysbilde", Action::First),
    command("G End", "siste lysbilde", Action::Last),
    key("12G", "lysbilde 12"),
    command(
        "/",
        "søk etter regulært uttrykk; /i til slutt: A = a",
        Action::Search,
    ),
    command("ctrl+n", "neste treff", Action::SearchNext),
    command("ctrl+e", "kjør den valgte kodeblokken", Action::Run),
    command("E", "kjør alle kodeblokkene etter tur", Action::RunAll),
    command("c", "velg neste kodeblokk", Action::ChooseNext),
    command("C", "velg forrige kodeblokk", Action::ChoosePrevious),
    command("o", "utskriften i et eget panel", Action::Detach),
    command(
        "ctrl+c",
        "stopp det som kjører; ellers avslutt",
        Action::Interrupt,
    ),
    command("y", "kopier kodeblokken", Action::Yank),
    command(
        "ctrl+d shift+↓",
        "rull ned i et langt lysbilde",
        Action::ScrollDown,
    ),
    command("ctrl+u shift+↑", "rull opp", Action::ScrollUp),
    command("shift+→", "rull bred kode mot høyre", Action::ScrollRight),
    command("shift+←", "rull tilbake", Action::ScrollLeft),
    command("F2", "publiser", Action::Pane(PaneKind::Publish)),
    command("F3", "abonner", Action::Pane(PaneKind::Subscribe)),
    command("F4", "forespørsel og svar", Action::Pane(PaneKind::Request)),
    command("F5", "lysbildet alene, og tilbake", Action::Alone),
    command("F6", "streams", Action::Pane(PaneKind::Streams)),
    command(
        "F7",
        "consumers og gjennomsnitt",
        Action::Pane(PaneKind::Consumers),
    ),
    command("F9", "laber", Action::Pane(PaneKind::Labs)),
    command("L", "lysbildets lab", Action::SlideLab),
    command("Tab", "neste panel", Action::FocusNext),
    command("shift+Tab", "forrige panel", Action::FocusPrevious),
    command("ctrl+g", "tilbake til lysbildet", Action::FocusDeck),
    command("b .", "svart skjerm, og tilbake", Action::Black),
    command(
        ":",
        "kommando: en handling, et lysbilde eller «nats …»",
        Action::Palette,
    ),
    command("F1 ?", "disse tastene", Action::Help),
    command("ctrl+l", "tegn skjermen på nytt", Action::Redraw),
    command("ctrl+z", "til skallet (fg kommer tilbake)", Action::Suspend),
    command("q", "avslutt", Action::Quit),
];

/// The most useful keys while the slide has the focus beside windows.
pub const SLIDE_KEYS: [(&str, &str); 6] = [
    ("mellomrom", "neste"),
    ("ctrl+e", "kjør"),
    ("Tab", "panel"),
    ("F5", "alene"),
    (":", "kommando"),
    ("F1", "taster"),
];

#[cfg(test)]
mod tests {
    use ratatui::crossterm::event::{KeyCode, KeyEvent};

    use super::*;
    use crate::tui::keymap::KeyReader;

    #[test]
    fn the_help_names_keys_that_do_what_it_says() {
        for command in COMMANDS {
            let fits = command.name.chars().count() <= 50 && command.keys.chars().count() <= 25;
            assert!(fits, "80 cells are enough for {}", command.name);
            let Some(action) = command.action else { continue };
            for name in command.keys.split(' ') {
                let code = match name.strip_prefix('F').and_then(|n| n.parse().ok()) {
                    Some(n) => KeyCode::F(n),
                    None if name.chars().count() == 1 => KeyCode::Char(name.chars().next().unwrap()),
                    None => continue,
                };
                let read = KeyReader::default().read(KeyEvent::from(code));
                assert_eq!(read, Some(action), "{name}: {}", command.name);
            }
        }
    }
}
