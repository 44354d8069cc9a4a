//! One test for every store: random operations, and after each the answers of a naive reference.

use super::{MemoryStore, State, Store, SubjectState};
use crate::proto::subject::Filter;
use crate::util::time::Timestamp;

/// Small numbers that look random and are the same in every run (splitmix64).
pub struct Dice(pub u64);

impl Dice {
    pub fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % n
    }
}

#[derive(Clone, PartialEq, Debug)]
struct Message {
    seq: u64,
    time: Timestamp,
    subject: Vec<u8>,
    headers: Vec<u8>,
    payload: Vec<u8>,
}

/// A list, searched from end to end for everything.
struct Reference {
    messages: Vec<Message>,
    last_seq: u64,
    last_time: Timestamp,
    overhead: fn(&[u8]) -> u64,
}

impl Reference {
    fn state(&self) -> State {
        let first_seq = self.messages.first().map_or(self.last_seq + 1, |m| m.seq);
        let messages = self.messages.len() as u64;
        let mut subjects: Vec<_> = self.messages.iter().map(|m| &m.subject).collect();
        subjects.sort();
        subjects.dedup();
        let size = |m: &Message| m.subject.len() + m.headers.len() + m.payload.len();
        State {
            messages,
            bytes: self
                .messages
                .iter()
                .map(|m| size(m) as u64 + (self.overhead)(&m.headers))
                .sum(),
            first_seq,
            first_time: self.messages.first().map_or(Timestamp::ZERO, |m| m.time),
            last_seq: self.last_seq,
            last_time: self.last_time,
            deleted: if messages == 0 {
                0
            } else {
                self.last_seq + 1 - first_seq - messages
            },
            subjects: subjects.len() as u64,
        }
    }

    fn matching(&self, filter: &Filter) -> impl DoubleEndedIterator<Item = &Message> {
        self.messages.iter().filter(|m| filter.matches(&m.subject))
    }

    fn subject(&self, subject: &[u8]) -> Option<SubjectState> {
        let all: Vec<u64> = self
            .messages
            .iter()
            .filter(|m| m.subject == subject)
            .map(|m| m.seq)
            .collect();
        let (first_seq, last_seq) = (*all.first()?, *all.last()?);
        Some(SubjectState {
            messages: all.len() as u64,
            first_seq,
            last_seq,
        })
    }

    fn is_newest(&self, message: &Message) -> bool {
        self.messages.iter().rfind(|m| m.subject == message.subject) == Some(message)
    }

    fn remove_where(&mut self, goes: impl Fn(&Message) -> bool) -> u64 {
        let before = self.messages.len();
        self.messages.retain(|m| !goes(m));
        (before - self.messages.len()) as u64
    }
}

fn random_filter(dice: &mut Dice) -> Filter {
    match dice.below(6) {
        0 => Filter::all(),
        1 => Filter::any(["a.*"]),
        2 => Filter::any(["*.1", "b.>"]),
        3 => Filter::any(["b.*", "b.2"]),
        _ => Filter::any([random_subject(dice)]),
    }
}

fn random_subject(dice: &mut Dice) -> Vec<u8> {
    let branch = ["a", "b", "c"][dice.below(3) as usize];
    format!("{branch}.{}", dice.below(9)).into_bytes()
}

fn owned(stored: Option<super::Stored<'_>>) -> Option<Message> {
    stored.map(|s| Message {
        seq: s.seq,
        time: s.time,
        subject: s.subject.to_vec(),
        headers: s.headers.to_vec(),
        payload: s.payload.to_vec(),
    })
}

/// Runs `steps` random operations on a fresh store. `overhead` is what it counts for a message beside
/// its parts, given the headers; `reopen` may close and open the store now and then.
pub fn check(
    mut store: Box<dyn Store>,
    overhead: fn(&[u8]) -> u64,
    seed: u64,
    steps: usize,
    reopen: &mut dyn FnMut(Box<dyn Store>) -> Box<dyn Store>,
) {
    let mut dice = Dice(seed);
    let mut naive = Reference {
        messages: Vec::new(),
        last_seq: 0,
        last_time: Timestamp::ZERO,
        overhead,
    };
    let mut now = Timestamp::from_nanos(1_000);
    for step in 0..steps {
        now = Timestamp::from_nanos(now.nanos() + 1 + dice.below(10) as i64);
        change(store.as_mut(), &mut naive, &mut dice, now);
        compare(store.as_mut(), &naive, &mut dice, step);
        if dice.below(500) == 0 {
            store.flush().unwrap();
            store = reopen(store);
        }
    }
}

