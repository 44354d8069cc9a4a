//! The talk on somebody else's terminal: the slide that is shown on the stage, and, for who wants to look back, those
//! before it. Nothing can be run here, as there is nothing that could run it; polls can be answered, with a letter.

use anyhow::Result;
use ratatui::Frame;
use ratatui::crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::{Constraint, Layout, Margin};
use ratatui::text::Line;
use tokio::runtime::Handle;

use super::event::Waker;
use super::follower::{self, Screen};
use super::hall::Hall;
use super::links::Links;
use super::screens::slides::{Contents, SlideView};
use super::stage::follow::{FromStage, Me};
use super::stage::{Code, Command, Follower, Place};
use super::texts;
use super::theme::Theme;
use crate::client::ConnectSettings;
use crate::deck::Deck;

/// Shows the talk until the user has seen enough.
///
/// # Errors
/// There is no terminal, or it fails.
pub fn run(connection: ConnectSettings, code: Code, theme: Theme) -> Result<u8> {
    let audience = Audience::new(theme);
    let me = Me::new(Follower::Audience, String::new())?;
    follower::run(connection, code, me, audience)
}

/// The screen's state.
struct Audience {
    theme: Theme,
    links: Links,
    slides: Option<SlideView>,
    /// Where the stage is.
    place: Place,
    /// The furthest slide that the stage has shown: what is behind it is not for anybody yet.
    seen: usize,
    /// Whether the user looks at an earlier slide.
    looks_back: bool,
    trouble: Option<String>,
    /// The polls and questions of the slide.
    hall: Hall,
}

impl Audience {
    fn new(theme: Theme) -> Audience {
        Audience {
            theme,
            links: Links::default(),
            slides: None,
            place: Place::default(),
            seen: 0,
            looks_back: false,
            trouble: None,
            hall: Hall::new(),
        }
    }

    /// Lets the polls of the slide live.
    fn tend_living(&mut self) {
        if let Some(slides) = &self.slides {
            self.hall.tend(slides);
        }
    }

    fn go_to(&mut self, place: Place) {
        self.place = place;
        self.seen = self.seen.max(place.page);
        if !self.looks_back {
            self.catch_up();
        }
    }

    /// Back to what the stage shows.
    fn catch_up(&mut self) {
        self.looks_back = false;
        if let Some(slides) = &mut self.slides {
            slides.show_step(self.place.page, self.place.step);
        }
    }

    /// To another slide that was shown already.
    fn look(&mut self, by: isize) {
        let Some(slides) = &mut self.slides else { return };
        let page = slides.page().saturating_add_signed(by).min(self.seen);
        if page == self.place.page {
            return self.catch_up();
        }
        self.looks_back = true;
        slides.show_step(page, usize::MAX);
    }
}

impl Screen for Audience {
    fn hear(&mut self, said: FromStage) {
        match said {
            FromStage::Whole(whole) => {
                let deck = Deck::of_slides(&whole.slides, whole.manner);
                let mut slides = SlideView::new(deck, whole.place.page);
                slides.set_links(self.links.clone());
                slides.hold_still();
                slides.let_polls_live();
                self.hall.read_anew();
                self.slides = Some(slides);
                self.seen = self.seen.min(whole.slides.len().saturating_sub(1));
                self.looks_back = false;
                self.go_to(whole.place);
            }
            FromStage::Place(place) => self.go_to(place),
            FromStage::Joined(client) => {
                self.hall.join(client);
                return;
            }
            FromStage::Panes(_) | FromStage::Standing(_) | FromStage::Answer(_) => return,
            FromStage::Lost(why) => {
                self.trouble = Some(why);
                return;
            }
        }
        self.trouble = None;
        self.tend_living();
    }

    fn prepare(&mut self, waker: Waker, runtime: Handle) {
        self.hall.prepare(waker, runtime);
    }

