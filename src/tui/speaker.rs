//! The speaker's second screen: the slide, the one to come, notes, what the panes on the stage show, and the time.
//! It joins the stage over NATS, from another terminal or another machine.

use std::time::{Duration, Instant};

use anyhow::Result;
use ratatui::Frame;
use ratatui::crossterm::event::KeyEvent;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Modifier;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Paragraph, Wrap};
use tokio::runtime::Handle;

use super::commands::help_key;
use super::event::Waker;
use super::follower::{self, Screen};
use super::hall::Hall;
use super::keymap::{Action, KeyReader};
use super::overlay::Help;
use super::screens::slides::{Contents, SlideView};
use super::stage::follow::{FromStage, Me};
use super::stage::texts as control_words;
use super::stage::{Code, Command, Follower, PaneText, Place, Seat, Standing};
use super::theme::Theme;
use super::{ansi, texts};
use crate::client::ConnectSettings;
use crate::deck::{Deck, Slide};
use crate::lab::Lab;

/// Rows from which on a pane tells anything.
const PANE_ROWS_MIN: u16 = 3;

/// Shows the second screen until the speaker, who is called `name`, leaves it. `minutes` is how long the talk is
/// meant to be; notes of the lab that a slide names are shown with the slide's own. The keys of the deck steer the
/// stage from here.
///
/// # Errors
/// There is no terminal, or it fails.
pub fn run(
    connection: ConnectSettings,
    code: Code,
    theme: Theme,
    minutes: Option<u32>,
    labs: Vec<Lab>,
    name: String,
) -> Result<u8> {
    let me = Me::new(Follower::Speaker, name)?;
    let speaker = Speaker {
        seat: me.seat,
        ..Speaker::new(theme, minutes, labs)
    };
    follower::run(connection, code, me, speaker)
}

/// The screen's state.
struct Speaker {
    theme: Theme,
    minutes: Option<u32>,
    labs: Vec<Lab>,
    talk: Option<Talk>,
    panes: Vec<PaneText>,
    trouble: Option<String>,
    /// The number of this screen.
    seat: u64,
    keys: KeyReader,
    /// Who steers.
    standing: Standing,
    /// What became of the last order, until the next key.
    answer: Option<Result<String, String>>,
    /// The polls and questions of the slide.
    hall: Hall,
    /// The keys, while they are shown.
    help: Option<Help>,
}

/// The talk, as far as it is known.
struct Talk {
    now: SlideView,
    next: SlideView,
    /// When the talk left its first slide, by this machine's clock.
    began: Option<Instant>,
    /// When this slide was first seen here.
    turned: Instant,
    /// How long each slide is meant to take; empty without a plan.
    plan: Vec<Duration>,
}

impl Speaker {
    fn new(theme: Theme, minutes: Option<u32>, labs: Vec<Lab>) -> Speaker {
        Speaker {
            theme,
            minutes,
            labs,
            talk: None,
            panes: Vec::new(),
            trouble: None,
            seat: 0,
            keys: KeyReader::default(),
            standing: Standing::default(),
            answer: None,
            hall: Hall::new(),
            help: None,
        }
    }

    fn hear_stage(&mut self, said: FromStage) {
        match said {
            FromStage::Whole(whole) => {
                let deck = Deck::of_slides(&whole.slides, whole.manner);
                self.standing = whole.standing;
                let plan = plan(&deck.slides, self.minutes);
                let still = |deck, page| {
                    let mut slides = SlideView::new(deck, page);
                    slides.hold_still();
                    slides
                };
                self.hall.read_anew();
                self.talk = Some(Talk {
                    plan,
                    now: still(deck.clone(), whole.place.page),
                    next: still(deck, 0),
                    began: None,
                    turned: Instant::now(),
                });
                if let Some(talk) = &mut self.talk {
                    talk.now.let_polls_live();
                }
                self.go_to(whole.place);
            }
            FromStage::Place(place) => self.go_to(place),
            FromStage::Panes(panes) => {
                self.panes = panes;
                return;
            }
            FromStage::Standing(standing) => self.standing = standing,
            FromStage::Answer(answer) => {
                self.answer = Some(answer).filter(|answer| answer != &Ok(String::new()));
                return;
            }
            FromStage::Joined(client) => {
                self.hall.join(client);
                return;
            }
            FromStage::Lost(why) => {
                self.trouble = Some(why);
                return;
            }
        }
        self.trouble = None;
    }

