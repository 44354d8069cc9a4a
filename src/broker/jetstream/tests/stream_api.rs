//! `$JS.API.STREAM.…`, request by request. The answers are those of nats-server v2.14.5.

use serde_json::{Value, json};

use super::support::Rig;
use crate::broker::jetstream::API_LEVEL;
use crate::broker::jetstream::JetStreamConfig;
use crate::proto::api::account::AccountLimits;

fn error_of(answer: &Value) -> (u64, String) {
    let error = &answer["error"];
    (
        error["err_code"].as_u64().unwrap_or(0),
        error["description"].as_str().unwrap_or("").to_owned(),
    )
}

#[test]
fn a_stream_is_made_with_all_defaults() {
    let mut rig = Rig::new();
    let answer = rig.api("STREAM.CREATE.M", r#"{"name":"M","storage":"memory"}"#);
    assert_eq!(
        answer,
        json!({
            "type": "io.nats.jetstream.api.v1.stream_create_response",
            "config": {
                "name": "M", "subjects": ["M"], "retention": "limits", "max_consumers": -1, "max_msgs": -1,
                "max_bytes": -1, "max_age": 0, "max_msgs_per_subject": -1, "max_msg_size": -1,
                "discard": "old", "storage": "memory", "num_replicas": 1,
                "duplicate_window": 120_000_000_000u64, "compression": "none", "allow_direct": false,
                "mirror_direct": false, "sealed": false, "deny_delete": false, "deny_purge": false,
                "allow_rollup_hdrs": false, "consumer_limits": {}, "allow_msg_ttl": false,
                "metadata": {"_nats.level": API_LEVEL.to_string(), "_nats.req.level": "0", "_nats.ver": "2.14.5"},
            },
            "created": "2026-11-24T18:00:00Z",
            "state": {
                "messages": 0, "bytes": 0, "first_seq": 0, "first_ts": "0001-01-01T00:00:00Z",
                "last_seq": 0, "last_ts": "0001-01-01T00:00:00Z", "consumer_count": 0,
            },
            "ts": "2026-11-24T18:00:00Z",
            "did_create": true,
        })
    );
    let again = rig.api(
        "STREAM.CREATE.M",
        r#"{"name":"M","storage":"memory","metadata":{"_nats.ver":"1"}}"#,
    );
    assert_eq!(again["did_create"], true, "the same configuration is no error");
    let info = rig.api("STREAM.INFO.M", "");
    assert_eq!(info["cluster"], json!({"leader": "test"}));
    assert_eq!(info["config"], answer["config"]);
    assert_eq!((&info["total"], &info["limit"]), (&json!(0), &json!(0)));
    let listed = rig.api("STREAM.LIST", "");
    assert_eq!(
        listed["streams"][0]["config"]["metadata"],
        json!({"_nats.req.level": "0"})
    );
}

#[test]
fn what_create_refuses() {
    let mut rig = Rig::new();
    rig.stream("M", r#""subjects":["m.*"]"#);
    let invalid = 10052;
    for (config, code, text) in [
        (
            r#"{"name":"O"}"#,
            10056,
            "stream name in subject does not match request",
        ),
        ("", 10056, "stream name in subject does not match request"),
        (
            r#"{"name":"N","foo":1}"#,
            10025,
            r#"invalid JSON: json: unknown field "foo""#,
        ),
        (
            r#"{"name":"N","storage":"mem"}"#,
            10025,
            r#"invalid JSON: can not unmarshal "\"mem\"""#,
        ),
        (r#"{"name":"#, 10025, "invalid JSON: unexpected EOF"),
        (
            r#"{"name":"N","num_replicas":3}"#,
            10074,
            "replicas > 1 not supported in non-clustered mode",
        ),
        (
            r#"{"name":"N","num_replicas":9}"#,
            invalid,
            "maximum replicas is 5",
        ),
        (
            r#"{"name":"N","num_replicas":-1}"#,
            10133,
            "replicas count cannot be negative",
        ),
        (
            r#"{"name":"N","subjects":["a.>","a.b"]}"#,
            invalid,
            r#"subject "a.>" overlaps with "a.b""#,
        ),
        (
            r#"{"name":"N","subjects":["a","a"]}"#,
            invalid,
            r#"subject "a" overlaps with "a""#,
        ),
        (r#"{"name":"N","subjects":["a..b"]}"#, invalid, "invalid subject"),
        (
            r#"{"name":"N","subjects":[">"]}"#,
            invalid,
            "capturing all subjects requires no-ack to be true",
        ),
        (
            r#"{"name":"N","subjects":["$JS.X"]}"#,
            invalid,
            "subjects that overlap with jetstream api require no-ack to be true",
        ),
        (
            r#"{"name":"N","subjects":["*.b"],"storage":"memory","no_ack":true}"#,
            10065,
            "subjects overlap with an existing stream",
        ),
        (
            r#"{"name":"N","max_age":5}"#,
            invalid,
            "max age needs to be >= 100ms",
        ),
        (
            r#"{"name":"N","max_age":-5}"#,
            invalid,
            "max age can not be negative",
        ),
        (
            r#"{"name":"N","max_age":1000000000,"duplicate_window":2000000000}"#,
            invalid,
            "duplicates window can not be larger then max age",
        ),
        (
            r#"{"name":"N","discard_new_per_subject":true}"#,
            invalid,
            "discard new per subject requires discard new policy to be set",
        ),
        (
            r#"{"name":"N","deny_purge":true,"allow_rollup_hdrs":true}"#,
            invalid,
            "roll-ups require the purge permission",
        ),
        (
            r#"{"name":"N","sealed":true}"#,
            invalid,
            "stream configuration for create can not be sealed",
        ),
        (
            r#"{"name":"N","mirror_direct":true}"#,
            invalid,
            "stream has no mirror but does have mirror direct",
        ),
        (
            r#"{"name":"N","mirror":{"name":"M"},"subjects":["x"]}"#,
            10034,
            "stream mirrors can not contain subjects",
        ),
        (
            r#"{"name":"N","max_msgs":-5,"pedantic":true}"#,
            10157,
            "pedantic mode: max_msgs must be set to -1",
        ),
        (
            r#"{"name":"N","storage":"file"}"#,
            10047,
            "insufficient storage resources available",
        ),
    ] {
        assert_eq!(
            error_of(&rig.api("STREAM.CREATE.N", config)),
            (code, text.to_owned()),
            "{config}"
        );
    }
    let taken = rig.api("STREAM.CREATE.M", r#"{"name":"M","storage":"memory"}"#);
    assert_eq!(error_of(&taken).0, 10058);
    assert_eq!(
        rig.api_ok("STREAM.NAMES", "")["streams"],
        json!(["M"]),
        "nothing was left behind"
    );
}

#[test]
fn what_update_allows_and_refuses() {
    let mut rig = Rig::new();
    rig.stream("M", r#""subjects":["a","b"],"deny_delete":true"#);
    for (config, code, text) in [
        (
            r#""storage":"file","deny_delete":true"#,
            10052,
            "stream configuration update can not change storage type",
        ),
        (
            r#""storage":"memory","retention":"workqueue","deny_delete":true"#,
            10052,
            "stream configuration update can not change retention policy to/from workqueue",
        ),
        (
            r#""storage":"memory""#,
            10052,
            "stream configuration update can not cancel deny message deletes",
        ),
    ] {
        let request = format!(r#"{{"name":"M",{config}}}"#);
        assert_eq!(
            error_of(&rig.api("STREAM.UPDATE.M", &request)),
            (code, text.to_owned())
        );
    }
    assert_eq!(error_of(&rig.api("STREAM.UPDATE.Z", r#"{"name":"Z"}"#)).0, 10059);

    rig.publish("a", "", "1");
    rig.publish("b", "", "2");
    let update = r#"{"name":"M","storage":"memory","subjects":["b","c"],"deny_delete":true,"max_msgs":1}"#;
    assert_eq!(rig.api_ok("STREAM.UPDATE.M", update)["state"]["messages"], 1);
    assert_eq!(rig.contents("M"), ["2"]);
    assert!(!rig.send("a", "", "", "x"), "a is no longer the stream's");
    assert_eq!(rig.publish("c", "", "3"), r#"{"stream":"M","seq":3}"#);

    let sealed = r#"{"name":"M","storage":"memory","subjects":["b","c"],"sealed":true,"deny_delete":true}"#;
    let config = rig.api_ok("STREAM.UPDATE.M", sealed)["config"].take();
    assert_eq!(
        (&config["discard"], &config["deny_purge"]),
        (&json!("new"), &json!(true))
    );
    assert_eq!(error_of(&rig.api("STREAM.PURGE.M", "")).0, 10109);
    assert!(rig.publish("b", "", "x").contains(r#""err_code":10109"#));
}

#[test]
fn messages_are_read_and_deleted() {
    let mut rig = Rig::new();
    rig.stream("M", r#""subjects":["m.>"]"#);
    for (subject, payload) in [("m.a", "1"), ("m.b", "2"), ("m.a", "3")] {
        rig.publish(subject, "X: y", payload);
    }
    let seq_of = |answer: Value| answer["message"]["seq"].as_u64();
    for (request, seq) in [
        (r#"{"seq":2}"#, Some(2)),
        (r#"{"seq":9}"#, None),
        (r#"{"last_by_subj":"m.a"}"#, Some(3)),
        (r#"{"last_by_subj":"m.*"}"#, Some(3)),
        (r#"{"last_by_subj":"n"}"#, None),
        (r#"{"next_by_subj":"m.a"}"#, Some(1)),
        (r#"{"seq":2,"next_by_subj":"m.a"}"#, Some(3)),
        (r#"{"start_time":"2026-11-24T17:00:00Z"}"#, Some(1)),
        (r#"{"start_time":"2026-11-24T18:00:01Z"}"#, None),
    ] {
        assert_eq!(seq_of(rig.api("STREAM.MSG.GET.M", request)), seq, "{request}");
    }
    for bad in [
        "",
        "{}",
        r#"{"seq":1,"last_by_subj":"a"}"#,
        r#"{"seq":1,"batch":2}"#,
        r#"{"no_hdr":true}"#,
    ] {
        assert_eq!(error_of(&rig.api("STREAM.MSG.GET.M", bad)).0, 10003, "{bad}");
    }
    let message = rig.api("STREAM.MSG.GET.M", r#"{"seq":1}"#)["message"].take();
    assert_eq!(
        message,
        json!({"subject": "m.a", "seq": 1, "hdrs": "TkFUUy8xLjANClg6IHkNCg0K", "data": "MQ==",
            "time": "2026-11-24T18:00:00Z"})
    );
    assert_eq!(rig.api("STREAM.MSG.DELETE.M", r#"{"seq":2}"#)["success"], true);
    let (code, text) = error_of(&rig.api("STREAM.MSG.DELETE.M", r#"{"seq":2}"#));
    assert_eq!((code, text.as_str()), (10043, "sequence 2 not found"));
    let info = rig.api(
        "STREAM.INFO.M",
        r#"{"deleted_details":true,"subjects_filter":">"}"#,
    );
    assert_eq!(info["state"]["deleted"], json!([2]));
    assert_eq!(info["state"]["subjects"], json!({"m.a": 2}));
    assert_eq!((&info["total"], &info["limit"]), (&json!(1), &json!(100_000)));
}

#[test]
fn purging() {
    let fill = || {
        let mut rig = Rig::new();
        rig.stream("M", r#""subjects":["m.>"]"#);
        for subject in ["m.a", "m.b", "m.a", "m.b", "m.a"] {
            rig.publish(subject, "", "x");
        }
        rig
    };
    for (request, purged, first, messages) in [
        ("", 5, 6, 0),
        ("not json", 5, 6, 0),
        (r#"{"seq":1}"#, 0, 1, 5),
        (r#"{"seq":3}"#, 2, 3, 3),
        (r#"{"seq":99}"#, 5, 99, 0),
        (r#"{"keep":2}"#, 3, 4, 2),
        (r#"{"keep":5}"#, 0, 1, 5),
        (r#"{"filter":"m.a"}"#, 3, 2, 2),
        (r#"{"filter":"m.a","keep":1}"#, 2, 2, 3),
        (r#"{"filter":"m.a","seq":5}"#, 2, 2, 3),
        (r#"{"filter":"m.*"}"#, 5, 6, 0),
        (r#"{"filter":"none"}"#, 0, 1, 5),
    ] {
        let mut rig = fill();
        let answer = rig.api("STREAM.PURGE.M", request);
        assert_eq!(answer["purged"], purged, "{request}");
        let state = rig.state("M");
        assert_eq!(
            (&state["first_seq"], &state["messages"]),
            (&json!(first), &json!(messages)),
            "{request}"
        );
    }
    let mut rig = fill();
    assert_eq!(
        error_of(&rig.api("STREAM.PURGE.M", r#"{"seq":2,"keep":2}"#)).0,
        10003
    );
    assert_eq!(rig.api("STREAM.PURGE.Z", "")["purged"], 0);
    rig.api_ok("STREAM.PURGE.M", "");
    assert_eq!(
        rig.publish("m.a", "", "x"),
        r#"{"stream":"M","seq":6}"#,
        "sequences go on"
    );
}

#[test]
fn names_and_lists_come_in_pages() {
    let mut rig = Rig::new();
    assert_eq!(rig.api("STREAM.NAMES", "")["streams"], Value::Null);
    for i in 0..300 {
        rig.stream(&format!("S{i:03}"), &format!(r#""subjects":["s.{i}"]"#));
    }
    let page = rig.api("STREAM.LIST", r#"{"offset":250}"#);
    assert_eq!(page["streams"].as_array().map(Vec::len), Some(50));
    assert_eq!(
        (&page["total"], &page["offset"], &page["limit"]),
        (&json!(300), &json!(250), &json!(256))
    );
    assert_eq!(rig.api("STREAM.LIST", r#"{"offset":999}"#)["offset"], 300);
    assert_eq!(
        rig.api("STREAM.NAMES", r#"{"subject":"*.7"}"#)["streams"],
        json!(["S007"])
    );
    assert_eq!(error_of(&rig.api("STREAM.NAMES", r#"{"x":1}"#)).0, 10025);
}

#[test]
fn deleting_a_stream_ends_it_whole() {
    let mut rig = Rig::new();
    rig.stream("M", "");
    assert_eq!(error_of(&rig.api("STREAM.DELETE.M", "x")).0, 10038);
    rig.publish("M", "", "x");
    assert_eq!(rig.js.account_info().tier.memory, 1 + 1 + 16);
    assert_eq!(rig.api("STREAM.DELETE.M", "{}")["success"], true);
    assert_eq!(rig.js.account_info().tier.memory, 0);
    assert_eq!(rig.outlet.sent[0].subject, "$JS.EVENT.ADVISORY.STREAM.DELETED.M");
    assert!(!rig.send("M", "", "", "x"));
    assert_eq!(error_of(&rig.api("STREAM.DELETE.M", "")).0, 10059);
    rig.stream("M", "");
    assert_eq!(rig.state("M")["last_seq"], 0);
}

#[test]
fn the_account_shows_and_keeps_its_limits() {
    let limits = AccountLimits {
        max_memory: 1000,
        max_streams: 2,
        ..AccountLimits::default()
    };
    let mut rig = Rig::with(JetStreamConfig {
        limits,
        ..JetStreamConfig::default()
    });
    rig.stream("A", r#""max_bytes":600"#);
    let info = rig.api("INFO", "");
    assert_eq!(info["type"], "io.nats.jetstream.api.v1.account_info_response");
    assert_eq!(
        (&info["reserved_memory"], &info["streams"]),
        (&json!(600), &json!(1))
    );
    assert_eq!(info["api"], json!({"level": API_LEVEL, "total": 1, "errors": 0}));
    let big = rig.api(
        "STREAM.CREATE.B",
        r#"{"name":"B","storage":"memory","max_bytes":600}"#,
    );
    assert_eq!(error_of(&big).0, 10028);
    rig.stream("B", "");
    let third = rig.api("STREAM.CREATE.C", r#"{"name":"C","storage":"memory"}"#);
    assert_eq!(error_of(&third).0, 10027);
    assert!(
        rig.publish("B", "", &"x".repeat(2000))
            .contains(r#""err_code":10002"#)
    );
}

#[test]
fn silence_refusals_and_nobody() {
    let mut rig = Rig::new();
    for (subject, taken) in [
        ("$JS.API.FOO", true),
        ("$JS.API.STREAM.FOO", true),
        ("$JS.API.DIRECT.GET.X", false),
        ("$JS.API.CONSUMER.MSG.NEXT.A.B", false),
        ("$JS.ACK.A.B.1.1.1.1.1", false),
        ("$JS.FC.A.B.c", false),
    ] {
        assert_eq!(rig.send(subject, "_INBOX.1", "", ""), taken, "{subject}");
        assert!(rig.outlet.sent.is_empty(), "{subject}");
    }
    let stepdown = rig.api("STREAM.LEADER.STEPDOWN.M", "");
    assert_eq!(
        stepdown["type"],
        "io.nats.jetstream.api.v1.stream_leader_stepdown_response"
    );
    assert_eq!(error_of(&stepdown).0, 10010);
    let answers = rig.request(
        "$JS.API.INFO",
        "NATS/1.0\r\nNats-Required-Api-Level: 9\r\n\r\n",
        "",
    );
    assert!(answers[0].payload.contains(r#""err_code":10185"#));
}
