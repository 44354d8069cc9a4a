//! Messages that go when their time is up: `Nats-TTL`, `max_age` beside it, and the markers they leave
//! (ADR-43).
//!
//! A message with a time to live stands in one ordered set by the moment it is due, so that a tick finds what it
//! has to do without looking at anything else. Entries of messages that went earlier stay until they are
//! due, or until they are the greater part of the set.
//!
//! A message that must never expire outlives `max_age`. The oldest message is then not always the
//! next to go; [`Expiries`] remembers how far it has looked past such messages.

use std::collections::BTreeSet;
use std::time::Duration;

use super::Stream;
use super::headers::PublishHeaders;
use super::limits::EXPIRE_MAX;
use crate::broker::jetstream::usage::Usage;
use crate::broker::jetstream::{Incoming, Outlet};
use crate::broker::store::{Store, StoreError};
use crate::proto::api::ApiError;
use crate::proto::api::error::{MESSAGE_TTL_DISABLED, MESSAGE_TTL_INVALID};
use crate::proto::headers::{self, Builder};
use crate::proto::subject::Filter;
use crate::util::duration;
use crate::util::time::Timestamp;

/// Entries of messages that are gone may always be this many.
const STALE_MAX: u64 = 1024;
/// A hundred years: a time to live that is longer is cut to it, as no clock here reaches further.
const TTL_MAX: u64 = 100 * 365 * 24 * 3600;

/// How long a message lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ttl {
    /// As the stream says.
    Unset,
    /// Beyond `max_age`, too.
    Never,
    /// So many seconds.
    Seconds(u64),
}

impl Ttl {
    /// Reads the value of `Nats-TTL`: whole seconds, a Go duration of a second or more, or `never`.
    pub fn parse(value: Option<&[u8]>) -> Result<Ttl, ApiError> {
        let Some(value) = value else { return Ok(Ttl::Unset) };
        let invalid = || MESSAGE_TTL_INVALID.err();
        let text = std::str::from_utf8(value).map_err(|_| invalid())?;
        if text.eq_ignore_ascii_case("never") {
            return Ok(Ttl::Never);
        }
        let seconds = match duration::parse(text) {
            Ok(time) if time < Duration::from_secs(1) => return Err(invalid()),
            Ok(time) => time.as_secs(),
            Err(_) if text.bytes().all(|b| b.is_ascii_digit()) => text.parse().map_err(|_| invalid())?,
            Err(_) => return Err(invalid()),
        };
        Ok(match seconds {
            0 => Ttl::Unset,
            seconds => Ttl::Seconds(seconds.min(TTL_MAX)),
        })
    }

    /// The time to live that a stored message has. What cannot be read is none.
    fn of(headers: &[u8]) -> Ttl {
        Ttl::parse(PublishHeaders::read(headers).ttl).unwrap_or(Ttl::Unset)
    }
}

/// What goes when in a stream that allows `Nats-TTL`.
#[derive(Debug, Default)]
pub struct Expiries {
    due: BTreeSet<(Timestamp, u64)>,
    /// Every message before this one never expires.
    aging_from: u64,
    /// No message at or behind `aging_from` is older than this; none when there is no such message.
    oldest: Option<Timestamp>,
}

impl Expiries {
    /// What goes when of that which a store holds.
    pub fn rebuild(store: &mut dyn Store) -> Result<Expiries, StoreError> {
        let state = store.state();
        let mut expiries = Expiries {
            oldest: (state.messages > 0).then_some(state.first_time),
            ..Expiries::default()
        };
        let mut from = 0;
        while let Some(message) = store.next_with_headers(from)? {
            from = message.seq + 1;
            expiries.insert(message.seq, message.time, Ttl::of(message.headers));
        }
        Ok(expiries)
    }

    fn insert(&mut self, seq: u64, time: Timestamp, ttl: Ttl) {
        self.oldest.get_or_insert(time);
        if let Ttl::Seconds(seconds) = ttl {
            self.due.insert((time + Duration::from_secs(seconds), seq));
        }
    }

    fn sweep(&mut self, store: &mut dyn Store) {
        if self.due.len() as u64 > 2 * store.state().messages + STALE_MAX {
            self.due
                .retain(|(_, seq)| store.load(*seq).is_ok_and(|message| message.is_some()));
        }
    }
}

impl Stream {
    /// Refuses a time to live where messages may have none of their own. What cannot be read is refused later.
    pub(super) fn check_ttl_allowed(&self, headers: &PublishHeaders<'_>) -> Result<(), ApiError> {
        let asked_for = || !matches!(Ttl::parse(headers.ttl), Ok(Ttl::Unset) | Err(_));
        if !self.config.allow_msg_ttl && asked_for() {
            return Err(MESSAGE_TTL_DISABLED.err());
        }
        Ok(())
    }

    /// The least time to live and the headers that say so, when this one's is below that of the markers: no
    /// marker may outlive the message that follows it.
    pub(super) fn raise_ttl(&self, ttl: Ttl, headers: &[u8]) -> Option<(Ttl, Vec<u8>)> {
        let Ttl::Seconds(given) = ttl else { return None };
        let least = self.config.subject_delete_marker_ttl.duration().as_secs();
        if given >= least || self.config.max_msgs_per_subject == 1 {
            return None;
        }
        let raised = Builder::copy(headers, &["Nats-TTL"]).add("Nats-TTL", least.to_string());
        Some((Ttl::Seconds(least), raised.build()))
    }

