//! Push consumers.

use super::support::{Bench, ms, stream};
use crate::broker::jetstream::consumer::Fate;

fn listen(b: &mut Bench, who: &str) {
    b.out.listeners.insert(who.to_owned());
    b.consumer.on_interest(b.now, &mut b.store, &mut b.out);
}

fn leave(b: &mut Bench, who: &str) {
    b.out.listeners.remove(who);
    b.consumer.on_interest(b.now, &mut b.store, &mut b.out);
}

fn bench(json: &str, subjects: &[&str]) -> Bench {
    Bench::on(stream("{}"), json, subjects, &[])
}

#[test]
fn nothing_is_sent_before_somebody_listens() {
    let mut b = bench(r#"{"durable_name":"C","deliver_subject":"push"}"#, &["s.a"]);
    assert!(!b.consumer.info(b.now, &mut b.store, &mut b.out).push_bound);
    listen(&mut b, "push");
    b.expect(&["push s.a 1.1.1 p0"]);
    assert!(b.consumer.info(b.now, &mut b.store, &mut b.out).push_bound);
    b.publish("s.b");
    b.expect(&["push s.b 1.2.2 p0"]);
    leave(&mut b, "push");
    b.publish("s.c");
    b.expect(&[]);
    b.expect_info("d2.2 f2.2 a0 r0 w0 p1");
    listen(&mut b, "push");
    b.expect(&["push s.c 1.3.3 p0"]);
}

#[test]
fn a_deliver_group_is_needed_by_name() {
    let mut b = bench(
        r#"{"durable_name":"C","deliver_subject":"push","deliver_group":"g"}"#,
        &["s.a"],
    );
    listen(&mut b, "push");
    listen(&mut b, "push|other");
    b.expect(&[]);
    listen(&mut b, "push|g");
    b.expect(&["push s.a 1.1.1 p0"]);
}

/// As in nats-server; who subscribes to a pattern may not know of the consumer.
#[test]
fn only_who_subscribes_to_the_very_subject_is_waited_for() {
    let mut b = bench(r#"{"durable_name":"C","deliver_subject":"push.1"}"#, &["s.a"]);
    listen(&mut b, "push.*");
    listen(&mut b, "push.1|g");
    b.expect(&[]);
    listen(&mut b, "push.1");
    b.expect(&["push.1 s.a 1.1.1 p0"]);
    leave(&mut b, "push.1");
    b.publish("s.b");
    b.expect(&[]);
}

#[test]
fn a_subscriber_that_vanished_unseen_costs_no_message() {
    let mut b = bench(r#"{"durable_name":"C","deliver_subject":"push"}"#, &[]);
    listen(&mut b, "push");
    b.out.listeners.clear();
    b.publish("s.a");
    b.expect_info("d0.0 f0.0 a0 r0 w0 p1");
    listen(&mut b, "push");
    b.expect(&["push s.a 1.1.1 p0"]);
}

#[test]
fn an_ephemeral_one_goes_when_nobody_comes_back() {
    let json = r#"{"deliver_subject":"push","inactive_threshold":1000000000}"#;
    let mut b = bench(json, &[]);
    listen(&mut b, "push");
    b.wait(ms(5000));
    assert_eq!(b.fate, Fate::Keep);
    leave(&mut b, "push");
    b.wait(ms(999));
    assert_eq!(b.fate, Fate::Keep);
    listen(&mut b, "push");
    leave(&mut b, "push");
    b.wait(ms(999));
    assert_eq!(b.fate, Fate::Keep);
    b.wait(ms(1));
    assert_eq!(b.fate, Fate::Delete);
}

#[test]
fn heartbeats_fill_silence_and_say_what_was_considered() {
    let json = r#"{"durable_name":"C","deliver_subject":"push","idle_heartbeat":500000000,
        "filter_subject":"s.a"}"#;
    let mut b = bench(json, &["s.a", "s.b"]);
    b.wait(ms(600));
    b.expect(&[]);
    listen(&mut b, "push");
    b.expect(&["push s.a 1.1.1 p0"]);
    b.wait(ms(500));
    b.expect(&["push 100 Idle Heartbeat Last-Consumer=1 Last-Stream=2"]);
    b.wait(ms(400));
    b.publish("s.a");
    b.wait(ms(499));
    b.expect(&["push s.a 1.3.2 p0"]);
    b.wait(ms(1));
    b.expect(&["push 100 Idle Heartbeat Last-Consumer=2 Last-Stream=3"]);
}

#[test]
fn flow_control_stops_at_the_window_and_goes_on_with_the_answer() {
    let json = r#"{"durable_name":"C","deliver_subject":"push","flow_control":true,
        "idle_heartbeat":500000000}"#;
    let mut b = bench(json, &[]);
    listen(&mut b, "push");
    let body = vec![0; 512 * 1024];
    for _ in 0..8 {
        b.publish_with("s.a", b"", &body);
    }
    let lines = b.take();
    let asked: Vec<usize> = (0..lines.len())
        .filter(|n| lines[*n].contains("FlowControl Request"))
        .collect();
    assert_eq!(asked, [2], "once more than half of 2 MiB was sent: {lines:?}");
    assert_eq!(lines.len(), 5, "it stops once more than 2 MiB is under way");
    b.wait(ms(500));
    let stalled = b.take().pop().unwrap();
    let reply = stalled.split_once("Consumer-Stalled=").unwrap().1.to_owned();
    assert!(
        reply.starts_with("$JS.FC.S.C.") && reply.len() == "$JS.FC.S.C.".len() + 4,
        "{reply}"
    );

    b.consumer
        .on_flow_control(b.now, b"$JS.FC.S.C.none", b"", &mut b.store, &mut b.out);
    b.expect(&[]);
    b.consumer
        .on_flow_control(b.now, reply.as_bytes(), b"", &mut b.store, &mut b.out);
    let lines = b.take();
    assert_eq!(
        lines.iter().filter(|l| l.contains(" s.a ")).count(),
        4,
        "the rest goes out: {lines:?}"
    );
}

#[test]
fn the_answer_to_flow_control_can_be_the_acknowledgement() {
    let json = r#"{"durable_name":"C","deliver_subject":"push","ack_policy":"flow_control",
        "max_ack_pending":2}"#;
    let mut b = bench(json, &["s.a", "s.b", "s.c"]);
    listen(&mut b, "push");
    let lines = b.take();
    assert_eq!(lines[..2], ["push s.a 1.1.1 p2", "push s.b 1.2.2 p1"]);
    assert_eq!((lines.len(), &lines[2][..]), (3, "push 100 FlowControl Request"));
    b.wait(ms(1000));
    let stalled = b.take().pop().unwrap();
    let reply = stalled.split_once("Consumer-Stalled=").unwrap().1.to_owned();
    let headers = b"NATS/1.0\r\nNats-Last-Consumer: 2\r\nNats-Last-Stream: 2\r\n\r\n";
    b.consumer
        .on_flow_control(b.now, reply.as_bytes(), headers, &mut b.store, &mut b.out);
    b.expect(&["push s.c 1.3.3 p0"]);
    b.expect_info("d3.3 f2.2 a1 r0 w0 p0");
}

