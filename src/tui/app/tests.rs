//! The app as a user meets it: keys in, screens out, on a terminal of fixed size with a fixed clock.

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::{Duration, Instant};

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseEvent};
use ratatui::layout::Rect;

use super::*;
use crate::runner::Tools;
use crate::tui::event::Waker;
use crate::tui::labs::room::{BrokerSlot, Room};
use crate::tui::panes::access::Access;
use crate::tui::panes::incidents::Incidents;
use crate::tui::panes::{Handled, KeyHelp};
use crate::tui::status::Traffic;
use crate::util::language::tests::in_english;

const DECK: &str = "# Let's go NATS!

...

---
# Publish / Subscribe

En melding har et **subject** og *data*:

```bash
echo én
echo to
```

Lytt på et subject:

```
nats sub hello
```

```bash
exit 3
```

---
# Lang

- 1
- 2
- 3
- 4
- 5
- 6
- 7
- 8
- 9
- 10
- 11
- 12
- 13
- 14
- 15
- 16
- 17
- 18
- 19
- 20
- 21
- 22
- 23
- 24
- 25

---
# Takk

Slutt.
";

/// Generous, since a loaded machine is slow; only a failing test waits this long.
const PATIENCE: Duration = Duration::from_secs(20);

struct Stand {
    app: App,
    terminal: Terminal<TestBackend>,
    news: Receiver<()>,
    runtime: tokio::runtime::Runtime,
}

impl Stand {
    fn new(size: (u16, u16)) -> Stand {
        Stand::with_trust(size, Trust::Given)
    }

    fn with_trust(size: (u16, u16), trust: Trust) -> Stand {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let (tell, news) = sync_channel(1);
        let runner = Runner::new(runtime.handle().clone(), move || {
            let _ = tell.try_send(());
        });
        let setup = Setup {
            deck: Deck::parse(DECK),
            first_page: 0,
            author: "Ola Nordmann".to_owned(),
            date: "2026-11-24".to_owned(),
            paging: "Slide %d / %d".to_owned(),
            theme: Theme::dark(),
            trust,
            environment: Environment {
                url: "nats://127.0.0.1:4222".to_owned(),
                context: None,
                embedded: true,
                tools: Tools::System,
                folder: PathBuf::from("/"),
                columns: None,
            },
            follows_changes: false,
            open_pane: |kind, _| Box::new(FakePane::new(kind)),
            labs_alone: false,
            transition: transition::Kind::None,
            protocol: Protocol::HalfBlocks,
            stage_code: Code::random().unwrap(),
            stage_folder: None,
        };
        Stand {
            app: App::new(setup, runner),
            terminal: Terminal::new(TestBackend::new(size.0, size.1)).unwrap(),
            news,
            runtime,
        }
    }

    /// A show whose server is up. The client never finds one, which the app does not notice.
    fn connected(size: (u16, u16)) -> Stand {
        let mut show = Stand::new(size);
        let dial = async_nats::ConnectOptions::new()
            .retry_on_initial_connect()
            .connect("nats://127.0.0.1:1");
        let client = show.runtime.block_on(dial).unwrap();
        let context = PaneContext {
            client,
            incidents: Incidents::new(),
            runtime: show.runtime.handle().clone(),
            waker: Waker::new(|| {}),
            labs: Room::default(),
            broker: BrokerSlot::default(),
            access: Access::full(),
            monitor: None,
        };
        show.tell(News::Connected(Box::new(context)));
        show.tell(News::Traffic(Traffic {
            clients: 2,
            messages_per_second: 12_345,
        }));
        show
    }

    fn tell(&mut self, news: News) {
        assert_eq!(self.app.update(Event::News(news)), None);
    }

    fn key(&mut self, code: KeyCode, modifiers: KeyModifiers) -> Option<Effect> {
        let key = KeyEvent::new(code, modifiers);
        self.app.update(Event::Terminal(TerminalEvent::Key(key)))
    }

    fn press(&mut self, code: KeyCode) -> Option<Effect> {
        self.key(code, KeyModifiers::NONE)
    }

