//! What is delivered again, when, in which order, and how often.

use super::support::{Bench, ms};

#[test]
fn expired_deliveries_come_before_new_ones_in_the_order_of_the_stream() {
    let config = r#"{"durable_name":"C","ack_policy":"explicit","ack_wait":1000000000}"#;
    let mut b = Bench::with(config, &["s.a", "s.b", "s.c"]);
    b.pull("in.1", "2");
    b.take();
    b.wait(ms(1001));
    b.expect_info("d2.2 f0.0 a2 r0 w0 p1");
    b.pull("in.1", "3");
    b.expect(&["in.1 s.a 2.1.3 p1", "in.1 s.b 2.2.4 p1", "in.1 s.c 1.3.5 p0"]);
    b.expect_info("d5.3 f0.0 a3 r2 w0 p0");
    b.ack(2, "");
    b.ack(3, "");
    b.expect_info("d5.3 f4.2 a1 r0 w0 p0");
}

#[test]
fn naks_are_served_in_the_order_they_came() {
    let config = r#"{"durable_name":"C","ack_policy":"explicit"}"#;
    let mut b = Bench::with(config, &["s.a", "s.b", "s.c"]);
    b.pull("in.1", "3");
    b.take();
    b.ack(2, "-NAK");
    b.ack(0, "-NAK");
    b.ack(0, "-NAK");
    b.take();
    b.pull("in.1", "2");
    b.expect(&["in.1 s.c 2.3.4 p0", "in.1 s.a 2.1.5 p0"]);
    b.ack(1, "");
    b.expect_info("d5.3 f0.0 a2 r2 w0 p0");
}

#[test]
fn a_nak_tells_and_delivers_at_once_to_who_waits() {
    let config = r#"{"durable_name":"C","ack_policy":"explicit"}"#;
    let mut b = Bench::with(config, &["s.a"]);
    b.pull("in.1", "2");
    b.take();
    b.ack(0, "-NAK");
    b.expect(&[
        "! MSG_NAKED consumer_seq=1 deliveries=1 stream_seq=1",
        "in.ack +",
        "in.1 s.a 2.1.2 p0",
    ]);
}

