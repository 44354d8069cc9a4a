//! Keys as a terminal sends them to the program on it (xterm's control sequences).

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// What a program is sent for a key; none for keys that no program knows. The arrows are an application's where it
/// has asked for that.
pub fn bytes(key: KeyEvent, has_application_arrows: bool) -> Option<Vec<u8>> {
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    let arrow = |letter: char| {
        let lead = if has_application_arrows { 'O' } else { '[' };
        format!("\x1b{lead}{letter}")
    };
    let text = match key.code {
        KeyCode::Char(letter) if control => controlled(letter)?.to_string(),
        KeyCode::Char(letter) => letter.to_string(),
        KeyCode::Enter => "\r".to_owned(),
        KeyCode::Tab => "\t".to_owned(),
        KeyCode::BackTab => "\x1b[Z".to_owned(),
        KeyCode::Backspace => "\x7f".to_owned(),
        KeyCode::Esc => "\x1b".to_owned(),
        KeyCode::Up => arrow('A'),
        KeyCode::Down => arrow('B'),
        KeyCode::Right => arrow('C'),
        KeyCode::Left => arrow('D'),
        KeyCode::Home => arrow('H'),
        KeyCode::End => arrow('F'),
        KeyCode::Insert => "\x1b[2~".to_owned(),
        KeyCode::Delete => "\x1b[3~".to_owned(),
        KeyCode::PageUp => "\x1b[5~".to_owned(),
        KeyCode::PageDown => "\x1b[6~".to_owned(),
        KeyCode::F(number @ 1..=4) => format!("\x1bO{}", ['P', 'Q', 'R', 'S'][usize::from(number) - 1]),
        KeyCode::F(number @ 5..=12) => {
            let codes = [15, 17, 18, 19, 20, 21, 23, 24];
            format!("\x1b[{}~", codes[usize::from(number) - 5])
        }
        _ => return None,
    };
    let alt = key.modifiers.contains(KeyModifiers::ALT);
    Some(if alt { format!("\x1b{text}") } else { text }.into_bytes())
}

/// The control character of a letter.
fn controlled(letter: char) -> Option<char> {
    match letter.to_ascii_lowercase() {
        letter @ 'a'..='z' => char::from_u32(u32::from(letter) & 0x1f),
        ' ' | '@' => Some('\0'),
        '[' => Some('\x1b'),
        '\\' | '4' => Some('\x1c'),
        ']' | '5' => Some('\x1d'),
        '^' | '6' => Some('\x1e'),
        '_' | '7' | '/' => Some('\x1f'),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_what_a_terminal_sends() {
        let plain = |code| KeyEvent::from(code);
        let with = |code, modifiers| KeyEvent::new(code, modifiers);
        for (key, expected) in [
            (plain(KeyCode::Char('å')), "å"),
            (with(KeyCode::Char('c'), KeyModifiers::CONTROL), "\x03"),
            (with(KeyCode::Char('b'), KeyModifiers::ALT), "\x1bb"),
            (plain(KeyCode::Enter), "\r"),
            (plain(KeyCode::Backspace), "\x7f"),
            (plain(KeyCode::Up), "\x1b[A"),
            (plain(KeyCode::F(1)), "\x1bOP"),
            (plain(KeyCode::F(12)), "\x1b[24~"),
        ] {
            assert_eq!(bytes(key, false).unwrap(), expected.as_bytes(), "{key:?}");
        }
        assert_eq!(bytes(plain(KeyCode::Up), true).unwrap(), b"\x1bOA");
        assert_eq!(bytes(plain(KeyCode::F(20)), false), None);
    }
}
