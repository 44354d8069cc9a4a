//! What a user may publish, subscribe to and receive.
//!
//! A `Permissions` never changes and has no cache of its own, so connections and threads share it. A
//! decision costs a hash and a few comparisons; whoever remembers a subject's route can remember the
//! answer with it. Source: `canSubscribeInternal`, `pubAllowedFullCheck`, `checkDenySub` of nats-server.

use super::subject_set::SubjectSet;
use crate::broker::conf;
use crate::proto::subject::{collide, is_literal, is_subset, matches};

/// The compiled permissions of a user.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Permissions {
    /// `None` allows everything.
    publish_allow: Option<SubjectSet>,
    publish_deny: Option<SubjectSet>,
    /// Empty allows everything: nats-server knows no empty list here.
    subscribe_allow: Vec<Entry>,
    subscribe_deny: Vec<Entry>,
    /// The entries of `subscribe_deny` that name no queue: what most deliveries are asked for.
    deny_always: SubjectSet,
    responses: Option<conf::ResponsePermission>,
}

/// What a subscription may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing: `Permissions Violation for Subscription to …`.
    Denied,
    /// Every message that matches.
    Allowed,
    /// The messages that [`Permissions::may_deliver`] lets through: a denied subject is narrower than
    /// the subscription.
    Filtered,
}

/// A subject, or a subject for a queue only. Both may have wildcards.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    subject: Box<[u8]>,
    queue: Option<Box<[u8]>>,
}

impl Entry {
    fn new(text: &str) -> Entry {
        let mut parts = text.split_whitespace().map(|part| part.as_bytes().into());
        Entry {
            subject: parts.next().unwrap_or_default(),
            queue: parts.next(),
        }
    }

    /// The name is taken literally, too: a queue may be called `v1.*`.
    fn is_for_queue(&self, queue: &[u8]) -> bool {
        self.queue
            .as_deref()
            .is_some_and(|own| own == queue || (!is_literal(own) && is_subset(queue, own)))
    }
}

impl Permissions {
    /// Compiles what the configuration says.
    pub fn new(permissions: &conf::Permissions) -> Permissions {
        let (publish, subscribe) = (permissions.publish.as_ref(), permissions.subscribe.as_ref());
        let set = |subjects: &[String]| SubjectSet::new(subjects.iter().map(String::as_bytes));
        let entries =
            |subjects: &[String]| -> Vec<Entry> { subjects.iter().map(|s| Entry::new(s)).collect() };
        let subscribe_deny = subscribe.map(|s| entries(&s.deny)).unwrap_or_default();
        let always = subscribe_deny.iter().filter(|entry| entry.queue.is_none());
        Permissions {
            publish_allow: publish.and_then(|p| p.allow.as_deref()).map(set),
            publish_deny: publish.filter(|p| !p.deny.is_empty()).map(|p| set(&p.deny)),
            subscribe_allow: subscribe
                .and_then(|s| s.allow.as_deref())
                .map(entries)
                .unwrap_or_default(),
            deny_always: SubjectSet::new(always.map(|entry| &*entry.subject)),
            subscribe_deny,
            responses: permissions.responses,
        }
    }

    /// May a message be published to this subject? A reply subject that was received may be answered
    /// all the same; ask [`Replies`](super::Replies) then.
    pub fn can_publish(&self, subject: &[u8]) -> bool {
        self.publish_allow
            .as_ref()
            .is_none_or(|allow| allow.matches(subject))
            && !self
                .publish_deny
                .as_ref()
                .is_some_and(|deny| deny.matches(subject))
    }

    /// May there be a subscription, with or without a queue?
    ///
    /// An entry for a queue overrides one without when it matches the subject. As in nats-server the
    /// wildcards of a subscription count as tokens like any other: `allow: a.*` lets `a.>` pass too, and
    /// `deny: a.*` refuses it.
    pub fn subscribe(&self, subject: &[u8], queue: Option<&[u8]>) -> Verdict {
        if !self.subscribe_allow.is_empty() {
            let covering = || {
                self.subscribe_allow
                    .iter()
                    .filter(|entry| matches(&entry.subject, subject))
            };
            if !decide(covering, queue) {
                return Verdict::Denied;
            }
        }
        if self.is_denied(subject, queue) {
            return Verdict::Denied;
        }
        let can_be_narrower = queue.is_some() || !is_literal(subject);
        if can_be_narrower
            && self
                .subscribe_deny
                .iter()
                .any(|entry| collide(&entry.subject, subject))
        {
            return Verdict::Filtered;
        }
        Verdict::Allowed
    }

    /// May a message to this subject go to a subscription whose verdict was [`Verdict::Filtered`]?
    pub fn may_deliver(&self, subject: &[u8], queue: Option<&[u8]>) -> bool {
        !self.is_denied(subject, queue)
    }

    fn is_denied(&self, subject: &[u8], queue: Option<&[u8]>) -> bool {
        let for_queue = |queue: &[u8]| {
            self.subscribe_deny
                .iter()
                .any(|entry| entry.is_for_queue(queue) && matches(&entry.subject, subject))
        };
        self.deny_always.matches(subject) || queue.is_some_and(for_queue)
    }

    /// The right to answer, when the user has it.
    pub fn responses(&self) -> Option<conf::ResponsePermission> {
        self.responses
    }
}

/// Do these entries allow it? With a queue, entries that name queues decide, if there are any.
fn decide<'e, I: Iterator<Item = &'e Entry>>(matching: impl Fn() -> I, queue: Option<&[u8]>) -> bool {
    if let Some(queue) = queue {
        let mut for_queues = matching().filter(|entry| entry.queue.is_some()).peekable();
        if for_queues.peek().is_some() {
            return for_queues.any(|entry| entry.is_for_queue(queue));
        }
    }
    matching().any(|entry| entry.queue.is_none())
}
