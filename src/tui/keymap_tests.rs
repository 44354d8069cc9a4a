//! The key table of `slides`, and ours beyond it.

use super::*;

/// Keys as one writes them: letters stand for themselves, names in angle brackets for the rest.
fn keys(text: &str) -> Vec<KeyEvent> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (name, tail) = match rest.strip_prefix('<').and_then(|r| r.split_once('>')) {
            Some((name, tail)) => (name, tail),
            None => rest.split_at(first.len_utf8()),
        };
        rest = tail;
        out.push(key(name));
    }
    out
}

fn key(name: &str) -> KeyEvent {
    if let Some(letter) = name.strip_prefix("c-").and_then(|l| l.chars().next()) {
        return KeyEvent::new(KeyCode::Char(letter), KeyModifiers::CONTROL);
    }
    if let Some(name) = name.strip_prefix("s-") {
        return KeyEvent::new(key(name).code, KeyModifiers::SHIFT);
    }
    let code = match name {
        "down" => KeyCode::Down,
        "up" => KeyCode::Up,
        "left" => KeyCode::Left,
        "right" => KeyCode::Right,
        "enter" => KeyCode::Enter,
        "pgdown" => KeyCode::PageDown,
        "pgup" => KeyCode::PageUp,
        "home" => KeyCode::Home,
        "end" => KeyCode::End,
        "esc" => KeyCode::Esc,
        "tab" => KeyCode::Tab,
        "backtab" => KeyCode::BackTab,
        f if f.len() > 1 && f.starts_with('f') => KeyCode::F(f[1..].parse().unwrap()),
        letter => KeyCode::Char(letter.chars().next().unwrap()),
    };
    KeyEvent::new(code, KeyModifiers::NONE)
}

fn last_action(text: &str) -> Option<Action> {
    let mut reader = KeyReader::default();
    let mut last = None;
    for key in keys(text) {
        last = reader.read(key);
    }
    last
}

#[test]
fn every_key_of_slides_does_what_it_does_there() {
    for text in [" ", "<down>", "<right>", "<enter>", "j", "l", "n", "<pgdown>"] {
        assert_eq!(last_action(text), Some(Action::Next(1)), "{text}");
        assert_eq!(
            last_action(&format!("12{text}")),
            Some(Action::Next(12)),
            "12{text}"
        );
    }
    for text in ["<up>", "<left>", "k", "h", "p", "N", "<pgup>"] {
        assert_eq!(last_action(text), Some(Action::Previous(1)), "{text}");
        assert_eq!(
            last_action(&format!("3{text}")),
            Some(Action::Previous(3)),
            "3{text}"
        );
    }
    for (text, action) in [
        ("gg", Some(Action::First)),
        ("3gg", Some(Action::First)),
        ("g", None),
        ("gj", Some(Action::Next(1))),
        ("G", Some(Action::Last)),
        ("gG", Some(Action::Last)),
        ("12G", Some(Action::GoTo(12))),
        ("0G", Some(Action::GoTo(1))),
        ("0j", Some(Action::Next(1))),
        ("g3j", Some(Action::Next(3))),
        ("3xj", Some(Action::Next(1))),
        ("3<c-e>j", Some(Action::Next(3))),
        ("3<c-n>j", Some(Action::Next(3))),
        ("3/", Some(Action::Search)),
        ("99999999999999999999j", Some(Action::Next(COUNT_MAX))),
        ("/", Some(Action::Search)),
        ("<c-o>", Some(Action::Back)),
        ("<c-n>", Some(Action::SearchNext)),
        ("<c-e>", Some(Action::Run)),
        ("y", Some(Action::Yank)),
        ("q", Some(Action::Quit)),
        ("<c-c>", Some(Action::Interrupt)),
        ("x", None),
    ] {
        assert_eq!(last_action(text), action, "{text}");
    }
}

#[test]
fn our_own_keys() {
    for (text, action) in [
        ("<home>", Action::First),
        ("<end>", Action::Last),
        ("<esc>", Action::Escape),
        ("<f1>", Action::Help),
        ("?", Action::Help),
        ("b", Action::Black),
        (".", Action::Black),
        (":", Action::Palette),
        ("<f2>", Action::Pane(PaneKind::Publish)),
        ("<f3>", Action::Pane(PaneKind::Subscribe)),
        ("<f4>", Action::Pane(PaneKind::Request)),
        ("<f5>", Action::Alone),
        ("<f6>", Action::Pane(PaneKind::Streams)),
        ("<f7>", Action::Pane(PaneKind::Consumers)),
        ("<f8>", Action::Pane(PaneKind::Server)),
        ("<f9>", Action::Pane(PaneKind::Labs)),
        ("<tab>", Action::FocusNext),
        ("<backtab>", Action::FocusPrevious),
        ("<c-g>", Action::FocusDeck),
        ("<c-z>", Action::Suspend),
        ("<c-l>", Action::Redraw),
        ("<c-d>", Action::ScrollDown),
        ("<c-u>", Action::ScrollUp),
        ("<s-down>", Action::ScrollDown),
        ("<s-up>", Action::ScrollUp),
        ("<s-right>", Action::ScrollRight),
        ("<s-left>", Action::ScrollLeft),
        ("c", Action::ChooseNext),
        ("C", Action::ChoosePrevious),
        ("E", Action::RunAll),
        ("o", Action::Detach),
    ] {
        assert_eq!(last_action(text), Some(action), "{text}");
    }
}

#[test]
fn the_help_names_keys_that_can_be_pressed() {
    let plain = |code| Some(KeyEvent::from(code));
    assert_eq!(of_label("Enter"), plain(KeyCode::Enter));
    assert_eq!(of_label("/ n N"), plain(KeyCode::Char('/')));
    assert_eq!(of_label("mellomrom"), plain(KeyCode::Char(' ')));
    let save = KeyEvent::new(KeyCode::Char('s'), KeyModifiers::CONTROL);
    assert_eq!(of_label("ctrl+s"), Some(save));
    for label in ["↑ ↓", "← →", "ctrl+← ctrl+→", "Esc", ""] {
        assert_eq!(of_label(label), None, "{label}");
    }
}
