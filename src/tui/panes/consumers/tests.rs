use serde_json::json;

use super::*;
use crate::tui::panes::consumers::watch::Reading;
use crate::tui::panes::jetstream::Listing;
use crate::tui::panes::testing::{LARGE, SMALL, disconnected, press, screen, shown};
use crate::tui::panes::trouble::Trouble;

fn consumer(name: &str, push: bool) -> async_nats::jetstream::consumer::Info {
    let answer = json!({
        "stream_name": "SENSORS", "name": name, "created": "2026-11-24T17:00:00Z",
        "config": {
            "name": name, "deliver_policy": "all", "ack_policy": "explicit", "ack_wait": 30_000_000_000_u64,
            "max_deliver": -1, "replay_policy": "instant", "num_replicas": 0,
            "deliver_subject": push.then_some("ut"),
        },
        "delivered": { "consumer_seq": 31, "stream_seq": 30 },
        "ack_floor": { "consumer_seq": 20, "stream_seq": 19 },
        "num_ack_pending": 11, "num_redelivered": 1, "num_waiting": 2, "num_pending": 1_234,
    });
    serde_json::from_value(answer).unwrap()
}

fn state() -> State {
    let mut state = State {
        names: Some(Ok(vec!["SENSORS".to_owned()])),
        stream: Some("SENSORS".to_owned()),
        reading: Reading::Following,
        consumers: Ok(Listing {
            entries: vec![consumer("arbeider", false), consumer("goingnats-snitt-1", true)],
            total: 2,
        }),
        ..State::default()
    };
    for n in 0..30_u64 {
        let kind = ["temp", "humidity", "co2"][n as usize % 3];
        let value = (n != 29).then_some(20.0 + n as f64 / 10.0);
        state
            .averages
            .take(n + 1, &format!("sensors.pizzanini.{kind}"), value);
    }
    state
}

fn picture(state: &State, part: Part, size: (u16, u16)) -> String {
    let theme = Theme::dark();
    let mut view = View {
        part,
        ..View::default()
    };
    screen(size, |frame| {
        view::draw(frame, frame.area(), (&theme, true), state, &mut view);
    })
}

#[test]
fn averages_and_consumers() {
    let state = state();
    insta::assert_snapshot!("averages_small", picture(&state, Part::Averages, SMALL));
    insta::assert_snapshot!("consumers_small", picture(&state, Part::Consumers, SMALL));
    insta::assert_snapshot!("consumers_large", picture(&state, Part::Averages, LARGE));
}

#[test]
fn those_that_lag_most_come_first_when_asked_and_the_chosen_one_stays_chosen() {
    let (_runtime, context) = disconnected();
    let mut pane = ConsumersPane::open(&context);
    let lagging = |name: &str, pending| async_nats::jetstream::consumer::Info {
        num_pending: pending,
        ..consumer(name, false)
    };
    let shared = Shared::new(State {
        consumers: Ok(Listing {
            total: 3,
            entries: vec![lagging("a", 1), lagging("b", 90), lagging("c", 5)],
        }),
        ..state()
    });
    pane.state = shared.clone();
    let names = |shared: &Shared<State>| -> Vec<String> {
        let state = shared.lock();
        let list = state.consumers.as_ref().unwrap();
        list.entries.iter().map(|info| info.name.clone()).collect()
    };
    press(&mut pane, KeyCode::Char('s'));
    press(&mut pane, KeyCode::Down);
    press(&mut pane, KeyCode::Down);
    assert_eq!(pane.view.in_hand(&shared.lock()).unwrap().name, "c");
    press(&mut pane, KeyCode::Char('o'));
    assert_eq!(names(&shared), ["b", "c", "a"]);
    assert_eq!(pane.view.in_hand(&shared.lock()).unwrap().name, "c");
    assert!(shown(&mut pane, LARGE).contains("▾ Pending"));
    if let Ok(list) = &mut shared.lock().consumers {
        list.entries = vec![lagging("a", 100), lagging("b", 90), lagging("c", 5)];
    }
    shared.lock().arrange();
    assert_eq!(names(&shared), ["a", "b", "c"], "the server told anew");
    assert_eq!(pane.view.in_hand(&shared.lock()).unwrap().name, "c");
    press(&mut pane, KeyCode::Up);
    assert_eq!(pane.view.in_hand(&shared.lock()).unwrap().name, "b");
    press(&mut pane, KeyCode::Char('o'));
    assert!(!shown(&mut pane, LARGE).contains('▾'));
}

#[test]
fn empty_and_troubled_states_say_what_to_do() {
    let mut empty = State {
        names: Some(Ok(Vec::new())),
        ..State::default()
    };
    assert!(picture(&empty, Part::Averages, SMALL).contains("Lag en stream"));
    empty.names = Some(Err(Trouble::JetStreamOff));
    assert!(picture(&empty, Part::Averages, SMALL).contains("JetStream er ikke"));
    let mut gone = state();
    gone.info = Some(Err(Trouble::NoStream("SENSORS".to_owned())));
    assert!(picture(&gone, Part::Averages, SMALL).contains("finnes ikke"));
    let mut queue = state();
    queue.reading = Reading::WouldDisturb;
    assert!(picture(&queue, Part::Averages, SMALL).contains("retention limits"));
}