    fn go_to(&mut self, place: Place) {
        let Some(talk) = &mut self.talk else { return };
        if talk.now.page() != place.page {
            talk.turned = Instant::now();
        }
        talk.now.show_step(place.page, place.step);
        talk.next.show_step(place.page + 1, usize::MAX);
        let elapsed = place.elapsed.map(Duration::from_millis);
        talk.began = elapsed.and_then(|elapsed| Instant::now().checked_sub(elapsed));
        self.hall.tend(&talk.now);
    }

    fn draw_all(&mut self, frame: &mut Frame<'_>) {
        let area = frame.area();
        frame.buffer_mut().set_style(area, self.theme.page);
        let [screens, below, status] = Layout::vertical([
            Constraint::Percentage(60),
            Constraint::Fill(1),
            Constraint::Length(1),
        ])
        .areas(area);
        let [left, right] =
            Layout::horizontal([Constraint::Percentage(60), Constraint::Fill(1)]).areas(screens);
        let (notes, panes) = match self.panes.is_empty() {
            true => (below, Rect::default()),
            false => {
                let halves = Layout::horizontal([Constraint::Percentage(45), Constraint::Fill(1)]);
                let [notes, panes] = halves.areas(below);
                (notes, panes)
            }
        };
        match &mut self.talk {
            None => {
                let text = texts::waiting_for_stage();
                frame.render_widget(Line::styled(text, self.theme.faint), inset(area));
            }
            Some(talk) => {
                let is_last = talk.now.page() + 1 >= talk.now.deck().slides.len();
                let contents = Contents {
                    living: Some(&self.hall.living),
                    ..Contents::default()
                };
                draw_slide(frame, left, texts::now(), (&mut talk.now, &contents), &self.theme);
                match is_last {
                    true => frame.render_widget(titled(texts::last_slide(), &self.theme), right),
                    false => {
                        let next = (&mut talk.next, &Contents::default());
                        draw_slide(frame, right, texts::next(), next, &self.theme);
                    }
                }
                let text = notes_of(talk.now.slide(), &self.labs);
                let block = titled(texts::notes(), &self.theme);
                frame.render_widget(
                    Paragraph::new(text).wrap(Wrap { trim: false }).block(block),
                    notes,
                );
                draw_panes(frame, panes, &self.panes, &self.theme);
            }
        }
        self.draw_status(frame, status);
    }

    fn draw_status(&self, frame: &mut Frame<'_>, area: Rect) {
        let area = inset(area);
        let clock = jiff::ZonedDateTime::now().strftime("%H:%M:%S").to_string();
        let left = match (&self.trouble, &self.answer, &self.talk) {
            (Some(why), ..) | (None, Some(Err(why)), _) => Line::styled(why.clone(), self.theme.bad),
            (None, _, Some(talk)) => {
                let (page, total) = (talk.now.page() + 1, talk.now.deck().slides.len());
                let began = talk.began.map(|began| began.elapsed()).unwrap_or_default();
                let timer = timer(began, talk.turned.elapsed(), &talk.plan, talk.now.page());
                let pending = self.keys.pending().map(|pending| format!(" · {pending}"));
                let text = format!("{page} / {total} · {timer}{}", pending.unwrap_or_default());
                Line::styled(text, self.theme.accent)
            }
            (None, _, None) => Line::default(),
        };
        let mut right = Vec::new();
        if let Some((text, is_question)) = self.control() {
            let style = match is_question {
                true => self.theme.warn.add_modifier(Modifier::REVERSED),
                false => self.theme.accent,
            };
            right.extend([Span::styled(format!(" {text} "), style), Span::raw("  ")]);
        }
        if let Some(code) = &self.standing.remote {
            right.push(Span::styled(
                format!("{}  ", control_words::remote_code(code)),
                self.theme.faint,
            ));
        }
        right.push(Span::styled(format!("{}  ", help_key()), self.theme.faint));
        right.push(Span::styled(clock, self.theme.title));
        frame.render_widget(left, area);
        frame.render_widget(Line::from(right).right_aligned(), area);
    }

    /// Who steers, seen from here, and whether that is a question to this screen.
    fn control(&self) -> Option<(String, bool)> {
        let is_me = |seat: &Seat| matches!(seat, Seat::Screen { id, .. } if *id == self.seat);
        let Standing { holder, asking, .. } = &self.standing;
        let holder = holder.as_ref()?;
        Some(match asking {
            Some(asking) if is_me(holder) => (control_words::wants_control(&asking.name()), true),
            _ if is_me(holder) => (control_words::you_steer().to_owned(), false),
            _ => (control_words::steers(&holder.name()), false),
        })
    }

