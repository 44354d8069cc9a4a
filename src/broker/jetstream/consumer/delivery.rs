//! The way of a message: from the store, past everything that may hold it back, to a client.
//!
//! Nothing counts as delivered before the outlet has taken it, so a client that went away costs
//! neither a delivery nor its number.

use super::ack_subject::AckToken;
use super::pull::Need;
use super::{Consumer, Mode};
use crate::broker::jetstream::{Delivery, Outlet};
use crate::broker::store::{Store, StoreError, Stored};
use crate::proto::api::consumer::AckPolicy;
use crate::proto::headers;
use crate::util::time::Timestamp;

/// Why no further message goes out now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stop {
    /// Nobody may take one: nobody asks or listens, or it is paused.
    NoTaker,
    /// As many are without an acknowledgement as may be.
    MaxAckPending,
    /// Everything was delivered.
    End,
    /// The next one is to come later.
    Later,
}

/// A message and how often it went out before.
struct Attempt<'s> {
    message: Stored<'s>,
    before: u32,
}

impl Consumer {
    /// Delivers whatever can be delivered now.
    pub fn pump(&mut self, now: Timestamp, store: &mut dyn Store, outlet: &mut dyn Outlet) {
        self.send_letters(now, store, outlet);
        self.pace.look_again();
        if let Mode::Push(push) = &mut self.mode {
            push.look_again();
        }
        let stop = loop {
            if self.paused_until.is_some() || !self.has_taker() {
                break Stop::NoTaker;
            }
            if let Some(stop) = self.deliver_next(now, store, outlet) {
                break stop;
            }
        };
        let at_end = matches!(stop, Stop::End | Stop::NoTaker);
        if let Mode::Pull(pull) = &mut self.mode
            && pull.needs_sweep(now, at_end)
        {
            let beat = (self.delivered.consumer_seq, self.cursor.next() - 1);
            pull.sweep(now, at_end, beat, outlet);
        }
    }

    /// Would somebody take a message?
    pub(super) fn has_taker(&self) -> bool {
        match &self.mode {
            Mode::Pull(pull) => !pull.is_idle(),
            Mode::Push(push) => push.may_send(),
        }
    }

    pub(super) fn is_stalled(&self) -> bool {
        let max = usize::try_from(self.config.max_ack_pending).unwrap_or(0);
        max > 0 && self.pending.len() >= max
    }

    /// True when an acknowledgement lets more messages go out.
    pub(super) fn was_stalled(&self) -> bool {
        self.is_stalled() && self.has_taker()
    }

    fn deliver_next(
        &mut self,
        now: Timestamp,
        store: &mut dyn Store,
        outlet: &mut dyn Outlet,
    ) -> Option<Stop> {
        if let Some(entry) = self.pending.next_queued() {
            if self.is_exhausted(&entry) {
                self.give_up(now, &entry, outlet);
                return None;
            }
            return match store.load(entry.stream_seq) {
                Ok(Some(message)) => self.send(
                    now,
                    &Attempt {
                        message,
                        before: entry.redeliveries + 1,
                    },
                    outlet,
                ),
                Ok(None) | Err(StoreError::Damaged { .. }) => {
                    self.lose(now, entry.stream_seq, outlet);
                    None
                }
                Err(e) => self.cannot_read(&e),
            };
        }
        if self.is_stalled() {
            return Some(Stop::MaxAckPending);
        }
        match self.cursor.peek(&self.filter, store) {
            Ok(None) => Some(Stop::End),
            Ok(Some(message)) => self.send(now, &Attempt { message, before: 0 }, outlet),
            Err(StoreError::Damaged { seq }) => {
                self.cursor.advance(seq);
                None
            }
            Err(e) => self.cannot_read(&e),
        }
    }

    fn cannot_read(&self, e: &StoreError) -> Option<Stop> {
        tracing::error!(
            "consumer '{} > {}': {e}",
            self.source.stream,
            self.source.consumer
        );
        Some(Stop::Later)
    }

