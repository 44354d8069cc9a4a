//! A medium that takes its time: who waits for it, and who does not.

use std::time::Duration;

use tempfile::TempDir;

use super::recovery::{start_limited, start_synced, stores};
use super::support::Rig;
use crate::broker::jetstream::{JetStreamConfig, PendingSync, ServerLimits};

const SYNC: Duration = Duration::from_secs(120);

fn make_stream(rig: &mut Rig, name: &str, more: &str) {
    let subject = name.to_lowercase();
    rig.api_ok(
        &format!("STREAM.CREATE.{name}"),
        &format!(r#"{{"name":"{name}","subjects":["{subject}"],"storage":"file"{more}}}"#),
    );
}

/// Two streams that wait for the medium, and a consumer of the first.
fn rig(folder: &TempDir) -> Rig {
    let mut rig = start_synced(folder);
    make_stream(&mut rig, "A", "");
    make_stream(&mut rig, "B", "");
    rig.api_ok(
        "CONSUMER.CREATE.A.C",
        r#"{"stream_name":"A","config":{"durable_name":"C","ack_policy":"explicit"}}"#,
    );
    rig.tick();
    rig.outlet.sent.clear();
    rig
}

/// What is due, without waiting for it.
fn due(rig: &mut Rig) -> Vec<PendingSync> {
    rig.js.tick(rig.now, &mut rig.outlet)
}

fn end(rig: &mut Rig, sync: PendingSync) {
    rig.js.end_sync(rig.now, sync.run(), &mut rig.outlet);
}

/// What came to this inbox since the last time, without the parts that change.
fn arrived(rig: &mut Rig, inbox: &str) -> Vec<String> {
    let (mine, others) = std::mem::take(&mut rig.outlet.sent)
        .into_iter()
        .partition(|sent| sent.route == inbox);
    rig.outlet.sent = others;
    mine.into_iter().map(|sent| sent.payload).collect()
}

fn ack(stream: &str, seq: u64) -> String {
    format!(r#"{{"stream":"{stream}","seq":{seq}}}"#)
}

#[test]
fn a_stream_whose_medium_hangs_holds_up_no_other() {
    let folder = TempDir::new().unwrap();
    let mut rig = rig(&folder);
    rig.send("a", "_INBOX.a", "", "1");
    rig.send("a", "_INBOX.a", "", "2");
    let [hangs] = <[_; 1]>::try_from(due(&mut rig)).unwrap();
    rig.send("b", "_INBOX.b", "", "1");
    let [quick] = <[_; 1]>::try_from(due(&mut rig)).unwrap();
    end(&mut rig, quick);
    assert_eq!(arrived(&mut rig, "_INBOX.b"), [ack("B", 1)]);
    assert_eq!(arrived(&mut rig, "_INBOX.a"), [""; 0]);
    end(&mut rig, hangs);
    assert_eq!(arrived(&mut rig, "_INBOX.a"), [ack("A", 1), ack("A", 2)]);
}

#[test]
fn what_comes_while_a_stream_waits_is_taken_in_its_order_and_shares_the_next_wait() {
    let folder = TempDir::new().unwrap();
    let mut rig = rig(&folder);
    rig.send("a", "_INBOX.a", "", "1");
    let [first] = <[_; 1]>::try_from(due(&mut rig)).unwrap();
    for n in 2..=100 {
        assert!(rig.send("a", "_INBOX.a", "", &n.to_string()));
    }
    // Nobody gets what may still be lost, be it the first message or what has come since.
    let next = "$JS.API.CONSUMER.MSG.NEXT.A.C";
    assert!(rig.send(next, "_INBOX.pull", "", r#"{"batch":3}"#));
    assert!(!rig.send("$JS.API.CONSUMER.MSG.NEXT.A.NONE", "_INBOX.pull", "", ""));
    assert!(due(&mut rig).is_empty(), "one wait at a time");
    assert_eq!(rig.js.next_deadline(), None, "nothing to do until then");
    assert_eq!(rig.outlet.sent, []);
    end(&mut rig, first);
    assert_eq!(arrived(&mut rig, "_INBOX.a"), [ack("A", 1)]);
    assert_eq!(arrived(&mut rig, "_INBOX.pull"), [""; 0]);
    let [second] = <[_; 1]>::try_from(due(&mut rig)).unwrap();
    end(&mut rig, second);
    let all: Vec<String> = (2..=100).map(|seq| ack("A", seq)).collect();
    assert_eq!(arrived(&mut rig, "_INBOX.a"), all);
    assert_eq!(arrived(&mut rig, "_INBOX.pull"), ["1", "2", "3"]);
    let last = format!(r#"{{"seq":{}}}"#, 100);
    let message = rig.api_ok("STREAM.MSG.GET.A", &last)["message"].take();
    assert_eq!(message["data"], "MTAw");
}

#[test]
fn an_acknowledgement_and_a_deletion_wait_as_messages_do() {
    let folder = TempDir::new().unwrap();
    let mut rig = rig(&folder);
    for n in 1..=3 {
        rig.publish("a", "", &n.to_string());
    }
    let pulled = rig.request(
        "$JS.API.CONSUMER.MSG.NEXT.A.C",
        "",
        r#"{"batch":3,"no_wait":true}"#,
    );
    rig.send("a", "_INBOX.a", "", "4");
    let [hangs] = <[_; 1]>::try_from(due(&mut rig)).unwrap();
    assert!(rig.send(&pulled[0].reply, "_INBOX.ack", "", "+ACK"));
    rig.send("$JS.API.STREAM.MSG.DELETE.A", "_INBOX.gone", "", r#"{"seq":2}"#);
    rig.send("$JS.API.STREAM.PURGE.A", "_INBOX.gone", "", r#"{"seq":1}"#);
    assert_eq!(arrived(&mut rig, "_INBOX.ack"), [""; 0]);
    assert_eq!(arrived(&mut rig, "_INBOX.gone"), [""; 0]);
    end(&mut rig, hangs);
    rig.advance(Duration::ZERO);
    assert_eq!(arrived(&mut rig, "_INBOX.ack"), [""], "it is confirmed");
    let gone = arrived(&mut rig, "_INBOX.gone");
    assert!(
        gone.len() == 2 && gone.iter().all(|answer| answer.contains(r#""success":true"#)),
        "{gone:?}"
    );
    let info = rig.api_ok("CONSUMER.INFO.A.C", "");
    assert_eq!(info["ack_floor"]["stream_seq"], 2);
}

#[test]
fn a_failed_wait_acknowledges_nothing() {
    let folder = TempDir::new().unwrap();
    let mut rig = rig(&folder);
    rig.send("a", "_INBOX.a", "", "1");
    let [fails] = <[_; 1]>::try_from(due(&mut rig)).unwrap();
    rig.send("a", "_INBOX.a", "", "2");
    let ended = fails.fail();
    rig.js.end_sync(rig.now, ended, &mut rig.outlet);
    rig.advance(Duration::ZERO);
    let answers = arrived(&mut rig, "_INBOX.a");
    assert_eq!(answers.len(), 2);
    for answer in answers {
        assert!(answer.contains(r#""err_code":10077"#), "{answer}");
    }
}

#[test]
fn more_than_may_wait_is_refused() {
    let folder = TempDir::new().unwrap();
    let limits = ServerLimits {
        buffered_messages: 3,
        buffered_bytes: 100,
        ..ServerLimits::default()
    };
    let mut rig = start_limited(&folder, limits);
    make_stream(&mut rig, "A", "");
    rig.outlet.sent.clear();
    rig.send("a", "_INBOX.a", "", "1");
    let [hangs] = <[_; 1]>::try_from(due(&mut rig)).unwrap();
    rig.send("a", "_INBOX.a", "", &"x".repeat(101));
    for n in 2..=5 {
        rig.send("a", "_INBOX.a", "", &n.to_string());
    }
    let refused =
        r#"{"error":{"code":429,"err_code":10167,"description":"too many requests"},"stream":"A","seq":0}"#;
    assert_eq!(arrived(&mut rig, "_INBOX.a"), [refused, refused]);
    end(&mut rig, hangs);
    rig.advance(Duration::ZERO);
    assert_eq!(
        arrived(&mut rig, "_INBOX.a"),
        [1, 2, 3, 4].map(|seq| ack("A", seq))
    );
}

#[test]
fn copies_wait_for_their_origin_and_let_it_go_when_they_are_safe() {
    let folder = TempDir::new().unwrap();
    let mut rig = start_synced(&folder);
    make_stream(&mut rig, "O", r#","retention":"workqueue""#);
    rig.api_ok(
        "STREAM.CREATE.M",
        r#"{"name":"M","storage":"file","sources":[{"name":"O"}]}"#,
    );
    rig.advance(Duration::ZERO);
    rig.send("o", "_INBOX.o", "", "1");
    let [origin] = <[_; 1]>::try_from(due(&mut rig)).unwrap();
    assert_eq!(rig.state("M")["messages"], 0, "it may still be lost");
    end(&mut rig, origin);
    let [copy] = <[_; 1]>::try_from(due(&mut rig)).unwrap();
    assert_eq!(rig.state("M")["messages"], 1);
    assert_eq!(rig.state("O")["messages"], 1, "the copy may still be lost");
    end(&mut rig, copy);
    assert_eq!(rig.state("O")["messages"], 0);
    for n in 2..=9 {
        rig.publish("o", "", &n.to_string());
    }
    rig.advance(Duration::ZERO);
    assert_eq!(rig.state("M")["messages"], 9);
    assert_eq!(rig.state("O")["messages"], 0);
}

#[test]
fn a_sync_that_nobody_waits_for_holds_up_nothing() {
    let folder = TempDir::new().unwrap();
    let mut rig = Rig::with(JetStreamConfig {
        stores: stores(&folder, None).unwrap(),
        ..JetStreamConfig::default()
    });
    make_stream(&mut rig, "A", "");
    rig.api_ok(
        "CONSUMER.CREATE.A.C",
        r#"{"stream_name":"A","config":{"durable_name":"C","ack_policy":"none"}}"#,
    );
    assert_eq!(rig.publish("a", "", "1"), ack("A", 1));
    rig.now = rig.now + SYNC;
    let [hangs] = <[_; 1]>::try_from(due(&mut rig)).unwrap();
    assert_eq!(rig.publish("a", "", "2"), ack("A", 2));
    let pull = r#"{"batch":2,"no_wait":true}"#;
    let pulled = rig.request("$JS.API.CONSUMER.MSG.NEXT.A.C", "", pull);
    assert_eq!(pulled.len(), 2);
    rig.now = rig.now + SYNC;
    assert!(due(&mut rig).is_empty(), "one at a time");
    assert!(rig.js.next_deadline().is_none_or(|due| due > rig.now));
    end(&mut rig, hangs);
    let [next] = <[_; 1]>::try_from(due(&mut rig)).unwrap();
    end(&mut rig, next);
    assert_eq!(rig.publish("a", "", "3"), ack("A", 3));
}

#[test]
fn what_a_consumer_did_outlives_a_stop_while_the_medium_hangs() {
    let folder = TempDir::new().unwrap();
    let mut rig = rig(&folder);
    rig.publish("a", "", "1");
    let pull = r#"{"batch":1,"no_wait":true}"#;
    let pulled = rig.request("$JS.API.CONSUMER.MSG.NEXT.A.C", "", pull);
    rig.request(&pulled[0].reply, "", "+ACK");
    rig.now = rig.now + Duration::from_millis(100);
    let [hangs] = <[_; 1]>::try_from(due(&mut rig)).unwrap();
    rig.js.stop(rig.now, &mut rig.outlet);
    end(&mut rig, hangs);
    drop(rig);
    let mut rig = start_synced(&folder);
    let info = rig.api_ok("CONSUMER.INFO.A.C", "");
    assert_eq!(info["ack_floor"]["stream_seq"], 1);
}

#[test]
fn a_consumer_that_was_made_anew_is_not_overtaken_by_its_former_state() {
    let folder = TempDir::new().unwrap();
    let mut rig = rig(&folder);
    rig.publish("a", "", "1");
    let pull = r#"{"batch":1,"no_wait":true}"#;
    rig.request("$JS.API.CONSUMER.MSG.NEXT.A.C", "", pull);
    rig.now = rig.now + Duration::from_millis(100);
    let [hangs] = <[_; 1]>::try_from(due(&mut rig)).unwrap();
    rig.api_ok("CONSUMER.DELETE.A.C", "");
    rig.api_ok(
        "CONSUMER.CREATE.A.D",
        r#"{"stream_name":"A","config":{"durable_name":"D","ack_policy":"none"}}"#,
    );
    end(&mut rig, hangs);
    drop(rig);
    let mut rig = start_synced(&folder);
    assert_eq!(
        rig.api_ok("CONSUMER.NAMES.A", "")["consumers"],
        serde_json::json!(["D"])
    );
}
