use ratatui::crossterm::event::KeyCode;
use serde_json::json;

use super::watch::Order;
use super::*;
use crate::tui::panes::jetstream::Listing;
use crate::tui::panes::testing::{LARGE, SMALL, control, disconnected, press, screen, shown, write};
use crate::tui::panes::trouble::Trouble;
use strip::{Policy, Position, Snapshot, Strip};

/// What a server says about a stream.
fn info(name: &str, messages: u64) -> async_nats::jetstream::stream::Info {
    let answer = json!({
        "config": {
            "name": name, "subjects": ["sensors.pizzanini.temp", "sensors.pizzanini.co2"],
            "retention": "limits", "max_consumers": -1, "max_msgs": 1000, "max_bytes": -1,
            "max_age": 0, "max_msgs_per_subject": -1, "max_msg_size": -1, "discard": "old",
            "storage": "memory", "num_replicas": 1, "duplicate_window": 120_000_000_000_u64,
        },
        "created": "2026-11-24T17:00:00Z",
        "state": {
            "messages": messages, "bytes": messages * 42, "first_seq": 1, "last_seq": messages,
            "first_ts": "2026-11-24T17:00:01Z", "last_ts": "2026-11-24T18:00:01.5Z",
            "consumer_count": 2, "num_subjects": 2,
        },
    });
    serde_json::from_value(answer).unwrap()
}

fn stored(sequence: u64, payload: &str) -> Stored {
    Stored {
        sequence,
        subject: "sensors.pizzanini.temp".to_owned(),
        at: "2026-11-24T18:00:01.5Z".parse().unwrap(),
        headers: Vec::new(),
        payload: payload.as_bytes().to_vec(),
        payload_bytes: payload.len(),
    }
}

/// Twenty messages: the first five have just gone for want of room, two consumers stand at different places.
fn strip() -> Strip {
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    let position = |name: &str, delivered, ack_floor, pending| Position {
        name: name.to_owned(),
        delivered,
        ack_floor,
        pending,
        ack_pending: delivered - ack_floor,
    };
    let snapshot = |first: u64, last: u64| Snapshot {
        first,
        last,
        messages: last + 1 - first,
        bytes: 42 * (last + 1 - first),
        first_at: at("2026-11-24T18:00:00Z"),
        last_at: at("2026-11-24T18:00:10Z"),
        policy: Policy {
            messages_max: 15,
            ..Policy::default()
        },
        consumers: vec![position("arbeider", 14, 9, 6), position("revisor", 20, 20, 0)],
        ..Snapshot::default()
    };
    let mut strip = Strip::default();
    strip.take(at("2026-11-24T18:00:20Z"), snapshot(1, 15));
    strip.take(at("2026-11-24T18:00:30Z"), snapshot(6, 20));
    strip
}

fn listed(entries: Vec<async_nats::jetstream::stream::Info>) -> Streams {
    let total = entries.len();
    Streams {
        list: Some(Ok(Listing { entries, total })),
        ..Streams::default()
    }
}

#[test]
fn the_list_is_sorted_by_what_one_wants_and_the_selection_stays_on_its_stream() {
    let mut state = listed(vec![info("KV_x", 7), info("B", 3), info("A", 5)]);
    let names = |state: &Streams| -> String {
        let Some(Ok(list)) = &state.list else {
            panic!("a list");
        };
        let names: Vec<&str> = list.entries.iter().map(|i| i.config.name.as_str()).collect();
        names.join(" ")
    };
    state.sort();
    assert_eq!(names(&state), "A B KV_x");
    let mut view = view();
    view.selected = Some("A".to_owned());
    state.order = Order::Messages;
    state.sort();
    assert_eq!(names(&state), "KV_x A B");
    assert!(picture(&state, &mut view, (60, 6)).contains("sortert etter meldinger"));
    assert_eq!(view.list.index(3), Some(1));
    assert_eq!((0..6).fold(Order::Name, |order, _| order.next()), Order::Name);
}

fn opened() -> Streams {
    let mut detail = Detail::of("SENSORS");
    detail.info = Some(Ok(info("SENSORS", 1_030)));
    detail.subjects.insert("sensors.pizzanini.temp".to_owned(), 1_000);
    detail.subjects.insert("sensors.pizzanini.co2".to_owned(), 30);
    detail.recent.missing(1, 1, 1_030);
    detail.recent.take((1_020..=1_030).map(|n| stored(n, "21.5")));
    detail.strip = strip();
    Streams {
        open: Some(detail),
        ..Streams::default()
    }
}

fn view() -> View {
    View {
        now: "2026-11-24T18:02:01.5Z".parse().unwrap(),
        ..View::new(TimeZone::UTC)
    }
}

fn picture(state: &Streams, view: &mut View, size: (u16, u16)) -> String {
    let theme = Theme::dark();
    screen(size, |frame| {
        view::draw(frame, frame.area(), (&theme, true), state, view);
    })
}

#[test]
fn the_list() {
    let state = listed(vec![info("ORDERS", 0), info("SENSORS", 1_234_567)]);
    insta::assert_snapshot!("streams_small", picture(&state, &mut view(), SMALL));
    insta::assert_snapshot!("streams_large", picture(&state, &mut view(), (110, 5)));
}

#[test]
fn one_stream() {
    let state = opened();
    insta::assert_snapshot!("stream_small", picture(&state, &mut view(), SMALL));
    insta::assert_snapshot!("stream_large", picture(&state, &mut view(), LARGE));
    let mut config = view();
    config.tab = Tab::Config;
    insta::assert_snapshot!("stream_config", picture(&state, &mut config, (36, 14)));
}