    /// Hands a message to whoever is next. `None` when it was taken.
    fn send(&mut self, now: Timestamp, attempt: &Attempt<'_>, outlet: &mut dyn Outlet) -> Option<Stop> {
        let Attempt { message, before } = attempt;
        let first = *before == 0;
        let token = AckToken {
            delivered: u64::from(*before) + 1,
            stream_seq: message.seq,
            consumer_seq: self.delivered.consumer_seq + 1,
        };
        let left = self.cursor.pending().saturating_sub(u64::from(first));
        let reply = self.ack_subject.write(token, message.time.nanos(), left);
        let (headers, payload) = match self.config.headers_only {
            true => (headers_only(&mut self.scratch, message), &b""[..]),
            false => (message.headers, message.payload),
        };
        let mut delivery = Delivery {
            route: b"",
            subject: message.subject,
            reply,
            headers,
            payload,
        };
        let body = reply.len() + headers.len() + payload.len();
        let size = message.subject.len() + body;
        if !self.pace.allows(now, message, size) {
            return Some(Stop::Later);
        }
        match &mut self.mode {
            Mode::Push(push) => {
                let deliver_subject = self.config.deliver_subject.as_bytes();
                delivery.route = deliver_subject;
                if !outlet.deliver(delivery) {
                    push.refused(now, &self.config, &mut self.lifetime, outlet);
                    return Some(Stop::NoTaker);
                }
                push.sent(now, deliver_subject.len() + body);
            }
            Mode::Pull(pull) => {
                let need = Need {
                    now,
                    size: i64::try_from(size).unwrap_or(i64::MAX),
                    pending: left + u64::from(first),
                    ack_pending: self.pending.len(),
                    policy: self.config.priority_policy,
                    pin_for: self.config.priority_timeout.duration(),
                };
                if !pull.deliver(&need, delivery, &self.source, outlet) {
                    return Some(Stop::NoTaker);
                }
            }
        }
        self.pace.sent(now, message, size);
        self.record(now, token, first);
        if let Mode::Push(push) = &mut self.mode {
            push.request_flow_control(
                &self.config,
                &self.source,
                self.pending.len(),
                &mut self.random,
                outlet,
            );
        }
        None
    }

    fn record(&mut self, now: Timestamp, token: AckToken, first: bool) {
        let seq = token.stream_seq;
        self.delivered.consumer_seq = token.consumer_seq;
        self.delivered.stream_seq = self.delivered.stream_seq.max(seq);
        self.delivered.last_active = Some(now);
        self.lifetime.used(now);
        if first {
            self.cursor.advance(seq);
        }
        if self.config.ack_policy == AckPolicy::None {
            self.floor.set(self.delivered.into());
            self.finish(seq);
            return;
        }
        let due = self.due(now, u32::try_from(token.delivered - 1).unwrap_or(u32::MAX));
        if first {
            self.pending.insert(seq, token.consumer_seq, due);
        } else {
            self.pending.redelivered(seq, due);
        }
    }
}

/// The headers of a message whose body is left out, with the body's length.
pub(super) fn headers_only<'b>(buffer: &'b mut Vec<u8>, message: &Stored<'_>) -> &'b [u8] {
    let length = message.payload.len().to_string();
    append_header(buffer, message.headers, "Nats-Msg-Size", length.as_bytes())
}

/// Writes `block` with one more header into the buffer.
pub(super) fn append_header<'b>(buffer: &'b mut Vec<u8>, block: &[u8], key: &str, value: &[u8]) -> &'b [u8] {
    buffer.clear();
    match block.strip_suffix(b"\r\n") {
        Some(open) => buffer.extend_from_slice(open),
        None => {
            buffer.extend_from_slice(headers::VERSION);
            buffer.extend_from_slice(b"\r\n");
        }
    }
    for part in [key.as_bytes(), b": ", value, b"\r\n\r\n"] {
        buffer.extend_from_slice(part);
    }
    buffer
}