fn change(store: &mut dyn Store, naive: &mut Reference, dice: &mut Dice, now: Timestamp) {
    let anywhere = naive.state().first_seq.saturating_sub(2)
        + dice.below(naive.last_seq + 4 - naive.state().first_seq.saturating_sub(2));
    match dice.below(100) {
        0 => {
            let seq = naive.last_seq + dice.below(5);
            store.skip_to(seq, now).unwrap();
            if seq > naive.last_seq {
                naive.last_seq = seq;
                naive.last_time = now;
            }
        }
        1 => {
            let cut = naive.state().first_seq + dice.below(100);
            let gone = naive.remove_where(|m| m.seq < cut);
            naive.last_seq = naive.last_seq.max(cut - 1);
            assert_eq!(store.compact(cut).unwrap(), gone, "compact {cut}");
        }
        2 if dice.below(20) == 0 => {
            let gone = naive.remove_where(|_| true);
            assert_eq!(store.compact(naive.last_seq + 1).unwrap(), gone);
        }
        3..=25 => {
            let was_there = naive.remove_where(|m| m.seq == anywhere) == 1;
            assert_eq!(store.remove(anywhere, dice.below(2) == 0).unwrap(), was_there);
        }
        26..=40 => {
            let first = naive.state().first_seq;
            naive.remove_where(|m| m.seq == first);
            store.remove(first, false).unwrap();
        }
        _ => append(store, naive, dice, now),
    }
}

fn append(store: &mut dyn Store, naive: &mut Reference, dice: &mut Dice, now: Timestamp) {
    let subject = random_subject(dice);
    let headers = if dice.below(3) == 0 {
        b"NATS/1.0\r\nA: b\r\n\r\n".to_vec()
    } else {
        Vec::new()
    };
    let longest = if dice.below(50) == 0 { 200_000 } else { 300 };
    let payload = vec![b'0' + dice.below(10) as u8; dice.below(longest) as usize];
    naive.last_seq += 1;
    naive.last_time = now;
    let seq = store.append(now, &subject, &headers, &payload).unwrap();
    assert_eq!(seq, naive.last_seq);
    let size = subject.len() + headers.len() + payload.len();
    let counted = store.size_of(&subject, &headers, &payload);
    assert_eq!(counted, size as u64 + (naive.overhead)(&headers));
    naive.messages.push(Message {
        seq,
        time: now,
        subject,
        headers,
        payload,
    });
}

fn compare(store: &mut dyn Store, naive: &Reference, dice: &mut Dice, step: usize) {
    let state = naive.state();
    assert_eq!(store.state(), state, "state after step {step}");
    let filter = random_filter(dice);
    let seq = state.first_seq.saturating_sub(2)
        + dice.below(state.last_seq + 4 - state.first_seq.saturating_sub(2));
    let what = format!("step {step}, seq {seq}, {filter:?}");
    let held = naive.messages.iter().find(|m| m.seq == seq).cloned();
    assert_eq!(owned(store.load(seq).unwrap()), held, "load: {what}");
    let next = naive.matching(&filter).find(|m| m.seq >= seq).cloned();
    assert_eq!(owned(store.next(seq, &filter).unwrap()), next, "next: {what}");
    let with_headers = naive
        .messages
        .iter()
        .find(|m| m.seq >= seq && !m.headers.is_empty());
    let found = owned(store.next_with_headers(seq).unwrap());
    assert_eq!(found.as_ref(), with_headers, "next with headers: {what}");
    let last = naive.matching(&filter).next_back().map(|m| m.seq);
    assert_eq!(store.last(&filter), last, "last: {what}");
    let count = naive.matching(&filter).filter(|m| m.seq >= seq).count() as u64;
    assert_eq!(store.count_from(seq, &filter, false), count, "count: {what}");
    let newest = naive
        .matching(&filter)
        .filter(|m| m.seq >= seq && naive.is_newest(m))
        .count() as u64;
    assert_eq!(
        store.count_from(seq, &filter, true),
        newest,
        "count of newest: {what}"
    );
    let subject = random_subject(dice);
    assert_eq!(
        store.subject_state(&subject),
        naive.subject(&subject),
        "subject: {what}"
    );
    if dice.below(20) == 0 {
        compare_lists(store, naive, &filter, dice);
    }
}

fn compare_lists(store: &mut dyn Store, naive: &Reference, filter: &Filter, dice: &mut Dice) {
    let state = naive.state();
    let mut subjects = Vec::new();
    store.for_each_subject(filter, &mut |name, state| subjects.push((name.to_vec(), state)));
    subjects.sort_by(|a, b| a.0.cmp(&b.0));
    let mut wanted: Vec<_> = naive
        .matching(filter)
        .filter(|m| naive.is_newest(m))
        .map(|m| (m.subject.clone(), naive.subject(&m.subject).unwrap()))
        .collect();
    wanted.sort_by(|a, b| a.0.cmp(&b.0));
    assert_eq!(subjects, wanted);

    let holes = (state.first_seq..=state.last_seq)
        .filter(|seq| naive.messages.binary_search_by_key(seq, |m| m.seq).is_err());
    assert_eq!(store.deleted(), holes.collect::<Vec<_>>());

    let time = Timestamp::from_nanos(dice.below(naive.last_time.nanos().max(1) as u64 + 10) as i64);
    let at = naive
        .messages
        .iter()
        .find(|m| m.time >= time)
        .map_or(state.last_seq + 1, |m| m.seq);
    assert_eq!(store.seq_at(time), at, "seq_at {time}");
}

#[test]
fn the_memory_store_agrees() {
    for seed in 0..2 {
        check(Box::new(MemoryStore::new()), |_| 16, seed, 10_000, &mut |store| {
            store
        });
    }
}
