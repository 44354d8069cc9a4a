//! Batches and schedules on a virtual clock, and what is left of them after a crash.

use std::time::Duration;

use serde_json::json;

use super::support::Rig;
use crate::broker::jetstream::JetStreamConfig;
use crate::broker::store::{BatchFile, Stores, SyncPolicy};
use crate::proto::api::stream::StreamConfig;

fn member(batch: &str, seq: u64, more: &str) -> String {
    format!("Nats-Batch-Id: {batch}\r\nNats-Batch-Sequence: {seq}{more}")
}

const COMMIT: &str = "\r\nNats-Batch-Commit: 1";

#[test]
fn a_batch_is_seen_whole_or_not_at_all() {
    let mut rig = Rig::new();
    rig.stream("M", r#""subjects":["m.*"],"allow_atomic":true"#);
    rig.outlet.interest.push("deliver".to_owned());
    let push = r#"{"stream_name":"M","config":{"deliver_subject":"deliver","ack_policy":"none"}}"#;
    rig.api_ok("CONSUMER.CREATE.M", push);
    let seen = |rig: &Rig| {
        rig.outlet
            .sent
            .iter()
            .filter(|sent| sent.route == "deliver")
            .count()
    };
    assert_eq!(rig.publish("m.a", &member("b", 1, ""), "1"), "");
    assert_eq!(rig.publish("m.b", &member("b", 2, ""), "2"), "");
    assert_eq!((seen(&rig), rig.state("M")["messages"].as_u64()), (0, Some(0)));
    let ack = rig.publish("m.c", &member("b", 3, COMMIT), "3");
    assert_eq!(ack, r#"{"stream":"M","seq":3,"batch":"b","count":3}"#);
    assert_eq!(seen(&rig), 3);
    // The third message's expectation is wrong, so that none of them is stored.
    rig.publish("m.a", &member("b", 1, ""), "4");
    let wrong = "\r\nNats-Expected-Last-Subject-Sequence: 9";
    let refused = rig.publish("m.b", &member("b", 2, &format!("{wrong}{COMMIT}")), "5");
    assert!(refused.contains("10071"), "{refused}");
    assert_eq!(rig.contents("M"), ["1", "2", "3"]);
}

#[test]
fn a_batch_that_goes_quiet_is_abandoned() {
    let mut rig = Rig::new();
    rig.stream("M", r#""allow_atomic":true"#);
    rig.publish("M", &member("b", 1, ""), "1");
    rig.advance(Duration::from_millis(9_999));
    rig.publish("M", &member("b", 2, ""), "2");
    rig.advance(Duration::from_secs(9));
    assert!(
        rig.outlet
            .sent
            .iter()
            .all(|sent| !sent.route.contains("ABANDONED"))
    );
    rig.advance(Duration::from_secs(1));
    let told = rig
        .outlet
        .sent
        .iter()
        .find(|sent| sent.route.contains("ABANDONED"));
    assert!(
        told.unwrap()
            .payload
            .contains(r#""batch":"b","reason":"timeout""#)
    );
    let late = rig.publish("M", &member("b", 3, COMMIT), "3");
    assert!(late.contains("10176"), "{late}");
}

#[test]
fn what_a_crash_left_of_a_batch_is_finished() {
    let folder = tempfile::tempdir().unwrap();
    let open = || {
        Rig::with(JetStreamConfig {
            stores: Stores::in_folder(folder.path(), SyncPolicy::default(), None)
                .unwrap()
                .of_account("A"),
            ..JetStreamConfig::default()
        })
    };
    let config = StreamConfig {
        name: "F".to_owned(),
        ..StreamConfig::default()
    };
    // With every number of messages that were stored already when the server died.
    for stored in 0..=3_u64 {
        let mut rig = open();
        let create = r#"{"name":"F","storage":"file","allow_atomic":true,"allow_rollup_hdrs":true,"subjects":["f.*"]}"#;
        rig.api_ok("STREAM.CREATE.F", create);
        rig.publish("f.a", "", "old");
        let mut batch = BatchFile::new(2, rig.now);
        let rollup = "NATS/1.0\r\nNats-Rollup: sub\r\nNats-Msg-Id: one\r\n\r\n";
        for (subject, headers, payload) in [("f.a", rollup, "1"), ("f.b", "", "2"), ("f.c", "", "3")] {
            batch.push(subject.as_bytes(), headers.as_bytes(), payload.as_bytes());
        }
        let stores = rig.js.stores();
        stores.save_batch(&config, &batch).unwrap();
        for (i, subject) in (0..stored).zip(["f.a", "f.b", "f.c"]) {
            rig.publish(subject, "", &(i + 1).to_string());
        }
        drop((rig, stores));
        let mut rig = open();
        assert_eq!(rig.state("F")["last_seq"], json!(4), "{stored}");
        let wanted = match stored {
            // A later message of the batch says that the rollup before it is done.
            2 | 3 => ["old", "1", "2", "3"].as_slice(),
            _ => ["1", "2", "3"].as_slice(),
        };
        assert_eq!(rig.contents("F"), wanted, "{stored}");
        drop(rig);
        let mut rig = open();
        assert_eq!(rig.contents("F"), wanted, "{stored}");
        rig.api_ok("STREAM.DELETE.F", "");
    }
}

#[test]
fn schedules_fire_again_and_again_and_survive_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let open = |now: Option<crate::util::time::Timestamp>| {
        let mut rig = Rig::with(JetStreamConfig {
            stores: Stores::in_folder(folder.path(), SyncPolicy::default(), None)
                .unwrap()
                .of_account("A"),
            ..JetStreamConfig::default()
        });
        rig.now = now.unwrap_or(rig.now);
        rig
    };
    let mut rig = open(None);
    let create = r#"{"name":"F","storage":"file","allow_msg_schedules":true,"subjects":["f.*"]}"#;
    rig.api_ok("STREAM.CREATE.F", create);
    let every = "Nats-Schedule: @every 10m\r\nNats-Schedule-Target: f.t";
    rig.publish("f.every", every, "tick");
    let once = "Nats-Schedule: @at 2026-11-24T18:15:00Z\r\nNats-Schedule-Target: f.u";
    rig.publish("f.once", once, "once");
    rig.advance(Duration::from_secs(11 * 60));
    assert_eq!(rig.contents("F"), ["tick", "once", "tick"]);
    rig.js.stop(rig.now, &mut rig.outlet);
    let now = rig.now;
    drop(rig);
    let mut rig = open(Some(now));
    rig.advance(Duration::from_secs(3 * 60));
    assert_eq!(rig.contents("F").len(), 3);
    rig.advance(Duration::from_secs(6 * 60));
    // The schedule without a next time is gone with the message that came of it.
    assert_eq!(rig.contents("F"), ["tick", "tick", "once", "tick"]);
    rig.api_ok("STREAM.PURGE.F", r#"{"filter":"f.every"}"#);
    rig.advance(Duration::from_secs(3600));
    assert_eq!(rig.contents("F").len(), 3);
}
