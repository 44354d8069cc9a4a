//! Where answers go: the `_R_.…` subjects that stand for a requester in another account.
//!
//! An answer is expected until it has come, until the requester no longer listens, or until the export's
//! threshold has passed ([`super::sweep`]).

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use tokio::sync::Notify;

use super::latency::Tracked;
use super::next_binding;
use super::service::Service;
use crate::broker::net::account::Account;
use crate::broker::net::subscription::Endpoint;
use crate::broker::subjects::{SubjectHash, Visit};
use crate::proto::subject;
use crate::util::time::Timestamp;

/// Answers that one account may be expected to give at a time. With one more, the oldest is given up: its
/// requester runs into its time-out.
const ANSWERS_MAX: usize = 256 * 1024;

/// What all reply subjects begin with.
pub const PREFIX: &[u8] = b"_R_.";

/// The answers of one account.
#[derive(Debug, Default)]
pub struct Answers {
    /// What its reply subjects begin with; made, and bound in its tree, with the first request.
    prefix: OnceLock<Box<[u8]>>,
    expected: Mutex<Table>,
    /// The replies that clients of this account wait on, and where the answers are expected.
    awaited: Mutex<HashMap<Box<[u8]>, Vec<Awaited>, SubjectHash>>,
    /// How many those are: mostly none, and then nothing has to be looked up.
    awaited_count: AtomicUsize,
}

#[derive(Debug, Default)]
struct Table {
    by_subject: HashMap<Arc<[u8]>, Answer, SubjectHash>,
    /// In the order they were asked for, those that are gone included.
    order: VecDeque<Arc<[u8]>>,
    asked: u64,
}

/// One request whose answer is on its way.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The account that asked.
    pub to: Arc<Account>,
    /// The subject that it wants the answer on.
    pub reply: Arc<[u8]>,
    /// What was asked.
    pub export: Arc<Service>,
    /// Until when it is expected.
    pub deadline: Timestamp,
    /// The importer lets the exporter know who asks.
    pub share: bool,
    /// It is to be told how long it took.
    pub tracked: Option<Arc<Tracked>>,
}

/// An answer under its subject.
type Entry = (Arc<[u8]>, Answer);

#[derive(Debug)]
struct Awaited {
    exporter: Arc<Account>,
    subject: Arc<[u8]>,
}

/// An answer that will not come any more.
#[derive(Debug)]
pub struct Lost {
    /// The account that was to give it.
    pub exporter: Arc<Account>,
    /// The subject it was expected on.
    pub subject: Arc<[u8]>,
    /// The request.
    pub answer: Answer,
}

/// Tells the sweeper when the first answer will be overdue.
#[derive(Debug)]
pub struct Alarm {
    armed: AtomicI64,
    earlier: Notify,
}

impl Default for Alarm {
    fn default() -> Alarm {
        Alarm {
            armed: AtomicI64::new(i64::MAX),
            earlier: Notify::new(),
        }
    }
}

impl Alarm {
    fn set(&self, deadline: Timestamp) {
        if deadline.nanos() < self.armed.fetch_min(deadline.nanos(), Ordering::Relaxed) {
            self.earlier.notify_one();
        }
    }

    /// Begins to wait: what is set from now on counts.
    pub fn rearm(&self, deadline: Option<Timestamp>) {
        let nanos = deadline.map_or(i64::MAX, Timestamp::nanos);
        self.armed.store(nanos, Ordering::Relaxed);
    }

    /// Waits until an earlier deadline is set.
    pub async fn earlier(&self) {
        self.earlier.notified().await;
    }
}

