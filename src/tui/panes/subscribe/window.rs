//! What the subscriptions received: exact counters, and a bounded window of the newest messages.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::client::filter;
use crate::client::intake::Received;
use crate::client::record::Record;
use crate::proto::subject;
use crate::tui::panes::internal::is_internal;
use crate::tui::panes::task::Rate;
use crate::util::ring::Ring;
use crate::util::time::Timestamp;

/// The most messages kept to look at.
pub const MESSAGES_MAX: usize = 10_000;
/// The most bytes of them. A view that is held while new messages come may keep as many again.
pub const BYTES_MAX: usize = 32 * 1024 * 1024;
/// The most patterns at a time.
pub const PATTERNS_MAX: usize = 16;
/// Requests that are remembered until their answers come.
const ASKED_MAX: usize = 10_000;
/// Where clients expect answers.
const INBOX_PREFIX: &str = "_INBOX.";
/// What an entry weighs besides its texts, in bytes.
const ENTRY_OVERHEAD_BYTES: usize = 160;

/// A message that was received.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The pattern it came through.
    pub pattern: u64,
    /// When it was received.
    pub at: Timestamp,
    /// Where it was published.
    pub subject: Box<str>,
    /// Where an answer is expected.
    pub reply: Option<Box<str>>,
    /// Its headers by name.
    pub headers: Vec<(String, String)>,
    /// Its payload.
    pub payload: Box<[u8]>,
    /// The request it answers, where that was seen.
    pub answers: Option<Answered>,
}

/// The request that a message answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// Where it was asked.
    pub subject: Box<str>,
    /// From the request to this answer, as both came in here.
    pub latency: Duration,
}

impl Entry {
    /// Copies a message out of the client's read buffer, which a kept slice would hold in memory whole.
    pub fn new(pattern: u64, at: Timestamp, message: &Received<'_>) -> Entry {
        Entry {
            pattern,
            at,
            subject: (&*message.subject).into(),
            reply: message.reply.as_deref().map(Into::into),
            headers: message.header_pairs(),
            payload: message.payload.into(),
            answers: None,
        }
    }

    /// What a filter looks at.
    pub fn to_filter(&self) -> filter::Message<'_> {
        filter::Message {
            subject: &self.subject,
            reply: self.reply.as_deref(),
            headers: &self.headers,
            payload: &self.payload,
        }
    }

    /// As it is kept in a file.
    pub fn record(&self) -> Record {
        Record::new(
            self.at,
            &self.subject,
            self.reply.as_deref(),
            &self.headers,
            &self.payload,
        )
    }

    /// What it weighs in the window, in bytes.
    fn weight(&self) -> usize {
        let headers: usize = self.headers.iter().map(|(k, v)| k.len() + v.len() + 48).sum();
        let reply = self.reply.as_ref().map_or(0, |r| r.len());
        ENTRY_OVERHEAD_BYTES + self.subject.len() + reply + headers + self.payload.len()
    }
}

/// What one read of a subscription gave, prepared without holding the window.
#[derive(Debug, Default)]
pub struct Batch {
    pattern: u64,
    messages: u64,
    bytes: u64,
    hidden: u64,
    /// Whether what comes to an inbox is shown only when it answers a request that was seen.
    hides_inboxes: bool,
    entries: Vec<Entry>,
}

