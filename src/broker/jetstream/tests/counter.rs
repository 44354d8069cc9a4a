//! Streams that count.

use serde_json::{Value, json};

use super::support::Rig;

fn ack(rig: &mut Rig, headers: &str, payload: &str) -> Value {
    serde_json::from_str(&rig.publish("c.a", headers, payload)).unwrap()
}

#[test]
fn each_message_adds_to_its_subject() {
    let mut rig = Rig::new();
    rig.stream("C", r#""subjects":["c.>"],"allow_msg_counter":true"#);
    for (increment, sum) in [
        ("+5", "5"),
        ("-7", "-2"),
        ("0", "-2"),
        ("100000000000000000000", "99999999999999999998"),
    ] {
        let answer = ack(&mut rig, &format!("Nats-Incr: {increment}"), "");
        assert_eq!(answer["val"], json!(sum), "{increment}");
    }
    let other = rig.publish("c.b", "Nats-Incr: 1", "");
    assert_eq!(other, r#"{"stream":"C","seq":5,"val":"1"}"#);
    assert_eq!(rig.contents("C")[..2], [r#"{"val":"5"}"#, r#"{"val":"-2"}"#]);
}

#[test]
fn what_brought_a_sum_here_is_kept() {
    let mut rig = Rig::new();
    rig.stream("C", r#""subjects":["c.>"],"allow_msg_counter":true"#);
    let sources = r#"Nats-Counter-Sources: {"X":{"x.a":"3"}}"#;
    ack(&mut rig, &format!("Nats-Incr: 1\r\n{sources}"), "");
    ack(&mut rig, "Nats-Incr: 1", "");
    let got = rig.api_ok("STREAM.MSG.GET.C", r#"{"seq":2}"#);
    let block = format!("NATS/1.0\r\nNats-Incr: 1\r\n{sources}\r\n\r\n");
    let encoded = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, block);
    assert_eq!(got["message"]["hdrs"], json!(encoded));
}

#[test]
fn what_cannot_count_is_refused() {
    let mut rig = Rig::new();
    rig.stream(
        "C",
        r#""subjects":["c.>"],"allow_msg_counter":true,"allow_rollup_hdrs":true"#,
    );
    for (headers, payload, code) in [
        ("", "", 10169),
        ("Nats-Incr: 1", "x", 10170),
        ("Nats-Incr: x", "", 10171),
        ("Nats-Incr: 1\r\nNats-Expected-Last-Sequence: 0", "", 10171),
        ("Nats-Incr: 1\r\nNats-Rollup: sub", "", 10171),
    ] {
        let answer = ack(&mut rig, headers, payload);
        assert_eq!(answer["error"]["err_code"], json!(code), "{headers}");
    }
    let mut rig = Rig::new();
    rig.stream("C", r#""subjects":["c.>"]"#);
    assert_eq!(
        ack(&mut rig, "Nats-Incr: 1", "")["error"]["err_code"],
        json!(10168)
    );
    assert_eq!(
        ack(&mut rig, "Nats-Incr: x", "")["error"]["err_code"],
        json!(10171)
    );
}
