//! What is said of a message, in every state it can be in.

use super::super::explain::{Decision, Hold};
use super::support::{Bench, ms};

#[track_caller]
fn said(b: &mut Bench, seq: u64) -> Decision {
    b.consumer.explain(seq, &mut b.store).unwrap()
}

fn waits(ahead: u64, hold: Hold) -> Decision {
    let hold = Some(hold);
    Decision::Waits { ahead, hold }
}

#[test]
fn the_life_of_messages() {
    let json = r#"{"durable_name":"C","ack_policy":"explicit","ack_wait":1000000000,"max_deliver":2,
        "max_ack_pending":2,"filter_subject":"s.*","deliver_policy":"by_start_sequence","opt_start_seq":2}"#;
    let mut b = Bench::with(json, &["s.a", "s.b", "t", "s.c", "s.d", "s.e"]);
    assert_eq!(said(&mut b, 1), Decision::BeforeStart);
    assert_eq!(said(&mut b, 3), Decision::Filtered);
    assert_eq!(said(&mut b, 9), Decision::Gone);
    assert_eq!(said(&mut b, 2), waits(0, Hold::NoPull));
    assert_eq!(said(&mut b, 5), waits(2, Hold::NoPull));

    b.pull("in.1", "9");
    let until = Some(b.now + ms(1000));
    assert_eq!(said(&mut b, 2), Decision::AwaitsAck { deliveries: 1, until });
    assert_eq!(said(&mut b, 6), waits(1, Hold::MaxAckPending { max: 2 }));
    b.ack(0, "");
    assert_eq!(said(&mut b, 2), Decision::Done);

    b.wait(ms(2500));
    assert_eq!(said(&mut b, 4), Decision::Exhausted);
    b.remove(4);
    assert_eq!(said(&mut b, 4), Decision::Gone);
}

#[test]
fn paused_returning_and_superseded() {
    let json = r#"{"durable_name":"C","ack_policy":"explicit","filter_subject":"s.*",
        "deliver_policy":"last_per_subject"}"#;
    let mut b = Bench::with(json, &["s.a", "s.b", "s.a"]);
    assert_eq!(said(&mut b, 1), Decision::Superseded);
    b.pull("in.1", "1");
    b.ack(0, "-NAK");
    let hold = Some(Hold::NoPull);
    assert_eq!(said(&mut b, 2), Decision::Returns { deliveries: 1, hold });
    let until = b.now + ms(60_000);
    b.consumer
        .pause_until(b.now, Some(until), &mut b.store, &mut b.out);
    assert_eq!(said(&mut b, 3), waits(0, Hold::Paused { until }));
}

#[test]
fn nobody_listens() {
    let mut b = Bench::with(r#"{"deliver_subject":"nowhere"}"#, &["s.a"]);
    assert_eq!(said(&mut b, 1), waits(0, Hold::NoInterest));
}