impl Account {
    /// Expects an answer in this account, and says on which subject.
    pub(super) fn expect(self: &Arc<Account>, answer: Answer) -> Arc<[u8]> {
        let answers = &self.exchange.answers;
        let prefix = answers.prefix.get_or_init(|| {
            let prefix = [PREFIX, &letters(SubjectHash::of(nuid::next().as_bytes())), b"."].concat();
            let pattern = [&prefix[..], b">"].concat();
            // It is a valid pattern.
            let _ = self
                .subjects
                .insert(&pattern, None, next_binding(), Endpoint::Answers);
            prefix.into()
        });
        let (to, reply) = (answer.to.clone(), answer.reply.clone());
        let (export, deadline) = (answer.export.clone(), answer.deadline);
        let (subject, given_up) = answers.table().insert(prefix, answer);
        // Not before it can be found: who is woken too early looks, sees nothing, and waits for ever.
        export.alarm.set(deadline);
        to.exchange.answers.wait_for(
            &reply,
            Awaited {
                exporter: self.clone(),
                subject: subject.clone(),
            },
        );
        if let Some((subject, answer)) = given_up {
            answer.to.exchange.answers.wait_no_more(&answer.reply, &subject);
        }
        subject
    }

    /// The request that a message to this subject answers.
    pub(super) fn expected(&self, subject: &[u8]) -> Option<Answer> {
        self.exchange.answers.table().by_subject.get(subject).cloned()
    }

    /// No more answers are expected on this subject.
    pub(super) fn expect_no_more(&self, subject: &[u8]) -> Option<Answer> {
        let (_, answer) = self.exchange.answers.table().by_subject.remove_entry(subject)?;
        answer.to.exchange.answers.wait_no_more(&answer.reply, subject);
        Some(answer)
    }

    /// The next of several answers is expected from now on.
    pub(super) fn expect_next(&self, subject: &[u8], now: Timestamp) {
        if let Some(answer) = self.exchange.answers.table().by_subject.get_mut(subject) {
            answer.deadline = now + answer.export.options.threshold;
        }
    }

    /// Takes out the answers that are overdue. With them comes when the next one will be.
    pub(super) fn overdue(self: &Arc<Account>, now: Timestamp) -> (Vec<Lost>, Option<Timestamp>) {
        let table = self.exchange.answers.table();
        let late = |(_, answer): &(&Arc<[u8]>, &Answer)| answer.deadline <= now;
        let late: Vec<_> = table
            .by_subject
            .iter()
            .filter(late)
            .map(|(s, _)| s.clone())
            .collect();
        let next = table
            .by_subject
            .values()
            .map(|answer| answer.deadline)
            .filter(|deadline| *deadline > now)
            .min();
        drop(table);
        let lost = late.into_iter().filter_map(|subject| {
            let answer = self.expect_no_more(&subject)?;
            Some(Lost {
                exporter: self.clone(),
                subject,
                answer,
            })
        });
        (lost.collect(), next)
    }

    /// A subscription of this account has ended: takes out the answers that nobody listens for any more.
    pub(super) fn unheard(&self, pattern: &[u8]) -> Vec<Lost> {
        let answers = &self.exchange.answers;
        if answers.awaited_count.load(Ordering::Relaxed) == 0 {
            return Vec::new();
        }
        let candidates: Vec<Box<[u8]>> = if subject::is_literal(pattern) {
            vec![pattern.into()]
        } else {
            let awaited = answers.awaited();
            let matching = awaited.keys().filter(|reply| subject::matches(pattern, reply));
            matching.cloned().collect()
        };
        let mut lost = Vec::new();
        for reply in candidates {
            if self.is_heard(&reply) {
                continue;
            }
            let awaited = answers.awaited().remove(&reply).unwrap_or_default();
            answers.awaited_count.fetch_sub(awaited.len(), Ordering::Relaxed);
            for Awaited { exporter, subject } in awaited {
                let gone = exporter.exchange.answers.table().by_subject.remove(&subject);
                if let Some(answer) = gone {
                    lost.push(Lost {
                        exporter,
                        subject,
                        answer,
                    });
                }
            }
        }
        lost
    }

