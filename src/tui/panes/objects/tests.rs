use ratatui::crossterm::event::KeyCode;

use super::work::Progress;
use super::*;
use crate::tui::panes::testing::{LARGE, SMALL, disconnected, press, screen, shown};

fn opened() -> State {
    let object = |name: &str, bytes| Listed {
        name: name.to_owned(),
        bytes,
        chunks: bytes / 131_072 + 1,
        digest: "SHA-256=abc123".to_owned(),
    };
    State {
        open: Some("bilder".to_owned()),
        objects: Some(Ok(vec![
            object("katt.png", 3_000_000),
            object("\u{1b}[2Jhund.png", 12),
        ])),
        ..State::default()
    }
}

fn picture(state: &State, size: (u16, u16)) -> String {
    let mut view = View::default();
    screen(size, |frame| {
        draw(frame, frame.area(), (&Theme::dark(), true), state, &mut view)
    })
}

#[test]
fn objects_and_how_far_a_transfer_has_come() {
    let mut state = opened();
    insta::assert_snapshot!("objects_small", picture(&state, SMALL));
    state.progress = Some(Progress {
        name: "katt.png".to_owned(),
        done: 1_500_000,
        total: 3_000_000,
    });
    insta::assert_snapshot!("objects_large", picture(&state, (100, 6)));
    let none = State {
        buckets: Some(Ok(Vec::new())),
        ..State::default()
    };
    assert!(picture(&none, LARGE).contains("Ingen objektlagre"));
}

#[test]
fn fetching_is_looking_and_storing_is_changing() {
    let (_runtime, context) = disconnected();
    context.access.allow(false);
    let mut pane = ObjectsPane::open(&context);
    // The task would overwrite what the test puts there.
    pane.watch = context.spawn(std::future::ready(()));
    *pane.state.lock() = opened();
    for key in ['p', 'x'] {
        press(&mut pane, KeyCode::Char(key));
        assert!(shown(&mut pane, LARGE).contains("Skrivebeskyttet"), "{key}");
    }
    press(&mut pane, KeyCode::Char('g'));
    assert!(shown(&mut pane, LARGE).contains("Lagre som"));
    press(&mut pane, KeyCode::Esc);
    context.access.allow(true);
    press(&mut pane, KeyCode::Char('x'));
    assert!(shown(&mut pane, LARGE).contains("Slette katt.png?"));
}
