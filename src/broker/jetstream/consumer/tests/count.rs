//! Where a consumer begins, and that its count is exact whatever happens to the stream.

use proptest::prelude::*;

use super::support::{Bench, ms};
use crate::broker::store::Store;
use crate::proto::subject::Filter;

#[test]
fn every_deliver_policy_begins_where_it_says() {
    let stored = &["s.a", "s.b", "s.a", "s.c", "s.b"];
    for (json, seqs) in [
        (r#"{}"#, &[1, 2, 3, 4, 5, 6][..]),
        (r#"{"deliver_policy":"last"}"#, &[5, 6]),
        (r#"{"deliver_policy":"last","filter_subject":"s.a"}"#, &[3]),
        (r#"{"deliver_policy":"last","filter_subject":"s.x"}"#, &[6]),
        (r#"{"deliver_policy":"new"}"#, &[6]),
        (
            r#"{"deliver_policy":"by_start_sequence","opt_start_seq":4}"#,
            &[4, 5, 6],
        ),
        (r#"{"deliver_policy":"by_start_sequence","opt_start_seq":7}"#, &[]),
        (
            r#"{"deliver_policy":"by_start_time","opt_start_time":"2023-11-14T22:13:20.003Z"}"#,
            &[3, 4, 5, 6],
        ),
        (
            r#"{"deliver_policy":"by_start_time","opt_start_time":"2023-11-14T22:13:20.003Z","filter_subject":"s.b"}"#,
            &[5],
        ),
        (
            r#"{"deliver_policy":"by_start_time","opt_start_time":"2033-11-14T22:13:20Z"}"#,
            &[6],
        ),
        (
            r#"{"deliver_policy":"last_per_subject","filter_subject":"s.*"}"#,
            &[3, 4, 5, 6],
        ),
        (
            r#"{"deliver_policy":"last_per_subject","filter_subjects":["s.a","s.b"]}"#,
            &[3, 5],
        ),
        (r#"{"filter_subjects":["s.c","s.x"]}"#, &[4, 6]),
    ] {
        let mut b = Bench::with(json, stored);
        b.publish("s.x");
        b.pull("in.1", "99");
        let sent: Vec<u64> = b
            .take()
            .iter()
            .map(|l| l.split(['.', ' ']).nth(5).unwrap().parse().unwrap())
            .collect();
        assert_eq!(sent, seqs, "{json}");
    }
}

#[test]
fn a_start_in_the_future_waits_and_counts_nothing_before() {
    let mut b = Bench::with(
        r#"{"deliver_policy":"by_start_sequence","opt_start_seq":3}"#,
        &["s.a"],
    );
    b.pull("in.1", "9");
    b.publish("s.a");
    b.expect_info("d0.2 f0.2 a0 r0 w1 p0");
    b.publish("s.a");
    b.expect(&["in.1 s.a 1.3.1 p0"]);
}

#[test]
fn a_purge_takes_pending_deliveries_with_it() {
    let json = r#"{"durable_name":"C","ack_policy":"explicit"}"#;
    let mut b = Bench::with(json, &["s.a", "s.b", "s.c"]);
    b.pull("in.1", "2");
    b.take();
    b.store.compact(4).unwrap();
    b.consumer.on_purged(b.now, None, &mut b.store, &mut b.out);
    b.expect_info("d2.3 f2.3 a0 r0 w0 p0");
    b.publish("s.d");
    b.pull("in.1", "1");
    b.expect(&["in.1 s.d 1.4.3 p0"]);
}

#[test]
fn a_purge_of_a_subject_tells_of_the_deliveries_that_are_lost() {
    let mut b = Bench::with(
        r#"{"durable_name":"C","ack_policy":"explicit"}"#,
        &["s.a", "s.b", "s.c"],
    );
    b.pull("in.1", "3");
    b.take();
    purge(&mut b, Some("s.b"));
    b.expect(&[
        r#"! MSG_TERMINATED consumer_seq=2 deliveries=1 reason="Unacknowledged message was deleted" stream_seq=2"#,
    ]);
    b.expect_info("d3.3 f0.0 a2 r0 w0 p0");
}

#[derive(Debug, Clone)]
enum Step {
    Publish(u8),
    Pull(u8),
    Ack(usize),
    Nak(usize),
    Remove(u64),
    Purge(u8),
    Compact(u64),
    Wait,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..4u8).prop_map(Step::Publish),
        3 => (1..4u8).prop_map(Step::Pull),
        2 => (0..40usize).prop_map(Step::Ack),
        1 => (0..40usize).prop_map(Step::Nak),
        2 => (1..60u64).prop_map(Step::Remove),
        1 => (0..5u8).prop_map(Step::Purge),
        1 => (1..60u64).prop_map(Step::Compact),
        1 => Just(Step::Wait),
    ]
}

const SUBJECTS: [&str; 4] = ["s.a", "s.b", "t.a", "t.b"];

fn purge(b: &mut Bench, subject: Option<&str>) {
    match subject {
        None => drop(b.store.compact(b.store.state().last_seq + 1).unwrap()),
        Some(subject) => {
            let filter = Filter::any([subject]);
            while let Some(seq) = b.store.next(0, &filter).unwrap().map(|m| m.seq) {
                b.store.remove(seq, false).unwrap();
            }
        }
    }
    b.consumer
        .on_purged(b.now, subject.map(str::as_bytes), &mut b.store, &mut b.out);
}

fn apply(b: &mut Bench, step: &Step) {
    match step {
        Step::Publish(n) => drop(b.publish(SUBJECTS[usize::from(*n)])),
        Step::Pull(n) => b.pull("in.1", &format!(r#"{{"batch":{n},"no_wait":true}}"#)),
        Step::Ack(n) if *n < b.out.replies.len() => b.ack(*n, ""),
        Step::Nak(n) if *n < b.out.replies.len() => b.ack(*n, "-NAK"),
        Step::Ack(_) | Step::Nak(_) => {}
        Step::Remove(seq) => b.remove(*seq),
        Step::Purge(n) => purge(b, SUBJECTS.get(usize::from(*n)).copied()),
        Step::Compact(seq) => (1..*seq).for_each(|seq| b.remove(seq)),
        Step::Wait => b.wait(ms(31_000)),
    }
}

/// What `num_pending` has to be, counted by hand.
fn count(b: &mut Bench, last_of_each: &mut Vec<u64>, made_at: u64) -> u64 {
    let filter = b.consumer.filter().clone();
    let next = b.consumer.cursor.next();
    let state = b.store.state();
    let mut held = Vec::new();
    for seq in state.first_seq..=state.last_seq {
        if b.store
            .load(seq)
            .unwrap()
            .is_some_and(|m| filter.matches(m.subject))
        {
            held.push(seq);
        }
    }
    last_of_each.retain(|seq| *seq >= next);
    let counted = |seq: &&u64| {
        if **seq <= made_at {
            last_of_each.contains(seq)
        } else {
            **seq >= next
        }
    };
    held.iter().filter(counted).count() as u64
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn num_pending_is_what_counting_by_hand_gives(
        before in prop::collection::vec(0..4u8, 0..20),
        which in 0..5usize,
        steps in prop::collection::vec(step(), 0..60),
    ) {
        let json = [
            r#"{"durable_name":"C","ack_policy":"explicit"}"#,
            r#"{"durable_name":"C","ack_policy":"explicit","filter_subject":"s.*"}"#,
            r#"{"durable_name":"C","ack_policy":"all","filter_subjects":["s.a","t.b"],"max_ack_pending":3}"#,
            r#"{"durable_name":"C","ack_policy":"none","deliver_policy":"last"}"#,
            r#"{"durable_name":"C","ack_policy":"explicit","deliver_policy":"last_per_subject","filter_subject":"*.a"}"#,
        ][which];
        let subjects: Vec<&str> = before.iter().map(|n| SUBJECTS[usize::from(*n)]).collect();
        let mut b = Bench::with(json, &subjects);
        let mut made_at = 0;
        let mut last_of_each = Vec::new();
        if which == 4 {
            made_at = b.store.state().last_seq;
            b.store.for_each_subject(&Filter::any(["*.a"]), &mut |_, s| last_of_each.push(s.last_seq));
        }
        for step in &steps {
            apply(&mut b, step);
            let expected = count(&mut b, &mut last_of_each, made_at);
            let info = b.consumer.info(b.now, &mut b.store, &mut b.out);
            prop_assert_eq!(info.num_pending, expected, "after {:?}", step);
            prop_assert_eq!(info.num_ack_pending, b.consumer.pending.iter().count());
            prop_assert!(info.ack_floor.consumer_seq <= info.delivered.consumer_seq);
            prop_assert!(info.ack_floor.stream_seq <= info.delivered.stream_seq);
            if let Some(oldest) = b.consumer.pending.after(0) {
                prop_assert!(info.ack_floor.stream_seq < oldest.stream_seq);
            }
        }
    }
}
