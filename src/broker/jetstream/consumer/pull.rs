//! Pull consumers: who of the waiting gets the next message, and how requests end (ADR-13, ADR-42).

use std::time::Duration;

use super::End;
use super::advisory::{Event, Source};
use super::delivery::append_header;
use super::status;
use super::waiting::{Request, Waiting};
use crate::broker::jetstream::{Delivery, Outlet};
use crate::proto::api::consumer::{ConsumerConfig, PriorityPolicy};
use crate::util::time::Timestamp;

/// Header that tells a client its pin.
const PIN_HEADER: &str = "Nats-Pin-Id";

/// What a pull consumer knows of its clients.
#[derive(Debug)]
pub(super) struct Pull {
    pub(super) waiting: Waiting,
    pin: Option<Pin>,
    pub(super) last_sweep: Timestamp,
    scratch: Vec<u8>,
}

/// The client that gets everything.
#[derive(Debug, Clone)]
pub(super) struct Pin {
    pub(super) id: String,
    pub(super) group: String,
    pub(super) since: Timestamp,
    until: Timestamp,
}

/// What the choice among the waiting depends on.
pub(super) struct Need {
    pub(super) now: Timestamp,
    /// Bytes of the message as a client counts them.
    pub(super) size: i64,
    /// Messages to come, this one included.
    pub(super) pending: u64,
    pub(super) ack_pending: usize,
    pub(super) policy: PriorityPolicy,
    pub(super) pin_for: Duration,
}

/// What the request in front is told.
enum Verdict {
    /// It gets the message; true when it was pinned just now.
    Take(bool),
    /// Not now, but it may wait on.
    Wait,
    /// It is over.
    Over(u16, &'static str),
}

impl Pull {
    pub(super) fn new(config: &ConsumerConfig) -> Pull {
        Pull {
            waiting: Waiting::new(usize::try_from(config.max_waiting).unwrap_or(0)),
            pin: None,
            last_sweep: Timestamp::ZERO,
            scratch: Vec::new(),
        }
    }

    pub(super) fn is_idle(&self) -> bool {
        self.waiting.is_empty()
    }

    pub(super) fn deadline(&self) -> Option<Timestamp> {
        let pin = self.pin.as_ref().map(|p| p.until);
        [self.waiting.deadline(), pin].into_iter().flatten().min()
    }

    /// Gives a message to the first of the waiting that may have it and still listens.
    pub(super) fn deliver(
        &mut self,
        need: &Need,
        delivery: Delivery<'_>,
        source: &Source,
        outlet: &mut dyn Outlet,
    ) -> bool {
        while let Some(fresh_pin) = self.choose(need, source, outlet) {
            let Some(request) = self.waiting.front() else {
                return false;
            };
            let headers = match need.policy {
                PriorityPolicy::PinnedClient => {
                    // A request that names no group gets its message without being pinned.
                    let id = self.pin.as_ref().map_or("", |pin| pin.id.as_str());
                    append_header(&mut self.scratch, delivery.headers, PIN_HEADER, id.as_bytes())
                }
                _ => delivery.headers,
            };
            if outlet.deliver(Delivery {
                route: &request.reply,
                headers,
                ..delivery
            }) {
                self.served(need, outlet);
                return true;
            }
            self.waiting.pop();
            if fresh_pin {
                self.pin = None;
            }
        }
        false
    }

    /// Brings the request to the front that gets the next message. The answer says whether it was
    /// pinned just now.
    fn choose(&mut self, need: &Need, source: &Source, outlet: &mut dyn Outlet) -> Option<bool> {
        let mut passed_over = 0;
        while passed_over < self.waiting.len() {
            match self.judge(need) {
                Verdict::Take(fresh_pin) => {
                    if fresh_pin && let Some(pin) = &self.pin {
                        let event = Event::Pinned {
                            group: &pin.group,
                            pinned_id: &pin.id,
                        };
                        source.tell(need.now, event, outlet);
                    }
                    return Some(fresh_pin);
                }
                Verdict::Wait => {
                    self.waiting.cycle();
                    passed_over += 1;
                }
                Verdict::Over(code, text) => {
                    let request = self.waiting.pop()?;
                    end(outlet, &request, (code, text));
                }
            }
        }
        None
    }

