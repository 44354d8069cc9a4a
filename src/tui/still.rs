//! Slides on a screen of a fixed size, without a terminal: for `render`, `check`, exports and tests.

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use ratatui::widgets::Widget;
use unicode_width::UnicodeWidthStr;

use super::jobs::Jobs;
use super::links::Links;
use super::pictures::Pictures;
use super::rows;
use super::screens::slides::{Contents, MARGIN_CELLS, SlideView};
use super::theme::Theme;
use crate::deck::{Deck, Highlighter};

/// The longest side of a sheet of paper, in cells.
const PAPER_CELLS_MAX: u16 = 1_000;

/// Columns of a sheet of paper.
pub const PAPER_COLUMNS: u16 = 100;
/// Columns of a living block on it.
pub const LIVING_COLUMNS: u16 = PAPER_COLUMNS - 2 * MARGIN_CELLS;

/// What slides are drawn on, and with.
#[derive(Clone, Copy)]
pub struct Sheet<'a> {
    /// Columns and rows.
    pub size: (u16, u16),
    /// Colours.
    pub theme: &'a Theme,
    /// Where colours of code come from; without it code is plain.
    pub highlighter: Option<&'a Highlighter>,
    /// The deck's pictures.
    pub pictures: Option<&'a Pictures>,
    /// What code blocks have written.
    pub jobs: Option<&'a Jobs>,
    /// Nothing scrolls: the sheet is as large as the slide needs, output is there at length, and there are no marks
    /// for keys.
    pub is_paper: bool,
}

impl<'a> Sheet<'a> {
    /// A screen of that size.
    pub fn new(size: (u16, u16), theme: &'a Theme) -> Sheet<'a> {
        Sheet {
            size,
            theme,
            highlighter: None,
            pictures: None,
            jobs: None,
            is_paper: false,
        }
    }
}

/// The slides of a deck, to be drawn one after another.
pub struct Stills<'a> {
    view: SlideView,
    sheet: Sheet<'a>,
    links: Links,
}

/// How a slide fills its screen.
pub struct Still {
    /// The screen's cells.
    pub cells: Buffer,
    /// Rows of the slide's body that there was no room for.
    pub rows_hidden: usize,
    /// Cells by which the widest line of code or diagram goes beyond the edge.
    pub cells_hidden: usize,
    /// Where links stand, and where they lead.
    pub links: Vec<(Rect, String)>,
    /// The pictures that are seen whole, and where.
    pub pictures: Vec<(String, Rect)>,
}

