//! How a stream waits for the medium, which it never does under its lock.
//!
//! ```text
//! publish … ─► commit: a sync is due ─► tick: Stream::begin_sync
//!                    ─► whoever ticks waits for the medium, and the stream is not locked
//!                    ─► Stream::end_sync: acknowledgements, deliveries, and what came meanwhile, in its order
//! ```
//!
//! With `sync: always` nothing is acknowledged or delivered before it is on the medium. While the stream waits it
//! takes in nothing, and what comes waits in turn, bounded by `max_buffered_msgs` and `max_buffered_size` as
//! nats-server's queue before a stream is: whoever publishes beyond that is refused (10167), and an acknowledgement
//! or a pull beyond that meets nobody. All that came shares the next wait. Otherwise acknowledgements do not wait for
//! the medium, and a sync, which comes now and then, holds up nothing at all.
//!
//! What a client manages is rarer and simpler: with `sync: always` it is on the medium before it is answered, and so
//! is an atomic batch before its first message is stored; both wait under the lock.

use std::collections::VecDeque;

use super::acks::PENDING_MAX;
use super::{Stream, ToConsumer};
use crate::broker::jetstream::usage::Usage;
use crate::broker::jetstream::{Incoming, Outlet};
use crate::broker::store::{Draft, StoreError, Syncing};
use crate::proto::api::consumer::AckPolicy;
use crate::proto::api::error::{STREAM_STORE_FAILED, STREAM_TOO_MANY_REQUESTS};
use crate::util::time::Timestamp;

/// What is known of the medium.
#[derive(Debug)]
pub(super) struct Medium {
    /// Acknowledgements wait for it.
    pub awaited: bool,
    /// Somebody waits for it.
    under_way: bool,
    /// The last sequence that will be on it then, and that is.
    next_seq: u64,
    safe_seq: u64,
    /// What comes into its place once it is there: of a consumer with this name, or how far sources are copied.
    drafts: Vec<(Option<String>, Draft)>,
    /// Something came into its place, which the medium may not know.
    places_due: bool,
    inbox: VecDeque<Waiting>,
    inbox_bytes: usize,
}

/// A message that waits until the stream takes something in again.
#[derive(Debug)]
struct Waiting {
    to: Door,
    subject: Vec<u8>,
    reply: Vec<u8>,
    headers: Vec<u8>,
    payload: Vec<u8>,
}

/// Where it goes then.
#[derive(Debug, Clone)]
enum Door {
    Publish,
    Copies,
    /// To the consumer of this name.
    Consumer(String, ToConsumer<'static>),
}

/// Nothing, in place of what is kept apart.
const NOTHING: &[u8] = b"";

impl Waiting {
    fn new(to: Door, message: &Incoming<'_>) -> Waiting {
        Waiting {
            to,
            subject: message.subject.to_vec(),
            reply: message.reply.to_vec(),
            headers: message.headers.to_vec(),
            payload: message.payload.to_vec(),
        }
    }

    fn size(&self) -> usize {
        self.subject.len() + self.reply.len() + self.headers.len() + self.payload.len()
    }

    fn message(&self) -> Incoming<'_> {
        Incoming {
            subject: &self.subject,
            reply: &self.reply,
            headers: &self.headers,
            payload: &self.payload,
        }
    }
}

impl<'a> ToConsumer<'a> {
    /// The message with its parts taken out, and those.
    fn take_apart(self) -> (ToConsumer<'static>, Incoming<'a>) {
        let (mut subject, mut reply, mut headers, mut payload) = (NOTHING, NOTHING, NOTHING, NOTHING);
        let bare = match self {
            ToConsumer::Pull {
                reply: to,
                headers: with,
                payload: wanted,
            } => {
                (reply, headers, payload) = (to, with, wanted);
                ToConsumer::Pull {
                    reply: NOTHING,
                    headers: NOTHING,
                    payload: NOTHING,
                }
            }
            ToConsumer::Ack {
                token,
                reply: to,
                payload: answer,
            } => {
                (reply, payload) = (to, answer);
                ToConsumer::Ack {
                    token,
                    reply: NOTHING,
                    payload: NOTHING,
                }
            }
            ToConsumer::FlowControl {
                subject: on,
                headers: with,
            } => {
                (subject, headers) = (on, with);
                ToConsumer::FlowControl {
                    subject: NOTHING,
                    headers: NOTHING,
                }
            }
            ToConsumer::DeadLetter { seq, answer } => {
                payload = answer;
                ToConsumer::DeadLetter { seq, answer: NOTHING }
            }
        };
        let parts = Incoming {
            subject,
            reply,
            headers,
            payload,
        };
        (bare, parts)
    }

