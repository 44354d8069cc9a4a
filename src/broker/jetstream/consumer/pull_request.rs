//! Taking in pull requests (nats-server `processNextMsgRequest`).

use std::time::Duration;

use super::waiting::{Heartbeat, Priority, Request};
use super::{Consumer, Mode, status};
use crate::broker::jetstream::{Outlet, wants_higher_level};
use crate::broker::store::Store;
use crate::proto::api::consumer::{ConsumerConfig, PriorityPolicy, PullRequest};
use crate::proto::api::{DecodeError, Unknown, decode};
use crate::util::duration;
use crate::util::time::Timestamp;

/// A full queue is searched for requests that are over at most this often.
const SWEEP_EVERY: Duration = Duration::from_secs(1);

/// Why a request was not taken in: code and text of the status.
type Refusal = (u16, String);

fn refusal<T>(code: u16, text: impl Into<String>) -> Result<T, Refusal> {
    Err((code, text.into()))
}

impl Consumer {
    /// A client asks for messages.
    pub fn on_pull(
        &mut self,
        now: Timestamp,
        reply: &[u8],
        headers: &[u8],
        payload: &[u8],
        store: &mut dyn Store,
        outlet: &mut dyn Outlet,
    ) {
        if reply.is_empty() {
            return;
        }
        let pull = matches!(self.mode, Mode::Pull(_));
        if pull && wants_higher_level(headers) {
            status::send(outlet, reply, 412, "Required Api Level");
            return;
        }
        if self.request(now, reply, payload, outlet) {
            self.pump(now, store, outlet);
        }
    }

    /// Lets a request wait, or tells why not. True when there is one more.
    pub(super) fn request(
        &mut self,
        now: Timestamp,
        reply: &[u8],
        payload: &[u8],
        outlet: &mut dyn Outlet,
    ) -> bool {
        if reply.is_empty() {
            return false;
        }
        let taken = self.take_in(now, reply, payload, outlet);
        if let Err((code, text)) = &taken {
            status::send(outlet, reply, *code, text);
        }
        taken.is_ok()
    }

    fn take_in(
        &mut self,
        now: Timestamp,
        reply: &[u8],
        payload: &[u8],
        outlet: &mut dyn Outlet,
    ) -> Result<(), Refusal> {
        let Mode::Pull(pull) = &mut self.mode else {
            return refusal(409, "Consumer is push based");
        };
        let is_json = payload.trim_ascii_start().starts_with(b"{");
        let asked = parse(payload).or_else(|e| refusal(400, format!("Bad Request - {e}")))?;
        let heartbeat = asked.idle_heartbeat.positive();
        if heartbeat.is_some() && asked.idle_heartbeat.0.saturating_mul(2) > asked.expires.0 {
            return refusal(400, "Bad Request - heartbeat value too large");
        }
        check_limits(&asked, &self.config)?;
        if is_json {
            check_priority(&asked, &self.config)?;
            if let Some(pin) = pull
                .pin()
                .filter(|_| self.config.priority_policy != PriorityPolicy::None)
            {
                if pin.id == asked.id {
                    pull.extend_pin(now + self.config.priority_timeout.duration());
                } else if !asked.id.is_empty() {
                    return refusal(423, "Nats-Pin-Id mismatch");
                }
            }
        }
        let beat = (self.delivered.consumer_seq, self.cursor.next() - 1);
        if pull.waiting.is_full() && now.since(pull.last_sweep) > SWEEP_EVERY {
            pull.sweep(now, false, beat, outlet);
        }
        if asked.no_wait {
            let pending = self.cursor.pending() + self.pending.queued_len() as u64;
            if pending == 0 && asked.expires.is_zero() {
                self.lifetime.used(now);
                return refusal(404, "No Messages");
            }
            if pending > 0 {
                let wanted = pull.sweep(now, false, beat, outlet);
                if u64::try_from(wanted).is_ok_and(|wanted| pending < wanted) {
                    self.lifetime.used(now);
                    return refusal(408, "Requests Pending");
                }
            }
        }
        let by_level = self.config.priority_policy == PriorityPolicy::Prioritized;
        let request = Request {
            reply: reply.into(),
            wanted: asked.batch,
            delivered: 0,
            bytes: asked.max_bytes,
            no_wait: asked.no_wait,
            expires: expiry(now, &asked),
            heartbeat: heartbeat.map(|every| Heartbeat {
                every,
                next: now + every,
            }),
            priority: (is_json && (by_level || !asked.group.is_empty())).then(|| Box::new(priority(asked))),
        };
        let taken = if by_level {
            pull.waiting.push_by_level(request)
        } else {
            pull.waiting.push(request)
        };
        if taken {
            self.lifetime.used(now);
        } else if heartbeat.is_none() {
            // A client with heartbeats misses those; telling it at once would make it ask in a loop.
            return refusal(409, "Exceeded MaxWaiting");
        }
        Ok(())
    }
}

fn expiry(now: Timestamp, asked: &PullRequest) -> Option<Timestamp> {
    (!asked.expires.is_zero()).then(|| now + asked.expires.duration())
}

fn priority(asked: PullRequest) -> Priority {
    Priority {
        group: asked.group,
        min_pending: asked.min_pending,
        min_ack_pending: asked.min_ack_pending,
        id: asked.id,
        level: asked.priority,
    }
}

/// Reads a request: nothing, a number of messages, or JSON. Other text counts as nothing.
fn parse(payload: &[u8]) -> Result<PullRequest, DecodeError> {
    let payload = payload.trim_ascii();
    if payload.first() == Some(&b'{') {
        // The short way for what clients send; the long way knows Go's tolerance and its words.
        return serde_json::from_slice(payload).or_else(|_| decode(payload, Unknown::Ignore));
    }
    let batch = std::str::from_utf8(payload)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(1);
    Ok(PullRequest {
        batch,
        ..PullRequest::default()
    })
}

fn check_limits(asked: &PullRequest, config: &ConsumerConfig) -> Result<(), Refusal> {
    if config.max_batch > 0 && asked.batch > config.max_batch {
        return refusal(409, format!("Exceeded MaxRequestBatch of {}", config.max_batch));
    }
    if config.max_expires.0 > 0 && asked.expires > config.max_expires {
        let max = duration::format(config.max_expires.duration());
        return refusal(409, format!("Exceeded MaxRequestExpires of {max}"));
    }
    if config.max_bytes > 0 && asked.max_bytes > config.max_bytes {
        return refusal(
            409,
            format!("Exceeded MaxRequestMaxBytes of {}", config.max_bytes),
        );
    }
    Ok(())
}

fn check_priority(asked: &PullRequest, config: &ConsumerConfig) -> Result<(), Refusal> {
    let policy = config.priority_policy;
    if (asked.min_pending != 0 || asked.min_ack_pending != 0) && policy != PriorityPolicy::Overflow {
        return refusal(400, "Bad Request - Not a Overflow Priority consumer");
    }
    if !asked.id.is_empty() && policy != PriorityPolicy::PinnedClient {
        return refusal(400, "Bad Request - Not a Pinned Client Priority consumer");
    }
    if !(0..=9).contains(&asked.priority) {
        return refusal(400, "Bad Request - Priority must be between 0 and 9");
    }
    if policy == PriorityPolicy::None {
        return Ok(());
    }
    if asked.group.is_empty() {
        return refusal(400, "Bad Request - Priority Group missing");
    }
    if !config.priority_groups.contains(&asked.group) {
        return refusal(400, "Bad Request - Invalid Priority Group");
    }
    Ok(())
}
