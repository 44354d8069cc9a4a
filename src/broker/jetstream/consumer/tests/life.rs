//! Inactive consumers, pauses, updates, resets.

use super::support::{Bench, ms};
use crate::broker::jetstream::consumer::Fate;
use crate::proto::api::consumer::ConsumerConfig;

#[test]
fn the_decks_consumer_lives_for_its_ten_milliseconds_and_the_jitter() {
    let mut b = Bench::new(r#"{"ack_policy":"explicit","inactive_threshold":10000000}"#);
    b.wait(ms(109));
    assert_eq!(b.fate, Fate::Keep);
    b.wait(ms(901));
    assert_eq!(b.fate, Fate::Delete);
}

#[test]
fn requests_acks_and_outstanding_work_keep_a_pull_consumer() {
    let json = r#"{"ack_policy":"explicit","inactive_threshold":10000000,"ack_wait":5000000000}"#;
    let mut b = Bench::with(json, &["s.a"]);
    b.pull("in.1", r#"{"batch":1,"expires":3000000000}"#);
    b.wait(ms(5000));
    assert_eq!(b.fate, Fate::Keep, "the message may be worked on for 5 s");
    b.ack(0, "");
    b.wait(ms(100));
    assert_eq!(b.fate, Fate::Keep);
    b.pull("in.1", r#"{"batch":1,"expires":3000000000}"#);
    b.wait(ms(2999));
    assert_eq!(b.fate, Fate::Keep, "a request waits");
    b.wait(ms(2100));
    assert_eq!(b.fate, Fate::Delete);
}

#[test]
fn a_request_that_nobody_listens_for_keeps_nothing() {
    let mut b = Bench::new(r#"{"ack_policy":"explicit","inactive_threshold":10000000}"#);
    b.pull("gone", "1");
    b.wait(ms(2100));
    assert_eq!(b.fate, Fate::Delete);
    let mut b = Bench::new(r#"{"durable_name":"C","ack_policy":"explicit"}"#);
    b.wait(ms(3_600_000));
    assert_eq!((b.fate, b.consumer.next_deadline()), (Fate::Keep, None));
}

#[test]
fn a_paused_consumer_takes_acks_and_delivers_nothing() {
    let json = r#"{"durable_name":"C","ack_policy":"explicit","ack_wait":100000000}"#;
    let mut b = Bench::with(json, &["s.a", "s.b"]);
    b.pull("in.1", "1");
    b.take();
    let until = b.now + ms(1000);
    b.consumer
        .pause_until(b.now, Some(until), &mut b.store, &mut b.out);
    let told = b.take();
    assert!(told.len() == 1 && told[0].contains("paused=true"), "{told:?}");
    b.pull("in.1", "2");
    b.wait(ms(999));
    b.expect(&[]);
    let info = b.consumer.info(b.now, &mut b.store, &mut b.out);
    assert_eq!((info.paused, info.pause_remaining.duration()), (true, ms(1)));
    b.wait(ms(1));
    let lines = b.take();
    assert!(lines[0].contains("paused=false"), "{lines:?}");
    assert_eq!(lines[1..], ["in.1 s.a 2.1.2 p1", "in.1 s.b 1.2.3 p0"]);
}

#[test]
fn updates_that_are_allowed_take_effect_at_once() {
    let json = r#"{"durable_name":"C","ack_policy":"explicit","max_ack_pending":1}"#;
    let mut b = Bench::with(json, &["s.a", "s.b", "s.c"]);
    b.pull("in.1", "9");
    b.take();
    let mut config = b.consumer.config().clone();
    config.max_ack_pending = 2;
    config.ack_wait = crate::proto::api::Nanos::from_millis(100);
    b.consumer
        .update(b.now, config.clone(), &b.stream, &mut b.store, &mut b.out)
        .unwrap();
    b.expect(&["in.1 s.b 1.2.2 p1"]);
    b.wait(ms(101));
    b.expect(&["in.1 s.a 2.1.3 p1", "in.1 s.b 2.2.4 p1"]);
    config.filter_subject = "s.x".to_owned();
    b.consumer
        .update(b.now, config, &b.stream, &mut b.store, &mut b.out)
        .unwrap();
    b.expect_info("d4.2 f0.0 a2 r2 w1 p0");
}

#[test]
fn fixed_fields_are_named() {
    let b = || Bench::new(r#"{"durable_name":"C","ack_policy":"explicit"}"#);
    type Change = fn(&mut ConsumerConfig);
    let cases: [(Change, &str); 4] = [
        (
            |c| c.ack_policy = Default::default(),
            "ack policy can not be updated",
        ),
        (|c| c.max_waiting = 5, "max waiting can not be updated"),
        (
            |c| c.deliver_subject = "x".to_owned(),
            "can not update pull consumer to push based",
        ),
        (|c| c.opt_start_seq = 5, "start sequence can not be updated"),
    ];
    for (change, text) in cases {
        let mut b = b();
        let mut config = b.consumer.config().clone();
        change(&mut config);
        let error = b
            .consumer
            .update(b.now, config, &b.stream, &mut b.store, &mut b.out)
            .unwrap_err();
        assert_eq!((error.err_code, error.description.as_ref()), (10012, text));
    }
}

#[test]
fn a_reset_goes_back_to_the_floor_or_where_it_is_told() {
    let mut b = Bench::with(
        r#"{"durable_name":"C","ack_policy":"explicit"}"#,
        &["s.a", "s.b", "s.c"],
    );
    b.pull("in.1", "3");
    b.ack(0, "");
    b.take();
    assert_eq!(b.reset(0), Ok(2));
    b.expect_info("d0.1 f0.1 a0 r0 w0 p2");
    b.pull("in.1", "1");
    b.expect(&["in.1 s.b 1.2.1 p1"]);
    assert_eq!(b.reset(3), Ok(3));
    b.expect_info("d0.2 f0.2 a0 r0 w0 p1");
    let mut b = Bench::new(r#"{"durable_name":"C","deliver_policy":"new"}"#);
    let error = b.reset(1).unwrap_err();
    assert_eq!(
        (error.err_code, error.description.as_ref()),
        (10204, "invalid reset: not allowed")
    );
}