    fn control(&mut self, letter: char) -> Option<Effect> {
        self.key(KeyCode::Char(letter), KeyModifiers::CONTROL)
    }

    fn letters(&mut self, text: &str) {
        for letter in text.chars() {
            assert_eq!(self.press(KeyCode::Char(letter)), None, "{letter}");
        }
    }

    fn screen(&mut self) -> String {
        self.terminal.draw(|frame| self.app.draw(frame)).unwrap();
        without_times(&self.terminal.backend().to_string())
    }

    fn shows(&mut self, text: &str) -> bool {
        self.screen().contains(text)
    }

    fn status(&mut self) -> String {
        let screen = self.screen();
        screen
            .lines()
            .last()
            .unwrap_or_default()
            .trim_matches('"')
            .trim()
            .to_owned()
    }

    fn wait(&mut self, until: impl Fn(&App) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !until(&self.app) {
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "waited too long:\n{}", self.screen());
            let _ = self.news.recv_timeout(left);
            assert_eq!(self.app.update(Event::Wake), None);
        }
    }

    fn wait_for_jobs(&mut self) {
        self.wait(|app| app.jobs.running() == 0 && app.queue.is_empty());
    }
}

/// How long a job took differs from run to run, and so does the room behind it.
fn without_times(screen: &str) -> String {
    let line = |line: &str| match line.split_once(" · ") {
        Some((head, tail))
            if head.contains("✓ kode") || head.contains("✗ kode") || head.contains("■ stoppet") =>
        {
            let behind_unit = tail.splitn(3, ' ').nth(2).unwrap_or_default();
            format!("{head} · <tid> {}\n", behind_unit.trim_start())
        }
        _ => format!("{line}\n"),
    };
    screen.lines().map(line).collect()
}

struct FakePane {
    kind: PaneKind,
    typed: String,
}

impl FakePane {
    fn new(kind: PaneKind) -> FakePane {
        FakePane {
            kind,
            typed: String::new(),
        }
    }
}

impl Pane for FakePane {
    fn kind(&self) -> PaneKind {
        self.kind
    }

    fn title(&self) -> String {
        format!("{:?}", self.kind)
    }

    fn on_key(&mut self, key: KeyEvent) -> Handled {
        match key.code {
            KeyCode::Char(letter) if letter.is_alphabetic() => self.typed.push(letter),
            KeyCode::Esc => self.typed.clear(),
            _ => return Handled::No,
        }
        Handled::Yes
    }

    fn on_paste(&mut self, text: &str) {
        self.typed.push_str(text);
    }

    fn on_mouse(&mut self, _mouse: MouseEvent, _area: Rect) -> Handled {
        Handled::No
    }

    fn wants_escape(&self) -> bool {
        !self.typed.is_empty()
    }

    fn draw(&mut self, frame: &mut Frame<'_>, area: Rect, _theme: &Theme, _focused: bool) {
        frame.render_widget(format!("skrevet: {}", self.typed), area);
    }

    fn keys(&self) -> Vec<KeyHelp> {
        vec![("Enter", "send")]
    }
}

#[test]
fn the_first_frame_needs_nothing_but_the_deck() {
    for size in [(80, 24), (120, 40), (200, 60)] {
        let mut show = Stand::new(size);
        insta::assert_snapshot!(format!("first_frame_{}x{}", size.0, size.1), show.screen());
    }
    for size in [(1, 1), (20, 5), (30, 6), (500, 3)] {
        Stand::new(size).screen();
    }
}

