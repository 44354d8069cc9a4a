//! A stand for the app: a deck, a terminal without a screen, panes that note what is typed.

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::{Duration, Instant};

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::Rect;

use super::super::*;
use crate::runner::Tools;
use crate::tui::completion::Next;
use crate::tui::event::Waker;
use crate::tui::panes::{Handled, KeyHelp};
use crate::tui::status::Traffic;

pub(super) const DECK: &str = "# Let's go NATS!

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

/// An app on a terminal of a fixed size.
pub(super) struct Stand {
    pub(super) app: App,
    terminal: Terminal<TestBackend>,
    news: Receiver<()>,
    runtime: tokio::runtime::Runtime,
}

impl Stand {
    pub(super) fn new(size: (u16, u16)) -> Stand {
        Stand::with_trust(size, Trust::Given)
    }

    pub(super) fn with_trust(size: (u16, u16), trust: Trust) -> Stand {
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
            deck_name: "test.md".to_owned(),
            first_page: 0,
            author: "Ola Nordmann".to_owned(),
            date: "2026-11-24".to_owned(),
            paging: "Slide %d / %d".to_owned(),
            greeting: None,
            keep: Keep::default(),
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
            grammar: |_| Next::default(),
            labs_alone: false,
            transition: transition::Kind::None,
            protocol: Protocol::HalfBlocks,
            stage_code: Code::random().unwrap(),
            stage_folder: None,
            audience_code: None,
            remote_code: None,
            outputs_folder: None,
            recording: None,
        };
        Stand {
            app: App::new(setup, runner),
            terminal: Terminal::new(TestBackend::new(size.0, size.1)).unwrap(),
            news,
            runtime,
        }
    }

    /// A show whose server is up. The client never finds one, which the app does not notice.
    pub(super) fn connected(size: (u16, u16)) -> Stand {
        let mut show = Stand::new(size);
        let dial = async_nats::ConnectOptions::new()
            .retry_on_initial_connect()
            .connect("nats://127.0.0.1:1");
        let client = show.runtime.block_on(dial).unwrap();
        let context = PaneContext::on(client, show.runtime.handle().clone(), Waker::new(|| {}));
        show.tell(News::Connected(Box::new(context)));
        show.tell(News::Traffic(Traffic {
            clients: 2,
            messages_per_second: 12_345,
        }));
        show
    }

    pub(super) fn tell(&mut self, news: News) {
        assert_eq!(self.app.update(Event::News(news)), None);
    }

    pub(super) fn key(&mut self, code: KeyCode, modifiers: KeyModifiers) -> Option<Effect> {
        let key = KeyEvent::new(code, modifiers);
        self.app.update(Event::Terminal(TerminalEvent::Key(key)))
    }

    pub(super) fn press(&mut self, code: KeyCode) -> Option<Effect> {
        self.key(code, KeyModifiers::NONE)
    }

    pub(super) fn control(&mut self, letter: char) -> Option<Effect> {
        self.key(KeyCode::Char(letter), KeyModifiers::CONTROL)
    }

    pub(super) fn letters(&mut self, text: &str) {
        for letter in text.chars() {
            assert_eq!(self.press(KeyCode::Char(letter)), None, "{letter}");
        }
    }

    pub(super) fn screen(&mut self) -> String {
        self.terminal.draw(|frame| self.app.draw(frame)).unwrap();
        without_times(&self.terminal.backend().to_string())
    }

    pub(super) fn shows(&mut self, text: &str) -> bool {
        self.screen().contains(text)
    }

    pub(super) fn status(&mut self) -> String {
        let screen = self.screen();
        screen
            .lines()
            .last()
            .unwrap_or_default()
            .trim_matches('"')
            .trim()
            .to_owned()
    }

    pub(super) fn wait(&mut self, until: impl Fn(&App) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !until(&self.app) {
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "waited too long:\n{}", self.screen());
            let _ = self.news.recv_timeout(left);
            assert_eq!(self.app.update(Event::Wake), None);
        }
    }

    pub(super) fn wait_for_jobs(&mut self) {
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
