use async_nats::Message;
use ratatui::crossterm::event::KeyCode;

use super::*;
use crate::client::intake::Received;
use crate::tui::panes::testing::{LARGE, SMALL, disconnected, press, screen, shown, write};
use crate::tui::widgets::select::Selection;
use crate::util::time::Timestamp;
use window::Batch;

fn message(subject: &str, payload: &str) -> Message {
    Message {
        subject: subject.into(),
        reply: None,
        payload: payload.to_owned().into(),
        headers: None,
        status: None,
        description: None,
        length: 0,
    }
}

fn received(pattern: u64, at: Timestamp, messages: &[Message]) -> Batch {
    let messages: Vec<Received<'_>> = messages.iter().map(Received::from).collect();
    Batch::new(pattern, at, &messages, None)
}

fn filled() -> Window {
    let mut window = Window::default();
    let at: Timestamp = "2026-11-24T18:00:01.5Z".parse().unwrap();
    let sensors = window.add("sensors.>", None).unwrap();
    let orders = window.add("orders.*", Some("arbeidere")).unwrap();
    let batch = [
        message("sensors.pizzanini.temp", "21.5"),
        message("sensors.pizzanini.co2", "{\"ppm\": 418, \"ok\": true}"),
        message("sensors.x", "\u{1b}[2J\u{202e}snudd"),
    ];
    window.take(received(sensors, at, &batch));
    let mut order = message("orders.ny", "");
    order.reply = Some("_INBOX.1".into());
    let mut headers = async_nats::HeaderMap::new();
    headers.append("Nats-Msg-Id", "7");
    order.headers = Some(headers);
    window.take(received(
        orders,
        at,
        &[order, message("orders.rå", "\0\u{1}\u{2}")],
    ));
    window
}

fn picture(window: &Window, view: &mut View, size: (u16, u16)) -> String {
    let theme = Theme::dark();
    let losses = Losses {
        dropped: 3,
        disconnects: 1,
    };
    let look = view::Screen {
        theme: &theme,
        focused: true,
        link: crate::tui::panes::trouble::Link::Up,
        losses,
        notice: None,
        markings: Vec::new().into(),
    };
    screen(size, |frame| view::draw(frame, frame.area(), &look, window, view))
}

#[test]
fn the_list_with_several_patterns() {
    let window = filled();
    let (_runtime, context) = disconnected();
    let mut view = View::new(TimeZone::UTC, &context);
    insta::assert_snapshot!("subscribe_small", picture(&window, &mut view, SMALL));
    insta::assert_snapshot!("subscribe_large", picture(&window, &mut view, LARGE));
}

#[test]
fn one_message_whole() {
    let window = filled();
    let (_runtime, context) = disconnected();
    let mut view = View::new(TimeZone::UTC, &context);
    let mut selection = Selection::default();
    selection.set(1);
    view.held = Some(Held {
        entries: window.entries().cloned().collect(),
        shown_then: window.shown(),
        selection,
        top: 0,
        older: Vec::new(),
    });
    view.mode = Mode::Zoom;
    insta::assert_snapshot!("subscribe_zoom", picture(&window, &mut view, (44, 10)));
}

#[test]
fn without_patterns_it_says_what_to_do() {
    let (_runtime, context) = disconnected();
    let mut view = View::new(TimeZone::UTC, &context);
    let text = picture(&Window::default(), &mut view, SMALL);
    assert!(text.contains("Skriv et subject"), "{text}");
}

#[test]
fn patterns_are_added_changed_and_removed_by_key() {
    let (_runtime, context) = disconnected();
    let mut pane = SubscribePane::open(&context);
    press(&mut pane, KeyCode::Enter);
    assert_eq!(pane.title(), "Abonner: >");
    press(&mut pane, KeyCode::Char('a'));
    write(&mut pane, "orders.* arbeidere");
    press(&mut pane, KeyCode::Enter);
    assert_eq!(pane.window.lock().patterns[1].queue.as_deref(), Some("arbeidere"));
    press(&mut pane, KeyCode::Char('a'));
    write(&mut pane, "a..b");
    press(&mut pane, KeyCode::Enter);
    assert!(shown(&mut pane, (60, 8)).contains("Ugyldig mønster"));
    assert!(pane.wants_escape());
    press(&mut pane, KeyCode::Esc);
    press(&mut pane, KeyCode::Char('p'));
    press(&mut pane, KeyCode::Right);
    press(&mut pane, KeyCode::Char('e'));
    write(&mut pane, "2");
    press(&mut pane, KeyCode::Enter);
    assert_eq!(
        pane.window.lock().patterns[1].queue.as_deref(),
        Some("arbeidere2")
    );
    press(&mut pane, KeyCode::Char('p'));
    press(&mut pane, KeyCode::Char('x'));
    press(&mut pane, KeyCode::Char('x'));
    assert_eq!((pane.title().as_str(), pane.feeds.len()), ("Abonner", 0));
}

