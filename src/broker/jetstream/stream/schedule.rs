//! Messages that are published later, or again and again (ADR-51).
//!
//! A schedule is a stored message with a `Nats-Schedule`; the last message of a subject counts. When it is due, its
//! body is published to its `Nats-Schedule-Target`. Nothing is kept beside the messages: what is due when is
//! found again from them, as each published message says when the next one comes.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use jiff::tz::TimeZone;

use super::Stream;
use super::batch::Staged;
use super::expiry::Ttl;
use super::headers::PublishHeaders;
use super::limits::EXPIRE_MAX;
use super::schedule_time::{self, Due};
use crate::broker::jetstream::usage::Usage;
use crate::broker::jetstream::{Incoming, Outlet};
use crate::broker::store::{Store, StoreError};
use crate::proto::api::ApiError;
use crate::proto::api::error::*;
use crate::proto::headers::{self, Builder};
use crate::proto::subject::{self, Filter};
use crate::util::time::Timestamp;

/// Schedules whose messages are gone may always be this many.
const STALE_MAX: u64 = 1024;
/// The shortest time from the moment that a schedule is heard of until it is due, as nats-server has it.
const HASTE: Duration = Duration::from_millis(250);
/// When to try again what could not be published.
const RETRY: Duration = Duration::from_secs(1);
/// The next time, in a message that came of a schedule without one.
const PURGE: &[u8] = b"purge";

/// Headers and body of a message.
type Content = (Vec<u8>, Vec<u8>);

/// What is due when, of a stream that allows schedules.
#[derive(Debug, Default)]
pub struct Schedules {
    due: BTreeSet<(Timestamp, u64)>,
    /// The schedule of each subject: when it is due, and its sequence.
    subjects: HashMap<Vec<u8>, (Timestamp, u64)>,
    /// Nothing is due before this.
    not_before: Timestamp,
}

impl Schedules {
    /// What is due of that which a store holds.
    pub fn rebuild(store: &mut dyn Store, now: Timestamp) -> Result<Schedules, StoreError> {
        let mut schedules = Schedules::default();
        let mut from = 0;
        while let Some(message) = store.next(from, &Filter::all())? {
            from = message.seq + 1;
            schedules.note(message.seq, message.subject, message.headers, message.time, now);
        }
        Ok(schedules)
    }

    /// Notes a message that is stored.
    fn note(&mut self, seq: u64, subject: &[u8], block: &[u8], time: Timestamp, now: Timestamp) {
        let scheduler = value(block, "Nats-Scheduler");
        if let Ok(Some(due)) = read(block, time, now) {
            self.put(subject, due.time, seq, now);
        } else if scheduler.is_none() {
            self.remove(subject);
        }
        let next = value(block, "Nats-Schedule-Next").filter(|next| *next != PURGE);
        let next = next.and_then(|next| schedule_time::parse_time(std::str::from_utf8(next).ok()?));
        if let (Some(scheduler), Some(next)) = (scheduler, next)
            && let Some((_, seq)) = self.subjects.get(scheduler).copied()
        {
            self.put(scheduler, next, seq, now);
        }
    }

    fn put(&mut self, subject: &[u8], time: Timestamp, seq: u64, now: Timestamp) {
        if time < now + HASTE && self.not_before <= now {
            self.not_before = now + HASTE;
        }
        self.remove(subject);
        self.due.insert((time, seq));
        self.subjects.insert(subject.to_vec(), (time, seq));
    }

    fn remove(&mut self, subject: &[u8]) {
        if let Some(old) = self.subjects.remove(subject) {
            self.due.remove(&old);
        }
    }

    fn sweep(&mut self, store: &mut dyn Store) {
        if self.due.len() as u64 > 2 * store.state().messages + STALE_MAX {
            self.subjects
                .retain(|_, (_, seq)| store.load(*seq).is_ok_and(|message| message.is_some()));
            self.due = self.subjects.values().copied().collect();
        }
    }
}

