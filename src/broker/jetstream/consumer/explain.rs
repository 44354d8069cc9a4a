//! Why a message was delivered to a consumer, or why not (yet).
//!
//! Nothing is written down for it: whatever is known of a message follows from where the consumer stands. So
//! it costs no memory, is true at the moment it is asked, and can be asked of every message that is stored.

use super::{Consumer, Mode};
use crate::broker::store::{Store, StoreError};
use crate::proto::api::consumer::AckPolicy;
use crate::util::time::Timestamp;

/// What has become of one message at one consumer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// The stream does not hold it (any more).
    Gone,
    /// Its subject is not among those that the consumer wants.
    Filtered,
    /// The consumer began behind it.
    BeforeStart,
    /// A newer message of its subject was delivered in its place, as `last_per_subject` says.
    Superseded,
    /// It was delivered, and nothing is owed for it (any more).
    Done,
    /// It was delivered, and its acknowledgement is awaited.
    AwaitsAck {
        /// How often it was delivered.
        deliveries: u64,
        /// When it is delivered again without one; `None` for never.
        until: Option<Timestamp>,
    },
    /// It is to be delivered again.
    Returns {
        /// How often it was delivered.
        deliveries: u64,
        /// What it waits for.
        hold: Option<Hold>,
    },
    /// It was delivered `max_deliver` times without an acknowledgement.
    Exhausted,
    /// It was given up, and its copy is on its way to where dead letters go.
    Dying {
        /// How often it was delivered.
        deliveries: u64,
        /// `max_deliver`, or `terminated` and the client's reason.
        reason: String,
    },
    /// It was not delivered yet.
    Waits {
        /// Messages that come before it.
        ahead: u64,
        /// What the first of them waits for, or it when there are none.
        hold: Option<Hold>,
    },
}

/// What holds messages back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hold {
    /// The consumer is paused.
    Paused {
        /// For so long.
        until: Timestamp,
    },
    /// `max_ack_pending` messages are without an acknowledgement.
    MaxAckPending {
        /// So many may be.
        max: i64,
    },
    /// Nobody has asked for messages: a pull is awaited.
    NoPull,
    /// Those who asked may not have it, as their priority group says.
    NotForThem,
    /// Nobody listens on the deliver subject.
    NoInterest,
    /// The client has not answered to flow control.
    FlowControl,
    /// `rate_limit_bps` or `replay_policy` hold it back.
    Pace {
        /// For so long.
        until: Timestamp,
    },
}

impl Consumer {
    /// What has become of the message of this sequence. Its cost is that of counting what is ahead of it.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn explain(&self, seq: u64, store: &mut dyn Store) -> Result<Decision, StoreError> {
        let known = self.pending.get(seq).copied();
        let Some(message) = store.load(seq)? else {
            return Ok(Decision::Gone);
        };
        if known.is_none() && !self.filter.matches(message.subject) {
            return Ok(Decision::Filtered);
        }
        if let Some(death) = self.letters.get(seq) {
            return Ok(Decision::Dying {
                deliveries: death.deliveries,
                reason: death.reason.clone(),
            });
        }
        if let Some(entry) = known {
            let deliveries = u64::from(entry.redeliveries) + 1;
            return Ok(if entry.queued() && self.is_exhausted(&entry) {
                Decision::Exhausted
            } else if entry.queued() {
                let hold = self.hold(true);
                Decision::Returns { deliveries, hold }
            } else {
                let until = Some(entry.due).filter(|due| *due != super::pending::NEVER);
                Decision::AwaitsAck { deliveries, until }
            });
        }
        if self.pending.is_exhausted(seq) {
            return Ok(Decision::Exhausted);
        }
        if self.cursor.supersedes(seq) {
            return Ok(Decision::Superseded);
        }
        if seq < self.start {
            return Ok(Decision::BeforeStart);
        }
        if seq < self.cursor.next() {
            return Ok(Decision::Done);
        }
        let rest = store.count_from(seq, &self.filter, false);
        Ok(Decision::Waits {
            ahead: self.cursor.pending().saturating_sub(rest),
            hold: self.hold(false),
        })
    }

    /// What holds the next message back, one to be delivered again or a new one.
    fn hold(&self, again: bool) -> Option<Hold> {
        if let Some(until) = self.paused_until {
            return Some(Hold::Paused { until });
        }
        let stalled = !again && self.is_stalled() && self.config.ack_policy != AckPolicy::None;
        match &self.mode {
            Mode::Pull(pull) if pull.is_idle() => return Some(Hold::NoPull),
            Mode::Push(push) if !push.is_active() => return Some(Hold::NoInterest),
            _ if stalled => {
                let max = self.config.max_ack_pending;
                return Some(Hold::MaxAckPending { max });
            }
            Mode::Push(push) if !push.may_send() => return Some(Hold::FlowControl),
            _ => {}
        }
        if let Some(until) = self.pace.deadline() {
            return Some(Hold::Pace { until });
        }
        // Somebody asks and nothing holds it, but it is still here.
        matches!(self.mode, Mode::Pull(_)).then_some(Hold::NotForThem)
    }
}
