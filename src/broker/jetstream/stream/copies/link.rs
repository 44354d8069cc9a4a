//! Copying through a durable consumer of the origin (ADR-60, `stream.go`).
//!
//! The consumer is somebody else's; the copy resets it, listens on its deliver subject, and takes what comes. It
//! answers the consumer's flow control only when everything before is stored, and with that answer the consumer knows
//! what is done with. When deliveries do not follow each other, or nothing is heard for long, it begins anew.

use std::time::Duration;

use super::super::Stream;
use super::RETRY_AFTER;
use super::copier::Copier;
use super::origin::Copied;
use crate::broker::jetstream::consumer::AckToken;
use crate::broker::jetstream::usage::Usage;
use crate::broker::jetstream::{Delivery, Incoming, Outlet};
use crate::proto::api::ApiError;
use crate::proto::api::consumer::AckPolicy;
use crate::proto::api::error::{
    CONSUMER_NOT_FOUND, MIRROR_CONSUMER_REQUIRES_ACK_FC, SOURCE_CONSUMER_REQUIRES_ACK_FC,
};
use crate::proto::headers::{self, Builder};
use crate::proto::subject;
use crate::util::time::Timestamp;

/// A consumer that was not heard of for so long is reset.
const SILENCE_MAX: Duration = Duration::from_secs(10);
/// How long to wait after a consumer could not be reset.
const RELINK_AFTER: Duration = Duration::from_secs(2);
/// What the statuses of a consumer begin with.
const CONTROL: &[u8] = b"NATS/1.0 100 ";

/// A consumer that delivers to a copy.
#[derive(Debug)]
pub struct Link {
    /// The number of its last delivery.
    delivered: u64,
    /// The sequence of the last message that was taken over.
    stream_seq: u64,
    /// When it was last heard of.
    heard: Timestamp,
}

/// A consumer to begin with.
#[derive(Debug, Clone)]
pub struct WantedLink {
    /// Which of the stream's origins it is of.
    pub at: usize,
    /// The origin's name.
    pub origin: String,
    /// The prefix of the API that the origin is reached through, where that is not this account's own.
    pub api_prefix: Option<String>,
    /// The consumer's name.
    pub consumer: String,
    /// Where it delivers.
    pub deliver_subject: String,
}

impl Copier {
    /// When a linked consumer has been silent for too long.
    pub fn silent_at(&self) -> Option<Timestamp> {
        self.link.as_ref().map(|link| link.heard + SILENCE_MAX)
    }

    /// The deliver subject that is listened on.
    pub fn linked_subject(&self) -> Option<&str> {
        self.link.as_ref()?;
        self.source
            .consumer
            .as_ref()
            .map(|consumer| consumer.deliver_subject.as_str())
    }

    fn is_linked_to(&self, stream: &[u8], consumer: &[u8]) -> bool {
        let named = self.source.consumer.as_ref();
        self.link.is_some()
            && self.source.name.as_bytes() == stream
            && named.is_some_and(|named| named.name.as_bytes() == consumer)
    }
}

/// What a delivery says of itself in its reply subject.
struct Place<'a> {
    stream: &'a [u8],
    consumer: &'a [u8],
    token: AckToken,
    time: Timestamp,
    pending: u64,
}

impl<'a> Place<'a> {
    fn parse(reply: &'a [u8]) -> Option<Place<'a>> {
        let token = AckToken::parse(reply)?;
        let tokens: Vec<&[u8]> = subject::tokens(reply).collect();
        // The second version has domain and account in front.
        let first = if tokens.len() == 9 { 2 } else { 4 };
        let number = |at: usize| {
            std::str::from_utf8(tokens.get(first + at)?)
                .ok()?
                .parse::<u64>()
                .ok()
        };
        Some(Place {
            stream: tokens.get(first)?,
            consumer: tokens.get(first + 1)?,
            token,
            time: Timestamp::from_nanos(i64::try_from(number(5)?).ok()?),
            pending: number(6)?,
        })
    }
}

impl Stream {
    /// Consumers that are to deliver to this stream and do not, or are silent.
    pub fn wanted_links(&self, now: Timestamp) -> Vec<WantedLink> {
        if self.takes_no_copies() {
            return Vec::new();
        }
        let copiers = self.copies.copiers.iter().enumerate();
        let wanted = copiers.filter_map(|(at, copier)| {
            let consumer = copier.source.consumer.as_ref()?;
            copier
                .silent_at()
                .is_none_or(|due| due <= now)
                .then(|| WantedLink {
                    at,
                    origin: copier.source.name.clone(),
                    api_prefix: copier
                        .source
                        .external
                        .as_ref()
                        .map(|external| external.api.clone()),
                    consumer: consumer.name.clone(),
                    deliver_subject: consumer.deliver_subject.clone(),
                })
        });
        wanted.collect()
    }