impl Batch {
    /// Counts all messages, and copies the newest that the window has room for. With a `filter`, the
    /// pattern they came through, internal ones are counted as hidden, except answers to what is shown.
    pub fn new(pattern: u64, at: Timestamp, messages: &[Received<'_>], filter: Option<&str>) -> Batch {
        let internal =
            |m: &&Received<'_>| filter.is_some_and(|f| is_internal(f, &m.subject, m.reply.as_deref()));
        let may_answer = |m: &&Received<'_>| m.subject.starts_with(INBOX_PREFIX) && m.reply.is_none();
        let hidden = |m: &&Received<'_>| internal(m) && !may_answer(m);
        let mut batch = Batch {
            pattern,
            messages: messages.len() as u64,
            bytes: messages.iter().map(|m| m.payload.len() as u64).sum(),
            hidden: messages.iter().filter(hidden).count() as u64,
            hides_inboxes: filter.is_some_and(|f| !f.starts_with(INBOX_PREFIX)),
            entries: Vec::with_capacity(messages.len().min(MESSAGES_MAX)),
        };
        let newest = messages.iter().rev().filter(|m| !hidden(m)).take(MESSAGES_MAX);
        batch.entries.extend(newest.map(|m| Entry::new(pattern, at, m)));
        batch.entries.reverse();
        if batch.hides_inboxes {
            // Those that were not copied because newer ones fill the window are as hidden as the others.
            let kept = batch
                .entries
                .iter()
                .filter(|e| e.subject.starts_with(INBOX_PREFIX))
                .count();
            let all = messages.iter().filter(|m| may_answer(m)).count();
            batch.hidden += (all - kept) as u64;
        }
        batch
    }
}

/// What is left out of the view, because a pattern says so.
#[derive(Debug, Default)]
pub struct LeftOut {
    by_pattern: HashMap<u64, u64>,
    bytes: u64,
}

/// The messages that no pattern leaves out, and what is said of the others.
pub fn sift<'m>(messages: &[Received<'m>], ignored: &[(u64, String)]) -> (Vec<Received<'m>>, LeftOut) {
    let mut left_out = LeftOut::default();
    let mut kept = Vec::with_capacity(messages.len());
    for message in messages {
        let fits =
            |(_, pattern): &&(u64, String)| subject::matches(pattern.as_bytes(), message.subject.as_bytes());
        match ignored.iter().find(fits) {
            Some((id, _)) => {
                *left_out.by_pattern.entry(*id).or_default() += 1;
                left_out.bytes += message.payload.len() as u64;
            }
            None => kept.push(message.clone()),
        }
    }
    (kept, left_out)
}

/// Requests whose answers may still come.
#[derive(Debug, Default)]
struct Asked {
    by_inbox: HashMap<Box<str>, (Timestamp, Box<str>)>,
    oldest: VecDeque<Box<str>>,
}

impl Asked {
    /// Notes a request, and finds the one that an answer belongs to.
    fn pair(&mut self, entry: &Entry) -> Option<Answered> {
        let answered = self.by_inbox.get(&entry.subject).map(|(at, subject)| Answered {
            subject: subject.clone(),
            latency: entry.at.since(*at),
        });
        // A reply subject that asks for an ack is no inbox that somebody waits on.
        if let Some(reply) = entry.reply.as_ref().filter(|reply| !reply.starts_with("$JS.")) {
            if self.oldest.len() >= ASKED_MAX
                && let Some(inbox) = self.oldest.pop_front()
            {
                self.by_inbox.remove(&inbox);
            }
            let known = self
                .by_inbox
                .insert(reply.clone(), (entry.at, entry.subject.clone()));
            if known.is_none() {
                self.oldest.push_back(reply.clone());
            }
        }
        answered
    }
}

/// How a subscription stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It receives.
    Active,
    /// It was refused; why.
    Refused(String),
    /// The connection ended for good.
    Ended,
}

/// One pattern and what came through it.
#[derive(Debug)]
pub struct Pattern {
    /// Tells it apart from a later one with the same text.
    pub id: u64,
    /// The pattern.
    pub subject: String,
    /// The queue group, if it joined one.
    pub queue: Option<String>,
    /// Messages received.
    pub messages: u64,
    /// How it stands.
    pub standing: Standing,
    /// What comes through it is counted, but not in view.
    pub is_muted: bool,
    /// Nothing is subscribed to: what fits is left out of the view, through whichever pattern it comes.
    pub ignores: bool,
}

/// Everything that the pane's subscriptions received.
#[derive(Debug)]
pub struct Window {
    /// The patterns, in the order in which they were added.
    pub patterns: Vec<Pattern>,
    /// Messages received on all patterns, removed ones included.
    pub messages: u64,
    /// Bytes of their payloads.
    pub bytes: u64,
    /// Messages that were counted, but are not shown because their subject is internal.
    pub hidden: u64,
    /// Whether internal subjects are shown.
    pub show_internal: bool,
    ring: Ring<Arc<Entry>>,
    /// Requests whose answers may still come, by their inbox.
    asked: Asked,
    /// Messages that were due in view, but left it within the batch they came in.
    skipped: u64,
    rate: Rate,
    next_id: u64,
}

impl Default for Window {
    fn default() -> Self {
        Window {
            patterns: Vec::new(),
            messages: 0,
            bytes: 0,
            hidden: 0,
            show_internal: false,
            ring: Ring::new(MESSAGES_MAX, BYTES_MAX),
            asked: Asked::default(),
            skipped: 0,
            rate: Rate::default(),
            next_id: 0,
        }
    }
}

