//! An interest stream keeps what somebody wants, and no longer.

use serde_json::json;

use super::support::Rig;

/// A stream with a message on `s.a`, `s.b` and `s.a`, all of which a consumer wants.
fn rig() -> Rig {
    let mut rig = Rig::new();
    rig.stream("S", r#""subjects":["s.*"],"retention":"interest""#);
    update(&mut rig, "s.*");
    for subject in ["s.a", "s.b", "s.a"] {
        rig.publish(subject, "", "x");
    }
    rig
}

fn update(rig: &mut Rig, filter: &str) {
    let config = json!({"durable_name": "C", "ack_policy": "explicit", "filter_subject": filter});
    rig.api_ok(
        "CONSUMER.CREATE.S.C",
        &json!({"stream_name": "S", "config": config}).to_string(),
    );
}

#[test]
fn what_a_new_filter_leaves_out_goes() {
    let mut rig = rig();
    update(&mut rig, "s.b");
    let state = rig.state("S");
    assert_eq!((&state["messages"], &state["first_seq"]), (&json!(1), &json!(2)));
}

#[test]
fn what_a_reset_passes_over_goes() {
    let mut rig = rig();
    rig.api_ok("CONSUMER.RESET.S.C", r#"{"seq":3}"#);
    let state = rig.state("S");
    assert_eq!((&state["messages"], &state["first_seq"]), (&json!(1), &json!(3)));
}
