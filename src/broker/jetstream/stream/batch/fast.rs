//! A fast batch: its messages are stored as they come, and flow messages tell the publisher how far it may run
//! ahead of them (nats-server `processJetStreamFastBatchMsg`).
//!
//! Flow messages, like acknowledgements, wait for the store to be flushed: what they say is stored, is.

use serde::Serialize;

use super::ahead::{Ahead, Refusal};
use super::atomic::Staged;
use super::fast_subject::{FastSubject, Operation};
use super::{ID_MAX, Stream};
use crate::broker::jetstream::usage::{BatchKind, Usage};
use crate::broker::jetstream::{Incoming, Outlet, wants_higher_level};
use crate::proto::api::ApiError;
use crate::proto::api::error::*;
use crate::proto::headers::{self, Builder};
use crate::util::time::Timestamp;

/// The most messages that may lie between two flow messages, shared by all batches of a stream.
const FLOW_MAX: usize = 500;
const LEVEL: &str = "Nats-Required-Api-Level";

/// An open fast batch.
#[derive(Debug)]
pub struct Fast {
    /// When it is given up, if no other message comes.
    pub deadline: Timestamp,
    /// The highest place in the batch that was seen.
    last: u64,
    /// The highest place up to which all is stored.
    stored: u64,
    /// The stream sequence of the message that was stored last.
    stored_seq: u64,
    /// The place of the last flow message.
    flowed: u64,
    /// Messages between two flow messages, and the most that the publisher wants.
    flow: u16,
    flow_max: u16,
    gap_ok: bool,
    /// Nothing comes behind what there is.
    committed: bool,
}

/// What the publisher of a fast batch is told on the way.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum Flow<'a> {
    Ack { seq: u64, msgs: u16 },
    Gap { last_seq: u64, seq: u64 },
    Err { seq: u64, error: &'a ApiError },
}

/// Is the batch over?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Open,
    Over,
}

impl Fast {
    /// The flow after so many stored messages: more while there is room for this batch, less when there is not.
    fn next_flow(&self, batches: usize) -> u16 {
        let share = u16::try_from(FLOW_MAX / batches.max(1))
            .unwrap_or(u16::MAX)
            .max(1);
        let share = share.min(self.flow_max);
        if self.flow < share {
            self.flow.saturating_mul(2).min(share)
        } else {
            (self.flow / 2).max(share)
        }
    }
}

impl Stream {
    /// Takes a message whose reply subject says that it is of a fast batch.
    pub(in super::super) fn publish_fast(
        &mut self,
        now: Timestamp,
        message: &Incoming<'_>,
        usage: &Usage,
        outlet: &mut dyn Outlet,
    ) {
        let place = match self.admit_fast(now, message, usage) {
            Ok(place) => place,
            Err(error) => {
                if !self.config.no_ack {
                    self.acks.push_error(message.reply, &error);
                }
                return;
            }
        };
        let Some(mut batch) = self.batches.fast.remove(place.batch) else {
            return;
        };
        let fate = self.step(now, &mut batch, &place, message, outlet);
        if fate == Fate::Over {
            usage.close_batches(BatchKind::Fast, 1);
        } else {
            batch.deadline = now + usage.batch_limits().timeout();
            self.batches.fast.insert(place.batch.to_vec(), batch);
        }
    }

