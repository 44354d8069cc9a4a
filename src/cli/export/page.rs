//! The slides as pages: rows of runs, each with its look on a screen and on paper.

use ratatui::layout::Rect;
use ratatui::style::Style;
use unicode_width::UnicodeWidthStr;

use crate::deck::{Deck, Highlighter};
use crate::tui::jobs::Jobs;
use crate::tui::pictures::Pictures;
use crate::tui::still::{self, PAPER_COLUMNS, Sheet, Stills};
use crate::tui::theme::Theme;

/// Rows that a slide has at least, as far as its layout is concerned; blank ones at its end are left out.
const ROWS: u16 = 36;

/// What pages are made with.
pub struct Look<'a> {
    /// Colours on a screen.
    pub screen: &'a Theme,
    /// Colours of code.
    pub highlighter: &'a Highlighter,
    /// The deck's pictures.
    pub pictures: &'a Pictures,
    /// What code blocks wrote.
    pub jobs: &'a Jobs,
    /// Whether the speaker's notes are there.
    pub has_notes: bool,
}

/// A slide.
pub struct Page {
    /// Its title.
    pub title: String,
    /// What the speaker wanted to remember.
    pub notes: Vec<String>,
    /// The rows, top to bottom.
    pub rows: Vec<Row>,
    /// Cells of the widest row.
    pub columns: usize,
    /// The pictures and where they stand, in cells.
    pub pictures: Vec<(String, Rect)>,
}

/// A row of a page.
#[derive(Default)]
pub struct Row(pub Vec<Run>);

/// Cells that look the same.
pub struct Run {
    /// What stands in them.
    pub text: String,
    /// How it looks on a screen.
    pub screen: Style,
    /// How it looks on paper.
    pub paper: Style,
    /// Where it leads.
    pub link: Option<String>,
}

impl Row {
    /// The row without its looks and without blanks at its end.
    pub fn text(&self) -> String {
        let text: String = self.0.iter().map(|run| run.text.as_str()).collect();
        text.trim_end().to_owned()
    }

    fn is_blank(&self) -> bool {
        self.0.iter().all(|run| run.text.trim().is_empty())
    }
}

/// All slides of the deck.
pub fn all(deck: &Deck, look: &Look<'_>) -> Vec<Page> {
    let sheet = |theme| Sheet {
        highlighter: Some(look.highlighter),
        pictures: Some(look.pictures),
        jobs: Some(look.jobs),
        is_paper: true,
        ..Sheet::new((PAPER_COLUMNS, ROWS), theme)
    };
    // The theme has no say in where anything stands, so the two are the same but for their colours.
    let light = Theme::light();
    let mut on_screen = Stills::new(deck, sheet(look.screen));
    let mut on_paper = Stills::new(deck, sheet(&light));
    let slides = deck.slides.iter().enumerate();
    slides
        .map(|(number, slide)| {
            let (screen, paper) = (on_screen.draw(number), on_paper.draw(number));
            let mut styles = Vec::new();
            still::each_row(&paper.cells, paper.cells.area, |row| {
                styles.push(row.iter().map(|(_, style)| *style).collect::<Vec<Style>>());
            });
            let mut rows: Vec<Row> = Vec::new();
            let is_covered = |x: u16, y: u16| {
                let mut places = screen.pictures.iter();
                places.any(|(_, area)| area.contains((x, y).into()))
            };
            still::each_row(&screen.cells, screen.cells.area, |cells| {
                let y = u16::try_from(rows.len()).unwrap_or(u16::MAX);
                let mut row = Row::default();
                let mut x = 0;
                for (nth, (symbol, style)) in cells.iter().enumerate() {
                    let mut links = screen.links.iter();
                    let link = links.find(|(area, _)| area.contains((x, y).into()));
                    let on_paper = styles.get(usize::from(y)).and_then(|row| row.get(nth)).copied();
                    let (symbol, style, on_paper) = match is_covered(x, y) {
                        true => (" ", Style::reset(), Style::reset()),
                        false => (*symbol, *style, on_paper.unwrap_or_default()),
                    };
                    row.push(symbol, style, on_paper, link.map(|(_, address)| address.as_str()));
                    x += u16::try_from(symbol.width()).unwrap_or(1).max(1);
                }
                rows.push(row);
            });
            let below_pictures = screen.pictures.iter().map(|(_, area)| usize::from(area.bottom()));
            let filled = rows
                .iter()
                .rposition(|row| !row.is_blank())
                .map_or(0, |at| at + 1);
            rows.truncate(filled.max(below_pictures.max().unwrap_or(0)));
            Page {
                title: slide.title().to_owned(),
                notes: slide.notes.iter().filter(|_| look.has_notes).cloned().collect(),
                columns: usize::from(screen.cells.area.width),
                rows,
                pictures: screen.pictures,
            }
        })
        .collect()
}

impl Row {
    fn push(&mut self, symbol: &str, screen: Style, paper: Style, link: Option<&str>) {
        match self.0.last_mut() {
            Some(last) if (last.screen, last.paper, last.link.as_deref()) == (screen, paper, link) => {
                last.text.push_str(symbol);
            }
            _ => self.0.push(Run {
                text: symbol.to_owned(),
                screen,
                paper,
                link: link.map(str::to_owned),
            }),
        }
    }
}
