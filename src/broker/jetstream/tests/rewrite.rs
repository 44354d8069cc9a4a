//! Subjects that change on their way in and out.

use serde_json::json;

use super::support::Rig;

#[test]
fn messages_are_stored_under_another_subject() {
    let mut rig = Rig::new();
    rig.stream(
        "T",
        r#""subjects":["in.>"],"subject_transform":{"src":"in.*.*","dest":"out.{{wildcard(2)}}.{{wildcard(1)}}"}"#,
    );
    rig.publish("in.a.b", "", "1");
    rig.publish("in.a", "", "2");
    // What is expected of a subject is asked of the one that it is stored under.
    let refused = rig.publish("in.a.b", "Nats-Expected-Last-Subject-Sequence: 0", "");
    assert!(refused.contains("wrong last sequence: 1"), "{refused}");
    let subject = |rig: &mut Rig, seq| {
        let got = rig.api_ok("STREAM.MSG.GET.T", &format!(r#"{{"seq":{seq}}}"#));
        got["message"]["subject"].clone()
    };
    assert_eq!(subject(&mut rig, 1), json!("out.b.a"));
    assert_eq!(subject(&mut rig, 2), json!("in.a"));
    let plain = r#"{"name":"T","subjects":["in.>"],"storage":"memory"}"#;
    rig.api_ok("STREAM.UPDATE.T", plain);
    rig.publish("in.a.b", "", "");
    assert_eq!(subject(&mut rig, 3), json!("in.a.b"));
}

#[test]
fn stored_messages_go_on() {
    let mut rig = Rig::new();
    rig.stream(
        "T",
        r#""subjects":["in.>"],"republish":{"src":"in.*","dest":"out.{{wildcard(1)}}"}"#,
    );
    rig.publish("in.a", "A: b", "one");
    let sent = &rig.outlet.sent[0];
    let origin = |seq: u64, before: u64| {
        format!(
            "Nats-Stream: T\r\nNats-Subject: in.a\r\nNats-Sequence: {seq}\r\n\
             Nats-Time-Stamp: 2026-11-24T18:00:00Z\r\nNats-Last-Sequence: {before}\r\n"
        )
    };
    assert_eq!((sent.route.as_str(), sent.payload.as_str()), ("out.a", "one"));
    assert_eq!(sent.headers, format!("NATS/1.0\r\nA: b\r\n{}\r\n", origin(1, 0)));
    rig.publish("in.a.b", "", "");
    assert_eq!(rig.outlet.sent.len(), 1, "only what the pattern matches");
    let headers_only = r#"{"name":"T","subjects":["in.>"],"storage":"memory",
        "republish":{"src":"in.*","dest":"out.{{wildcard(1)}}","headers_only":true}}"#;
    rig.api_ok("STREAM.UPDATE.T", headers_only);
    rig.publish("in.a", "", "three");
    let sent = &rig.outlet.sent[0];
    let size = "Nats-Msg-Size: 5\r\n";
    assert_eq!(sent.headers, format!("NATS/1.0\r\n{}{size}\r\n", origin(3, 1)));
    assert_eq!(sent.payload, "");
}

#[test]
fn transforms_are_checked() {
    let mut rig = Rig::new();
    for (more, code, text) in [
        (
            r#""subject_transform":{"src":"a..b","dest":"c"}"#,
            10155,
            "stream transform source: invalid subject a..b",
        ),
        (
            r#""subject_transform":{"src":"a.*","dest":"b.{{wildcard(2)}}"}"#,
            10156,
            "stream transform: invalid mapping destination: wildcard index out of range in {{wildcard(2)}}: [2]",
        ),
        (
            r#""subject_transform":{"src":"a","dest":"b..c"}"#,
            10156,
            "stream transform: invalid mapping destination: invalid transform",
        ),
        (
            r#""republish":{"src":">","dest":"t.>"}"#,
            10052,
            "stream configuration for republish destination forms a cycle",
        ),
        (
            r#""republish":{"src":"t.*","dest":"u.>"}"#,
            10052,
            "stream configuration for republish with transform from 't.*' to 'u.>' not valid",
        ),
    ] {
        let config = format!(r#"{{"name":"T","storage":"memory","subjects":["t.>"],{more}}}"#);
        let error = rig.api("STREAM.CREATE.T", &config)["error"].take();
        assert_eq!(
            (&error["err_code"], &error["description"]),
            (&json!(code), &json!(text)),
            "{more}"
        );
    }
    let config = r#"{"name":"T","storage":"memory","subjects":["t.>"],
        "subject_transform":{"src":"t.>","dest":"u.>"},"republish":{"dest":">"}}"#;
    let made = rig.api_ok("STREAM.CREATE.T", config);
    assert_eq!(made["config"]["republish"], json!({"src": "u.>", "dest": "u.>"}));
}

#[test]
fn a_stream_stores_what_consumers_of_others_tell() {
    let mut rig = Rig::new();
    rig.stream("EVENTS", r#""subjects":["$JS.EVENT.>"]"#);
    rig.outlet.sent.clear();
    rig.stream("T", "");
    let subject = "CONSUMER.CREATE.T.c";
    rig.api_ok(
        subject,
        r#"{"stream_name":"T","config":{"name":"c","durable_name":"c","ack_policy":"explicit"}}"#,
    );
    let told = rig
        .outlet
        .sent
        .iter()
        .any(|sent| sent.route == "$JS.EVENT.ADVISORY.CONSUMER.CREATED.T.c");
    assert!(told, "{:?}", rig.outlet.sent);
}