    /// The message with its parts.
    fn put_together<'b>(&self, parts: &Incoming<'b>) -> ToConsumer<'b> {
        match *self {
            ToConsumer::Pull { .. } => ToConsumer::Pull {
                reply: parts.reply,
                headers: parts.headers,
                payload: parts.payload,
            },
            ToConsumer::Ack { token, .. } => ToConsumer::Ack {
                token,
                reply: parts.reply,
                payload: parts.payload,
            },
            ToConsumer::FlowControl { .. } => ToConsumer::FlowControl {
                subject: parts.subject,
                headers: parts.headers,
            },
            ToConsumer::DeadLetter { seq, .. } => ToConsumer::DeadLetter {
                seq,
                answer: parts.payload,
            },
        }
    }
}

impl Medium {
    /// Nothing is on its way to it; what there is up to this sequence is there.
    pub fn new(awaited: bool, safe_seq: u64) -> Medium {
        Medium {
            awaited,
            under_way: false,
            next_seq: safe_seq,
            safe_seq,
            drafts: Vec::new(),
            places_due: false,
            inbox: VecDeque::new(),
            inbox_bytes: 0,
        }
    }

    /// Does the stream take in nothing at the moment?
    pub fn is_waiting(&self) -> bool {
        self.awaited && self.under_way
    }

    /// Is somebody waiting for it, whether the stream does or not?
    pub fn is_under_way(&self) -> bool {
        self.under_way
    }

    /// Does it have to hear of something that nothing else waits for?
    pub fn is_due(&self) -> bool {
        self.places_due
    }

    /// The draft of a consumer's state that is older than what is about to be written down, or of one that goes.
    pub fn drop_draft(&mut self, consumer: &str) {
        self.drafts.retain(|(of, _)| of.as_deref() != Some(consumer));
    }

    /// Everything is there now.
    pub fn note_safe(&mut self, seq: u64) {
        self.safe_seq = seq;
    }

    fn has_room(&self, more: usize, usage: &Usage) -> bool {
        let (messages, bytes) = usage.server_limits().buffered();
        self.inbox.len() < messages && self.inbox_bytes + more <= bytes
    }

    fn push(&mut self, waiting: Waiting) {
        self.inbox_bytes += waiting.size();
        self.inbox.push_back(waiting);
    }
}

impl Stream {
    /// Is everything on the medium that has to be before it is acknowledged and delivered?
    pub fn is_safe(&self) -> bool {
        !self.medium.awaited || self.frozen.is_some() || !self.dirty && !self.medium.under_way
    }

    /// The last sequence that others may hear of.
    pub(super) fn safe_seq(&self) -> u64 {
        match self.is_safe() {
            true => u64::MAX,
            false => self.medium.safe_seq,
        }
    }

    /// Must a message that is published wait until others are acknowledged?
    pub(super) fn must_wait(&self) -> bool {
        let full = || self.acks.len() >= PENDING_MAX || self.rewrite.waiting() >= PENDING_MAX;
        self.medium.awaited && (self.medium.under_way || full())
    }

    /// Lets a message that was published wait, or refuses it.
    pub(super) fn wait_to_publish(&mut self, message: &Incoming<'_>, usage: &Usage, outlet: &mut dyn Outlet) {
        let waiting = Waiting::new(Door::Publish, message);
        if self.medium.has_room(waiting.size(), usage) {
            self.medium.push(waiting);
        } else if !message.reply.is_empty() && !self.config.no_ack {
            self.acks
                .refuse(message.reply, &STREAM_TOO_MANY_REQUESTS.err(), outlet);
        }
    }

    /// Lets a message wait that a consumer of another stream delivered. One beyond the bounds is lost, and the copy
    /// notices that by the next one.
    pub(super) fn wait_to_copy(&mut self, message: &Incoming<'_>, usage: &Usage) {
        let waiting = Waiting::new(Door::Copies, message);
        if self.medium.has_room(waiting.size(), usage) {
            self.medium.push(waiting);
        }
    }

    /// Lets a message to a consumer wait. False when nobody would take it.
    pub(super) fn wait_to_tell(&mut self, name: &str, message: ToConsumer<'_>, usage: &Usage) -> bool {
        let Some(consumer) = self.consumers.get(name) else {
            return false;
        };
        let config = consumer.config();
        let takes_it = match message {
            ToConsumer::Ack { .. } => config.ack_policy != AckPolicy::None,
            ToConsumer::FlowControl { .. } => config.flow_control,
            ToConsumer::Pull { .. } | ToConsumer::DeadLetter { .. } => true,
        };
        let (bare, parts) = message.take_apart();
        let waiting = Waiting::new(Door::Consumer(name.to_owned(), bare), &parts);
        let taken = takes_it && self.medium.has_room(waiting.size(), usage);
        if taken {
            self.medium.push(waiting);
        }
        taken
    }

    /// Sends this once all that happened so far is safe. False when it is so now, and nothing was taken.
    pub fn answer_when_safe(&mut self, reply: &[u8], answer: &[u8]) -> bool {
        if self.is_safe() {
            return false;
        }
        self.acks.push_raw(reply, answer);
        true
    }

