//! Acknowledgements and the floor.

use super::support::{Bench, ms, stream};

const EXPLICIT: &str = r#"{"durable_name":"C","ack_policy":"explicit"}"#;

#[test]
fn the_floor_jumps_when_the_gap_closes() {
    let mut b = Bench::with(EXPLICIT, &["s.a", "s.b", "s.c", "s.d"]);
    b.pull("in.1", "4");
    b.take();
    for (n, info) in [
        (1, "d4.4 f0.0 a3 r0 w0 p0"),
        (2, "d4.4 f0.0 a2 r0 w0 p0"),
        (0, "d4.4 f3.3 a1 r0 w0 p0"),
        (3, "d4.4 f4.4 a0 r0 w0 p0"),
        (3, "d4.4 f4.4 a0 r0 w0 p0"),
    ] {
        b.ack(n, "+ACK");
        b.expect(&["in.ack +"]);
        b.expect_info(info);
    }
}

#[test]
fn a_filter_leaves_what_it_skips_out_of_the_floor() {
    let filtered = r#"{"durable_name":"C","ack_policy":"explicit","filter_subject":"s.a"}"#;
    let mut b = Bench::with(filtered, &["s.a", "s.b", "s.b", "s.b"]);
    b.pull("in.1", "2");
    b.ack(0, "");
    b.expect_info("d1.1 f1.1 a0 r0 w1 p0");
    b.publish("s.a");
    b.expect_info("d2.5 f1.1 a1 r0 w0 p0");
    b.ack(1, "");
    b.expect_info("d2.5 f2.5 a0 r0 w0 p0");
}

#[test]
fn ack_all_takes_everything_before_with_it() {
    let all = r#"{"durable_name":"C","ack_policy":"all"}"#;
    let mut b = Bench::with(all, &["s.a", "s.b", "s.c", "s.d"]);
    b.pull("in.1", "4");
    b.take();
    b.ack(2, "");
    b.expect_info("d4.4 f3.3 a1 r0 w0 p0");
    b.ack(0, "");
    b.expect(&["in.ack +", "in.ack +"]);
    b.expect_info("d4.4 f3.3 a1 r0 w0 p0");
}

#[test]
fn what_was_never_delivered_is_not_answered() {
    let mut b = Bench::with(EXPLICIT, &["s.a", "s.b"]);
    b.pull("in.1", "2");
    b.take();
    b.store = crate::broker::store::MemoryStore::new();
    b.out.replies[0] = b"$JS.ACK.S.C.1.9.9.1.0".to_vec();
    b.ack(0, "");
    b.expect(&[]);
    b.expect_info("d2.2 f0.0 a2 r0 w0 p0");
}

#[test]
fn next_acknowledges_and_asks_for_more() {
    let mut b = Bench::with(EXPLICIT, &["s.a", "s.b", "s.c", "s.d"]);
    b.pull("in.1", "1");
    b.take();
    b.ack(0, "+NXT");
    b.expect(&["in.ack s.b 1.2.2 p2"]);
    b.ack(1, r#"+NXT {"batch":2}"#);
    b.expect(&["in.ack s.c 1.3.3 p1", "in.ack s.d 1.4.4 p0"]);
    b.expect_info("d4.4 f2.2 a2 r0 w0 p0");
}

#[test]
fn term_is_an_ack_with_an_event() {
    let mut b = Bench::with(EXPLICIT, &["s.a"]);
    b.pull("in.1", "1");
    b.take();
    b.ack(0, "+TERM not for us");
    b.expect(&[
        r#"! MSG_TERMINATED consumer_seq=1 deliveries=1 reason="not for us" stream_seq=1"#,
        "in.ack +",
    ]);
    b.expect_info("d1.1 f1.1 a0 r0 w0 p0");
}

#[test]
fn acks_are_sampled_with_the_time_they_took() {
    let sampled = r#"{"durable_name":"C","ack_policy":"explicit","sample_freq":"100%"}"#;
    let mut b = Bench::with(sampled, &["s.a"]);
    b.pull("in.1", "1");
    b.take();
    b.wait(ms(40));
    b.ack(0, "");
    b.expect(&[
        "! ACK ack_time=40000000 consumer_seq=1 deliveries=1 stream_seq=1",
        "in.ack +",
    ]);
}

#[test]
fn interest_streams_hear_what_is_done() {
    let interest = || stream(r#"{"retention":"interest"}"#);
    let subjects = &["s.a", "s.b", "s.c"];
    let mut b = Bench::on(interest(), EXPLICIT, subjects, &["in.>"]);
    b.pull("in.1", "2");
    assert!(b.consumer.needs(1, b"s.a") && b.consumer.needs(3, b"s.c"));
    b.ack(1, "");
    assert_eq!(b.consumer.take_finished(), [2]);
    assert!(b.consumer.needs(1, b"s.a") && !b.consumer.needs(2, b"s.b"));

    let all = r#"{"durable_name":"C","ack_policy":"all"}"#;
    let mut b = Bench::on(interest(), all, subjects, &["in.>"]);
    b.pull("in.1", "3");
    b.ack(1, "");
    assert_eq!(b.consumer.take_finished(), [1, 2]);

    let none = r#"{"durable_name":"C","ack_policy":"none","filter_subject":"s.b"}"#;
    let mut b = Bench::on(interest(), none, subjects, &["in.>"]);
    assert!(!b.consumer.needs(1, b"s.a") && b.consumer.needs(2, b"s.b"));
    b.pull("in.1", "3");
    assert_eq!(b.consumer.take_finished(), [2]);
    assert!(!b.consumer.needs(2, b"s.b"));
    b.expect_info("d1.2 f1.2 a0 r0 w1 p0");
}
