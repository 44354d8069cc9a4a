//! A server that is started again on the same folder.

use std::time::Duration;

use tempfile::TempDir;

use super::support::Rig;
use crate::broker::conf::{Secret, StoreCipher};
use crate::broker::jetstream::{Ailment, JetStreamConfig, ServerLimits};
use crate::broker::store::{Keys, StoreError, Stores, SyncPolicy};

pub fn stores(folder: &TempDir, keys: Option<Keys>) -> Result<Stores, StoreError> {
    let sync = SyncPolicy {
        always: false,
        interval: Duration::from_secs(120),
    };
    Ok(Stores::in_folder(folder.path(), sync, keys)?.of_account("$G"))
}

pub fn start(folder: &TempDir) -> Rig {
    start_with(folder, None)
}

fn start_with(folder: &TempDir, keys: Option<Keys>) -> Rig {
    Rig::with(JetStreamConfig {
        stores: stores(folder, keys).unwrap(),
        ..JetStreamConfig::default()
    })
}

/// As [`start`], where every acknowledgement waits for the medium.
pub fn start_synced(folder: &TempDir) -> Rig {
    start_limited(folder, ServerLimits::default())
}

/// The same within limits.
pub fn start_limited(folder: &TempDir, server_limits: ServerLimits) -> Rig {
    let sync = SyncPolicy {
        always: true,
        interval: Duration::from_secs(120),
    };
    let stores = Stores::in_folder(folder.path(), sync, None).unwrap();
    Rig::with(JetStreamConfig {
        stores: stores.of_account("$G"),
        server_limits,
        ..JetStreamConfig::default()
    })
}