#[test]
fn a_held_view_stands_still_and_counts_what_is_new() {
    let (_runtime, context) = disconnected();
    let mut pane = SubscribePane::with_patterns(&context, &["a"]);
    let receive = |pane: &SubscribePane, payload: &str| {
        let batch = received(1, Timestamp::ZERO, &[message("a", payload)]);
        pane.window.lock().take(batch);
    };
    receive(&pane, "first");
    press(&mut pane, KeyCode::Char(' '));
    receive(&pane, "second");
    let text = shown(&mut pane, (60, 8));
    assert!(
        text.contains("first") && !text.contains("second") && text.contains("1 nye"),
        "{text}"
    );
    press(&mut pane, KeyCode::End);
    let text = shown(&mut pane, (60, 8));
    assert!(text.contains("second") && !text.contains("PAUSE"), "{text}");
    press(&mut pane, KeyCode::Enter);
    assert!(shown(&mut pane, (60, 8)).contains("Payload: tekst, 6 byte"));
}

fn pane_with(context: &PaneContext, messages: &[(&str, &str)]) -> SubscribePane {
    let pane = SubscribePane::with_patterns(context, &[">"]);
    for (subject, payload) in messages {
        let batch = received(1, Timestamp::ZERO, &[message(subject, payload)]);
        pane.window.lock().take(batch);
    }
    pane
}

#[test]
fn a_pattern_is_muted_and_heard_again_while_it_is_counted() {
    let (_runtime, context) = disconnected();
    let mut pane = SubscribePane::with_patterns(&context, &["a", "b"]);
    for (id, subject) in [(1, "a"), (2, "b")] {
        let batch = received(id, Timestamp::ZERO, &[message(subject, "hei")]);
        pane.window.lock().take(batch);
    }
    let is_shown = |pane: &mut SubscribePane, subject: &str| {
        let row = format!("{subject}  ");
        shown(pane, (50, 8))
            .lines()
            .skip(1)
            .any(|line| line.starts_with(&row))
    };
    press(&mut pane, KeyCode::Char('p'));
    press(&mut pane, KeyCode::Char(' '));
    assert!(!is_shown(&mut pane, "a") && is_shown(&mut pane, "b"));
    assert!(shown(&mut pane, (50, 8)).contains("2 meld."));
    press(&mut pane, KeyCode::Char(' '));
    assert!(is_shown(&mut pane, "a"));
}

#[test]
fn rows_tell_the_time_or_how_long_after_the_one_before() {
    let (_runtime, context) = disconnected();
    let mut pane = SubscribePane::with_patterns(&context, &["a"]);
    let at = |millis: i64| Timestamp::from_nanos(millis * 1_000_000);
    for (n, millis) in [1_000, 1_250, 3_250].into_iter().enumerate() {
        let batch = received(1, at(millis), &[message("a", &format!("nr {n}"))]);
        pane.window.lock().take(batch);
    }
    press(&mut pane, KeyCode::Char('t'));
    let text = shown(&mut pane, (70, 9));
    assert!(
        text.contains("+250.00 ms a") && text.contains("+2.00 s a"),
        "{text}"
    );
    // Also where the one before is out of sight.
    let text = shown(&mut pane, (70, 4));
    assert!(text.contains("+2.00 s a") && !text.contains("nr 1"), "{text}");
    press(&mut pane, KeyCode::Char('t'));
    let text = shown(&mut pane, (70, 9));
    assert!(
        text.lines().any(|line| line.starts_with("a ")) && !text.contains('+'),
        "{text}"
    );
}

const THREE: [(&str, &str); 3] = [
    ("sensors.a", "{\"temp\": 21}"),
    ("sensors.b", "{\"temp\": 31}"),
    ("sensors.a", "{\"temp\": 22}"),
];