    fn is_heard(&self, subject: &[u8]) -> bool {
        let mut anybody = Anybody(false);
        self.subjects.visit(subject, &mut anybody);
        anybody.0
    }

    /// Who hears a message to `subject` in the end: itself, unless it leads back to who asked.
    pub fn trace_back(self: &Arc<Account>, subject: &[u8]) -> Option<(Arc<Account>, Arc<[u8]>)> {
        /// Accounts that a request passes at most.
        const BORDERS_MAX: usize = 64;
        let mut found: Option<(Arc<Account>, Arc<[u8]>)> = None;
        for _ in 0..BORDERS_MAX {
            let (account, subject) = match &found {
                Some((account, subject)) => (account, &**subject),
                None => (self, subject),
            };
            let next = subject
                .starts_with(PREFIX)
                .then(|| account.expected(subject))
                .flatten();
            match next {
                Some(answer) => found = Some((answer.to, answer.reply)),
                None => break,
            }
        }
        found
    }

    /// The answers that are expected in this account now, by their subjects.
    pub fn expected_answers(&self) -> Vec<Entry> {
        let table = self.exchange.answers.table();
        let all = table.by_subject.iter();
        all.map(|(subject, answer)| (subject.clone(), answer.clone()))
            .collect()
    }
}

impl Answers {
    fn table(&self) -> MutexGuard<'_, Table> {
        self.expected.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn awaited(&self) -> MutexGuard<'_, HashMap<Box<[u8]>, Vec<Awaited>, SubjectHash>> {
        self.awaited.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait_for(&self, reply: &[u8], awaited: Awaited) {
        self.awaited().entry(reply.into()).or_default().push(awaited);
        self.awaited_count.fetch_add(1, Ordering::Relaxed);
    }

    fn wait_no_more(&self, reply: &[u8], subject: &[u8]) {
        let mut all = self.awaited();
        let Some(awaited) = all.get_mut(reply) else { return };
        let before = awaited.len();
        awaited.retain(|awaited| *awaited.subject != *subject);
        let gone = before - awaited.len();
        if awaited.is_empty() {
            all.remove(reply);
        }
        self.awaited_count.fetch_sub(gone, Ordering::Relaxed);
    }
}

impl Table {
    /// Puts a request in under a new subject. With it comes the one that had to go for it.
    fn insert(&mut self, prefix: &[u8], answer: Answer) -> (Arc<[u8]>, Option<Entry>) {
        let given_up = self.make_room();
        let subject = loop {
            self.asked += 1;
            let hash = SubjectHash::of(&[prefix, &self.asked.to_le_bytes()].concat());
            let mut subject = [prefix, &letters(hash)].concat();
            if answer.tracked.is_some() {
                subject.extend_from_slice(b".");
                subject.extend_from_slice(&prefix[PREFIX.len()..]);
                // As with nats-server this says that somebody takes the time.
                subject.extend_from_slice(b"T");
            }
            subject.extend_from_slice(place_in_batch(&answer.reply));
            let subject: Arc<[u8]> = subject.into();
            if !self.by_subject.contains_key(&subject) {
                break subject;
            }
        };
        self.order.push_back(subject.clone());
        self.by_subject.insert(subject.clone(), answer);
        (subject, given_up)
    }

    fn make_room(&mut self) -> Option<Entry> {
        /// So many that are gone may stand in the order before it is tidied up.
        const SLACK: usize = 1024;
        if self.order.len() > 2 * self.by_subject.len() + SLACK {
            let by_subject = &self.by_subject;
            self.order.retain(|subject| by_subject.contains_key(subject));
        }
        if self.by_subject.len() < ANSWERS_MAX {
            return None;
        }
        while let Some(oldest) = self.order.pop_front() {
            if let Some(entry) = self.by_subject.remove_entry(&oldest) {
                return Some(entry);
            }
        }
        None
    }
}

