//! The player: from a file to slides, from a slide to lines, from a key to a frame.

use std::hint::black_box;
use std::path::PathBuf;

use criterion::Criterion;
use goingnats::deck::{Deck, Highlighter, LayoutOptions, layout};
use goingnats::runner::{Environment, Runner, Tools};
use goingnats::tui::app::{App, Setup};
use goingnats::tui::background::blocks_to_colour;
use goingnats::tui::event::{Event, News};
use goingnats::tui::keep::Keep;
use goingnats::tui::pictures::Protocol;
use goingnats::tui::run::Show;
use goingnats::tui::stage::Code;
use goingnats::tui::theme::Theme;
use goingnats::tui::transition;
use goingnats::tui::trust::Trust;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::{Event as TerminalEvent, KeyCode, KeyEvent};

const TALK: &str = include_str!("../slides/goingnats.md");
const SLIDES: usize = 1_000;

/// The talk over and over, until there are a thousand slides.
fn long_deck() -> String {
    let talk: Vec<&str> = TALK.split("\n---\n").collect();
    let slides: Vec<&str> = talk.iter().cycle().take(SLIDES).copied().collect();
    slides.join("\n---\n")
}

/// A show at its first slide, as it is before its first frame.
fn opened(source: &str, runtime: &tokio::runtime::Runtime) -> App {
    let deck = Deck::parse(source);
    let setup = Setup {
        deck,
        deck_name: "goingnats.md".to_owned(),
        first_page: 0,
        author: "Kari Nordmann".to_owned(),
        date: "2026-11-24".to_owned(),
        paging: "Slide %d / %d".to_owned(),
        greeting: None,
        keep: Keep::default(),
        theme: Theme::nats(),
        trust: Trust::Given,
        environment: Environment {
            url: "nats://127.0.0.1:4222".to_owned(),
            context: None,
            embedded: true,
            tools: Tools::System,
            folder: PathBuf::from("/"),
            columns: None,
        },
        follows_changes: false,
        grammar: |_| Default::default(),
        open_pane: goingnats::tui::panes::open,
        labs_alone: false,
        transition: transition::Kind::None,
        protocol: Protocol::HalfBlocks,
        stage_code: Code::random().expect("random numbers"),
        stage_folder: None,
        audience_code: None,
        remote_code: None,
        outputs_folder: None,
        recording: None,
    };
    App::new(setup, Runner::new(runtime.handle().clone(), || {}))
}

/// The same with the colours of all code.
fn app(source: &str, runtime: &tokio::runtime::Runtime) -> App {
    let mut app = opened(source, runtime);
    let highlighter = Highlighter::load();
    let code = blocks_to_colour(&Deck::parse(source), 0);
    for (page, blocks) in code {
        let colours = blocks
            .iter()
            .map(|(language, source)| highlighter.highlight(language, source))
            .collect();
        let news = News::Colours {
            edition: 0,
            page,
            colours,
        };
        app.update(Event::News(news));
    }
    app
}

fn press(app: &mut App, key: char) {
    let key = KeyEvent::from(KeyCode::Char(key));
    app.update(Event::Terminal(TerminalEvent::Key(key)));
}

/// All benchmarks of the player.
pub fn player(criterion: &mut Criterion) {
    criterion.bench_function("parse the deck", |bencher| {
        bencher.iter(|| Deck::parse(black_box(TALK)))
    });
    let long = long_deck();
    criterion.bench_function("parse 1 000 slides", |bencher| {
        bencher.iter(|| Deck::parse(black_box(&long)))
    });
    let deck = Deck::parse(TALK);
    criterion.bench_function("lay out all slides at 200 columns", |bencher| {
        bencher.iter(|| {
            for slide in &deck.slides {
                black_box(layout(slide, 200, &LayoutOptions::default()));
            }
        });
    });
    let runtime = tokio::runtime::Runtime::new().expect("threads");
    criterion.bench_function("open 1 000 slides, to the first frame at 200x60", |bencher| {
        bencher.iter(|| {
            let mut app = opened(black_box(&long), &runtime);
            let mut terminal = Terminal::new(TestBackend::new(200, 60)).expect("a screen");
            terminal
                .draw(|frame| app.draw(frame))
                .map(|_| ())
                .expect("a frame")
        });
    });
    criterion.bench_function("an unchanged frame at 200x60", |bencher| {
        let mut app = app(TALK, &runtime);
        "27G".chars().for_each(|key| press(&mut app, key));
        let mut terminal = Terminal::new(TestBackend::new(200, 60)).expect("a screen");
        bencher.iter(|| {
            terminal
                .draw(|frame| app.draw(frame))
                .map(|_| ())
                .expect("a frame")
        });
    });
    let mut app = app(TALK, &runtime);
    let mut terminal = Terminal::new(TestBackend::new(200, 60)).expect("a screen");
    // Slide 27 has the most code, 36 the widest table; a frame of either must not be felt.
    for (name, number, keys) in [("code", "27", ['n', 'p']), ("table", "36", ['p', 'n'])] {
        for digit in number.chars().chain(['G']) {
            press(&mut app, digit);
        }
        criterion.bench_function(&format!("key to frame at 200x60, {name}"), |bencher| {
            bencher.iter(|| {
                for key in keys {
                    press(&mut app, key);
                    terminal.draw(|frame| app.draw(frame)).expect("a frame");
                }
            });
        });
    }
    criterion.bench_function("overview at 200x60", |bencher| {
        press(&mut app, 'O');
        bencher.iter(|| {
            terminal
                .draw(|frame| app.draw(frame))
                .map(|_| ())
                .expect("a frame")
        });
    });
}