/// A header's value; an empty one is none.
fn value<'a>(block: &'a [u8], name: &str) -> Option<&'a [u8]> {
    headers::get(block, name).filter(|value| !value.is_empty())
}

/// The zone that a schedule names, if it names one.
fn read_zone(block: &[u8]) -> Result<Option<TimeZone>, ApiError> {
    let Some(name) = headers::get(block, "Nats-Schedule-Time-Zone") else {
        return Ok(None);
    };
    let zone = std::str::from_utf8(name).ok().and_then(schedule_time::zone);
    zone.map(Some)
        .ok_or_else(|| MESSAGE_SCHEDULES_TIME_ZONE_INVALID.err())
}

/// When a message is due behind `after`; none when it is no schedule.
fn read(block: &[u8], after: Timestamp, now: Timestamp) -> Result<Option<Due>, ApiError> {
    let zone = read_zone(block)?;
    let Some(pattern) = value(block, "Nats-Schedule") else {
        return Ok(None);
    };
    let due = std::str::from_utf8(pattern)
        .ok()
        .and_then(|pattern| schedule_time::due(pattern, zone.as_ref(), after, now));
    let due = due.ok_or_else(|| MESSAGE_SCHEDULES_PATTERN_INVALID.err())?;
    Ok(Some(due).filter(|due| !due.time.is_zero()))
}

impl Stream {
    /// Checks what a message says about schedules. A schedule that does not replace the one before it yet is made to:
    /// then the headers to store it with are returned. Of subjects that `staged` knows, it says whether the message
    /// that will be stored there is a schedule.
    pub(super) fn check_schedule(
        &mut self,
        now: Timestamp,
        message: &Incoming<'_>,
        headers: &PublishHeaders<'_>,
        staged: &dyn Fn(&[u8]) -> Option<bool>,
    ) -> Result<Option<Vec<u8>>, ApiError> {
        if !headers.schedules {
            return Ok(None);
        }
        let block = message.headers;
        let disabled = || MESSAGE_SCHEDULES_DISABLED.err();
        let allowed = self.config.allow_msg_schedules;
        let due = read(block, now, now).map_err(|e| if allowed { e } else { disabled() })?;
        let mut with_rollup = None;
        if due.is_some() {
            if !allowed {
                return Err(disabled());
            }
            self.check_schedule_parts(message)?;
            match headers.rollup {
                None => with_rollup = Some(Builder::onto(block).add("Nats-Rollup", "sub").build()),
                Some(rollup) if rollup.eq_ignore_ascii_case(b"sub") => {}
                Some(_) => return Err(MESSAGE_SCHEDULES_ROLLUP_INVALID.err()),
            }
        }
        self.check_scheduler(message, staged)?;
        Ok(with_rollup)
    }

    fn check_schedule_parts(&self, message: &Incoming<'_>) -> Result<(), ApiError> {
        let block = message.headers;
        let ttl = value(block, "Nats-Schedule-TTL");
        Ttl::parse(ttl).map_err(|_| MESSAGE_SCHEDULES_TTL_INVALID.err())?;
        if value(block, "Nats-Schedule-Rollup").is_some_and(|rollup| rollup != b"sub") {
            return Err(MESSAGE_SCHEDULES_ROLLUP_INVALID.err());
        }
        if ttl.is_some() && !self.config.allow_msg_ttl {
            return Err(MESSAGE_TTL_DISABLED.err());
        }
        let is_other = |subject: &[u8]| subject::is_valid_literal(subject) && subject != message.subject;
        let target = value(block, "Nats-Schedule-Target").filter(|target| is_other(target));
        let target = target.ok_or_else(|| MESSAGE_SCHEDULES_TARGET_INVALID.err())?;
        let source = value(block, "Nats-Schedule-Source");
        if source.is_some_and(|source| source == target || !is_other(source)) {
            return Err(MESSAGE_SCHEDULES_SOURCE_INVALID.err());
        }
        if !self.takes(target) {
            return Err(MESSAGE_SCHEDULES_TARGET_INVALID.err());
        }
        if source.is_some_and(|source| !self.takes(source)) {
            return Err(MESSAGE_SCHEDULES_SOURCE_INVALID.err());
        }
        Ok(())
    }