/// What a reply says of its message's place in a fast batch, which a stream must be able to read.
fn place_in_batch(reply: &[u8]) -> &[u8] {
    /// Batch, flow, gap mode, sequence, operation, and the mark itself.
    const TOKENS: usize = 6;
    if !reply.ends_with(b".$FI") {
        return &[];
    }
    let dots = reply.iter().enumerate().rev().filter(|(_, byte)| **byte == b'.');
    dots.map(|(at, _)| &reply[at..])
        .nth(TOKENS - 1)
        .unwrap_or_default()
}

/// Six letters and digits that stand for a number.
fn letters(mut number: u64) -> [u8; 6] {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut letters = [0; 6];
    for letter in &mut letters {
        *letter = DIGITS[(number % 62) as usize];
        number /= 62;
    }
    letters
}

/// Looks whether anybody at all subscribes.
struct Anybody(bool);

impl Visit<Endpoint> for Anybody {
    fn plain(&mut self, _members: &[(u64, Endpoint)]) {
        self.0 = true;
    }

    fn group(&mut self, _name: &[u8], _members: &[(u64, Endpoint)]) {
        self.0 = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_in_a_batch_stays_readable() {
        assert_eq!(place_in_batch(b"_INBOX.x.b1.10.ok.3.1.$FI"), b".b1.10.ok.3.1.$FI");
        assert_eq!(place_in_batch(b"_INBOX.x.y"), b"");
        assert_eq!(place_in_batch(b"b1.10.ok.3.1.$FI"), b"");
    }

    /// An account that asks, one that answers, and what is asked.
    fn answer(to: &Arc<Account>, reply: &[u8]) -> Answer {
        let options = crate::broker::conf::ServiceExport {
            subject: "q".to_owned(),
            access: Default::default(),
            response: Default::default(),
            threshold: std::time::Duration::from_secs(1),
            latency: None,
            allow_trace: false,
        };
        Answer {
            to: to.clone(),
            reply: reply.into(),
            export: Arc::new(Service {
                account: 1,
                options,
                alarm: Arc::default(),
            }),
            deadline: Timestamp::from_nanos(1_000),
            share: false,
            tracked: None,
        }
    }

    #[test]
    fn so_many_are_awaited_and_no_more() {
        let (a, b) = (Arc::new(Account::new(1, "A")), Arc::new(Account::new(2, "B")));
        let first = a.expect(answer(&b, b"in.first"));
        for n in 1..ANSWERS_MAX {
            a.expect(answer(&b, format!("in.{n}").as_bytes()));
        }
        assert!(a.expected(&first).is_some());
        a.expect(answer(&b, b"in.last"));
        assert!(a.expected(&first).is_none());
        assert_eq!(a.expected_answers().len(), ANSWERS_MAX);
        assert!(
            b.unheard(b"in.first").is_empty(),
            "the oldest is not waited for any more"
        );
        let (overdue, next) = a.overdue(Timestamp::from_nanos(1_000));
        assert_eq!((overdue.len(), next), (ANSWERS_MAX, None));
        assert!(a.expected_answers().is_empty() && b.unheard(b">").is_empty());
    }

    #[test]
    fn what_was_answered_leaves_nothing_behind() {
        let (a, b) = (Arc::new(Account::new(1, "A")), Arc::new(Account::new(2, "B")));
        for n in 0..10_000 {
            let subject = a.expect(answer(&b, format!("in.{n}").as_bytes()));
            let known = a.expect_no_more(&subject).unwrap();
            assert_eq!(*known.reply, *format!("in.{n}").as_bytes());
        }
        assert!(a.exchange.answers.table().order.len() < 2_000);
        assert!(b.exchange.answers.awaited().is_empty());
        let twice = [a.expect(answer(&b, b"in.x")), a.expect(answer(&b, b"in.x"))];
        assert_ne!(twice[0], twice[1]);
        assert_eq!(b.unheard(b"in.*").len(), 2);
        assert!(a.expected(&twice[0]).is_none());
    }
}