#[test]
fn keys_lead_through_the_deck() {
    let mut show = Stand::new((80, 24));
    for (keys, slide) in [
        ("j", 2),
        ("3n", 4),
        ("p", 3),
        ("gg", 1),
        ("G", 4),
        ("2G", 2),
        ("99j", 4),
        ("9k", 1),
    ] {
        show.letters(keys);
        assert!(
            show.status().ends_with(&format!("Slide {slide} / 4")),
            "{keys}: {}",
            show.status()
        );
    }
    for (code, slide) in [
        (KeyCode::PageDown, 2),
        (KeyCode::Right, 3),
        (KeyCode::PageUp, 2),
        (KeyCode::End, 4),
    ] {
        show.press(code);
        assert!(show.status().ends_with(&format!("Slide {slide} / 4")), "{code}");
    }
    show.letters("b");
    assert_eq!(show.screen().replace(['"', ' ', '\n'], ""), "");
    show.letters("b");
    assert!(show.shows("Takk"));
    assert_eq!(show.press(KeyCode::Char('q')), Some(Effect::Quit(0)));
    assert_eq!(show.control('z'), Some(Effect::Suspend));
    assert_eq!(show.control('c'), Some(Effect::Quit(0)));
    assert_eq!(show.app.update(Event::Signal(15)), Some(Effect::Quit(143)));
}

#[test]
fn a_slide_taller_than_the_screen_keeps_its_heading_and_never_holds_the_talk_up() {
    let mut show = Stand::new((80, 24));
    show.letters("3G");
    assert!(show.shows("• 1 ") && !show.shows("• 25 ") && show.shows("▼ ctrl+d"));
    show.control('d');
    show.control('d');
    insta::assert_snapshot!("long_slide_scrolled", show.screen());
    show.letters("jk");
    assert!(show.shows("• 1 "), "a slide begins at its top");
}

#[test]
fn search_finds_wraps_and_says_what_went_wrong() {
    let mut show = Stand::new((80, 24));
    let mut search = |pattern: &str| {
        show.letters("/");
        show.letters(pattern);
        show.press(KeyCode::Enter);
        show.status()
    };
    assert!(search("SUBSCRIBE/i").ends_with("Slide 2 / 4"));
    assert!(search("NATS!").ends_with("Slide 1 / 4"));
    assert!(search("").ends_with("Slide 1 / 4"));
    assert!(search("finnes ikke").starts_with("Ingen treff"));
    assert!(search("(").starts_with("Ugyldig mønster"));
    assert!(search("^- 2").ends_with("Slide 1 / 4") || show.status().ends_with("Slide 3 / 4"));
    show.letters("gg/x");
    show.press(KeyCode::Esc);
    assert!(show.status().ends_with("Slide 1 / 4"));
}

#[test]
fn a_block_runs_with_its_output_below_it_and_keeps_it() {
    let mut show = Stand::new((80, 24));
    show.letters("2G");
    show.control('e');
    show.wait_for_jobs();
    show.letters("jk");
    insta::assert_snapshot!("block_with_output", show.screen());
    show.letters("C");
    show.control('e');
    show.wait_for_jobs();
    assert!(show.shows("✗ kode 3"));
    assert!(matches!(show.press(KeyCode::Char('y')), Some(Effect::Copy(text)) if text == "exit 3\n"));
    show.letters("gg");
    show.control('e');
    assert!(show.status().starts_with("Ingen kodeblokk"));
}

#[test]
fn ctrl_c_stops_what_runs_before_it_quits() {
    let mut show = Stand::new((80, 24));
    show.app.slides = SlideView::new(Deck::parse("# Vent\n```bash\necho klar; sleep 1000\n```\n"), 0);
    show.control('e');
    show.wait(|app| {
        app.jobs
            .get(BlockId { slide: 0, block: 0 })
            .is_some_and(|e| e.job.view().line_count() > 0)
    });
    assert!(show.shows("klar") && show.shows("kjører") && show.app.has_clock());
    show.control('e');
    assert!(show.status().starts_with("Blokken kjører allerede"));
    assert_eq!(show.control('c'), None);
    show.wait_for_jobs();
    assert!(show.shows("■ stoppet"));
    assert_eq!(show.control('c'), Some(Effect::Quit(0)));
}

#[test]
fn all_blocks_run_in_order_until_one_fails() {
    let mut show = Stand::new((80, 24));
    let deck = "# Alle\n```bash\nexit 0\n```\n```bash\nexit 4\n```\n```bash\necho nei\n```\n";
    show.app.slides = SlideView::new(Deck::parse(deck), 0);
    show.letters("E");
    show.wait_for_jobs();
    let started = |show: &Stand, block| show.app.jobs.get(BlockId { slide: 0, block }).is_some();
    assert!(started(&show, 0) && started(&show, 1) && !started(&show, 2));
    assert!(show.status().starts_with("En blokk feilet"));
}