    fn takes(&self, subject: &[u8]) -> bool {
        let mut own = self.config.subjects.iter();
        own.any(|pattern| subject::collide(pattern.as_bytes(), subject))
    }

    /// Clients may use `Nats-Scheduler` and `Nats-Schedule-Next` for one thing: to end a schedule with a message
    /// to another subject.
    fn check_scheduler(
        &mut self,
        message: &Incoming<'_>,
        staged: &dyn Fn(&[u8]) -> Option<bool>,
    ) -> Result<(), ApiError> {
        let invalid = || MESSAGE_SCHEDULES_SCHEDULER_INVALID.err();
        let scheduler = value(message.headers, "Nats-Scheduler");
        let Some(next) = value(message.headers, "Nats-Schedule-Next") else {
            return scheduler.map_or(Ok(()), |_| Err(invalid()));
        };
        let scheduler = scheduler
            .filter(|scheduler| subject::is_valid_literal(scheduler) && *scheduler != message.subject)
            .filter(|_| next == PURGE)
            .ok_or_else(invalid)?;
        if !self.config.allow_msg_schedules {
            return Err(MESSAGE_SCHEDULES_DISABLED.err());
        }
        let is_schedule = match staged(scheduler) {
            Some(is_schedule) => is_schedule,
            None => self.holds_schedule(scheduler)?,
        };
        if is_schedule { Ok(()) } else { Err(invalid()) }
    }

    /// Is the last message of a subject a schedule? Where there is none, nothing speaks against it.
    fn holds_schedule(&mut self, subject: &[u8]) -> Result<bool, ApiError> {
        let failed = |e: StoreError| STREAM_STORE_FAILED.because(e);
        let last = self.last_of(subject);
        let last = self.store.load(last).map_err(failed)?;
        Ok(last.is_none_or(|last| value(last.headers, "Nats-Schedule").is_some()))
    }

    /// Notes what a message that was just stored is to the schedules.
    pub(super) fn note_schedule(&mut self, now: Timestamp, seq: u64, message: &Incoming<'_>) {
        if self.config.allow_msg_schedules {
            self.schedules
                .note(seq, message.subject, message.headers, now, now);
            self.schedules.sweep(self.store.as_mut());
        }
    }

    /// Lets go of the schedule that a message which was just stored says is over.
    pub(super) fn end_schedule(
        &mut self,
        now: Timestamp,
        block: &[u8],
        outlet: &mut dyn Outlet,
    ) -> Result<(), StoreError> {
        if !self.config.allow_rollup_hdrs
            || self.config.deny_purge
            || value(block, "Nats-Schedule-Next") != Some(PURGE)
        {
            return Ok(());
        }
        if let Some(scheduler) = value(block, "Nats-Scheduler") {
            let filter = Filter::any([scheduler]);
            if self.keep_newest(&filter, 0)? > 0 {
                self.announce_purged(now, &filter, outlet);
            }
        }
        Ok(())
    }

    /// When the next schedule is due.
    pub(super) fn schedule_deadline(&self) -> Option<Timestamp> {
        let first = self.schedules.due.first();
        let first = first.map(|(due, _)| self.schedules.not_before.max(*due));
        first.filter(|_| self.frozen.is_none() && !self.config.sealed)
    }

    /// Publishes what is due, as much as one tick may.
    pub(super) fn publish_scheduled(&mut self, now: Timestamp, usage: &Usage, outlet: &mut dyn Outlet) {
        if self.schedule_deadline().is_none_or(|due| due > now) {
            return;
        }
        let all = self.schedules.due.iter().take(EXPIRE_MAX);
        let mut due: Vec<(Timestamp, u64)> = all.take_while(|(due, _)| *due <= now).copied().collect();
        due.sort_unstable_by_key(|(_, seq)| *seq);
        for (time, seq) in due {
            if let Err(e) = self.run_schedule(now, time, seq, usage, outlet) {
                return self.freeze(&e);
            }
        }
    }