#[test]
fn a_filter_hides_and_a_search_jumps() {
    let (_runtime, context) = disconnected();
    let mut pane = pane_with(&context, &THREE);
    press(&mut pane, KeyCode::Char('f'));
    write(&mut pane, ".temp >");
    press(&mut pane, KeyCode::Enter);
    assert!(shown(&mut pane, (70, 9)).contains("Ugyldig filter"));
    write(&mut pane, " 30");
    press(&mut pane, KeyCode::Enter);
    let text = shown(&mut pane, (70, 9));
    assert!(
        text.contains("31") && !text.contains("21") && text.contains("filter: .temp > 30"),
        "{text}"
    );
    press(&mut pane, KeyCode::Char('f'));
    for _ in 0..20 {
        press(&mut pane, KeyCode::Backspace);
    }
    press(&mut pane, KeyCode::Enter);
    press(&mut pane, KeyCode::Char('/'));
    write(&mut pane, "subject ~ \"a$\"");
    press(&mut pane, KeyCode::Enter);
    let payload =
        |pane: &SubscribePane| String::from_utf8_lossy(&pane.view.selected().unwrap().payload).into_owned();
    assert_eq!(payload(&pane), THREE[2].1, "the newest is a hit itself");
    press(&mut pane, KeyCode::Char('N'));
    assert_eq!(payload(&pane), THREE[0].1);
    press(&mut pane, KeyCode::Char('n'));
    assert_eq!(payload(&pane), THREE[2].1);
}

#[test]
fn one_message_is_compared_copied_and_sent_again() {
    let (_runtime, context) = disconnected();
    let mut pane = pane_with(&context, &THREE);
    press(&mut pane, KeyCode::Enter);
    press(&mut pane, KeyCode::Char('d'));
    let text = shown(&mut pane, (70, 12));
    assert!(
        text.contains("-   \"temp\": 21") && text.contains("+   \"temp\": 22"),
        "{text}"
    );
    press(&mut pane, KeyCode::Left);
    press(&mut pane, KeyCode::Char('d'));
    assert!(shown(&mut pane, (70, 12)).contains("21"));
    press(&mut pane, KeyCode::Char('y'));
    assert_eq!(pane.wish(), Some(Wish::Copy(THREE[0].1.to_owned())));
    press(&mut pane, KeyCode::Char('r'));
    let Some(Wish::Publish(draft)) = pane.wish() else {
        panic!("nothing to publish");
    };
    assert_eq!(
        (draft.subject.as_str(), draft.payload.as_str()),
        ("sensors.a", THREE[0].1)
    );
}

#[test]
fn nothing_is_played_where_nothing_may_be_changed() {
    let (_runtime, context) = disconnected();
    context.access.allow(false);
    let mut pane = pane_with(&context, &THREE);
    press(&mut pane, KeyCode::Char('l'));
    write(&mut pane, "fil.ndjson ×2");
    press(&mut pane, KeyCode::Enter);
    assert!(shown(&mut pane, (110, 9)).contains("Skrivebeskyttet"));
}

/// A window with headers, several lines and a redelivered message.
fn mixed() -> Window {
    let mut window = Window::default();
    let id = window.add("ordre.>", None).unwrap();
    let at: Timestamp = "2026-11-24T18:00:01.5Z".parse().unwrap();
    let mut first = message("ordre.ny", "{\"antall\": 3, \"vare\": \"pizza\"}");
    let mut headers = async_nats::HeaderMap::new();
    headers.append("Nats-Msg-Id", "7");
    headers.append("Kilde", "kassa");
    first.headers = Some(headers);
    let mut again = message("ordre.igjen", "på nytt");
    again.reply = Some("$JS.ACK.ORDRE.kjøkken.2.1.2.1700000000000000000.0".into());
    window.take(received(id, at, &[first, message("ordre.tom", ""), again]));
    window
}

#[test]
fn messages_take_as_many_lines_as_one_asks_for() {
    let window = mixed();
    let (_runtime, context) = disconnected();
    let mut view = View::new(TimeZone::UTC, &context);
    for rows in ["1", "3", "full", "headers", "subjects"] {
        assert_eq!(view.rows.word(), rows);
        insta::assert_snapshot!(
            format!("subscribe_rows_{rows}"),
            picture(&window, &mut view, (70, 18))
        );
        view.rows = view.rows.next();
    }
    assert_eq!(view.rows, Rows::One);
}

#[test]
fn the_selected_message_is_whole_on_the_screen_whatever_its_height() {
    let (_runtime, context) = disconnected();
    let mut pane = SubscribePane::with_patterns(&context, &["a.>"]);
    let id = pane.window.lock().patterns[0].id;
    let messages: Vec<Message> = (0..40)
        .map(|n| message(&format!("a.{n}"), &format!("{{\"n\": {n}, \"liste\": [1, 2]}}")))
        .collect();
    pane.window.lock().take(received(id, Timestamp::ZERO, &messages));
    pane.obey("rows=full");
    for key in [
        KeyCode::Up,
        KeyCode::Home,
        KeyCode::PageDown,
        KeyCode::End,
        KeyCode::PageUp,
        KeyCode::Up,
    ] {
        press(&mut pane, key);
        let text = shown(&mut pane, (60, 14));
        let Some(entry) = pane.view.selected() else {
            continue;
        };
        assert!(
            text.contains(&format!("{} ", entry.subject)),
            "{key:?} {}\n{text}",
            entry.subject
        );
        let n = entry.subject.trim_start_matches("a.");
        assert!(text.contains(&format!("\"n\": {n},")), "{key:?} {n}\n{text}");
    }
}

