use std::time::Duration;

use ratatui::crossterm::event::KeyCode;

use super::*;
use crate::tui::panes::testing::{LARGE, SMALL, control, disconnected, press, shown, write};

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
