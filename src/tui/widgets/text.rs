//! Cutting and padding text to a width in terminal cells.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use crate::deck;

const ELLIPSIS: &str = "…";

/// Which end of a text survives when there is too little room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// The beginning, as for payloads.
    Head,
    /// The end, as for subjects, whose last tokens tell them apart.
    Tail,
}

/// The cells that `text` takes.
pub fn width(text: &str) -> usize {
    text.width()
}

/// `text` in at most `cells` cells, with an ellipsis where something was cut.
pub fn fit(text: &str, cells: usize, keep: Keep) -> String {
    if width(text) <= cells {
        return text.to_owned();
    }
    if cells == 0 {
        return String::new();
    }
    let room = cells - 1;
    match keep {
        Keep::Head => take(text.graphemes(true), room).concat() + ELLIPSIS,
        Keep::Tail => {
            let mut tail = take(text.graphemes(true).rev(), room);
            tail.reverse();
            ELLIPSIS.to_owned() + &tail.concat()
        }
    }
}

fn take<'a>(graphemes: impl Iterator<Item = &'a str>, room: usize) -> Vec<&'a str> {
    let mut used = 0;
    graphemes
        .take_while(|g| {
            used += width(g);
            used <= room
        })
        .collect()
}

/// `text` in exactly `cells` cells, with the blanks behind it.
pub fn pad_right(text: &str, cells: usize, keep: Keep) -> String {
    let mut out = fit(text, cells, keep);
    let missing = cells.saturating_sub(width(&out));
    out.extend(std::iter::repeat_n(' ', missing));
    out
}

/// `text` in exactly `cells` cells, with the blanks before it.
pub fn pad_left(text: &str, cells: usize) -> String {
    let out = fit(text, cells, Keep::Head);
    let missing = cells.saturating_sub(width(&out));
    " ".repeat(missing) + &out
}

/// Cells from which on a broken word has a hyphen.
const HYPHEN_CELLS_MIN: usize = 6;

/// `text` broken at blanks into lines of at most `cells` cells; a longer word is broken anywhere, with a hyphen where
/// it is of letters alone.
pub fn wrap(text: &str, cells: usize) -> Vec<String> {
    let cells = cells.max(1);
    let mut lines = Vec::new();
    for paragraph in text.split('\n') {
        let mut line = String::new();
        for word in paragraph.split_inclusive(' ') {
            if width(&line) + width(word.trim_end()) > cells && !line.is_empty() {
                lines.push(std::mem::take(&mut line).trim_end().to_owned());
            }
            if width(word) > cells {
                let is_plain = deck::is_of_letters(word.trim_end());
                let is_hyphenated = is_plain && cells >= HYPHEN_CELLS_MIN;
                let mut left = width(word.trim_end());
                for grapheme in word.graphemes(true) {
                    left = left.saturating_sub(width(grapheme));
                    let hyphen = usize::from(is_hyphenated && left > 0);
                    if width(&line) + width(grapheme) + hyphen > cells {
                        if is_hyphenated && grapheme != " " {
                            line.push('-');
                        }
                        lines.push(std::mem::take(&mut line));
                    }
                    line.push_str(grapheme);
                }
            } else if !(line.is_empty() && word == " " && !lines.is_empty()) {
                line.push_str(word);
            }
        }
        lines.push(line.trim_end().to_owned());
    }
    lines
}

/// Draws `text` wrapped into `area`; what does not fit is left out.
pub fn draw_wrapped(frame: &mut Frame<'_>, area: Rect, text: &str, style: Style) {
    let lines: Vec<Line<'_>> = wrap(text, area.width.into())
        .into_iter()
        .take(area.height.into())
        .map(|line| Line::styled(line, style))
        .collect();
    frame.render_widget(ratatui::text::Text::from(lines), area);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cut_text_never_passes_its_width() {
        for (text, cells, head, tail) in [
            ("sensors.temp", 12, "sensors.temp", "sensors.temp"),
            ("sensors.temp", 6, "senso…", "….temp"),
            ("日本語", 4, "日…", "…語"),
            ("日本語", 1, "…", "…"),
            ("a", 0, "", ""),
        ] {
            assert_eq!(fit(text, cells, Keep::Head), head, "{text} {cells}");
            assert_eq!(fit(text, cells, Keep::Tail), tail, "{text} {cells}");
        }
        assert_eq!(pad_left("日", 4), "  日");
        assert_eq!(pad_right("日本", 3, Keep::Head), "日…");
    }

    #[test]
    fn wrapping_breaks_at_blanks_and_inside_giants() {
        assert_eq!(wrap("en to tre", 5), ["en to", "tre"]);
        assert_eq!(wrap("abcdefgh ij", 3), ["abc", "def", "gh", "ij"]);
        assert_eq!(wrap("a\n\nb", 9), ["a", "", "b"]);
    }
}