impl Window {
    /// Adds a pattern. None when there are [`PATTERNS_MAX`] already.
    pub fn add(&mut self, subject: &str, queue: Option<&str>) -> Option<u64> {
        if self.patterns.len() >= PATTERNS_MAX {
            return None;
        }
        self.next_id += 1;
        self.patterns.push(Pattern {
            id: self.next_id,
            subject: subject.to_owned(),
            queue: queue.map(str::to_owned),
            messages: 0,
            standing: Standing::Active,
            is_muted: false,
            ignores: false,
        });
        Some(self.next_id)
    }

    /// Leaves out of the view what fits this pattern. False when there are [`PATTERNS_MAX`] already.
    pub fn ignore(&mut self, subject: &str) -> bool {
        let added = self.add(subject, None).is_some();
        if let Some(pattern) = self.patterns.last_mut().filter(|_| added) {
            pattern.ignores = true;
        }
        added
    }

    /// The patterns that are left out, with their numbers.
    pub fn ignored(&self) -> Vec<(u64, String)> {
        let ignored = self.patterns.iter().filter(|pattern| pattern.ignores);
        ignored
            .map(|pattern| (pattern.id, pattern.subject.clone()))
            .collect()
    }

    /// Counts what was left out of what came through a pattern.
    pub fn take_ignored(&mut self, pattern: u64, left_out: &LeftOut) {
        let messages: u64 = left_out.by_pattern.values().sum();
        self.messages += messages;
        self.bytes += left_out.bytes;
        for own in &mut self.patterns {
            own.messages += match own.id == pattern {
                true => messages,
                false => left_out.by_pattern.get(&own.id).copied().unwrap_or(0),
            };
        }
    }

    /// Removes a pattern; what came through it stays in view.
    pub fn remove(&mut self, id: u64) {
        self.patterns.retain(|p| p.id != id);
    }

    /// Takes what came and comes through a pattern out of view, or back.
    pub fn toggle(&mut self, id: u64) {
        if let Some(pattern) = self.patterns.iter_mut().find(|p| p.id == id) {
            pattern.is_muted = !pattern.is_muted;
        }
    }

    /// The place of a pattern, which is also its colour.
    pub fn place(&self, id: u64) -> Option<usize> {
        self.patterns.iter().position(|p| p.id == id)
    }

    /// Says how a subscription stands.
    pub fn set_standing(&mut self, id: u64, standing: Standing) {
        if let Some(pattern) = self.patterns.iter_mut().find(|p| p.id == id) {
            pattern.standing = standing;
        }
    }

    /// The pattern with this id while internal messages are kept out of its view.
    pub fn filter(&self, id: u64) -> Option<String> {
        let pattern = self.patterns.iter().find(|p| p.id == id && !self.show_internal);
        pattern.map(|p| p.subject.clone())
    }

    /// Takes a batch. Every message is counted, also those that came after their pattern was removed.
    pub fn take(&mut self, batch: Batch) {
        self.messages += batch.messages;
        self.bytes += batch.bytes;
        self.hidden += batch.hidden;
        self.skipped += batch.messages - batch.hidden - batch.entries.len() as u64;
        if let Some(pattern) = self.patterns.iter_mut().find(|p| p.id == batch.pattern) {
            pattern.messages += batch.messages;
        }
        for mut entry in batch.entries {
            entry.answers = self.asked.pair(&entry);
            if batch.hides_inboxes && entry.answers.is_none() && entry.subject.starts_with(INBOX_PREFIX) {
                self.hidden += 1;
                continue;
            }
            let weight = entry.weight();
            self.ring.push(Arc::new(entry), weight);
        }
    }

    /// The window, oldest first.
    pub fn entries(&self) -> impl DoubleEndedIterator<Item = &Arc<Entry>> + ExactSizeIterator {
        self.ring.iter()
    }

    /// The window without what came through muted patterns, oldest first.
    pub fn heard(&self) -> impl DoubleEndedIterator<Item = &Arc<Entry>> {
        let is_muted = |id: u64| self.patterns.iter().any(|p| p.is_muted && p.id == id);
        self.ring.iter().filter(move |entry| !is_muted(entry.pattern))
    }

    /// How many messages ever came into view.
    pub fn shown(&self) -> u64 {
        self.ring.pushed() + self.skipped
    }

