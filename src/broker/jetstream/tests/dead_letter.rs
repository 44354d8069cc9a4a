//! Dead letters, from the consumer that gives a message up to the stream that keeps it.

use std::time::Duration;

use serde_json::json;
use tempfile::TempDir;

use super::recovery::start;
use super::support::Rig;

const HEADERS: &str = "Color: red\r\nNats-Expected-Stream: S\r\nNats-Msg-Id: mine";

/// A work queue with one message, and a consumer that may deliver it twice.
fn rig(folder: &TempDir, metadata: &str) -> Rig {
    let mut rig = start(folder);
    for stream in [
        r#"{"name":"S","subjects":["s.>"],"storage":"file","retention":"workqueue"}"#,
        r#"{"name":"DEAD","subjects":["dead.>"],"storage":"file"}"#,
    ] {
        let name = stream.split('"').nth(3).unwrap();
        rig.api_ok(&format!("STREAM.CREATE.{name}"), stream);
    }
    rig.publish("s.a", HEADERS, "work");
    let config = format!(
        r#"{{"stream_name":"S","config":{{"durable_name":"C","ack_policy":"explicit",
            "ack_wait":1000000000,"max_deliver":2,"metadata":{metadata}}}}}"#
    );
    rig.api_ok("CONSUMER.CREATE.S.C", &config);
    rig
}

/// Asks for a message, and says what came: the subject to answer on.
fn pull(rig: &mut Rig) -> Option<String> {
    let got = rig.request(
        "$JS.API.CONSUMER.MSG.NEXT.S.C",
        "",
        r#"{"batch":1,"no_wait":true}"#,
    );
    got.into_iter().map(|m| m.reply).find(|reply| !reply.is_empty())
}

/// Hands every dead letter to the stream, and its answer back, as the broker does.
fn post(rig: &mut Rig) -> usize {
    let mut posted = 0;
    while let Some(at) = rig
        .outlet
        .sent
        .iter()
        .position(|m| m.reply.starts_with("$JS.DLQ."))
    {
        let letter = rig.outlet.sent.remove(at);
        rig.send(&letter.route, &letter.reply, &letter.headers, &letter.payload);
        let at = rig
            .outlet
            .sent
            .iter()
            .position(|m| m.route == letter.reply)
            .unwrap();
        let answer = rig.outlet.sent.remove(at);
        rig.send(&answer.route, "", "", &answer.payload);
        posted += 1;
    }
    posted
}

#[test]
fn a_message_that_nobody_acknowledges_is_moved_with_its_story() {
    let folder = TempDir::new().unwrap();
    let mut rig = rig(&folder, r#"{"dead_letter_stream":"DEAD"}"#);
    for _ in 0..2 {
        assert!(pull(&mut rig).is_some());
        rig.advance(Duration::from_secs(2));
    }
    assert_eq!(post(&mut rig), 1);
    assert_eq!(rig.state("S")["messages"], 0, "moved, not copied");
    assert_eq!(rig.contents("DEAD"), ["work"]);
    let letter = rig.request("$JS.API.STREAM.MSG.GET.DEAD", "", r#"{"seq":1}"#);
    let letter: serde_json::Value = serde_json::from_str(&letter[0].payload).unwrap();
    assert_eq!(letter["message"]["subject"], "dead.S.C");
    let headers = letter["message"]["hdrs"].as_str().unwrap();
    let headers = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, headers).unwrap();
    let headers = String::from_utf8(headers).unwrap();
    for header in [
        "Color: red",
        "Nats-Dead-Letter-Stream: S",
        "Nats-Dead-Letter-Consumer: C",
        "Nats-Dead-Letter-Subject: s.a",
        "Nats-Dead-Letter-Sequence: 1",
        "Nats-Dead-Letter-Reason: max_deliver",
        "Nats-Dead-Letter-Deliveries: 2",
    ] {
        assert!(headers.contains(header), "{header} in {headers}");
    }
    assert!(
        !headers.contains("Expected") && !headers.contains("mine"),
        "{headers}"
    );
}

#[test]
fn a_letter_that_is_not_safe_is_sent_again_also_after_a_crash() {
    let folder = TempDir::new().unwrap();
    let mut rig = rig(&folder, r#"{"dead_letter_subject":"dead.x"}"#);
    let reply = pull(&mut rig).unwrap();
    rig.send(&reply, "", "", "+TERM no good");
    rig.advance(Duration::from_secs(1));
    let lost: Vec<_> = rig
        .outlet
        .sent
        .drain(..)
        .filter(|m| m.route == "dead.x")
        .collect();
    assert_eq!(lost.len(), 1);
    assert_eq!(rig.state("S")["messages"], 1, "kept until the copy is safe");
    assert_eq!(pull(&mut rig), None, "but not delivered again");
    // Now the copy is stored, but the answer does not come: the server is killed.
    rig.send("dead.x", "", &lost[0].headers, &lost[0].payload);
    drop(rig);

    let mut rig = start(&folder);
    rig.advance(Duration::from_millis(10));
    assert_eq!(post(&mut rig), 1);
    assert_eq!(rig.state("S")["messages"], 0);
    assert_eq!(
        rig.contents("DEAD"),
        ["work"],
        "one copy, however often it was sent"
    );
}

#[test]
fn what_cannot_be_asked_for() {
    let folder = TempDir::new().unwrap();
    let mut rig = rig(&folder, "{}");
    for (config, error) in [
        (
            json!({"metadata": {"dead_letter_subject": "dead.*"}}),
            "dead letter subject must be",
        ),
        (
            json!({"metadata": {"dead_letter_subject": "s.dead"}}),
            "forms a cycle",
        ),
        (json!({"metadata": {"dead_letter_stream": "S"}}), "forms a cycle"),
        (
            json!({"metadata": {"dead_letter_stream": "T"}}),
            "stream not found",
        ),
    ] {
        let mut request = json!({"stream_name": "S", "config": config});
        request["config"]["durable_name"] = "D".into();
        request["config"]["filter_subject"] = "s.b".into();
        request["config"]["ack_policy"] = "explicit".into();
        let answer = rig.api("CONSUMER.CREATE.S.D", &request.to_string());
        let said = answer["error"]["description"].as_str().unwrap_or_default();
        assert!(said.contains(error), "{request}: {answer}");
    }
}
