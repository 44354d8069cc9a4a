//! Pull requests: batches, ends, statuses and turns.

use super::support::{Bench, ms, stream};

const EXPLICIT: &str = r#"{"durable_name":"C","ack_policy":"explicit"}"#;

#[test]
fn a_batch_ends_silently_when_it_is_full() {
    let mut b = Bench::with(EXPLICIT, &["s.a", "s.b", "s.c"]);
    b.pull("in.1", "2");
    b.expect(&["in.1 s.a 1.1.1 p2", "in.1 s.b 1.2.2 p1"]);
    b.expect_info("d2.2 f0.0 a2 r0 w0 p1");
    b.pull("in.1", "");
    b.expect(&["in.1 s.c 1.3.3 p0"]);
    b.pull("in.1", r#"{"batch":2,"expires":1000000000}"#);
    b.publish("s.d");
    b.expect(&["in.1 s.d 1.4.4 p0"]);
    b.wait(ms(999));
    b.expect(&[]);
    b.wait(ms(1));
    b.expect(&["in.1 408 Request Timeout Messages=1 Bytes=0"]);
    b.expect_info("d4.4 f0.0 a4 r0 w0 p0");
}

#[test]
fn no_wait_alone_ends_at_the_end_of_the_stream() {
    let mut b = Bench::new(EXPLICIT);
    b.pull("in.1", r#"{"batch":5,"no_wait":true}"#);
    b.expect(&["in.1 404 No Messages"]);
    b.publish("s.a");
    b.pull("in.1", r#"{"batch":5,"no_wait":true}"#);
    b.expect(&["in.1 s.a 1.1.1 p0", "in.1 404 No Messages"]);
    b.expect_info("d1.1 f0.0 a1 r0 w0 p0");
}

#[test]
fn no_wait_with_expires_waits_for_the_first_message() {
    let mut b = Bench::new(EXPLICIT);
    b.pull("in.1", r#"{"batch":5,"no_wait":true,"expires":1000000000}"#);
    b.expect(&[]);
    b.publish("s.a");
    b.expect(&["in.1 s.a 1.1.1 p0", "in.1 404 No Messages"]);
    b.pull("in.1", r#"{"batch":5,"no_wait":true,"expires":1000000000}"#);
    b.wait(ms(1000));
    b.expect(&["in.1 408 Request Timeout Messages=5 Bytes=0"]);
}

#[test]
fn no_wait_is_turned_away_while_others_want_what_is_there() {
    let limited = r#"{"durable_name":"C","ack_policy":"explicit","max_ack_pending":1}"#;
    let mut b = Bench::with(limited, &["s.a", "s.b"]);
    b.pull("in.1", "5");
    b.expect(&["in.1 s.a 1.1.1 p1"]);
    b.pull("in.2", r#"{"batch":1,"no_wait":true}"#);
    b.expect(&["in.2 408 Requests Pending"]);
}

#[test]
fn a_full_house_is_silence_even_for_no_wait() {
    let limited = r#"{"durable_name":"C","ack_policy":"explicit","max_ack_pending":1}"#;
    let mut b = Bench::with(limited, &["s.a", "s.b"]);
    b.pull("in.1", "1");
    b.take();
    b.pull("in.1", r#"{"batch":1,"no_wait":true}"#);
    b.expect(&[]);
    b.ack(0, "");
    b.expect(&["in.ack +", "in.1 s.b 1.2.2 p0"]);
}

#[test]
fn requests_are_refused_in_the_servers_words() {
    let config = r#"{"durable_name":"C","ack_policy":"explicit","max_batch":10,"max_expires":2000000000,
        "max_bytes":100,"max_waiting":1}"#;
    for (request, answer) in [
        (r#"{"batch":11}"#, "409 Exceeded MaxRequestBatch of 10"),
        (
            r#"{"batch":1,"expires":2000000001}"#,
            "409 Exceeded MaxRequestExpires of 2s",
        ),
        (
            r#"{"batch":1,"max_bytes":101}"#,
            "409 Exceeded MaxRequestMaxBytes of 100",
        ),
        (
            r#"{"batch":1,"expires":10,"idle_heartbeat":6}"#,
            "400 Bad Request - heartbeat value too large",
        ),
        (
            r#"{"batch":1,"min_pending":1}"#,
            "400 Bad Request - Not a Overflow Priority consumer",
        ),
        (
            r#"{"batch":1,"id":"x"}"#,
            "400 Bad Request - Not a Pinned Client Priority consumer",
        ),
        (
            r#"{"batch":1,"priority":10}"#,
            "400 Bad Request - Priority must be between 0 and 9",
        ),
    ] {
        let mut b = Bench::new(config);
        b.pull("in.1", request);
        b.expect(&[&format!("in.1 {answer}")]);
    }
    let mut b = Bench::new(config);
    b.pull("in.1", "{");
    assert!(b.take()[0].starts_with("in.1 400 Bad Request - "));
    b.pull("in.1", r#"{"batch":1,"unknown":true}"#);
    b.pull("in.2", "1");
    b.expect(&["in.2 409 Exceeded MaxWaiting"]);
    b.pull(
        "in.2",
        r#"{"batch":1,"expires":1000000000,"idle_heartbeat":100000000}"#,
    );
    b.expect(&[]);
}

#[test]
fn max_bytes_counts_subject_reply_headers_and_body() {
    let mut b = Bench::with(EXPLICIT, &["s.a", "s.b", "s.c"]);
    let one = "s.a".len() + "$JS.ACK.S.C.1.1.1.1700000000000000000.2".len() + 1;
    b.pull("in.1", &format!(r#"{{"batch":1,"max_bytes":{}}}"#, one + 7));
    b.expect(&["in.1 s.a 1.1.1 p2", "in.1 409 Batch Completed Messages=0 Bytes=7"]);
    b.pull("in.1", &format!(r#"{{"batch":5,"max_bytes":{one}}}"#));
    b.expect(&["in.1 s.b 1.2.2 p1"]);
    b.pull("in.1", &format!(r#"{{"batch":5,"max_bytes":{}}}"#, one - 1));
    b.expect(&[&format!(
        "in.1 409 Message Size Exceeds MaxBytes Messages=5 Bytes={}",
        one - 1
    )]);
    b.expect_info("d2.2 f0.0 a2 r0 w0 p1");
}

#[test]
fn waiting_requests_take_turns() {
    let mut b = Bench::new(EXPLICIT);
    b.pull("in.1", "2");
    b.pull("in.2", "3");
    for _ in 0..5 {
        b.publish("s.a");
    }
    let routes: Vec<String> = b.take().iter().map(|l| l[..4].to_owned()).collect();
    assert_eq!(routes, ["in.1", "in.2", "in.1", "in.2", "in.2"]);
}

#[test]
fn a_request_whose_inbox_is_gone_costs_nothing() {
    let mut b = Bench::new(EXPLICIT);
    b.pull("gone.1", "1");
    b.pull("in.1", "1");
    b.publish("s.a");
    b.expect(&["in.1 s.a 1.1.1 p0"]);
    b.pull("gone.1", "1");
    b.publish("s.b");
    b.expect_info("d1.1 f0.0 a1 r0 w0 p1");
}

#[test]
fn heartbeats_of_a_request_begin_anew_with_every_message() {
    let mut b = Bench::new(EXPLICIT);
    b.pull(
        "in.1",
        r#"{"batch":5,"expires":1000000000,"idle_heartbeat":300000000}"#,
    );
    b.wait(ms(200));
    b.publish("s.a");
    b.wait(ms(299));
    b.expect(&["in.1 s.a 1.1.1 p0"]);
    b.wait(ms(1));
    b.expect(&["in.1 100 Idle Heartbeat Last-Consumer=1 Last-Stream=1"]);
    b.wait(ms(500));
    b.expect(&[
        "in.1 100 Idle Heartbeat Last-Consumer=1 Last-Stream=1",
        "in.1 408 Request Timeout Messages=4 Bytes=0",
    ]);
}

#[test]
fn overflow_gets_messages_only_from_a_full_stream() {
    let config = r#"{"durable_name":"C","ack_policy":"explicit","priority_policy":"overflow",
        "priority_groups":["g"]}"#;
    let mut b = Bench::new(config);
    b.pull("in.o", r#"{"batch":9,"group":"g","min_pending":3}"#);
    b.publish("s.a");
    b.publish("s.b");
    b.expect(&[]);
    b.publish("s.c");
    b.expect(&["in.o s.a 1.1.1 p2"]);
    b.pull("in.1", r#"{"batch":1,"group":"g"}"#);
    b.expect(&["in.1 s.b 1.2.2 p1"]);
    for (request, answer) in [
        (r#"{"batch":1}"#, "in.1 400 Bad Request - Priority Group missing"),
        (
            r#"{"batch":1,"group":"h"}"#,
            "in.1 400 Bad Request - Invalid Priority Group",
        ),
    ] {
        b.pull("in.1", request);
        b.expect(&[answer]);
    }
}

#[test]
fn prioritized_requests_are_served_by_level_and_in_turn_within_it() {
    let config = r#"{"durable_name":"C","ack_policy":"explicit","priority_policy":"prioritized",
        "priority_groups":["g"]}"#;
    let mut b = Bench::new(config);
    b.pull("in.9", r#"{"batch":9,"group":"g","priority":5}"#);
    b.pull("in.1", r#"{"batch":2,"group":"g","priority":1}"#);
    b.pull("in.2", r#"{"batch":2,"group":"g","priority":1}"#);
    for _ in 0..5 {
        b.publish("s.a");
    }
    let routes: Vec<String> = b.take().iter().map(|l| l[..4].to_owned()).collect();
    assert_eq!(routes, ["in.1", "in.2", "in.1", "in.2", "in.9"]);
}

#[test]
fn a_pinned_client_gets_everything_until_it_is_silent() {
    let config = r#"{"durable_name":"C","ack_policy":"explicit","priority_policy":"pinned_client",
        "priority_groups":["g"],"priority_timeout":1000000000}"#;
    let mut b = Bench::new(config);
    b.pull("in.1", r#"{"batch":2,"group":"g"}"#);
    b.pull("in.2", r#"{"batch":9,"group":"g"}"#);
    b.publish("s.a");
    b.publish("s.b");
    b.publish("s.c");
    let lines = b.take();
    assert!(lines[0].starts_with("! PINNED group=\"g\""), "{lines:?}");
    assert_eq!(lines[1..], ["in.1 s.a 1.1.1 p0", "in.1 s.b 1.2.2 p0"]);
    b.pull("in.3", r#"{"batch":1,"group":"g","id":"stranger"}"#);
    b.expect(&["in.3 423 Pin-Id mismatch"].map(|_| "in.3 423 Nats-Pin-Id mismatch"));
    b.wait(ms(1000));
    let lines = b.take();
    assert_eq!(lines[0], r#"! UNPINNED group="g" reason="timeout""#);
    assert_eq!(lines[2], "in.2 s.c 1.3.3 p0");
}

#[test]
fn the_end_of_a_consumer_is_told_to_who_waits() {
    use super::super::End;
    let mut b = Bench::new(EXPLICIT);
    b.pull("in.1", "3");
    b.consumer.close(b.now, End::Deleted, &mut b.out);
    b.expect(&[r#"! DELETED action="delete""#, "in.1 409 Consumer Deleted"]);
    let mut b = Bench::new(EXPLICIT);
    b.pull("in.1", "3");
    b.consumer.close(b.now, End::Shutdown, &mut b.out);
    b.expect(&["in.1 409 Server Shutdown Messages=3 Bytes=0"]);
    let push = r#"{"durable_name":"C","deliver_subject":"push"}"#;
    let mut b = Bench::on(stream("{}"), push, &[], &["in.>"]);
    b.pull("in.1", "3");
    b.expect(&["in.1 409 Consumer is push based"]);
}

#[test]
fn replay_keeps_the_pauses_of_old_messages_only() {
    let config = r#"{"durable_name":"C","ack_policy":"none","replay_policy":"original"}"#;
    let mut b = Bench::with(config, &["s.a", "s.b"]);
    b.pull("in.1", "9");
    b.expect(&["in.1 s.a 1.1.1 p1"]);
    b.wait(ms(2));
    b.publish("s.c");
    b.expect(&["in.1 s.b 1.2.2 p0", "in.1 s.c 1.3.3 p0"]);
}

#[test]
fn headers_only_tells_the_size_of_what_is_left_out() {
    let config = r#"{"durable_name":"C","ack_policy":"none","headers_only":true}"#;
    let mut b = Bench::new(config);
    let mut seen = Vec::new();
    for (headers, wanted) in [
        (&b""[..], &b"NATS/1.0\r\nNats-Msg-Size: 5\r\n\r\n"[..]),
        (
            b"NATS/1.0\r\nA: 1\r\n\r\n",
            b"NATS/1.0\r\nA: 1\r\nNats-Msg-Size: 5\r\n\r\n",
        ),
    ] {
        let stored = crate::broker::store::Stored {
            seq: 1,
            time: b.now,
            subject: b"s",
            headers,
            payload: b"hello",
        };
        assert_eq!(super::super::delivery::headers_only(&mut seen, &stored), wanted);
    }
    b.pull("in.1", "1");
    b.publish_with("s.a", b"", b"hello");
    b.expect(&["in.1 s.a 1.1.1 p0"]);
}