    /// What has to be on the medium now, if anything has and nobody waits for the medium yet. Whoever asks waits for
    /// it and then calls [`Stream::end_sync`].
    pub fn begin_sync(&mut self, now: Timestamp, usage: &Usage, outlet: &mut dyn Outlet) -> Option<Syncing> {
        let saves = self.medium.awaited && self.keeper.saves_by(now);
        let due = self.commit_due || self.medium.places_due || self.keeper.syncs_by(now) || saves;
        if !due || self.medium.under_way {
            return None;
        }
        let gathered = self.frozen.is_none().then(|| self.gather(saves));
        match gathered {
            Some(Ok(syncing)) => {
                self.medium.under_way = true;
                self.medium.next_seq = self.last_seq();
                return Some(syncing);
            }
            Some(Err(e)) => {
                self.freeze(&e);
                self.give_up_acks(outlet);
            }
            None => {}
        }
        // Nobody waits for a store that has failed, and nothing more is written to it.
        (self.commit_due, self.medium.places_due) = (false, false);
        self.keeper.give_up();
        self.take_in(now, usage, outlet);
        None
    }

    fn gather(&mut self, saves: bool) -> Result<Syncing, StoreError> {
        let mut syncing = self.store.begin_sync()?;
        (self.dirty, self.commit_due) = (false, false);
        self.keeper.note_synced();
        if self.medium.awaited {
            if std::mem::take(&mut self.medium.places_due) {
                self.keeper.stores().add_places(&self.config, &mut syncing)?;
            }
            // What a consumer did must not be known while what it did it to is not.
            let names = if saves {
                self.keeper.take_unsaved()
            } else {
                Vec::new()
            };
            for name in names {
                let draft = self.draft_consumer(&name)?;
                self.medium.drafts.extend(draft.map(|draft| (Some(name), draft)));
            }
            let draft = self.draft_positions()?;
            self.medium.drafts.extend(draft.map(|draft| (None, draft)));
            for (_, draft) in &self.medium.drafts {
                syncing.add_whole(draft.file().clone());
            }
        }
        Ok(syncing)
    }

    fn draft_consumer(&mut self, name: &str) -> Result<Option<Draft>, StoreError> {
        match self.consumers.get(name).filter(|consumer| consumer.is_kept()) {
            Some(consumer) => self
                .keeper
                .stores()
                .draft_consumer(&self.config, name, &consumer.snapshot()),
            None => Ok(None),
        }
    }

    /// The medium has what [`Stream::begin_sync`] found, or failed.
    pub fn end_sync(
        &mut self,
        now: Timestamp,
        synced: Result<(), StoreError>,
        usage: &Usage,
        outlet: &mut dyn Outlet,
    ) {
        self.medium.under_way = false;
        match self.store.end_sync(synced) {
            Ok(()) => {
                self.medium.safe_seq = self.medium.next_seq;
                self.finish_drafts();
                if !self.medium.awaited {
                    self.save_positions();
                    return;
                }
                self.rewrite.send(outlet);
                self.acks.send(outlet);
            }
            Err(e) => {
                self.freeze(&e);
                self.recall_drafts();
                self.give_up_acks(outlet);
            }
        }
        self.count(usage);
        if self.is_safe() {
            self.pump_consumers(now, outlet);
        }
        self.take_in(now, usage, outlet);
        self.commit(now, usage, outlet);
    }

    fn finish_drafts(&mut self) {
        for (_, draft) in std::mem::take(&mut self.medium.drafts) {
            self.medium.places_due = true;
            if let Err(error) = draft.finish() {
                tracing::error!(stream = self.config.name, %error, "a state is not written down");
            }
        }
    }

    /// What was about to be written down is to be written down again.
    pub(super) fn recall_drafts(&mut self) {
        for (of, _) in std::mem::take(&mut self.medium.drafts) {
            match of {
                Some(consumer) => self.keeper.note_unsaved(Timestamp::ZERO, &consumer),
                None => self.forget_saved_positions(),
            }
        }
    }

    /// Nothing that waits for the medium is known to be true.
    pub(super) fn give_up_acks(&mut self, outlet: &mut dyn Outlet) {
        self.rewrite.drop_all();
        if let Err(error) = self.check_frozen(&STREAM_STORE_FAILED) {
            self.acks.fail_all(&error);
        }
        self.acks.send(outlet);
    }

    /// Takes in what has waited. What has to wait again does so behind what came before it.
    fn take_in(&mut self, now: Timestamp, usage: &Usage, outlet: &mut dyn Outlet) {
        self.medium.inbox_bytes = 0;
        for waiting in std::mem::take(&mut self.medium.inbox) {
            let message = waiting.message();
            match &waiting.to {
                Door::Publish => self.publish(now, &message, usage, outlet),
                Door::Copies => self.take_delivered(now, &message, usage, outlet),
                Door::Consumer(name, bare) => {
                    // That it would be taken was said already.
                    self.tell_consumer(now, name, bare.put_together(&message), usage, outlet);
                }
            }
        }
    }
}