#[test]
fn many_publishers_wait_for_the_medium_once() {
    let folder = TempDir::new().unwrap();
    let mut rig = start_synced(&folder);
    rig.api_ok(
        "STREAM.CREATE.S",
        r#"{"name":"S","subjects":["s.>"],"storage":"file"}"#,
    );
    let syncs = |rig: &Rig| rig.js.cell("S").unwrap().lock().as_ref().unwrap().syncs();
    for round in 1..=3 {
        let before = syncs(&rig);
        rig.outlet.sent.clear();
        for n in 0..100 {
            assert!(rig.send("s.a", &format!("_INBOX.{n}"), "", "x"));
        }
        assert_eq!(rig.outlet.sent, [], "nothing is acknowledged before it is safe");
        assert_eq!(syncs(&rig), before);
        rig.advance(Duration::ZERO);
        let acknowledged: Vec<&str> = rig.outlet.sent.iter().map(|sent| sent.payload.as_str()).collect();
        let expected: Vec<String> = ((round - 1) * 100 + 1..=round * 100)
            .map(|seq| format!(r#"{{"stream":"S","seq":{seq}}}"#))
            .collect();
        assert_eq!(acknowledged, expected);
        assert_eq!(syncs(&rig), before + 1, "round {round}");
    }
}

fn rig_with_stream(folder: &TempDir) -> Rig {
    let mut rig = start(folder);
    rig.api_ok(
        "STREAM.CREATE.S",
        r#"{"name":"S","subjects":["s.>"],"storage":"file"}"#,
    );
    for n in 1..=5 {
        let ack = rig.publish("s.a", &format!("Nats-Msg-Id: id{n}"), &format!("m{n}"));
        assert!(ack.contains(&format!("\"seq\":{n}}}")), "{ack}");
    }
    rig
}

#[test]
fn what_was_acknowledged_is_there_again() {
    let folder = TempDir::new().unwrap();
    let mut rig = rig_with_stream(&folder);
    rig.api_ok("STREAM.MSG.DELETE.S", r#"{"seq":2}"#);
    rig.api_ok(
        "STREAM.UPDATE.S",
        r#"{"name":"S","subjects":["s.>","t"],"storage":"file","description":"new"}"#,
    );
    let info = rig.api_ok("STREAM.INFO.S", "");
    drop(rig);

    let mut rig = start(&folder);
    let again = rig.api_ok("STREAM.INFO.S", "");
    for part in ["config", "created", "state"] {
        assert_eq!(again[part], info[part], "{part}");
    }
    assert_eq!(rig.contents("S"), ["m1", "m3", "m4", "m5"]);
    let ack = rig.publish("s.a", "Nats-Msg-Id: id4", "m4");
    assert!(ack.contains("duplicate"), "{ack}");
    assert!(rig.publish("t", "", "m6").contains("\"seq\":6}"));
}

#[test]
fn a_deleted_stream_stays_away_and_its_name_is_free() {
    let folder = TempDir::new().unwrap();
    let mut rig = rig_with_stream(&folder);
    rig.api_ok("STREAM.DELETE.S", "");
    drop(rig);
    let mut rig = start(&folder);
    assert_eq!(rig.api("STREAM.INFO.S", "")["error"]["err_code"], 10059);
    drop(rig);
    let mut rig = rig_with_stream(&folder);
    assert_eq!(rig.contents("S").len(), 5);
}

#[test]
fn a_consumer_goes_on_where_it_was() {
    let folder = TempDir::new().unwrap();
    let mut rig = rig_with_stream(&folder);
    rig.api_ok(
        "CONSUMER.DURABLE.CREATE.S.C",
        r#"{"stream_name":"S","config":{"durable_name":"C","ack_policy":"explicit"}}"#,
    );
    let delivered = rig.request(
        "$JS.API.CONSUMER.MSG.NEXT.S.C",
        "",
        r#"{"batch":3,"no_wait":true}"#,
    );
    let ack_to = delivered[0].reply.clone();
    rig.request(&ack_to, "", "+ACK");
    let info = rig.api_ok("CONSUMER.INFO.S.C", "");
    assert_eq!(info["num_ack_pending"], 2);
    rig.now = rig.now + Duration::from_millis(100);
    rig.tick();
    drop(rig);

    let mut rig = start(&folder);
    let again = rig.api_ok("CONSUMER.INFO.S.C", "");
    for part in [
        "config",
        "created",
        "num_ack_pending",
        "num_pending",
        "num_redelivered",
    ] {
        assert_eq!(again[part], info[part], "{part}");
    }
    for part in ["delivered", "ack_floor"] {
        assert_eq!(again[part]["stream_seq"], info[part]["stream_seq"], "{part}");
        assert_eq!(again[part]["consumer_seq"], info[part]["consumer_seq"], "{part}");
    }
    let next = rig.request(
        "$JS.API.CONSUMER.MSG.NEXT.S.C",
        "",
        r#"{"batch":1,"no_wait":true}"#,
    );
    assert_eq!(next[0].payload, "m4");
    rig.api_ok("CONSUMER.DELETE.S.C", "");
    drop(rig);
    let mut rig = start(&folder);
    assert_eq!(rig.api("CONSUMER.INFO.S.C", "")["error"]["err_code"], 10014);
}

#[test]
fn what_cannot_be_read_is_left_alone() {
    let folder = TempDir::new().unwrap();
    drop(rig_with_stream(&folder));
    let stream = folder.path().join("jetstream/$G/streams/S");
    std::fs::write(stream.join("meta"), "nonsense").unwrap();
    let mut rig = start(&folder);
    assert_eq!(rig.api("STREAM.INFO.S", "")["error"]["err_code"], 10059);
    let answer = rig.api("STREAM.CREATE.S", r#"{"name":"S","storage":"file"}"#);
    assert_eq!(answer["error"]["err_code"], 10077, "{answer}");
    assert!(stream.join("msgs/1.log").exists());
}

#[test]
fn two_servers_cannot_have_one_folder() {
    let folder = TempDir::new().unwrap();
    let rig = start(&folder);
    let error = stores(&folder, None).unwrap_err();
    assert!(matches!(error, StoreError::Taken(_)), "{error}");
    drop(rig);
    stores(&folder, None).unwrap();
}

fn keys(current: &str, previous: Option<&str>) -> Option<Keys> {
    Some(Keys {
        current: current.into(),
        previous: previous.map(Secret::from),
        cipher: StoreCipher::default(),
    })
}

#[test]
fn an_encrypted_stream_wants_its_key() {
    let folder = TempDir::new().unwrap();
    // It began without, and its first messages stay as they were.
    drop(rig_with_stream(&folder));
    let mut rig = start_with(&folder, keys("one", None));
    assert!(rig.publish("s.secret", "", "m6").contains("\"seq\":6}"));
    rig.api_ok(
        "CONSUMER.DURABLE.CREATE.S.C",
        r#"{"stream_name":"S","config":{"durable_name":"C","ack_policy":"explicit","filter_subject":"s.secret"}}"#,
    );
    drop(rig);
    for (given, reason) in [
        (
            None,
            "stream $G > S: encrypted store encountered with no main key",
        ),
        (keys("two", None), "stream $G > S: unable to recover keys"),
    ] {
        let mut rig = start_with(&folder, given);
        assert_eq!(rig.api("STREAM.INFO.S", "")["error"]["err_code"], 10059);
        let answer = rig.api(
            "STREAM.CREATE.S",
            r#"{"name":"S","subjects":["s.>"],"storage":"file"}"#,
        );
        assert_eq!(answer["error"]["err_code"], 10077, "{answer}");
        let expected = Ailment::Unrecovered {
            stream: "S".into(),
            reason: reason.into(),
        };
        assert_eq!(rig.js.ailments(), [expected]);
    }
    let stream = folder.path().join("jetstream/$G/streams/S");
    for file in ["meta", "obs/C"] {
        let bytes = std::fs::read(stream.join(file)).unwrap();
        assert_eq!(memchr::memmem::find(&bytes, b"secret"), None, "{file}");
    }
    // The key was changed, and then the old one forgotten.
    for keys in [keys("two", Some("one")), keys("two", None)] {
        let mut rig = start_with(&folder, keys);
        assert_eq!(rig.contents("S"), ["m1", "m2", "m3", "m4", "m5", "m6"]);
        assert_eq!(rig.api_ok("CONSUMER.INFO.S.C", "")["num_pending"], 1);
    }
}

#[test]
fn compression_is_switched_by_an_update() {
    let folder = TempDir::new().unwrap();
    let mut rig = rig_with_stream(&folder);
    let text = "always the same ".repeat(100);
    let size = || {
        std::fs::metadata(folder.path().join("jetstream/$G/streams/S/msgs/1.log"))
            .unwrap()
            .len()
    };
    let mut grown_by = |compression: &str| {
        rig.api_ok(
            "STREAM.UPDATE.S",
            &format!(r#"{{"name":"S","subjects":["s.>"],"storage":"file","compression":"{compression}"}}"#),
        );
        let before = size();
        rig.publish("s.b", "", &text);
        size() - before
    };
    assert!(grown_by("none") > 1_600);
    assert!(grown_by("s2") < 300);
    assert!(grown_by("none") > 1_600);
    drop(rig);
    let mut rig = start(&folder);
    assert_eq!(rig.contents("S")[5..], [text.as_str(), &text, &text]);
}

#[test]
fn a_work_queue_lets_go_of_what_was_done() {
    let folder = TempDir::new().unwrap();
    let mut rig = start(&folder);
    rig.api_ok(
        "STREAM.CREATE.S",
        r#"{"name":"S","subjects":["s"],"storage":"file","retention":"workqueue"}"#,
    );
    rig.api_ok(
        "CONSUMER.DURABLE.CREATE.S.C",
        r#"{"stream_name":"S","config":{"durable_name":"C","ack_policy":"explicit"}}"#,
    );
    for n in 1..=4 {
        rig.publish("s", "", &format!("m{n}"));
    }
    let next = r#"{"batch":3,"no_wait":true}"#;
    let delivered = rig.request("$JS.API.CONSUMER.MSG.NEXT.S.C", "", next);
    // As if the removal had been lost, and what the consumer knows had not.
    let log = folder.path().join("jetstream/$G/streams/S/msgs/1.log");
    let before = std::fs::read(&log).unwrap();
    rig.request(&delivered[1].reply.clone(), "", "+ACK");
    rig.now = rig.now + Duration::from_millis(100);
    rig.tick();
    drop(rig);
    assert!(std::fs::read(&log).unwrap().len() > before.len());
    std::fs::write(&log, before).unwrap();

    let mut rig = start(&folder);
    assert_eq!(rig.contents("S"), ["m1", "m3", "m4"]);
    let info = rig.api_ok("CONSUMER.INFO.S.C", "");
    assert_eq!(
        (&info["num_ack_pending"], &info["num_pending"]),
        (&2.into(), &1.into())
    );
}
