//! Exports and imports: what is refused, and where it is said.

use super::{conf, expect_ours, expect_refused};

#[test]
fn what_is_refused() {
    for (text, message) in [
        (
            "accounts { A { exports: 1 } }",
            "main.conf:1:15: Exports should be an array, got int64",
        ),
        (
            "accounts { A { imports: {} } }",
            "main.conf:1:15: Imports should be an array, got map[string]interface {}",
        ),
        (
            "accounts { A { exports: [{stream: 1}] } }",
            "main.conf:1:26: Expected stream name to be string, got int64",
        ),
        (
            "accounts { A { exports: [{service: 1}] } }",
            "main.conf:1:26: Expected service name to be string, got int64",
        ),
        (
            "accounts { A { exports: [{service: a, stream: b}] } }",
            r#"main.conf:1:38: Detected stream "b" but already saw a service"#,
        ),
        (
            "accounts { A { exports: [{service: a, response: 1}] } }",
            "main.conf:1:38: Expected response type to be string, got int64",
        ),
        (
            "accounts { A { exports: [{service: a, response: many}] } }",
            r#"main.conf:1:38: Unknown response type: "many""#,
        ),
        (
            "accounts { A { exports: [{stream: a, response: single}] } }",
            "main.conf:1:37: Detected response directive on non-service",
        ),
        (
            "accounts { A { exports: [{response: single, stream: a}] } }",
            "main.conf:1:26: Detected response directive on non-service",
        ),
        (
            "accounts { A { exports: [{service: a, response: single, response_type: single}] } }",
            "main.conf:1:56: Duplicate response type definition",
        ),
        (
            "accounts { A { exports: [{service: a, threshold: 1}] } }",
            "main.conf:1:38: Expected response threshold to be a parseable time duration, got int64",
        ),
        (
            "accounts { A { exports: [{service: a, threshold: soon}] } }",
            r#"main.conf:1:38: Expected response threshold to be a parseable time duration, got "soon""#,
        ),
        (
            "accounts { A { exports: [{service: a, accounts: B}] } }",
            "main.conf:1:38: interface conversion: interface {} is string, not []interface {}",
        ),
        (
            "accounts { A { exports: [{service: a, accounts: [B]}] } }",
            r#"main.conf:1:0: "B" account not defined for service export"#,
        ),
        (
            "accounts { A { exports: [{stream: a, accounts: [B]}] } }",
            r#"main.conf:1:0: "B" account not defined for stream export"#,
        ),
        (
            "accounts { A { exports: [{service: a, latency: 1}] } }",
            "main.conf:1:38: Expected latency entry to be a map/struct or string, got int64",
        ),
        (
            "accounts { A { exports: [{service: a, latency: {}}] } }",
            "main.conf:1:38: Latency subject required, but missing",
        ),
        (
            "accounts { A { exports: [{service: a, latency: {subject: 1}}] } }",
            "main.conf:1:48: Expected latency subject to be a string, got string",
        ),
        (
            "accounts { A { exports: [{service: a, latency: {subject: b, sampling: 0}}] } }",
            "main.conf:1:60: bad sampling percentage, should be 1-100",
        ),
        (
            r#"accounts { A { exports: [{service: a, latency: {subject: b, sampling: "x%"}}] } }"#,
            r#"main.conf:1:60: Failed to parse latency sample: strconv.Atoi: parsing "x": invalid syntax"#,
        ),
        (
            "accounts { A { exports: [{service: a, latency: {subject: b, sampling: true}}] } }",
            "main.conf:1:60: Expected latency sample to be a string or map/struct, got bool",
        ),
        (
            r#"accounts { A { exports: [{service: a, latency: "b.*"}] } }"#,
            r#"main.conf:1:0: Error adding service latency sampling for "a" on subject "b.*": invalid publish subject"#,
        ),
        (
            "accounts { A { exports: [{service: a, latency: a}] } }",
            r#"main.conf:1:0: Error adding service latency sampling for "a" on subject "a": invalid publish subject"#,
        ),
        (
            "accounts { A { exports: [{service: a, response: stream, latency: b}] } }",
            r#"main.conf:1:0: Error adding service latency sampling for "a" on subject "b": bad service response type"#,
        ),
        (
            "accounts { A { exports: [{stream: a, latency: b}] } }",
            "main.conf:1:37: Detected latency directive on non-service",
        ),
        (
            "accounts { A { exports: [{stream: a, allow_trace: true}] } }",
            "main.conf:1:37: Detected allow_trace directive on non-service",
        ),
        (
            "accounts { A { exports: [{service: a, allow_trace: 1}] } }",
            "main.conf:1:38: interface conversion: interface {} is int64, not bool",
        ),
        (
            "accounts { A { exports: [{service: a, account_token_position: 1}] } }",
            r#"main.conf:1:0: Error adding service export "a": sublist: invalid subject"#,
        ),
        (
            r#"accounts { A { exports: [{stream: "a.*", account_token_position: 3}] } }"#,
            r#"main.conf:1:0: Error adding stream export "a.*": sublist: invalid subject"#,
        ),
        (
            "accounts { A { exports: [{service: a, odd: 1}] } }",
            r#"main.conf:1:38: unknown field "odd""#,
        ),
        (
            "accounts { A { imports: [{stream: a}] } }",
            "main.conf:1:26: Stream entry should be an account map, got string",
        ),
        (
            "accounts { A { imports: [{service: a}] } }",
            "main.conf:1:26: Service entry should be an account map, got string",
        ),
        (
            "accounts { A { imports: [{stream: {account: B}}] } }",
            "main.conf:1:26: Expect an account name and a subject",
        ),
        (
            "accounts { A { imports: [{stream: {account: B, subject: a, odd: 1}}] } }",
            r#"main.conf:1:59: unknown field "odd""#,
        ),
        (
            "accounts { A { imports: [{stream: {account: B, subject: a}}] } }",
            r#"main.conf:1:0: "B" account not defined for stream import"#,
        ),
        (
            "accounts { A { imports: [{service: {account: B, subject: a}}] } }",
            r#"main.conf:1:0: "B" account not defined for service import"#,
        ),
        (
            r#"accounts { A { imports: [{stream: {account: B, subject: a}, prefix: "p.*"}] }, B { exports: [{stream: a}] } }"#,
            r#"main.conf:1:0: Error adding stream import "a": stream import prefix can not contain wildcard tokens"#,
        ),
        (
            "accounts { A { imports: [{stream: {account: B, subject: a}}] }, B { exports: [{stream: b}] } }",
            r#"main.conf:1:0: Error adding stream import "a": stream import not authorized"#,
        ),
        (
            "accounts { A { imports: [{stream: {account: B, subject: a}}] }, B { exports: [{service: a}] } }",
            r#"main.conf:1:0: Error adding stream import "a": stream import not authorized"#,
        ),
        (
            "accounts { A { imports: [{service: {account: B, subject: a}}] }, B { exports: [{stream: a}] } }",
            r#"main.conf:1:0: Error adding service import "a": service import not authorized"#,
        ),
        (
            "accounts { A { imports: [{service: {account: B, subject: a}, allow_trace: true}] }, B { exports: [{service: a}] } }",
            "main.conf:1:61: Detected allow_trace directive on a non-stream",
        ),
        (
            "accounts { A { imports: [{service: {account: B, subject: a}}, {service: {account: B, subject: b}, to: a}] }, B { exports: [{service: a}, {service: b}] } }",
            r#"main.conf:1:104: Duplicate service import subject "a", previously used in import for account "B", subject "a""#,
        ),
        (
            "accounts { A { imports: [{stream: {account: B, subject: a}}, {stream: {account: B, subject: a}, to: b}] }, B { exports: [{stream: a}] } }",
            r#"main.conf:1:0: Error adding stream import "a": stream import already exists"#,
        ),
        (
            r#"accounts { A { imports: [{stream: {account: B, subject: "a.*"}, to: "b.$2"}] }, B { exports: [{stream: "a.*"}] } }"#,
            r#"main.conf:1:0: Error adding stream import "a.*": failed to create mapping transform for stream import subject from "a.*" to "b.$2": invalid mapping destination: wildcard index out of range in $2: [2]"#,
        ),
        (
            r#"accounts { A { imports: [{stream: {account: B, subject: "a.*"}, to: "b"}] }, B { exports: [{stream: "a.*"}] } }"#,
            r#"main.conf:1:0: Error adding stream import "a.*": failed to create mapping transform for stream import subject from "a.*" to "b": invalid mapping destination: not using all of the token wildcard(s) in b"#,
        ),
        (
            r#"accounts { A { imports: [{service: {account: B, subject: "a.*"}, to: "b.*.*"}] }, B { exports: [{service: "a.*"}] } }"#,
            r#"main.conf:1:0: Error adding service import "a.*": failed to create mapping transform for service import subject from "b.*.*" to "a.*": invalid mapping destination: wildcard index out of range in $2: [2]"#,
        ),
        (
            r#"accounts { A { imports: [{service: {account: B, subject: "a.*"}, to: "b"}] }, B { exports: [{service: "a.*"}] } }"#,
            r#"main.conf:1:0: Error adding service import "a.*": failed to create mapping transform for service import subject from "b" to "a.*": invalid mapping destination: not using all of the token wildcard(s) in b"#,
        ),
        (
            r#"accounts { A { imports: [{service: {account: B, subject: "a."}}] }, B { exports: [{service: "a."}] } }"#,
            r#"main.conf:1:0: Error adding service import "a.": sublist: invalid subject"#,
        ),
        (
            "accounts { A { exports: [{service: a}], imports: [{service: {account: B, subject: a}}] }, B { exports: [{service: a}], imports: [{service: {account: A, subject: a}}] } }",
            r#"main.conf:1:0: Error adding service import "a": import forms a cycle"#,
        ),
        (
            "accounts { A { exports: [{stream: a}], imports: [{stream: {account: B, subject: a}}] }, B { exports: [{stream: a}], imports: [{stream: {account: A, subject: a}}] } }",
            r#"main.conf:1:0: Error adding stream import "a": import forms a cycle"#,
        ),
        (
            "accounts { A { exports: [{service: a, accounts: [C]}] }, B { imports: [{service: {account: A, subject: a}}] }, C {} }",
            r#"main.conf:1:0: Error adding service import "a": service import not authorized"#,
        ),
        (
            r#"accounts { A { exports: [{service: "a.*", account_token_position: 2}] }, B { imports: [{service: {account: A, subject: "a.C"}}] } }"#,
            r#"main.conf:1:0: Error adding service import "a.C": service import not authorized"#,
        ),
        (
            r#"accounts { A { exports: [{service: "a.*", account_token_position: 2}] }, B { imports: [{service: {account: A, subject: "a.*"}}] } }"#,
            r#"main.conf:1:0: Error adding service import "a.*": service import not authorized"#,
        ),
    ] {
        expect_refused(text, &format!("{message}\n"));
    }
    // The original goes through a map in no order, and so says now one thing and now another.
    for (text, message) in [
        (
            "accounts { A { exports: [{stream: b, service: a}] } }",
            r#"main.conf:1:37: Detected service "a" but already saw a stream"#,
        ),
        (
            r#"accounts { A { exports: [{stream: a, threshold: "1s"}] } }"#,
            "main.conf:1:37: Detected response directive on non-service",
        ),
        (
            r#"accounts { A { exports: [{service: a, threshold: "1s", response_time: "1s"}] } }"#,
            "main.conf:1:55: Duplicate response threshold detected",
        ),
        (
            "accounts { A { imports: [{stream: {account: B, subject: a}, service: {account: B, subject: a}}] } }",
            "main.conf:1:60: Detected service but already saw a stream",
        ),
        (
            "accounts { A { imports: [{service: {account: B, subject: a}, stream: {account: B, subject: a}}] } }",
            "main.conf:1:61: Detected stream but already saw a service",
        ),
        (
            "accounts { A { imports: [{stream: {account: B, subject: a}, prefix: p, to: q}] }, B { exports: [{stream: a}] } }",
            "main.conf:1:71: Stream import can not have a 'prefix' and a 'to' property",
        ),
    ] {
        expect_ours(text, &format!("{message}\n"));
    }
}