#[test]
fn a_rate_limit_spreads_deliveries() {
    let json = r#"{"durable_name":"C","deliver_subject":"push","rate_limit_bps":8000}"#;
    let mut b = Bench::on(stream(r#"{"max_msg_size":100}"#), json, &[], &[]);
    for _ in 0..20 {
        b.publish_with("s.a", b"", &[0; 60]);
    }
    listen(&mut b, "push");
    let burst = b.take().len();
    assert!(burst <= 2, "{burst}");
    b.wait(ms(1000));
    let sent = b.take().len();
    assert!(
        (9..=11).contains(&sent),
        "1000 bytes a second at about 100 a message: {sent}"
    );
}

#[test]
fn a_new_deliver_subject_gets_what_is_pending() {
    let json = r#"{"durable_name":"C","deliver_subject":"push","ack_policy":"explicit"}"#;
    let mut b = bench(json, &["s.a"]);
    listen(&mut b, "push");
    b.take();
    let mut config = b.consumer.config().clone();
    config.deliver_subject = "other".to_owned();
    let update = |b: &mut Bench, config| {
        b.consumer
            .update(b.now, config, &b.stream, &mut b.store, &mut b.out)
            .map_err(|e| e.err_code)
    };
    assert_eq!(update(&mut b, config.clone()), Err(10013));
    leave(&mut b, "push");
    b.out.listeners.insert("other".to_owned());
    assert_eq!(update(&mut b, config), Ok(()));
    b.expect(&["other s.a 2.1.2 p0"]);
}
