//! The cost rule, held by counting steps: what is asked of a store costs in proportion to the answer, not to
//! what is stored.

use super::work::steps_of;
use super::{MemoryStore, Store};
use crate::proto::subject::Filter;
use crate::util::time::Timestamp;

/// Messages on each subject `dev.<site>.<device>`, one after the other.
const ROUNDS: u64 = 10;
const DEVICES: u64 = 50;

fn store(sites: u64) -> MemoryStore {
    let mut store = MemoryStore::new();
    for round in 0..ROUNDS {
        for site in 0..sites {
            for device in 0..DEVICES {
                let now = Timestamp::from_nanos((round * sites + site) as i64);
                let subject = format!("dev.{site}.{device}");
                store.append(now, subject.as_bytes(), b"", b"x").unwrap();
            }
        }
    }
    store
}

/// The steps of delivering all that a filter lets through, per message, and how many messages those are.
fn delivery(store: &mut MemoryStore, filter: &Filter) -> (u64, u64) {
    let mut count = 0;
    let steps = steps_of(|| {
        let mut next = 1;
        while let Some(message) = store.next(next, filter).unwrap() {
            next = message.seq + 1;
            count += 1;
        }
    });
    (steps / count, count)
}

#[test]
fn a_filtered_delivery_does_not_pay_for_what_it_passes_over() {
    for (filter, of_all, steps_max) in [
        (Filter::any(["dev.7.7"]), ROUNDS, 2),
        (Filter::any(["dev.7.7", "dev.9.9"]), 2 * ROUNDS, 120),
        (Filter::any(["dev.7.*"]), ROUNDS * DEVICES, 100),
        (Filter::any(["dev.7.>", "dev.11.3"]), ROUNDS * (DEVICES + 1), 100),
    ] {
        for sites in [20, 400] {
            let (steps, count) = delivery(&mut store(sites), &filter);
            assert_eq!(count, of_all);
            assert!(
                steps <= steps_max,
                "{filter:?} of {sites} sites: {steps} steps a message"
            );
        }
    }
    // What matches everywhere is found at once, however many subjects that are.
    let (steps, _) = delivery(&mut store(400), &Filter::any(["dev.*.7", "dev.*.8"]));
    assert!(steps <= DEVICES, "{steps} steps a message");
}

#[test]
fn a_gap_costs_no_more_than_going_through_it() {
    let mut store = store(100);
    let gap = 300;
    for n in 0..gap {
        store.append(Timestamp::ZERO, b"other", b"", &[n as u8]).unwrap();
    }
    store.append(Timestamp::ZERO, b"dev.1.1", b"", b"").unwrap();
    let from = store.state().last_seq - gap;
    let steps = steps_of(|| assert!(store.next(from, &Filter::any(["dev.>"])).unwrap().is_some()));
    assert!(
        steps < 4 * gap,
        "{steps} steps for a gap of {gap} with 5000 subjects around it"
    );
}

#[test]
fn the_last_of_each_subject_costs_what_there_is_of_subjects() {
    let store = store(400);
    for (filter, subjects) in [
        (Filter::any(["dev.7.*"]), DEVICES),
        (Filter::any(["dev.*.7"]), 400),
        (Filter::any(["dev.7.7"]), 1),
    ] {
        let mut count = 0;
        let steps = steps_of(|| store.for_each_subject(&filter, &mut |_, _| count += 1));
        assert_eq!(count, subjects);
        assert!(
            steps <= 4 * subjects + 4,
            "{filter:?}: {steps} steps for {subjects} subjects"
        );
    }
}

#[test]
fn counting_what_is_to_come_costs_what_matches_or_less_than_half_the_stream() {
    let store = store(400);
    let middle = store.state().last_seq / 2;
    let total = store.state().messages;
    for (filter, expected, steps_max) in [
        (Filter::any(["dev.7.7"]), ROUNDS / 2, 20),
        (Filter::any(["dev.7.*"]), ROUNDS / 2 * DEVICES, 20 * DEVICES),
        (Filter::all(), total / 2 + 1, 0),
        (Filter::any(["dev.>"]), total / 2 + 1, total),
    ] {
        let mut count = 0;
        let steps = steps_of(|| count = store.count_from(middle, &filter, false));
        assert_eq!(count, expected, "{filter:?}");
        assert!(steps <= steps_max, "{filter:?}: {steps} steps");
    }
}
