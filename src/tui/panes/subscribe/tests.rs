use async_nats::Message;
use ratatui::crossterm::event::KeyCode;

use super::*;
use crate::tui::panes::testing::{LARGE, SMALL, disconnected, press, screen, shown, write};
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
    window.take(Batch::new(sensors, at, &batch, None));
    let mut order = message("orders.ny", "");
    order.reply = Some("_INBOX.1".into());
    let mut headers = async_nats::HeaderMap::new();
    headers.append("Nats-Msg-Id", "7");
    order.headers = Some(headers);
    window.take(Batch::new(
        orders,
        at,
        &[order, message("orders.rå", "\0\u{1}\u{2}")],
        None,
    ));
    window
}

fn picture(window: &Window, view: &mut View, size: (u16, u16)) -> String {
    let theme = Theme::dark();
    let losses = view::Losses {
        dropped: 3,
        disconnects: 1,
    };
    let look = view::Screen {
        theme: &theme,
        focused: true,
        connected: true,
        losses,
    };
    screen(size, |frame| view::draw(frame, frame.area(), &look, window, view))
}

#[test]
fn the_list_with_several_patterns() {
    let window = filled();
    let mut view = View::new(TimeZone::UTC, &Incidents::new());
    insta::assert_snapshot!("subscribe_small", picture(&window, &mut view, SMALL));
    insta::assert_snapshot!("subscribe_large", picture(&window, &mut view, LARGE));
}

#[test]
fn one_message_whole() {
    let window = filled();
    let mut view = View::new(TimeZone::UTC, &Incidents::new());
    view.mode = Mode::Zoom {
        entry: Arc::clone(window.entries().nth(1).unwrap()),
        scroll: Scroll::default(),
    };
    insta::assert_snapshot!("subscribe_zoom", picture(&window, &mut view, (44, 10)));
}

#[test]
fn without_patterns_it_says_what_to_do() {
    let mut view = View::new(TimeZone::UTC, &Incidents::new());
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
        let batch = Batch::new(1, Timestamp::ZERO, &[message("a", payload)], None);
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
