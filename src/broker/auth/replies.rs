//! The right to answer: reply subjects that a connection has received and may publish to for a while.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use crate::broker::conf::ResponsePermission;
use crate::util::time::Timestamp;

/// Reply subjects one connection may remember; the oldest go first. Only a user whose answers neither
/// end nor expire can get that far.
const REPLIES_MAX: usize = 65_536;

/// The reply subjects of one connection whose user has `allow_responses`.
#[derive(Debug)]
pub struct Replies {
    permission: ResponsePermission,
    open: HashMap<Arc<[u8]>, Reply>,
    /// In the order they were received; a subject received twice stands here twice.
    order: VecDeque<(Arc<[u8]>, Timestamp)>,
}

#[derive(Debug, Clone, Copy)]
struct Reply {
    received: Timestamp,
    answers: u32,
}

impl Replies {
    /// No reply received yet.
    pub fn new(permission: ResponsePermission) -> Replies {
        Replies {
            permission,
            open: HashMap::new(),
            order: VecDeque::new(),
        }
    }

    /// A message with this reply subject was delivered. To be called only when the user may not
    /// publish to it anyway; a subject that comes again starts anew.
    pub fn received(&mut self, reply: &[u8], now: Timestamp) {
        self.forget_expired(now);
        let reply: Arc<[u8]> = reply.into();
        let fresh = Reply {
            received: now,
            answers: 0,
        };
        self.open.insert(Arc::clone(&reply), fresh);
        self.order.push_back((reply, now));
        while self.order.len() > REPLIES_MAX {
            self.forget_oldest();
        }
    }

    /// Is this an answer that is still allowed? Counts it as given.
    pub fn answer(&mut self, subject: &[u8], now: Timestamp) -> bool {
        let Some(reply) = self.open.get_mut(subject) else {
            return false;
        };
        reply.answers = reply.answers.saturating_add(1);
        let in_number = self.permission.max.is_none_or(|max| reply.answers <= max);
        let in_time = self
            .permission
            .expires
            .is_none_or(|expires| now.since(reply.received) <= expires);
        if !in_number || !in_time {
            self.open.remove(subject);
        }
        in_number && in_time
    }

    /// Reply subjects remembered.
    pub fn len(&self) -> usize {
        self.open.len()
    }

    /// True when nothing may be answered.
    pub fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    fn forget_expired(&mut self, now: Timestamp) {
        while let Some((subject, received)) = self.order.front() {
            let used_up = self.open.get(subject).is_none_or(|reply| {
                self.permission.max.is_some_and(|max| reply.answers >= max) || reply.received != *received
            });
            let expired = self
                .permission
                .expires
                .is_some_and(|expires| now.since(*received) > expires);
            if !used_up && !expired {
                return;
            }
            self.forget_oldest();
        }
    }

    /// Takes out the oldest entry, and its subject unless that has been received again since.
    fn forget_oldest(&mut self) {
        let Some((subject, received)) = self.order.pop_front() else {
            return;
        };
        if self
            .open
            .get(&subject)
            .is_some_and(|reply| reply.received == received)
        {
            self.open.remove(&subject);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn replies(max: Option<u32>, expires: Option<u64>) -> Replies {
        let expires = expires.map(Duration::from_secs);
        Replies::new(ResponsePermission { max, expires })
    }

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_nanos(1) + Duration::from_secs(seconds)
    }

    #[test]
    fn answers_are_counted_and_expire() {
        let mut r = replies(Some(2), Some(10));
        assert!(!r.answer(b"a", at(0)));
        r.received(b"a", at(0));
        assert!(r.answer(b"a", at(1)) && r.answer(b"a", at(10)) && !r.answer(b"a", at(10)));
        r.received(b"b", at(20));
        assert!(!r.answer(b"b", at(31)) && !r.answer(b"b", at(20)));
        r.received(b"c", at(40));
        r.received(b"c", at(45));
        assert!(r.answer(b"c", at(55)));
        let mut r = replies(None, None);
        r.received(b"a", at(0));
        assert!((0..1000).all(|i| r.answer(b"a", at(i * 1000))));
    }

    #[test]
    fn memory_is_bounded() {
        let mut r = replies(Some(1), Some(10));
        for i in 0..1000u64 {
            r.received(format!("a.{i}").as_bytes(), at(i));
        }
        assert!(r.len() <= 11 && r.order.len() <= 11, "{}", r.len());
        let mut r = replies(Some(1), None);
        for i in 0..1000u64 {
            r.received(format!("a.{i}").as_bytes(), at(i));
            assert!(r.answer(format!("a.{i}").as_bytes(), at(i)));
        }
        assert!(r.order.len() <= 2, "{}", r.order.len());
        let mut r = replies(None, None);
        for i in 0..REPLIES_MAX as u64 + 5 {
            r.received(format!("a.{i}").as_bytes(), at(i));
        }
        assert_eq!((r.len(), r.order.len()), (REPLIES_MAX, REPLIES_MAX));
        assert!(!r.answer(b"a.4", at(0)) && r.answer(b"a.5", at(0)));
    }
}
