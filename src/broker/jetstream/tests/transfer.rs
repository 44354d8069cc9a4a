//! A stream that is backed up and restored, chunk by chunk.

use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use super::recovery::start;
use super::support::{Rig, Sent};

const CONFIG: &str = r#"{"name":"S","subjects":["s.>"],"storage":"file"}"#;

/// A stream with holes, headers, and a consumer that has got somewhere.
fn rig_with_stream(folder: &TempDir) -> Rig {
    let mut rig = start(folder);
    rig.outlet.interest.push("_INBOX.chunks".to_owned());
    rig.api_ok("STREAM.CREATE.S", CONFIG);
    for n in 1..=200 {
        rig.publish(
            &format!("s.{}", n % 3),
            &format!("N: {n}"),
            &format!("message {n}"),
        );
    }
    rig.api_ok("STREAM.MSG.DELETE.S", r#"{"seq":7}"#);
    rig.api_ok("STREAM.PURGE.S", r#"{"seq":3}"#);
    rig.api_ok(
        "CONSUMER.CREATE.S.C",
        r#"{"stream_name":"S","config":{"durable_name":"C","ack_policy":"explicit"}}"#,
    );
    let got = rig.request("$JS.API.CONSUMER.MSG.NEXT.S.C", "", "2");
    assert!(rig.send(&got[0].reply, "_INBOX.2", "", "+ACK"));
    rig
}

/// Everything that a snapshot sends, and the deliveries themselves.
fn snapshot(rig: &mut Rig) -> (Value, Vec<Vec<u8>>, Vec<Sent>) {
    let answer = rig.api_ok(
        "STREAM.SNAPSHOT.S",
        r#"{"deliver_subject":"_INBOX.chunks","chunk_size":1024,"window_size":1024}"#,
    );
    let mut chunks = Vec::new();
    let mut deliveries = Vec::new();
    loop {
        rig.advance(Duration::from_millis(1));
        let sent = std::mem::take(&mut rig.outlet.sent);
        let before = deliveries.len();
        for chunk in sent.into_iter().filter(|sent| sent.route == "_INBOX.chunks") {
            deliveries.push(chunk.clone());
            if chunk.payload.is_empty() {
                return (answer, chunks, deliveries);
            }
            chunks.push(chunk.bytes);
            if !chunk.reply.is_empty() {
                assert!(rig.send(&chunk.reply, "", "", ""));
            }
        }
        assert!(deliveries.len() > before, "no chunk comes");
    }
}

/// Sends chunks to where a restore wants them; returns the last answer.
fn restore(rig: &mut Rig, chunks: &[Vec<u8>]) -> Value {
    let begun = rig.api_ok(
        "STREAM.RESTORE.S",
        &format!(r#"{{"config":{CONFIG},"state":{{}}}}"#),
    );
    let subject = begun["deliver_subject"].as_str().unwrap().to_owned();
    for chunk in chunks.iter().map(Vec::as_slice).chain([&b""[..]]) {
        rig.outlet.sent.clear();
        assert!(rig.send_bytes(&subject, "_INBOX.restore", chunk));
        let answer = rig
            .outlet
            .sent
            .iter()
            .find(|sent| sent.route == "_INBOX.restore")
            .unwrap();
        if !answer.payload.is_empty() {
            return serde_json::from_str(&answer.payload).unwrap();
        }
    }
    panic!("the end of a restore has an answer");
}

#[test]
fn a_stream_comes_back_with_all_that_belongs_to_it() {
    let folder = TempDir::new().unwrap();
    let mut rig = rig_with_stream(&folder);
    let before = rig.api_ok("STREAM.INFO.S", r#"{"deleted_details":true}"#);
    let contents = rig.contents("S");
    let (answer, chunks, deliveries) = snapshot(&mut rig);
    assert_eq!(answer["state"]["messages"], before["state"]["messages"]);
    assert!(chunks.len() > 2, "{} chunks", chunks.len());
    assert!(chunks.iter().all(|chunk| chunk.len() <= 1024));
    assert!(deliveries[0].reply.starts_with("$JS.SNAPSHOT.ACK.S."));
    assert!(deliveries.last().unwrap().headers.starts_with("NATS/1.0 204"));
    rig.api_ok("STREAM.DELETE.S", "");

    let restored = restore(&mut rig, &chunks);
    assert_eq!(
        restored["type"],
        "io.nats.jetstream.api.v1.stream_create_response"
    );
    assert_eq!(restored.get("error"), None, "{restored}");
    let check = |rig: &mut Rig| {
        let after = rig.api_ok("STREAM.INFO.S", r#"{"deleted_details":true}"#);
        for part in ["config", "created", "state"] {
            assert_eq!(after[part], before[part], "{part}");
        }
        assert_eq!(rig.contents("S"), contents);
        let consumer = rig.api_ok("CONSUMER.INFO.S.C", "");
        assert_eq!(consumer["ack_floor"]["stream_seq"], 3);
        assert_eq!(consumer["num_ack_pending"], 1);
    };
    check(&mut rig);
    drop(rig);
    check(&mut start(&folder));
}

#[test]
fn what_is_damaged_cut_or_in_the_way_is_not_restored() {
    let folder = TempDir::new().unwrap();
    let mut rig = rig_with_stream(&folder);
    let (_, chunks, _) = snapshot(&mut rig);
    let over = rig.api(
        "STREAM.RESTORE.S",
        &format!(r#"{{"config":{CONFIG},"state":{{}}}}"#),
    );
    assert_eq!(over["error"]["err_code"], 10130);
    rig.api_ok("STREAM.DELETE.S", "");

    let mut flipped = chunks.clone();
    flipped[1][200] ^= 0x10;
    for damaged in [
        flipped,
        chunks[..2].to_vec(),
        vec![b"no archive".to_vec()],
        Vec::new(),
    ] {
        let answer = restore(&mut rig, &damaged);
        assert_eq!(answer["error"]["err_code"], 10062, "{answer}");
        assert_eq!(rig.api("STREAM.INFO.S", "")["error"]["err_code"], 10059);
    }
    // Nothing of it is left in the way of the next.
    assert_eq!(restore(&mut rig, &chunks).get("error"), None);
}

#[test]
fn nobody_waits_for_ever_for_the_other_side() {
    let folder = TempDir::new().unwrap();
    let mut rig = rig_with_stream(&folder);
    rig.api_ok(
        "STREAM.SNAPSHOT.S",
        r#"{"deliver_subject":"_INBOX.chunks","chunk_size":1024,"window_size":1024}"#,
    );
    rig.outlet.sent.clear();
    // Nobody answers the chunk.
    rig.advance(Duration::from_secs(10));
    let last = rig
        .outlet
        .sent
        .iter()
        .rfind(|sent| sent.route == "_INBOX.chunks")
        .unwrap();
    assert!(last.headers.starts_with("NATS/1.0 408"), "{last:?}");

    rig.api_ok("STREAM.DELETE.S", "");
    let begun = rig.api_ok(
        "STREAM.RESTORE.S",
        &format!(r#"{{"config":{CONFIG},"state":{{}}}}"#),
    );
    let taken = rig.api("STREAM.CREATE.S", CONFIG);
    assert_eq!(
        taken["error"]["err_code"], 10058,
        "its name is taken while it comes"
    );
    rig.advance(Duration::from_secs(3600));
    let subject = begun["deliver_subject"].as_str().unwrap();
    assert!(!rig.send(subject, "_INBOX.1", "", "late"));
    rig.api_ok("STREAM.CREATE.S", CONFIG);
}
