//! Output of programs → lines that can be shown: colours are kept, everything else that would move
//! the cursor, ring a bell or turn the text around is taken out or made visible.

use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthChar;
use vte::{Params, Parser, Perform};

/// Cells to the next tab stop.
const TAB_CELLS: usize = 4;

/// Reads one line. `base` is the style before the first colour.
pub fn parse(text: &str, base: Style) -> Line<'static> {
    let mut painter = Painter {
        base,
        style: base,
        cells: 0,
        spans: Vec::new(),
    };
    Parser::new().advance(&mut painter, text.as_bytes());
    Line::from(painter.spans)
}

/// A character as it may be shown: controls and bidi marks become a picture of themselves.
pub fn visible(c: char) -> char {
    match c {
        '\u{0}'..='\u{1f}' => char::from_u32(0x2400 + c as u32).unwrap_or('\u{fffd}'),
        '\u{7f}' => '\u{2421}',
        '\u{80}'..='\u{9f}'
        | '\u{200e}'
        | '\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2066}'..='\u{2069}'
        | '\u{2028}'
        | '\u{2029}' => '\u{fffd}',
        _ => c,
    }
}

struct Painter {
    base: Style,
    style: Style,
    cells: usize,
    spans: Vec<Span<'static>>,
}

impl Painter {
    fn add(&mut self, c: char) {
        self.cells += c.width().unwrap_or(0);
        match self.spans.last_mut() {
            Some(span) if span.style == self.style => span.content.to_mut().push(c),
            _ => self.spans.push(Span::styled(c.to_string(), self.style)),
        }
    }

    fn select(&mut self, code: u16, rest: &mut dyn Iterator<Item = u16>) {
        let style = self.style;
        self.style = match code {
            0 => self.base,
            1 => style.add_modifier(Modifier::BOLD),
            2 => style.add_modifier(Modifier::DIM),
            3 => style.add_modifier(Modifier::ITALIC),
            4 => style.add_modifier(Modifier::UNDERLINED),
            7 => style.add_modifier(Modifier::REVERSED),
            9 => style.add_modifier(Modifier::CROSSED_OUT),
            22 => style.remove_modifier(Modifier::BOLD | Modifier::DIM),
            23 => style.remove_modifier(Modifier::ITALIC),
            24 => style.remove_modifier(Modifier::UNDERLINED),
            27 => style.remove_modifier(Modifier::REVERSED),
            29 => style.remove_modifier(Modifier::CROSSED_OUT),
            30..=37 => style.fg(indexed(code - 30)),
            90..=97 => style.fg(indexed(code - 90 + 8)),
            38 => extended(rest).map_or(style, |color| style.fg(color)),
            39 => Style {
                fg: self.base.fg,
                ..style
            },
            40..=47 => style.bg(indexed(code - 40)),
            100..=107 => style.bg(indexed(code - 100 + 8)),
            48 => extended(rest).map_or(style, |color| style.bg(color)),
            49 => Style {
                bg: self.base.bg,
                ..style
            },
            _ => style,
        };
    }
}

fn indexed(n: u16) -> Color {
    Color::Indexed(u8::try_from(n).unwrap_or(u8::MAX))
}

/// `5;n` or `2;r;g;b`.
fn extended(rest: &mut dyn Iterator<Item = u16>) -> Option<Color> {
    let mut byte = || rest.next().map(|n| u8::try_from(n).unwrap_or(u8::MAX));
    match byte()? {
        5 => Some(Color::Indexed(byte()?)),
        2 => Some(Color::Rgb(byte()?, byte()?, byte()?)),
        _ => None,
    }
}

impl Perform for Painter {
    fn print(&mut self, c: char) {
        self.add(visible(c));
    }

    fn execute(&mut self, byte: u8) {
        match byte {
            b'\t' => {
                for _ in 0..TAB_CELLS - self.cells % TAB_CELLS {
                    self.add(' ');
                }
            }
            // A bell shows nothing on a terminal either.
            0x07 => {}
            control => self.add(visible(char::from(control))),
        }
    }

    fn csi_dispatch(&mut self, params: &Params, _intermediates: &[u8], _ignore: bool, action: char) {
        if action != 'm' {
            return;
        }
        let mut codes = params.iter().flatten().copied();
        while let Some(code) = codes.next() {
            self.select(code, &mut codes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(line: &Line<'_>) -> String {
        line.spans.iter().map(|s| s.content.as_ref()).collect()
    }

    #[test]
    fn colours_stay_and_everything_else_is_harmless() {
        let line = parse(
            "a\x1b[1;31mrød\x1b[0m b\x1b[38;5;200mx\x1b[48;2;1;2;3my",
            Style::new(),
        );
        assert_eq!(text(&line), "arød bxy");
        assert_eq!(
            line.spans[1].style,
            Style::new().fg(Color::Indexed(1)).add_modifier(Modifier::BOLD)
        );
        assert_eq!(line.spans[2].style, Style::new());
        assert_eq!(line.spans[3].style.fg, Some(Color::Indexed(200)));
        assert_eq!(line.spans[4].style.bg, Some(Color::Rgb(1, 2, 3)));
        for (raw, shown) in [
            ("\x1b[2J\x1b[Hhei", "hei"),
            ("\x1b]0;tittel\x07hei", "hei"),
            ("\x1b]52;c;aGVp\x1b\\hei", "hei"),
            ("a\tb", "a   b"),
            ("a\x08b\x07", "a␈b"),
            ("a\u{202e}b\u{9b}31m", "a\u{fffd}b\u{fffd}31m"),
            ("\x1bP1$r\x1b\\hei", "hei"),
        ] {
            let line = parse(raw, Style::new());
            assert!(!text(&line).contains(|c: char| c.is_control()), "{raw:?}");
            assert_eq!(text(&line), shown, "{raw:?}");
        }
    }
}
