//! A slide on a screen of a fixed size, without a terminal: for `render`, `check` and tests.

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use ratatui::widgets::Widget;

use super::pictures::Pictures;
use super::rows;
use super::screens::slides::{Contents, SlideView};
use super::theme::Theme;
use crate::deck::{Deck, Highlighter};

/// How a slide fills its screen.
pub struct Still {
    /// The screen's cells.
    pub cells: Buffer,
    /// Rows of the slide's body that there was no room for.
    pub rows_hidden: usize,
    /// Cells by which the widest line of code or diagram goes beyond the edge.
    pub cells_hidden: usize,
}

/// Draws the slide `page`, from 0, with all its steps shown. Colours of code come from `highlighter`.
pub fn draw(
    deck: &Deck,
    page: usize,
    size: (u16, u16),
    theme: &Theme,
    highlighter: Option<&Highlighter>,
    pictures: Option<&Pictures>,
) -> Still {
    let contents = Contents {
        pictures,
        ..Contents::default()
    };
    let mut view = SlideView::new(deck.clone(), page);
    view.show_all();
    if let Some(highlighter) = highlighter {
        let code = &view.slide().code;
        let colours = code
            .iter()
            .map(|block| highlighter.highlight(block.language.as_deref().unwrap_or_default(), &block.shown));
        let colours = colours.collect();
        view.set_colours(0, view.page(), colours);
    }
    let Ok(mut terminal) = Terminal::new(TestBackend::new(size.0, size.1));
    let Ok(_) = terminal.draw(|frame| {
        let area = frame.area();
        frame.buffer_mut().set_style(area, theme.page);
        view.draw(frame, area, &contents, theme);
    });
    let (rows_hidden, cells_hidden) = view.hidden();
    Still {
        cells: terminal.backend().buffer().clone(),
        rows_hidden,
        cells_hidden,
    }
}

/// The cells as lines of text, without blanks at their ends.
pub fn text(cells: &Buffer) -> String {
    let mut out = String::new();
    each_row(cells, |row| {
        let line: String = row.iter().map(|(symbol, _)| *symbol).collect();
        out.push_str(line.trim_end());
        out.push('\n');
    });
    out
}

/// Markdown for a terminal of so many columns, with the escape sequences for its colours.
pub fn markdown(text: &str, columns: u16, theme: &Theme) -> String {
    let lines = rows::markdown(text, columns, theme);
    let area = Rect::new(0, 0, columns, u16::try_from(lines.len()).unwrap_or(u16::MAX));
    let mut cells = Buffer::empty(area);
    for (line, row) in lines.iter().zip(area.rows()) {
        line.render(row, &mut cells);
    }
    ansi(&cells)
}

/// The cells as lines of text with the escape sequences for their colours.
pub fn ansi(cells: &Buffer) -> String {
    let mut out = String::new();
    each_row(cells, |row| {
        let mut before = Style::reset();
        for (symbol, style) in row {
            if *style != before {
                out.push_str(&sequence(*style));
                before = *style;
            }
            out.push_str(symbol);
        }
        out.push_str("\x1b[0m\n");
    });
    out
}

fn each_row(cells: &Buffer, mut take: impl FnMut(&[(&str, Style)])) {
    let area = cells.area;
    for y in area.top()..area.bottom() {
        let mut row = Vec::new();
        let mut covered = 0;
        for x in area.left()..area.right() {
            let Some(cell) = cells.cell((x, y)) else { continue };
            // A wide character covers the cell behind it.
            if covered > 0 {
                covered -= 1;
                continue;
            }
            covered = unicode_width::UnicodeWidthStr::width(cell.symbol()).saturating_sub(1);
            row.push((cell.symbol(), cell.style()));
        }
        take(&row);
    }
}

/// ECMA-48 for a style, from scratch.
fn sequence(style: Style) -> String {
    let mut codes = vec!["0".to_owned()];
    let modifiers = [
        (Modifier::BOLD, "1"),
        (Modifier::DIM, "2"),
        (Modifier::ITALIC, "3"),
        (Modifier::UNDERLINED, "4"),
        (Modifier::REVERSED, "7"),
        (Modifier::CROSSED_OUT, "9"),
    ];
    let set = modifiers
        .iter()
        .filter(|(modifier, _)| style.add_modifier.contains(*modifier));
    codes.extend(set.map(|(_, code)| (*code).to_owned()));
    codes.extend(style.fg.and_then(|colour| code(colour, 30)));
    codes.extend(style.bg.and_then(|colour| code(colour, 40)));
    format!("\x1b[{}m", codes.join(";"))
}

fn code(colour: Color, base: u8) -> Option<String> {
    let plain = match colour {
        Color::Reset => return None,
        Color::Rgb(r, g, b) => return Some(format!("{};2;{r};{g};{b}", base + 8)),
        Color::Indexed(index) => return Some(format!("{};5;{index}", base + 8)),
        Color::Black => 0,
        Color::Red => 1,
        Color::Green => 2,
        Color::Yellow => 3,
        Color::Blue => 4,
        Color::Magenta => 5,
        Color::Cyan => 6,
        Color::Gray => 7,
        Color::DarkGray => 60,
        Color::LightRed => 61,
        Color::LightGreen => 62,
        Color::LightYellow => 63,
        Color::LightBlue => 64,
        Color::LightMagenta => 65,
        Color::LightCyan => 66,
        Color::White => 67,
    };
    Some((base + plain).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slide_is_drawn_whole_and_says_what_has_no_room() {
        let deck = Deck::parse(
            "# Én\n\n日本 *b*\n<!-- pause -->\n\nc\n---\n# To\n\n```\n0123456789012345678901234567890\n```\n\n- a\n- b\n- c\n- d",
        );
        let still = draw(&deck, 0, (24, 8), &Theme::dark(), None, None);
        assert_eq!(text(&still.cells), "  Én\n  日本 b\n\n  c\n\n\n\n\n");
        assert_eq!((still.rows_hidden, still.cells_hidden), (0, 0));
        assert!(
            ansi(&still.cells).contains("\x1b[0;1;36mÉ"),
            "{:?}",
            ansi(&still.cells)
        );
        assert!(ansi(&still.cells).contains("\x1b[0;3mb"));
        let still = draw(&deck, 1, (24, 6), &Theme::plain(), None, None);
        assert_eq!((still.rows_hidden, still.cells_hidden), (1, 13));
    }
}
