//! What clients say about the messages they got.

use std::time::Duration;

use super::Consumer;
use super::ack_subject::AckToken;
use super::advisory::Event;
use super::dead_letter::Death;
use super::floor::Pair;
use super::status;
use crate::broker::jetstream::Outlet;
use crate::broker::store::Store;
use crate::proto::api::consumer::AckPolicy;
use crate::util::duration;
use crate::util::time::Timestamp;

/// The kinds of answers to a delivery (nats-server `processAck`).
#[derive(Debug, PartialEq, Eq)]
enum Ack<'a> {
    Done,
    /// Done, and here is the next pull request.
    Next(&'a [u8]),
    /// Try again, perhaps later.
    Again(Option<Duration>),
    Working,
    Terminate(&'a [u8]),
    /// Nothing we know; a client that waits for an answer gets one all the same.
    Other,
}

impl<'a> Ack<'a> {
    fn parse(payload: &'a [u8]) -> Ack<'a> {
        match payload {
            b"" | b"+ACK" | b"+OK" => Ack::Done,
            b"+WPI" => Ack::Working,
            _ => {
                if let Some(request) = payload.strip_prefix(b"+NXT") {
                    Ack::Next(request)
                } else if let Some(options) = payload.strip_prefix(b"-NAK") {
                    Ack::Again(delay(options.trim_ascii()))
                } else if let Some(reason) = payload.strip_prefix(b"+TERM") {
                    Ack::Terminate(reason.trim_ascii())
                } else {
                    Ack::Other
                }
            }
        }
    }
}

/// The delay of a `-NAK`: `{"delay": nanoseconds}` or a Go duration. What cannot be read counts as none.
fn delay(options: &[u8]) -> Option<Duration> {
    #[derive(Default, serde::Deserialize)]
    #[serde(default)]
    struct Options {
        delay: i64,
    }
    match options.first()? {
        b'{' => {
            let options: Options = serde_json::from_slice(options).ok()?;
            Some(Duration::from_nanos(u64::try_from(options.delay).unwrap_or(0)))
        }
        _ => duration::parse(std::str::from_utf8(options).ok()?).ok(),
    }
}

impl Consumer {
    /// A client answered a delivery.
    pub fn on_ack(
        &mut self,
        now: Timestamp,
        token: AckToken,
        reply: &[u8],
        payload: &[u8],
        store: &mut dyn Store,
        outlet: &mut dyn Outlet,
    ) {
        self.lifetime.touch(now);
        let was_stalled = self.was_stalled();
        let queued = self.pending.queued_len();
        let letters = self.letters.len();
        let answered = match Ack::parse(payload) {
            Ack::Done => self.acknowledge(now, token, true, outlet),
            Ack::Next(request) => {
                self.acknowledge(now, token, true, outlet);
                self.request(now, reply, request, outlet);
                self.pump(now, store, outlet);
                return;
            }
            Ack::Again(delay) => {
                self.refuse(now, token, delay, outlet);
                true
            }
            Ack::Working => {
                self.extend(now, token.stream_seq);
                true
            }
            Ack::Terminate(reason) => {
                let reason = String::from_utf8_lossy(reason);
                let answered = self.bury(now, token.stream_seq, Death::terminated(token, &reason))
                    || self.acknowledge(now, token, false, outlet);
                self.source.tell(now, Event::terminated(token, &reason), outlet);
                answered
            }
            Ack::Other => true,
        };
        if answered && !reply.is_empty() {
            status::deliver(outlet, reply, b"", b"");
        }
        if was_stalled || self.pending.queued_len() > queued || self.letters.len() > letters {
            self.pump(now, store, outlet);
        }
    }

    /// The message is done. False when the client gets no answer: that was never delivered.
    pub(super) fn acknowledge(
        &mut self,
        now: Timestamp,
        token: AckToken,
        sample: bool,
        outlet: &mut dyn Outlet,
    ) -> bool {
        let seq = token.stream_seq;
        if seq == 0 || (seq >= self.cursor.next() && !self.config.flow_control) {
            return false;
        }
        match self.config.ack_policy {
            AckPolicy::None => return false,
            AckPolicy::Explicit => {
                if sample {
                    self.sample(now, token, outlet);
                }
                self.acknowledge_one(seq);
            }
            AckPolicy::All | AckPolicy::FlowControl => {
                let floor = self.floor.judges();
                if token.consumer_seq <= floor.consumer_seq || seq <= floor.stream_seq {
                    return true;
                }
                self.acknowledge_through(token);
            }
        }
        self.floor.touch(now);
        true
    }

    fn acknowledge_one(&mut self, seq: u64) {
        if let Some(entry) = self.pending.remove(seq) {
            self.floor
                .acknowledged(&entry, &self.pending, self.delivered.into());
            self.finish(seq);
        } else if self.pending.forgive(seq) {
            self.finish(seq);
        }
    }

    fn acknowledge_through(&mut self, token: AckToken) {
        let was_pending = self.pending.get(token.stream_seq).is_some();
        let mut done = Vec::new();
        self.pending
            .remove_through(token.stream_seq, |seq| done.push(seq));
        self.pending
            .forgive_through(token.stream_seq, |seq| done.push(seq));
        for seq in done {
            self.finish(seq);
        }
        let through = Pair {
            consumer_seq: token.consumer_seq.min(self.delivered.consumer_seq),
            stream_seq: token.stream_seq.min(self.cursor.next() - 1),
        };
        self.floor.acknowledged_through(through, was_pending);
    }

    /// The client is still working on it: its wait begins anew.
    fn extend(&mut self, now: Timestamp, seq: u64) {
        let Some(entry) = self.pending.get(seq).copied() else {
            return;
        };
        self.delivered.last_active = Some(now);
        self.pending.postpone(seq, self.due(now, entry.redeliveries));
    }

    /// The client wants it again, at once or after a delay. In the meantime it counts as pending.
    fn refuse(&mut self, now: Timestamp, token: AckToken, delay: Option<Duration>, outlet: &mut dyn Outlet) {
        let known = self.floor.judges().consumer_seq < token.consumer_seq
            && token.consumer_seq <= self.delivered.consumer_seq
            && self.pending.get(token.stream_seq).is_some();
        if !known {
            return;
        }
        self.source.tell(now, Event::nak(token), outlet);
        match delay {
            Some(delay) => {
                self.pending.unqueue(token.stream_seq);
                self.pending.postpone(token.stream_seq, now + delay);
                self.delivered.last_active = Some(now);
            }
            None => self.queue_again(now, token.stream_seq, outlet),
        }
    }

    /// Reports some of the acknowledgements, as `sample_freq` says.
    fn sample(&mut self, now: Timestamp, token: AckToken, outlet: &mut dyn Outlet) {
        let percent = u64::from(self.sample_percent);
        if percent == 0 || (percent < 100 && self.random.below(100) > percent) {
            return;
        }
        let Some(entry) = self.pending.get(token.stream_seq) else {
            return;
        };
        let since = entry.due - self.wait(entry.redeliveries).unwrap_or_default();
        let event = Event::Acked {
            consumer_seq: token.consumer_seq,
            stream_seq: token.stream_seq,
            ack_time: now.nanos().saturating_sub(since.nanos()),
            deliveries: token.delivered,
        };
        self.source.tell(now, event, outlet);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_answer() {
        let ms = Duration::from_millis;
        for (payload, ack) in [
            ("", Ack::Done),
            ("+ACK", Ack::Done),
            ("+OK", Ack::Done),
            ("+WPI", Ack::Working),
            ("+NXT", Ack::Next(b"")),
            ("+NXT 5", Ack::Next(b" 5")),
            ("-NAK", Ack::Again(None)),
            ("-NAK {\"delay\": 5000000}", Ack::Again(Some(ms(5)))),
            ("-NAK 250ms", Ack::Again(Some(ms(250)))),
            ("-NAK soon", Ack::Again(None)),
            ("-NAK {", Ack::Again(None)),
            ("+TERM", Ack::Terminate(b"")),
            ("+TERM  bad data ", Ack::Terminate(b"bad data")),
            ("ack", Ack::Other),
            ("+ACK ", Ack::Other),
        ] {
            assert_eq!(Ack::parse(payload.as_bytes()), ack, "{payload}");
        }
    }
}
