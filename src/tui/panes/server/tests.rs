use std::time::{Duration, Instant};

use ratatui::crossterm::event::KeyCode;
use serde_json::{Value, json};

use super::*;
use crate::tui::panes::access::Access;
use crate::tui::panes::testing::{LARGE, SMALL, disconnected, press, screen, shown};
use crate::tui::panes::trouble::Trouble;
use crate::util::time::Timestamp;

fn connz(messages: u64) -> Value {
    let one = |cid: u64, name: &str, pending: u64| {
        json!({"cid": cid, "kind": "Client", "name": name, "ip": "127.0.0.1", "port": 50_000 + cid, "account": "$G",
            "lang": "go", "version": "1.47.0", "rtt": "312µs", "uptime": "3m2s", "idle": "0s",
            "pending_bytes": pending, "in_msgs": messages * cid, "out_msgs": 10, "in_bytes": 1_000, "out_bytes": 99,
            "subscriptions": 2, "subscriptions_list": ["hello", "sensors.>"]})
    };
    json!({"server_id": "S", "total": 3, "connections": [
        one(5, "pizzanini", 0), one(7, "\u{1b}[2Jskummel", 4_096), one(9, "", 0)]})
}

fn filled() -> State {
    let mut state = State {
        asked: true,
        ..State::default()
    };
    let start = Instant::now();
    state.facts.take_connections(&[connz(100)], start);
    let changes = state
        .facts
        .take_connections(&[connz(300)], start + Duration::from_secs(1));
    assert!(changes.is_empty());
    let at: Timestamp = "2026-11-24T18:00:01.5Z".parse().unwrap();
    for (kind, fields) in [
        ("stream_action", json!({"stream": "SENSORS", "action": "create"})),
        (
            "api_audit",
            json!({"subject": "$JS.API.STREAM.LIST", "client": {"name": "nats"}}),
        ),
        (
            "max_deliver",
            json!({"stream": "SENSORS", "consumer": "lager", "stream_seq": 4, "deliveries": 3}),
        ),
    ] {
        let mut told = fields;
        told["type"] = format!("io.nats.jetstream.advisory.v1.{kind}").into();
        state.note(Event::of_message(at, "$JS.EVENT.ADVISORY.X", told.to_string().as_bytes()).unwrap());
    }
    state.facts.take_accounts(&[json!({"account_statz": [
        {"acc": "$G", "conns": 3, "num_subscriptions": 6, "sent": {"msgs": 10, "bytes": 99}, "received": {"msgs": 2_000}, "slow_consumers": 1},
    ]})]);
    state.facts.servers = vec![(
        "S".to_owned(),
        json!({"server_name": "goingnats", "version": "2.14.5", "start": "2026-11-24T17:00:00Z", "uptime": "1h0m1s",
            "cpu": 1.5, "mem": 20_971_520, "connections": 3, "max_connections": 65_536, "in_msgs": 2_000, "out_msgs": 10,
            "in_bytes": 4_096, "out_bytes": 99, "max_payload": 1_048_576, "max_pending": 67_108_864, "slow_consumers": 1,
            "jetstream": {"config": {"max_memory": 1_073_741_824, "max_storage": 10_737_418_240_u64}, "stats": {"memory": 0, "storage": 4_096}}}),
    )];
    state.facts.health = Some(json!({"status": "ok"}));
    state
}

fn picture(state: &mut State, view: &mut View, size: (u16, u16)) -> String {
    screen(size, |frame| {
        view::draw(frame, frame.area(), (&Theme::dark(), true), (state, None), view)
    })
}

#[test]
fn every_part_at_two_sizes() {
    let mut view = View::new(TimeZone::UTC);
    for part in Part::ALL {
        let mut state = filled();
        state.part = part;
        let name = format!("server_{part:?}").to_lowercase();
        insta::assert_snapshot!(format!("{name}_small"), picture(&mut state, &mut view, SMALL));
        insta::assert_snapshot!(format!("{name}_large"), picture(&mut state, &mut view, LARGE));
    }
}

#[test]
fn what_a_server_does_not_tell_is_said_with_the_reason() {
    let mut view = View::new(TimeZone::UTC);
    let mut state = filled();
    state.sight = source::Sight::Account;
    assert!(picture(&mut state, &mut view, LARGE).contains("Du ser bare din egen konto"));
    state.trouble = Some(Trouble::Forbidden(
        "Permissions Violation for Publish to \"$SYS.REQ.SERVER.PING.CONNZ\"".to_owned(),
    ));
    insta::assert_snapshot!("server_forbidden", picture(&mut state, &mut view, LARGE));
    let mut deaf = State {
        part: Part::Events,
        events_trouble: Some(Trouble::Forbidden(
            "Permissions Violation for Subscription to \"$JS.EVENT.ADVISORY.>\"".to_owned(),
        )),
        ..State::default()
    };
    let text = picture(&mut deaf, &mut view, LARGE);
    assert!(
        text.contains("Ingen tilgang") && !text.contains("Ingen hendelser"),
        "{text}"
    );
    let mut nothing = State::default();
    insta::assert_snapshot!("server_empty", picture(&mut nothing, &mut view, SMALL));
}

#[test]
fn a_flood_of_connections_draws_what_fits() {
    let connections: Vec<Value> = (0..4_000)
        .map(|cid| json!({"cid": cid, "name": format!("klient {cid}"), "in_msgs": cid}))
        .collect();
    let mut state = State {
        asked: true,
        ..State::default()
    };
    let answer = json!({"server_id": "S", "total": 9_000, "connections": connections});
    state.facts.take_connections(&[answer], Instant::now());
    let mut view = View::new(TimeZone::UTC);
    view.order = Order::In;
    let text = picture(&mut state, &mut view, LARGE);
    assert!(
        text.contains("klient 3999") && text.contains("4 000 av 9 000"),
        "{text}"
    );
}

#[test]
fn nobody_is_disconnected_where_nothing_may_be_changed() {
    let (_runtime, context) = disconnected();
    let access = Access::read_only();
    let mut pane = ServerPane::open(&PaneContext {
        access: access.clone(),
        ..context.clone()
    });
    // The task would overwrite what the test puts there.
    pane._watch = context.spawn(std::future::ready(()));
    *pane.state.lock() = filled();
    press(&mut pane, KeyCode::Char('x'));
    assert!(shown(&mut pane, LARGE).contains("Skrivebeskyttet"));
    access.allow(true);
    press(&mut pane, KeyCode::Char('x'));
    assert!(shown(&mut pane, LARGE).contains("Koble fra 5 «pizzanini»?"));
    press(&mut pane, KeyCode::Char('n'));
    press(&mut pane, KeyCode::Down);
    press(&mut pane, KeyCode::Enter);
    let text = shown(&mut pane, LARGE);
    assert!(
        text.contains("␛[2Jskummel") && text.contains("sensors.>"),
        "{text}"
    );
}
