use std::time::Duration;

use ratatui::crossterm::event::KeyCode;

use super::*;
use crate::tui::panes::testing::{
    LARGE, SMALL, control, disconnected, on_broker, press, shown, until, write,
};

fn connected_look(pane: &mut PublishPane, size: (u16, u16)) -> String {
    // The first line says that the server is gone; it is not what these pictures are about.
    let text = shown(pane, (size.0, size.1 + 1));
    text.split_once('\n').unwrap().1.to_owned()
}

#[test]
fn the_form_with_the_result_of_a_run_into_a_stream() {
    let (_runtime, context) = disconnected();
    let mut pane = PublishPane::open(&context);
    write(&mut pane, "sensors.pizzanini.temp");
    press(&mut pane, KeyCode::Down);
    write(&mut pane, "Nats-Msg-Id: 1");
    press(&mut pane, KeyCode::Down);
    write(&mut pane, "{\"temp\": 21.5}");
    press(&mut pane, KeyCode::Enter);
    write(&mut pane, "linje to");
    let mut progress = Progress::begin(1_500);
    (progress.sent, progress.elapsed) = (1_500, Duration::from_millis(500));
    progress.running = false;
    progress.to_stream = true;
    for n in 1..=1_500 {
        progress.answer(Ack::Stored {
            stream: "SENSORS".to_owned(),
            sequence: n,
            duplicate: n == 1_500,
        });
    }
    *pane.progress.lock() = progress;
    insta::assert_snapshot!("publish_small", connected_look(&mut pane, SMALL));
    insta::assert_snapshot!("publish_large", connected_look(&mut pane, LARGE));
}

#[test]
fn what_cannot_be_sent_is_said_and_not_sent() {
    let (_runtime, context) = disconnected();
    let mut pane = PublishPane::open(&context);
    write(&mut pane, "a");
    press(&mut pane, KeyCode::Enter);
    assert!(connected_look(&mut pane, SMALL).contains("Frakoblet"));
    assert_eq!(pane.progress.lock().total, 0);
    assert!(!pane.wants_escape());
    assert_eq!(control(&mut pane, 's'), Handled::Yes);
}

#[test]
fn a_subject_that_was_seen_is_completed_and_an_empty_one_is_named() {
    let (_runtime, context) = disconnected();
    context
        .heard
        .add(["sensors.hamar.temp", "sensors.oslo.*"].into_iter());
    let mut pane = PublishPane::open(&context);
    assert!(connected_look(&mut pane, LARGE).contains("f.eks. sensors.pizzanini.temp"));
    write(&mut pane, "sen");
    assert!(connected_look(&mut pane, LARGE).contains("→ sensors.hamar.temp  sensors.oslo."));
    press(&mut pane, KeyCode::Right);
    assert_eq!(pane.form.content(SUBJECT), "sensors.hamar.temp");
    // In the middle of a text the arrow is an arrow.
    press(&mut pane, KeyCode::Left);
    press(&mut pane, KeyCode::Right);
    assert_eq!(pane.form.content(SUBJECT), "sensors.hamar.temp");
    assert_eq!(
        Draft::default().order().err().unwrap().to_string(),
        "Subject er tomt. Skriv et, for eksempel sensors.pizzanini.temp."
    );
}

#[test]
fn headers_of_jetstream_are_completed_and_templates_are_shown_as_they_will_be() {
    let (_runtime, context) = disconnected();
    let mut pane = PublishPane::open(&context);
    write(&mut pane, "a.{{Count}}");
    press(&mut pane, KeyCode::Down);
    assert!(connected_look(&mut pane, LARGE).contains("→ Nats-Msg-Id:  Nats-TTL:"));
    write(&mut pane, "A: b");
    press(&mut pane, KeyCode::Enter);
    write(&mut pane, "nats-e");
    press(&mut pane, KeyCode::Right);
    write(&mut pane, "7");
    assert_eq!(pane.form.content(HEADERS), "A: b\nNats-Expected-Last-Sequence: 7");
    control(&mut pane, 'x');
    press(&mut pane, KeyCode::Down);
    let control_down = KeyEvent::new(KeyCode::Down, KeyModifiers::CONTROL);
    pane.on_key(control_down);
    assert!(connected_look(&mut pane, LARGE).contains("1  a.1"));
    assert!(
        !connected_look(&mut pane, SMALL).contains("1  a.1"),
        "no room for it"
    );
}

#[test]
fn messages_are_saved_by_name_and_taken_again() {
    let (_runtime, context) = disconnected();
    let mut pane = PublishPane::open(&context);
    write(&mut pane, "ordre.ny");
    control(&mut pane, 'o');
    assert!(shown(&mut pane, LARGE).contains("Ingen ennå"));
    press(&mut pane, KeyCode::Char('n'));
    assert!(pane.takes_text() && pane.wants_escape());
    write(&mut pane, "feil ordre");
    press(&mut pane, KeyCode::Enter);
    assert!(shown(&mut pane, LARGE).contains("feil ordre           ordre.ny"));
    press(&mut pane, KeyCode::Esc);
    write(&mut pane, ".og.mer");
    control(&mut pane, 'o');
    press(&mut pane, KeyCode::Enter);
    assert_eq!(pane.form.content(SUBJECT), "ordre.ny");
    // Another pane of the deck has it too, and can forget it.
    let mut other = PublishPane::open(&context);
    control(&mut other, 'o');
    press(&mut other, KeyCode::Char('x'));
    assert!(context.keep.presets().is_empty());
}

#[test]
fn the_pace_is_changed_while_messages_go_out_and_the_count_is_exact() {
    let options = crate::broker::Options {
        host: "127.0.0.1".to_owned(),
        port: 0,
        ..crate::broker::Options::default()
    };
    let (_runtime, context, frames) = on_broker(options);
    let mut pane = PublishPane::open(&context);
    pane.fill(&Draft {
        subject: "a".to_owned(),
        count: "7".to_owned(),
        interval: "1h".to_owned(),
        burst: "2".to_owned(),
        ..Draft::default()
    });
    pane.send();
    // The first burst, then an hour's pause.
    until(&frames, &context, || pane.progress.lock().sent == 2);
    let faster = KeyEvent::new(KeyCode::Right, KeyModifiers::CONTROL);
    while pane.form.content(INTERVAL) != "0s" {
        pane.on_key(faster);
    }
    until(&frames, &context, || !pane.progress.lock().running);
    assert_eq!(pane.progress.lock().sent, 7);
    let slower = KeyEvent::new(KeyCode::Left, KeyModifiers::CONTROL);
    pane.on_key(slower);
    assert_eq!(pane.form.content(INTERVAL), "2µs");
}
