//! All slides at once, as small cards; what is typed leaves those whose title fits.

use ratatui::Frame;
use ratatui::crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::{Block, BorderType, Clear, Paragraph};

use super::palette::draw_prompt;
use super::rows;
use super::texts;
use super::theme::Theme;
use super::widgets::field::Field;
use super::widgets::text::wrap;
use crate::client::payload;
use crate::deck::{Deck, LayoutOptions, Piece, Role, layout};
use crate::util::fuzzy;

/// Cells of a card, at least.
const CARD_CELLS_MIN: u16 = 24;
/// Rows of a card, at least.
const CARD_ROWS_MIN: u16 = 8;
/// Cells and rows that a card takes at most, and how much wider than high a good one is.
const CARD_CELLS_MAX: u16 = 64;
const CARD_ROWS_MAX: u16 = 20;
const CARD_SHAPE: u16 = 3;
/// Rows of a title on its card.
const TITLE_ROWS_MAX: usize = 3;

/// The overview while it is open.
pub struct Overview {
    field: Field,
    /// The card that is chosen, as an index into those that fit.
    chosen: usize,
    /// Cards side by side, as last drawn.
    columns: usize,
}

/// What became of a key.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Still choosing.
    Open,
    /// To this slide, from 0.
    Chosen(usize),
    /// Enter where no slide fits.
    Nothing,
}

impl Overview {
    /// All slides, with the one that is shown chosen.
    pub fn new(page: usize) -> Overview {
        Overview {
            field: Field::line("").placeholder(texts::overview_hint()),
            chosen: page,
            columns: 1,
        }
    }

    /// Takes a key; Esc is the caller's.
    pub fn on_key(&mut self, key: KeyEvent, deck: &Deck) -> Outcome {
        let matches = self.matches(deck);
        let last = matches.len().saturating_sub(1);
        let by = |steps: usize, on: bool| match on {
            true => (self.chosen + steps).min(last),
            false => self.chosen.saturating_sub(steps),
        };
        self.chosen = match key.code {
            KeyCode::Enter => {
                let chosen = matches.get(self.chosen.min(last));
                return chosen.map_or(Outcome::Nothing, |page| Outcome::Chosen(*page));
            }
            KeyCode::Left | KeyCode::BackTab => by(1, false),
            KeyCode::Right | KeyCode::Tab => by(1, true),
            KeyCode::Up => by(self.columns, false),
            KeyCode::Down => by(self.columns, true),
            KeyCode::PageUp => by(2 * self.columns, false),
            KeyCode::PageDown => by(2 * self.columns, true),
            KeyCode::Home => 0,
            KeyCode::End => last,
            _ => {
                let before = self.field.content();
                self.field.on_key(key);
                if self.field.content() == before {
                    self.chosen
                } else {
                    0
                }
            }
        };
        Outcome::Open
    }

    /// Pasted text.
    pub fn on_paste(&mut self, text: &str) {
        self.field.on_paste(text);
        self.chosen = 0;
    }

    /// The slides whose title fits what was typed, the best first; a number is the slide of that number.
    fn matches(&self, deck: &Deck) -> Vec<usize> {
        let text = self.field.content();
        let pages = 0..deck.slides.len();
        if text.trim().is_empty() {
            return pages.collect();
        }
        if let Ok(number) = text.trim().parse::<usize>() {
            return pages.filter(|page| page + 1 == number).collect();
        }
        let mut scored: Vec<(i32, usize)> = pages
            .filter_map(|page| Some((fuzzy::score(deck.slides[page].title(), &text)?, page)))
            .collect();
        scored.sort_by_key(|(score, page)| (std::cmp::Reverse(*score), *page));
        scored.into_iter().map(|(_, page)| page).collect()
    }

    /// Draws the cards over `area`, and a line to type in below them.
    pub fn draw(&mut self, frame: &mut Frame<'_>, area: Rect, (deck, page): (&Deck, usize), theme: &Theme) {
        frame.render_widget(Clear, area);
        frame.buffer_mut().set_style(area, theme.page);
        let prompt = Rect {
            y: area.bottom().saturating_sub(1),
            height: 1.min(area.height),
            ..area
        };
        draw_prompt(frame, prompt, "/", &mut self.field, theme);
        let area = Rect {
            height: area.height.saturating_sub(1),
            ..area
        };
        let matches = self.matches(deck);
        self.chosen = self.chosen.min(matches.len().saturating_sub(1));
        let (columns, rows) = grid(area, matches.len());
        let card_cells = (area.width / columns).min(CARD_CELLS_MAX);
        let card_rows = (area.height / rows).clamp(1, CARD_ROWS_MAX);
        self.columns = usize::from(columns);
        if matches.is_empty() {
            frame.render_widget(Line::styled(texts::no_title_fits(), theme.faint), area);
            return;
        }
        let first_row = (self.chosen / self.columns + 1).saturating_sub(usize::from(rows));
        let shown = matches.iter().enumerate().skip(first_row * self.columns);
        for ((nth, at), place) in shown.zip(0..columns * rows) {
            let card = Rect {
                x: area.x + place % columns * card_cells,
                y: area.y + place / columns * card_rows,
                width: card_cells,
                height: card_rows,
            };
            let look = Look {
                is_chosen: nth == self.chosen,
                is_shown: *at == page,
            };
            draw_card(frame, card.intersection(area), (deck, *at), look, theme);
        }
    }
}