    /// An origin's part: sets a consumer back to what is not acknowledged. Returns the sequence that it begins behind.
    pub fn reset_for_copy(
        &mut self,
        now: Timestamp,
        consumer: &str,
        outlet: &mut dyn Outlet,
    ) -> Result<(AckPolicy, u64), ApiError> {
        let reset = self.with_consumer(now, consumer, outlet, |consumer, _, store, outlet| {
            let seq = consumer.reset(0, store)?;
            consumer.pump(now, store, outlet);
            Ok((consumer.config().ack_policy, seq - 1))
        });
        reset.unwrap_or_else(|| Err(CONSUMER_NOT_FOUND.err()))
    }

    /// Takes note of a consumer that was reset, or could not be. True when it is to be listened to.
    pub fn note_linked(
        &mut self,
        now: Timestamp,
        at: usize,
        reset: Result<(AckPolicy, u64), ApiError>,
    ) -> bool {
        let wrong_policy = match self.config.mirror {
            Some(_) => MIRROR_CONSUMER_REQUIRES_ACK_FC,
            None => SOURCE_CONSUMER_REQUIRES_ACK_FC,
        };
        let Some(copier) = self.copies.copiers.get_mut(at) else {
            return false;
        };
        let begins = reset.and_then(|(policy, seq)| match policy {
            AckPolicy::FlowControl => Ok(seq),
            _ => Err(wrong_policy.err()),
        });
        match begins {
            Ok(seq) => {
                copier.error = None;
                copier.heard = Some(now);
                copier.link = Some(Link {
                    delivered: 0,
                    stream_seq: copier.copied.max(seq),
                    heard: now,
                });
                true
            }
            Err(error) => {
                let subject = copier.linked_subject().map(str::to_owned);
                copier.error = Some(error);
                copier.link = None;
                self.copies.unlinked.extend(subject);
                self.copies.retry_at = Some(now + RELINK_AFTER);
                false
            }
        }
    }

    /// The deliver subjects that are listened on.
    pub fn linked_subjects(&self) -> Vec<String> {
        let copiers = self.copies.copiers.iter();
        copiers
            .filter_map(Copier::linked_subject)
            .map(str::to_owned)
            .collect()
    }

    /// The deliver subjects that need not be listened on any more. Says so once.
    pub fn take_unlinked(&mut self) -> Vec<String> {
        std::mem::take(&mut self.copies.unlinked)
    }

    /// Takes what a consumer delivers.
    pub fn take_delivered(
        &mut self,
        now: Timestamp,
        message: &Incoming<'_>,
        usage: &Usage,
        outlet: &mut dyn Outlet,
    ) {
        if self.takes_no_copies() {
            return;
        }
        let control = message.payload.is_empty() && message.headers.starts_with(CONTROL);
        let asks_if_safe = control && !message.reply.is_empty();
        if self.medium.is_waiting() || asks_if_safe && !self.is_safe() {
            self.commit_due |= self.dirty;
            return self.wait_to_copy(message, usage);
        }
        match (control, message.reply.is_empty()) {
            (true, true) => self.take_heartbeat(now, message, outlet),
            (true, false) => self.answer_flow_control(now, message.reply, usage, outlet),
            (false, _) => self.take_message(now, message, usage, outlet),
        }
    }