    fn run_schedule(
        &mut self,
        now: Timestamp,
        time: Timestamp,
        seq: u64,
        usage: &Usage,
        outlet: &mut dyn Outlet,
    ) -> Result<(), StoreError> {
        self.schedules.due.remove(&(time, seq));
        let Some(message) = self.store.load(seq)? else {
            self.schedules.subjects.retain(|_, schedule| schedule.1 != seq);
            return Ok(());
        };
        let own = message.subject.to_vec();
        let block = message.headers.to_vec();
        let payload = message.payload.to_vec();
        self.schedules.remove(&own);
        let (Ok(Some(due)), Some(target)) = (read(&block, time, now), value(&block, "Nats-Schedule-Target"))
        else {
            return Ok(());
        };
        let (content, payload) = match value(&block, "Nats-Schedule-Source") {
            Some(source) => self.source_of(source)?.unwrap_or((block.clone(), payload)),
            None => (block.clone(), payload),
        };
        let message = Staged {
            subject: self.rewrite.incoming(target).unwrap_or_else(|| target.to_vec()),
            headers: scheduled_headers(&content, &block, &own, due),
            payload,
        };
        // Should it not find room, it must not be forgotten. Storing it puts its next time in this one's place.
        let again = if due.repeats { due.time } else { now + RETRY };
        self.schedules.put(&own, again, seq, now);
        if let Err(refusal) = self.publish_due(now, &message.incoming(), usage, outlet) {
            let stream = &self.config.name;
            tracing::warn!(stream, %refusal, "a scheduled message is not stored");
        }
        Ok(())
    }

    /// Headers and body of the last message of a subject.
    fn source_of(&mut self, subject: &[u8]) -> Result<Option<Content>, StoreError> {
        let Some(seq) = self.store.last(&Filter::any([subject])) else {
            return Ok(None);
        };
        let last = self.store.load(seq)?;
        Ok(last.map(|last| (last.headers.to_vec(), last.payload.to_vec())))
    }

    fn publish_due(
        &mut self,
        now: Timestamp,
        message: &Incoming<'_>,
        usage: &Usage,
        outlet: &mut dyn Outlet,
    ) -> Result<(), ApiError> {
        self.check_open()?;
        self.check_fit(message, usage)?;
        let rollup = self.rollup(&PublishHeaders::read(message.headers))?;
        self.keep(now, message, rollup, outlet).map(drop)
    }
}

/// The headers of a message that a schedule makes: those of its content, without what speaks to the stream, and what
/// the schedule says.
fn scheduled_headers(content: &[u8], schedule: &[u8], subject: &[u8], due: Due) -> Vec<u8> {
    let speaks_to_stream = |key: &[u8]| {
        key.starts_with(b"Nats-Schedule")
            || key.starts_with(b"Nats-Expected-")
            || [&b"Nats-Msg-Id"[..], b"Nats-TTL", b"Nats-Rollup"].contains(&key)
    };
    let without: Vec<&str> = headers::iter(content)
        .filter(|(key, _)| speaks_to_stream(key))
        .filter_map(|(key, _)| std::str::from_utf8(key).ok())
        .collect();
    let mut block = Builder::copy(content, &without).add("Nats-Scheduler", subject);
    block = if due.repeats {
        block.add("Nats-Schedule-Next", due.time.to_string())
    } else {
        block.add("Nats-Schedule-Next", PURGE)
    };
    for (from, to) in [
        ("Nats-Schedule-TTL", "Nats-TTL"),
        ("Nats-Schedule-Rollup", "Nats-Rollup"),
    ] {
        if let Some(value) = value(schedule, from) {
            block = block.add(to, value);
        }
    }
    block.build()
}
