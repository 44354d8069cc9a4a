//! The speaker's second screen: the slide, the one to come, notes, and the time. It joins the stage over
//! NATS, from another terminal or another machine.

use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use futures_util::StreamExt;
use ratatui::Frame;
use ratatui::crossterm::event::{Event as TerminalEvent, KeyCode, KeyModifiers};
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::Line;
use ratatui::widgets::{Block, Paragraph, Wrap};

use super::event::{EVENTS_MAX, Event, News};
use super::screens::slides::{Contents, SlideView};
use super::stage::{Code, Key, Place, SUBJECT, Told, WHOLE_SUBJECT, Whole};
use super::terminal::TerminalGuard;
use super::theme::Theme;
use super::{input, texts};
use crate::client::{self, ConnectSettings};
use crate::deck::{Deck, Slide};
use crate::lab::Lab;

/// How often the clock is brought up to date.
const CLOCK_TIME: Duration = Duration::from_secs(1);
/// From a failed attempt to join the stage to the next.
const RETRY_TIME: Duration = Duration::from_secs(1);

/// What the stage said last.
pub enum FromStage {
    /// Everything.
    Whole(Box<Whole>),
    /// The place alone.
    Place(Place),
    /// It cannot be reached, and why.
    Lost(String),
}

/// Shows the second screen until the speaker leaves it. `minutes` is how long the talk is meant to be; notes of
/// the lab that a slide names are shown with the slide's own.
///
/// # Errors
/// There is no terminal, or it fails.
pub fn run(
    connection: ConnectSettings,
    code: Code,
    theme: Theme,
    minutes: Option<u32>,
    labs: Vec<Lab>,
) -> Result<u8> {
    let (sender, events) = sync_channel(EVENTS_MAX);
    let runtime = tokio::runtime::Runtime::new().context("cannot start threads")?;
    input::catch_signals(&sender).context("cannot catch signals")?;
    let mut guard = TerminalGuard::enter().context("cannot take over the terminal")?;
    input::start(&sender).context("cannot listen to the terminal")?;
    runtime.spawn(follow(connection, code, sender));
    let mut speaker = Speaker::new(theme, minutes, labs);
    loop {
        guard.screen().draw(|frame| speaker.draw(frame))?;
        match events.recv_timeout(CLOCK_TIME) {
            Ok(event) => {
                if let Some(code) = speaker.take(event) {
                    return Ok(code);
                }
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return Ok(1),
        }
    }
}

/// Listens to the stage and passes on what it says, until nobody wants to know.
async fn follow(connection: ConnectSettings, code: Code, events: SyncSender<Event>) {
    let Ok(key) = tokio::task::spawn_blocking(move || code.key()).await else {
        return;
    };
    let tell = |said| events.send(Event::News(News::Stage(said))).is_ok();
    loop {
        if let Err(error) = listen(&connection, &key, &tell).await
            && !tell(FromStage::Lost(format!("{error:#}")))
        {
            return;
        }
        tokio::time::sleep(RETRY_TIME).await;
    }
}

async fn listen(connection: &ConnectSettings, key: &Key, tell: &impl Fn(FromStage) -> bool) -> Result<()> {
    let client = client::connect(connection).await?;
    let mut places = client.subscribe(SUBJECT).await?;
    let mut edition = None;
    let mut heard = 0;
    loop {
        if edition.is_none() {
            let answer = client.request(WHOLE_SUBJECT, "".into()).await?;
            let opened = key.open(&answer.subject, &answer.payload);
            let opened = opened.with_context(texts::wrong_code)?;
            let whole: Whole = serde_json::from_slice(&opened)?;
            heard = whole.number;
            edition = Some(whole.place.edition);
            tell(FromStage::Whole(Box::new(whole)));
        }
        let Some(message) = places.next().await else {
            return Ok(());
        };
        // What was not sealed with the code, or was said before, is somebody else's.
        let Some(opened) = key.open(SUBJECT, &message.payload) else {
            continue;
        };
        let Told { number, place } = serde_json::from_slice(&opened)?;
        if number <= heard {
            continue;
        }
        heard = number;
        match edition == Some(place.edition) {
            true => drop(tell(FromStage::Place(place))),
            false => edition = None,
        }
    }
}

/// The screen's state.
struct Speaker {
    theme: Theme,
    minutes: Option<u32>,
    labs: Vec<Lab>,
    talk: Option<Talk>,
    trouble: Option<String>,
}

/// The talk, as far as it is known.
struct Talk {
    now: SlideView,
    next: SlideView,
    /// When the talk left its first slide, by this machine's clock.
    began: Option<Instant>,
}

impl Speaker {
    fn new(theme: Theme, minutes: Option<u32>, labs: Vec<Lab>) -> Speaker {
        Speaker {
            theme,
            minutes,
            labs,
            talk: None,
            trouble: None,
        }
    }

    /// Takes an event; a number is the exit code.
    fn take(&mut self, event: Event) -> Option<u8> {
        match event {
            Event::Terminal(TerminalEvent::Key(key)) => {
                let control = key.modifiers.contains(KeyModifiers::CONTROL);
                let quits = key.code == KeyCode::Char('q') || (control && key.code == KeyCode::Char('c'));
                return quits.then_some(0);
            }
            Event::TerminalGone => return Some(1),
            Event::Signal(signal) => return Some(u8::try_from(128 + signal).unwrap_or(1)),
            Event::News(News::Stage(said)) => self.hear(said),
            _ => {}
        }
        None
    }

    fn hear(&mut self, said: FromStage) {
        match said {
            FromStage::Whole(whole) => {
                let deck = Deck::of_slides(&whole.slides);
                self.talk = Some(Talk {
                    now: SlideView::new(deck.clone(), 0),
                    next: SlideView::new(deck, 0),
                    began: None,
                });
                self.go_to(whole.place);
            }
            FromStage::Place(place) => self.go_to(place),
            FromStage::Lost(why) => {
                self.trouble = Some(why);
                return;
            }
        }
        self.trouble = None;
    }

    fn go_to(&mut self, place: Place) {
        let Some(talk) = &mut self.talk else { return };
        talk.now.show_step(place.page, place.step);
        talk.next.show_step(place.page + 1, usize::MAX);
        let elapsed = place.elapsed.map(Duration::from_millis);
        talk.began = elapsed.and_then(|elapsed| Instant::now().checked_sub(elapsed));
    }

    fn draw(&mut self, frame: &mut Frame<'_>) {
        let area = frame.area();
        frame.buffer_mut().set_style(area, self.theme.page);
        let [screens, notes, status] = Layout::vertical([
            Constraint::Percentage(60),
            Constraint::Fill(1),
            Constraint::Length(1),
        ])
        .areas(area);
        let [left, right] =
            Layout::horizontal([Constraint::Percentage(60), Constraint::Fill(1)]).areas(screens);
        match &mut self.talk {
            None => {
                let text = texts::waiting_for_stage();
                frame.render_widget(Line::styled(text, self.theme.faint), inset(area));
            }
            Some(talk) => {
                let is_last = talk.now.page() + 1 >= talk.now.deck().slides.len();
                draw_slide(frame, left, texts::now(), &mut talk.now, &self.theme);
                match is_last {
                    true => frame.render_widget(titled(texts::last_slide(), &self.theme), right),
                    false => draw_slide(frame, right, texts::next(), &mut talk.next, &self.theme),
                }
                let text = notes_of(talk.now.slide(), &self.labs);
                let block = titled(texts::notes(), &self.theme);
                frame.render_widget(
                    Paragraph::new(text).wrap(Wrap { trim: false }).block(block),
                    notes,
                );
            }
        }
        self.draw_status(frame, status);
    }

    fn draw_status(&self, frame: &mut Frame<'_>, area: Rect) {
        let area = inset(area);
        let clock = jiff::ZonedDateTime::now().strftime("%H:%M:%S").to_string();
        let left = match (&self.trouble, &self.talk) {
            (Some(why), _) => Line::styled(why.clone(), self.theme.bad),
            (None, Some(talk)) => {
                let (page, total) = (talk.now.page() + 1, talk.now.deck().slides.len());
                let began = talk.began.map(|began| began.elapsed());
                let timer = timer(began, self.minutes, (page, total));
                Line::styled(format!("{page} / {total} · {timer}"), self.theme.accent)
            }
            (None, None) => Line::default(),
        };
        frame.render_widget(left, area);
        frame.render_widget(Line::styled(clock, self.theme.title).right_aligned(), area);
    }
}

/// The slide's notes, and those of its lab.
fn notes_of(slide: &Slide, labs: &[Lab]) -> String {
    let mut notes = slide.notes.clone();
    for lab in crate::lab::of_slide(labs, slide) {
        let steps = lab.steps.iter().filter(|step| !step.notes.is_empty());
        notes.extend(steps.map(|step| format!("{} · {}: {}", lab.title, step.title, step.notes.join(" "))));
    }
    notes.join("\n\n")
}

/// The time gone, the time planned, and how far ahead or behind the talk is when every slide takes the same.
fn timer(elapsed: Option<Duration>, minutes: Option<u32>, (page, total): (usize, usize)) -> String {
    let gone = elapsed.unwrap_or_default().as_secs();
    let Some(minutes) = minutes else {
        return clock(gone);
    };
    let planned = u64::from(minutes) * 60;
    let due = planned * (page as u64 - 1) / total.max(1) as u64;
    let drift = match gone.checked_sub(due) {
        Some(behind) => texts::behind(&clock(behind)),
        None => texts::ahead(&clock(due - gone)),
    };
    format!("{} / {} · {drift}", clock(gone), clock(planned))
}

fn clock(seconds: u64) -> String {
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

fn titled(title: &str, theme: &Theme) -> Block<'static> {
    Block::bordered()
        .border_style(theme.border)
        .title_style(theme.title)
        .title(format!(" {title} "))
}

fn draw_slide(frame: &mut Frame<'_>, area: Rect, title: &str, slide: &mut SlideView, theme: &Theme) {
    let block = titled(title, theme);
    let inner = block.inner(area);
    frame.render_widget(block, area);
    slide.draw(frame, inner, &Contents::default(), theme);
}

fn inset(area: Rect) -> Rect {
    area.inner(ratatui::layout::Margin::new(1, 0))
}

#[cfg(test)]
mod tests {
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;

    use super::*;

    #[test]
    fn the_second_screen_follows_the_stage() {
        let mut speaker = Speaker::new(Theme::dark(), Some(10), Vec::new());
        let slides = [
            "# En\n\na\n\n<!-- pause -->\n\nb\n\n<!-- speaker_note: husk vannet -->",
            "# To\n\nc",
        ];
        let place = Place {
            page: 0,
            step: 0,
            edition: 0,
            elapsed: None,
        };
        let whole = Whole {
            place,
            number: 0,
            slides: slides.map(str::to_owned).into(),
        };
        let mut terminal = Terminal::new(TestBackend::new(80, 24)).unwrap();
        let mut shows = |speaker: &mut Speaker| {
            terminal.draw(|frame| speaker.draw(frame)).unwrap();
            terminal.backend().to_string()
        };
        assert!(shows(&mut speaker).contains(texts::waiting_for_stage()));
        speaker.take(Event::News(News::Stage(FromStage::Whole(Box::new(whole)))));
        let screen = shows(&mut speaker);
        assert!(
            screen.contains("husk vannet") && screen.contains("To") && !screen.contains(" b "),
            "{screen}"
        );
        let place = Place {
            page: 1,
            elapsed: Some(65_000),
            ..place
        };
        speaker.take(Event::News(News::Stage(FromStage::Place(place))));
        let screen = shows(&mut speaker);
        assert!(screen.contains("2 / 2 · 1:05 / 10:00 · 3:55 foran"), "{screen}");
        assert!(screen.contains(texts::last_slide()));
    }

    #[test]
    fn notes_of_a_slides_lab_stand_with_the_slides_own() {
        let deck = Deck::parse("# Publiser\n/// lab: pubsub\n\n<!-- speaker_note: husk vannet -->\n");
        let notes = notes_of(&deck.slides[0], &crate::lab::builtin());
        assert!(
            notes.starts_with("husk vannet") && notes.contains("Rop i et tomt rom: La dem oppdage"),
            "{notes}"
        );
    }
}