    /// Empties the view and sets the counters to zero.
    pub fn clear(&mut self) {
        self.ring.clear();
        (self.messages, self.bytes, self.hidden) = (0, 0, 0);
        self.rate = Rate::default();
        for pattern in &mut self.patterns {
            pattern.messages = 0;
        }
    }

    /// Samples the rate. True when it changed.
    pub fn sample(&mut self, now: Instant) -> bool {
        self.rate.sample(now, self.messages)
    }

    /// Messages a second.
    pub fn per_second(&self) -> u64 {
        self.rate.per_second()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message<'a>(subject: &'a str, payload: &'a [u8]) -> Received<'a> {
        Received::new(subject, None, payload)
    }

    fn take(window: &mut Window, id: u64, messages: &[Received<'_>]) {
        let filter = window.filter(id);
        window.take(Batch::new(id, Timestamp::ZERO, messages, filter.as_deref()));
    }

    #[test]
    fn a_flood_is_counted_whole_and_kept_in_part() {
        let mut window = Window::default();
        let id = window.add(">", None).unwrap();
        let mut messages = vec![message("a", b"1234"); 25_000];
        messages[24_999] = message("last", b"");
        for _ in 0..2 {
            take(&mut window, id, &messages);
        }
        assert_eq!((window.messages, window.bytes), (50_000, 2 * 4 * 24_999));
        assert_eq!((window.shown(), window.entries().len()), (50_000, MESSAGES_MAX));
        assert_eq!(window.patterns[0].messages, 50_000);
        assert_eq!(&*window.entries().next_back().unwrap().subject, "last");
    }

    #[test]
    fn internal_subjects_are_hidden_unless_asked_for() {
        let mut window = Window::default();
        let all = window.add(">", None).unwrap();
        let sys = window.add("$SYS.>", None).unwrap();
        let internal = ["_INBOX.a", "$JS.API.INFO", "$SYS.x", "$KV.b.k"].map(|s| message(s, b""));
        take(&mut window, all, &internal);
        assert_eq!((window.hidden, window.shown()), (3, 1));
        take(&mut window, sys, &[message("$SYS.x", b"")]);
        assert_eq!((window.messages, window.hidden), (5, 3));
        window.show_internal = true;
        take(&mut window, all, &[message("_INBOX.a", b"")]);
        assert_eq!((window.hidden, window.shown()), (3, 3));
    }

    #[test]
    fn an_answer_finds_its_request_and_comes_out_of_hiding() {
        let mut window = Window::default();
        let all = window.add(">", None).unwrap();
        let request = Received::new("hjelp.fyr", Some("_INBOX.1.a"), b"?");
        let at = |millis: i64| Timestamp::from_nanos(millis * 1_000_000);
        window.take(Batch::new(all, at(10), &[request], window.filter(all).as_deref()));
        let answers = [message("_INBOX.1.a", b"ja"), message("_INBOX.2.b", b"fremmed")];
        window.take(Batch::new(all, at(14), &answers, window.filter(all).as_deref()));
        assert_eq!((window.messages, window.hidden, window.shown()), (3, 1, 2));
        let answer = window.entries().next_back().unwrap().answers.clone().unwrap();
        assert_eq!(
            (&*answer.subject, answer.latency),
            ("hjelp.fyr", Duration::from_millis(4))
        );
    }

    #[test]
    fn what_is_ignored_is_counted_and_kept_out_of_view() {
        let mut window = Window::default();
        let id = window.add(">", None).unwrap();
        assert!(window.ignore("støy.>"));
        let messages = ["støy.a", "viktig", "støy.b"].map(|subject| message(subject, b"12"));
        let (kept, left_out) = sift(&messages, &window.ignored());
        window.take_ignored(id, &left_out);
        take(&mut window, id, &kept);
        assert_eq!((window.messages, window.bytes, window.shown()), (3, 6, 1));
        let counts: Vec<u64> = window.patterns.iter().map(|pattern| pattern.messages).collect();
        assert_eq!(counts, [3, 2]);
    }

    #[test]
    fn late_messages_of_a_removed_pattern_are_counted() {
        let mut window = Window::default();
        let id = window.add("a", None).unwrap();
        window.remove(id);
        take(&mut window, id, &[message("a", b"")]);
        assert_eq!(window.messages, 1);
        for n in 0..PATTERNS_MAX {
            assert!(window.add(&n.to_string(), None).is_some());
        }
        assert_eq!(window.add("one.more", None), None);
    }
}