#[test]
fn a_deck_from_outside_asks_before_it_runs() {
    let home = tempfile::tempdir().unwrap();
    let folder = Some(home.path());
    let mut show = Stand::with_trust((80, 24), Trust::of_deck(DECK, folder));
    show.letters("2G");
    show.control('e');
    insta::assert_snapshot!("trust_question", show.screen());
    show.letters("n");
    assert_eq!(show.app.jobs.running(), 0);
    assert!(!show.shows("kode 0"));
    show.control('e');
    show.letters("j");
    show.wait_for_jobs();
    assert!(show.shows("✓ kode 0"));
    assert_eq!(Trust::of_deck(DECK, folder), Trust::Given);
}

#[test]
fn panes_open_take_the_focus_and_close() {
    let mut show = Stand::new((80, 24));
    show.press(KeyCode::F(3));
    assert!(show.status().starts_with("Venter på NATS-serveren"));

    let mut show = Stand::connected((80, 24));
    show.letters("j");
    show.press(KeyCode::F(3));
    show.letters("jq");
    insta::assert_snapshot!("one_pane_80x24", show.screen());
    show.press(KeyCode::Esc);
    assert!(
        show.shows("skrevet: ") && !show.shows("skrevet: jq"),
        "Esc is the pane's first"
    );
    show.press(KeyCode::Esc);
    show.letters("k");
    assert!(
        show.status().ends_with("Slide 1 / 4"),
        "then it leads to the slide"
    );
    show.press(KeyCode::Tab);
    assert_eq!(
        show.control('c'),
        None,
        "a hand that wants to stop a pane does not end the talk"
    );
    show.press(KeyCode::F(5));
    assert!(!show.shows("Subscribe"));
    show.press(KeyCode::F(5));
    assert!(show.shows("Subscribe"));
    show.press(KeyCode::F(3));
    show.press(KeyCode::F(3));
    assert!(!show.shows("Subscribe"));
    show.press(KeyCode::F(8));
    assert!(show.shows("Server"));
}

#[test]
fn tab_goes_round_slide_and_panes_on_a_large_screen() {
    let mut show = Stand::connected((200, 60));
    show.letters("j");
    for n in [2, 6, 7] {
        show.press(KeyCode::F(n));
    }
    insta::assert_snapshot!("three_panes_200x60", show.screen());
    let titles: Vec<Option<String>> = (0..4)
        .map(|_| {
            show.press(KeyCode::Tab);
            show.app.host.title()
        })
        .collect();
    let expected = [None, Some("Publish"), Some("Streams"), Some("Consumers")];
    assert_eq!(titles, expected.map(|title| title.map(str::to_owned)));
    show.press(KeyCode::BackTab);
    assert_eq!(show.app.host.title().as_deref(), Some("Streams"));
    show.control('g');
    assert!(show.app.host.slide_has_focus());
}

#[test]
fn the_output_of_a_block_moves_to_a_pane_and_back() {
    let mut show = Stand::new((120, 40));
    show.letters("2Go");
    show.wait_for_jobs();
    insta::assert_snapshot!("output_in_a_pane", show.screen());
    assert!(show.app.host.slide_has_focus(), "the next block is a key away");
    show.press(KeyCode::Tab);
    show.letters("x");
    assert!(show.app.host.slide_has_focus());
    assert!(show.shows("┆ én"));
}

#[test]
fn help_and_palette_lie_over_the_slide() {
    let mut show = Stand::connected((80, 24));
    show.letters("?");
    insta::assert_snapshot!("help", show.screen());
    show.press(KeyCode::Esc);
    show.letters(":siste");
    insta::assert_snapshot!("palette", show.screen());
    show.press(KeyCode::Enter);
    assert!(show.status().ends_with("Slide 4 / 4"));
    show.letters(":echo");
    show.press(KeyCode::Enter);
    assert!(show.status().starts_with("Ukjent kommando: echo"));
}

