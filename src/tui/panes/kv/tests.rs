use bytes::Bytes;
use ratatui::crossterm::event::KeyCode;

use super::model::Entry;
use super::watch::{Conflict, Listed};
use super::*;
use crate::tui::panes::testing::{SMALL, disconnected, press, screen, shown, write};
use crate::tui::panes::trouble::Trouble;
use crate::util::time::Timestamp;

fn entry(value: &'static str, revision: u64) -> Entry {
    let at: Timestamp = "2026-11-24T18:00:01.5Z".parse().unwrap();
    Entry {
        value: Bytes::from_static(value.as_bytes()),
        revision,
        operation: Operation::Put,
        at,
    }
}

fn bucket(name: &str, pairs: &[(&str, &'static str)]) -> Bucket {
    let mut bucket = Bucket::of(name);
    for (n, (key, value)) in (1..).zip(pairs) {
        bucket.take(key, entry(value, n));
    }
    bucket.is_current = true;
    bucket
}

fn opened() -> State {
    State {
        open: Some(bucket(
            "ONSKET",
            &[
                ("lys.kjeller", "på"),
                ("lys.stue", "21.5"),
                ("dør", "lukket"),
                ("vifte", "{\"trinn\": 3}"),
                ("x", "\u{1b}[2J"),
            ],
        )),
        ..State::default()
    }
}

fn picture(state: &State, view: &mut View, size: (u16, u16)) -> String {
    screen(size, |frame| {
        view::draw(frame, frame.area(), (&Theme::dark(), true), state, view)
    })
}

#[test]
fn every_view_at_two_sizes() {
    let mut view = View::new(TimeZone::UTC);
    let list = State {
        list: Some(Ok(vec![Listed {
            name: "ONSKET".to_owned(),
            values: 4,
            bytes: 300,
            history: 5,
            ttl: std::time::Duration::from_secs(3_600),
        }])),
        ..State::default()
    };
    let mut compared = opened();
    compared.actual = Some(bucket(
        "FAKTISK",
        &[("lys.kjeller", "på"), ("dør", "åpen"), ("radio", "P1")],
    ));
    let mut history = opened();
    history.history = Some((
        "vifte".to_owned(),
        vec![entry("{\"trinn\": 2}", 2), entry("{\"trinn\": 3}", 3)],
    ));
    let mut conflict = opened();
    conflict.conflict = Some(Conflict {
        key: "dør".to_owned(),
        mine: "åpen".to_owned(),
        theirs: Some(entry("låst", 9)),
    });
    for (name, state) in [
        ("buckets", &list),
        ("keys", &opened()),
        ("compared", &compared),
        ("history", &history),
        ("conflict", &conflict),
        (
            "empty",
            &State {
                list: Some(Ok(Vec::new())),
                ..State::default()
            },
        ),
        (
            "forbidden",
            &State {
                list: Some(Err(Trouble::Forbidden(
                    "Permissions Violation for Publish to \"$JS.API.STREAM.LIST\"".to_owned(),
                ))),
                ..State::default()
            },
        ),
    ] {
        view.revisions.set(1);
        insta::assert_snapshot!(format!("kv_{name}_small"), picture(state, &mut view, SMALL));
        insta::assert_snapshot!(format!("kv_{name}_large"), picture(state, &mut view, (100, 10)));
    }
}

#[test]
fn who_comes_second_sees_both_values_and_decides() {
    let (_runtime, context) = disconnected();
    let mut pane = KeyValuePane::open(&context);
    // The task would overwrite what the test puts there.
    pane._list = context.spawn(std::future::ready(()));
    *pane.state.lock() = opened();
    press(&mut pane, KeyCode::Char('e'));
    assert!(
        shown(&mut pane, (90, 10)).contains("revisjon 3"),
        "dør is the first"
    );
    press(&mut pane, KeyCode::Esc);
    pane.state.lock().conflict = Some(Conflict {
        key: "dør".to_owned(),
        mine: "åpen".to_owned(),
        theirs: Some(entry("låst", 9)),
    });
    assert!(pane.wants_escape());
    press(&mut pane, KeyCode::Char('e'));
    let text = shown(&mut pane, (90, 10));
    assert!(text.contains("revisjon 9") && text.contains("åpen"), "{text}");
}

#[test]
fn nothing_is_written_where_nothing_may_be_changed() {
    let (_runtime, context) = disconnected();
    context.access.allow(false);
    let mut pane = KeyValuePane::open(&context);
    // The task would overwrite what the test puts there.
    pane._list = context.spawn(std::future::ready(()));
    *pane.state.lock() = opened();
    for key in ['a', 'e', 'x', 'X'] {
        press(&mut pane, KeyCode::Char(key));
        assert!(shown(&mut pane, (110, 10)).contains("Skrivebeskyttet"), "{key}");
    }
    press(&mut pane, KeyCode::Char('c'));
    write(&mut pane, "FAKTISK");
    press(&mut pane, KeyCode::Enter);
    assert_eq!(pane.title(), "Ønsket ONSKET mot faktisk FAKTISK");
    press(&mut pane, KeyCode::Esc);
    press(&mut pane, KeyCode::Esc);
    assert_eq!(pane.title(), "Key-value");
}

#[test]
fn levels_close_and_open_and_the_list_is_flat_when_asked() {
    let (_runtime, context) = disconnected();
    let mut pane = KeyValuePane::open(&context);
    // The task would overwrite what the test puts there.
    pane._list = context.spawn(std::future::ready(()));
    *pane.state.lock() = opened();
    let shows = |pane: &mut KeyValuePane, text: &str| shown(pane, (90, 10)).contains(text);
    assert!(shows(&mut pane, "▾ lys  (2 nøkler)") && shows(&mut pane, "kjeller"));
    press(&mut pane, KeyCode::Down);
    press(&mut pane, KeyCode::Enter);
    assert!(shows(&mut pane, "▸ lys  (2 nøkler)") && !shows(&mut pane, "kjeller"));
    assert_eq!(pane.selected_key(), None, "a level is no key");
    press(&mut pane, KeyCode::Char('a'));
    assert!(shows(&mut pane, "lys."), "a new key begins where one stands");
    press(&mut pane, KeyCode::Esc);
    press(&mut pane, KeyCode::Right);
    press(&mut pane, KeyCode::Right);
    assert_eq!(pane.selected_key().as_deref(), Some("lys.kjeller"));
    press(&mut pane, KeyCode::Char('t'));
    assert!(shows(&mut pane, "lys.stue") && !shows(&mut pane, "nøkler)"));
    assert_eq!(pane.selected_key().as_deref(), Some("lys.kjeller"));
    press(&mut pane, KeyCode::Char('t'));
    press(&mut pane, KeyCode::Left);
    press(&mut pane, KeyCode::Left);
    press(&mut pane, KeyCode::Char('o'));
    assert!(shows(&mut pane, "▾ lys"), "one was closed, so all open");
    press(&mut pane, KeyCode::Char('o'));
    assert!(shows(&mut pane, "▸ lys"));
}

#[test]
fn only_an_older_value_can_be_reverted_to() {
    let (_runtime, context) = disconnected();
    let mut pane = KeyValuePane::open(&context);
    // The task would overwrite what the test puts there.
    pane._list = context.spawn(std::future::ready(()));
    let mut state = opened();
    state.history = Some(("vifte".to_owned(), vec![entry("2", 2), entry("3", 3)]));
    *pane.state.lock() = state;
    pane.view.revisions.set(1);
    press(&mut pane, KeyCode::Char('r'));
    assert!(shown(&mut pane, (90, 10)).contains("verdien som gjelder"));
    context.access.allow(false);
    press(&mut pane, KeyCode::Up);
    press(&mut pane, KeyCode::Char('r'));
    assert!(shown(&mut pane, (110, 10)).contains("Skrivebeskyttet"));
    context.access.allow(true);
    press(&mut pane, KeyCode::Char('r'));
    assert!(
        pane.state.lock().history.is_none(),
        "it is written, and the keys are shown"
    );
}
