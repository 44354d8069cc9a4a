//! Text from the network made safe for a terminal: control and bidi characters are shown, not obeyed.

use std::borrow::Cow;

/// The same text with every control character but line feed and tab replaced by its picture (`␛`),
/// and every character that changes the direction of text by its code (`<U+202E>`).
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            c if !is_hidden(c) => out.push(c),
            '\0'..='\u{1f}' => out.extend(char::from_u32(0x2400 + u32::from(c))),
            '\u{7f}' => out.push('␡'),
            c => out.push_str(&format!("<U+{:04X}>", u32::from(c))),
        }
    }
    Cow::Owned(out)
}

fn is_hidden(c: char) -> bool {
    match c {
        '\n' | '\t' => false,
        '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => true,
        c => c.is_control(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_obeyed_and_nothing_harmless_changes() {
        assert!(matches!(visible("blåbær\n\tok 🫐"), Cow::Borrowed(_)));
        assert_eq!(visible("\x1b[2Jx\r\x07\x7f"), "␛[2Jx␍␇␡");
        assert_eq!(visible("a\u{202e}b\u{9b}c"), "a<U+202E>b<U+009B>c");
    }
}
