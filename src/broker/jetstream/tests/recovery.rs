//! A server that is started again on the same folder.

use std::time::Duration;

use tempfile::TempDir;

use super::support::Rig;
use crate::broker::jetstream::JetStreamConfig;
use crate::broker::store::{StoreError, Stores, SyncPolicy};

fn stores(folder: &TempDir) -> Result<Stores, StoreError> {
    let sync = SyncPolicy {
        always: false,
        interval: Duration::from_secs(120),
    };
    Ok(Stores::in_folder(folder.path(), sync, None)?.of_account("$G"))
}

pub fn start(folder: &TempDir) -> Rig {
    Rig::with(JetStreamConfig {
        stores: stores(folder).unwrap(),
        ..JetStreamConfig::default()
    })
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
    rig.js.tick(rig.now, &mut rig.outlet);
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
    let error = stores(&folder).unwrap_err();
    assert!(matches!(error, StoreError::Taken(_)), "{error}");
    drop(rig);
    stores(&folder).unwrap();
}
