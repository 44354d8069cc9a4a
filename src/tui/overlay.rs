//! What lies over the screen and takes the keys while it does: help, palette, search, a question,
//! the black screen.

use crate::tui::texts;
use ratatui::Frame;
use ratatui::crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Paragraph, Wrap};

use super::commands::{Command, commands, of_second_screen};
use super::edits::Editor;
use super::jobs::BlockId;
use super::overview::Overview;
use super::palette::{Choice, Palette};
use super::panes::KeyHelp;
use super::theme::Theme;
use super::widgets::field::Field;
use super::widgets::text::{pad_left, wrap};

/// Cells for the keys in the help.
const KEYS_CELLS: usize = 26;
/// Cells that the help takes at most.
const HELP_CELLS_MAX: u16 = 96;
/// Cells that a question takes at most.
const QUESTION_CELLS_MAX: u16 = 64;

/// One of them.
pub enum Overlay {
    /// The keys of a view.
    Help(Help),
    /// The command palette.
    Palette(Box<Palette<Choice>>),
    /// All slides.
    Overview(Overview),
    /// A pattern to search for.
    Search(Field),
    /// May this deck run code? The blocks wait for the answer.
    Trust(Vec<BlockId>),
    /// A code block that is being changed.
    Edit(Box<Editor>),
    /// Nothing to see.
    Black,
}

/// The keys of a view, scrolled where they do not fit.
pub struct Help {
    title: String,
    rows: Vec<(String, String)>,
    scroll: u16,
}

impl Help {
    /// The keys of the slide.
    pub fn of_slide() -> Help {
        Help::of(texts::keys_title().to_owned(), Vec::new(), &commands())
    }

    /// The keys of the speaker's second screen.
    pub fn of_second_screen() -> Help {
        Help::of(texts::keys_title().to_owned(), Vec::new(), &of_second_screen())
    }

    /// The keys of a window, then those of the slide.
    pub fn of_window(title: &str, keys: &[KeyHelp]) -> Help {
        let mut rows: Vec<(String, String)> = keys.iter().map(|(key, name)| own(key, name)).collect();
        rows.push(own("", ""));
        rows.push(own("", texts::with_slide_focus()));
        Help::of(texts::keys_of(title), rows, &commands())
    }

    /// These keys of a window, then what holds everywhere.
    pub fn of_tab(title: &str, keys: &[KeyHelp], everywhere: &[Command]) -> Help {
        let mut rows: Vec<(String, String)> = keys.iter().map(|(key, name)| own(key, name)).collect();
        rows.push(own("", ""));
        Help::of(texts::keys_of(title), rows, everywhere)
    }

    fn of(title: String, mut rows: Vec<(String, String)>, commands: &[Command]) -> Help {
        rows.extend(commands.iter().map(|command| own(command.keys, command.name)));
        Help {
            title,
            rows,
            scroll: 0,
        }
    }

    /// Scrolls by key; false for one that closes the help.
    pub fn on_key(&mut self, key: KeyEvent) -> bool {
        match key.code {
            KeyCode::Down | KeyCode::Char('j') => self.scroll(1),
            KeyCode::Up | KeyCode::Char('k') => self.scroll(-1),
            KeyCode::PageDown | KeyCode::Char(' ') => self.scroll(10),
            KeyCode::PageUp => self.scroll(-10),
            _ => return false,
        }
        true
    }

    /// Scrolls; negative goes up.
    fn scroll(&mut self, by: i16) {
        let most = u16::try_from(self.rows.len()).unwrap_or(u16::MAX);
        self.scroll = self.scroll.saturating_add_signed(by).min(most);
    }

