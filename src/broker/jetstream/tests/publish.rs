//! What a stream says to a publisher, and what it keeps.

use std::time::Duration;

use serde_json::json;

use super::support::Rig;

fn stored(seq: u64) -> String {
    format!(r#"{{"stream":"M","seq":{seq}}}"#)
}

fn refused(code: u16, err_code: u16, text: &str) -> String {
    format!(
        r#"{{"error":{{"code":{code},"err_code":{err_code},"description":"{text}"}},"stream":"M","seq":0}}"#
    )
}

#[test]
fn expectations_are_checked_in_the_servers_order() {
    let mut rig = Rig::new();
    rig.stream("M", r#""subjects":["m.>"]"#);
    assert_eq!(rig.publish("m.a", "Nats-Msg-Id: one", "1"), stored(1));
    for (headers, answer) in [
        (
            "Nats-Msg-Id: one",
            r#"{"stream":"M","seq":1,"duplicate": true}"#.to_owned(),
        ),
        (
            "Nats-Expected-Stream: X",
            refused(400, 10060, "expected stream does not match"),
        ),
        (
            "Nats-Expected-Last-Sequence: 0",
            refused(400, 10071, "wrong last sequence: 1"),
        ),
        // A late retry of an expected publish is an error, not a duplicate.
        (
            "Nats-Msg-Id: one\r\nNats-Expected-Last-Sequence: 0",
            refused(400, 10071, "wrong last sequence: 1"),
        ),
        (
            "Nats-Expected-Last-Subject-Sequence: 0",
            refused(400, 10071, "wrong last sequence: 1"),
        ),
        (
            "Nats-Expected-Last-Subject-Sequence-Subject: m.*",
            refused(
                400,
                10193,
                "missing sequence for expected last sequence per subject",
            ),
        ),
        (
            "Nats-Expected-Last-Msg-Id: two",
            refused(400, 10070, "wrong last msg ID: one"),
        ),
        ("Nats-Rollup: sub", refused(500, 10111, "rollup not permitted")),
        ("Nats-TTL: 5", refused(400, 10166, "per-message TTL is disabled")),
        (
            "Nats-Batch-Id: x",
            refused(400, 10174, "atomic publish is disabled"),
        ),
        (
            "Nats-Incr: +1",
            refused(400, 10168, "message counters is disabled"),
        ),
        (
            "Nats-Expected-Last-Subject-Sequence: 0\r\nNats-Expected-Last-Subject-Sequence-Subject: n.*",
            stored(2),
        ),
        (
            "Nats-Expected-Last-Subject-Sequence: 2\r\nNats-Expected-Last-Subject-Sequence-Subject: m.*",
            stored(3),
        ),
        ("Nats-Expected-Last-Sequence: 3", stored(4)),
    ] {
        assert_eq!(rig.publish("m.a", headers, "x"), answer, "{headers}");
    }
    rig.api_ok("STREAM.PURGE.M", r#"{"filter":"m.a"}"#);
    assert_eq!(
        rig.publish("m.a", "Nats-Expected-Last-Subject-Sequence: 0", "x"),
        stored(5)
    );
}

#[test]
fn ids_are_remembered_for_the_window_even_when_the_message_is_gone() {
    let mut rig = Rig::new();
    rig.stream("M", r#""duplicate_window":1000000000"#);
    rig.publish("M", "Nats-Msg-Id: a", "x");
    rig.api_ok("STREAM.MSG.DELETE.M", r#"{"seq":1}"#);
    rig.advance(Duration::from_millis(999));
    assert!(rig.publish("M", "Nats-Msg-Id: a", "x").contains("duplicate"));
    rig.advance(Duration::from_millis(1));
    assert_eq!(rig.publish("M", "Nats-Msg-Id: a", "x"), stored(2));
}

#[test]
fn old_messages_give_way() {
    for (limit, left) in [
        (r#""max_msgs":2"#, &["4", "5"][..]),
        (r#""max_bytes":60"#, &["3", "4", "5"]),
        (r#""max_msgs_per_subject":1"#, &["4", "5"]),
        (r#""discard":"new","max_msgs_per_subject":1"#, &["4", "5"]),
        (r#""max_msgs":2,"max_msgs_per_subject":1"#, &["4", "5"]),
    ] {
        let mut rig = Rig::new();
        rig.stream("M", &format!(r#""subjects":["m.*"],{limit}"#));
        for i in 1..=5 {
            assert_eq!(
                rig.publish(["m.a", "m.b"][i % 2], "", &i.to_string()),
                stored(i as u64)
            );
        }
        assert_eq!(rig.contents("M"), left, "{limit}");
    }
}

#[test]
fn new_messages_are_turned_away() {
    for (limit, text) in [
        (r#""max_msgs":2"#, "maximum messages exceeded"),
        (r#""max_bytes":45"#, "maximum bytes exceeded"),
        (
            r#""discard_new_per_subject":true,"max_msgs_per_subject":1"#,
            "maximum messages per subject exceeded",
        ),
    ] {
        let mut rig = Rig::new();
        rig.stream("M", &format!(r#""subjects":["m.*"],"discard":"new",{limit}"#));
        assert_eq!(rig.publish("m.a", "", "1"), stored(1));
        assert_eq!(rig.publish("m.b", "", "2"), stored(2));
        assert_eq!(rig.publish("m.a", "", "3"), refused(503, 10077, text), "{limit}");
        assert_eq!(rig.contents("M"), ["1", "2"]);
    }
    let mut rig = Rig::new();
    rig.stream("M", r#""max_msg_size":3"#);
    assert_eq!(
        rig.publish("M", "", "1234"),
        refused(400, 10054, "message size exceeds maximum allowed")
    );
}

#[test]
fn age_is_kept_by_the_clock() {
    let mut rig = Rig::new();
    rig.stream("M", r#""max_age":10000000000"#);
    rig.publish("M", "", "1");
    rig.advance(Duration::from_secs(6));
    rig.publish("M", "", "2");
    rig.advance(Duration::from_secs(4));
    assert_eq!(rig.contents("M"), ["2"]);
    rig.advance(Duration::from_secs(6));
    let state = rig.state("M");
    assert_eq!(
        (&state["messages"], &state["first_seq"], &state["bytes"]),
        (&json!(0), &json!(3), &json!(0))
    );
    assert_eq!(rig.js.next_deadline(), None);
}

#[test]
fn a_rollup_replaces_what_was_before() {
    let mut rig = Rig::new();
    rig.stream("M", r#""subjects":["m.*"],"allow_rollup_hdrs":true"#);
    for (subject, payload) in [("m.a", "1"), ("m.b", "2"), ("m.a", "3")] {
        rig.publish(subject, "", payload);
    }
    assert_eq!(rig.publish("m.a", "Nats-Rollup: sub", "4"), stored(4));
    assert_eq!(rig.contents("M"), ["2", "4"]);
    assert_eq!(rig.publish("m.c", "Nats-Rollup: all", "5"), stored(5));
    assert_eq!(rig.contents("M"), ["5"]);
    let bad = rig.publish("m.c", "Nats-Rollup: some", "6");
    assert!(bad.contains(r#"rollup value invalid: \"some\""#), "{bad}");
}

#[test]
fn nothing_is_acknowledged_before_the_commit() {
    let mut rig = Rig::new();
    rig.stream("M", r#""no_ack":false"#);
    rig.stream("Q", r#""no_ack":true"#);
    assert!(rig.request("Q", "", "x").is_empty());
    assert_eq!(rig.state("Q")["messages"], 1);
    assert_eq!(rig.publish("M", "", "x"), stored(1));
}

#[test]
fn an_interest_stream_keeps_nothing_that_nobody_wants() {
    let mut rig = Rig::new();
    rig.stream("M", r#""retention":"interest""#);
    assert_eq!(rig.publish("M", "", "x"), stored(1));
    let state = rig.state("M");
    assert_eq!((&state["messages"], &state["last_seq"]), (&json!(0), &json!(1)));
}