    /// Finds the batch of a message, or opens it.
    fn admit_fast<'m>(
        &mut self,
        now: Timestamp,
        message: &Incoming<'m>,
        usage: &Usage,
    ) -> Result<FastSubject<'m>, ApiError> {
        self.check_batch_message(message, usage)?;
        if !self.config.allow_batched {
            return Err(BATCH_PUBLISH_DISABLED.err());
        }
        let place = FastSubject::parse(message.reply);
        let place = place.ok_or_else(|| BATCH_PUBLISH_INVALID_PATTERN.err())?;
        if place.batch.len() > ID_MAX {
            return Err(BATCH_PUBLISH_INVALID_BATCH_ID.err());
        }
        if !self.batches.fast.contains_key(place.batch) {
            if place.seq != 1 {
                return Err(BATCH_PUBLISH_UNKNOWN_BATCH_ID.err());
            }
            let open = self.batches.fast.len();
            if !usage.open_batch(BatchKind::Fast, open) {
                return Err(BATCH_PUBLISH_TOO_MANY_INFLIGHT.err());
            }
            let batch = Fast {
                deadline: now + usage.batch_limits().timeout(),
                last: 0,
                stored: 0,
                stored_seq: 0,
                flowed: 0,
                flow: if open == 0 {
                    place.flow.min(FLOW_MAX as u16)
                } else {
                    1
                },
                flow_max: place.flow,
                gap_ok: place.gap_ok,
                committed: false,
            };
            self.batches.fast.insert(place.batch.to_vec(), batch);
        }
        if wants_higher_level(message.headers) {
            self.batches.fast.remove(place.batch);
            usage.close_batches(BatchKind::Fast, 1);
            return Err(REQUIRED_API_LEVEL.err());
        }
        Ok(place)
    }

    /// One message of a batch that is open.
    fn step(
        &mut self,
        now: Timestamp,
        batch: &mut Fast,
        place: &FastSubject<'_>,
        message: &Incoming<'_>,
        outlet: &mut dyn Outlet,
    ) -> Fate {
        let reply = message.reply;
        if place.operation == Operation::Ping {
            return self.ping(batch, place, reply);
        }
        if batch.committed {
            return Fate::Open;
        }
        batch.last += 1;
        if place.seq != batch.last {
            if place.seq > batch.last {
                let (last_seq, seq) = (batch.last, place.seq);
                self.tell_flow(reply, &Flow::Gap { last_seq, seq });
            }
            if batch.gap_ok && place.seq > batch.last {
                batch.last = place.seq;
            } else {
                batch.last -= 1;
                return self.finish_fast(batch, place.batch, reply);
            }
        }
        match place.operation {
            Operation::CommitMark => {
                batch.last -= 1;
                batch.stored = batch.last;
                return self.finish_fast(batch, place.batch, reply);
            }
            Operation::Commit => batch.committed = true,
            _ if place.seq == 1 && !self.config.no_ack => {
                let msgs = batch.flow;
                self.tell_flow(reply, &Flow::Ack { seq: 0, msgs });
            }
            _ => {}
        }
        self.store_fast(now, batch, place, message, outlet)
    }

    fn store_fast(
        &mut self,
        now: Timestamp,
        batch: &mut Fast,
        place: &FastSubject<'_>,
        message: &Incoming<'_>,
        outlet: &mut dyn Outlet,
    ) -> Fate {
        let headers = match headers::get(message.headers, LEVEL) {
            Some(_) => Builder::copy(message.headers, &[LEVEL]).build(),
            None => message.headers.to_vec(),
        };
        let staged = Staged {
            subject: message.subject.to_vec(),
            headers,
            payload: message.payload.to_vec(),
        };
        let checked = match self.check_ahead(now, &mut Ahead::default(), staged) {
            Ok(checked) => checked,
            Err(refusal) => return self.refuse_fast(batch, place, message.reply, &refusal),
        };
        match self.keep(now, &checked.message.incoming(), checked.rollup, outlet) {
            Ok(seq) => batch.stored_seq = seq,
            Err(error) => {
                if !self.config.no_ack {
                    self.acks.push_error(message.reply, &error);
                }
                return Fate::Open;
            }
        }
        batch.stored = batch.last;
        if batch.committed {
            return self.finish_fast(batch, place.batch, message.reply);
        }
        self.check_flow(batch, message.reply);
        Fate::Open
    }

    /// A message that is not stored: what the publisher hears of it, and what becomes of the batch.
    fn refuse_fast(
        &mut self,
        batch: &mut Fast,
        place: &FastSubject<'_>,
        reply: &[u8],
        refusal: &Refusal,
    ) -> Fate {
        let duplicate = match refusal {
            Refusal::Duplicate(seq) => Some(*seq),
            Refusal::Error(_) => None,
        };
        if duplicate.is_some() {
            batch.stored = place.seq;
            self.check_flow(batch, reply);
            if !place.commits() {
                return Fate::Open;
            }
        }
        if !place.gap_ok && batch.last == 1 {
            match duplicate {
                Some(seq) => self.acks.push_duplicate_batch(reply, seq, place.batch, place.seq),
                None => self.acks.push_error(reply, &refusal.error()),
            }
            return Fate::Over;
        }
        if duplicate.is_none() {
            let (seq, error) = (place.seq, &refusal.error());
            self.tell_flow(reply, &Flow::Err { seq, error });
            if place.gap_ok && !place.commits() {
                return Fate::Open;
            }
            batch.last -= 1;
            batch.stored = batch.last;
        }
        self.finish_fast(batch, place.batch, reply)
    }

    fn ping(&mut self, batch: &mut Fast, place: &FastSubject<'_>, reply: &[u8]) -> Fate {
        if place.seq > batch.last {
            let (last_seq, seq) = (batch.last + 1, place.seq + 1);
            self.tell_flow(reply, &Flow::Gap { last_seq, seq });
            if !batch.gap_ok {
                return self.finish_fast(batch, place.batch, reply);
            }
            batch.last = place.seq;
            batch.stored = batch.last;
            if self.check_flow(batch, reply) {
                return Fate::Open;
            }
        }
        let (seq, msgs) = (batch.flowed, batch.flow);
        self.tell_flow(reply, &Flow::Ack { seq, msgs });
        Fate::Open
    }

    /// Ends a batch with what is stored of it.
    fn finish_fast(&mut self, batch: &mut Fast, id: &[u8], reply: &[u8]) -> Fate {
        batch.committed = true;
        self.acks.push_batch(reply, batch.stored_seq, id, batch.last);
        Fate::Over
    }

    /// Tells the publisher how far the stream has come, when it is time to; says whether it was.
    fn check_flow(&mut self, batch: &mut Fast, reply: &[u8]) -> bool {
        let flow = u64::from(batch.flow);
        if batch.stored < batch.flowed + flow {
            return false;
        }
        batch.flowed += (batch.stored - batch.flowed) / flow * flow;
        // This batch is not among the others while it is at work.
        batch.flow = batch.next_flow(self.batches.fast.len() + 1);
        let (seq, msgs) = (batch.flowed, batch.flow);
        self.tell_flow(reply, &Flow::Ack { seq, msgs });
        true
    }

    fn tell_flow(&mut self, reply: &[u8], flow: &Flow<'_>) {
        let body = serde_json::to_vec(flow).unwrap_or_default();
        self.acks.push_raw(reply, &body);
    }
}