#[test]
fn colours_of_messages_are_explained() {
    let window = mixed();
    let (_runtime, context) = disconnected();
    let marked = crate::tui::markings::read("marker levert på nytt: red delivered > 1").unwrap();
    crate::tui::markings::obey(marked, &context.keep).unwrap();
    let mut pane = SubscribePane::with_patterns(&context, &["ordre.>"]);
    *pane.window.lock() = window;
    let text = shown(&mut pane, LARGE);
    assert!(
        text.contains("■ levert på nytt") && text.contains("[levert på nytt] på nytt"),
        "{text}"
    );
    assert_eq!(
        text.matches("levert på nytt").count(),
        2,
        "one message alone is coloured"
    );
    let mut terminal = ratatui::Terminal::new(ratatui::backend::TestBackend::new(LARGE.0, LARGE.1)).unwrap();
    terminal
        .draw(|frame| pane.draw(frame, frame.area(), &Theme::dark(), true))
        .unwrap();
    let red = ratatui::style::Color::Rgb(224, 60, 60);
    let coloured = terminal
        .backend()
        .buffer()
        .content
        .iter()
        .filter(|cell| cell.fg == red);
    let text: String = coloured.map(|cell| cell.symbol()).collect();
    assert!(
        text.contains("ordre.igjen") && !text.contains("ordre.ny"),
        "{text}"
    );
    press(&mut pane, KeyCode::Enter);
    let text = shown(&mut pane, LARGE);
    assert!(
        text.contains("Farge") && text.contains("levert på nytt"),
        "{text}"
    );
}

#[test]
fn a_layout_has_the_pane_as_it_stood() {
    let (_runtime, context) = disconnected();
    let mut pane = SubscribePane::open(&context);
    let told = [
        "hello.>",
        "ordre.> arbeidere",
        "rows=3",
        "filter=.temp > 30",
        "internal",
    ];
    for argument in told {
        pane.obey(argument);
    }
    assert_eq!(pane.arguments(), told);
    assert_eq!(pane.title(), "Abonner: hello.> og 1 til");
    assert!(!pane.takes_text(), "it asks for no pattern");
}

#[test]
fn a_click_selects_a_message_and_a_second_one_opens_it() {
    let (_runtime, context) = disconnected();
    let mut pane = SubscribePane::with_patterns(&context, &["ordre.>"]);
    *pane.window.lock() = mixed();
    let text = shown(&mut pane, (80, 12));
    let row = text.lines().position(|line| line.contains("ordre.tom")).unwrap();
    let click = MouseEvent {
        kind: MouseEventKind::Down(ratatui::crossterm::event::MouseButton::Left),
        column: 5,
        row: row as u16,
        modifiers: KeyModifiers::NONE,
    };
    let area = Rect::new(0, 0, 80, 12);
    pane.on_mouse(click, area);
    assert_eq!(&*pane.view.selected().unwrap().subject, "ordre.tom");
    shown(&mut pane, (80, 12));
    pane.on_mouse(click, area);
    assert!(shown(&mut pane, (80, 12)).contains("Svar til"));
}

#[test]
fn a_filter_over_very_many_is_asked_a_few_at_a_time() {
    let (_runtime, context) = disconnected();
    let mut view = View::new(TimeZone::UTC, &context);
    let mut window = Window::default();
    let id = window.add(">", None).unwrap();
    let messages: Vec<Message> = (0..1_000)
        .map(|n| message(&format!("a.{n}"), &format!("{{\"n\": {}}}", n % 10)))
        .collect();
    window.take(received(id, Timestamp::ZERO, &messages));
    view.filter = Some(Filter::parse(".n = 3").unwrap());
    view.held = Some(Held::of(window.heard().cloned().collect(), window.shown()));
    view.looking = Some(Looking::begin(Filter::parse("subject = a.3").unwrap(), 0, true));
    let past = Instant::now();
    assert!(!view.look_until(past), "one glance is not enough");
    assert_eq!(
        &*view.selected().unwrap().subject,
        "a.993",
        "the newest that fits"
    );
    let mut glances = 1;
    while !view.look_until(past) {
        glances += 1;
    }
    assert!(glances > 5);
    assert_eq!(view.held.as_ref().unwrap().entries.len(), 100);
    assert_eq!(
        &*view.selected().unwrap().subject,
        "a.3",
        "found when all are known"
    );
}