    fn on_key(&mut self, key: KeyEvent) -> Option<Command> {
        if let KeyCode::Char(letter) = key.code
            && self.hall.answer(letter)
        {
            return None;
        }
        match key.code {
            KeyCode::Left | KeyCode::PageUp | KeyCode::Char('h' | 'k' | 'p') => self.look(-1),
            KeyCode::Right | KeyCode::PageDown | KeyCode::Char('l' | 'j' | 'n' | ' ') => self.look(1),
            KeyCode::Esc | KeyCode::Enter | KeyCode::End | KeyCode::Char('G') => self.catch_up(),
            KeyCode::Down => self.scroll(true),
            KeyCode::Up => self.scroll(false),
            _ => {}
        }
        self.tend_living();
        None
    }

    fn set_links(&mut self, links: Links) {
        self.links = links;
    }

    fn draw(&mut self, frame: &mut Frame<'_>) {
        let area = frame.area();
        frame.buffer_mut().set_style(area, self.theme.page);
        let [main, status] = Layout::vertical([Constraint::Fill(1), Constraint::Length(1)]).areas(area);
        let status = status.inner(Margin::new(1, 0));
        let line = match (&mut self.slides, &self.trouble) {
            (None, _) => Line::styled(texts::waiting_for_stage(), self.theme.faint),
            (Some(slides), _) => {
                let contents = Contents {
                    living: Some(&self.hall.living),
                    ..Contents::default()
                };
                slides.draw(frame, main, &contents, &self.theme);
                match (self.hall.told(), self.looks_back) {
                    (Some(Ok(told)), _) => Line::styled(told, self.theme.good),
                    (Some(Err(told)), _) => Line::styled(told, self.theme.bad),
                    (None, true) => Line::styled(texts::looks_back(self.place.page + 1), self.theme.accent),
                    (None, false) if self.hall.has_poll() => {
                        Line::styled(texts::how_to_answer(), self.theme.accent)
                    }
                    (None, false) => Line::styled(texts::audience_keys(), self.theme.faint),
                }
            }
        };
        let line = match &self.trouble {
            Some(why) => Line::styled(why.clone(), self.theme.bad),
            None => line,
        };
        frame.render_widget(line, status);
        if let Some(slides) = &self.slides {
            let page = format!("{} / {}", slides.page() + 1, slides.deck().slides.len());
            frame.render_widget(Line::styled(page, self.theme.status).right_aligned(), status);
        }
    }
}

impl Audience {
    fn scroll(&mut self, down: bool) {
        if let Some(slides) = &mut self.slides {
            slides.scroll_half(down);
        }
    }
}

#[cfg(test)]
mod tests {
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;

    use super::*;
    use crate::tui::stage::Whole;

    #[test]
    fn an_audience_looks_back_but_not_ahead() {
        let mut audience = Audience::new(Theme::plain());
        let mut terminal = Terminal::new(TestBackend::new(60, 12)).unwrap();
        let mut shows = |audience: &mut Audience| {
            terminal.draw(|frame| audience.draw(frame)).unwrap();
            terminal.backend().to_string()
        };
        assert!(shows(&mut audience).contains(texts::waiting_for_stage()));
        let place = |page| Place {
            page,
            ..Place::default()
        };
        audience.hear(FromStage::Whole(Box::new(Whole {
            place: place(1),
            slides: ["# En", "# To", "# Tre"].map(str::to_owned).into(),
            ..Whole::default()
        })));
        let key = |audience: &mut Audience, code| assert_eq!(audience.on_key(KeyEvent::from(code)), None);
        assert!(shows(&mut audience).contains("2 / 3"));
        key(&mut audience, KeyCode::Right);
        assert!(shows(&mut audience).contains("2 / 3"), "what comes is hidden");
        key(&mut audience, KeyCode::Left);
        assert!(shows(&mut audience).contains("1 / 3"));
        audience.hear(FromStage::Place(place(2)));
        let screen = shows(&mut audience);
        assert!(
            screen.contains("1 / 3") && screen.contains(&texts::looks_back(3)),
            "{screen}"
        );
        key(&mut audience, KeyCode::Esc);
        assert!(shows(&mut audience).contains("3 / 3"));
        key(&mut audience, KeyCode::Left);
        key(&mut audience, KeyCode::Right);
        audience.hear(FromStage::Place(place(0)));
        assert!(shows(&mut audience).contains("1 / 3"), "it follows again");
    }
}
