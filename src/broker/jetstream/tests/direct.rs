//! Direct gets, one by one and many at once.

use std::time::Duration;

use super::support::{Rig, Sent};

#[test]
fn direct_gets_answer_with_the_message_itself() {
    let mut rig = Rig::new();
    rig.stream("M", r#""subjects":["m.>"],"allow_direct":true"#);
    rig.publish("m.a", "", "1");
    rig.publish("m.a", "X: y", "2");
    let origin = "Nats-Stream: M\r\nNats-Subject: m.a\r\nNats-Sequence: 2\r\n\
        Nats-Time-Stamp: 2026-11-24T18:00:00Z\r\n\r\n";
    let got = rig.request("$JS.API.DIRECT.GET.M.m.a", "", "");
    assert_eq!(got[0].headers, format!("NATS/1.0\r\nX: y\r\n{origin}"));
    assert_eq!(got[0].payload, "2");
    for (request, headers) in [
        ("", "NATS/1.0 408 Empty Request\r\n\r\n"),
        ("{", "NATS/1.0 408 Malformed Request\r\n\r\n"),
        (
            r#"{"seq":1,"last_by_subj":"m.a"}"#,
            "NATS/1.0 408 Bad Request\r\n\r\n",
        ),
        (r#"{"seq":7}"#, "NATS/1.0 404 Message Not Found\r\n\r\n"),
        (r#"{"seq":1,"no_hdr":true}"#, ""),
    ] {
        let got = rig.request("$JS.API.DIRECT.GET.M", "", request);
        assert_eq!(got[0].headers, headers, "{request}");
    }
    rig.stream("N", "");
    assert!(
        !rig.send("$JS.API.DIRECT.GET.N", "_INBOX.1", "", ""),
        "not allowed there"
    );
}

/// What an answer says in short: sequences with what is pending and what was before, and the end.
fn outline(answers: &[Sent]) -> Vec<String> {
    let value = |sent: &Sent, key: &str| {
        let found = sent.headers.lines().find_map(|line| line.strip_prefix(key));
        found.map_or("-".to_owned(), |v| v.trim_start_matches(": ").to_owned())
    };
    answers
        .iter()
        .map(|sent| {
            let status = sent.headers.lines().next().unwrap_or_default();
            format!(
                "{} {} pending {} last {} up to {}",
                status.trim_start_matches("NATS/1.0").trim(),
                value(sent, "Nats-Sequence"),
                value(sent, "Nats-Num-Pending"),
                value(sent, "Nats-Last-Sequence"),
                value(sent, "Nats-UpTo-Sequence"),
            )
            .replace(" up to -", "")
            .trim_start()
            .to_owned()
        })
        .collect()
}

fn six_messages() -> Rig {
    let mut rig = Rig::new();
    rig.stream("M", r#""subjects":["m.>"],"allow_direct":true"#);
    for subject in ["m.a", "m.b", "m.a", "m.c", "m.b", "m.a"] {
        rig.publish(subject, "", "x");
        rig.now = rig.now + Duration::from_secs(1);
    }
    rig
}

#[test]
fn batches_count_down_and_end() {
    let mut rig = six_messages();
    rig.api_ok("STREAM.MSG.DELETE.M", r#"{"seq":2}"#);
    for (request, wanted) in [
        (
            r#"{"seq":1,"batch":2}"#,
            &[
                "1 pending 4 last 0",
                "3 pending 3 last 1",
                "204 EOB - pending 3 last 3",
            ][..],
        ),
        (
            r#"{"seq":2,"next_by_subj":"m.a","batch":9}"#,
            &[
                "3 pending 1 last 0",
                "6 pending 0 last 3",
                "204 EOB - pending 0 last 6",
            ],
        ),
        (
            r#"{"start_time":"2026-11-24T18:00:04.5Z","batch":9}"#,
            &["6 pending 0 last 0", "204 EOB - pending 0 last 6"],
        ),
        (
            r#"{"seq":1,"batch":9,"max_bytes":5}"#,
            &[
                "1 pending 4 last 0",
                "3 pending 3 last 1",
                "204 EOB - pending 3 last 3",
            ],
        ),
        (
            r#"{"seq":5,"batch":1,"no_hdr":true}"#,
            &[" - pending - last -", "204 EOB - pending 2 last 5"],
        ),
        (
            r#"{"seq":7,"batch":2}"#,
            &["404 Message Not Found - pending - last -"],
        ),
        (r#"{"batch":2}"#, &["408 Empty Request - pending - last -"]),
        (
            r#"{"last_by_subj":"m.a","batch":2}"#,
            &["408 Bad Request - pending - last -"],
        ),
    ] {
        let got = outline(&rig.request("$JS.API.DIRECT.GET.M", "", request));
        let wanted: Vec<&str> = wanted.iter().map(|line| line.trim_start()).collect();
        assert_eq!(got, wanted, "{request}");
    }
}

#[test]
fn the_last_of_each_subject_as_of_a_sequence_or_a_time() {
    let mut rig = six_messages();
    for (request, wanted) in [
        (
            r#"{"multi_last":["m.a","m.*"]}"#,
            &[
                "4 pending 2 last 0",
                "5 pending 1 last 4",
                "6 pending 0 last 5",
                "204 EOB - pending 0 last 6 up to 6",
            ][..],
        ),
        (
            r#"{"multi_last":["m.a","m.b"],"up_to_seq":4}"#,
            &[
                "2 pending 1 last 0",
                "3 pending 0 last 2",
                "204 EOB - pending 0 last 3 up to 4",
            ],
        ),
        (
            r#"{"multi_last":["m.>"],"up_to_time":"2026-11-24T18:00:01.5Z","batch":1}"#,
            &["1 pending 1 last 0", "204 EOB - pending 1 last 1 up to 2"],
        ),
        (
            r#"{"multi_last":["m.>"],"seq":6}"#,
            &["6 pending 0 last 0", "204 EOB - pending 0 last 6 up to 6"],
        ),
        (
            r#"{"multi_last":["m.>"],"up_to_time":"2026-11-24T18:00:00Z"}"#,
            &["404 No Results - pending - last -"],
        ),
        (r#"{"multi_last":["x"]}"#, &["404 No Results - pending - last -"]),
        (
            r#"{"multi_last":["m.a"],"up_to_seq":1,"up_to_time":"2026-11-24T18:00:00Z"}"#,
            &["408 Bad Request - pending - last -"],
        ),
    ] {
        let got = outline(&rig.request("$JS.API.DIRECT.GET.M", "", request));
        assert_eq!(got, wanted, "{request}");
    }
    for n in 0..1022 {
        rig.publish(&format!("m.n.{n}"), "", "");
    }
    let got = rig.request("$JS.API.DIRECT.GET.M", "", r#"{"multi_last":[">"]}"#);
    assert_eq!(got[0].headers, "NATS/1.0 413 Too Many Results\r\n\r\n");
}