    fn judge(&mut self, need: &Need) -> Verdict {
        let Some(request) = self.waiting.front_mut() else {
            return Verdict::Wait;
        };
        if request.expired(need.now) {
            return Verdict::Over(408, "Request Timeout");
        }
        let too_large = request.bytes > 0 && need.size > request.bytes;
        let priority = request.priority.as_deref_mut();
        let verdict = match (need.policy, priority) {
            (PriorityPolicy::PinnedClient, priority) => {
                let id = priority.as_ref().map_or("", |p| p.id.as_str());
                match &self.pin {
                    Some(pin) if pin.id == id => Verdict::Take(false),
                    Some(_) if id.is_empty() => Verdict::Wait,
                    None if id.is_empty() => Verdict::Take(true),
                    _ => Verdict::Over(423, "Nats-Wrong-Pin-Id"),
                }
            }
            (PriorityPolicy::Overflow, Some(p)) => {
                let pending = i64::try_from(need.pending).unwrap_or(i64::MAX);
                let ack_pending = i64::try_from(need.ack_pending).unwrap_or(i64::MAX);
                let unconditional = p.min_pending <= 0 && p.min_ack_pending <= 0;
                let enough = (p.min_pending > 0 && p.min_pending <= pending)
                    || (p.min_ack_pending > 0 && p.min_ack_pending <= ack_pending);
                if unconditional || enough {
                    Verdict::Take(false)
                } else {
                    Verdict::Wait
                }
            }
            _ => Verdict::Take(false),
        };
        match verdict {
            Verdict::Take(_) if too_large => Verdict::Over(409, "Message Size Exceeds MaxBytes"),
            Verdict::Take(true) => Verdict::Take(self.pin_front(need)),
            verdict => verdict,
        }
    }

    /// Pins the request in front. One that named no group cannot be pinned, but gets its message.
    fn pin_front(&mut self, need: &Need) -> bool {
        let request = self.waiting.front_mut();
        let Some(priority) = request
            .and_then(|r| r.priority.as_mut())
            .filter(|p| !p.group.is_empty())
        else {
            return false;
        };
        let id = nuid::next().to_string();
        priority.id.clone_from(&id);
        self.pin = Some(Pin {
            id,
            group: priority.group.clone(),
            since: need.now,
            until: need.now + need.pin_for,
        });
        true
    }

    fn served(&mut self, need: &Need, outlet: &mut dyn Outlet) {
        if let Some(request) = self.waiting.front_mut().filter(|r| r.bytes > 0) {
            request.bytes -= need.size;
            if request.bytes == 0 {
                request.wanted = 1;
            }
        }
        let by_level = need.policy == PriorityPolicy::Prioritized;
        if let Some(done) = self.waiting.served(need.now, by_level)
            && done.bytes > 0
        {
            end(outlet, &done, (409, "Batch Completed"));
        }
    }

    /// Is there a request that may have come to its end?
    pub(super) fn needs_sweep(&self, now: Timestamp, at_end: bool) -> bool {
        (at_end && self.waiting.has_no_wait()) || self.waiting.deadline().is_some_and(|at| at <= now)
    }

    /// Ends what has expired, what wanted only what was there (when the end of the stream is reached),
    /// and what nobody listens for; sends heartbeats that are due. `beat` is what they say: the last
    /// delivery, and the last stream sequence that was considered. Returns how many messages the others want.
    pub(super) fn sweep(
        &mut self,
        now: Timestamp,
        at_end: bool,
        beat: (u64, u64),
        outlet: &mut dyn Outlet,
    ) -> i64 {
        self.last_sweep = now;
        let mut wanted = 0i64;
        self.waiting.retain(|request| {
            if request.expired(now) {
                end(outlet, request, (408, "Request Timeout"));
                return false;
            }
            let satisfied = request.expires.is_none() || request.delivered > 0;
            if at_end && request.no_wait && satisfied {
                status::send(outlet, &request.reply, 404, "No Messages");
                return false;
            }
            if !outlet.has_interest(&request.reply, None) {
                return false;
            }
            wanted = wanted.saturating_add(request.wanted);
            if let Some(heartbeat) = request.heartbeat.as_mut().filter(|h| h.next <= now) {
                heartbeat.next = now + heartbeat.every;
                status::deliver(
                    outlet,
                    &request.reply,
                    b"",
                    &status::heartbeat(beat.0, beat.1, None),
                );
            }
            true
        });
        wanted
    }

    /// Ends all requests.
    pub(super) fn close(&mut self, end_of: End, outlet: &mut dyn Outlet) {
        for request in self.waiting.drain() {
            match end_of {
                End::Deleted => status::send(outlet, &request.reply, 409, "Consumer Deleted"),
                End::Shutdown => end(outlet, &request, (409, "Server Shutdown")),
            }
        }
    }

    pub(super) fn pin(&self) -> Option<&Pin> {
        self.pin.as_ref()
    }

    /// The pinned client is there.
    pub(super) fn extend_pin(&mut self, until: Timestamp) {
        if let Some(pin) = &mut self.pin {
            pin.until = until;
        }
    }

    /// The pinned client loses its place.
    pub(super) fn unpin(&mut self) {
        self.pin = None;
    }

    /// The pinned client loses its place when it was silent for too long.
    pub(super) fn expire_pin(&mut self, now: Timestamp, source: &Source, outlet: &mut dyn Outlet) {
        if let Some(pin) = self.pin.take_if(|pin| pin.until <= now) {
            source.tell(
                now,
                Event::Unpinned {
                    group: &pin.group,
                    reason: "timeout",
                },
                outlet,
            );
        }
    }
}

fn end(outlet: &mut dyn Outlet, request: &Request, status: (u16, &str)) {
    status::send_pending(outlet, &request.reply, status, request.wanted, request.bytes);
}