#[test]
fn a_delayed_nak_counts_as_pending_and_comes_on_time() {
    let config = r#"{"durable_name":"C","ack_policy":"explicit","max_ack_pending":1}"#;
    let mut b = Bench::with(config, &["s.a", "s.b"]);
    b.pull("in.1", "2");
    b.take();
    b.ack(0, r#"-NAK {"delay":200000000}"#);
    b.take();
    b.wait(ms(200));
    b.expect(&[]);
    b.expect_info("d1.1 f0.0 a1 r0 w1 p1");
    b.wait(ms(1));
    b.expect(&["in.1 s.a 2.1.2 p1"]);
}

#[test]
fn work_in_progress_begins_the_wait_anew() {
    let config = r#"{"durable_name":"C","ack_policy":"explicit","ack_wait":1000000000}"#;
    let mut b = Bench::with(config, &["s.a"]);
    b.pull("in.1", "2");
    b.take();
    b.wait(ms(900));
    b.ack(0, "+WPI");
    b.expect(&["in.ack +"]);
    b.wait(ms(1000));
    b.expect(&[]);
    b.wait(ms(1));
    b.expect(&["in.1 s.a 2.1.2 p0"]);
}

#[test]
fn backoff_chooses_by_delivery_and_repeats_its_last() {
    let config = r#"{"durable_name":"C","ack_policy":"explicit","backoff":[100000000,300000000]}"#;
    let mut b = Bench::with(config, &["s.a"]);
    b.pull("in.1", "9");
    let mut at = Vec::new();
    for step in 0..1000 {
        if !b.take().is_empty() {
            at.push(step);
        }
        b.wait(ms(1));
    }
    assert_eq!(at, [0, 101, 402, 703]);
}

#[test]
fn a_message_tried_often_enough_leaves_when_the_next_one_is_asked_for() {
    let config = r#"{"durable_name":"C","ack_policy":"explicit","ack_wait":100000000,"max_deliver":2}"#;
    let mut b = Bench::with(config, &["s.a", "s.b"]);
    b.pull("in.1", "2");
    b.wait(ms(101));
    b.pull("in.1", "2");
    b.take();
    b.ack(3, "");
    b.take();
    b.wait(ms(101));
    b.expect(&[]);
    b.expect_info("d4.2 f0.0 a1 r1 w0 p0");
    b.pull("in.1", "1");
    b.expect(&["! MAX_DELIVERIES deliveries=2 stream_seq=1"]);
    b.expect_info("d4.2 f0.0 a0 r1 w1 p0");
    assert!(
        b.consumer.needs(1, b"s.a"),
        "an interest stream keeps what was given up"
    );
    b.ack(0, "");
    b.expect_info("d4.2 f0.0 a0 r0 w1 p0");
    assert!(!b.consumer.needs(1, b"s.a"));
}

#[test]
fn the_last_nak_gives_up_at_once() {
    let config = r#"{"durable_name":"C","ack_policy":"explicit","max_deliver":1}"#;
    let mut b = Bench::with(config, &["s.a"]);
    b.pull("in.1", "1");
    b.take();
    b.ack(0, "-NAK");
    b.expect(&[
        "! MSG_NAKED consumer_seq=1 deliveries=1 stream_seq=1",
        "! MAX_DELIVERIES deliveries=1 stream_seq=1",
        "in.ack +",
    ]);
    b.expect_info("d1.1 f0.0 a0 r0 w0 p0");
}

/// The rule is nats-server's, which has the floor of info and disk moved by acknowledgements alone.
#[test]
fn the_floor_stays_below_what_was_given_up_until_nothing_is_pending() {
    let config = r#"{"durable_name":"C","ack_policy":"explicit","max_deliver":1}"#;
    let mut b = Bench::with(config, &["s.a", "s.b", "s.c", "s.d"]);
    b.pull("in.1", "4");
    b.ack(0, "-NAK");
    b.expect_info("d4.4 f0.0 a3 r0 w0 p0");
    b.ack(1, "");
    b.expect_info("d4.4 f0.0 a2 r0 w0 p0");
    assert_eq!(
        b.reset(0),
        Ok(3),
        "what is awaited next does not depend on what is shown"
    );
    b.pull("in.1", "2");
    b.ack(4, "-NAK");
    b.ack(5, "");
    b.expect_info("d2.4 f2.4 a0 r0 w0 p0");
}

#[test]
fn a_deleted_message_is_not_delivered_again() {
    let config = r#"{"durable_name":"C","ack_policy":"explicit","max_ack_pending":1}"#;
    let mut b = Bench::with(config, &["s.a", "s.b"]);
    b.pull("in.1", "2");
    b.take();
    b.remove(1);
    b.expect(&[
        r#"! MSG_TERMINATED consumer_seq=1 deliveries=1 reason="Unacknowledged message was deleted" stream_seq=1"#,
        "in.1 s.b 1.2.2 p0",
    ]);
    b.expect_info("d2.2 f1.1 a1 r0 w0 p0");
}

#[test]
fn redeliveries_pass_a_full_house() {
    let config = r#"{"durable_name":"C","ack_policy":"explicit","ack_wait":100000000,"max_ack_pending":1}"#;
    let mut b = Bench::with(config, &["s.a", "s.b"]);
    b.pull("in.1", "9");
    b.wait(ms(101));
    b.expect(&["in.1 s.a 1.1.1 p1", "in.1 s.a 2.1.2 p1"]);
}

#[test]
fn a_refused_redelivery_stays_first_in_line() {
    let config = r#"{"durable_name":"C","ack_policy":"explicit","ack_wait":100000000}"#;
    let mut b = Bench::with(config, &["s.a", "s.b"]);
    b.pull("in.1", "2");
    b.take();
    b.wait(ms(101));
    b.pull("gone", "1");
    b.pull("in.1", "1");
    b.expect(&["in.1 s.a 2.1.3 p0"]);
}
