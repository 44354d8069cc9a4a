//! Rules of a configuration, and of several consumers on one stream.

use super::super::{Consumers, Limits, New};
use super::support::{Recorder, START, add, config, stream};
use crate::broker::store::MemoryStore;
use crate::proto::api::consumer::ConsumerAction;

#[test]
fn defaults_are_filled_in() {
    let s = stream("{}");
    let pull = add(r#"{"durable_name":"D","ack_policy":"explicit"}"#, &s).unwrap();
    assert_eq!(
        (pull.max_waiting, pull.max_ack_pending, pull.max_deliver),
        (512, 1000, -1)
    );
    assert_eq!((pull.ack_wait.0, pull.inactive_threshold.0), (30_000_000_000, 0));
    let ephemeral = add(r#"{"ack_policy":"none","max_deliver":-7}"#, &s).unwrap();
    assert_eq!(
        (
            ephemeral.max_ack_pending,
            ephemeral.max_deliver,
            ephemeral.ack_wait.0
        ),
        (0, -1, 0)
    );
    assert_eq!(ephemeral.inactive_threshold.0, 5_000_000_000);
    let backoff = add(r#"{"ack_policy":"explicit","ack_wait":5,"backoff":[7,9]}"#, &s).unwrap();
    assert_eq!(backoff.ack_wait.0, 7);
    let limited = stream(r#"{"consumer_limits":{"max_ack_pending":9,"inactive_threshold":7000000000}}"#);
    let limited = add(r#"{"ack_policy":"explicit"}"#, &limited).unwrap();
    assert_eq!(
        (limited.max_ack_pending, limited.inactive_threshold.0),
        (9, 7_000_000_000)
    );
}

#[test]
fn every_rule_has_its_code() {
    let long = format!(r#"{{"description":"{}"}}"#, "x".repeat(4097));
    let named = format!(r#"{{"durable_name":"{}"}}"#, "x".repeat(256));
    for (json, code) in [
        (r#"{"name":"a.b"}"#, 10052),
        (r#"{"durable_name":"a*"}"#, 10052),
        (named.as_str(), 10102),
        (r#"{"name":"a","durable_name":"b"}"#, 10132),
        (long.as_str(), 10107),
        (r#"{"num_replicas":2}"#, 10126),
        (r#"{"num_replicas":-1}"#, 10133),
        (r#"{"ack_policy":"explicit","ack_wait":-1}"#, 10183),
        (r#"{"ack_policy":"explicit","backoff":[1,-1]}"#, 10184),
        (
            r#"{"ack_policy":"explicit","backoff":[1,2],"max_deliver":1}"#,
            10116,
        ),
        (r#"{"deliver_subject":"p.*"}"#, 10079),
        (r#"{"deliver_subject":"p..a"}"#, 10112),
        (r#"{"deliver_subject":"s.a"}"#, 10081),
        (r#"{"deliver_subject":"p","max_waiting":5}"#, 10080),
        (r#"{"deliver_subject":"p","max_ack_pending":5}"#, 10082),
        (r#"{"deliver_subject":"p","idle_heartbeat":99000000}"#, 10083),
        (r#"{"deliver_subject":"p","flow_control":true}"#, 10108),
        (r#"{"rate_limit_bps":5}"#, 10086),
        (r#"{"idle_heartbeat":500000000}"#, 10088),
        (r#"{"flow_control":true}"#, 10089),
        (r#"{"max_expires":999999}"#, 10115),
        (r#"{"direct":true}"#, 10090),
        (
            r#"{"direct":true,"deliver_subject":"p","durable_name":"D"}"#,
            10091,
        ),
        (r#"{"filter_subject":"a","filter_subjects":["b"]}"#, 10136),
        (r#"{"filter_subjects":["a",""]}"#, 10139),
        (r#"{"filter_subjects":["a.*","a.b"]}"#, 10138),
        (r#"{"filter_subject":"a..b"}"#, 10052),
        (r#"{"opt_start_seq":5}"#, 10094),
        (r#"{"deliver_policy":"by_start_sequence"}"#, 10094),
        (
            r#"{"deliver_policy":"by_start_time","opt_start_seq":1,"opt_start_time":"2026-01-01T00:00:00Z"}"#,
            10094,
        ),
        (r#"{"deliver_policy":"last_per_subject"}"#, 10094),
        (r#"{"sample_freq":"many"}"#, 10095),
        (r#"{"priority_policy":"overflow"}"#, 10159),
        (r#"{"priority_policy":"overflow","priority_groups":[""]}"#, 10161),
        (
            r#"{"priority_policy":"overflow","priority_groups":["a b"]}"#,
            10162,
        ),
        (
            r#"{"priority_policy":"overflow","priority_groups":["a"],"deliver_subject":"p"}"#,
            10178,
        ),
        (r#"{"priority_groups":["a"]}"#, 10196),
        (r#"{"priority_timeout":5}"#, 10197),
        (r#"{"ack_policy":"flow_control"}"#, 10218),
        (
            r#"{"ack_policy":"flow_control","deliver_subject":"p","max_ack_pending":-1}"#,
            10220,
        ),
        (
            r#"{"ack_policy":"flow_control","deliver_subject":"p","ack_wait":1}"#,
            10221,
        ),
        (
            r#"{"ack_policy":"flow_control","deliver_subject":"p","max_deliver":1}"#,
            10222,
        ),
        (r#"{"sourcing":true}"#, 10012),
    ] {
        let got = add(json, &stream(r#"{"subjects":["s.>"]}"#)).map_err(|e| e.err_code);
        assert_eq!(got.unwrap_err(), code, "{json}");
    }
    let limits = stream(r#"{"consumer_limits":{"max_ack_pending":9,"inactive_threshold":7000000000}}"#);
    for (json, text) in [
        (
            r#"{"ack_policy":"explicit","max_ack_pending":10}"#,
            "consumer max ack pending exceeds system limit of 9",
        ),
        (
            r#"{"inactive_threshold":8000000000}"#,
            "consumer inactive threshold exceeds system limit of 7s",
        ),
    ] {
        assert_eq!(add(json, &limits).unwrap_err().description, text);
    }
}

/// Adds consumers to one stream; for each its error code, 0 for none.
fn codes(stream_json: &str, consumers: &[(&str, ConsumerAction)]) -> Vec<u16> {
    let (mut store, mut out, mut set) = (MemoryStore::new(), Recorder::default(), Consumers::default());
    let s = stream(stream_json);
    let add = |(json, action): &(&str, ConsumerAction)| {
        let new = New {
            config: config(json),
            action: *action,
            pedantic: false,
        };
        let added = set.add(START, new, &s, &Limits::default(), &mut store, &mut out);
        added.err().map_or(0, |e| e.err_code)
    };
    consumers.iter().map(add).collect()
}

#[test]
fn actions_say_what_may_be_there() {
    use ConsumerAction::{Create, CreateOrUpdate, Update};
    let d = r#"{"durable_name":"D","ack_policy":"explicit"}"#;
    let described = r#"{"durable_name":"D","ack_policy":"explicit","description":"x"}"#;
    let stamped = r#"{"durable_name":"D","ack_policy":"explicit","metadata":{"_nats.ver":"1"}}"#;
    assert_eq!(
        codes(
            "{}",
            &[
                (d, Update),
                (d, Create),
                (d, Create),
                (stamped, Create),
                (described, Create)
            ]
        ),
        [10149, 0, 0, 0, 10148]
    );
    assert_eq!(
        codes(
            "{}",
            &[(d, CreateOrUpdate), (described, CreateOrUpdate), (d, Update)]
        ),
        [0, 0, 0]
    );
    assert_eq!(
        codes(
            r#"{"max_consumers":1}"#,
            &[(d, Create), ("{}", Create), (d, Create)]
        ),
        [0, 10026, 0]
    );
}

#[test]
fn a_work_queue_has_one_consumer_for_a_subject() {
    use ConsumerAction::CreateOrUpdate;
    let wq = r#"{"retention":"workqueue"}"#;
    let case = |consumers: &[&str]| {
        codes(
            wq,
            &consumers.iter().map(|c| (*c, CreateOrUpdate)).collect::<Vec<_>>(),
        )
    };
    let a = r#"{"name":"A","ack_policy":"explicit","filter_subject":"s.*.a"}"#;
    let b = r#"{"name":"B","ack_policy":"explicit","filter_subject":"s.b.*"}"#;
    let c = r#"{"name":"C","ack_policy":"explicit","filter_subjects":["t","u"]}"#;
    assert_eq!(case(&[a, b, c, a]), [0, 10100, 0, 0]);
    assert_eq!(case(&[a, r#"{"ack_policy":"explicit"}"#]), [0, 10099]);
    assert_eq!(
        case(&[r#"{"ack_policy":"all"}"#, r#"{"ack_policy":"none"}"#]),
        [10098, 10084]
    );
    assert_eq!(
        case(&[r#"{"ack_policy":"explicit","deliver_policy":"new"}"#]),
        [10101]
    );
}
