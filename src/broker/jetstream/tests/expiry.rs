//! Messages with a time to live, by a clock that is set by hand.

use std::time::Duration;

use serde_json::json;

use super::support::Rig;

const SECOND: Duration = Duration::from_secs(1);

fn seqs(rig: &mut Rig) -> Vec<u64> {
    (1..20)
        .filter(|seq| {
            let got = rig.api("STREAM.MSG.GET.T", &format!(r#"{{"seq":{seq}}}"#));
            got.get("error").is_none()
        })
        .collect()
}

#[test]
fn each_message_goes_in_its_own_time() {
    let mut rig = Rig::new();
    rig.stream(
        "T",
        r#""subjects":["t.>"],"allow_msg_ttl":true,"max_age":10000000000,"duplicate_window":1000000000"#,
    );
    for ttl in ["never", "5", "2s", "30s"] {
        rig.publish("t.a", &format!("Nats-TTL: {ttl}"), "");
    }
    rig.advance(SECOND);
    rig.publish("t.a", "", "");
    assert_eq!(seqs(&mut rig), [1, 2, 3, 4, 5]);
    rig.advance(SECOND);
    assert_eq!(seqs(&mut rig), [1, 2, 4, 5]);
    rig.advance(3 * SECOND);
    assert_eq!(seqs(&mut rig), [1, 4, 5]);
    // The stream's age is for all but those that never expire.
    rig.advance(5 * SECOND);
    assert_eq!(seqs(&mut rig), [1, 5]);
    rig.advance(SECOND);
    assert_eq!(seqs(&mut rig), [1]);
    rig.publish("t.a", "", "");
    rig.advance(9 * SECOND);
    assert_eq!(seqs(&mut rig), [1, 6]);
    rig.advance(SECOND);
    assert_eq!(seqs(&mut rig), [1]);
}

#[test]
fn a_time_to_live_is_checked() {
    let mut rig = Rig::new();
    rig.stream("T", r#""subjects":["t"]"#);
    let refused = |ack: String| {
        let ack: serde_json::Value = serde_json::from_str(&ack).unwrap();
        ack["error"]["err_code"].as_u64()
    };
    assert_eq!(refused(rig.publish("t", "Nats-TTL: 5", "")), Some(10166));
    assert_eq!(refused(rig.publish("t", "Nats-TTL: x", "")), Some(10165));
    let config = r#"{"name":"T","subjects":["t"],"storage":"memory","allow_msg_ttl":true}"#;
    rig.api_ok("STREAM.UPDATE.T", config);
    assert_eq!(refused(rig.publish("t", "Nats-TTL: 5ms", "")), Some(10165));
    assert_eq!(refused(rig.publish("t", "Nats-TTL: 5", "")), None);
    rig.advance(5 * SECOND);
    assert_eq!(rig.state("T")["messages"], json!(0));
}

#[test]
fn the_last_of_a_subject_leaves_a_marker() {
    let mut rig = Rig::new();
    rig.stream(
        "T",
        r#""subjects":["t.>"],"subject_delete_marker_ttl":60000000000"#,
    );
    rig.publish("t.a", "Nats-TTL: 90", "");
    rig.publish("t.b", "KV-Operation: PURGE\r\nNats-TTL: 90", "");
    // A time below the marker's is raised to it.
    rig.publish("t.c", "Nats-TTL: 1", "");
    rig.publish("t.c", "", "");
    let raised = rig.api_ok("STREAM.MSG.GET.T", r#"{"seq":3}"#);
    let block = "NATS/1.0\r\nNats-TTL: 60\r\n\r\n";
    let encoded = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, block);
    assert_eq!(raised["message"]["hdrs"], json!(encoded));
    rig.advance(60 * SECOND);
    assert_eq!(seqs(&mut rig), [1, 2, 4]);
    rig.advance(30 * SECOND);
    assert_eq!(seqs(&mut rig), [4, 5]);
    let marker = rig.api_ok("STREAM.MSG.GET.T", r#"{"seq":5}"#);
    let block = "NATS/1.0\r\nNats-Marker-Reason: MaxAge\r\nNats-TTL: 1m0s\r\nNats-Rollup: sub\r\n\r\n";
    let encoded = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, block);
    assert_eq!(marker["message"]["subject"], json!("t.a"));
    assert_eq!(marker["message"]["hdrs"], json!(encoded));
    // The marker goes without leaving another.
    rig.advance(60 * SECOND);
    assert_eq!(seqs(&mut rig), [4]);
}