#[test]
fn empty_and_troubled_states_say_what_to_do() {
    let said = |list| {
        let state = Streams {
            list,
            ..Streams::default()
        };
        picture(&state, &mut view(), (60, 6))
    };
    for (list, words) in [
        (None, "Henter"),
        (Some(Ok(Listing::default())), "nats stream add"),
        (Some(Err(Trouble::JetStreamOff)), "JetStream er ikke slått på"),
        (Some(Err(Trouble::Silent)), "$JS.API.>"),
        (
            Some(Err(Trouble::Forbidden("Permissions Violation".to_owned()))),
            "Ingen tilgang",
        ),
    ] {
        let text = said(list);
        assert!(text.contains(words), "{text}");
    }
}

#[test]
fn a_stream_is_opened_looked_through_and_left_by_key() {
    let (_runtime, context) = disconnected();
    let mut pane = StreamsPane::open(&context);
    // The task would overwrite what the test put there.
    pane._watch = context.spawn(std::future::ready(()));
    *pane.state.lock() = listed(vec![info("ORDERS", 0), info("SENSORS", 3)]);
    press(&mut pane, KeyCode::Down);
    press(&mut pane, KeyCode::Enter);
    assert_eq!(pane.title(), "Stream: SENSORS");
    *pane.state.lock() = opened();
    press(&mut pane, KeyCode::Up);
    press(&mut pane, KeyCode::Up);
    press(&mut pane, KeyCode::Enter);
    assert_eq!(pane.view.zoom.as_ref().unwrap().sequence, 1_029);
    press(&mut pane, KeyCode::Esc);
    assert!(pane.wants_escape());
    press(&mut pane, KeyCode::Esc);
    assert_eq!((pane.title().as_str(), pane.wants_escape()), ("Streams", false));
}

#[test]
fn the_strip_at_two_sizes_and_with_more_messages_than_cells() {
    let draw = |strip: &Strip, size| {
        screen(size, |frame| {
            strip_view::draw(frame, frame.area(), &Theme::dark(), "SENSORS", strip)
        })
    };
    insta::assert_snapshot!("strip_small", draw(&strip(), SMALL));
    insta::assert_snapshot!("strip_large", draw(&strip(), (110, 6)));
    let mut flooded = Strip::default();
    flooded.take(
        Timestamp::from_nanos(1),
        Snapshot {
            first: 1,
            last: 1_000_000,
            messages: 500_000,
            holes: (1..=5_000).map(|n| n * 2).collect(),
            ..Snapshot::default()
        },
    );
    insta::assert_snapshot!("strip_flooded", draw(&flooded, (60, 4)));
    insta::assert_snapshot!("strip_empty", draw(&Strip::default(), SMALL));
}

#[test]
fn a_stream_is_made_after_a_look_at_what_is_asked() {
    let (_runtime, context) = disconnected();
    let mut pane = StreamsPane::open(&context);
    let type_in = |pane: &mut StreamsPane, text: &str| {
        for letter in text.chars() {
            press(pane, KeyCode::Char(letter));
        }
    };
    press(&mut pane, KeyCode::Char('a'));
    type_in(&mut pane, "a.b");
    control(&mut pane, 's');
    assert!(shown(&mut pane, LARGE).contains("Navnet må ha tegn"));
    for _ in 0..3 {
        press(&mut pane, KeyCode::Backspace);
    }
    type_in(&mut pane, "ORDRE");
    press(&mut pane, KeyCode::Down);
    type_in(&mut pane, "ordre.>");
    insta::assert_snapshot!("form", shown(&mut pane, (70, 12)));
    control(&mut pane, 's');
    insta::assert_snapshot!("preview", shown(&mut pane, (90, 18)));
    press(&mut pane, KeyCode::Char('n'));
    assert!(!shown(&mut pane, LARGE).contains("ORDRE"));
}

#[test]
fn a_stream_is_found_by_a_part_of_its_name() {
    let (_runtime, context) = disconnected();
    let mut pane = StreamsPane::open(&context);
    pane._watch = context.spawn(std::future::ready(()));
    let names: Vec<String> = (1..=200).map(|n| format!("S{n}")).collect();
    pane.state.lock().list = Some(Ok(Listing {
        entries: names.iter().map(|name| info(name, 3)).collect(),
        total: 200,
    }));
    press(&mut pane, KeyCode::Char('/'));
    assert!(shown(&mut pane, LARGE).contains("Finn stream"));
    write(&mut pane, "x9");
    press(&mut pane, KeyCode::Enter);
    assert!(shown(&mut pane, LARGE).contains("Ingen stream heter noe med «x9»."));
    press(&mut pane, KeyCode::Backspace);
    press(&mut pane, KeyCode::Backspace);
    write(&mut pane, "s150");
    press(&mut pane, KeyCode::Enter);
    let list = shown(&mut pane, LARGE);
    assert!(list.contains("S150") && !list.contains("S1 "), "{list}");
    press(&mut pane, KeyCode::Down);
    assert_eq!(pane.view.selected.as_deref(), Some("S151"));
}

#[test]
fn streams_are_left_alone_where_nothing_may_be_changed() {
    let (_runtime, context) = disconnected();
    context.access.allow(false);
    let mut pane = StreamsPane::open(&context);
    pane._watch = context.spawn(std::future::ready(()));
    *pane.state.lock() = opened();
    for key in ['a', 'e', 'p', 'x'] {
        press(&mut pane, KeyCode::Char(key));
        assert!(shown(&mut pane, LARGE).contains("Skrivebeskyttet"), "{key}");
    }
    press(&mut pane, KeyCode::Char('g'));
    assert!(shown(&mut pane, LARGE).contains("Gå til"), "looking is allowed");
}
