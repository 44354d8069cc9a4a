//! What the speaker can do, as data: the help shows it, the palette runs it.

mod texts;

use super::keymap::Action;
use super::panes::{KeyHelp, PaneKind};

/// One thing to do.
pub struct Command {
    /// The keys, as they are written on a keyboard.
    pub keys: &'static str,
    /// What it does, in the language of the interface.
    pub name: &'static str,
    /// For the palette; none where a name alone says too little.
    pub action: Option<Action>,
}

fn command(keys: &'static str, name: &'static str, action: Action) -> Command {
    Command {
        keys,
        name,
        action: Some(action),
    }
}

/// A key that the help shows and the palette does not.
pub fn key(keys: &'static str, name: &'static str) -> Command {
    Command {
        keys,
        name,
        action: None,
    }
}

/// Everything, in the order of the help.
pub fn commands() -> Vec<Command> {
    vec![
        key("␣ ↓ → j l n PgDn", texts::next_many()),
        key("↑ ← k h p N PgUp", texts::previous()),
        command("gg Home", texts::first(), Action::First),
        command("G End", texts::last(), Action::Last),
        key("12G", texts::slide_twelve()),
        command("ctrl+o", texts::back(), Action::Back),
        command("/", texts::search(), Action::Search),
        command("ctrl+n", texts::next_match(), Action::SearchNext),
        command("ctrl+e", texts::run(), Action::Run),
        command("E", texts::run_all(), Action::RunAll),
        command("c", texts::choose_next(), Action::ChooseNext),
        command("C", texts::choose_previous(), Action::ChoosePrevious),
        command("o", texts::detach(), Action::Detach),
        command("ctrl+c", texts::interrupt(), Action::Interrupt),
        command("e", texts::edit(), Action::Edit),
        command("R", texts::revert(), Action::Revert),
        command("y", texts::yank(), Action::Yank),
        command("ctrl+d shift+↓", texts::scroll_down(), Action::ScrollDown),
        command("ctrl+u shift+↑", texts::scroll_up(), Action::ScrollUp),
        command("shift+→", texts::scroll_right(), Action::ScrollRight),
        command("shift+←", texts::scroll_left(), Action::ScrollLeft),
        command("F2", texts::publish(), Action::Pane(PaneKind::Publish)),
        command("F3", texts::subscribe(), Action::Pane(PaneKind::Subscribe)),
        command("F4", texts::request(), Action::Pane(PaneKind::Request)),
        command("F5", texts::alone(), Action::Alone),
        command("F6", texts::streams(), Action::Pane(PaneKind::Streams)),
        command("F7", texts::consumers(), Action::Pane(PaneKind::Consumers)),
        command("F8", texts::server(), Action::Pane(PaneKind::Server)),
        command("", texts::key_value(), Action::Pane(PaneKind::KeyValue)),
        command("", texts::objects(), Action::Pane(PaneKind::Objects)),
        command("", texts::services(), Action::Pane(PaneKind::Services)),
        command("", texts::wire(), Action::Pane(PaneKind::Wire)),
        command("", texts::subjects(), Action::Pane(PaneKind::Subjects)),
        command("F9", texts::labs(), Action::Pane(PaneKind::Labs)),
        command("L", texts::slide_lab(), Action::SlideLab),
        command("Tab", texts::next_pane(), Action::FocusNext),
        command("shift+Tab", texts::previous_pane(), Action::FocusPrevious),
        command("ctrl+g", texts::to_deck(), Action::FocusDeck),
        command("O ctrl+p", texts::overview(), Action::Overview),
        command("m", texts::laser(), Action::Laser),
        command("H", texts::source(), Action::Source),
        command("b .", texts::black(), Action::Black),
        command("T", texts::control(), Action::Control),
        command("", texts::remote(), Action::Remote),
        command("", texts::poll_anew(), Action::PollAnew),
        command("", texts::server_switch(), Action::ServerSwitch),
        command("", texts::slow_client(), Action::SlowClient),
        command(":", texts::palette(), Action::Palette),
        command("F1 ?", texts::these_keys(), Action::Help),
        command("ctrl+l", texts::redraw(), Action::Redraw),
        command("ctrl+z", texts::suspend(), Action::Suspend),
        command("q", texts::quit(), Action::Quit),
    ]
}

/// What the speaker's second screen can do, in the order of its help.
pub fn of_second_screen() -> Vec<Command> {
    vec![
        key("␣ ↓ → j l n PgDn", texts::next_many()),
        key("↑ ← k h p N PgUp", texts::previous()),
        key("gg Home", texts::first()),
        key("G End", texts::last()),
        key("12G", texts::slide_twelve()),
        key("ctrl+e", texts::run()),
        key("c", texts::choose_next()),
        key("b .", texts::black()),
        key("T", texts::control()),
        key("F1 ?", texts::these_keys()),
        key("q ctrl+c", texts::quit()),
    ]
}

/// The key of the help, with what it is for.
pub fn help_key() -> String {
    format!("F1 {}", texts::short_keys())
}

/// The most useful keys while the slide has the focus beside windows.
pub fn slide_keys() -> [KeyHelp; 6] {
    [
        (texts::space(), texts::short_next()),
        ("ctrl+e", texts::short_run()),
        ("Tab", texts::short_pane()),
        ("F5", texts::short_alone()),
        (":", texts::short_command()),
        ("F1", texts::short_keys()),
    ]
}

#[cfg(test)]
mod tests {
    use ratatui::crossterm::event::{KeyCode, KeyEvent};

    use super::*;
    use crate::tui::keymap::KeyReader;
    use crate::util::language::tests::in_english;

    #[test]
    fn the_help_names_keys_that_do_what_it_says() {
        for command in commands().into_iter().chain(in_english(commands)) {
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
