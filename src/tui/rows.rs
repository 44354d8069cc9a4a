//! Lines with styles, cut to the screen: by cells, never through a character.

use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthChar;

use crate::deck::{self, Deck, LayoutOptions};
use crate::tui::theme::Theme;

/// A line of a slide in the theme's colours.
pub fn styled(line: &deck::Line, theme: &Theme) -> Line<'static> {
    let spans = line.spans.iter();
    Line::from_iter(spans.map(|span| Span::styled(span.text.clone(), theme.role(span.role))))
}

/// The first slide of a text in rows of at most `width` cells.
pub fn markdown(text: &str, width: u16, theme: &Theme) -> Vec<Line<'static>> {
    let deck = Deck::parse(text);
    let mut lines = Vec::new();
    for piece in deck::layout(&deck.slides[0], width, &LayoutOptions::default()) {
        if !lines.is_empty() {
            lines.extend((0..piece.gap).map(|_| Line::default()));
        }
        let styled = piece.lines.iter().map(|line| styled(line, theme));
        lines.extend(styled.flat_map(|line| wrap(line, width.into())));
    }
    lines
}

/// Cuts a line into rows of at most `width` cells.
pub fn wrap(line: Line<'static>, width: usize) -> Vec<Line<'static>> {
    let width = width.max(2);
    if line.width() <= width {
        return vec![line];
    }
    let mut rows = Vec::new();
    let mut row: Vec<Span<'static>> = Vec::new();
    let mut cells = 0;
    for span in line.spans {
        let mut text = String::new();
        for c in span.content.chars() {
            let wide = c.width().unwrap_or(0);
            if cells + wide > width {
                row.push(Span::styled(std::mem::take(&mut text), span.style));
                rows.push(Line::from(std::mem::take(&mut row)));
                cells = 0;
            }
            text.push(c);
            cells += wide;
        }
        row.push(Span::styled(text, span.style));
    }
    rows.push(Line::from(row));
    rows
}

/// The part of a line from cell `from` on.
pub fn scrolled(line: Line<'static>, from: usize) -> Line<'static> {
    let mut left = from;
    let spans = line.spans.into_iter().map(|span| {
        let kept = span.content.chars().skip_while(|c| {
            let skip = left > 0;
            left = left.saturating_sub(c.width().unwrap_or(0));
            skip
        });
        Span::styled(kept.collect::<String>(), span.style)
    });
    Line::from_iter(spans.collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(line: &Line<'_>) -> String {
        line.spans.iter().map(|s| s.content.as_ref()).collect()
    }

    #[test]
    fn rows_are_cut_by_cells_not_by_characters() {
        let rows = wrap(Line::from_iter(["abc", "日本語d"]), 5);
        assert_eq!(rows.iter().map(text).collect::<Vec<_>>(), ["abc日", "本語d"]);
        assert!(rows.iter().all(|row| row.width() <= 5));
        assert_eq!(text(&scrolled(Line::from_iter(["abc", "def"]), 4)), "ef");
        assert_eq!(text(&scrolled(Line::from("abc"), 9)), "");
    }
}
