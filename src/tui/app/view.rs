//! Draws the app.

use std::time::Instant;

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Margin, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, BorderType, Clear};
use unicode_width::UnicodeWidthChar;

use super::{App, Tone};
use crate::deck::{self, Footer, format_paging};
use crate::tui::clock;
use crate::tui::commands::slide_keys;
use crate::tui::overlay::{Overlay, draw_trust, key_row};
use crate::tui::palette::draw_prompt;
use crate::tui::screens::slides::{Contents, HEIGHT_WITH_GAPS_MIN};
use crate::tui::stage::PaneText;
use crate::tui::status::Status;
use crate::tui::still;
use crate::tui::{texts, transition};

/// The smallest screen that anything can be shown on.
const CELLS_MIN: (u16, u16) = (20, 5);
/// Keys in the row of keys.
const KEYS_SHOWN_MAX: usize = 6;
/// Cells and rows of the audience's questions on a second screen, where they stand beside the notes.
const QUESTION_CELLS: u16 = 52;
const QUESTION_ROWS_MAX: u16 = 100;

impl App {
    /// Draws everything.
    pub(super) fn draw_all(&mut self, frame: &mut Frame<'_>) {
        let area = frame.area();
        frame.buffer_mut().set_style(area, self.theme.page);
        if area.width < CELLS_MIN.0 || area.height < CELLS_MIN.1 {
            frame.render_widget(texts::too_small(), area);
            return;
        }
        if matches!(self.overlay, Some(Overlay::Black)) {
            self.pictures.begin_frame();
            frame.render_widget(Clear, area);
            return;
        }
        let keys = u16::from(self.host.is_visible());
        let [main, key_line, status] = Layout::vertical([
            Constraint::Fill(1),
            Constraint::Length(keys),
            Constraint::Length(1),
        ])
        .areas(area);
        self.pictures.begin_frame();
        self.draw_main(frame, main);
        self.tell_panes(frame.buffer_mut());
        // A picture would lie over what lies over the slide.
        if self.overlay.is_some() || self.changing.is_some() {
            self.pictures.begin_frame();
        }
        if keys > 0 {
            self.draw_keys(frame, key_line);
        }
        self.draw_status(frame, status);
        self.draw_overlay(frame, area, status);
    }

    fn draw_main(&mut self, frame: &mut Frame<'_>, area: Rect) {
        let places = self.host.parts(area);
        let mut slide = places.slide;
        if places.has_border {
            let focused = self.host.slide_has_focus();
            let border = if focused {
                self.theme.border_focused
            } else {
                self.theme.border
            };
            let kind = if focused {
                BorderType::Thick
            } else {
                BorderType::Plain
            };
            let block = Block::bordered().border_style(border).border_type(kind);
            let inner = block.inner(slide);
            frame.render_widget(block, slide);
            slide = inner;
        }
        if !slide.is_empty() {
            let contents = Contents {
                jobs: Some(&self.jobs),
                living: Some(&self.living),
                pictures: Some(&self.pictures),
            };
            self.slides.draw(frame, slide, &contents, &self.theme);
            if !places.has_border {
                self.draw_progress(frame, slide);
            }
            self.draw_change(frame, slide);
        }
        self.slide_area = slide;
        self.host.draw(frame, places.windows, &self.theme);
    }

    /// Lets a second screen know what the panes show, and the slide where blocks have added to it.
    fn tell_panes(&mut self, cells: &Buffer) {
        if !self.stage.wants_panes() {
            return;
        }
        let mut shown: Vec<PaneText> = Vec::new();
        if self.living.count() > 0 || self.jobs.has_any_on(self.slides.page()) {
            shown.push(PaneText {
                title: texts::on_stage().to_owned(),
                rows: still::rows_in(cells, self.slide_area),
                from_end: true,
            });
        }
        if let Some((title, lines)) = self.living.asked(QUESTION_CELLS.into(), &self.theme) {
            let rows = lines.len().try_into().unwrap_or(u16::MAX).min(QUESTION_ROWS_MAX);
            let area = Rect::new(0, 0, QUESTION_CELLS, rows);
            let mut drawn = Buffer::empty(area);
            let newest = lines.len().saturating_sub(rows.into());
            for (line, y) in lines.into_iter().skip(newest).zip(0..rows) {
                drawn.set_line(0, y, &line, QUESTION_CELLS);
            }
            shown.push(PaneText {
                title,
                rows: still::rows_in(&drawn, area),
                from_end: true,
            });
        }
        shown.extend(self.host.shown().into_iter().map(|(title, area)| PaneText {
            title,
            rows: still::rows_in(cells, area),
            from_end: false,
        }));
        self.stage.show_panes(shown);
    }

    /// What is seen of the slide while it takes the place of the one before.
    fn draw_change(&mut self, frame: &mut Frame<'_>, area: Rect) {
        if self.change == transition::Kind::None {
            return;
        }
        let now = Instant::now();
        self.changing = self.changing.take().filter(|change| !change.is_over(now));
        if let Some(change) = &self.changing {
            change.blend(frame.buffer_mut(), area, now);
        }
        let mut drawn = Buffer::empty(area);
        for position in area.positions() {
            drawn[position] = frame.buffer_mut()[position].clone();
        }
        self.drawn = Some(drawn);
    }