    /// What a key asks of the stage: where to go, and who steers.
    fn order(&mut self, key: KeyEvent) -> Option<Command> {
        self.answer = None;
        if let Some(mut help) = self.help.take() {
            if help.on_key(key) {
                self.help = Some(help);
            }
            return None;
        }
        Some(match self.keys.read(key)? {
            Action::Next(steps) => Command::Next(steps),
            Action::Previous(steps) => Command::Previous(steps),
            Action::GoTo(number) => Command::GoTo(number),
            Action::First => Command::First,
            Action::Last => Command::Last,
            Action::Black => Command::Black,
            Action::Run => Command::Run,
            Action::ChooseNext => Command::Choose,
            Action::Help => {
                self.help = Some(Help::of_second_screen());
                return None;
            }
            Action::Control => match &self.standing.holder {
                Some(Seat::Screen { id, .. }) if *id == self.seat => Command::Give,
                _ => Command::Take,
            },
            _ => return None,
        })
    }
}

impl Screen for Speaker {
    fn hear(&mut self, said: FromStage) {
        self.hear_stage(said);
    }

    fn prepare(&mut self, waker: Waker, runtime: Handle) {
        self.hall.prepare(waker, runtime);
    }

    fn on_key(&mut self, key: KeyEvent) -> Option<Command> {
        self.order(key)
    }