    /// Draws the keys in the middle of `area`.
    pub fn draw(&mut self, frame: &mut Frame<'_>, area: Rect, theme: &Theme) {
        let count = u16::try_from(self.rows.len()).unwrap_or(u16::MAX);
        let at = middle(area, HELP_CELLS_MAX, count.saturating_add(2));
        let hidden = count.saturating_sub(at.height.saturating_sub(2));
        self.scroll = self.scroll.min(hidden);
        let rows: Vec<Line<'_>> = self
            .rows
            .iter()
            .map(|(keys, name)| {
                let keys = pad_left(keys, KEYS_CELLS);
                Line::from_iter([Span::styled(keys, theme.accent), Span::raw(format!("  {name}"))])
            })
            .collect();
        let foot = if hidden > 0 {
            texts::help_foot_scrolls()
        } else {
            texts::help_foot()
        };
        let block = Block::bordered()
            .border_style(theme.border_focused)
            .title_style(theme.title)
            .title(format!(" {} ", self.title))
            .title_bottom(foot);
        frame.render_widget(Clear, at);
        frame.render_widget(Paragraph::new(rows).scroll((self.scroll, 0)).block(block), at);
    }
}

fn own(key: &str, name: &str) -> (String, String) {
    (key.to_owned(), name.to_owned())
}

/// A question that is answered with a key.
pub struct Question<'a> {
    /// Above it.
    pub title: &'a str,
    /// What is asked, on one line or several.
    pub text: &'a str,
    /// What yes means.
    pub yes: &'a str,
    /// What no means.
    pub no: &'a str,
}

/// Asks whether a deck from outside may run code.
pub fn draw_trust(frame: &mut Frame<'_>, area: Rect, theme: &Theme) {
    let question = Question {
        title: texts::trust_title(),
        text: texts::trust_question(),
        yes: texts::trust_yes(),
        no: texts::trust_no(),
    };
    question.draw(frame, area, theme);
}

/// True for the key that means yes in any of the languages, false for no; none for others.
pub fn answer(code: KeyCode) -> Option<bool> {
    match code {
        KeyCode::Char('j' | 'J' | 'y' | 'Y') => Some(true),
        KeyCode::Char('n' | 'N') | KeyCode::Esc => Some(false),
        _ => None,
    }
}

impl Question<'_> {
    /// Draws the question in the middle of `area`.
    pub fn draw(&self, frame: &mut Frame<'_>, area: Rect, theme: &Theme) {
        let cells = usize::from(QUESTION_CELLS_MAX.min(area.width).saturating_sub(2));
        let mut text: Vec<Line<'_>> = wrap(self.text, cells).into_iter().map(Line::raw).collect();
        text.push(Line::default());
        text.push(Line::from_iter([
            Span::styled(texts::trust_yes_key(), theme.accent),
            Span::raw(self.yes),
        ]));
        text.push(Line::from_iter([
            Span::styled("n", theme.accent),
            Span::raw(self.no),
        ]));
        let height = u16::try_from(text.len()).unwrap_or(u16::MAX).saturating_add(2);
        let at = middle(area, QUESTION_CELLS_MAX, height.max(8));
        draw_boxed(frame, at, text, self.title, theme);
    }
}

fn draw_boxed(frame: &mut Frame<'_>, at: Rect, text: Vec<Line<'_>>, title: &str, theme: &Theme) {
    let block = Block::bordered()
        .border_style(theme.border_focused)
        .title_style(theme.title)
        .title(title.to_owned());
    frame.render_widget(Clear, at);
    frame.render_widget(Paragraph::new(text).wrap(Wrap { trim: false }).block(block), at);
}

/// The keys of a view in one row, as many as fit.
pub fn key_row(keys: &[KeyHelp], cells: u16, theme: &Theme) -> Line<'static> {
    let mut row = Line::default();
    for (key, name) in keys {
        let spans = [
            Span::styled(format!(" {key}"), theme.accent),
            Span::styled(format!(" {name} "), theme.faint),
        ];
        let wide: usize = spans.iter().map(Span::width).sum();
        // A shorter one behind it may still fit.
        if row.width() + wide > usize::from(cells) {
            continue;
        }
        row.spans.extend(spans);
    }
    row
}

fn middle(area: Rect, width_max: u16, height_max: u16) -> Rect {
    let width = width_max.min(area.width);
    let height = height_max.min(area.height);
    Rect {
        x: area.x + (area.width - width) / 2,
        y: area.y + (area.height - height) / 2,
        width,
        height,
    }
}
