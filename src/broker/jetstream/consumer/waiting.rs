//! Pull requests that wait for messages.

use std::collections::VecDeque;
use std::time::Duration;

use crate::util::time::Timestamp;

/// What a request says about its priority group (ADR-42).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Priority {
    pub(super) group: String,
    pub(super) min_pending: i64,
    pub(super) min_ack_pending: i64,
    pub(super) id: String,
    /// 0 comes first, 9 last.
    pub(super) level: i64,
}

/// A pull request that was taken in.
#[derive(Debug, Clone)]
pub(super) struct Request {
    /// The inbox.
    pub(super) reply: Box<[u8]>,
    /// Messages still wanted. A client may ask for none or fewer; it gets one then.
    pub(super) wanted: i64,
    /// Messages it has got.
    pub(super) delivered: u64,
    /// Bytes still wanted; 0 for no limit.
    pub(super) bytes: i64,
    pub(super) no_wait: bool,
    pub(super) expires: Option<Timestamp>,
    pub(super) heartbeat: Option<Heartbeat>,
    pub(super) priority: Option<Box<Priority>>,
}

/// A request's own signs of life.
#[derive(Debug, Clone, Copy)]
pub(super) struct Heartbeat {
    pub(super) every: Duration,
    pub(super) next: Timestamp,
}

impl Request {
    fn level(&self) -> i64 {
        self.priority.as_ref().map_or(i64::MAX, |p| p.level)
    }

    pub(super) fn expired(&self, now: Timestamp) -> bool {
        self.expires.is_some_and(|e| e <= now)
    }

    fn deadline(&self) -> Option<Timestamp> {
        let heartbeat = self.heartbeat.map(|h| h.next);
        [self.expires, heartbeat].into_iter().flatten().min()
    }
}

/// The requests in the order in which they are served. Never more than `max`.
#[derive(Debug)]
pub(super) struct Waiting {
    requests: VecDeque<Request>,
    max: usize,
    /// A lower bound of all deadlines: removing a request does not look for a new one.
    deadline: Option<Timestamp>,
    no_wait: usize,
}

impl Waiting {
    pub(super) fn new(max: usize) -> Waiting {
        Waiting {
            requests: VecDeque::new(),
            max,
            deadline: None,
            no_wait: 0,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.requests.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.requests.is_empty()
    }

    pub(super) fn is_full(&self) -> bool {
        self.requests.len() >= self.max
    }

    /// Is there one that ends as soon as there is nothing to deliver?
    pub(super) fn has_no_wait(&self) -> bool {
        self.no_wait > 0
    }

    /// When some request expires or wants a heartbeat; perhaps too early, never too late.
    pub(super) fn deadline(&self) -> Option<Timestamp> {
        self.deadline
    }

    pub(super) fn front(&self) -> Option<&Request> {
        self.requests.front()
    }

    pub(super) fn front_mut(&mut self) -> Option<&mut Request> {
        self.requests.front_mut()
    }

    /// Adds at the end; false when it is full.
    pub(super) fn push(&mut self, request: Request) -> bool {
        let at = self.requests.len();
        self.insert(at, request)
    }

    /// Adds behind those of the same or a lower priority number; false when it is full.
    pub(super) fn push_by_level(&mut self, request: Request) -> bool {
        let at = self.place(&request);
        self.insert(at, request)
    }

    fn place(&self, request: &Request) -> usize {
        self.requests.partition_point(|r| r.level() <= request.level())
    }

    fn insert(&mut self, at: usize, request: Request) -> bool {
        if self.is_full() {
            return false;
        }
        self.deadline = [self.deadline, request.deadline()].into_iter().flatten().min();
        self.no_wait += usize::from(request.no_wait);
        self.requests.insert(at, request);
        true
    }

    /// Takes out the one in front.
    pub(super) fn pop(&mut self) -> Option<Request> {
        let request = self.requests.pop_front()?;
        self.no_wait -= usize::from(request.no_wait);
        Some(request)
    }

    /// Sends the one in front to the end.
    pub(super) fn cycle(&mut self) {
        if self.requests.len() > 1 {
            self.requests.rotate_left(1);
        }
    }

    /// The one in front got a message: it goes behind the others, or behind those of its priority.
    /// When it has all it wanted, it leaves and is given back.
    pub(super) fn served(&mut self, now: Timestamp, by_level: bool) -> Option<Request> {
        let only = self.requests.len() == 1;
        let request = self.requests.front_mut()?;
        request.delivered += 1;
        request.wanted -= 1;
        if request.wanted <= 0 {
            return self.pop();
        }
        if let Some(heartbeat) = &mut request.heartbeat {
            heartbeat.next = now + heartbeat.every;
        }
        if !only && by_level {
            let request = self.requests.pop_front()?;
            let at = self.place(&request);
            self.requests.insert(at, request);
        } else {
            self.cycle();
        }
        None
    }

    /// Goes through all requests, keeps those for which `keep` says so, and looks up the deadline anew.
    pub(super) fn retain(&mut self, mut keep: impl FnMut(&mut Request) -> bool) {
        self.requests.retain_mut(|request| keep(request));
        self.deadline = self.requests.iter().filter_map(Request::deadline).min();
        self.no_wait = self.requests.iter().filter(|r| r.no_wait).count();
    }

    /// Ends all requests.
    pub(super) fn drain(&mut self) -> impl Iterator<Item = Request> {
        (self.no_wait, self.deadline) = (0, None);
        self.requests.drain(..)
    }
}