#[test]
fn the_interface_speaks_english_when_asked() {
    in_english(|| {
        let mut show = Stand::connected((80, 24));
        show.letters("?");
        insta::assert_snapshot!("help_in_english", show.screen());
        show.press(KeyCode::Esc);
        show.letters("gg");
        show.control('e');
        assert!(show.status().starts_with("No code block to run on this slide"));
    });
}

#[test]
fn a_deck_read_anew_keeps_the_place_and_what_ran() {
    let edition = |source: &str| Edition {
        deck: Deck::parse(source),
        trust: Trust::Given,
        author: "Kari".to_owned(),
        date: String::new(),
        paging: "%d/%d".to_owned(),
    };
    let mut show = Stand::new((80, 24));
    let one = "# En\n---\n# To\n\n```bash\necho kjørt\n```\n---\n# Tre";
    show.app.slides = SlideView::new(Deck::parse(one), 1);
    show.control('e');
    show.wait_for_jobs();
    let two = "# Ny\n---\n# En!\n---\n# To\n\nendret\n\n```bash\necho kjørt\n```\n---\n# Tre";
    show.app.update(Event::News(News::Deck(Box::new(edition(two)))));
    assert!(show.shows("endret") && show.shows("┆ kjørt"));
    show.letters("C");
    assert!(
        show.status().ends_with("3/4") && show.status().starts_with("Kari"),
        "{}",
        show.status()
    );

    show.app.follows_changes = true;
    let three = two.replace("# Tre", "# Tre, ny");
    show.app
        .update(Event::News(News::Deck(Box::new(edition(&three)))));
    show.letters("C");
    assert!(show.status().ends_with("4/4"));
    show.app
        .update(Event::News(News::Deck(Box::new(edition("# Alene")))));
    assert!(show.shows("Alene"));
}

#[test]
fn the_output_of_a_named_block_stands_where_the_deck_wants_it() {
    let mut show = Stand::new((80, 24));
    let deck = "# En\n\n```bash +exec +id:a\necho er$((40 + 2))\n```\n\nmellom\n\n<!-- snippet_output: a -->\n\nslutt";
    show.app.slides = SlideView::new(Deck::parse(deck), 0);
    show.control('e');
    show.wait_for_jobs();
    let screen = show.screen();
    let at = |text: &str| screen.find(text).unwrap_or_else(|| panic!("{text} in\n{screen}"));
    assert!(at("mellom") < at("er42") && at("er42") < at("slutt"), "{screen}");
    assert_eq!(screen.matches("er42").count(), 1);
}

#[test]
fn the_hidden_lines_and_one_line_are_shown_with_a_key() {
    let mut show = Stand::new((80, 24));
    let deck = "# En\n\n```bash\n///skjult=1\necho $skjult\n```\n---\n# To";
    show.app.slides = SlideView::new(Deck::parse(deck), 0);
    assert!(!show.shows("skjult=1"));
    show.letters("H");
    assert!(show.shows("│ skjult=1"));
    show.letters("njk");
    assert!(!show.shows("skjult=1"), "another slide hides them again");
    show.letters("m");
    assert!(show.shows("➤ ╭─ bash"));
    show.press(KeyCode::Down);
    assert!(show.shows("➤ │ echo"));
    show.press(KeyCode::Esc);
    assert!(!show.shows("➤"));
}

#[test]
fn a_slide_is_revealed_key_by_key_and_replaced_by_what_it_writes() {
    let mut show = Stand::new((80, 24));
    let deck =
        "# En\n\na\n\n<!-- pause -->\n\nskjult\n---\n# To\n\n```bash +exec_replace\necho er$((40 + 2))\n```";
    show.app.slides = SlideView::new(Deck::parse(deck), 0);
    assert!(!show.shows("skjult"));
    show.letters("j");
    assert!(show.shows("skjult"));
    show.letters("j");
    show.wait_for_jobs();
    assert!(show.shows("er42") && !show.shows("echo"));
    show.letters("k");
    assert!(show.shows("skjult"), "back is to what was shown last");
    show.letters("k");
    assert!(!show.shows("skjult") && show.shows("En"));
}
