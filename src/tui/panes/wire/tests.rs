use ratatui::crossterm::event::KeyCode;

use super::*;
use crate::broker::{Missed, Observation, Published, Receiver, TapEvent};
use crate::tui::panes::testing::{LARGE, SMALL, disconnected, press, screen, shown};

fn filled() -> Seen {
    let receiver = |connection, pattern: &str, queue: Option<&str>, missed| Receiver {
        connection,
        sid: "1".to_owned(),
        pattern: pattern.to_owned(),
        queue: queue.map(str::to_owned),
        missed,
    };
    let at = "2026-11-24T18:00:01.5Z".parse().unwrap();
    let seen = |connection, event| Observation {
        at,
        connection,
        event,
    };
    let mut all = Seen {
        is_ours: true,
        ..Seen::default()
    };
    all.take(
        vec![
            seen(5, TapEvent::Heard("SUB hello 1".to_owned())),
            seen(7, TapEvent::Heard("PUB hello 3\u{1b}[2J".to_owned())),
            seen(5, TapEvent::Told("MSG hello 1 3".to_owned())),
            seen(7, TapEvent::Heard("PING".to_owned())),
            seen(
                7,
                TapEvent::Published(Published {
                    subject: "hello".to_owned(),
                    receivers: vec![
                        receiver(5, "hello", None, None),
                        receiver(8, "hello", Some("kø"), Some(Missed::NotChosen)),
                        receiver(9, "orders.>", None, Some(Missed::NoMatch)),
                    ],
                    streams: vec![
                        ("HELLO".to_owned(), None),
                        ("FULL".to_owned(), Some("maximum messages exceeded".to_owned())),
                    ],
                    refused: None,
                }),
            ),
            seen(
                7,
                TapEvent::Published(Published {
                    subject: "$JS.API.INFO".to_owned(),
                    ..Published::default()
                }),
            ),
        ],
        0,
        &[1],
    );
    all
}

fn picture(seen: &Seen, view: &mut View, size: (u16, u16)) -> String {
    screen(size, |frame| {
        view::draw(frame, frame.area(), (&Theme::dark(), true), seen, view)
    })
}

#[test]
fn the_wire_and_the_reasons() {
    let seen = filled();
    let mut view = View::new(TimeZone::UTC);
    insta::assert_snapshot!("wire_small", picture(&seen, &mut view, SMALL));
    insta::assert_snapshot!("wire_large", picture(&seen, &mut view, (100, 8)));
    view.part = Part::Why;
    insta::assert_snapshot!("why_small", picture(&seen, &mut view, SMALL));
    insta::assert_snapshot!("why_large", picture(&seen, &mut view, (100, 8)));
    view.open = Some((Arc::clone(seen.fates.get(0).unwrap()), 0));
    insta::assert_snapshot!("why_one", picture(&seen, &mut view, (100, 10)));
}

#[test]
fn on_another_server_it_says_why_there_is_nothing() {
    let (_runtime, context) = disconnected();
    let mut pane = WirePane::open(&context);
    // The task would overwrite what the test puts there.
    pane._tap = context.spawn(std::future::ready(()));
    assert!(shown(&mut pane, LARGE).contains("bare ses på vår egen server"));
    *pane.seen.lock() = filled();
    assert!(shown(&mut pane, LARGE).contains("PUB hello 3␛[2J"));
    press(&mut pane, KeyCode::Right);
    let text = shown(&mut pane, LARGE);
    assert!(
        text.contains("SUB hello 1") && !text.contains("PUB hello"),
        "{text}"
    );
    press(&mut pane, KeyCode::Left);
    press(&mut pane, KeyCode::Char('w'));
    assert!(!shown(&mut pane, LARGE).contains("$JS.API"));
    press(&mut pane, KeyCode::Char('i'));
    assert!(shown(&mut pane, LARGE).contains("$JS.API"));
    press(&mut pane, KeyCode::Up);
    press(&mut pane, KeyCode::Up);
    press(&mut pane, KeyCode::Enter);
    assert!(shown(&mut pane, LARGE).contains("et annet medlem av køgruppen fikk den"));
}