    fn draw(&mut self, frame: &mut Frame<'_>) {
        self.draw_all(frame);
        if let Some(help) = &mut self.help {
            help.draw(frame, frame.area(), &self.theme);
        }
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

/// How long each slide is meant to take: as long as it says itself, and what is left of the talk's minutes evenly
/// for the others. Empty where neither says anything.
fn plan(slides: &[Slide], minutes: Option<u32>) -> Vec<Duration> {
    let own: Vec<Option<Duration>> = slides.iter().map(Slide::planned).collect();
    if minutes.is_none() && own.iter().all(Option::is_none) {
        return Vec::new();
    }
    let taken: Duration = own.iter().flatten().sum();
    let others = u32::try_from(own.iter().filter(|own| own.is_none()).count()).unwrap_or(u32::MAX);
    let whole = Duration::from_secs(u64::from(minutes.unwrap_or(0)) * 60);
    let share = whole.saturating_sub(taken) / others.max(1);
    own.into_iter().map(|own| own.unwrap_or(share)).collect()
}

/// The time gone and planned, how far ahead or behind the talk is, and the same of the slide that is shown.
fn timer(gone: Duration, on_slide: Duration, plan: &[Duration], page: usize) -> String {
    let (gone, on_slide) = (gone.as_secs(), on_slide.as_secs());
    let Some(target) = plan.get(page) else {
        return format!("{} · {}", clock(gone), texts::on_slide(&clock(on_slide)));
    };
    let planned: Duration = plan.iter().sum();
    let due: Duration = plan.iter().take(page).sum();
    let drift = match gone.checked_sub(due.as_secs()) {
        Some(behind) => texts::behind(&clock(behind)),
        None => texts::ahead(&clock(due.as_secs() - gone)),
    };
    let slide = format!("{} / {}", clock(on_slide), clock(target.as_secs()));
    format!(
        "{} / {} · {drift} · {}",
        clock(gone),
        clock(planned.as_secs()),
        texts::on_slide(&slide)
    )
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

/// The panes below each other, as many as there is room for.
fn draw_panes(frame: &mut Frame<'_>, area: Rect, panes: &[PaneText], theme: &Theme) {
    let room = usize::from(area.height / (PANE_ROWS_MIN + 1));
    let shown = panes.len().min(room);
    let areas = Layout::vertical((0..shown).map(|_| Constraint::Fill(1))).split(area);
    for (pane, area) in panes.iter().zip(areas.iter()) {
        let block = titled(&pane.title, theme);
        let inner = block.inner(*area);
        frame.render_widget(block, *area);
        let rows = usize::from(inner.height);
        let skip = match pane.from_end {
            true => pane.rows.len().saturating_sub(rows),
            false => 0,
        };
        let lines = pane.rows.iter().skip(skip).take(rows);
        let lines: Vec<Line<'_>> = lines.map(|row| ansi::parse(row, theme.text)).collect();
        frame.render_widget(Paragraph::new(lines), inner);
    }
}

fn draw_slide(
    frame: &mut Frame<'_>,
    area: Rect,
    title: &str,
    (slide, contents): (&mut SlideView, &Contents<'_>),
    theme: &Theme,
) {
    let block = titled(title, theme);
    let inner = block.inner(area);
    frame.render_widget(block, area);
    slide.draw(frame, inner, contents, theme);
}

fn inset(area: Rect) -> Rect {
    area.inner(ratatui::layout::Margin::new(1, 0))
}

#[cfg(test)]
mod tests {
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;
    use ratatui::crossterm::event::KeyCode;

    use super::*;
    use crate::tui::stage::Whole;

    #[test]
    fn the_second_screen_follows_the_stage() {
        let mut speaker = Speaker::new(Theme::dark(), Some(10), Vec::new());
        let slides = [
            "# En\n\na\n\n<!-- pause -->\n\nb\n\n<!-- speaker_note: husk vannet -->",
            "# To\n\nc",
        ];
        let place = Place::default();
        let whole = Whole {
            slides: slides.map(str::to_owned).into(),
            ..Whole::default()
        };
        let mut terminal = Terminal::new(TestBackend::new(100, 24)).unwrap();
        let mut shows = |speaker: &mut Speaker| {
            terminal.draw(|frame| speaker.draw(frame)).unwrap();
            terminal.backend().to_string()
        };
        assert!(shows(&mut speaker).contains(texts::waiting_for_stage()));
        speaker.hear(FromStage::Whole(Box::new(whole)));
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
        speaker.hear(FromStage::Place(place));
        let screen = shows(&mut speaker);
        assert!(screen.contains("2 / 2 · 1:05 / 10:00 · 3:55 foran"), "{screen}");
        assert!(screen.contains(texts::last_slide()));

        let pane = |title: &str, from_end| PaneText {
            title: title.to_owned(),
            rows: (0..20).map(|row| format!("\x1b[0;1mrad{row}\x1b[0m ")).collect(),
            from_end,
        };
        speaker.hear(FromStage::Panes(vec![
            pane("Meldinger", false),
            pane("Scenen", true),
        ]));
        let screen = shows(&mut speaker);
        for wanted in [" Meldinger ", "rad0 ", " Scenen ", "rad19"] {
            assert!(screen.contains(wanted), "{wanted}: {screen}");
        }
        speaker.hear(FromStage::Panes(Vec::new()));
        assert!(!shows(&mut speaker).contains("Meldinger"));
    }

    #[test]
    fn the_second_screen_tells_its_keys() {
        let mut speaker = Speaker::new(Theme::dark(), None, Vec::new());
        speaker.hear(FromStage::Whole(Box::new(Whole {
            slides: vec!["# En".to_owned()],
            ..Whole::default()
        })));
        let mut terminal = Terminal::new(TestBackend::new(80, 24)).unwrap();
        let mut shows = |speaker: &mut Speaker| {
            terminal.draw(|frame| speaker.draw(frame)).unwrap();
            terminal.backend().to_string()
        };
        assert!(shows(&mut speaker).contains(" F1 taster "));
        let press = |speaker: &mut Speaker, code| speaker.on_key(KeyEvent::from(code));
        assert_eq!(press(&mut speaker, KeyCode::F(1)), None);
        let screen = shows(&mut speaker);
        assert!(
            screen.contains("ta styringen") && screen.contains("svart skjerm"),
            "{screen}"
        );
        assert_eq!(press(&mut speaker, KeyCode::Esc), None);
        assert!(!shows(&mut speaker).contains("svart skjerm"));
        assert_eq!(press(&mut speaker, KeyCode::Right), Some(Command::Next(1)));
    }

    #[test]
    fn slides_that_say_how_long_they_take_leave_the_rest_to_the_others() {
        let deck = Deck::parse("# A\n/// minutes: 4\n---\n# B\n---\n# C");
        let seconds = |minutes| -> Vec<u64> {
            let plan = plan(&deck.slides, minutes);
            plan.iter().map(Duration::as_secs).collect()
        };
        assert_eq!(seconds(Some(10)), [240, 180, 180]);
        assert_eq!(seconds(Some(1)), [240, 0, 0]);
        assert_eq!(seconds(None), [240, 0, 0]);
        assert!(plan(&Deck::parse("# A").slides, None).is_empty());

        let plan = plan(&deck.slides, Some(10));
        let at = |gone, page| timer(Duration::from_secs(gone), Duration::from_secs(5), &plan, page);
        assert_eq!(at(250, 1), "4:10 / 10:00 · 0:10 etter · lysbildet 0:05 / 3:00");
        assert_eq!(at(230, 1), "3:50 / 10:00 · 0:10 foran · lysbildet 0:05 / 3:00");
        assert_eq!(
            timer(Duration::from_secs(61), Duration::from_secs(5), &[], 0),
            "1:01 · lysbildet 0:05"
        );
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