    /// How far the talk is: a thin line along the upper edge, where that row is blank anyway.
    fn draw_progress(&self, frame: &mut Frame<'_>, area: Rect) {
        let total = self.slides.deck().slides.len();
        if area.height < HEIGHT_WITH_GAPS_MIN || total < 2 {
            return;
        }
        let gone = usize::from(area.width) * (self.slides.page() + 1) / total;
        let line = "▔".repeat(gone);
        frame.render_widget(
            Span::styled(line, self.theme.border_focused),
            Rect { height: 1, ..area },
        );
    }

    fn draw_keys(&mut self, frame: &mut Frame<'_>, area: Rect) {
        let mut keys = self.host.keys();
        if keys.is_empty() {
            keys = slide_keys().to_vec();
        }
        keys.truncate(KEYS_SHOWN_MAX);
        frame.render_widget(key_row(&keys, area.width, &self.theme), area);
    }

    fn names_lab(&self) -> bool {
        !self.host.is_filling() && self.slides.slide().labs().next().is_some()
    }

    fn draw_status(&mut self, frame: &mut Frame<'_>, area: Rect) {
        let hint = self
            .keys
            .pending()
            .or_else(|| self.is_typing().then(|| texts::typing().to_owned()))
            .or_else(|| self.slides.has_more().then(|| "▼ ctrl+d".to_owned()))
            .or_else(|| self.names_lab().then(|| texts::lab_key().to_owned()));
        let (steers, asked) = self.control_marks();
        let hint = match (steers, hint) {
            (Some(steers), Some(hint)) => Some(format!("{steers}  {hint}")),
            (steers, hint) => steers.or(hint),
        };
        let mark = asked.or_else(|| clock::mark(self.clock_ahead));
        let footer = self.slides.deck().front.looks.footer.as_ref();
        let is_bare = !self.slides.slide().has_footer || footer == Some(&Footer::Empty);
        if is_bare && self.message.is_none() && hint.is_none() && mark.is_none() {
            return;
        }
        let message = self.message.as_ref().map(|(text, tone)| {
            let style = match tone {
                Tone::Plain => self.theme.accent,
                Tone::Bad => self.theme.bad,
            };
            (text.as_str(), style)
        });
        let status = Status {
            message,
            author: &self.author,
            date: &self.date,
            server: &self.server,
            hint,
            mark,
            paging: match self.host.is_filling() {
                true => String::new(),
                false => format_paging(
                    &self.paging,
                    self.slides.page() + 1,
                    self.slides.deck().slides.len(),
                ),
            },
        };
        match footer.filter(|_| status.is_quiet() && !self.host.is_filling()) {
            Some(footer) => self.draw_footer(frame, area, footer),
            None => status.draw(frame, area, &self.theme),
        }
    }

    /// The foot of the screen as the deck wants it, while there is nothing else to say.
    fn draw_footer(&self, frame: &mut Frame<'_>, area: Rect, footer: &Footer) {
        let deck = self.slides.deck();
        let place = (self.slides.page() + 1, deck.slides.len());
        let inner = area.inner(Margin::new(1, 0));
        let line = |template: &str| {
            Line::styled(
                deck::filled_footer(template, &deck.front, place),
                self.theme.status,
            )
        };
        match footer {
            Footer::Empty => {}
            Footer::Progress(character) => {
                let cells = usize::from(area.width) * place.0 / place.1.max(1);
                let bar = character
                    .to_string()
                    .repeat(cells / character.width().unwrap_or(1).max(1));
                frame.render_widget(Span::styled(bar, self.theme.accent), area);
            }
            Footer::Template { left, center, right } => {
                frame.render_widget(line(left), inner);
                frame.render_widget(line(center).centered(), inner);
                frame.render_widget(line(right).right_aligned(), inner);
            }
        }
    }

    fn draw_overlay(&mut self, frame: &mut Frame<'_>, area: Rect, status: Rect) {
        let theme = &self.theme;
        match &mut self.overlay {
            Some(Overlay::Help(help)) => help.draw(frame, area, theme),
            Some(Overlay::Palette(palette)) => palette.draw(frame, area, theme),
            Some(Overlay::Overview(overview)) => {
                let talk = (self.slides.deck(), self.slides.page());
                overview.draw(frame, area, talk, theme);
            }
            Some(Overlay::Search(field)) => {
                frame.render_widget(Clear, status);
                draw_prompt(frame, status, "/", field, theme);
            }
            Some(Overlay::Edit(editor)) => {
                editor.draw(frame, (self.slide_area, self.slides.body_top()), theme);
            }
            Some(Overlay::Trust(_)) => draw_trust(frame, area, theme),
            Some(Overlay::Black) | None => {}
        }
    }
}