impl<'a> Stills<'a> {
    /// The slides of `deck` on such sheets.
    pub fn new(deck: &Deck, sheet: Sheet<'a>) -> Stills<'a> {
        let mut view = SlideView::new(deck.clone(), 0);
        let links = Links::default();
        view.set_links(links.clone());
        if sheet.is_paper {
            view.lay_on_paper();
        }
        Stills { view, sheet, links }
    }

    /// Draws the slide `page`, from 0, with all its steps shown.
    pub fn draw(&mut self, page: usize) -> Still {
        self.view.show_step(page, usize::MAX);
        if let Some(highlighter) = self.sheet.highlighter {
            let code = &self.view.slide().code;
            let colours = code.iter().map(|block| {
                highlighter.highlight(block.language.as_deref().unwrap_or_default(), &block.shown)
            });
            let colours = colours.collect();
            self.view.set_colours(0, page, colours);
        }
        let mut size = self.sheet.size;
        loop {
            let still = self.draw_on(size);
            let grown = |side: u16, by: usize| {
                side.saturating_add(u16::try_from(by).unwrap_or(u16::MAX))
                    .min(PAPER_CELLS_MAX)
                    .max(side)
            };
            let larger = (
                grown(size.0, still.cells_hidden),
                grown(size.1, still.rows_hidden),
            );
            if !self.sheet.is_paper || larger == size {
                return still;
            }
            size = larger;
        }
    }

    fn draw_on(&mut self, size: (u16, u16)) -> Still {
        let contents = Contents {
            pictures: self.sheet.pictures,
            jobs: self.sheet.jobs,
            ..Contents::default()
        };
        if let Some(pictures) = self.sheet.pictures {
            pictures.begin_frame();
        }
        let (view, theme) = (&mut self.view, self.sheet.theme);
        let Ok(mut terminal) = Terminal::new(TestBackend::new(size.0, size.1));
        let Ok(_) = terminal.draw(|frame| {
            let area = frame.area();
            frame.buffer_mut().set_style(area, theme.page);
            view.draw(frame, area, &contents, theme);
        });
        let (rows_hidden, cells_hidden) = self.view.hidden();
        Still {
            cells: terminal.backend().buffer().clone(),
            rows_hidden,
            cells_hidden,
            links: self.links.all(),
            pictures: self.sheet.pictures.map(Pictures::shown).unwrap_or_default(),
        }
    }
}

/// Draws one slide on a screen of that size.
pub fn draw(deck: &Deck, page: usize, size: (u16, u16), theme: &Theme) -> Still {
    Stills::new(deck, Sheet::new(size, theme)).draw(page)
}

/// The cells as lines of text, without blanks at their ends.
pub fn text(cells: &Buffer) -> String {
    let mut out = String::new();
    each_row(cells, cells.area, |row| {
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
    rows_of(cells, cells.area, false)
        .into_iter()
        .map(|row| row + "\n")
        .collect()
}

/// The rows of a part of the cells with the escape sequences for their colours; blank ones at the end are left out.
pub fn rows_in(cells: &Buffer, area: Rect) -> Vec<String> {
    rows_of(cells, area, true)
}

fn rows_of(cells: &Buffer, area: Rect, trims: bool) -> Vec<String> {
    let mut rows = Vec::new();
    let mut last = 0;
    each_row(cells, area, |row| {
        let mut out = String::new();
        let mut before = Style::reset();
        let end = row
            .iter()
            .rposition(|(symbol, _)| *symbol != " ")
            .map_or(0, |at| at + 1);
        let row = if trims { &row[..end] } else { row };
        for (symbol, style) in row {
            if *style != before {
                out.push_str(&sequence(*style));
                before = *style;
            }
            out.push_str(symbol);
        }
        out.push_str("\x1b[0m");
        rows.push(out);
        if end > 0 {
            last = rows.len();
        }
    });
    if trims {
        rows.truncate(last);
    }
    rows
}

/// Hands out each row of a part of the cells: what stands in it, and how that looks.
pub fn each_row(cells: &Buffer, area: Rect, mut take: impl FnMut(&[(&str, Style)])) {
    let area = area.intersection(cells.area);
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
            covered = cell.symbol().width().saturating_sub(1);
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
        let still = draw(&deck, 0, (24, 8), &Theme::dark());
        assert_eq!(text(&still.cells), "  Én\n  日本 b\n\n  c\n\n\n\n\n");
        assert_eq!((still.rows_hidden, still.cells_hidden), (0, 0));
        assert!(
            ansi(&still.cells).contains("\x1b[0;1;36mÉ"),
            "{:?}",
            ansi(&still.cells)
        );
        assert!(ansi(&still.cells).contains("\x1b[0;3mb"));
        let still = draw(&deck, 1, (24, 6), &Theme::plain());
        assert_eq!((still.rows_hidden, still.cells_hidden), (1, 13));
    }

    #[test]
    fn paper_is_as_large_as_the_slide() {
        let deck = Deck::parse(
            "# To\n\n```sh\n0123456789012345678901234567890\n```\n\n- a\n- b\n- c\n- [d](https://nats.io)",
        );
        let theme = Theme::plain();
        let sheet = Sheet {
            is_paper: true,
            ..Sheet::new((24, 6), &theme)
        };
        let still = Stills::new(&deck, sheet).draw(0);
        assert_eq!((still.rows_hidden, still.cells_hidden), (0, 0));
        let drawn = text(&still.cells);
        assert!(drawn.contains("0123456789012345678901234567890\n"), "{drawn}");
        assert!(
            drawn.contains("• a") && drawn.contains("• d") && !drawn.contains('▶'),
            "{drawn}"
        );
        assert_eq!(still.links[0].1, "https://nats.io");
        assert_eq!(
            rows_in(&still.cells, Rect::new(2, 0, 4, 2)),
            ["\x1b[0;1mTo\x1b[0m", "\x1b[0;2m╭─ s\x1b[0m"]
        );
    }
}
