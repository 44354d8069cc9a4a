//! The inspector as a user meets it: keys in, screens out.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};

use super::*;
use crate::runner::Tools;
use crate::tui::event::Waker;
use crate::tui::panes::testing::{disconnected, screen};

struct Stand {
    inspector: Inspector,
    access: Access,
    context: PaneContext,
    _runtime: tokio::runtime::Runtime,
    _events: std::sync::mpsc::Receiver<Event>,
}

impl Stand {
    /// Beside a server that was there once and is gone; nothing may be changed on it.
    fn new() -> Stand {
        Stand::with(Keep::default(), None)
    }

    fn with(keep: Keep, layout: Option<&str>) -> Stand {
        let (runtime, context) = disconnected();
        let access = Access::read_only();
        let (events, taken) = std::sync::mpsc::sync_channel(16);
        let client = Client {
            events,
            runtime: runtime.handle().clone(),
            waker: Waker::new(|| {}),
        };
        let setup = Setup {
            theme: Theme::dark(),
            environment: Environment {
                url: "nats://127.0.0.1:4222".to_owned(),
                context: None,
                embedded: false,
                tools: Tools::System,
                folder: std::path::PathBuf::from("/"),
                columns: None,
            },
            access: access.clone(),
            keep,
            contexts: vec!["prod".to_owned()],
            read_context: |name| match name {
                "prod" => Ok(ConnectSettings::to_server("nats://127.0.0.1:9")),
                _ => Err("no such context".to_owned()),
            },
            first: PaneKind::Subjects,
            layout: layout.map(str::to_owned),
            open_pane: crate::tui::panes::open,
            grammar: |_| crate::tui::completion::Next::default(),
        };
        let runner = Runner::new(runtime.handle().clone(), || {});
        let mut inspector = Inspector::new(setup, &client, runner);
        let context = PaneContext {
            access: access.clone(),
            ..context
        };
        inspector.update(Event::News(News::Connected(Box::new(context.clone()))));
        Stand {
            inspector,
            access,
            context,
            _runtime: runtime,
            _events: taken,
        }
    }

    fn key(&mut self, code: KeyCode, modifiers: KeyModifiers) -> Option<Effect> {
        let key = KeyEvent::new(code, modifiers);
        self.inspector.update(Event::Terminal(TerminalEvent::Key(key)))
    }

    fn press(&mut self, code: KeyCode) -> Option<Effect> {
        self.key(code, KeyModifiers::NONE)
    }

    fn write(&mut self, text: &str) {
        for letter in text.chars() {
            self.press(KeyCode::Char(letter));
        }
    }

    /// Chooses something in the palette.
    fn choose(&mut self, text: &str) {
        self.press(KeyCode::Char(':'));
        self.write(text);
        self.press(KeyCode::Enter);
    }

    fn screen(&mut self, size: (u16, u16)) -> String {
        screen(size, |frame| self.inspector.draw(frame))
    }
}

#[test]
fn tabs_are_walked_by_key_and_by_click() {
    let mut stand = Stand::new();
    let text = stand.screen((100, 12));
    assert!(text.contains("Frakoblet") && text.contains("bare lese"), "{text}");
    stand.press(KeyCode::F(2));
    assert!(stand.screen((100, 12)).contains("Payload"));
    stand.press(KeyCode::BackTab);
    assert_eq!(stand.inspector.title(), "Abonner");
    let at = stand.screen((120, 12)).find("Streams").unwrap() as u16;
    stand
        .inspector
        .update(Event::Terminal(TerminalEvent::Mouse(MouseEvent {
            kind: MouseEventKind::Down(MouseButton::Left),
            column: at,
            row: 0,
            modifiers: KeyModifiers::NONE,
        })));
    assert_eq!(stand.inspector.title(), "Streams");
    // On a narrow screen the tab that is shown is still among those that are drawn.
    assert!(stand.screen((24, 8)).lines().next().unwrap().contains("Streams"));
}

#[test]
fn nothing_is_changed_until_it_is_allowed() {
    let mut stand = Stand::new();
    let control = KeyModifiers::CONTROL;
    stand.key(KeyCode::Char('r'), control);
    assert!(stand.screen((80, 20)).contains("Tillate endringer?"));
    stand.press(KeyCode::Char('n'));
    assert!(!stand.access.may_write());
    stand.key(KeyCode::Char('r'), control);
    stand.press(KeyCode::Char('j'));
    assert!(stand.access.may_write());
    assert!(stand.screen((80, 20)).contains("Endringer er tillatt"));
    stand.key(KeyCode::Char('r'), control);
    assert!(!stand.access.may_write(), "forbidding does not ask");
    stand.press(KeyCode::Char(':'));
    stand.write("nats pub a b");
    stand.press(KeyCode::Enter);
    assert!(stand.screen((80, 20)).contains("Skrivebeskyttet"));
}