    /// Notes when a message that was just stored goes.
    pub(super) fn note_expiry(&mut self, seq: u64, now: Timestamp, ttl: Ttl) {
        self.expiries.insert(seq, now, ttl);
        self.expiries.sweep(self.store.as_mut());
    }

    /// The time of the oldest message that `max_age` is for, or earlier.
    pub(super) fn oldest_aging(&self) -> Option<Timestamp> {
        let state = self.store.state();
        if self.config.allow_msg_ttl {
            self.expiries.oldest
        } else {
            (state.messages > 0).then_some(state.first_time)
        }
    }

    /// When the next message's own time is up.
    pub(super) fn ttl_deadline(&self) -> Option<Timestamp> {
        let first = self.expiries.due.first().map(|(due, _)| *due);
        first.filter(|_| self.frozen.is_none())
    }

    /// Lets go of messages whose own time is up, as many as one tick may.
    pub(super) fn expire_by_ttl(&mut self, now: Timestamp, usage: &Usage, outlet: &mut dyn Outlet) {
        for _ in 0..EXPIRE_MAX {
            if self.ttl_deadline().is_none_or(|due| due > now) {
                return;
            }
            let Some((_, seq)) = self.expiries.due.pop_first() else {
                return;
            };
            if let Err(e) = self.let_expire(now, seq, usage, outlet) {
                return self.freeze(&e);
            }
        }
    }

    /// Lets go of the oldest message that `max_age` is for. Called when one may be due.
    pub(super) fn expire_aging(
        &mut self,
        now: Timestamp,
        usage: &Usage,
        outlet: &mut dyn Outlet,
    ) -> Result<(), StoreError> {
        let from = self.expiries.aging_from;
        let found = self
            .store
            .next(from, &Filter::all())?
            .map(|m| (m.seq, m.time, Ttl::of(m.headers)));
        let Some((seq, time, ttl)) = found else {
            self.expiries.aging_from = self.store.state().last_seq + 1;
            self.expiries.oldest = None;
            return Ok(());
        };
        self.expiries.oldest = Some(time);
        self.expiries.aging_from = seq;
        if ttl == Ttl::Never {
            self.expiries.aging_from = seq + 1;
        } else if self.age_deadline().is_some_and(|due| due <= now) {
            self.expiries.aging_from = seq + 1;
            self.let_expire(now, seq, usage, outlet)?;
        }
        Ok(())
    }

    /// Takes out one message whose time is up. The last one of its subject leaves a marker, where the stream is
    /// configured so; it goes also when the marker finds no room.
    fn let_expire(
        &mut self,
        now: Timestamp,
        seq: u64,
        usage: &Usage,
        outlet: &mut dyn Outlet,
    ) -> Result<(), StoreError> {
        if let Some(ttl) = self.config.subject_delete_marker_ttl.positive() {
            let Some(message) = self.store.load(seq)? else {
                return Ok(());
            };
            let leaves_marker = !is_marker(message.headers);
            let subject = message.subject.to_vec();
            let held = self.store.subject_state(&subject);
            if leaves_marker && held.is_some_and(|held| held.messages == 1) {
                let marker = Incoming {
                    subject: &subject,
                    reply: b"",
                    headers: &marker_headers(ttl),
                    payload: b"",
                };
                if let Err(refusal) = self.publish_own(now, &marker, usage, outlet) {
                    let stream = &self.config.name;
                    tracing::warn!(stream, %refusal, "an expired subject leaves no marker");
                }
            }
        }
        self.remove(now, seq, false, outlet).map(drop)
    }
}

fn marker_headers(ttl: Duration) -> Vec<u8> {
    Builder::new()
        .add("Nats-Marker-Reason", "MaxAge")
        .add("Nats-TTL", duration::format(Duration::from_secs(ttl.as_secs())))
        .add("Nats-Rollup", "sub")
        .build()
}

/// Says the message itself that its subject is gone? A purge of a key-value bucket does, too.
fn is_marker(block: &[u8]) -> bool {
    let marked = headers::get(block, "Nats-Marker-Reason").is_some_and(|reason| !reason.is_empty());
    marked || headers::get(block, "KV-Operation") == Some(b"PURGE")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_to_live_as_go_reads_them() {
        for (text, wanted) in [
            ("5", Some(Ttl::Seconds(5))),
            ("1m30s", Some(Ttl::Seconds(90))),
            ("1.9s", Some(Ttl::Seconds(1))),
            ("NEVER", Some(Ttl::Never)),
            ("00", Some(Ttl::Unset)),
            ("0", None),
            ("999ms", None),
            ("-1", None),
            ("-5s", None),
            ("soon", None),
        ] {
            assert_eq!(Ttl::parse(Some(text.as_bytes())).ok(), wanted, "{text}");
        }
        assert_eq!(Ttl::parse(None), Ok(Ttl::Unset));
    }
}