/// The columns and rows of cards that show the most of so many slides: all of them, as large as they can be; else as
/// many as there is room for.
fn grid(area: Rect, count: usize) -> (u16, u16) {
    let most = (
        (area.width / CARD_CELLS_MIN).max(1),
        (area.height / CARD_ROWS_MIN).max(1),
    );
    let count = u16::try_from(count.max(1)).unwrap_or(u16::MAX);
    // Of two that are as good, the one with fewer cards side by side, which is the last.
    let grids = (1..=most.0)
        .rev()
        .map(|columns| (columns, count.div_ceil(columns)));
    let fitting = grids.filter(|(_, rows)| *rows <= most.1);
    let size = |(columns, rows): &(u16, u16)| (area.width / columns).min(area.height / rows * CARD_SHAPE);
    fitting.max_by_key(size).unwrap_or(most)
}

/// What tells one card from the others.
struct Look {
    is_chosen: bool,
    is_shown: bool,
}

fn draw_card(frame: &mut Frame<'_>, area: Rect, (deck, page): (&Deck, usize), look: Look, theme: &Theme) {
    let (style, kind) = match look.is_chosen {
        true => (theme.border_focused, BorderType::Thick),
        false => (theme.border, BorderType::Plain),
    };
    let mark = if look.is_shown { "●" } else { "" };
    let block = Block::bordered()
        .border_type(kind)
        .border_style(style)
        .title_style(if look.is_chosen { theme.accent } else { theme.title })
        .title(format!(" {}{mark} ", page + 1));
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let slide = &deck.slides[page];
    let title = wrap(&payload::neutralise(slide.title()), inner.width.into());
    let mut lines: Vec<Line<'_>> = title
        .into_iter()
        .take(TITLE_ROWS_MAX)
        .map(|row| Line::styled(row, theme.accent))
        .collect();
    let (above, options) = (lines.len(), LayoutOptions::default());
    let is_heading = |piece: &Piece| {
        let mut spans = piece.lines.iter().flat_map(|line| &line.spans);
        spans.any(|span| matches!(span.role, Role::Heading(_) | Role::SlideTitle))
    };
    for piece in layout(slide, inner.width, &options) {
        // The title stands above already, whether it is pinned or in the middle of a title slide.
        if piece.pinned || (lines.len() == above && is_heading(&piece)) {
            continue;
        }
        let gap = if lines.len() == above { 0 } else { piece.gap };
        lines.extend((0..gap).map(|_| Line::default()));
        lines.extend(piece.lines.iter().map(|line| rows::styled(line, theme)));
        if lines.len() >= usize::from(inner.height) {
            break;
        }
    }
    frame.render_widget(Paragraph::new(lines), inner);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pressed(overview: &mut Overview, deck: &Deck, code: KeyCode) -> Outcome {
        overview.on_key(KeyEvent::from(code), deck)
    }

    #[test]
    fn cards_are_as_large_as_lets_all_of_them_be_seen() {
        for (size, count, expected) in [
            ((200, 59), 36, (6, 6)),
            ((80, 23), 4, (2, 2)),
            ((100, 29), 1, (1, 1)),
            ((10, 3), 4, (1, 1)),
            ((0, 0), 4, (1, 1)),
        ] {
            let area = Rect::new(0, 0, size.0, size.1);
            assert_eq!(grid(area, count), expected, "{count} on {size:?}");
            let (columns, rows) = grid(area, 1_000);
            assert!(columns * CARD_CELLS_MIN <= size.0.max(CARD_CELLS_MIN));
            assert!(rows * CARD_ROWS_MIN <= size.1.max(CARD_ROWS_MIN));
        }
    }

    #[test]
    fn cards_are_chosen_by_arrows_letters_and_numbers() {
        let deck = Deck::parse("# Start\n---\n# Publish\n---\n# Request-Reply\n---\n# Slutt");
        let typed = |text: &str| {
            let mut overview = Overview::new(3);
            for letter in text.chars() {
                assert_eq!(
                    pressed(&mut overview, &deck, KeyCode::Char(letter)),
                    Outcome::Open
                );
            }
            pressed(&mut overview, &deck, KeyCode::Enter)
        };
        assert_eq!(typed(""), Outcome::Chosen(3));
        assert_eq!(typed("rere"), Outcome::Chosen(2));
        assert_eq!(typed("pub"), Outcome::Chosen(1));
        assert_eq!(typed("1"), Outcome::Chosen(0));
        assert_eq!(typed("xyz"), Outcome::Nothing);
        let mut overview = Overview::new(0);
        overview.columns = 2;
        for (code, chosen) in [
            (KeyCode::Down, 2),
            (KeyCode::Right, 3),
            (KeyCode::Right, 3),
            (KeyCode::Up, 1),
            (KeyCode::Home, 0),
            (KeyCode::Left, 0),
            (KeyCode::End, 3),
        ] {
            pressed(&mut overview, &deck, code);
            assert_eq!(overview.chosen, chosen, "{code}");
        }
    }
}