#[test]
fn what_is_agreed_on() {
    for text in [
        r#"accounts { A { exports: [{stream: "a.*", account_token_position: 2}] }, B { imports: [{stream: {account: A, subject: "a.B"}}] } }"#,
        r#"accounts { A { exports: [{service: "a.>", accounts: [B]}] }, B { imports: [{service: {account: A, subject: "a.*.x"}, to: "y.$1"}] } }"#,
        r#"accounts { A { exports: [{service: "a.*", response: single, threshold: "1s", latency: {subject: l, sampling: headers}, allow_trace: true}] } }"#,
        r#"accounts { A { exports: [{stream: "ev.>"}, {service: "$JS.API.>", accounts: [B]}] }, B { imports: [{stream: {account: A, subject: "ev.>"}, prefix: a, allow_trace: true}, {service: {account: A, subject: "$JS.API.>"}, to: "$JS.A.API.>", share: true}] } }"#,
    ] {
        conf(text).expect_valid();
    }
}

#[test]
fn an_import_knows_both_its_subjects() {
    let world = conf(
        r#"accounts {
  A { exports: [{stream: "ev.*.>"}, {service: "q.*.*"}, {service: one, response: stream, threshold: "3s"}] }
  B { imports: [
    {stream: {account: A, subject: "ev.*.>"}, to: "got.$1.>"}
    {service: {account: A, subject: "q.*.*"}, to: "ask.$2.$1", share: true}
    {service: {account: A, subject: one}}
  ] }
}"#,
    );
    let options = world.options(&["-c", "main.conf"]);
    let [a, b] = &options.accounts[..] else {
        panic!("{:?}", options.accounts)
    };
    let stream = &b.imports.streams[0];
    assert_eq!(
        (stream.subject.as_str(), stream.local.as_str()),
        ("ev.*.>", "got.*.>")
    );
    let there = stream.transform.as_ref().unwrap();
    assert_eq!(there.transform(b"ev.x.y.z", &mut || 0).unwrap(), b"got.x.y.z");
    let service = &b.imports.services[0];
    assert_eq!(
        (service.subject.as_str(), service.local.as_str(), service.share),
        ("q.*.*", "ask.*.*", true)
    );
    let there = service.transform.as_ref().unwrap();
    assert_eq!(there.transform(b"ask.2.1", &mut || 0).unwrap(), b"q.1.2");
    let plain = &b.imports.services[1];
    assert_eq!(
        (plain.subject.as_str(), plain.local.as_str(), &plain.transform),
        ("one", "one", &None)
    );
    assert_eq!(a.service_export("one").unwrap().threshold.as_secs(), 3);
    assert_eq!(a.service_export("q.1.2").unwrap().threshold.as_secs(), 120);
}