#[test]
fn the_palette_leads_to_tabs_contexts_and_out() {
    let mut stand = Stand::new();
    stand.press(KeyCode::Char(':'));
    stand.write("streams");
    stand.press(KeyCode::Enter);
    assert_eq!(stand.inspector.title(), "Streams");
    stand.access.allow(true);
    stand.press(KeyCode::Char(':'));
    stand.write("kontekst prod");
    stand.press(KeyCode::Enter);
    let text = stand.screen((80, 12));
    assert!(text.contains("Kobler til nats://127.0.0.1:9"), "{text}");
    assert!(!stand.access.may_write(), "another server, another answer");
    stand.press(KeyCode::Char(':'));
    stand.write("mus");
    assert_eq!(stand.press(KeyCode::Enter), Some(Effect::Mouse(false)));
    stand.press(KeyCode::F(1));
    assert!(stand.screen((80, 20)).contains("ctrl+r"));
    stand.press(KeyCode::Esc);
    assert_eq!(stand.press(KeyCode::Char('q')), Some(Effect::Quit(0)));
}

#[test]
fn panes_stand_beside_each_other_and_are_kept_by_a_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("panes.json");
    let keep = || Keep::open(Some(path.clone()), "inspect");
    let mut stand = Stand::with(keep(), None);
    stand.choose("oppsett ukjent");
    assert!(stand.screen((100, 24)).contains("Ukjent kommando"));
    stand.key(KeyCode::Char('b'), KeyModifiers::CONTROL);
    stand.write("streams");
    stand.press(KeyCode::Enter);
    let text = stand.screen((130, 24));
    assert!(text.contains("Subjects + Streams"), "{text}");
    // Tab goes from pane to pane first, and only then to the next tab.
    assert_eq!(stand.inspector.title(), "Subjects: >");
    stand.press(KeyCode::Tab);
    assert_eq!(stand.inspector.title(), "Streams");
    stand.press(KeyCode::BackTab);
    stand.press(KeyCode::BackTab);
    assert_eq!(stand.inspector.at, TABS.len() - 1);
    stand.press(KeyCode::Tab);
    stand.choose("oppsett lagre drift");
    assert!(stand.screen((130, 24)).contains("Oppsettet drift er lagret"));
    assert_eq!(
        keep().layouts(),
        [(
            "drift".to_owned(),
            vec!["subjects".to_owned(), "streams".to_owned()]
        )]
    );
    stand.choose("ved siden av: server");
    stand.key(KeyCode::Char('w'), KeyModifiers::CONTROL);
    stand.key(KeyCode::Char('w'), KeyModifiers::CONTROL);
    assert_eq!(
        stand.inspector.tabs.len(),
        TABS.len(),
        "one that is alone has its own tab"
    );

    // Another day.
    let mut stand = Stand::with(keep(), Some("drift"));
    let text = stand.screen((130, 24));
    assert!(
        text.lines().next().unwrap().contains("drift") && text.contains("Streams"),
        "{text}"
    );
    assert_eq!(stand.inspector.tabs.len(), TABS.len() + 1);
    stand.choose("oppsett drift");
    assert_eq!(
        stand.inspector.tabs.len(),
        TABS.len() + 1,
        "the tab that there is"
    );
    // Another server: the panes are there again once it answers.
    stand.choose("kontekst prod");
    let context = Box::new(stand.context.clone());
    stand.inspector.update(Event::News(News::Connected(context)));
    assert_eq!(stand.inspector.title(), "Subjects: >");
    stand.choose("slett oppsett drift");
    assert!(keep().layouts().is_empty());
    let mut stand = Stand::with(keep(), Some("drift"));
    let text = stand.screen((130, 24));
    assert!(text.contains("Det er ikke noe oppsett «drift»"), "{text}");
}

#[test]
fn a_damaged_file_is_named_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("panes.json");
    std::fs::write(&path, "{\"decks\": {").unwrap();
    let mut stand = Stand::with(Keep::open(Some(path.clone()), "inspect"), None);
    assert!(stand.screen((160, 24)).contains("kan ikke leses"));
    stand.key(KeyCode::Char('b'), KeyModifiers::CONTROL);
    stand.write("server");
    stand.press(KeyCode::Enter);
    stand.choose("oppsett lagre drift");
    assert!(stand.screen((160, 24)).contains("kan ikke leses"));
    assert_eq!(std::fs::read_to_string(path).unwrap(), "{\"decks\": {");
}