    /// A heartbeat says what should have come by now.
    fn take_heartbeat(&mut self, now: Timestamp, message: &Incoming<'_>, outlet: &mut dyn Outlet) {
        let last: u64 = number(message.headers, "Nats-Last-Consumer");
        let mut lost = false;
        for copier in &mut self.copies.copiers {
            if copier.linked_subject().map(str::as_bytes) != Some(message.subject) {
                continue;
            }
            copier.heard = Some(now);
            copier.link = copier
                .link
                .take()
                .filter(|link| last == 0 || link.delivered == last);
            match &mut copier.link {
                Some(link) => link.heard = now,
                None => lost = true,
            }
        }
        if lost {
            self.copies.retry_at = Some(now);
        } else if let Some(stalled) = headers::get(message.headers, "Nats-Consumer-Stalled") {
            answer(stalled, b"", outlet);
        }
    }

    /// Everything before is safe now, so the consumer need not keep it.
    fn answer_flow_control(&mut self, now: Timestamp, reply: &[u8], usage: &Usage, outlet: &mut dyn Outlet) {
        self.commit(now, usage, outlet);
        // $JS.FC.[domain.account.]stream.consumer.id
        let tokens: Vec<&[u8]> = subject::tokens(reply).collect();
        let [.., stream, consumer, _] = tokens.as_slice() else {
            return;
        };
        let mut copiers = self.copies.copiers.iter_mut();
        let copier = copiers.find(|copier| copier.is_linked_to(stream, consumer));
        if let (Some(link), None) = (copier.and_then(|copier| copier.link.as_mut()), &self.frozen) {
            link.heard = now;
            let block = Builder::new()
                .add("Nats-Last-Consumer", link.delivered.to_string())
                .add("Nats-Last-Stream", link.stream_seq.to_string())
                .build();
            answer(reply, &block, outlet);
        }
    }

    fn take_message(
        &mut self,
        now: Timestamp,
        message: &Incoming<'_>,
        usage: &Usage,
        outlet: &mut dyn Outlet,
    ) {
        let Some(place) = Place::parse(message.reply).filter(|place| place.token.delivered == 1) else {
            return;
        };
        let mut copiers = self.copies.copiers.iter();
        let at = copiers.position(|copier| copier.is_linked_to(place.stream, place.consumer));
        let Some((at, link)) = at.and_then(|at| Some((at, self.copies.copiers[at].link.as_mut()?))) else {
            return;
        };
        link.heard = now;
        let (delivery, seq) = (place.token.consumer_seq, place.token.stream_seq);
        let follows = delivery == link.delivered + 1;
        if seq <= link.stream_seq {
            link.delivered += u64::from(follows);
            return;
        }
        if !follows {
            if delivery > link.delivered {
                self.unlink(at, now);
            }
            return;
        }
        let copied = Copied {
            seq,
            time: place.time,
            subject: message.subject.to_vec(),
            headers: message.headers.to_vec(),
            payload: message.payload.to_vec(),
        };
        match self.take_copy(now, at, &copied, usage, outlet) {
            Ok(()) => {
                let copier = &mut self.copies.copiers[at];
                copier.copied = seq;
                copier.looked = seq;
                copier.heard = Some(now);
                copier.lag = place.pending.saturating_sub(1);
                if let Some(link) = &mut copier.link {
                    link.delivered = delivery;
                    link.stream_seq = seq;
                }
            }
            Err(error) => {
                tracing::debug!(stream = self.config.name, seq, %error, "copy must wait");
                self.unlink(at, now + RETRY_AFTER);
            }
        }
    }

    /// What comes from this consumer is of no use any more until it is reset.
    fn unlink(&mut self, at: usize, retry_at: Timestamp) {
        if let Some(copier) = self.copies.copiers.get_mut(at) {
            copier.link = None;
        }
        self.copies.retry_at = Some(retry_at);
    }
}

fn number(block: &[u8], key: &str) -> u64 {
    headers::get_str(block, key)
        .and_then(|n| n.parse().ok())
        .unwrap_or(0)
}

fn answer(subject: &[u8], headers: &[u8], outlet: &mut dyn Outlet) {
    outlet.deliver(Delivery::open(subject, headers, b""));
}
